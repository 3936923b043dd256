import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { Instant, LocalDate } from '../../kernel/instant.ts'
import type { IndicatorType } from '../../kernel/intelligence.ts'
import type { Json as JsonValue } from '../../kernel/json.ts'
import type { Severity } from '../../kernel/severity.ts'
import type { Tlp } from '../../kernel/tlp.ts'
import type { Json } from '../../platform/db/json.ts'
import type { DirectoryVisible } from '../directory/contract.ts'
import type { StoredItem } from './gathering/model.ts'
import type { NotificationNoteTable, NotificationSenderTable, NotificationTable } from './notifications/tables.ts'
import type { SightingTable, SightingWriterTable } from './sightings/tables.ts'
import type { ThreatState, TypeReach } from './threats/model.ts'

export interface SourceTable {
  id: string
  code: string
  name: string
  /** The format that is expected; what is gathered is recognised by content. */
  format: string
  url: string | null
  enabled: Generated<boolean>
  created_at: Instant
  /** Where its loader stands (sources/loader.ts). */
  cursor: ColumnType<JsonValue, string | null | undefined, string | null>
  /** What a person chose for it; its loader knows the members. */
  settings: ColumnType<Readonly<Record<string, JsonValue>>, string | undefined, string>
  every_minutes: Generated<number>
  /** When the clock asks it next; `null` for at once. */
  next_at: ColumnType<Instant | null, Instant | null | undefined, Instant | null>
  /** In a row, since the last success. */
  failures: Generated<number>
  /** What the last run had to say about the source as a whole. */
  remarks: ColumnType<readonly string[], string | undefined, string>
  /** Whether its items open threats. Those of a source that only enriches wait for a threat about their CVEs. */
  opens_threats: Generated<boolean>
}

export interface GatheringTable {
  id: string
  source_id: string
  at: Instant
  /** The file or address that it came from. */
  address: string
  /** What it was, such as "CISA KEV catalogue 2025.01.24". `null` when it could not be recognised. */
  label: string | null
  /** When the source made it, if it says: an older one must not undo a newer one. */
  released_at: Instant | null
  bytes_hash: string | null
  bytes: number | null
  outcome: 'taken' | 'unchanged' | 'failed'
  added: Generated<number>
  changed: Generated<number>
  withdrawn: Generated<number>
  unchanged: Generated<number>
  quarantined: Generated<number>
  failure: string | null
}

export interface ItemTable {
  id: string
  source_id: string
  external_id: string
  title: string
  summary: string
  url: string | null
  published_at: Instant | null
  changed_at: Instant | null
  /** The item as its codec read it; instants are ISO texts here (gathering/model.ts). */
  content: Json<StoredItem>
  content_hash: string
  /** SHA-256 of the bytes that it came in. */
  bytes_hash: string
  gathering_id: string
  first_gathered_at: Instant
  /** When its content was last taken in; gathering it again unchanged leaves this alone. */
  last_gathered_at: Instant
  withdrawn_at: Instant | null
}

export interface ItemChangeTable {
  id: Generated<number>
  item_id: string
  gathering_id: string
  at: Instant
  kind: 'added' | 'changed' | 'withdrawn' | 'returned'
  /** The names of the fields that changed. */
  fields: Json<string[]>
  content_hash: string
}

export interface QuarantineTable {
  id: string
  source_id: string
  gathering_id: string
  position: string
  external_id: string | null
  reason: string
  excerpt: string
  at: Instant
  resolved_at: Instant | null
}

