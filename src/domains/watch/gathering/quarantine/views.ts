import type { Page } from '../../../../kernel/page.ts'
import type { CsvLine } from '../../../../platform/csv/csv.ts'
import { sortColumn, withQuery } from '../../../../ui/links.ts'
import type { Cell, TableModel } from '../../../../ui/models.ts'
import type { QuarantineFilter, QuarantineRow, QuarantineSort } from './queries.ts'

export const QUARANTINE_HEAD = ['Source', 'From', 'Where in it', 'Id', 'Reason', 'What stood there', 'When', 'Read since', 'Gathering']

export function quarantineLine(row: QuarantineRow): CsvLine {
  return [
    row.source,
    row.address,
    row.position,
    row.external_id,
    row.reason,
    row.excerpt,
    row.at.toISOString(),
    row.resolved_at?.toISOString() ?? null,
    row.gathering,
  ]
}

export function quarantineModel(
  found: Page<QuarantineRow>,
  filter: QuarantineFilter,
  sort: QuarantineSort,
  sources: readonly { code: string; name: string }[],
  cursor: string | null,
) {
  const query = {
    q: filter.search,
    source: filter.source,
    gathering: filter.gathering,
    resolved: filter.resolved ? 'yes' : null,
    sort: sort === '-when' ? null : sort,
  }
  return {
    total: found.total,
    /** Showing more is no filter. */
    isFiltered: withQuery('/quarantine', query, { sort: null, resolved: null }) !== '/quarantine',
    /** The list is of one gathering alone: a link there. */
    gatheringHref: filter.gathering === null ? null : `/gatherings/${encodeURIComponent(filter.gathering)}`,
    filters: {
      action: '/quarantine',
      search: { label: 'Search the quarantine', value: filter.search, hint: 'Words of the reason, the id or what stood there' },
      selects: [
        {
          name: 'source',
          label: 'Source',
          value: filter.source ?? '',
          options: [{ value: '', text: 'All' }, ...sources.map(source => ({ value: source.code, text: source.name }))],
        },
      ],
      checkboxes: [
        {
          name: 'resolved',
          label: 'Show too',
          values: filter.resolved ? ['yes'] : [],
          options: [{ value: 'yes', text: 'What has been read since' }],
        },
      ],
      keep: { gathering: filter.gathering, sort: query.sort },
      clearHref: withQuery('', query) === '' ? null : '/quarantine',
    },
    table: {
      caption: 'What could not be read',
      captionHidden: true,
      head: [
        { text: 'Reason' },
        { text: 'What stood there' },
        { text: 'Gathered from' },
        sortColumn({ text: 'Source' }, 'source', '/quarantine', { ...query, sort }),
        sortColumn({ text: 'When' }, 'when', '/quarantine', { ...query, sort }),
      ],
      rows: found.rows.map((row): Cell[] => [
        {
          text: row.reason,
          tags: row.resolved_at === null ? undefined : [{ text: 'Read since', colour: 'green' }],
          hint: [row.external_id, row.position].filter(text => text !== null && text !== '').join(' at ') || undefined,
        },
        row.excerpt.slice(0, 200),
        { text: row.address, href: `/gatherings/${row.gathering}` },
        { text: row.sourceName, href: `/sources/${encodeURIComponent(row.source)}` },
        { at: row.at },
      ]),
    } satisfies TableModel,
    firstHref: cursor === null ? null : withQuery('/quarantine', query),
    nextHref: found.next === null ? null : withQuery('/quarantine', query, { cursor: found.next }),
    csvHref: withQuery('/quarantine.csv', query),
  }
}
