import { z } from 'zod'
import { Conflict, NotFound } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { threatForBulletin } from '../../watch/contract.ts'
import { DIMENSIONS } from '../picture/model.ts'
import type { Visible } from '../tables.ts'
import {
  abandonBulletin,
  addUpdate,
  approveBulletin,
  changeSeverity,
  draftBulletin,
  returnForChanges,
  saveVersion,
  sendForReview,
  withdrawBulletin,
} from './commands.ts'
import { contentSections, readContent, typedFrom, type Typed } from './fields.ts'
import { contentFromThreat } from './from-threat.ts'
import {
  BULLETIN_LIFECYCLE,
  BulletinContent,
  bulletinNumber,
  findingsOf,
  isSeverity,
  parseBulletinNumber,
  SEVERITIES,
  severityLabel,
  stateLabel,
} from './model.ts'
import { bulletinOf, versionOf, versionsOf, type Bulletin, type Version } from './queries.ts'
import { readShown, type ShownBulletin } from './queries/show.ts'
import { addressOf, differenceTable, findingsView, headOf, readingView, showView, versionTable, whoWords } from './views.ts'

const VIEWS = 'broadcast/bulletins/views'
const Params = z.object({ number: z.string().max(20) })
const startDraft = route({
  method: 'GET',
  path: '/bulletins/new',
  access: { permission: 'broadcast.bulletin.draft' },
  query: z.object({ threat: z.string().max(60).catch('').default('') }),
  async handle({ query, read }) {
    const content =
      query.threat === '' ? undefined : await read<Visible, BulletinContent>(async db => contentFromThreat(await threatOr404(db, query.threat)))
    return newForm(typedFrom(content ?? { ...BulletinContent.parse({ title: 'x' }), title: '' }), query.threat, [])
  },
})

const draft = route({
  method: 'POST',
  path: '/bulletins/new',
  access: { permission: 'broadcast.bulletin.draft' },
  async handle({ body, read, work }) {
    const threat = String(body['threat'] ?? '')
    const form = readContent(body)
    if (!form.ok) return newForm(body, threat, form.problems)
    if (threat !== '') await read<Visible, unknown>(db => threatOr404(db, threat))
    const { number } = await work<Visible, { number: string }>(unit =>
      draftBulletin(unit, { threatId: threat === '' ? null : threat, content: form.content, isExercise: body['isExercise'] === 'yes' }),
    )
    return redirect(`/bulletins/${number}`, { notice: `${number} is saved as a draft. Nobody has been sent anything.` })
  },
})

const show = route({
  method: 'GET',
  path: '/bulletins/:number',
  access: { permission: 'broadcast.bulletin.view' },
  params: Params,
  query: z.object({ by: z.enum(DIMENSIONS).catch('type').default('type') }),
  async handle({ params, query, read, actor, now }) {
    const shown = await read<Visible, ShownBulletin>(db => readShown(db, numberOf(params), actor, now, query.by))
    const { bulletin } = shown
    return page(`${VIEWS}/show.njk`, `${bulletinNumber(bulletin.number)} ${bulletin.title}`, showView(shown, actor, now), {
      isExercise: bulletin.isExercise,
    })
  },
})

const startEdit = route({
  method: 'GET',
  path: '/bulletins/:number/edit',
  access: { permission: 'broadcast.bulletin.draft' },
  params: Params,
  async handle({ params, read, now }) {
    const { bulletin, version } = await read<Visible, Edited>(db => newestOf(db, numberOf(params)))
    if (!('edit' in BULLETIN_LIFECYCLE[bulletin.state]))
      throw new Conflict('broadcast.bulletin.not-editable', 'What was released stays as it was. Publish an update instead.')
    return editForm(bulletin, version, typedFrom(version.content), { problems: [], now })
  },
})

const edit = route({
  method: 'POST',
  path: '/bulletins/:number/edit',
  access: { permission: 'broadcast.bulletin.draft' },
  params: Params,
  async handle({ params, body, read, work, now }) {
    const number = numberOf(params)
    const form = readContent(body)
    if (!form.ok) {
      const { bulletin, version } = await read<Visible, Edited>(db => newestOf(db, number))
      return editForm(bulletin, version, body, { problems: form.problems, now, baseVersion: Number(body['baseVersion']) })
    }
    try {
      const saved = await work<Visible, { version: number; isNew: boolean }>(unit =>
        saveVersion(unit, { number, baseVersion: Number(body['baseVersion']), content: form.content }),
      )
      return redirect(addressOf({ number }), {
        notice: saved.isNew ? `Version ${saved.version} is saved.` : 'Nothing was changed, so no version was made.',
      })
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      // What was typed is shown again beside what somebody else saved; saving once more is then a decision.
      const { bulletin, version } = await read<Visible, Edited>(db => newestOf(db, number))
      const problem: Problem = { rule: error.code, pointer: 'title', severity: 'error', message: error.message }
      return editForm(bulletin, version, body, { problems: [problem], now, theirs: { version, typed: form.content }, status: 409 })
    }
  },
})

