import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { asText } from '../../../kernel/text.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { asList, readForm, refusalOf } from '../../../platform/forms/form.ts'
import { choiceText, cursorText, searchText } from '../../../platform/http/list-address.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may, type Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Assessment } from '../assessments/model.ts'
import { givenTo } from '../assessments/outcomes/queries.ts'
import { ownAssessment } from '../assessments/queries.ts'
import { possibleRespondents } from '../assessments/respondents/queries.ts'
import { outcomesOf } from '../frameworks/queries.ts'
import type { Visible } from '../tables.ts'
import { addEvidence, checkEvidence, placeEvidence, withdrawEvidence, type NewEvidence } from './commands.ts'
import { evidenceForm } from './fields.ts'
import type { Offered } from './form-views.ts'
import { EVIDENCE_KINDS, EVIDENCE_STATES, LARGEST_FILE } from './model.ts'
import {
  checksOf,
  contentOf,
  EVIDENCE_SORTS,
  evidenceGrades,
  evidenceOf,
  expiryOf,
  listEvidence,
  type Evidence,
  type EvidenceFilter,
  type EvidenceLine,
} from './queries.ts'
import { addModel, evidencePath, listModel, pieceModel, type EvidenceAsked, type ListShown, type PieceShown } from './views.ts'

const VIEWS = 'assure/evidence/views'
const view = { permission: 'assure.assessment.view' } as const
const keep = { permission: 'assure.evidence.keep' } as const
const PAGE_ROWS = 50
const CSV_ROWS = 500

export const ofReview = z.object({ id: z.string().max(60) })
export const ofPiece = z.object({ id: z.string().max(60), evidence: z.string().max(60) })

export const EvidenceQuery = z.object({
  q: searchText,
  state: z
    .enum(['in-force', ...EVIDENCE_STATES, 'all'])
    .catch('in-force')
    .default('in-force'),
  kind: z
    .enum(['', ...Object.keys(EVIDENCE_KINDS)] as ['', ...(keyof typeof EVIDENCE_KINDS)[]])
    .catch('')
    .default(''),
  grade: choiceText,
  outcome: choiceText,
  sort: z.enum(EVIDENCE_SORTS).catch('-added').default('-added'),
  cursor: cursorText,
})

export function filterOf({ q, state, kind, grade, outcome }: Omit<EvidenceAsked, 'cursor' | 'sort'>): EvidenceFilter {
  return { search: q, state, kind, grade: grade ?? '', outcome: outcome ?? '' }
}

const list = route({
  method: 'GET',
  path: '/assessments/:id/evidence',
  access: view,
  params: ofReview,
  query: EvidenceQuery,
  async handle({ read, params, query, actor, now }) {
    const shown = await read<Visible, ListShown>(async db => {
      const assessment = await ownAssessment(db, actor, params.id)
      const ask = { filter: filterOf(query), sort: query.sort, now }
      return {
        assessment,
        found: await listEvidence(db, actor, assessment.id, ask, { limit: PAGE_ROWS, cursor: query.cursor }),
        grades: await evidenceGrades(db),
        expiry: await expiryOf(db, actor, assessment.id, now),
      }
    })
    return page(`${VIEWS}/list.njk`, 'Evidence', listModel(shown, query, may(actor, keep.permission)))
  },
})

const listCsv = route({
  method: 'GET',
  path: '/assessments/:id/evidence.csv',
  access: view,
  params: ofReview,
  query: EvidenceQuery,
  async handle({ read, params, query, actor, now }) {
    await read<Visible, Assessment>(db => ownAssessment(db, actor, params.id))
    const ask = { filter: filterOf(query), sort: query.sort, now }
    const rowsAfter = (cursor: string | null) =>
      read<Visible, Page<EvidenceLine>>(db => listEvidence(db, actor, params.id, ask, { limit: CSV_ROWS, cursor }))
    const line = (row: EvidenceLine) => [
      row.title,
      EVIDENCE_KINDS[row.kind].short,
      row.gradeLabel,
      row.outcomes.join(' '),
      row.effectiveOn,
      row.expiresOn,
      row.state,
      row.ownerName,
      row.addedAt.toISOString(),
    ]
    return csv('evidence.csv', csvPages(['what', 'kept', 'grade', 'outcomes', 'effective', 'expires', 'state', 'owner', 'added'], line, rowsAfter))
  },
})

