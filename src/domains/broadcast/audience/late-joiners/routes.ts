import { z } from 'zod'
import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import type { Page } from '../../../../kernel/page.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { csv, page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import { withQuery } from '../../../../ui/links.ts'
import type { TableModel } from '../../../../ui/models.ts'
import { bulletinNumber, parseBulletinNumber } from '../../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../../bulletins/queries.ts'
import { releaseOf, type Release } from '../../release/queries.ts'
import type { Visible } from '../../tables.ts'
import { ruleSentence, type RuleNames } from '../model.ts'
import { namesFor } from '../queries.ts'
import { checkRule } from '../queries/checking.ts'
import { catchUpsOf, frozenAudience, lateJoiners, readFrozen, type CatchUp, type FrozenAudience, type LateJoiner } from '../queries/late-joiners.ts'
import { catchUp, type CaughtUp } from './commands.ts'

const Params = z.object({ number: z.string().max(20) })
const SHOWN = 100
const CSV_PART = 5_000

const show = route({
  method: 'GET',
  path: '/bulletins/:number/late-joiners',
  access: { permission: 'broadcast.audience.view' },
  params: Params,
  query: z.object({ cursor: z.string().max(400).nullable().catch(null).default(null) }),
  handle: request => latePage(request, numberOf(request.params), request.query.cursor, {}, []),
})

const tell = route({
  method: 'POST',
  path: '/bulletins/:number/late-joiners',
  access: { permission: 'broadcast.bulletin.release' },
  params: Params,
  async handle(request) {
    const number = numberOf(request.params)
    const list = [request.body['codes'] ?? []].flat()
    const reason = [request.body['reason'] ?? ''].flat().join(' ')
    const codes = request.body['everyone'] === 'yes' ? 'everyone' : list
    try {
      const told = await request.work<Visible, CaughtUp>(work => catchUp(work, { number, codes, reason, baseUrl: request.platform.config.baseUrl }))
      const who = `${told.organisations.toLocaleString('en-GB')} ${told.organisations === 1 ? 'organisation' : 'organisations'}`
      return redirect(addressOf(number), { notice: `${who} caught up. ${told.contacts.toLocaleString('en-GB')} of their contacts are being told.` })
    } catch (error) {
      if (!(error instanceof Invalid || error instanceof Conflict)) throw error
      const pointer = error.code === 'broadcast.catch-up.reason' ? 'reason' : 'codes'
      return latePage(request, number, null, { codes: list, reason, everyone: codes === 'everyone' }, [
        { rule: error.code, pointer, severity: 'error', message: error.message },
      ])
    }
  },
})

const frozen = route({
  method: 'GET',
  path: '/bulletins/:number/frozen-audience.csv',
  access: { permission: 'broadcast.audience.view' },
  params: Params,
  async handle({ params, read }) {
    const number = numberOf(params)
    const { id } = await read<Visible, Bulletin>(db => bulletinOf(db, number))
    const rowsAfter = (cursor: string | null) =>
      read<Visible, Awaited<ReturnType<typeof frozenAudience>>>(db => frozenAudience(db, id, { limit: CSV_PART, cursor }))
    const head = ['code', 'name', 'type', 'region', 'board', 'reachable', 'joined later', 'audience hash'] as const
    return csv(
      `${bulletinNumber(number)}-frozen-audience.csv`,
      csvPages(
        head,
        row => [
          row.code,
          row.name,
          row.type,
          row.region,
          row.board,
          row.isReachable ? 'yes' : 'no',
          row.joinedAt?.toISOString() ?? null,
          row.audienceHash,
        ],
        rowsAfter,
      ),
    )
  },
})

/** For whoever does not take our word for it: the SHA-256 of this file, by any tool, is the hash of the audience at release. */
const hashed = route({
  method: 'GET',
  path: '/bulletins/:number/frozen-audience.txt',
  access: { permission: 'broadcast.audience.view' },
  params: Params,
  async handle({ params, read }) {
    const number = numberOf(params)
    const { hashed: body } = await read<Visible, FrozenAudience>(db => readFrozen(db, number))
    return { kind: 'file', contentType: 'text/plain; charset=utf-8', filename: `${bulletinNumber(number)}-frozen-audience.txt`, body }
  },
})

