import { z } from 'zod'
import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { textOf } from '../../../../kernel/text.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type FormBody, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { threatForBulletin } from '../../../watch/contract.ts'
import { sharingGroups } from '../../sharing-groups/queries.ts'
import type { Visible } from '../../tables.ts'
import { draftBulletin, saveVersion, sendForReview } from '../commands.ts'
import { readContent, typedFrom, type Typed } from '../fields.ts'
import { contentFromThreat } from '../from-threat.ts'
import { withoutHolding } from '../holding/model.ts'
import { BULLETIN_LIFECYCLE } from '../lifecycle.ts'
import { BulletinContent, bulletinNumber, findingsOf, parseBulletinNumber, revisionFindings } from '../model.ts'
import { bulletinOf, responseDeadlines, revisionOf, versionOf, type Bulletin } from '../queries.ts'
import { addressOf } from '../views.ts'
import { saveForReview } from './commands.ts'
import { previewView, writingView, type Stored, type Writing, type WritingState } from './views.ts'

/**
 * Writing a bulletin: the fields, and beside them the text as readers will see it. What is typed is kept in the browser until it is
 * saved; a version is made when a person saves, never by typing. A preview stores nothing.
 */
const WRITING = 'broadcast/bulletins/writing/views/writing.njk'
const PREVIEW = 'broadcast/bulletins/writing/views/preview.njk'
const ACCESS = { permission: 'broadcast.bulletin.draft' } as const
const Params = z.object({ number: z.string().max(20) })

const startDraft = route({
  method: 'GET',
  path: '/bulletins/new',
  access: ACCESS,
  query: z.object({ threat: z.string().max(60).catch('').default('') }),
  async handle(request) {
    const { threat } = request.query
    const content =
      threat === ''
        ? { ...BulletinContent.parse({ title: 'x' }), title: '' }
        : await request.read<Visible, BulletinContent>(async db => contentFromThreat(await threatOr404(db, threat)))
    return newPage(request, typedFrom(content), { threat })
  },
})

const draft = route({
  method: 'POST',
  path: '/bulletins/new',
  access: ACCESS,
  async handle(request) {
    const { body } = request
    const threat = textOf(body, 'threat')
    const form = readContent(body)
    const problems = form.ok ? missingFor(body, form.content, request) : form.problems
    if (!form.ok || problems.length > 0) return newPage(request, body, { threat, problems })
    if (threat !== '') await request.read<Visible, unknown>(db => threatOr404(db, threat))
    const number = await request.work<Visible, string>(async unit => {
      const made = await draftBulletin(unit, { threatId: threat === '' ? null : threat, content: form.content, isExercise: isExercise(body) })
      if (isForReview(body)) await sendForReview(unit, { number: numberOf(made), version: 1 })
      return made.number
    })
    const notice = isForReview(body) ? `${number} is saved and sent for review.` : `${number} is saved as a draft. Nobody has been sent anything.`
    return redirect(`/bulletins/${number}`, { notice })
  },
})

const previewDraft = route({
  method: 'POST',
  path: '/bulletins/new/preview',
  access: ACCESS,
  handle: request => newPage(request, request.body, { threat: textOf(request.body, 'threat') }),
})

const startEdit = route({
  method: 'GET',
  path: '/bulletins/:number/edit',
  access: ACCESS,
  params: Params,
  async handle(request) {
    const found = await storedOf(request, numberOf(request.params))
    const { bulletin, version, revision } = found.stored
    if (revision === null && !('edit' in BULLETIN_LIFECYCLE[bulletin.state]))
      throw new Conflict('broadcast.bulletin.not-editable', 'This bulletin is closed. Draft another one.')
    return editPage(request, found, typedFrom(revision === 'none' ? nextVersion(bulletin, version.content) : version.content), {})
  },
})

const edit = route({
  method: 'POST',
  path: '/bulletins/:number/edit',
  access: ACCESS,
  params: Params,
  async handle(request) {
    const { body } = request
    const number = numberOf(request.params)
    const baseVersion = baseOf(body)
    const form = readContent(body)
    const found = await storedOf(request, number)
    const problems = form.ok ? missingFor(body, form.content, request, found.stored.revision !== null) : form.problems
    if (!form.ok || problems.length > 0) return editPage(request, found, body, { problems, baseVersion })
    try {
      const input = { number, baseVersion, content: form.content }
      const notice = await request.work<Visible, string>(unit => saveAs(unit, input, isForReview(body)))
      return redirect(addressOf({ number }), { notice })
    } catch (error) {
      if (!(error instanceof Conflict || error instanceof Invalid)) throw error
      // What was typed is shown again beside what somebody else saved; saving once more is then a decision.
      const problem: Problem = { rule: error.code, pointer: 'title', severity: 'error', message: error.message }
      return editPage(request, await storedOf(request, number), body, { problems: [problem], conflict: form.content })
    }
  },
})

const previewEdit = route({
  method: 'POST',
  path: '/bulletins/:number/preview',
  access: ACCESS,
  params: Params,
  async handle(request) {
    const found = await storedOf(request, numberOf(request.params))
    return editPage(request, found, request.body, { baseVersion: baseOf(request.body) })
  },
})

