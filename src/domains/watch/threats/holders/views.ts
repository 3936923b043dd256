import type { Page } from '../../../../kernel/page.ts'
import type { CsvLine } from '../../../../platform/csv/csv.ts'
import { sortColumn, withQuery } from '../../../../ui/links.ts'
import type { Cell, TableModel } from '../../../../ui/models.ts'
import type { ThreatRecord } from '../queries/show.ts'
import type { Holder, HolderFilter, HolderSort } from './queries.ts'

const MATCHES: Readonly<Record<HolderFilter['match'], string>> = {
  runs: 'Those that run it',
  'may-run': 'Those that may run it',
  all: 'Both',
}

export const HOLDERS_HEAD = ['Code', 'Name', 'Type', 'Region', 'Match', 'Why', 'What it runs']

export function holderLine(row: Holder): CsvLine {
  return [row.code, row.name, row.typeName, row.region, row.exact ? 'Runs it' : 'May run it', row.why, row.products.join('; ')]
}

export function holdersModel(
  threat: ThreatRecord,
  found: Page<Holder>,
  filter: HolderFilter,
  sort: HolderSort,
  types: readonly { code: string; plural: string }[],
  cursor: string | null,
) {
  const path = `/threats/${threat.id}/organisations`
  const match = filter.match === 'runs' ? null : filter.match
  const query = { q: filter.search, match, type: filter.type, sort: sort === 'name' ? null : sort }
  const isFiltered = withQuery(path, query, { sort: null }) !== path
  const sorted = { ...query, sort }
  const options = (list: readonly (readonly [string, string])[]) => list.map(([value, text]) => ({ value, text }))
  return {
    threat,
    matchesHref: `/threats/${threat.id}/matches`,
    total: found.total,
    isFiltered,
    clearHref: path,
    /** What to try when nobody is known to run it. */
    widerHref: withQuery(path, { match: 'all' }),
    filters: {
      action: path,
      search: { label: 'Organisation: name or code', value: filter.search },
      selects: [
        { name: 'match', label: 'Show', value: filter.match, options: options(Object.entries(MATCHES)) },
        {
          name: 'type',
          label: 'Type',
          value: filter.type ?? '',
          options: options([['', 'All'], ...types.map(({ code, plural }) => [code, plural] as const)]),
        },
      ],
      keep: { sort: query.sort },
      clearHref: isFiltered ? path : null,
    },
    table: {
      caption: 'Organisations',
      captionHidden: true,
      head: [
        sortColumn({ text: 'Organisation' }, 'name', path, sorted),
        sortColumn({ text: 'Type' }, 'type', path, sorted),
        sortColumn({ text: 'Region' }, 'region', path, sorted),
        { text: 'What it told us that it runs' },
      ],
      rows: found.rows.map((row): Cell[] => [
        { text: row.name, href: `/organisations/${encodeURIComponent(row.code)}`, hint: row.code },
        row.typeName,
        row.region,
        {
          text: row.products.join('; '),
          tags: row.exact ? undefined : [{ text: 'May run it', colour: 'grey' }],
          hint: row.exact ? undefined : row.why,
        },
      ]),
    } satisfies TableModel,
    firstHref: cursor === null ? null : withQuery(path, query),
    nextHref: found.next === null ? null : withQuery(path, query, { cursor: found.next }),
    csvHref: withQuery(`${path}.csv`, query),
  }
}