export const lateJoinerRoutes: readonly Route[] = [show, tell, frozen, hashed]

interface Found {
  readonly bulletin: Bulletin
  readonly release: Release
  readonly names: RuleNames
  readonly problems: readonly string[]
  readonly late: Page<LateJoiner>
  readonly caught: readonly CatchUp[]
}

async function latePage(
  request: Pick<RouteRequest, 'read' | 'actor'>,
  number: number,
  cursor: string | null,
  typed: { readonly codes?: readonly string[]; readonly reason?: string; readonly everyone?: boolean },
  problems: readonly Problem[],
): Promise<Reply> {
  const found = await request.read<Visible, Found | null>(async db => {
    const bulletin = await bulletinOf(db, number)
    const release = await releaseOf(db, bulletin.id)
    if (release === undefined) return null
    const checked = await checkRule(db, { rule: release.rule, tlp: bulletin.tlp, sharingGroup: bulletin.sharingGroup?.id ?? null })
    return {
      bulletin,
      release,
      names: await namesFor(db, release.rule),
      problems: checked.problems,
      late: await lateJoiners(db, checked, bulletin.id, { limit: SHOWN, cursor }),
      caught: await catchUpsOf(db, bulletin.id),
    }
  })
  const address = addressOf(number)
  if (found === null) return redirect(`/bulletins/${bulletinNumber(number)}`)
  const { bulletin, release, late, caught } = found
  const isOffered = bulletin.state === 'released' && may(request.actor, 'broadcast.bulletin.release')
  const table: TableModel = {
    caption: 'Caught up before',
    head: [
      { text: 'When' },
      { text: 'Organisations', format: 'numeric' },
      { text: 'Contacts', format: 'numeric' },
      { text: 'Why' },
      { text: 'Hash' },
    ],
    rows: caught.map(({ at, organisations, contacts, reason, by, audienceHash }) => [
      { at },
      organisations,
      contacts,
      { text: reason, hint: by ?? 'The operator of this machine' },
      audienceHash.slice(0, 12),
    ]),
  }
  const model = {
    number: bulletinNumber(number),
    title: bulletin.title,
    tlp: bulletin.tlp,
    address,
    bulletinAddress: `/bulletins/${bulletinNumber(number)}`,
    sentence: ruleSentence(release.rule, found.names),
    hash: release.audienceHash,
    ruleProblems: found.problems,
    total: late.total,
    isOffered,
    choices: {
      name: 'codes',
      label: 'Organisations that fit the rule today and have not got it',
      kind: 'checkboxes' as const,
      value: typed.codes ?? [],
      error: problems.find(({ pointer }) => pointer === 'codes')?.message,
      options: late.rows.map(({ code, name, contacts }) => ({
        value: code,
        text: `${name} (${code})`,
        hint: contacts === 0 ? 'Nobody there can be mailed: it sees the bulletin when it signs in' : undefined,
      })),
    },
    everyone: {
      name: 'everyone',
      label: `All ${late.total.toLocaleString('en-GB')} of them, not only those ticked`,
      kind: 'checkbox' as const,
      value: typed.everyone === true,
    },
    reason: {
      name: 'reason',
      label: 'Why they are told now',
      kind: 'textarea' as const,
      rows: 3,
      value: typed.reason ?? '',
      error: problems.find(({ pointer }) => pointer === 'reason')?.message,
    },
    firstHref: cursor === null ? null : address,
    nextHref: late.next === null ? null : withQuery(address, { cursor: late.next }),
    caught: caught.length > 0 ? table : null,
  }
  return page('broadcast/audience/late-joiners/views/show.njk', `Late joiners of ${bulletinNumber(number)}`, model, {
    problems,
    isExercise: bulletin.isExercise,
  })
}

function addressOf(number: number): string {
  return `/bulletins/${bulletinNumber(number)}/late-joiners`
}

function numberOf(params: { readonly number: string }): number {
  const number = parseBulletinNumber(params.number)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
  return number
}
