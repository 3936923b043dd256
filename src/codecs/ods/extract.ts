import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { cellOf, dateOf } from './cells.ts'
import { at, COLUMN, COLUMNS, countryOf, LAYOUTS, type Layout } from './layouts.ts'
import type { OdsFile, OdsKind, OdsOrganisation } from './organisation.ts'
import { LONGEST_CELL, refusal, type CsvRecord } from './records.ts'

/** Enough to see what is wrong, not so much that nobody reads it. */
const MOST_PROBLEMS = 10

/**
 * Reads a headerless ODS extract of 27 columns. It is known by its codes and columns, and refused as a whole when one row does not fit:
 * a file that is damaged or of another kind in one place cannot be trusted in the others.
 */
export function readExtract(records: readonly CsvRecord[], claimed: OdsKind | undefined): Result<OdsFile> {
  if (!records.some(({ cells }) => cells.length === COLUMNS)) {
    return fail(
      refusal(
        'ods.kind.unknown',
        `This is not a file of the Organisation Data Service: its rows have ${records[0]?.cells.length ?? 0} columns, where 27 are expected.`,
      ),
    )
  }
  const shapeProblems = records.flatMap((record, index) => checkShape(record, index === 0, index === records.length - 1))
  if (shapeProblems.length > 0) return fail(...firstOf(shapeProblems))

  const layout = recognise(records, claimed)
  if (layout === undefined) {
    return fail(
      refusal(
        'ods.kind.unknown',
        'The rows have the 27 columns of an ODS file, but their codes fit none that can be read: trusts, care trusts, sub-boards, support units, regions and boards, practices, branches, pharmacies, dentists, care homes.',
      ),
    )
  }
  if (claimed !== undefined && claimed !== layout.kind) {
    return fail(
      refusal(
        'ods.kind.claim',
        `By its name this file holds ${labelOf(claimed)}, but its rows are ${layout.label}. Check which file it is, and give it its own name.`,
      ),
    )
  }
  const strangers = records.filter(({ cells }) => !fits(layout, cells))
  if (strangers.length > 0) {
    return fail(
      ...firstOf(
        strangers.map(({ cells, line }) =>
          refusal(
            'ods.row.stranger',
            `"${shown(at(cells, 'code'))}" is not a code of ${layout.label}, which the other rows are. Fetch the file again.`,
            line,
          ),
        ),
      ),
    )
  }
  return collect(layout, records)
}

function collect(layout: Layout, records: readonly CsvRecord[]): Result<OdsFile> {
  const problems: Problem[] = []
  const byCode = new Map<string, { organisation: OdsOrganisation; line: number }>()
  for (const { cells, line } of records) {
    const organisation = toOrganisation(layout, cells)
    const known = byCode.get(organisation.code)
    if (known === undefined) {
      byCode.set(organisation.code, { organisation, line })
    } else if (JSON.stringify(known.organisation) === JSON.stringify(organisation)) {
      problems.push({
        rule: 'ods.row.repeated',
        pointer: `line ${line}`,
        severity: 'warning',
        message: `Line ${line} repeats line ${known.line} (${organisation.code}). It was taken once.`,
      })
    } else {
      return fail(
        refusal(
          'ods.row.contradiction',
          `${organisation.code} stands on line ${known.line} too, and says something else there. Fetch the file again.`,
          line,
        ),
      )
    }
    if (organisation.openedOn !== null && organisation.closedOn !== null && organisation.closedOn < organisation.openedOn) {
      problems.push({
        rule: 'ods.row.dates',
        pointer: `line ${line}`,
        severity: 'warning',
        message: `Line ${line}: ${organisation.code} closes before it opens.`,
      })
    }
  }
  return succeed({ kind: layout.kind, label: layout.label, organisations: [...byCode.values()].map(entry => entry.organisation) }, problems)
}

