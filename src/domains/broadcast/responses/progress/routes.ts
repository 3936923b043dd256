import { z } from 'zod'
import type { Problem } from '../../../../kernel/problem.ts'
import { cleanLine } from '../../../../kernel/text.ts'
import { csvText } from '../../../../platform/csv/csv.ts'
import { refusalOf } from '../../../../platform/forms/form.ts'
import { csv, page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { bulletinNumber, type BulletinContent } from '../../bulletins/model.ts'
import { versionOf } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { askedOf, type Asked } from '../asked.ts'
import { LONGEST_LINE, textOf } from '../fields.ts'
import { givenList, LARGEST_LIST } from '../given-list.ts'
import { countAssets, tickSteps } from './commands.ts'
import { ASSET_COLUMNS, MOST_ASSETS, readAsset, readAssetList, type CountedAsset } from './model.ts'
import { assetsOf, stepKey, stepTicks, type AssetProgress } from './queries.ts'

/** A bulletin's steps as a list of tasks, and how many devices are done: the organisation's own working page. */
const NumberParams = z.object({ number: z.string().max(20) })
const OfOrganisation = z.object({ organisation: z.string().max(20).default('') })
const access = { permission: 'broadcast.response.answer' } as const

interface Found extends Asked {
  readonly steps: BulletinContent['steps']
  readonly ticks: Awaited<ReturnType<typeof stepTicks>>
  readonly assets: readonly AssetProgress[]
}

const show = route({
  method: 'GET',
  path: '/bulletins/:number/tasks',
  access,
  params: NumberParams,
  query: OfOrganisation,
  handle: async request => tasksPage(request, await readFound(request, request.params.number, request.query.organisation)),
})

const download = route({
  method: 'GET',
  path: '/bulletins/:number/tasks.csv',
  access,
  params: NumberParams,
  query: OfOrganisation,
  async handle(request) {
    const { bulletin, recipient, assets } = await readFound(request, request.params.number, request.query.organisation)
    const rows = assets.map(({ label, total, done }) => [label, total, done])
    return csv(`progress-${bulletinNumber(bulletin.number)}-${recipient.organisationCode}.csv`, csvText([...ASSET_COLUMNS], rows))
  },
})

const tick = route({
  method: 'POST',
  path: '/bulletins/:number/tasks/steps',
  access,
  params: NumberParams,
  async handle(request) {
    const { body } = request
    const found = await readFound(request, request.params.number, textOf(body, 'organisation'))
    const ticks = found.steps.map(step => {
      const key = stepKey(step)
      return { key, isDone: body[`done-${key}`] === 'yes', delegatedTo: cleanLine(textOf(body, `who-${key}`)).slice(0, LONGEST_LINE) || null }
    })
    return save(request, found, 'The steps are saved.', work => tickSteps(work, placeOf(found), ticks))
  },
})

const count = route({
  method: 'POST',
  path: '/bulletins/:number/tasks/assets',
  access,
  params: NumberParams,
  async handle(request) {
    const { body } = request
    const found = await readFound(request, request.params.number, textOf(body, 'organisation'))
    const isAll = body['all'] === 'yes'
    const rows = Array.from({ length: Math.min(Number(textOf(body, 'rows')) || 0, MOST_ASSETS) }, (_, at) => {
      const [label, total, done] = ['label', 'total', 'done'].map(part => textOf(body, `${part}-${at}`))
      return { at, label: label ?? '', total: total ?? '', done: (isAll ? total : done) ?? '' }
    })
    const read = rows
      .filter(({ label, total }) => label !== '' || total !== '')
      .map(row => ({ ...row, read: readAsset(row.label, row.total, row.done) }))
    const problems = read.flatMap(row => (typeof row.read === 'string' ? [problem(`done-${row.at}`, row.read)] : []))
    if (problems.length > 0) return tasksPage(request, found, body, problems)
    const counted = read.flatMap(row => (typeof row.read === 'string' ? [] : [row.read]))
    return save(request, found, isAll ? 'All are marked as done.' : 'The numbers are saved.', work => countAssets(work, placeOf(found), counted))
  },
})

/** The rows that can be read are kept; the others come back with why, and nothing else is lost. */
const takeList = route({
  method: 'POST',
  path: '/bulletins/:number/tasks/list',
  access,
  params: NumberParams,
  largestFile: LARGEST_LIST,
  async handle(request) {
    const { body } = request
    const found = await readFound(request, request.params.number, textOf(body, 'organisation'))
    const given = givenList(body['list'], request.files.get('file'))
    if (!given.ok) return tasksPage(request, found, body, given.problems)
    const read = readAssetList(given.value)
    if ('rule' in read) return tasksPage(request, found, body, [read])
    const { assets, rejected } = read
    if (assets.length === 0 && rejected.length === 0)
      return tasksPage(request, found, body, [problem('list', 'Choose a file or paste a list: product, how many, how many done')])
    if (assets.length > 0) await request.work<Visible, void>(work => countAssets(work, placeOf(found), lastOfEach(assets)))
    if (rejected.length === 0) return redirect(tasksAddress(found), { notice: `${assets.length} taken from the list.` })
    const again = await readFound(request, request.params.number, textOf(body, 'organisation'))
    const left = {
      list: csvText(
        ['product', 'total', 'done', 'why not taken'],
        rejected.map(({ cells, why }) => [...filled(cells), why]),
      ).replace(/^\uFEFF/, ''),
    }
    const problems = rejected.map(({ line, why }) => problem('list', `Row ${line}: ${why}`))
    return tasksPage(request, again, { organisation: found.recipient.organisationCode, ...left }, [
      problem('list', `${assets.length} rows were taken and ${rejected.length} were not. Those are below: put them right and send them again`),
      ...problems,
    ])
  },
})

/** A list may name one thing twice: the last row holds, as in a spreadsheet that was worked on. */
function lastOfEach(assets: readonly CountedAsset[]): readonly CountedAsset[] {
  return [...new Map(assets.map(asset => [asset.label.toLowerCase(), asset])).values()]
}

function filled(cells: readonly string[]): readonly string[] {
  return ASSET_COLUMNS.map((_, at) => cells[at] ?? '')
}

async function save(request: RouteRequest, found: Found, notice: string, write: Parameters<typeof request.work<Visible, void>>[0]): Promise<Reply> {
  try {
    await request.work<Visible, void>(write)
  } catch (error) {
    return tasksPage(request, found, request.body, [refusalOf(error, '')])
  }
  return redirect(tasksAddress(found), { notice })
}

function readFound(request: RouteRequest, number: string, code: string): Promise<Found> {
  return request.read<Visible, Found>(async db => {
    const asked = await askedOf(db, request.actor, number, code)
    const { bulletin, recipient } = asked
    const version = await versionOf(db, bulletin.id, bulletin.version)
    return {
      ...asked,
      steps: version.content.steps,
      ticks: await stepTicks(db, bulletin.id, recipient.organisationId),
      assets: (await assetsOf(db, bulletin.id, recipient.organisationId)).filter(({ isKept, total }) => !isKept || total > 0),
    }
  })
}

function placeOf({ bulletin, recipient }: Asked) {
  return { bulletinId: bulletin.id, organisationId: recipient.organisationId }
}

function tasksAddress({ bulletin, recipient }: Asked): string {
  return `/bulletins/${bulletinNumber(bulletin.number)}/tasks?organisation=${encodeURIComponent(recipient.organisationCode)}`
}

function tasksPage(request: RouteRequest, found: Found, typed: Readonly<Record<string, unknown>> = {}, problems: readonly Problem[] = []): Reply {
  const { bulletin, recipient, steps, ticks, assets } = found
  const number = bulletinNumber(bulletin.number)
  const address = `/bulletins/${number}/tasks`
  const model = {
    number,
    tlp: bulletin.tlp,
    title: bulletin.title,
    organisation: recipient.organisationName,
    values: { organisation: recipient.organisationCode },
    address,
    csvHref: `${address}.csv?organisation=${encodeURIComponent(recipient.organisationCode)}`,
    answerHref: `/bulletins/${number}/answer?organisation=${encodeURIComponent(recipient.organisationCode)}`,
    steps: steps.map(step => ({ ...step, key: stepKey(step), ...(ticks.get(stepKey(step)) ?? { isDone: false, delegatedTo: null }) })),
    stepsDone: steps.filter(step => ticks.get(stepKey(step))?.isDone === true).length,
    assets: assets.map((asset, at) => ({
      ...asset,
      total: textOf(typed, `total-${at}`) || asset.total,
      done: textOf(typed, `done-${at}`) || asset.done,
      error: problems.find(({ pointer }) => pointer === `done-${at}`)?.message,
    })),
    // The next one, with what was typed of it.
    added: {
      at: assets.length,
      label: textOf(typed, `label-${assets.length}`),
      total: textOf(typed, `total-${assets.length}`),
      done: textOf(typed, `done-${assets.length}`),
      error: problems.find(({ pointer }) => pointer === `done-${assets.length}`)?.message,
    },
    sum: { done: sumOf(assets, 'done'), total: sumOf(assets, 'total') },
    list: textOf(typed, 'list'),
    listError: problems.find(({ pointer }) => pointer === 'list')?.message,
  }
  return page('broadcast/responses/progress/views/tasks.njk', `What we do about ${number}`, model, { problems, isExercise: bulletin.isExercise })
}

function sumOf(assets: readonly AssetProgress[], part: 'done' | 'total'): number {
  return assets.reduce((sum, asset) => sum + asset[part], 0)
}

function problem(pointer: string, message: string): Problem {
  return { rule: 'broadcast.progress.row', pointer, severity: 'error', message }
}

export const progressRoutes: readonly Route[] = [show, download, tick, count, takeList]
