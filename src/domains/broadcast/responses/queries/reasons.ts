import { londonDate, type Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { Reason } from '../model.ts'

/** The reasons for not acting that the policy knows on that day, in its order: of each code the newest row that has begun, unless it has ended. */
export async function reasonsOn(db: Reader<Visible>, now: Instant): Promise<readonly Reason[]> {
  const today = londonDate(now)
  const rows = await db
    .selectFrom('broadcast_reason')
    .where('effective_from', '<=', today)
    .distinctOn('code')
    .orderBy('code')
    .orderBy('effective_from', 'desc')
    .select(['code', 'ended_on', 'label', 'says', 'needs_words', 'review_days', 'position'])
    .execute()
  return rows
    .filter(({ ended_on: endedOn }) => endedOn === null || endedOn > today)
    .toSorted((a, b) => a.position - b.position)
    .map(row => ({ code: row.code, label: row.label, says: row.says, needsWords: row.needs_words, reviewDays: row.review_days }))
}

/** The names of all reasons that there ever were, by code: an old answer keeps its words. */
export async function reasonLabels(db: Reader<Visible>): Promise<ReadonlyMap<string, string>> {
  const rows = await db.selectFrom('broadcast_reason').orderBy('effective_from').select(['code', 'label']).execute()
  return new Map(rows.map(({ code, label }) => [code, label]))
}

/** Whose signature the policy asks for. */
export interface AskedSigner {
  readonly signer: string
  readonly title: string
}

/** Who is asked to sign a decision not to act, by that day's policy: by severity and type of organisation, and by the reason where a row names one. */
export async function signersAsked(
  db: Reader<Visible>,
  decision: { readonly severity: string; readonly organisationType: string; readonly reasonCode: string | null },
  now: Instant,
): Promise<readonly AskedSigner[]> {
  const today = londonDate(now)
  return db
    .selectFrom('broadcast_signature_policy')
    .where('severity', '=', decision.severity)
    .where('organisation_type', '=', decision.organisationType)
    .where(eb => eb.or([eb('reason_code', 'is', null), eb('reason_code', '=', decision.reasonCode)]))
    .where('effective_from', '<=', today)
    .where(eb => eb.or([eb('ended_on', 'is', null), eb('ended_on', '>', today)]))
    .distinctOn('signer')
    .orderBy('signer', 'desc')
    .orderBy('effective_from', 'desc')
    .select(['signer', 'title'])
    .execute()
}
