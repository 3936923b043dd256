import { createHash } from 'node:crypto'
import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { londonDate, type LocalDate } from '../../../kernel/instant.ts'
import { cleanText } from '../../../kernel/text.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Assessment } from '../assessments/model.ts'
import { givenTo } from '../assessments/outcomes/queries.ts'
import { ownAssessment } from '../assessments/queries.ts'
import { possibleRespondents } from '../assessments/respondents/queries.ts'
import { outcomesOf } from '../frameworks/queries.ts'
import type { Visible } from '../tables.ts'
import { fileTypeOf, safeName } from './file-type/model.ts'
import { LARGEST_FILE, SHA256 } from './model.ts'
import { evidenceOf, expiringUnreminded } from './queries.ts'

const KEEP = 'assure.evidence.keep'

interface Common {
  readonly assessmentId: string
  readonly outcomes: readonly string[]
  readonly title: string
  readonly note: string
  readonly grade: string
  /** The day on which it was true. */
  readonly effectiveOn: LocalDate
  readonly expiresOn: LocalDate | null
  /** Who sees to a newer one; `null` for whoever adds it. */
  readonly ownerId: string | null
  /** The older piece in whose place it comes. */
  readonly replaces: string | null
}

export type NewEvidence = Common &
  (
    | { readonly kind: 'file'; readonly file: { readonly name: string; readonly bytes: Buffer } }
    | { readonly kind: 'link'; readonly address: string }
    | { readonly kind: 'reference'; readonly place: string; readonly sha256: string }
  )

/**
 * Adds a piece of evidence to outcomes of a review of the actor's own organisation. Of a file its bytes decide what it is. With `replaces` the older one stays, says
 * so, and its outcomes come along. Throws `Invalid` for what cannot be kept, `Conflict` where the older one was replaced already.
 */
export async function addEvidence(work: Work<Visible>, wanted: NewEvidence): Promise<Id<'evidence'>> {
  const assessment = await reviewOf(work, wanted.assessmentId)
  if (wanted.effectiveOn > londonDate(work.now))
    throw new Invalid('assure.evidence.effective', 'The day on which it was true is not in the future. Give today, or an earlier day.')
  if (wanted.expiresOn !== null && wanted.expiresOn < wanted.effectiveOn)
    throw new Invalid('assure.evidence.expires', 'It cannot expire before the day on which it was true.')
  const outcomes = new Set(await outcomesNamed(work, assessment, wanted.outcomes))
  if (wanted.replaces !== null) for (const code of await takeOver(work, assessment, wanted.replaces)) outcomes.add(code)
  if (outcomes.size === 0) throw new Invalid('assure.evidence.outcomes', 'Choose at least one outcome that it is evidence for.')
  await assertGrade(work, wanted.grade)
  const id = work.newId('evidence')
  const kept = keptAs(wanted)
  await work.db
    .insertInto('assure_evidence')
    .values({
      id,
      organisation_id: assessment.organisationId,
      kind: wanted.kind,
      title: wanted.title,
      note: wanted.note,
      grade: wanted.grade,
      effective_on: wanted.effectiveOn,
      expires_on: wanted.expiresOn,
      owner_id: await ownerOf(work, assessment, wanted.ownerId),
      added_at: work.now,
      added_by: work.actor.id,
      replaces: wanted.replaces,
      ...kept.columns,
    })
    .execute()
  if (kept.content !== null) await work.db.insertInto('assure_evidence_file').values({ evidence_id: id, content: kept.content }).execute()
  await work.db
    .insertInto('assure_evidence_outcome')
    .values([...outcomes].map(code => ({ evidence_id: id, assessment_id: assessment.id, outcome_code: code, at: work.now, by_id: work.actor.id })))
    .execute()
  recordOf(work, assessment, wanted.replaces === null ? 'added' : 'replaced')
  return id
}

