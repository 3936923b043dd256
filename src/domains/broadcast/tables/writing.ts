import type { Generated } from 'kysely'
import type { Instant } from '../../../kernel/instant.ts'

/** The version of a released bulletin that is worked on beside the one that readers see. */
export interface RevisionTable {
  bulletin_id: string
  /** The newest that was saved of it. */
  version: number
  state: string
  approved_version: number | null
  started_by: string
  started_at: Instant
  updated_at: Instant
}

/** The fixed words of a holding statement, with `{what}`, `{who}` and `{do}` where the duty officer's stand. A version is never changed. */
export interface HoldingTemplateTable {
  code: string
  version: number
  name: string
  title: string
  what: string
  to_do: string
  /** From when on it may be used, given by its approval; `null` before. */
  effective_from: string | null
  /** The first day on which it may not be used any more. */
  effective_to: string | null
  saved_by: string
  saved_at: Instant
  approved_by: string | null
  approved_at: Instant | null
}

export interface HoldingTable {
  bulletin_id: string
  template_code: string
  template_version: number
  /** Made with the form, so that a second press makes no second bulletin. */
  request: string
}

/** A version that went out by the decision of one person, and its review after. */
export interface AloneTable {
  id: Generated<number>
  bulletin_id: string
  version: number
  kind: 'holding' | 'emergency'
  reason: string
  by_id: string
  at: Instant
  reviewed_by: string | null
  reviewed_at: Instant | null
  findings: string | null
}

export interface WritingTables {
  broadcast_revision: RevisionTable
  broadcast_holding_template: HoldingTemplateTable
  broadcast_holding: HoldingTable
  broadcast_alone: AloneTable
}
