import type { Instant } from '../../../kernel/instant.ts'
import type { IndicatorType } from '../../../kernel/intelligence.ts'

/** An organisation whose sightings the centre takes from a machine. */
export interface SightingWriterTable {
  organisation_id: string
  since: Instant
  by_id: string
  reason: string
}

/** What an organisation says that it has seen: an indicator, or a threat. */
export interface SightingTable {
  id: string
  organisation_id: string
  /** The id that the organisation's own tool gave it. */
  stix_id: string
  /** When that tool changed it last. */
  modified: Instant
  threat_id: string | null
  indicator_type: IndicatorType | null
  /** In its plain form, never defanged. */
  indicator_value: string | null
  count: number
  first_seen: Instant | null
  last_seen: Instant | null
  at: Instant
  by_id: string
}
