import { z } from 'zod'
import { dayText, instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { fileOperation, operation } from '../../../platform/http/operation.ts'
import type { FileReply } from '../../../platform/http/reply.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { ownAssessment } from '../assessments/queries.ts'
import type { Visible } from '../tables.ts'
import { addEvidence, checkEvidence, placeEvidence, withdrawEvidence } from './commands.ts'
import { EVIDENCE_STATES, LARGEST_FILE, type EvidenceKind } from './model.ts'
import { checksOf, evidenceOf, listEvidence, type Evidence, type EvidenceCheck } from './queries.ts'
import { EvidenceQuery, fileReply, filterOf, ofPiece, ofReview } from './routes.ts'

const view = { permission: 'assure.assessment.view' }
const keep = { permission: 'assure.evidence.keep' }
const path = '/api/v1/assessments/:id/evidence'

const kind = z.enum(['file', 'link', 'reference'] as const satisfies readonly EvidenceKind[])
const line = {
  id: z.string(),
  kind,
  title: z.string(),
  grade: z.string().describe('From the weakest: said, written, shown, sampled, tested'),
  effectiveOn: z.string(),
  expiresOn: z.string().nullable(),
  state: z.enum(EVIDENCE_STATES),
  ownerName: z.string().nullable(),
  addedAt: instant,
  outcomes: z.array(z.string()),
}
const Piece = z.object({
  ...line,
  note: z.string(),
  place: z.string().describe('The address of a link, or where a file lies that stayed with the organisation'),
  fileName: z.string().nullable(),
  mediaType: z.string().nullable(),
  bytes: z.int().nullable(),
  sha256: z.string().nullable(),
  replaces: z.string().nullable(),
  replacedBy: z.string().nullable(),
  withdrawnAt: instant.nullable(),
  withdrawnReason: z.string().nullable(),
  checks: z.array(z.object({ at: instant, isSame: z.boolean(), byName: z.string().nullable() })),
})

async function pieceOf(db: Reader<Visible>, actor: Actor, of: z.infer<typeof ofPiece>, now: Date): Promise<Evidence & { checks: EvidenceCheck[] }> {
  const piece = await evidenceOf(db, actor, await ownAssessment(db, actor, of.id), of.evidence, now)
  return { ...piece, checks: [...(await checksOf(db, piece.id))] }
}

const list = listOperation({
  id: 'listEvidence',
  summary: 'List the evidence of a review',
  path,
  page: 'GET /assessments/:id/evidence',
  access: view,
  params: ofReview,
  query: filtersOf(EvidenceQuery),
  item: z.object(line),
  async list(db: Reader<Visible>, page, { params, query, actor, now }) {
    const { id } = await ownAssessment(db, actor, params.id)
    const found = await listEvidence(db, actor, id, { filter: filterOf(query), sort: query.sort, now }, page)
    return { ...found, rows: found.rows.map(row => ({ ...row, outcomes: [...row.outcomes] })) }
  },
})

const show = operation({
  id: 'getEvidence',
  summary: 'Read one piece of evidence, without its file',
  method: 'GET',
  path: `${path}/:evidence`,
  page: 'GET /assessments/:id/evidence/:evidence',
  access: view,
  params: ofPiece,
  answer: Piece,
  read: async (db: Reader<Visible>, { params, actor, now }) => shown(await pieceOf(db, actor, params, now)),
})

function shown(piece: Evidence & { checks: EvidenceCheck[] }) {
  return { ...piece, outcomes: [...piece.outcomes] }
}

const file = fileOperation({
  id: 'getEvidenceFile',
  summary: 'Download the file of a piece of evidence that is kept here',
  method: 'GET',
  path: `${path}/:evidence/file`,
  page: 'GET /assessments/:id/evidence/:evidence/file',
  access: view,
  params: ofPiece,
  type: 'application/octet-stream',
  handle: ({ read, actor, params, now }) =>
    read<Visible, FileReply>(async db => fileReply(db, await evidenceOf(db, actor, await ownAssessment(db, actor, params.id), params.evidence, now))),
})

const cleared = (longest: number) => z.string().max(longest)
const common = {
  title: cleared(200).min(1),
  note: cleared(4_000).default(''),
  grade: z.string().max(40),
  effectiveOn: dayText.describe('The day on which it was true'),
  expiresOn: dayText.nullable().default(null),
  outcomes: z.array(z.string().max(40)).max(200).default([]),
  ownerId: z.string().max(60).nullable().default(null),
  replaces: z.string().max(60).nullable().default(null).describe('The older piece in whose place it comes'),
}

const add = operation({
  id: 'addEvidence',
  summary: 'Add a piece of evidence to outcomes of a review',
  description: 'A file may stay where it is: send its SHA-256 and where it lies, as a reference.',
  method: 'POST',
  path,
  page: 'POST /assessments/:id/evidence/add',
  access: keep,
  params: ofReview,
  perMinute: 60,
  largestBody: Math.ceil(LARGEST_FILE * 1.4),
  status: 201,
  body: z.discriminatedUnion('kind', [
    z.strictObject({ ...common, kind: z.literal('link'), address: z.url({ protocol: /^https?$/, error: 'Give a web address' }).max(2_000) }),
    z.strictObject({ ...common, kind: z.literal('reference'), place: cleared(500).min(1), sha256: z.string().max(200) }),
    z.strictObject({
      ...common,
      kind: z.literal('file'),
      fileName: cleared(300).min(1),
      contentBase64: z.base64('Send the bytes of the file as base64'),
    }),
  ]),
  answer: Piece,
  async write(work: Work<Visible>, { params, body }) {
    const given = { ...body, assessmentId: params.id }
    const id = await addEvidence(
      work,
      given.kind === 'file' ? { ...given, file: { name: given.fileName, bytes: Buffer.from(given.contentBase64, 'base64') } } : given,
    )
    return shown(await pieceOf(work.db, work.actor, { id: params.id, evidence: id }, work.now))
  },
})

const check = operation({
  id: 'checkEvidence',
  summary: 'Compare the SHA-256 of a file with what was known of it',
  method: 'POST',
  path: `${path}/:evidence/check`,
  page: 'POST /assessments/:id/evidence/:evidence/check',
  access: keep,
  params: ofPiece,
  body: z.object({ sha256: z.string().max(200) }),
  answer: z.object({ isSame: z.boolean() }),
  write: async (work: Work<Visible>, { params, body }) => ({
    isSame: await checkEvidence(work, { assessmentId: params.id, evidenceId: params.evidence, ...body }),
  }),
})

const place = operation({
  id: 'placeEvidence',
  summary: 'Say for which outcomes a piece is evidence',
  method: 'POST',
  path: `${path}/:evidence/outcomes`,
  page: 'POST /assessments/:id/evidence/:evidence/outcomes',
  access: keep,
  params: ofPiece,
  body: z.object({ outcomes: z.array(z.string().max(40)).max(200) }),
  answer: Piece,
  async write(work: Work<Visible>, { params, body }) {
    await placeEvidence(work, { assessmentId: params.id, evidenceId: params.evidence, ...body })
    return shown(await pieceOf(work.db, work.actor, params, work.now))
  },
})

const withdraw = operation({
  id: 'withdrawEvidence',
  summary: 'Withdraw a piece of evidence, with the reason',
  method: 'POST',
  path: `${path}/:evidence/withdraw`,
  page: 'POST /assessments/:id/evidence/:evidence/withdraw',
  access: keep,
  params: ofPiece,
  body: z.object({ reason: z.string().max(1_000) }),
  answer: Piece,
  async write(work: Work<Visible>, { params, body }) {
    await withdrawEvidence(work, { assessmentId: params.id, evidenceId: params.evidence, ...body })
    return shown(await pieceOf(work.db, work.actor, params, work.now))
  },
})

export const evidenceOperations: readonly Route[] = [list, show, file, add, check, place, withdraw]
