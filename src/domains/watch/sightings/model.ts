import type { Instant } from '../../../kernel/instant.ts'
import type { IndicatorType } from '../../../kernel/intelligence.ts'

/** A sighting as an organisation's tool tells it. */
export interface Sighting {
  readonly stixId: string
  readonly modified: Instant
  /** The threat that what was seen belongs to, where one is known. */
  readonly threatId: string | null
  readonly indicator: { readonly type: IndicatorType; readonly value: string } | null
  /** How often it was seen; 0 says that it was looked for and not met. */
  readonly count: number
  readonly firstSeen: Instant | null
  readonly lastSeen: Instant | null
}