export interface ThreatTable {
  id: string
  title: string
  summary: string
  state: ThreatState
  cves: string[]
  /** When the newest of its items was published. */
  published_at: Instant | null
  kev_since: string | null
  kev_due: string | null
  ransomware: boolean | null
  cvss_tenths: number | null
  severity: Severity | null
  /** Whether an organisation has reported that care is affected. */
  care_affected: Generated<boolean>
  /** Sorts the queue: lower is more pressing. */
  priority: number
  priority_word: string
  /** The sentence that says which rule decided. */
  reason: string
  /** How many organisations run an affected product; kept by a job. */
  runs: Generated<number>
  /** How many more may run it. */
  may_run: Generated<number>
  /** The two by type of organisation, in the order of types. */
  reach: ColumnType<readonly TypeReach[], string | undefined, string>
  /** What the search box looks in, lower case. */
  search: string
  /** The narrowest label of its items. */
  tlp: Generated<Tlp>
  /** Who took it up: a person's id, or `operator`. */
  holder_id: string | null
  /** The day on which a watched threat is looked at again; only of those. */
  look_again_on: ColumnType<LocalDate | null, LocalDate | null | undefined, LocalDate | null>
  created_at: Instant
  updated_at: Instant
  /** When the last of its items was withdrawn by its source. */
  withdrawn_at: Instant | null
  /** The most pressing decision of CISA's coordinator about one of its CVEs. `null` when none is known. */
  exploitation: 'none' | 'poc' | 'active' | null
  automatable: boolean | null
  technical_impact: 'partial' | 'total' | null
  /** The highest EPSS score of its CVEs. */
  epss_millionths: number | null
  /** How many of the EPSS steps it has reached, ever (enrichment/model.ts). */
  epss_step: Generated<number>
  /** Whether an analyst says that patients may come to harm by it. */
  clinical_safety: Generated<boolean>
  /** The threat into which a person merged it: it has no items then, and leads there. */
  merged_into: string | null
}

/** What ties items to one another (threats/grouping/traits.ts). */
export interface ItemKeyTable {
  item_id: string
  key: string
  /** Whether it names the item itself; else the item refers to what it names. */
  is_identity: boolean
}

/** An item that a person moved, with why it belonged where it was. */
export interface RegroupedItem {
  readonly id: string
  readonly why: string
}

/** What a person merged or split. */
export interface ThreatRegroupingTable {
  id: string
  kind: 'merged' | 'split'
  at: Instant
  actor_id: string
  reason: string
  from_threat_id: string
  to_threat_id: string
  items: Json<RegroupedItem[]>
  undone_at: Instant | null
  undone_by: string | null
  undone_reason: string | null
}

export interface ThreatItemTable {
  threat_id: string
  item_id: string
  why: string
}

export interface ThreatProductTable {
  threat_id: string
  maker: string
  product: string
  maker_key: string
  product_key: string
  /** Which versions its sources say are affected, in their words. Empty when they do not say. */
  versions: ColumnType<readonly string[], string, string>
  /** CPE names and package URLs without versions. */
  identifiers: readonly string[]
  /** What its matches are kept under (threats/matching/affected.ts). */
  match_key: string
}

/** A name that people write for a maker. */
export interface MakerAliasTable {
  id: Generated<number>
  alias: string
  maker: string
  /** Why the one stands for the other. */
  why: string
  source: 'shipped' | 'analyst'
  added_by: string
  added_at: Instant
  ended_by: string | null
  ended_at: Instant | null
  ended_reason: string | null
  search_key: GeneratedAlways<string>
}

/** What an analyst said of a product of a threat and one that organisations run: that they are one, or that they are not. */
export interface ProductVerdictTable {
  id: Generated<number>
  maker: string
  product: string
  maker_key: string
  product_key: string
  product_id: number
  is_same: boolean
  reason: string
  said_by: string
  said_at: Instant
  undone_by: string | null
  undone_at: Instant | null
  undone_reason: string | null
}

/** The names and rules under which the matches were worked out. One row. */
export interface MatchingTable {
  is_only: Generated<boolean>
  rules: string
}

/** A product that organisations run, as the matching finds it. */
export interface KnownProductTable {
  product_id: number
  identifiers: readonly string[]
  keys: readonly string[]
}