/** What the form offers: the outcomes that the actor answers for, and who can own a piece. */
async function offeredOf(db: Reader<Visible>, actor: Actor, assessment: Assessment): Promise<Offered> {
  const given = await givenTo(db, actor, assessment.id)
  const outcomes = await outcomesOf(db, assessment.frameworkId)
  return {
    grades: await evidenceGrades(db),
    outcomes: outcomes.filter(({ code }) => given?.has(code) ?? true),
    people: (await possibleRespondents(db, assessment.organisationId)).filter(({ id }) => id !== actor.id),
  }
}

const addForm = route({
  method: 'GET',
  path: '/assessments/:id/evidence/add',
  access: keep,
  params: ofReview,
  query: z.object({ outcome: choiceText, replaces: choiceText }),
  handle: request =>
    addPage(request, { outcomes: request.query.outcome === null ? [] : [request.query.outcome], replaces: request.query.replaces ?? '' }, []),
})

async function addPage(
  request: RouteRequest<z.infer<typeof ofReview>>,
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
): Promise<Reply> {
  const { read, actor, params, now } = request
  const shown = await read<Visible, { assessment: Assessment; offered: Offered; older: Evidence | null }>(async db => {
    const assessment = await ownAssessment(db, actor, params.id)
    const replaces = typeof typed['replaces'] === 'string' ? typed['replaces'] : ''
    const older = replaces === '' ? null : await evidenceOf(db, actor, assessment, replaces, now)
    return { assessment, offered: await offeredOf(db, actor, assessment), older }
  })
  return page(`${VIEWS}/add.njk`, 'Add evidence', addModel(shown, typed, problems), { problems })
}

const add = route({
  method: 'POST',
  path: '/assessments/:id/evidence/add',
  access: keep,
  params: ofReview,
  perMinute: 60,
  largestFile: LARGEST_FILE,
  async handle(request) {
    const { body, files, params, work } = request
    const form = readForm(evidenceForm, body)
    if (!form.ok) return addPage(request, form.typed, form.problems)
    const file = files.get('file')
    if (form.value.kind === 'file' && file === undefined)
      return addPage(request, body, [{ rule: 'assure.evidence.no-file', pointer: 'file', severity: 'error', message: 'Choose the file' }])
    try {
      const wanted = newEvidence(params.id, form.value, file)
      const id = await work<Visible, string>(unit => addEvidence(unit, wanted))
      return redirect(evidencePath(params.id, id), { notice: 'The evidence is kept.' })
    } catch (error) {
      return addPage(request, body, [refusalAt(error)])
    }
  },
})

/** What the fields and the file say, as the command takes it. */
function newEvidence(
  assessmentId: string,
  form: z.infer<typeof evidenceForm>,
  file: { readonly name: string; readonly bytes: Buffer } | undefined,
): NewEvidence {
  const { kind, title, note, grade, effectiveOn, expiresOn, ownerId, replaces, outcomes } = form
  const common = { assessmentId, outcomes, title, note, grade, effectiveOn, expiresOn, ownerId, replaces }
  if (kind === 'link') return { ...common, kind, address: form.address }
  if (kind === 'reference') return { ...common, kind, place: form.place, sha256: form.sha256 }
  return { ...common, kind, file: file ?? { name: '', bytes: Buffer.alloc(0) } }
}

const FIELD_OF: Readonly<Record<string, string>> = {
  effective: 'effective',
  expires: 'expires',
  outcomes: 'outcomes',
  outcome: 'outcomes',
  grade: 'grade',
  place: 'place',
  sha256: 'sha256',
  kind: 'file',
  empty: 'file',
  macros: 'file',
  'too-large': 'file',
}

/** What the command refused, at the field that it is about. */
function refusalAt(error: unknown): Problem {
  const problem = refusalOf(error, 'title')
  return { ...problem, pointer: FIELD_OF[problem.rule.split('.').at(-1) ?? ''] ?? 'title' }
}

