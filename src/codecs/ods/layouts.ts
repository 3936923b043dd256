import type { OdsCountry, OdsKind, OdsType } from './organisation.ts'

/** What tells one 27-column file from another, when none has a header and all share the columns. */
export interface Layout {
  readonly kind: OdsKind
  /** For a person. */
  readonly label: string
  /** Whether a row can only belong to this file. */
  readonly isOwn: (cells: readonly string[]) => boolean
  /** Whether a row that says little about its file may stand in this one. */
  readonly allows?: (cells: readonly string[]) => boolean
  readonly typeOf: (cells: readonly string[], country: OdsCountry | null) => OdsType
}

/** The columns that are read, counted from 0 (the ODS user guides count from 1). */
export const COLUMN = {
  code: 0,
  name: 1,
  region: 2,
  board: 3,
  address: 4,
  postcode: 9,
  opened: 10,
  closed: 11,
  status: 12,
  subtype: 13,
  parent: 14,
  joinedParent: 15,
  leftParent: 16,
  phone: 17,
  currentOrganisation: 23,
  prescribingSetting: 25,
} as const

export const COLUMNS = 27

/** Since 2020 ODS gives new bodies of any kind a code such as G6V2S, which says nothing of the kind. */
const NEW_STYLE_CODE = /^[A-Z]\d[A-Z]\d[A-Z]$/

const GP_PRACTICE = '4'

export const LAYOUTS: readonly Layout[] = [
  {
    kind: 'etr',
    label: 'NHS trusts (etr)',
    isOwn: cells => /^R[A-Z0-9]{2}$/.test(at(cells, 'code')),
    allows: cells => NEW_STYLE_CODE.test(at(cells, 'code')) && at(cells, 'subtype') === '',
    typeOf: (_cells, country) => (country === 'Wales' ? 'welsh-trust' : 'trust'),
  },
  {
    kind: 'ect',
    label: 'care trusts (ect)',
    isOwn: cells => /^TA[A-Z0-9]$/.test(at(cells, 'code')),
    typeOf: () => 'care-trust',
  },
  {
    kind: 'eccg',
    label: 'sub-boards and commissioners (eccg)',
    isOwn: cells =>
      /^\d{2}[A-Z]$/.test(at(cells, 'code')) || (NEW_STYLE_CODE.test(at(cells, 'code')) && /^RO(319|327|218)\b/.test(at(cells, 'subtype'))),
    allows: cells => NEW_STYLE_CODE.test(at(cells, 'code')),
    typeOf: cells => commissionerType(at(cells, 'subtype').split('|')),
  },
  {
    kind: 'ecsu',
    label: 'commissioning support units (ecsu)',
    isOwn: cells => /^0[A-Z][A-Z0-9]$/.test(at(cells, 'code')),
    typeOf: () => 'support-unit',
  },
  {
    kind: 'eauth',
    label: 'regions and integrated care boards (eauth)',
    isOwn: cells => /^(Y\d{2}|Q[A-Z0-9]{2})$/.test(at(cells, 'code')),
    typeOf: cells => (at(cells, 'code').startsWith('Y') ? 'region' : 'board'),
  },
  {
    kind: 'epraccur',
    label: 'GP practices and prescribing cost centres (epraccur)',
    isOwn: cells => /^([A-Z]\d{5}|[A-Z]{3}\d{3})$/.test(at(cells, 'code')) && /^\d{1,2}$/.test(at(cells, 'prescribingSetting')),
    typeOf: cells => (at(cells, 'prescribingSetting') === GP_PRACTICE ? 'practice' : 'prescribing-cost-centre'),
  },
  {
    kind: 'ebranchs',
    label: 'branch surgeries (ebranchs)',
    isOwn: cells => /^[A-Z]\d{8}$/.test(at(cells, 'code')),
    typeOf: () => 'branch-surgery',
  },
  {
    kind: 'edispensary',
    label: 'pharmacies (edispensary)',
    isOwn: cells => /^F[A-Z0-9]{4}$/.test(at(cells, 'code')),
    typeOf: () => 'pharmacy',
  },
  {
    kind: 'egdpprac',
    label: 'dental practices (egdpprac)',
    isOwn: cells => /^V\d{5}$/.test(at(cells, 'code')) && at(cells, 'prescribingSetting') === '',
    typeOf: () => 'dentist',
  },
  {
    kind: 'ecarehomesite',
    label: 'care homes (ecarehomesite)',
    isOwn: cells => /^V[A-Z0-9]{4}$/.test(at(cells, 'code')),
    typeOf: () => 'care-home',
  },
  {
    kind: 'ecarehomehq',
    label: 'care home operators (ecarehomehq)',
    // Pharmacy owners and other companies have such codes too, so only the file's name can say that these run care homes.
    isOwn: () => false,
    allows: cells => /^[A-Z][A-Z0-9]{3}$/.test(at(cells, 'code')),
    typeOf: () => 'care-home-operator',
  },
]

/** The file that a name such as `epraccur.csv` or `etr-2025.csv` claims to be, or `undefined` when the name claims nothing. */
export function kindOfFileName(fileName: string): OdsKind | undefined {
  const base = fileName.toLowerCase().split(/[/\\]/).at(-1) ?? ''
  return LAYOUTS.find(layout => base.startsWith(layout.kind) && !/^[a-z]/.test(base.slice(layout.kind.length)))?.kind
}

export function at(cells: readonly string[], column: keyof typeof COLUMN): string {
  return cells[COLUMN[column]] ?? ''
}

/**
 * The country, by the region (`W00` is Wales, the others of England) and by what the files put in its place: `W` in column 24 of the
 * trusts, the offshore authorities YAC to YAF in the column of the board.
 */
export function countryOf(kind: OdsKind, cells: readonly string[]): OdsCountry | null {
  const region = at(cells, 'region')
  const isOfTrusts = kind === 'etr' || kind === 'ect'
  if (region.startsWith('W') || (isOfTrusts && at(cells, 'currentOrganisation') === 'W')) return 'Wales'
  if (/^YA[C-F]$/.test(at(cells, 'board'))) return 'Crown dependency'
  return region.startsWith('Y') || kind === 'eauth' ? 'England' : null
}

function commissionerType(roles: readonly string[]): OdsType {
  if (roles.includes('RO319')) return 'sub-board'
  if (roles.includes('RO327')) return 'reporting-entity'
  return roles.includes('RO218') ? 'commissioning-hub' : 'commissioning-group'
}
