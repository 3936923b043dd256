import { Forbidden } from '../../../kernel/errors.ts'
import type { Instant } from '../../../kernel/instant.ts'
import type { Json } from '../../../kernel/json.ts'
import type { Assessment } from '../assessments/model.ts'
import type { Engagement } from '../engagements/model.ts'
import type { Framework } from '../frameworks/model.ts'
import type { Finding, PlacedOutcome } from '../independent/model.ts'
import type { Risk } from '../overall-risk.ts'

/**
 * What organisation and assessor agree, and sign.
 *
 * 1. Where both say the same, that is agreed unless one of them says otherwise. Where they do not, it is decided one by one, with who and why.
 * 2. What is signed is the exact content: canonical JSON, by its SHA-256, which whoever signs has seen and sends along.
 * 3. Both sides sign the same content, or nothing is agreed. The content is made from the rows each time it is read: any change voids what was signed, whoever
 *    made it and however, and the page says so.
 * 4. Signatures, and the content that was signed, are only ever added.
 */
export type Side = 'organisation' | 'assessor'

/** One outcome in all three views. */
export interface AgreedLine {
  readonly outcome: PlacedOutcome
  readonly self: string
  readonly independent: string
  readonly difference: string
  readonly evidenceGrade: string | null
  /** The words that a report prints of it: of the agreement, or else of the assessor, or else of the organisation. */
  readonly words: string
  /** What was decided; `null` where nobody has. */
  readonly decided: {
    readonly status: string
    readonly text: string
    readonly why: string
    readonly byName: string
    readonly at: Instant
    readonly revision: number
  } | null
  /** What is agreed: decided, or what both say. `null` while it is open. */
  readonly status: string | null
}

export interface Signature {
  readonly hash: string
  readonly side: Side
  readonly name: string
  readonly body: string
  readonly at: Instant
}

export interface AgreedChange {
  readonly outcomeCode: string
  readonly byName: string
  readonly at: Instant
}

export interface AgreedReview {
  readonly assessment: Assessment
  readonly organisation: { readonly code: string; readonly name: string }
  readonly framework: Framework
  /** Who handed over; the newest engagement. */
  readonly engagement: Engagement
  readonly lines: readonly AgreedLine[]
  readonly findings: readonly Finding[]
  /** The overall risk of what is agreed; what is still open counts as the assessor sees it. */
  readonly risk: Risk | null
  readonly narrative: string
  /** What the assessor says of how true the self-assessment is. */
  readonly veracityWords: string
  readonly signatures: readonly Signature[]
  readonly changes: readonly AgreedChange[]
  /** The content as it stands, and its hash. */
  readonly text: string
  readonly hash: string
}

/** What is signed, member by member: nothing else is. The page lists the same. */
export function contentOf({
  assessment,
  organisation,
  framework,
  engagement,
  lines,
  findings,
  risk,
  narrative,
  veracityWords,
}: Omit<AgreedReview, 'text' | 'hash' | 'signatures' | 'changes'>): Json {
  return {
    kind: 'carecert.assure.agreement',
    form: 1,
    assessment: assessment.id,
    organisation: organisation.code,
    framework: { code: framework.code, version: framework.version },
    profile: assessment.profileId,
    period: assessment.period,
    subject: assessment.subject,
    assessor: { name: engagement.assessorName, body: engagement.assessorBody },
    outcomes: lines.map(({ outcome, status, decided, self, independent, difference, evidenceGrade, words }) => ({
      code: outcome.code,
      asked: outcome.required,
      status,
      self,
      independent,
      difference,
      evidence: evidenceGrade,
      text: words,
      why: decided?.why ?? '',
    })),
    // By their ids, for no database orders them otherwise than another.
    findings: findings
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ outcomeCode, kind, what, detail, advice }) => ({ outcome: outcomeCode, kind, what, detail, advice })),
    risk: { level: risk?.level.code ?? null, narrative },
    veracity: veracityWords,
  }
}

export const SIGNED_PARTS = [
  'the organisation, the framework and its version, the profile, the year and the subject',
  'of each outcome what is asked, what the organisation said, what the assessor said and why it differs, on which evidence, what is agreed, its words and the reason',
  'each finding and each strength, word for word',
  'the overall risk of what is agreed, its narrative, and how true the self-assessment is in the assessor’s words',
  'the name of the assessor',
] as const

/** How an agreement stands. `changed`: somebody signed, and the content is not what they signed. `void`: both had. */
export type Standing = 'open' | 'unsigned' | 'half' | 'signed' | 'changed' | 'void'

export function standingOf({ lines, signatures, hash }: Pick<AgreedReview, 'lines' | 'signatures' | 'hash'>): Standing {
  const sides = (of: string) => new Set(signatures.filter(signature => signature.hash === of).map(({ side }) => side))
  if (sides(hash).size === 2) return 'signed'
  const others = [...new Set(signatures.map(signature => signature.hash))].filter(one => one !== hash)
  if (others.some(one => sides(one).size === 2)) return 'void'
  if (others.length > 0 && sides(hash).size === 0) return 'changed'
  if (lines.some(({ status }) => status === null)) return 'open'
  return sides(hash).size === 1 ? 'half' : 'unsigned'
}

/** What a report says on every page while it is not signed as it stands; `null` when it is. */
export function warningOf(standing: Standing): string | null {
  return standing === 'signed' ? null : WARNINGS[standing]
}

const WARNINGS: Readonly<Record<Exclude<Standing, 'signed'>, string>> = {
  open: 'Not agreed: some outcomes are still to be decided, and nobody has signed.',
  unsigned: 'Not signed: neither side has signed this.',
  half: 'Not signed by both: one side has signed this.',
  changed: 'Changed since one side signed. Their signature is for an earlier content, and does not hold for this.',
  void: 'Void: this was changed after both had signed. It is agreed again once both sign what it says now.',
}

/** For which side somebody speaks. Throws `Forbidden` for whoever may read it and speaks for neither. */
export function sideOf(
  actor: { readonly id: string; readonly organisationId: string | null },
  { assessment, engagement }: Pick<AgreedReview, 'assessment' | 'engagement'>,
): Side {
  if (actor.organisationId === assessment.organisationId) return 'organisation'
  if (actor.id === engagement.assessorId) return 'assessor'
  throw new Forbidden('assure.agreement.side', 'Only the organisation and its assessor agree this.')
}

export const LONGEST_TEXT = 4_000
