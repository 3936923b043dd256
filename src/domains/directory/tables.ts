import type { Generated, GeneratedAlways } from 'kysely'
import type { Instant } from '../../kernel/instant.ts'
import type { AuthTables } from '../../platform/auth/tables.ts'
import type { Json } from '../../platform/db/json.ts'

export interface OrganisationTypeTable {
  code: string
  name: string
  plural: string
  position: number
}

export interface OrganisationTable {
  id: string
  code: string
  name: string
  name_key: string
  type: string
  country: string
  region_code: string | null
  board_code: string | null
  parent_code: string | null
  /** The lines of the address. */
  address: Json<string[]>
  postcode: string | null
  phone: string | null
  opened_on: string | null
  closed_on: string | null
  status: 'open' | 'closed'
  /** Staff, or another measure of size, where known. */
  size: number | null
  /** How many of its current contacts receive bulletins and have an e-mail address, kept by the database. */
  mailable_contacts: GeneratedAlways<number>
  source: string
  created_at: Instant
  updated_at: Instant
}

export interface OrganisationChangeTable {
  id: Generated<number>
  organisation_id: string
  at: Instant
  kind: 'added' | 'renamed' | 'moved' | 'closed' | 'reopened' | 'corrected'
  field: string
  before: string | null
  after: string | null
  source: string
}

export interface SuccessorTable {
  from_code: string
  to_code: string
  effective_on: string | null
  source: string
}

export interface PersonTable {
  id: string
  name: string
  email: string
  phone: string | null
  out_of_hours_phone: string | null
  created_at: Instant
  left_at: Instant | null
  /** The name and e-mail address in lower case, kept by the database. */
  search_key: GeneratedAlways<string>
}

export interface AssignmentTable {
  id: string
  person_id: string
  organisation_id: string
  role: string
  since: Instant
  until: Instant | null
}

export interface ContactTable {
  id: string
  organisation_id: string
  person_id: string | null
  name: string
  /** Such as "cyber lead", "service desk", "on call". */
  purpose: string
  email: string | null
  mobile: string | null
  phone: string | null
  out_of_hours: Generated<boolean>
  receives_bulletins: Generated<boolean>
  /** When a message to it, or a call, was last known to arrive. */
  last_proved_at: Instant | null
  last_failed_at: Instant | null
  last_failure: string | null
  created_at: Instant
  ended_at: Instant | null
}

/** Something that somebody must put right, so that the organisation can be reached. */
export interface ContactRepairTable {
  id: string
  organisation_id: string
  contact_id: string
  reason: 'failed' | 'unsubscribed' | 'complained'
  /** Whether the contact got bulletins when it was opened. */
  had_bulletins: Generated<boolean>
  /** The mail server's words. */
  words: string | null
  opened_at: Instant
  closed_at: Instant | null
  closed_by: string | null
  outcome: 'changed' | 'ended' | 'proved' | 'another' | 'done' | 'undone' | null
}

export interface PartnershipTable {
  id: string
  partner_id: string
  organisation_id: string
  since: Instant
  until: Instant | null
}

export interface ProductTable {
  id: Generated<number>
  maker: string
  product: string
  maker_key: string
  product_key: string
  /** The product's name without the maker in front. */
  bare_key: GeneratedAlways<string>
  /** The product's name with the maker in front. */
  full_key: GeneratedAlways<string>
  /** Of the full key. */
  first_word: GeneratedAlways<string>
}

export interface TechnologyTable {
  organisation_id: string
  product_id: number
  version: Generated<string>
  source: string
  count: number | null
  as_of: string | null
  /** Whether the centre may see it. The organisation always does. */
  shared: Generated<boolean>
  cpe: string | null
  purl: string | null
  /** Who said so: the organisation of itself, or the centre of it. What the centre said itself is always shared with it. */
  told_by: Generated<'organisation' | 'centre'>
  updated_at: Instant
}

/** Every table that the directory owns and sees. It stands on the lowest rung: it sees no other domain's. */
export interface DirectoryTables {
  directory_organisation_type: OrganisationTypeTable
  directory_organisation: OrganisationTable
  directory_organisation_change: OrganisationChangeTable
  directory_successor: SuccessorTable
  directory_person: PersonTable
  directory_assignment: AssignmentTable
  directory_contact: ContactTable
  directory_contact_repair: ContactRepairTable
  directory_partnership: PartnershipTable
  directory_product: ProductTable
  directory_technology: TechnologyTable
}

/** What signing in and looking after people need besides: who may come in, and how. Only the system scope sees those rows. */
export type SignInTables = DirectoryTables & AuthTables
