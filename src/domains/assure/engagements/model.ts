import { z } from 'zod'
import type { Id } from '../../../kernel/id.ts'
import { londonDate, type Instant } from '../../../kernel/instant.ts'

/**
 * Who assesses: asked in by the organisation, by name, for a purpose, until a day.
 *
 * 1. One assesses at a time, and one moderates. Neither belongs to the organisation.
 * 2. Before independence and conflicts are declared, an assessor sees that they were asked, by whom, for what and until when; nothing else.
 * 3. The organisation ends it at any time, with a reason; it lapses by its day. From then on the assessor reads nothing.
 * 4. Who takes over begins anew: what another recorded and did not hand over is put by. After the hand-over only the same assessor is asked in again.
 */
export const ENGAGEMENT_KINDS = {
  independent: { label: 'An assessor of the cyber centre', does: 'answers every outcome and hands over an independent view' },
  peer: { label: 'A peer: the cyber lead of another organisation', does: 'answers every outcome and hands over an independent view' },
  second: { label: 'A second assessor, for moderation', does: 'answers a sample of the outcomes, without seeing what the first said of them' },
} as const

export type EngagementKind = keyof typeof ENGAGEMENT_KINDS

export const ENGAGEMENT_STATES = {
  asked: { label: 'Asked', colour: 'yellow' },
  declared: { label: 'At work', colour: 'blue' },
  'handed-over': { label: 'Handed over', colour: 'green' },
  ended: { label: 'Ended', colour: 'grey' },
  lapsed: { label: 'Lapsed', colour: 'grey' },
} as const

export type EngagementState = keyof typeof ENGAGEMENT_STATES

export interface Engagement {
  readonly id: Id<'engagement'>
  readonly assessmentId: Id<'assessment'>
  readonly organisationId: string
  readonly organisationName: string
  readonly organisationCode: string
  readonly assessorId: string
  readonly assessorName: string
  readonly assessorBody: string
  readonly kind: EngagementKind
  readonly sample: number | null
  readonly purpose: string
  readonly until: Instant
  readonly independence: string | null
  readonly conflicts: string | null
  readonly declaredAt: Instant | null
  readonly askedAt: Instant
  readonly askedByName: string
  readonly submittedAt: Instant | null
  readonly endedAt: Instant | null
  readonly endReason: string | null
}

export function engagementState(
  { endedAt, until, submittedAt, declaredAt }: Pick<Engagement, 'endedAt' | 'until' | 'submittedAt' | 'declaredAt'>,
  now: Instant,
): EngagementState {
  if (endedAt !== null) return 'ended'
  if (until <= now) return 'lapsed'
  if (declaredAt === null) return 'asked'
  return submittedAt === null ? 'declared' : 'handed-over'
}

/** Whether the assessor may work or read on. */
export function isLive(engagement: Pick<Engagement, 'endedAt' | 'until'>, now: Instant): boolean {
  return engagement.endedAt === null && engagement.until > now
}

/** Its state in its words and its colour. */
export function tagOf(engagement: Engagement, now: Instant) {
  const { label, colour } = ENGAGEMENT_STATES[engagementState(engagement, now)]
  return { text: label, colour }
}

/** All of it, as pairs of what and which. */
export function rowsOf(engagement: Engagement) {
  const { kind, assessorBody, purpose, until, askedByName, askedAt, independence, conflicts, sample, submittedAt, endedAt, endReason } = engagement
  return [
    { key: 'As', value: ENGAGEMENT_KINDS[kind].label },
    { key: 'Of', value: assessorBody },
    ...(sample === null ? [] : [{ key: 'Outcomes', value: sample }]),
    { key: 'For', value: purpose },
    { key: 'Until', value: { date: until } },
    { key: 'Asked by', value: { text: `${askedByName}, ${londonDate(askedAt)}` } },
    { key: 'Independence', value: independence ?? 'Not declared yet' },
    { key: 'Conflicts', value: conflicts ?? 'Not declared yet' },
    ...(submittedAt === null ? [] : [{ key: 'Handed over', value: { at: submittedAt } }]),
    ...(endedAt === null ? [] : [{ key: 'Ended', value: { at: endedAt, hint: endReason ?? undefined } }]),
  ]
}

/** For how long somebody may be asked in at most. */
export const LONGEST_DAYS = 366
export const LONGEST_WORDS = 2_000
export const MOST_SAMPLE = 200

/** Tells somebody that they were asked in. It holds no detail: the mail says to sign in. */
export const TELL_ASSESSOR = {
  name: 'assure.tell-assessor',
  payload: z.object({ engagementId: z.string() }),
}
