import type { ColumnType } from 'kysely'
import type { CsafVersion } from '../../codecs/csaf-writing/advisory.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Tlp } from '../../kernel/tlp.ts'

/** The document of a bulletin in one version of CSAF. */
export interface DocumentTable {
  bulletin_id: string
  csaf: CsafVersion
  tracking_id: string
  /** The bulletin's own label. */
  tlp: Tlp
  /** TLP:CLEAR, and for everybody. Else row-level security shows it to those who may read its bulletin. */
  is_public: boolean
  /** Named for the label as that version writes it: `white`, `amber+strict`. */
  folder: string
  /** In the folder: `2026/cc-5001.json`. */
  path: string
  title: string
  summary: string
  terms: ColumnType<readonly string[], string, string>
  body: string
  sha256: string
  sha512: string
  /** OpenPGP, armoured and detached. */
  signature: string | null
  /** The fingerprint of its key, in upper case. */
  signed_by: string | null
  /** Until when that key holds; `null` for one without an end. */
  signed_until: Instant | null
  /** Of the first release. */
  published_at: Instant
  /** `current_release_date`. */
  updated_at: Instant
  /** The change of the bulletin that it was written after. */
  changed_at: Instant
  /** When it was written or signed last: what dates the lists that name it. */
  written_at: Instant
}

/** A time at which the documents of a bulletin were issued anew though the bulletin had not changed: from another address, or under another name. */
export interface ReissueTable {
  bulletin_id: string
  at: Instant
}

/** A public file that lists documents. */
export interface FileTable {
  /** From the root of the site, without a slash before it. */
  path: string
  content_type: string
  body: string
  /** SHA-256, in hexadecimal. */
  hash: string
  at: Instant
}

export interface StateTable {
  is_only: ColumnType<boolean, never, never>
  /** When files were first written: what dates a list without documents. */
  since: Instant | null
}

/** What the queries of the CSAF provider may name. */
export type Visible = {
  interop_csaf_document: DocumentTable
  interop_csaf_file: FileTable
  interop_csaf_reissue: ReissueTable
  interop_csaf_state: StateTable
}
