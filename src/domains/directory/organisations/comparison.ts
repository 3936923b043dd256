import type { LocalDate } from '../../../kernel/instant.ts'
import { nameKey } from '../../../kernel/name-key.ts'
import type { OrganisationChange, OrganisationImport, OrganisationRow } from './model.ts'

/** What is stored of an organisation and what a file may change, column by column. */
export interface OrganisationFacts {
  readonly name: string
  readonly name_key: string
  readonly type: string
  readonly country: string
  readonly region_code: string | null
  readonly board_code: string | null
  readonly parent_code: string | null
  readonly address: readonly string[]
  readonly postcode: string | null
  readonly phone: string | null
  readonly opened_on: string | null
  readonly closed_on: string | null
  readonly status: 'open' | 'closed'
  /** The kind of file that told us, and so has the say. */
  readonly source: string
}

export interface FactChange {
  readonly kind: Exclude<OrganisationChange['kind'], 'added'>
  readonly field: string
  readonly before: string | null
  readonly after: string | null
}

/** What the history calls each column, and what a change of it is. The status follows from dates and comes first. */
const HISTORY: readonly (readonly [column: keyof OrganisationFacts, field: string, kind: 'renamed' | 'moved' | 'corrected' | null])[] = [
  ['status', 'status', null],
  ['name', 'name', 'renamed'],
  ['region_code', 'region', 'moved'],
  ['board_code', 'board', 'moved'],
  ['parent_code', 'parent', 'moved'],
  ['type', 'type', 'corrected'],
  ['country', 'country', 'corrected'],
  ['address', 'address', 'corrected'],
  ['postcode', 'postcode', 'corrected'],
  ['phone', 'telephone', 'corrected'],
  ['opened_on', 'opening date', 'corrected'],
  ['closed_on', 'closing date', 'corrected'],
]

const COUNTRY_NOT_KNOWN = 'Not known'

/**
 * The facts that a file's row tells. Closed is what has a closing date that has come, or what the file calls closed without
 * giving a date; a closing date ahead is kept, and comes true on its day.
 */
export function factsOf(row: OrganisationRow, fileKind: string, today: LocalDate): OrganisationFacts {
  return {
    name: row.name,
    name_key: nameKey(row.name),
    type: row.type,
    country: row.country ?? COUNTRY_NOT_KNOWN,
    region_code: row.regionCode,
    board_code: row.boardCode,
    parent_code: row.parentCode,
    address: row.addressLines,
    postcode: row.postcode,
    phone: row.phone,
    opened_on: row.openedOn,
    closed_on: row.closedOn,
    status: (row.closedOn === null ? row.status === 'closed' : row.closedOn <= today) ? 'closed' : 'open',
    source: fileKind,
  }
}

/**
 * What is to be stored of an organisation that we know, after this file.
 *
 * A full extract has the say about all that its columns hold. An outline has the say only about what an outline of its kind
 * told before; of anything else it fills in blanks, so that a list of names does not undo what an extract knows.
 */
export function factsAfter(
  known: OrganisationFacts,
  told: OrganisationFacts,
  file: Pick<OrganisationImport, 'isOutline' | 'fileKind'>,
): OrganisationFacts {
  if (!file.isOutline) return told
  const isOwn = known.source === file.fileKind
  const [first, second] = isOwn ? [told, known] : [known, told]
  return {
    name: first.name,
    name_key: first.name_key,
    type: first.type,
    country: first.country === COUNTRY_NOT_KNOWN ? second.country : first.country,
    region_code: first.region_code ?? second.region_code,
    board_code: first.board_code ?? second.board_code,
    parent_code: first.parent_code ?? second.parent_code,
    address: first.address.length > 0 ? first.address : second.address,
    postcode: first.postcode ?? second.postcode,
    phone: first.phone ?? second.phone,
    opened_on: first.opened_on ?? second.opened_on,
    closed_on: known.closed_on,
    status: known.status,
    source: known.source,
  }
}

/** Every fact in which the two differ, as the history tells it. Empty when nothing changed. */
export function changesBetween(before: OrganisationFacts, after: OrganisationFacts): readonly FactChange[] {
  return HISTORY.flatMap(([column, field, kind]) => {
    const [old, next] = [textOf(before[column]), textOf(after[column])]
    if (old === next) return []
    return [{ kind: kind ?? (after.status === 'closed' ? 'closed' : 'reopened'), field, before: old, after: next }]
  })
}

function textOf(value: OrganisationFacts[keyof OrganisationFacts]): string | null {
  if (value === null || typeof value === 'string') return value
  return value.length === 0 ? null : value.join(', ')
}
