import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { cellOf, linesOf, phoneOf } from './cells.ts'
import { COLUMNS } from './layouts.ts'
import type { OdsFile, OdsKind, OdsOrganisation } from './organisation.ts'
import { LONGEST_CELL, refusal, type CsvRecord } from './records.ts'

/** A list with a header row, that is made from ODS data by others: the Office for National Statistics, local authorities. */
interface ListFormat {
  readonly kind: OdsKind
  readonly label: string
  /** The headings by which it is known. The number in `SICBL23CDH` is a year. */
  readonly headings: Readonly<Record<string, RegExp>>
  /** The organisations of one row: a lookup names several. */
  readonly read: (cell: (heading: string) => string | undefined) => OdsOrganisation[]
}

const FORMATS: readonly ListFormat[] = [
  {
    kind: 'sub-board-lookup',
    label: 'sub-boards with their boards and regions (ONS lookup)',
    headings: {
      code: /^sicbl\d\dcdh$/,
      name: /^sicbl\d\dnm$/,
      board: /^icb\d\dcdh$/,
      boardName: /^icb\d\dnm$/,
      region: /^nhser\d\dcdh$/,
      regionName: /^nhser\d\dnm$/,
    },
    read: cell => [
      { ...BARE, code: cell('region') ?? '', name: cell('regionName') ?? '', type: 'region' },
      { ...BARE, code: cell('board') ?? '', name: cell('boardName') ?? '', type: 'board', regionCode: cellOf(cell('region')) },
      {
        ...BARE,
        code: cell('code') ?? '',
        name: cell('name') ?? '',
        type: 'sub-board',
        regionCode: cellOf(cell('region')),
        boardCode: cellOf(cell('board')),
      },
    ],
  },
  {
    kind: 'board-names',
    label: 'integrated care boards (ONS names and codes)',
    headings: { code: /^icb\d\dcdh$/, name: /^icb\d\dnm$/ },
    read: cell => [{ ...BARE, code: cell('code') ?? '', name: cell('name') ?? '', type: 'board' }],
  },
  {
    kind: 'pharmacy-list',
    label: 'pharmacies (local list)',
    headings: { code: /^organisation_data_service_code$/, name: /^pharmacy_name$/, address: /^address$/, postcode: /^postcode$/ },
    read: cell => [
      {
        ...BARE,
        code: cell('code') ?? '',
        name: cell('name') ?? '',
        type: 'pharmacy',
        addressLines: linesOf(cell('address')),
        postcode: cellOf(cell('postcode')),
      },
    ],
  },
  {
    kind: 'care-home-list',
    label: 'care homes (local list)',
    headings: { code: /^cqc_id$/, name: /^name$/, address: /^address$/, postcode: /^postcode$/, phone: /^telephone$/, services: /^type$/ },
    read: cell => [
      {
        ...BARE,
        code: cell('code') ?? '',
        codeScheme: 'cqc',
        name: cell('name') ?? '',
        type: 'care-home',
        subtype: cellOf(cell('services')),
        addressLines: linesOf(cell('address')),
        postcode: cellOf(cell('postcode')),
        phone: phoneOf(cell('phone')),
      },
    ],
  },
]

/** Lists name what is open in England, and say no more of it. */
const BARE = {
  codeScheme: 'ods',
  subtype: null,
  regionCode: null,
  boardCode: null,
  parentCode: null,
  addressLines: [],
  postcode: null,
  phone: null,
  openedOn: null,
  closedOn: null,
  status: 'open',
  statusCode: null,
  country: 'England',
  prescribingSetting: null,
} as const satisfies Partial<OdsOrganisation>

/** Whether the first row is a header of a list, rather than the first organisation of an extract (or headings put on top of one). */
export function hasHeader(records: readonly CsvRecord[]): boolean {
  const headings = records[0]?.cells.map(heading => heading.toLowerCase()) ?? []
  if (formatOf(headings) !== undefined) return true
  return headings.length !== COLUMNS && headings.some(heading => /^(name|postcode|address|odscode|supplier|[a-z]+\d\dcd)$/.test(heading))
}

/** Reads a list with a header. Refused as a whole when one row does not fit. */
export function readList(records: readonly CsvRecord[]): Result<OdsFile> {
  const headings = records[0]?.cells.map(heading => heading.toLowerCase()) ?? []
  const format = formatOf(headings)
  if (format === undefined) return fail(explainUnknown(headings))

  const columns = new Map(Object.entries(format.headings).map(([name, pattern]) => [name, headings.findIndex(heading => pattern.test(heading))]))
  const problems: Problem[] = []
  const found = new Map<string, { organisation: OdsOrganisation; line: number }>()
  for (const { cells, line } of records.slice(1)) {
    if (cells.length !== headings.length) {
      const what = `this row has ${cells.length} columns, and the header has ${headings.length}. The file was cut off or damaged: fetch it again.`
      return fail(refusal(line === records.at(-1)?.line ? 'ods.cut-off' : 'ods.row.columns', what, line))
    }
    if (cells.some(cell => cell.length > LONGEST_CELL))
      return fail(refusal('ods.oversized', `a field is longer than ${LONGEST_CELL} characters. Fetch the file again.`, line))
    for (const organisation of format.read(name => cellOf(cells[columns.get(name) ?? -1]) ?? undefined)) {
      const fault = faultOf(organisation, found.get(organisation.code))
      if (fault !== undefined) return fail(refusal('ods.row.cell', fault, line))
      if (!found.has(organisation.code)) found.set(organisation.code, { organisation, line })
    }
  }
  if (found.size === 0) return fail(refusal('ods.empty', 'The list has a header and no rows.'))
  if (format.kind === 'care-home-list') {
    const message = 'The list gives no ODS codes, so these care homes stand under their Care Quality Commission location ids.'
    problems.push({ rule: 'ods.list.cqc-codes', pointer: '', severity: 'warning', message })
  }
  return succeed({ kind: format.kind, label: format.label, organisations: [...found.values()].map(entry => entry.organisation) }, problems)
}

function faultOf(organisation: OdsOrganisation, known: { organisation: OdsOrganisation; line: number } | undefined): string | undefined {
  const pattern = organisation.codeScheme === 'cqc' ? /^1-\d{6,12}$/ : /^[A-Z0-9]{2,12}$/
  if (!pattern.test(organisation.code)) return `"${organisation.code.slice(0, 40)}" is not a code of this kind. Fetch the list again.`
  if (organisation.name === '') return `${organisation.code} has no name. Fetch the list again.`
  if (known === undefined || JSON.stringify(known.organisation) === JSON.stringify(organisation)) return undefined
  return `${organisation.code} stands on line ${known.line} too, and says something else there. Fetch the list again.`
}

function formatOf(headings: readonly string[]): ListFormat | undefined {
  return FORMATS.find(format => Object.values(format.headings).every(pattern => headings.some(heading => pattern.test(heading))))
}

function explainUnknown(headings: readonly string[]): Problem {
  if (headings.includes('odscode') && headings.includes('supplier')) {
    return refusal('ods.kind.unknown', 'This says which system each practice runs. Give it to "carecert technology import".')
  }
  if (headings.includes('name') && headings.includes('postcode')) {
    return refusal(
      'ods.list.no-codes',
      'This list gives its organisations no codes, so they could not be told apart or updated later. Use a list with ODS codes, such as egdpprac for dentists.',
    )
  }
  return refusal('ods.kind.unknown', `The headings (${headings.slice(0, 5).join(', ').slice(0, 120)} …) are of no list that can be read.`)
}
