import { z } from 'zod'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { cursorText, searchText } from '../../../platform/http/list-address.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Assessment } from '../assessments/model.ts'
import { ownAssessment } from '../assessments/queries.ts'
import type { Visible } from '../tables.ts'
import { giveShare, lookAt, revokeShare } from './commands.ts'
import { shareForm } from './fields.ts'
import type { ShareOffered } from './form-views.ts'
import { SHARE_ITEMS, type ShareItem } from './model.ts'
import {
  listLooks,
  listSharedWithUs,
  listShares,
  partsOf,
  usualReceivers,
  type Look,
  type Share,
  type SharedWithUs,
  type ShareFilter,
} from './queries.ts'
import { contentOfShare } from './queries/shown.ts'
import { addModel, listModel, looksModel, sharedModel, sharedWithUsModel, sharingPath, SHARED_PAGE, type LookedAt } from './views.ts'

const VIEWS = 'assure/sharing/views'
const view = { permission: 'assure.share.view' } as const
const give = { permission: 'assure.share.give' } as const
const read = { permission: 'assure.share.read' } as const
const PAGE_ROWS = 50
const CSV_ROWS = 500

export const ofReview = z.object({ id: z.string().max(60) })
export const ofShare = z.object({ id: z.string().max(60), share: z.string().max(60) })
export const ofShared = z.object({ share: z.string().max(60) })

export const SharesQuery = z.object({
  q: searchText,
  state: z.enum(['all', 'live', 'ended', 'revoked']).catch('all').default('all'),
  cursor: cursorText,
})
export const LooksQuery = z.object({ q: searchText, cursor: cursorText })
const ITEMS = Object.keys(SHARE_ITEMS) as ShareItem[]
export const SharedQuery = z.object({
  q: searchText,
  item: z
    .enum(['', ...ITEMS])
    .catch('')
    .default(''),
  cursor: cursorText,
})

export function sharesFilter({ q, state }: { readonly q: string; readonly state: ShareFilter['state'] }): ShareFilter {
  return { search: q, state }
}

interface Listed<T> {
  readonly assessment: Assessment
  readonly found: Page<T>
}

const list = route({
  method: 'GET',
  path: '/assessments/:id/sharing',
  access: view,
  params: ofReview,
  query: SharesQuery,
  async handle({ read: ask, params, query, actor, now }) {
    const shown = await ask<Visible, Listed<Share>>(async db => {
      const assessment = await ownAssessment(db, actor, params.id)
      const of = { organisationId: assessment.organisationId, assessmentId: assessment.id }
      return { assessment, found: await listShares(db, of, sharesFilter(query), now, { limit: PAGE_ROWS, cursor: query.cursor }) }
    })
    return page(`${VIEWS}/list.njk`, 'Sharing', listModel(shown.assessment, shown.found, query, may(actor, give.permission)))
  },
})

const listCsv = route({
  method: 'GET',
  path: '/assessments/:id/sharing.csv',
  access: view,
  params: ofReview,
  query: SharesQuery,
  async handle({ read: ask, params, query, actor, now }) {
    const { organisationId } = await ask<Visible, Assessment>(db => ownAssessment(db, actor, params.id))
    const rowsAfter = (cursor: string | null) =>
      ask<Visible, Page<Share>>(db =>
        listShares(db, { organisationId, assessmentId: params.id }, sharesFilter(query), now, { limit: CSV_ROWS, cursor }),
      )
    const line = (row: Share) => [
      SHARE_ITEMS[row.item].label,
      row.part,
      row.receiverCode,
      row.receiverName,
      row.purpose,
      row.givenAt.toISOString(),
      row.until.toISOString(),
      row.state,
      row.revokedAt?.toISOString() ?? null,
      row.looks,
    ]
    return csv(
      'sharing.csv',
      csvPages(['item', 'part', 'code', 'with', 'purpose', 'given', 'until', 'state', 'taken back', 'looks'], line, rowsAfter),
    )
  },
})

const looks = route({
  method: 'GET',
  path: '/assessments/:id/sharing/looks',
  access: view,
  params: ofReview,
  query: LooksQuery,
  async handle({ read: ask, params, query, actor }) {
    const shown = await ask<Visible, Listed<Look>>(async db => {
      const assessment = await ownAssessment(db, actor, params.id)
      const of = { organisationId: assessment.organisationId, assessmentId: assessment.id }
      return { assessment, found: await listLooks(db, of, query.q, { limit: PAGE_ROWS, cursor: query.cursor }) }
    })
    return page(`${VIEWS}/looks.njk`, 'Who looked', looksModel(shown.assessment, shown.found, query))
  },
})

