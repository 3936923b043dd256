import type { Id } from '../../../../kernel/id.ts'
import type { Instant } from '../../../../kernel/instant.ts'

/**
 * Repairs: what somebody must put right so that an organisation can be reached. One is opened when messages come back, and when a reader stops
 * them; so nobody's leaving leaves an organisation without a contact in silence. It is shown to the organisation, its partner and its region.
 */
export const REPAIR_REASONS = {
  failed: { label: 'Messages do not arrive', todo: 'Correct the address, or name another contact.' },
  unsubscribed: { label: 'They stopped our bulletins', todo: 'Name another contact, so that bulletins still reach somebody.' },
  complained: { label: 'They reported a bulletin as unwanted', todo: 'Name another contact, so that bulletins still reach somebody.' },
} as const

export type RepairReason = keyof typeof REPAIR_REASONS

/** Where the list of them is. */
export const REPAIRS_PATH = '/contact-repairs'

/** How one ended: the address was changed, the contact ended, was proved or came back, another was named, or somebody says that it is done. */
export type RepairOutcome = 'changed' | 'ended' | 'proved' | 'another' | 'done' | 'undone'

/** One open repair. */
export interface Repair {
  readonly id: Id<'repair'>
  readonly reason: RepairReason
  /** The mail server's words. */
  readonly words: string | null
  readonly openedAt: Instant
  readonly contactId: Id<'contact'>
  readonly contactName: string
  readonly organisationCode: string
  readonly organisationName: string
  /** How many contacts there can still be mailed. */
  readonly reachable: number
}

export function isRepairReason(text: string): text is RepairReason {
  return text in REPAIR_REASONS
}
