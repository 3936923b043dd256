import type { ColumnType, Generated } from 'kysely'
import type { DirectoryVisible } from '../../domains/directory/contract.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Tlp } from '../../kernel/tlp.ts'

/** The number given out last. One row: whoever takes numbers holds it until the commit. */
export interface ClockTable {
  is_only: Generated<boolean>
  last: number
}

export interface CollectionTable {
  /** A UUID. */
  id: string
  alias: string
  kind: 'bulletins' | 'sightings'
  tlp: Tlp
  /** The sharing group whose alone it is. */
  group_id: string | null
  group_name: string | null
  position: number
}

/** Rows that were added together, under numbers that follow one another. */
export interface BatchTable {
  first: number
  last: number
  collection_id: string
  /** Whose readers may read it. */
  bulletin_id: string | null
  /** Whose own it is: what an organisation wrote. */
  organisation_id: string | null
  /** For whoever has an account. */
  is_for_all: boolean
  types: readonly string[]
}

/** One version of an object in a collection, as it goes over the wire. */
export interface ObjectTable {
  /** The microsecond since 1970 at which it was added: no two rows have the same. */
  added: number
  collection_id: string
  bulletin_id: string | null
  organisation_id: string | null
  is_for_all: boolean
  object_id: string
  type: string
  /** Its `modified`; its `created` where it has no versions; when it was added where it has neither. */
  version: ColumnType<Instant, Instant | string, Instant>
  is_first: boolean
  is_last: boolean
  body: string
}

/** Where a bulletin stands, as of which change. */
export interface RenderingTable {
  bulletin_id: string
  collection_id: string | null
  /** Grows when what was taken back is said anew: what is revoked in STIX stays so, so its objects get other ids. */
  generation: number
  changed_at: Instant
}

/** One object of a request that wrote. */
export interface WrittenObject {
  readonly id: string
  readonly version: string
  readonly message?: string
}

/** What became of a request that wrote (TAXII 2.1 §4.3). */
export interface StatusTable {
  /** A UUID. */
  id: string
  organisation_id: string
  by_id: string
  at: Instant
  successes: ColumnType<readonly WrittenObject[], string, string>
  failures: ColumnType<readonly WrittenObject[], string, string>
}

/** What the queries of the TAXII server may name. */
export type Visible = DirectoryVisible & {
  interop_taxii_clock: ClockTable
  interop_taxii_collection: CollectionTable
  interop_taxii_batch: BatchTable
  interop_taxii_object: ObjectTable
  interop_taxii_rendering: RenderingTable
  interop_taxii_status: StatusTable
}