export const writingRoutes: readonly Route[] = [startDraft, draft, previewDraft, startEdit, edit, previewEdit]

/** Saves, and where that is asked for sends what is then the newest version for review. Gives what to say of it. */
async function saveAs(work: Work<Visible>, input: Parameters<typeof saveVersion>[1], forReview: boolean): Promise<string> {
  const { version, isNew, isSent } = forReview ? await saveForReview(work, input) : { ...(await saveVersion(work, input)), isSent: false }
  if (isNew) return `Version ${version} is saved${isSent ? ' and sent for review' : ''}.`
  return isSent ? `Version ${version} is sent for review.` : 'Nothing was changed, so no version was made.'
}

/**
 * What the next version begins from: what readers see, with the severity of today and without what was new in it. The full version of a holding
 * statement is no holding one, and is material.
 */
function nextVersion(bulletin: Bulletin, live: BulletinContent): BulletinContent {
  const { news: _told, ...content } = { ...live, severity: bulletin.severity }
  if (!bulletin.isHolding) return content
  return {
    ...content,
    title: withoutHolding(content.title),
    news: { title: 'The full version is here', body: '', isMaterial: true, asksAgain: false },
  }
}

type Request = Pick<RouteRequest, 'read' | 'now' | 'platform' | 'body'>

interface Found extends Pick<Writing, 'deadlines' | 'groups'> {
  readonly stored: Stored
}

function storedOf(request: Request, number: number): Promise<Found> {
  return request.read<Visible, Found>(async db => {
    const bulletin: Bulletin = await bulletinOf(db, number)
    const revision = bulletin.state === 'released' ? await revisionOf(db, bulletin.id) : undefined
    const version = await versionOf(db, bulletin.id, revision?.version ?? bulletin.version)
    const stored: Stored = { bulletin, version, revision: bulletin.state === 'released' ? (revision?.state ?? 'none') : null }
    // Also one that was ended: what is for it is shown as it is.
    const own = version.content.sharingGroup
    const open = await sharingGroups(db, { ended: false })
    const groups = own === undefined || open.some(({ id }) => id === own.id) ? open : [...open, own]
    return { stored, deadlines: await responseDeadlines(db), groups }
  })
}

async function newPage(request: Request, typed: Typed, state: Partial<WritingState>): Promise<Reply> {
  const known = await request.read<Visible, Pick<Writing, 'deadlines' | 'groups'>>(async db => ({
    deadlines: await responseDeadlines(db),
    groups: await sharingGroups(db, { ended: false }),
  }))
  return writingPage(request, { stored: null, typed, ...known, isExercise: isExercise(typed) }, state)
}

async function editPage(request: Request, { stored, deadlines, groups }: Found, typed: Typed, state: Partial<WritingState>): Promise<Reply> {
  return writingPage(request, { stored, typed, deadlines, groups, isExercise: stored.bulletin.isExercise }, state)
}

/** The whole page, or for the script that follows the typing what is shown of it beside the fields. */
function writingPage(request: Request, writing: Writing, state: Partial<WritingState>): Reply {
  const by = { now: request.now, baseUrl: request.platform.config.baseUrl }
  const { stored, isExercise: inExercise } = writing
  if (request.body['fragment'] === 'yes') return page(PREVIEW, 'Preview', { preview: previewView(writing, by) })
  const problems = state.problems ?? []
  const model = writingView(
    writing,
    {
      problems,
      threat: state.threat ?? '',
      baseVersion: state.baseVersion ?? stored?.version.version ?? 0,
      isTyped: writing.typed === request.body,
      conflict: state.conflict ?? null,
    },
    by,
  )
  const title = stored === null ? 'Draft a bulletin' : `Edit ${bulletinNumber(stored.bulletin.number)}`
  return page(WRITING, title, model, { problems, isExercise: inExercise, ...(state.conflict === undefined ? {} : { status: 409 }) })
}

/** What stands in the way of a review, where one is asked for. */
function missingFor(body: FormBody, content: BulletinContent, { now }: Pick<RouteRequest, 'now'>, isRevision = false): readonly Problem[] {
  const findings = isRevision ? revisionFindings(content, now) : findingsOf(content, now)
  return isForReview(body) ? findings.filter(({ severity }) => severity === 'error') : []
}

/** The version on which what is typed builds. What cannot be read is none, so that saving compares with what is there. */
function baseOf(body: FormBody): number {
  return Number(textOf(body, 'baseVersion')) || 0
}

function isForReview(body: FormBody): boolean {
  return body['next'] === 'review'
}

function isExercise(typed: Typed): boolean {
  return typed['isExercise'] === 'yes'
}

async function threatOr404(db: Reader<Visible>, id: string) {
  const threat = await threatForBulletin(db, id)
  if (threat === undefined) throw new NotFound('broadcast.threat.not-found', 'There is no such threat. Choose one from the list of threats.')
  return threat
}

function numberOf({ number: text }: { readonly number: string }): number {
  const number = parseBulletinNumber(text)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
  return number
}