/** What holds for every file of 27 columns. Columns that have slipped show here. */
function checkShape({ cells, line }: CsvRecord, isFirst: boolean, isLast: boolean): Problem[] {
  if (cells.length !== COLUMNS) {
    if (isLast && !isFirst && cells.length < COLUMNS) {
      return [
        refusal(
          'ods.cut-off',
          `the last line has ${cells.length} of the 27 columns, so the file was cut off while it was fetched or copied. Fetch it again.`,
          line,
        ),
      ]
    }
    return [
      refusal(
        'ods.row.columns',
        `this row has ${cells.length} columns, and a row of an ODS file has 27. Fetch the file again, and do not edit it by hand.`,
        line,
      ),
    ]
  }
  const long = cells.find(cell => cell.length > LONGEST_CELL)
  if (long !== undefined)
    return [refusal('ods.oversized', `a field of ${long.length} characters is longer than any in an ODS file. Fetch the file again.`, line)]
  if (isFirst && /code|name|organi[sz]ation/i.test(at(cells, 'code')) && dateOf(at(cells, 'opened')) === undefined) {
    return [refusal('ods.header', 'these are headings. An ODS file has none: delete this line, or fetch the file as ODS gives it.', line)]
  }
  return checkCells(cells).map(message => refusal('ods.row.cell', `${message} Fetch the file again, and do not edit it by hand.`, line))
}

function checkCells(cells: readonly string[]): string[] {
  const faults: string[] = []
  const says = (column: keyof typeof COLUMN) => `column ${COLUMN[column] + 1} is "${shown(at(cells, column))}", `
  if (!/^[A-Z0-9]{2,12}$/.test(at(cells, 'code'))) faults.push(`${says('code')}where an organisation's code is expected.`)
  if (cellOf(at(cells, 'name')) === null) faults.push('the name in column 2 is missing.')
  if (!/^([A-Z]\d{2})?$/.test(at(cells, 'region'))) faults.push(`${says('region')}where the code of a region such as Y56 is expected.`)
  if (!/^[A-Z0-9]{0,5}$/.test(at(cells, 'board'))) faults.push(`${says('board')}where the code of a board such as QHM is expected.`)
  if (!/^[A-Z0-9]{0,9}$/.test(at(cells, 'parent'))) faults.push(`${says('parent')}where the code of a parent organisation is expected.`)
  for (const column of ['opened', 'closed', 'joinedParent', 'leftParent'] as const) {
    if (dateOf(at(cells, column)) === undefined) faults.push(`${says(column)}where a date such as 20130401 is expected.`)
  }
  return faults
}

function recognise(records: readonly CsvRecord[], claimed: OdsKind | undefined): Layout | undefined {
  const counts = LAYOUTS.map(layout => ({ layout, own: records.filter(({ cells }) => layout.isOwn(cells)).length })).filter(({ own }) => own > 0)
  const likeliest = counts.toSorted((a, b) => b.own - a.own)[0]?.layout
  return likeliest ?? LAYOUTS.find(layout => layout.kind === claimed && records.every(({ cells }) => fits(layout, cells)))
}

function fits(layout: Layout, cells: readonly string[]): boolean {
  return layout.isOwn(cells) || layout.allows?.(cells) === true
}

/** The dates were checked with the shape: none is `undefined` here. */
function toOrganisation(layout: Layout, cells: readonly string[]): OdsOrganisation {
  const country = countryOf(layout.kind, cells)
  const closedOn = dateOf(at(cells, 'closed')) ?? null
  const statusCode = cellOf(at(cells, 'status'))
  return {
    code: at(cells, 'code'),
    codeScheme: 'ods',
    name: cellOf(at(cells, 'name')) ?? '',
    type: layout.typeOf(cells, country),
    subtype: cellOf(at(cells, 'subtype')),
    regionCode: cellOf(at(cells, 'region')),
    boardCode: cellOf(at(cells, 'board')),
    parentCode: cellOf(at(cells, 'parent')),
    addressLines: cells
      .slice(COLUMN.address, COLUMN.postcode)
      .map(cellOf)
      .filter(line => line !== null),
    postcode: cellOf(at(cells, 'postcode'))?.toUpperCase() ?? null,
    phone: cellOf(at(cells, 'phone')),
    openedOn: dateOf(at(cells, 'opened')) ?? null,
    closedOn,
    status: closedOn !== null || statusCode === 'C' ? 'closed' : 'open',
    statusCode,
    country,
    prescribingSetting: layout.kind === 'epraccur' ? cellOf(at(cells, 'prescribingSetting')) : null,
  }
}

function labelOf(kind: OdsKind): string {
  return LAYOUTS.find(layout => layout.kind === kind)?.label ?? kind
}

function firstOf(problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= MOST_PROBLEMS) return problems
  return [...problems.slice(0, MOST_PROBLEMS), refusal('ods.more', `There are ${problems.length - MOST_PROBLEMS} more lines like these.`)]
}

function shown(cell: string): string {
  return cell.slice(0, 40)
}
