import { z } from 'zod'
import type { Instant } from '../../../kernel/instant.ts'
import type { PageRequest } from '../../../kernel/page.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import type { BulletinContent } from '../bulletins/model.ts'

/** A released bulletin as the outside may read it: the released version, its history, what became of it. */
export interface PublishedBulletin {
  readonly id: string
  readonly number: number
  readonly tlp: Tlp
  readonly isExercise: boolean
  readonly state: 'live' | 'withdrawn' | 'superseded'
  /** Of the withdrawal or the replacement. */
  readonly reason: string | null
  /** The number of the bulletin that replaced it; `null` also where who reads this one may not know of that one. */
  readonly supersededBy: number | null
  /** The internal id of the same. */
  readonly successorId: string | null
  /** The version that readers see, with the newest severity. */
  readonly content: BulletinContent
  readonly version: number
  /** A holding statement: the full version has not followed yet. */
  readonly isHolding: boolean
  readonly threatId: string | null
  /** Of the first release. */
  readonly releasedAt: Instant
  /** Of the newest change that readers see. */
  readonly changedAt: Instant
  readonly respondBy: Instant | null
  /** Oldest first; the first is the release. What was said under a narrower label than today's is named without its words. */
  readonly history: readonly PublishedChange[]
  /** The group that it stays within; `id` is a UUID. `null` for a bulletin of no group. */
  readonly sharingGroup: { readonly id: string; readonly name: string } | null
}

export interface PublishedChange {
  readonly at: Instant
  readonly summary: string
  readonly isMaterial: boolean
}

/** Which published bulletins are asked for. Whatever is asked, row-level security gives what the reader may see. */
export interface PublishedAsked extends PageRequest {
  /** All labels when absent. */
  readonly labels?: readonly Tlp[]
  /** Exercises too. They are left out when absent. */
  readonly withExercises?: boolean
  /** Only what has changed after that time. */
  readonly changedAfter?: Instant | null
}

/**
 * Announced, in the same unit of work, whenever what readers of a released bulletin see has changed: its release, an update, a severity, its
 * withdrawal, its replacement, its sharing group. What follows stands in `src/app/reactions.ts`. Each change announces itself: of two at once,
 * none may be taken for the other.
 */
export const bulletinPublished = { name: 'broadcast.bulletin-published', payload: z.strictObject({ bulletinId: z.string() }) }