const versions = route({
  method: 'GET',
  path: '/bulletins/:number/versions',
  access: { permission: 'broadcast.bulletin.work' },
  params: Params,
  async handle({ params, read }) {
    const { bulletin, all } = await read<Visible, { bulletin: Bulletin; all: readonly Version[] }>(async db => {
      const found = await bulletinOf(db, numberOf(params))
      return { bulletin: found, all: await versionsOf(db, found.id) }
    })
    return page(
      `${VIEWS}/versions.njk`,
      `Versions of ${bulletinNumber(bulletin.number)}`,
      { bulletin: headOf(bulletin), table: versionTable(bulletin, all) },
      { isExercise: bulletin.isExercise },
    )
  },
})

const version = route({
  method: 'GET',
  path: '/bulletins/:number/versions/:version',
  access: { permission: 'broadcast.bulletin.work' },
  params: Params.extend({ version: z.coerce.number().int().positive().max(100_000).catch(0) }),
  async handle({ params, read }) {
    const { bulletin, one, before } = await read<Visible, { bulletin: Bulletin; one: Version; before: Version | null }>(async db => {
      const found = await bulletinOf(db, numberOf(params))
      return {
        bulletin: found,
        one: await versionOf(db, found.id, params.version),
        before: params.version === 1 ? null : await versionOf(db, found.id, params.version - 1),
      }
    })
    const model = {
      bulletin: headOf(bulletin),
      version: one.version,
      savedAt: one.savedAt,
      savedBy: whoWords(one.savedBy, one.savedById),
      hash: one.hash,
      reading: readingView(one.content, null, null),
      difference:
        before === null
          ? null
          : differenceTable(before.content, one.content, { before: `Version ${before.version}`, after: `Version ${one.version}` }),
    }
    return page(`${VIEWS}/version.njk`, `${bulletinNumber(bulletin.number)} version ${one.version}`, model, { isExercise: bulletin.isExercise })
  },
})

/** An action that is one press, with or without a reason. */
function act(
  action: 'send-for-review' | 'approve' | 'return' | 'withdraw' | 'abandon',
  permission: string,
  notice: string,
  run: (work: Work<Visible>, asked: { number: number; version: number; reason: string }) => Promise<void>,
): Route {
  return route({
    method: 'POST',
    path: `/bulletins/:number/${action}`,
    access: { permission },
    params: Params,
    async handle({ params, body, work }) {
      const number = numberOf(params)
      await work<Visible, void>(unit => run(unit, { number, version: Number(body['version']), reason: String(body['reason'] ?? '') }))
      return redirect(addressOf({ number }), { notice: `${bulletinNumber(number)}: ${notice}.` })
    },
  })
}

const startUpdate = route({
  method: 'GET',
  path: '/bulletins/:number/update',
  access: { permission: 'broadcast.bulletin.draft' },
  params: Params,
  handle: request => updateForm(request, request.params, {}, []),
})

const publishUpdate = route({
  method: 'POST',
  path: '/bulletins/:number/update',
  access: { permission: 'broadcast.bulletin.draft' },
  params: Params,
  async handle(request) {
    const number = numberOf(request.params)
    const [title, body] = [String(request.body['title'] ?? '').trim(), String(request.body['body'] ?? '').trim()]
    const missing = (pointer: string, message: string): Problem => ({ rule: 'form.field', pointer, severity: 'error', message })
    const problems = [
      ...(title === '' || title.length > 200 ? [missing('title', 'Give the update a title of at most 200 characters')] : []),
      ...(body === '' || body.length > 20_000 ? [missing('body', 'Say what is new, in at most 20,000 characters')] : []),
    ]
    if (problems.length > 0) return updateForm(request, request.params, { title, body }, problems)
    await request.work<Visible, void>(unit => addUpdate(unit, { number, title, body }))
    return redirect(addressOf({ number }), { notice: 'The update is published. Readers see it first on the bulletin’s page.' })
  },
})

const startSeverity = route({
  method: 'GET',
  path: '/bulletins/:number/severity',
  access: { permission: 'broadcast.bulletin.release' },
  params: Params,
  handle: request => severityForm(request, request.params, {}, []),
})

const saveSeverity = route({
  method: 'POST',
  path: '/bulletins/:number/severity',
  access: { permission: 'broadcast.bulletin.release' },
  params: Params,
  async handle(request) {
    const number = numberOf(request.params)
    const [severity, reason] = [String(request.body['severity'] ?? ''), String(request.body['reason'] ?? '').trim()]
    const wrong = (pointer: string, message: string): Problem => ({ rule: 'form.field', pointer, severity: 'error', message })
    if (!isSeverity(severity)) return severityForm(request, request.params, { severity, reason }, [wrong('severity', 'Choose a severity')])
    if (reason === '') return severityForm(request, request.params, { severity, reason }, [wrong('reason', 'Say why, in a sentence')])
    await request.work<Visible, void>(unit => changeSeverity(unit, { number, severity, reason }))
    return redirect(addressOf({ number }), { notice: `The severity is now ${severityLabel(severity)}.` })
  },
})

