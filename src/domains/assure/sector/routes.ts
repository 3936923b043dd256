import type { Problem } from '../../../kernel/problem.ts'
import { csvText, type CsvLine } from '../../../platform/csv/csv.ts'
import { refusalOf } from '../../../platform/forms/form.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { ownOrganisation } from '../acting-for.ts'
import { HELD_WORDS } from '../benchmark/model.ts'
import type { Visible } from '../tables.ts'
import { askNeedFreeze } from './freeze.ts'
import { bandOf, BANDS } from './model.ts'
import { joinPool, leavePool } from './pool/commands.ts'
import { isPooled, unfundedNeeds, type Need } from './pool/queries.ts'
import { lackingMost, pooledNeeds, practicesOffered } from './queries.ts'

const PATH = '/sector-needs'
const CSV = `${PATH}.csv`
const POOL = '/plan/pool'
const view = { permission: 'assure.sector.view' } as const
const contribute = { permission: 'assure.benchmark.contribute' } as const
const VIEWS = 'assure/sector/views'

export async function readNeeds(db: Reader<Visible>) {
  return { lacking: await lackingMost(db), pooled: await pooledNeeds(db), practices: await practicesOffered(db) }
}

async function needsPage(request: RouteRequest, problems: readonly Problem[] = []): Promise<Reply> {
  const { lacking, pooled, practices } = await request.read<Visible, Awaited<ReturnType<typeof readNeeds>>>(readNeeds)
  const model = {
    lacking: lacking.map(({ framework, period, cohort, frozenAt, rows }) => ({
      heading: `${framework}, ${period}`,
      cohort,
      frozenAt,
      table: {
        caption: `What ${cohort.toLowerCase()} lack most: ${framework}, ${period}`,
        captionHidden: true,
        head: [{ text: 'Outcome' }, { text: 'Lack it', format: 'numeric' }, { text: 'Of', format: 'numeric' }],
        rows: rows.map(row => [
          { text: `${row.code} ${row.title}` },
          `about ${row.lacking.toLocaleString('en-GB')}`,
          `about ${row.answered.toLocaleString('en-GB')}`,
        ]),
      },
      isEmpty: rows.length === 0,
    })),
    pooled:
      pooled === null
        ? null
        : {
            ...pooled,
            heldWords: pooled.held === null ? null : heldWords(pooled.held),
            table: {
              caption: 'Improvements without money',
              captionHidden: true,
              head: [
                { text: 'Improvement' },
                { text: 'Organisations', format: 'numeric' },
                ...BANDS.slice(1).map(({ label }) => ({ text: label, format: 'numeric' })),
              ],
              rows: pooled.rows.map(({ code, name, organisations, bands }) => [
                { text: name, href: `/catalogue/improvements/${encodeURIComponent(code)}` },
                `about ${organisations.toLocaleString('en-GB')}`,
                ...bands.map(count => (count === 0 ? 'none' : `about ${count.toLocaleString('en-GB')}`)),
              ]),
            },
          },
    practices: {
      caption: 'Good practice that is offered',
      captionHidden: true,
      head: [{ text: 'Outcome' }, { text: 'Offered', format: 'numeric' }],
      rows: practices.map(({ framework, code, title, offered }) => [
        { text: `${code} ${title}`, hint: framework },
        { number: offered, href: '/practices' },
      ]),
    },
    hasPractices: practices.length > 0,
    csvHref: lacking.length + practices.length > 0 || (pooled?.rows.length ?? 0) > 0 ? CSV : null,
    actions: may(request.actor, 'assure.benchmark.freeze')
      ? [{ label: 'Count what is pooled', href: `${PATH}/freeze`, method: 'post', variant: 'secondary' }]
      : [],
  }
  return page(`${VIEWS}/needs.njk`, 'What the sector needs', model, { problems })
}