/** A product that threats are about, as the matching looks for it. */
export interface AffectedNameTable {
  id: Generated<number>
  match_key: string
  maker: string
  product: string
  identifiers: readonly string[]
  has_versions: boolean
  keys: readonly string[]
}

/** Two names that are, or may be, one. */
export interface NameMatchTable {
  name_id: number
  product_id: number
  outcome: 'runs' | 'may-run'
  why: string
  /** The version that stands in the organisation's name for it. */
  version: string | null
}

/** What a threat means for those who run a product. */
export interface MatchTable {
  threat_id: string
  product_id: number
  /** As organisations tell it, empty for those that tell none; `null` for whatever version. */
  version: string | null
  outcome: 'runs' | 'may-run' | 'does-not'
  why: string
}

export interface MatchedThreatTable {
  threat_id: string
  fingerprint: string
}

export interface ThreatNoteTable {
  id: Generated<number>
  threat_id: string
  at: Instant
  actor_id: string
  action: string
  note: string | null
  /** To whom it was given. */
  person_id: ColumnType<string | null, string | null | undefined, string | null>
}

/** An indicator of compromise as an item names it (threats/indicators). */
export interface IndicatorTable {
  item_id: string
  type: IndicatorType
  /** In its plain form, never defanged. */
  value: string
  /** The narrower of its own label and its item's. */
  tlp: Tlp
  first_seen: Instant | null
  last_seen: Instant | null
  valid_until: Instant | null
  note: string | null
}

/** A filter of the list of threats that a person keeps. Row-level security shows each person their own. */
export interface ThreatFilterTable {
  person_id: string
  name: string
  /** The address of the list so narrowed. */
  address: string
  saved_at: Instant
}

/** The newest EPSS score of each CVE. */
export interface EpssTable {
  cve: string
  score_millionths: number
  percentile_millionths: number | null
  /** The day of the scores in which it moved last. */
  changed_on: string
}

export interface EpssFileTable {
  score_date: LocalDate
  model_version: string | null
  gathered_at: Instant
}

export interface DocumentTable {
  /** SHA-256 of the bytes, in hexadecimal. */
  hash: string
  /** `null` where they lie in pieces. */
  gzip: Buffer | null
  /** How many they are, unpacked. */
  bytes: number
  first_gathered_at: Instant
}

export interface DocumentPieceTable {
  /** Of the document. */
  hash: string
  /** From 0. */
  number: number
  gzip: Buffer
}

interface WatchTables {
  watch_source: SourceTable
  watch_gathering: GatheringTable
  watch_item: ItemTable
  watch_item_change: ItemChangeTable
  watch_quarantine: QuarantineTable
  watch_document: DocumentTable
  watch_document_piece: DocumentPieceTable
  watch_epss: EpssTable
  watch_epss_file: EpssFileTable
  watch_threat: ThreatTable
  watch_threat_item: ThreatItemTable
  watch_threat_product: ThreatProductTable
  watch_maker_alias: MakerAliasTable
  watch_product_verdict: ProductVerdictTable
  watch_matching: MatchingTable
  watch_known_product: KnownProductTable
  watch_affected_name: AffectedNameTable
  watch_name_match: NameMatchTable
  watch_match: MatchTable
  watch_matched_threat: MatchedThreatTable
  watch_threat_note: ThreatNoteTable
  watch_notification: NotificationTable
  watch_notification_sender: NotificationSenderTable
  watch_notification_note: NotificationNoteTable
  watch_item_key: ItemKeyTable
  watch_threat_regrouping: ThreatRegroupingTable
  watch_indicator: IndicatorTable
  watch_threat_filter: ThreatFilterTable
  watch_sighting: SightingTable
  watch_sighting_writer: SightingWriterTable
}

/** What queries of this domain may name: its own tables and what the directory shows. */
export type Visible = WatchTables & DirectoryVisible

/** The tables of watch that the domains above may join. */
export type WatchShared = Pick<WatchTables, 'watch_threat' | 'watch_threat_item' | 'watch_threat_product' | 'watch_item'>