export const bulletinRoutes: readonly Route[] = [
  startDraft,
  draft,
  show,
  startEdit,
  edit,
  versions,
  version,
  startUpdate,
  publishUpdate,
  startSeverity,
  saveSeverity,
  act('send-for-review', 'broadcast.bulletin.draft', 'sent for review', sendForReview),
  act('approve', 'broadcast.bulletin.approve', 'approved. It can be released', approveBulletin),
  act('return', 'broadcast.bulletin.approve', 'returned to its author', (work, { reason, ...asked }) =>
    returnForChanges(work, { ...asked, comment: reason }),
  ),
  act('withdraw', 'broadcast.bulletin.withdraw', 'withdrawn. The record is kept, and nothing more is sent', withdrawBulletin),
  act('abandon', 'broadcast.bulletin.draft', 'abandoned. Nothing was sent', abandonBulletin),
]

interface Edited {
  readonly bulletin: Bulletin
  readonly version: Version
}

async function newestOf(db: Reader<Visible>, number: number): Promise<Edited> {
  const bulletin = await bulletinOf(db, number)
  return { bulletin, version: await versionOf(db, bulletin.id, bulletin.version) }
}

async function threatOr404(db: Reader<Visible>, id: string) {
  const threat = await threatForBulletin(db, id)
  if (threat === undefined) throw new NotFound('broadcast.threat.not-found', 'There is no such threat. Choose one from the list of threats.')
  return threat
}

function numberOf(params: { readonly number: string }): number {
  const number = parseBulletinNumber(params.number)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
  return number
}

function newForm(typed: Typed, threat: string, problems: readonly Problem[]): Reply {
  return page(
    `${VIEWS}/new.njk`,
    'Draft a bulletin',
    { sections: contentSections(typed, problems), threat, isExercise: typed['isExercise'] === 'yes' },
    { problems },
  )
}

function editForm(
  bulletin: Bulletin,
  newest: Version,
  typed: Typed,
  options: { problems: readonly Problem[]; now: Date; baseVersion?: number; theirs?: { version: Version; typed: BulletinContent }; status?: number },
): Reply {
  const model = {
    bulletin: headOf(bulletin),
    sections: contentSections(typed, options.problems),
    baseVersion: options.baseVersion ?? newest.version,
    findings: findingsView(findingsOf(newest.content, options.now)),
    voids: bulletin.state === 'draft' ? null : stateLabel(bulletin.state).toLowerCase(),
    difference:
      options.theirs === undefined
        ? null
        : differenceTable(options.theirs.version.content, options.theirs.typed, {
            before: `Version ${newest.version}, saved by ${whoWords(newest.savedBy, newest.savedById)}`,
            after: 'What you typed',
          }),
  }
  return page(`${VIEWS}/edit.njk`, `Edit ${bulletinNumber(bulletin.number)}`, model, {
    problems: options.problems,
    isExercise: bulletin.isExercise,
    ...(options.status === undefined ? {} : { status: options.status }),
  })
}

async function updateForm(
  request: Pick<RouteRequest, 'read'>,
  params: { readonly number: string },
  typed: { title?: string; body?: string },
  problems: readonly Problem[],
): Promise<Reply> {
  const bulletin = await request.read<Visible, Bulletin>(db => bulletinOf(db, numberOf(params)))
  return page(
    `${VIEWS}/update.njk`,
    `Update ${bulletinNumber(bulletin.number)}`,
    { bulletin: headOf(bulletin), typed, errors: errorsOf(problems) },
    { problems, isExercise: bulletin.isExercise },
  )
}

async function severityForm(
  request: Pick<RouteRequest, 'read'>,
  params: { readonly number: string },
  typed: { severity?: string; reason?: string },
  problems: readonly Problem[],
): Promise<Reply> {
  const bulletin = await request.read<Visible, Bulletin>(db => bulletinOf(db, numberOf(params)))
  const options = SEVERITIES.map(value => ({ value, text: severityLabel(value) }))
  return page(
    `${VIEWS}/severity.njk`,
    `Severity of ${bulletinNumber(bulletin.number)}`,
    { bulletin: headOf(bulletin), options, typed: { severity: bulletin.severity, ...typed }, errors: errorsOf(problems) },
    { problems, isExercise: bulletin.isExercise },
  )
}

function errorsOf(problems: readonly Problem[]): Readonly<Record<string, string>> {
  return Object.fromEntries(problems.map(({ pointer, message }) => [pointer, message]))
}
