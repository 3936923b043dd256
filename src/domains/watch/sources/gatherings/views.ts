import type { Page } from '../../../../kernel/page.ts'
import type { CsvLine } from '../../../../platform/csv/csv.ts'
import type { Tag } from '../../../../ui/labels.ts'
import { sortColumn, withQuery } from '../../../../ui/links.ts'
import type { Cell, TableModel } from '../../../../ui/models.ts'
import { OUTCOMES, type GatheringDetail, type GatheringFilter, type GatheringRow, type GatheringSort, type Outcome } from './queries.ts'

const OUTCOME_TAGS: Readonly<Record<Outcome, Tag>> = {
  taken: { text: 'Taken in', colour: 'green' },
  unchanged: { text: 'Nothing new', colour: 'grey' },
  failed: { text: 'Failed', colour: 'red' },
}

const NOT_RECOGNISED = 'Not recognised'

/** What was gathered, one line each. With `query`, the first heading sorts the list that stands at that address. */
export function gatheringsTable(rows: readonly GatheringRow[], path: string, query: Parameters<typeof sortColumn>[3] | null = null): TableModel {
  const numeric = (text: string) => ({ text, format: 'numeric' }) as const
  return {
    caption: 'What was gathered',
    head: [
      query === null ? { text: 'When' } : sortColumn({ text: 'When' }, 'when', path, query),
      { text: 'What' },
      { text: 'Outcome' },
      numeric('Added'),
      numeric('Changed'),
      numeric('Withdrawn'),
      numeric('Unchanged'),
      numeric('Quarantined'),
    ],
    rows: rows.map((row): Cell[] => [
      { at: row.at, href: `/gatherings/${row.id}` },
      { text: row.label ?? NOT_RECOGNISED, hint: row.failure === null ? row.address : `${row.failure} (${row.address})` },
      { text: '', tags: [OUTCOME_TAGS[row.outcome]] },
      row.added,
      row.changed,
      row.withdrawn,
      row.unchanged,
      row.quarantined === 0 ? 0 : { number: row.quarantined, href: quarantineOf(row.id) },
    ]),
  }
}

/** What it put aside, what has been read since too. */
function quarantineOf(gatheringId: string): string {
  return withQuery('/quarantine', { gathering: gatheringId, resolved: 'yes' })
}

export const GATHERINGS_HEAD = [
  'Id',
  'When',
  'What',
  'From',
  'Outcome',
  'Added',
  'Changed',
  'Withdrawn',
  'Unchanged',
  'Quarantined',
  'Why it failed',
  'Bytes',
  'SHA-256 of the bytes',
]

export function gatheringLine(row: GatheringRow): CsvLine {
  return [
    row.id,
    row.at.toISOString(),
    row.label,
    row.address,
    OUTCOME_TAGS[row.outcome].text,
    row.added,
    row.changed,
    row.withdrawn,
    row.unchanged,
    row.quarantined,
    row.failure,
    row.bytes,
    row.bytes_hash,
  ]
}

export function gatheringsModel(
  source: { readonly code: string; readonly name: string },
  found: Page<GatheringRow>,
  filter: GatheringFilter,
  sort: GatheringSort,
  cursor: string | null,
) {
  const path = `/sources/${encodeURIComponent(source.code)}/gatherings`
  const query = { q: filter.search, outcome: filter.outcome, sort: sort === '-when' ? null : sort }
  const isFiltered = withQuery(path, query, { sort: null }) !== path
  return {
    source,
    total: found.total,
    isFiltered,
    clearHref: path,
    filters: {
      action: path,
      search: { label: 'Search what was gathered', value: filter.search, hint: 'Words of what it was, where it came from or why it failed' },
      selects: [
        {
          name: 'outcome',
          label: 'Outcome',
          value: filter.outcome ?? '',
          options: [{ value: '', text: 'Any' }, ...OUTCOMES.map(outcome => ({ value: outcome, text: OUTCOME_TAGS[outcome].text }))],
        },
      ],
      keep: { sort: query.sort },
      clearHref: isFiltered ? path : null,
    },
    table: { ...gatheringsTable(found.rows, path, { ...query, sort }), captionHidden: true },
    firstHref: cursor === null ? null : withQuery(path, query),
    nextHref: found.next === null ? null : withQuery(path, query, { cursor: found.next }),
    csvHref: withQuery(`${path}.csv`, query),
  }
}

export function gatheringModel(row: GatheringDetail, mayGather: boolean) {
  const href = `/sources/${encodeURIComponent(row.source)}`
  const text = (value: string | null): Cell => (value === null ? null : { text: value })
  const hash = row.bytes_hash === null ? undefined : `SHA-256 ${row.bytes_hash}`
  return {
    title: row.label ?? NOT_RECOGNISED,
    source: { name: row.sourceName, href },
    // Only what was left unread is worth reading again.
    readAgainHref:
      mayGather && row.document !== null && (row.outcome === 'failed' || (row.openQuarantine ?? 0) > 0) ? `/gatherings/${row.id}/read-again` : null,
    summaryRows: {
      rows: [
        { key: 'Outcome', value: { text: '', tags: [OUTCOME_TAGS[row.outcome]], hint: row.failure ?? undefined } },
        { key: 'When', value: { at: row.at } },
        { key: 'Source', value: { text: row.sourceName, href } },
        { key: 'From', value: { text: row.address } },
        { key: 'Released by the source', value: row.released_at === null ? text(null) : { at: row.released_at } },
        {
          key: 'The bytes as they came',
          value: row.document === null ? { text: 'Not kept', hint: hash } : { text: 'Save the file', href: `/documents/${row.document}`, hint: hash },
        },
        { key: 'Added', value: { number: row.added } },
        { key: 'Changed', value: { number: row.changed } },
        { key: 'Withdrawn', value: { number: row.withdrawn } },
        { key: 'Unchanged', value: { number: row.unchanged } },
        {
          key: 'Could not be read',
          value:
            row.quarantined === 0
              ? { number: 0 }
              : { number: row.quarantined, href: quarantineOf(row.id), hint: `${row.openQuarantine ?? 0} of them in quarantine still` },
        },
      ],
    },
  }
}
