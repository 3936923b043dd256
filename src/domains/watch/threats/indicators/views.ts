import { defang } from '../../../../kernel/indicator.ts'
import type { IndicatorType } from '../../../../kernel/intelligence.ts'
import type { Page } from '../../../../kernel/page.ts'
import type { CsvLine } from '../../../../platform/csv/csv.ts'
import { withQuery } from '../../../../ui/links.ts'
import type { Cell, TableModel } from '../../../../ui/models.ts'
import type { ThreatRecord } from '../queries/show.ts'
import { INDICATOR_WORDS } from './model.ts'
import type { IndicatorFilter, ThreatIndicator } from './queries.ts'

const EXPIRY_WORDS: Readonly<Record<IndicatorFilter['expiry'], string>> = { current: 'Those in force', expired: 'Expired ones', all: 'All' }

export const INDICATORS_HEAD = ['Type', 'Indicator', 'TLP', 'First seen', 'Last seen', 'Valid until', 'Expired', 'Sources', 'Note']

/** A line of the download. Plain values are for machines; a person's file is defanged. */
export function indicatorLine(row: ThreatIndicator, isPlain: boolean): CsvLine {
  const { type, value, tlp, firstSeen, lastSeen, validUntil, isExpired, sources, note } = row
  const days = [firstSeen.toISOString(), lastSeen.toISOString(), validUntil?.toISOString() ?? null]
  return [type, isPlain ? value : defang(value), tlp, ...days, isExpired ? 'yes' : 'no', sources.join('; '), note]
}

/** Nothing of an indicator is ever a link. */
function indicatorTable(rows: readonly ThreatIndicator[]): TableModel {
  return {
    caption: 'Indicators of compromise',
    head: [{ text: 'Indicator' }, { text: 'Type' }, { text: 'First seen' }, { text: 'Last seen' }, { text: 'Valid until' }, { text: 'Said by' }],
    rows: rows.map((row): Cell[] => [
      {
        text: defang(row.value),
        tlp: row.tlp,
        tags: row.isExpired ? [{ text: 'Expired', colour: 'grey' }] : undefined,
        hint: row.note ?? undefined,
      },
      INDICATOR_WORDS[row.type],
      { date: row.firstSeen },
      { date: row.lastSeen },
      row.validUntil === null ? null : { date: row.validUntil },
      row.sources.join(', '),
    ]),
  }
}

/** The first of them for the threat's page; `null` when there are none. */
export function indicatorSection(threatId: string, found: Page<ThreatIndicator>) {
  if (found.total === 0) return null
  return {
    table: indicatorTable(found.rows),
    plain: plainList(found.rows),
    isAll: found.next === null,
    total: found.total,
    href: `/threats/${threatId}/indicators`,
  }
}

function plainList(rows: readonly ThreatIndicator[]): string {
  return rows.map(row => defang(row.value)).join('\n')
}

export function indicatorsModel(
  threat: ThreatRecord,
  found: Page<ThreatIndicator>,
  { filter, types, cursor }: { readonly filter: IndicatorFilter; readonly types: readonly IndicatorType[]; readonly cursor: string | null },
) {
  const path = `/threats/${threat.id}/indicators`
  const query = { q: filter.search, type: filter.type, expiry: filter.expiry === 'current' ? null : filter.expiry }
  const isFiltered = withQuery(path, query) !== path
  const options = (list: readonly (readonly [string, string])[]) => list.map(([value, text]) => ({ value, text }))
  return {
    threat,
    total: found.total,
    isFiltered,
    clearHref: path,
    /** What to try when those in force are none. */
    widerHref: withQuery(path, { expiry: 'all' }),
    filters: {
      action: path,
      search: { label: 'Search indicators', value: filter.search, hint: 'Part of a value, defanged or not' },
      selects: [
        {
          name: 'type',
          label: 'Type',
          value: filter.type ?? '',
          options: options([['', 'Any'], ...types.map(type => [type, INDICATOR_WORDS[type]] as const)]),
        },
        { name: 'expiry', label: 'Show', value: filter.expiry, options: options(Object.entries(EXPIRY_WORDS)) },
      ],
      clearHref: isFiltered ? path : null,
    },
    table: { ...indicatorTable(found.rows), captionHidden: true },
    plain: plainList(found.rows),
    firstHref: cursor === null ? null : withQuery(path, query),
    nextHref: found.next === null ? null : withQuery(path, query, { cursor: found.next }),
    csvHref: withQuery(`${path}.csv`, query),
    plainCsvHref: withQuery(`${path}.csv`, query, { form: 'plain' }),
  }
}