const show = route({
  method: 'GET',
  path: '/assessments/:id/evidence/:evidence',
  access: view,
  params: ofPiece,
  handle: request => piecePage(request, {}, []),
})

async function piecePage(
  request: RouteRequest<z.infer<typeof ofPiece>>,
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
): Promise<Reply> {
  const { read, actor, params, now } = request
  const shown = await read<Visible, PieceShown>(async db => {
    const assessment = await ownAssessment(db, actor, params.id)
    const piece = await evidenceOf(db, actor, assessment, params.evidence, now)
    return { assessment, piece, checks: await checksOf(db, piece.id), offered: await offeredOf(db, actor, assessment) }
  })
  return page(`${VIEWS}/show.njk`, shown.piece.title, pieceModel(shown, { mayKeep: may(actor, keep.permission), typed, problems }), { problems })
}

const file = route({
  method: 'GET',
  path: '/assessments/:id/evidence/:evidence/file',
  access: view,
  params: ofPiece,
  async handle({ read, actor, params, now }) {
    return read<Visible, Reply>(async db => {
      const piece = await evidenceOf(db, actor, await ownAssessment(db, actor, params.id), params.evidence, now)
      return fileReply(db, piece)
    })
  },
})

/** The file, to be saved and never shown in place: whatever is in it, no browser runs it as ours. */
export async function fileReply(db: Reader<Visible>, piece: Pick<Evidence, 'id' | 'kind' | 'fileName' | 'withdrawnAt'>) {
  if (piece.kind !== 'file' || piece.withdrawnAt !== null)
    throw new NotFound(
      'assure.evidence.no-file',
      piece.kind === 'file' ? 'This evidence was withdrawn, and its file with it.' : 'The file is not kept here.',
    )
  const headers = { 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; sandbox", 'cache-control': 'no-store' }
  return {
    kind: 'file' as const,
    contentType: 'application/octet-stream',
    filename: piece.fileName ?? 'evidence',
    body: await contentOf(db, piece.id),
    headers,
  }
}

const check = route({
  method: 'POST',
  path: '/assessments/:id/evidence/:evidence/check',
  access: keep,
  params: ofPiece,
  async handle(request) {
    const { params, body, work } = request
    try {
      const wanted = { assessmentId: params.id, evidenceId: params.evidence, sha256: asText(body['sha256']) }
      const isSame = await work<Visible, boolean>(unit => checkEvidence(unit, wanted))
      const notice = isSame ? 'It is still the same file.' : 'It is not the same file any more. Add the newer one in its place, or find the old one.'
      return redirect(evidencePath(params.id, params.evidence), { notice })
    } catch (error) {
      return piecePage(request, body, [refusalOf(error, 'sha256')])
    }
  },
})

const place = route({
  method: 'POST',
  path: '/assessments/:id/evidence/:evidence/outcomes',
  access: keep,
  params: ofPiece,
  async handle(request) {
    const { params, body, work } = request
    try {
      const wanted = { assessmentId: params.id, evidenceId: params.evidence, outcomes: asList(body['outcomes']) }
      await work<Visible, void>(unit => placeEvidence(unit, wanted))
      return redirect(evidencePath(params.id, params.evidence), { notice: 'It stands with those outcomes.' })
    } catch (error) {
      return piecePage(request, body, [refusalOf(error, 'outcomes')])
    }
  },
})

const withdraw = route({
  method: 'POST',
  path: '/assessments/:id/evidence/:evidence/withdraw',
  access: keep,
  params: ofPiece,
  async handle(request) {
    const { params, body, work } = request
    try {
      const wanted = { assessmentId: params.id, evidenceId: params.evidence, reason: asText(body['reason']) }
      await work<Visible, void>(unit => withdrawEvidence(unit, wanted))
      return redirect(evidencePath(params.id, params.evidence), { notice: 'The evidence is withdrawn.' })
    } catch (error) {
      return piecePage(request, body, [refusalOf(error, 'reason')])
    }
  },
})

export const evidenceRoutes: readonly Route[] = [list, listCsv, addForm, add, show, file, check, place, withdraw]