/** Says anew for which outcomes of a review a piece is evidence. An actor who was given some outcomes changes those alone. */
export async function placeEvidence(
  work: Work<Visible>,
  wanted: { readonly assessmentId: string; readonly evidenceId: string; readonly outcomes: readonly string[] },
): Promise<void> {
  const assessment = await reviewOf(work, wanted.assessmentId)
  const piece = await evidenceOf(work.db, work.actor, assessment, wanted.evidenceId, work.now)
  if (piece.withdrawnAt !== null) throw new Conflict('assure.evidence.withdrawn', 'It has been withdrawn. Add it again if it is right after all.')
  const wantedCodes = await outcomesNamed(work, assessment, wanted.outcomes)
  const given = await givenTo(work.db, work.actor, assessment.id)
  const going = piece.outcomes.filter(code => !wantedCodes.includes(code) && (given?.has(code) ?? true))
  const coming = wantedCodes.filter(code => !piece.outcomes.includes(code))
  if (piece.outcomes.length - going.length + coming.length === 0)
    throw new Invalid('assure.evidence.outcomes', 'Choose at least one outcome, or withdraw the evidence.')
  if (going.length > 0)
    await work.db
      .deleteFrom('assure_evidence_outcome')
      .where('evidence_id', '=', piece.id)
      .where('assessment_id', '=', assessment.id)
      .where('outcome_code', 'in', going)
      .execute()
  if (coming.length > 0)
    await work.db
      .insertInto('assure_evidence_outcome')
      .values(coming.map(code => ({ evidence_id: piece.id, assessment_id: assessment.id, outcome_code: code, at: work.now, by_id: work.actor.id })))
      .execute()
  recordOf(work, assessment, 'placed')
}

/** Takes a piece back, with the reason. It stays to be seen as withdrawn, and a file can no longer be downloaded. */
export async function withdrawEvidence(
  work: Work<Visible>,
  wanted: { readonly assessmentId: string; readonly evidenceId: string; readonly reason: string },
): Promise<void> {
  const assessment = await reviewOf(work, wanted.assessmentId)
  const piece = await evidenceOf(work.db, work.actor, assessment, wanted.evidenceId, work.now)
  const reason = cleanText(wanted.reason)
  if (reason === '') throw new Invalid('assure.evidence.reason', 'Say why it is withdrawn.')
  if (reason.length > 1_000) throw new Invalid('assure.evidence.reason', 'Say why in at most 1,000 characters.')
  if (piece.withdrawnAt !== null) throw new Conflict('assure.evidence.withdrawn', 'It has been withdrawn already.')
  await work.db
    .updateTable('assure_evidence')
    .set({ withdrawn_at: work.now, withdrawn_by: work.actor.id, withdrawn_reason: reason })
    .where('id', '=', piece.id)
    .execute()
  recordOf(work, assessment, 'withdrawn')
}

/** Compares a file that stayed with the organisation with what was known of it, and keeps the answer. Gives whether it is still the same. */
export async function checkEvidence(
  work: Work<Visible>,
  wanted: { readonly assessmentId: string; readonly evidenceId: string; readonly sha256: string },
): Promise<boolean> {
  const assessment = await reviewOf(work, wanted.assessmentId)
  const piece = await evidenceOf(work.db, work.actor, assessment, wanted.evidenceId, work.now)
  if (piece.sha256 === null)
    throw new Conflict('assure.evidence.no-hash', 'This is a link: of what lies there no fingerprint is known to compare with.')
  const sha256 = hashGiven(wanted.sha256)
  const isSame = sha256 === piece.sha256
  await work.db
    .insertInto('assure_evidence_check')
    .values({ id: work.newId('evidence-check'), evidence_id: piece.id, sha256, is_same: isSame, at: work.now, by_id: work.actor.id })
    .execute()
  recordOf(work, assessment, 'checked')
  return isSame
}

/** Notes of whom the owners are reminded, so that nobody is reminded twice of the same day. Gives the person of each reminder, once. */
export async function claimReminders(work: Work<Visible>): Promise<readonly string[]> {
  const pieces = await expiringUnreminded(work.db, work.now)
  for (const { id, expiresOn, organisationId } of pieces) {
    await work.db.updateTable('assure_evidence').set({ reminded_for: expiresOn }).where('id', '=', id).execute()
    work.record({ verb: 'assure.evidence.reminded', subject: { kind: 'evidence', id }, organisationId })
  }
  return [...new Set(pieces.map(({ ownerId }) => ownerId))]
}

