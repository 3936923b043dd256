import type { Instant, LocalDate } from '../../../kernel/instant.ts'
import type { Id } from '../../../kernel/id.ts'

/**
 * An organisation's code in the Organisation Data Service: never reused, never changed, so it is the key by which an extract
 * finds what we know, whatever the organisation is called by then.
 */
export const ORGANISATION_CODE = /^[A-Z0-9][A-Z0-9-]{1,11}$/

export interface OrganisationSummary {
  readonly id: Id<'organisation'>
  readonly code: string
  readonly name: string
  readonly type: string
  readonly country: string
  readonly regionCode: string | null
  readonly boardCode: string | null
  readonly postcode: string | null
  readonly status: 'open' | 'closed'
}

/** A type of organisation. Types are rows, so that the sector can name its own. */
export interface OrganisationType {
  readonly code: string
  readonly name: string
  readonly plural: string
}

/** A region or board, for a choice. `name` is its code when nobody told us the name. */
export interface Area {
  readonly code: string
  readonly name: string
}

/**
 * One organisation as a file tells of it. A fact that this kind of file does not carry at all is absent (`undefined`) and is
 * left as we know it; a fact that it carries and leaves blank is `null`.
 */
export interface OrganisationRow {
  readonly line: number
  readonly code: string
  readonly name: string
  readonly type: string
  readonly country?: string | undefined
  readonly regionCode?: string | null | undefined
  readonly boardCode?: string | null | undefined
  readonly parentCode?: string | null | undefined
  /** The lines of the address, without blank ones. */
  readonly address?: readonly string[] | undefined
  readonly postcode?: string | null | undefined
  readonly phone?: string | null | undefined
  readonly openedOn?: LocalDate | null | undefined
  readonly closedOn?: LocalDate | null | undefined
}

/** What importing a list did. `read` is the sum of the others. */
export interface ImportCounts {
  readonly read: number
  readonly added: number
  readonly changed: number
  readonly closed: number
  readonly unchanged: number
  readonly refused: number
}

export const NOTHING_IMPORTED: ImportCounts = { read: 0, added: 0, changed: 0, closed: 0, unchanged: 0, refused: 0 }

export function addCounts(one: ImportCounts, other: ImportCounts): ImportCounts {
  return {
    read: one.read + other.read,
    added: one.added + other.added,
    changed: one.changed + other.changed,
    closed: one.closed + other.closed,
    unchanged: one.unchanged + other.unchanged,
    refused: one.refused + other.refused,
  }
}

/** One line of an organisation's history. */
export interface OrganisationChange {
  readonly at: Instant
  readonly kind: 'added' | 'renamed' | 'moved' | 'closed' | 'reopened' | 'corrected'
  readonly field: string
  readonly before: string | null
  readonly after: string | null
  readonly source: string
}