const looksCsv = route({
  method: 'GET',
  path: '/assessments/:id/sharing/looks.csv',
  access: view,
  params: ofReview,
  query: LooksQuery,
  async handle({ read: ask, params, query, actor }) {
    const { organisationId } = await ask<Visible, Assessment>(db => ownAssessment(db, actor, params.id))
    const rowsAfter = (cursor: string | null) =>
      ask<Visible, Page<Look>>(db => listLooks(db, { organisationId, assessmentId: params.id }, query.q, { limit: CSV_ROWS, cursor }))
    const line = (row: Look) => [
      row.at.toISOString(),
      row.personName,
      row.personRole,
      row.receiverCode,
      row.receiverName,
      row.what,
      row.byProgram ? 'by a program' : 'in person',
    ]
    return csv('looks.csv', csvPages(['when', 'who', 'role', 'code', 'body', 'what', 'how'], line, rowsAfter))
  },
})

const addForm = route({
  method: 'GET',
  path: '/assessments/:id/sharing/add',
  access: give,
  params: ofReview,
  query: z.object({ outcome: z.string().max(40).catch('').default('') }),
  handle: request => addPage(request, request.query.outcome === '' ? {} : { item: 'outcome', outcome: request.query.outcome }, []),
})

async function addPage(
  { read: ask, params, actor }: RouteRequest<z.infer<typeof ofReview>>,
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
): Promise<Reply> {
  const shown = await ask<Visible, { assessment: Assessment; offered: ShareOffered }>(async db => {
    const assessment = await ownAssessment(db, actor, params.id)
    const offered = {
      objectives: await partsOf(db, assessment.frameworkId, 'objective'),
      outcomes: await partsOf(db, assessment.frameworkId, 'outcome'),
      receivers: await usualReceivers(db, assessment.organisationId),
    }
    return { assessment, offered }
  })
  return page(`${VIEWS}/add.njk`, 'Share something', addModel(shown.assessment, shown.offered, typed, problems), { problems })
}

const FIELD_OF: Readonly<Record<string, string>> = { receiver: 'receiver', until: 'until', part: 'part' }

const add = route({
  method: 'POST',
  path: '/assessments/:id/sharing/add',
  access: give,
  params: ofReview,
  async handle(request) {
    const { params, body, work } = request
    const form = readForm(shareForm, body)
    if (!form.ok) return addPage(request, form.typed, form.problems)
    try {
      await work<Visible, string>(unit => giveShare(unit, { ...form.value, assessmentId: params.id }))
    } catch (error) {
      const problem = refusalOf(error, 'item')
      return addPage(request, body, [{ ...problem, pointer: FIELD_OF[problem.rule.split('.').at(-1) ?? ''] ?? 'item' }])
    }
    return redirect(sharingPath(params.id), { notice: 'It is shared. You see here who looks at it, and you can take it back at any time.' })
  },
})

const revoke = route({
  method: 'POST',
  path: '/assessments/:id/sharing/:share/revoke',
  access: give,
  params: ofShare,
  async handle({ params, body, work }) {
    const reason = typeof body['reason'] === 'string' ? body['reason'] : ''
    await work<Visible, void>(unit => revokeShare(unit, { shareId: params.share, reason }))
    return redirect(sharingPath(params.id), { notice: 'It is taken back. From now on nobody there can read it.' })
  },
})

const sharedList = route({
  method: 'GET',
  path: SHARED_PAGE,
  access: read,
  query: SharedQuery,
  async handle({ read: ask, query }) {
    const found = await ask<Visible, Page<SharedWithUs>>(db =>
      listSharedWithUs(db, { search: query.q, item: query.item }, { limit: PAGE_ROWS, cursor: query.cursor }),
    )
    return page(`${VIEWS}/with-us.njk`, 'Shared with us', sharedWithUsModel(found, query))
  },
})

const sharedCsv = route({
  method: 'GET',
  path: `${SHARED_PAGE}.csv`,
  access: read,
  query: SharedQuery,
  async handle({ read: ask, query }) {
    const rowsAfter = (cursor: string | null) =>
      ask<Visible, Page<SharedWithUs>>(db => listSharedWithUs(db, { search: query.q, item: query.item }, { limit: CSV_ROWS, cursor }))
    const line = (row: SharedWithUs) => [
      row.organisationCode,
      row.organisationName,
      SHARE_ITEMS[row.item].label,
      row.part,
      row.purpose,
      row.givenAt.toISOString(),
      row.until.toISOString(),
    ]
    return csv('shared-with-us.csv', csvPages(['code', 'organisation', 'item', 'part', 'purpose', 'given', 'until'], line, rowsAfter))
  },
})

/** Reading is a unit of work: it writes down who looked. */
const shared = route({
  method: 'GET',
  path: `${SHARED_PAGE}/:share`,
  access: read,
  params: ofShared,
  async handle({ work, params }) {
    const shown = await work<Visible, LookedAt>(unit => look(unit, params.share))
    return page(`${VIEWS}/shared.njk`, shown.share.organisationName, sharedModel(shown))
  },
})

/** The share with what lies in it; the look is recorded. */
export async function look(work: Work<Visible>, shareId: string): Promise<LookedAt> {
  const share = await lookAt(work, shareId)
  return { share, content: await contentOfShare(work.db, share) }
}

export const sharingRoutes: readonly Route[] = [list, listCsv, looks, looksCsv, addForm, add, revoke, sharedList, sharedCsv, shared]
