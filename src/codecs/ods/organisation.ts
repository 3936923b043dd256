import type { LocalDate } from '../../kernel/instant.ts'

/**
 * What kind of organisation a record is. ODS has no one field for it: the type follows from the file, the code and a few columns.
 *
 * - `practice`: a GP practice in the strict sense (prescribing setting 4). `prescribing-cost-centre`: everything else that the file of
 *   practices holds, such as out-of-hours services, clinics, hospices, prisons and practices outside England.
 * - `sub-board`: the part of an integrated care board that commissions for one place (RO319). `commissioning-group`: its closed
 *   predecessor. `commissioning-hub` (RO218) and `reporting-entity` (RO327) stand in the same file.
 * - `welsh-trust`: a trust of NHS Wales, which the English file lists too: it answers to nobody in England.
 */
export const ODS_TYPES = [
  'region',
  'board',
  'sub-board',
  'commissioning-group',
  'commissioning-hub',
  'reporting-entity',
  'support-unit',
  'trust',
  'care-trust',
  'welsh-trust',
  'practice',
  'branch-surgery',
  'prescribing-cost-centre',
  'pharmacy',
  'dentist',
  'care-home',
  'care-home-operator',
] as const

export type OdsType = (typeof ODS_TYPES)[number]

export type OdsCountry = 'England' | 'Wales' | 'Crown dependency'

/** One organisation as a file of the Organisation Data Service, or a list made from one, gives it. */
export interface OdsOrganisation {
  readonly code: string
  /** `cqc` for the care homes of a local list, which stand under their Care Quality Commission location id. */
  readonly codeScheme: 'ods' | 'cqc'
  readonly name: string
  readonly type: OdsType
  /** Column 14 as it stands: a role such as `RO319`, `B` for a practice, `T` for a care trust; the kinds of service of a care home. */
  readonly subtype: string | null
  readonly regionCode: string | null
  readonly boardCode: string | null
  /** Who commissions or runs it (column 15). */
  readonly parentCode: string | null
  readonly addressLines: readonly string[]
  readonly postcode: string | null
  readonly phone: string | null
  readonly openedOn: LocalDate | null
  readonly closedOn: LocalDate | null
  /** `closed` when it has a closing date (which may lie ahead) or ODS says so in column 13. */
  readonly status: 'open' | 'closed'
  /** Column 13 as it stands: A active, C closed, D dormant, P proposed; `null` in files that leave it empty. */
  readonly statusCode: string | null
  readonly country: OdsCountry | null
  /** Column 26 of the file of practices: 4 is a GP practice, 0 other, 8 to 25 further services. */
  readonly prescribingSetting: string | null
}

/** The files that are known by their content, and the lists made from them. Names are those of the ODS downloads. */
export type OdsKind =
  | 'etr'
  | 'ect'
  | 'eccg'
  | 'ecsu'
  | 'eauth'
  | 'epraccur'
  | 'ebranchs'
  | 'edispensary'
  | 'egdpprac'
  | 'ecarehomesite'
  | 'ecarehomehq'
  | 'sub-board-lookup'
  | 'board-names'
  | 'pharmacy-list'
  | 'care-home-list'

/** A file that was read whole. */
export interface OdsFile {
  readonly kind: OdsKind
  /** For a person: `NHS trusts (etr)`. */
  readonly label: string
  readonly organisations: readonly OdsOrganisation[]
}