function heldWords(held: string): string {
  return Object.hasOwn(HELD_WORDS, held) ? HELD_WORDS[held as keyof typeof HELD_WORDS] : 'Held back'
}

const needs = route({ method: 'GET', path: PATH, access: view, handle: request => needsPage(request) })

const freeze = route({
  method: 'POST',
  path: `${PATH}/freeze`,
  access: { permission: 'assure.benchmark.freeze' },
  async handle(request) {
    try {
      await request.work<Visible, string>(askNeedFreeze)
    } catch (error) {
      return needsPage(request, [refusalOf(error, '')])
    }
    return redirect(PATH, { notice: 'It is being counted. The figures stand here in a minute.' })
  },
})

const HEAD = ['part', 'framework', 'period', 'code', 'what', 'organisations', 'of', ...BANDS.slice(1).map(({ label }) => label)] as const

/** All of the page as one table: what the part does not say stays empty. */
function linesOf({ lacking, pooled, practices }: Awaited<ReturnType<typeof readNeeds>>): readonly CsvLine[] {
  const none = BANDS.slice(1).map(() => null)
  return [
    ...lacking.flatMap(({ framework, period, rows }) =>
      rows.map(row => ['lacking', framework, period, row.code, row.title, row.lacking, row.answered, ...none]),
    ),
    ...(pooled?.rows ?? []).map(row => [
      'without money',
      null,
      pooled?.period ?? null,
      row.code,
      row.name,
      row.organisations,
      pooled?.contributors ?? null,
      ...row.bands,
    ]),
    ...practices.map(row => ['good practice', row.framework, null, row.code, row.title, row.offered, null, ...none]),
  ]
}

const needsCsv = route({
  method: 'GET',
  path: CSV,
  access: view,
  async handle(request) {
    const found = await request.read<Visible, Awaited<ReturnType<typeof readNeeds>>>(readNeeds)
    return csv('sector-needs.csv', csvText(HEAD, linesOf(found)))
  },
})

interface PoolPage {
  readonly pooled: boolean
  readonly needs: readonly Need[]
}

export async function readPool(db: Reader<Visible>, organisationId: string): Promise<PoolPage> {
  return { pooled: await isPooled(db, organisationId), needs: await unfundedNeeds(db, organisationId) }
}

async function poolPage(request: RouteRequest, problems: readonly Problem[] = []): Promise<Reply> {
  const { pooled, needs: own } = await request.read<Visible, PoolPage>(db => readPool(db, ownOrganisation(request.actor)))
  const model = {
    isPooled: pooled,
    table: {
      caption: 'What would be counted',
      captionHidden: true,
      head: [{ text: 'Improvement' }, { text: 'Band of amount' }],
      rows: own.map(({ improvementCode, pence }) => [improvementCode, BANDS[bandOf(pence)]?.label ?? '']),
    },
    hasNeeds: own.length > 0,
    actions: pooled
      ? [{ label: 'Stop counting ours', href: `${POOL}/leave`, method: 'post', variant: 'secondary' }]
      : [{ label: 'Let ours be counted', href: `${POOL}/join`, method: 'post' }],
  }
  return page(`${VIEWS}/pool.njk`, 'Counted among others', model, { problems })
}

const pool = route({ method: 'GET', path: POOL, access: contribute, handle: request => poolPage(request) })

const change = (name: 'join' | 'leave', run: typeof joinPool, notice: string) =>
  route({
    method: 'POST',
    path: `${POOL}/${name}`,
    access: contribute,
    async handle(request) {
      try {
        await request.work<Visible, void>(work => run(work, ownOrganisation(request.actor)))
      } catch (error) {
        return poolPage(request, [refusalOf(error, '')])
      }
      return redirect(POOL, { notice })
    },
  })

export const sectorRoutes: readonly Route[] = [
  needs,
  needsCsv,
  freeze,
  pool,
  change('join', joinPool, 'From the next count on yours are among them.'),
  change('leave', leavePool, 'The next count is without yours.'),
]
