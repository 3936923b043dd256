import { z } from 'zod'
import type { RecipientStatus } from '../../../../codecs/mail-report/delivery-status.ts'
import type { Instant } from '../../../../kernel/instant.ts'

/**
 * Bounces: what comes back. Nothing in a report counts unless it came to the signed address of one delivery (`envelope.ts`), and the same
 * report counts once.
 */
export type BounceKind =
  /** The address does not work (RFC 3463 class 5): the contact fails, and is to be put right. */
  | 'hard'
  /** The server gave up after trying (class 4): we try again later, and often enough the contact fails. */
  | 'soft'
  /** Refused for what we are or wrote (X.7.X, X.6.X, X.3.4): ours to mend, and no fault of the contact. */
  | 'policy'
  /** Not yet. */
  | 'delayed'
  | 'delivered'
  | 'complaint'

/** By the clock: reads the folder in which bounces arrive. */
export const READ_BOUNCES = { name: 'broadcast.read-bounces', payload: z.object({}) }

/** What a report says of one recipient; `null` when nothing follows from it: it went on to a list, or to a server that does not report. */
export function kindOf({ action, status }: Pick<RecipientStatus, 'action' | 'status'>): BounceKind | null {
  if (action === 'delayed') return 'delayed'
  if (action === 'delivered') return status.class === 2 ? 'delivered' : null
  if (action !== 'failed' || status.class === 2) return null
  if (status.class === 4) return 'soft'
  return status.subject === 7 || status.subject === 6 || (status.subject === 3 && status.detail === 4) ? 'policy' : 'hard'
}

const KINDS_BY_WEIGHT: readonly BounceKind[] = ['hard', 'policy', 'soft', 'delayed', 'delivered']

/** The recipient that decides, when a report names several: the message had one, and a list behind it may have had more. */
export function decisive(recipients: readonly RecipientStatus[]): { readonly kind: BounceKind; readonly recipient: RecipientStatus } | undefined {
  const judged = recipients.flatMap(recipient => {
    const kind = kindOf(recipient)
    return kind === null ? [] : [{ kind, recipient }]
  })
  return judged.toSorted((one, other) => KINDS_BY_WEIGHT.indexOf(one.kind) - KINDS_BY_WEIGHT.indexOf(other.kind))[0]
}

const HALF_LIFE_DAYS = 14
const SOFT_LIMIT = 2.5
const DAY_MILLIS = 86_400_000

/** From when on soft bounces are looked at. */
export const SOFT_DAYS = 90

/** Whether a contact fails for soft bounces: three within days, or more over weeks. Each counts half after a fortnight. */
export function failsSoftly(bouncedAt: readonly Instant[], now: Instant): boolean {
  return bouncedAt.reduce((sum, at) => sum + 0.5 ** ((now.getTime() - at.getTime()) / DAY_MILLIS / HALF_LIFE_DAYS), 0) >= SOFT_LIMIT
}

/** What a report led to: one of the kinds, or why nothing followed. */
export type Received =
  | BounceKind
  /** Counted before. */
  | 'known'
  /** An automatic answer, a letter, or a report that says nothing. */
  | 'ignored'
  /** It came to no address that we made, or was built to be hard to read. */
  | 'refused'