async function reviewOf(work: Work<Visible>, assessmentId: string): Promise<Assessment> {
  assertMay(work.actor, KEEP)
  const assessment = await ownAssessment(work.db, work.actor, assessmentId)
  if (assessment.state === 'withdrawn')
    throw new Conflict('assure.evidence.review-withdrawn', 'This review has been withdrawn. Look at your other reviews.')
  return assessment
}

/** Nothing of what somebody typed, and no code of an outcome: the centre reads the audit. */
function recordOf(work: Work<Visible>, { id, organisationId }: Assessment, what: 'added' | 'replaced' | 'placed' | 'withdrawn' | 'checked'): void {
  work.record({ verb: `assure.evidence.${what}`, subject: { kind: 'assessment', id }, organisationId })
}

/** The codes, each of an outcome of the framework that the actor may answer. */
async function outcomesNamed(work: Work<Visible>, assessment: Assessment, codes: readonly string[]): Promise<readonly string[]> {
  const known = new Set((await outcomesOf(work.db, assessment.frameworkId)).map(({ code }) => code))
  const given = await givenTo(work.db, work.actor, assessment.id)
  const wrong = codes.filter(code => !known.has(code) || given?.has(code) === false)
  if (wrong.length > 0) throw new Invalid('assure.evidence.outcome', 'Choose outcomes of this review that you answer for.')
  return [...new Set(codes)]
}

async function takeOver(work: Work<Visible>, assessment: Assessment, id: string): Promise<readonly string[]> {
  const older = await evidenceOf(work.db, work.actor, assessment, id, work.now)
  if (older.withdrawnAt !== null) throw new Conflict('assure.evidence.withdrawn', 'What it would replace has been withdrawn. Add it by itself.')
  if (older.replacedBy !== null) throw new Conflict('assure.evidence.replaced', 'There is a newer one in its place already. Replace that one.')
  return older.outcomes
}

async function assertGrade(work: Work<Visible>, grade: string): Promise<void> {
  const found = await work.db.selectFrom('assure_evidence_grade').select('code').where('code', '=', grade).executeTakeFirst()
  if (found === undefined) throw new Invalid('assure.evidence.grade', 'Say how strong it is: choose a grade from the list.')
}

async function ownerOf(work: Work<Visible>, { organisationId }: Assessment, ownerId: string | null): Promise<string> {
  if (ownerId === null || ownerId === work.actor.id) return work.actor.id
  const people = await possibleRespondents(work.db, organisationId)
  if (people.some(({ id }) => id === ownerId)) return ownerId
  throw new NotFound('assure.evidence.owner', 'Choose an owner among those of your organisation who work on the review.')
}

function keptAs(wanted: NewEvidence) {
  const none = { place: '', file_name: null, media_type: null, bytes: null, sha256: null }
  switch (wanted.kind) {
    case 'file': {
      const { name, bytes } = wanted.file
      if (bytes.length > LARGEST_FILE)
        throw new Invalid(
          'assure.evidence.too-large',
          `A file of at most ${LARGEST_FILE / 1_000_000} MB is kept here. Keep a larger one yourselves, and give its fingerprint.`,
        )
      const type = fileTypeOf(bytes)
      if (!type.ok) throw new Invalid(type.problems[0]?.rule ?? 'assure.evidence.kind', type.problems[0]?.message ?? 'This file is not taken.')
      const columns = { file_name: safeName(name, type.value), media_type: type.value.mediaType, bytes: bytes.length }
      return { columns: { ...none, ...columns, sha256: createHash('sha256').update(bytes).digest('hex') }, content: bytes }
    }
    case 'link':
      return { columns: { ...none, place: wanted.address }, content: null }
    case 'reference':
      if (wanted.place === '') throw new Invalid('assure.evidence.place', 'Say where the file lies with you, so that it is found again.')
      return { columns: { ...none, place: wanted.place, sha256: hashGiven(wanted.sha256) }, content: null }
  }
}

function hashGiven(text: string): string {
  const hash = text.replaceAll(/\s/g, '').toLowerCase()
  if (!SHA256.test(hash)) throw new Invalid('assure.evidence.sha256', 'Give the SHA-256 of the file: 64 digits and letters from a to f.')
  return hash
}
