import { addDays, londonDate, type Instant, type LocalDate } from '../../../kernel/instant.ts'

/** How a piece of evidence is kept: here, elsewhere at an address, or with the organisation, of which only the hash is known here. */
export const EVIDENCE_KINDS = {
  file: { label: 'A file kept here', short: 'File' },
  link: { label: 'A link to where it is', short: 'Link' },
  reference: { label: 'A reference: the file stays with us, and only its fingerprint is kept here', short: 'Stays with us' },
} as const

export type EvidenceKind = keyof typeof EVIDENCE_KINDS

/** How a piece stands today. `expiring`: within `EXPIRES_SOON_DAYS`. */
export const EVIDENCE_STATES = ['current', 'expiring', 'expired', 'replaced', 'withdrawn'] as const
export type EvidenceState = (typeof EVIDENCE_STATES)[number]

export const LARGEST_FILE = 10_000_000
export const SHA256 = /^[0-9a-f]{64}$/

/** How long before its day a piece of evidence counts as expiring, and its owner is reminded. */
const EXPIRES_SOON_DAYS = 30

/** The last day that counts as soon. */
export function expiringBy(now: Instant): LocalDate {
  return londonDate(addDays(now, EXPIRES_SOON_DAYS))
}

/** How a piece stands on that day. What was withdrawn or replaced is so whatever its dates. It holds through the day on which it expires. */
export function evidenceState(
  piece: { readonly expiresOn: LocalDate | null; readonly isReplaced: boolean; readonly withdrawnAt: Instant | null },
  now: Instant,
): EvidenceState {
  if (piece.withdrawnAt !== null) return 'withdrawn'
  if (piece.isReplaced) return 'replaced'
  if (piece.expiresOn === null) return 'current'
  if (piece.expiresOn < londonDate(now)) return 'expired'
  return piece.expiresOn <= expiringBy(now) ? 'expiring' : 'current'
}
