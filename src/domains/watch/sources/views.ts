import type { Instant } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import type { CsvLine } from '../../../platform/csv/csv.ts'
import type { Tag } from '../../../ui/labels.ts'
import { sortColumn, withQuery, type Query } from '../../../ui/links.ts'
import type { TableModel } from '../../../ui/models.ts'
import type { GatheringRow } from './gatherings/queries.ts'
import { gatheringsTable } from './gatherings/views.ts'
import { FOLDER, formatName, healthOf, HEALTHS, SOURCE_FORMATS, STALE_AFTER_HOURS, UNRECOGNISED, type SourceHealth } from './model.ts'
import type { SourceRow } from './queries.ts'
import type { SourceFilter, SourceSort } from './queries/list.ts'
import { addressLabel, rhythmWords, settingsOf, settingWords } from './settings.ts'

const HEALTH: Readonly<Record<SourceHealth, Tag>> = {
  working: { text: 'Working', colour: 'green' },
  failing: { text: 'Failing', colour: 'red' },
  stale: { text: 'Stale', colour: 'orange' },
  never: { text: 'Never gathered', colour: 'grey' },
  stopped: { text: 'Stopped', colour: 'grey' },
}

export function healthWords(health: SourceHealth): string {
  return HEALTH[health].text
}

/** What the health means and what to do about it, in a sentence. */
function healthSentence(source: SourceRow, now: Instant): string {
  if (source.format === UNRECOGNISED) return 'No source claims these files. What they hold lies in quarantine.'
  switch (healthOf(source, now)) {
    case 'working':
      return source.url === null
        ? 'It is fed by hand, and what came last could be read.'
        : 'It answers. An answer without anything new is an answer too.'
    case 'failing':
      return `${source.failure ?? 'It cannot be gathered.'} What was gathered before is kept.`
    case 'stale':
      return `Nothing has been asked of it for more than ${STALE_AFTER_HOURS} hours. See whether a worker runs.`
    case 'never':
      return source.url === null ? 'No file of it has been gathered yet.' : 'It has not been gathered yet. The clock does it within five minutes.'
    case 'stopped':
      return 'It is not gathered by the clock.'
  }
}

export const SOURCES_HEAD = [
  'Code',
  'Name',
  'Format',
  'Address',
  'Health',
  'Last success',
  'Last attempt',
  'Failing since',
  'Failures in a row',
  'Why it fails',
  'Asked next',
  'Every minutes',
  'Items',
  'In quarantine',
]

export function sourceLine(source: SourceRow, now: Instant): CsvLine {
  return [
    source.code,
    source.name,
    source.format,
    source.url,
    healthWords(healthOf(source, now)),
    source.lastSuccessAt?.toISOString() ?? null,
    source.lastAttemptAt?.toISOString() ?? null,
    source.failingSince?.toISOString() ?? null,
    source.failures,
    source.failure,
    source.nextAt?.toISOString() ?? null,
    source.everyMinutes,
    source.items,
    source.openQuarantine,
  ]
}

export function listModel(
  found: Page<SourceRow> & { readonly formats: readonly string[] },
  filter: SourceFilter,
  sort: SourceSort,
  now: Instant,
  cursor: string | null,
) {
  const query = { q: filter.search, health: filter.health, format: filter.format, sort: sort === 'need' ? null : sort }
  const formats = found.formats.map(format => ({ value: format, text: formatName(format) })).toSorted((a, b) => a.text.localeCompare(b.text))
  return {
    total: found.total,
    isBare: found.formats.length === 0,
    isFiltered: withQuery('/sources', query, { sort: null }) !== '/sources',
    filters: {
      action: '/sources',
      search: { label: 'Search sources', value: filter.search, hint: 'Words of the name, the code or the address' },
      selects: [
        {
          name: 'health',
          label: 'Health',
          value: filter.health ?? '',
          options: [{ value: '', text: 'Any' }, ...HEALTHS.map(health => ({ value: health, text: healthWords(health) }))],
        },
        { name: 'format', label: 'Format', value: filter.format ?? '', options: [{ value: '', text: 'Any' }, ...formats] },
      ],
      keep: { sort: query.sort },
      clearHref: '/sources',
    },
    table: sourcesTable(found.rows, now, { ...query, sort }),
    firstHref: cursor === null ? null : withQuery('/sources', query),
    nextHref: found.next === null ? null : withQuery('/sources', query, { cursor: found.next }),
    csvHref: withQuery('/sources.csv', query),
  }
}

function sourcesTable(sources: readonly SourceRow[], now: Instant, query: Query): TableModel {
  const byNeed = sortColumn({ text: 'Health' }, 'need', '/sources', query)
  return {
    caption: 'Sources',
    captionHidden: true,
    head: [
      sortColumn({ text: 'Source' }, 'name', '/sources', query),
      // Those that need somebody stand first; the other way round is of use to nobody.
      { ...byNeed, href: withQuery('/sources', query, { sort: null }) },
      sortColumn({ text: 'Last success' }, 'success', '/sources', query),
      { text: 'Items', format: 'numeric' },
      { text: 'In quarantine', format: 'numeric' },
    ],
    rows: sources.map(source => {
      const health = healthOf(source, now)
      return [
        {
          text: source.name,
          href: `/sources/${encodeURIComponent(source.code)}`,
          hint: source.url === null ? `${source.code} · fed by hand` : source.code,
        },
        { text: '', tags: [HEALTH[health]], hint: health === 'working' ? undefined : healthSentence(source, now) },
        source.lastSuccessAt === null ? null : { at: source.lastSuccessAt },
        { number: source.items, href: withQuery('/threats', { source: source.code, state: 'all' }) },
        source.openQuarantine === 0 ? 0 : { number: source.openQuarantine, href: withQuery('/quarantine', { source: source.code }) },
      ]
    }),
  }
}

/** The page of a source. `signsInWith` are the names of the headers that the operator gave it, never their values. */
export function sourceModel(
  source: SourceRow,
  gatherings: Page<GatheringRow>,
  now: Instant,
  { mayGather, mayChange }: { readonly mayGather: boolean; readonly mayChange: boolean },
  signsInWith: readonly string[],
) {
  const path = `/sources/${encodeURIComponent(source.code)}`
  const format = SOURCE_FORMATS.find(known => known === source.format)
  const gatherAction = mayGather && source.url !== null ? [{ label: 'Gather now', href: `${path}/gather`, method: 'post' as const }] : []
  const switchAction =
    mayChange && source.url !== null
      ? [
          source.enabled
            ? { label: 'Stop gathering', href: `${path}/stop`, method: 'post' as const }
            : { label: 'Start gathering', href: `${path}/start`, method: 'post' as const },
          { label: 'Look at everything anew', href: `${path}/start-anew`, method: 'post' as const, variant: 'secondary' as const },
        ]
      : []
  return {
    source,
    offered: [...gatherAction, ...switchAction],
    changeHref: mayChange && format !== undefined ? `${path}/change` : null,
    remarks: source.remarks,
    summaryRows: {
      rows: [
        { key: 'Health', value: { text: '', tags: [HEALTH[healthOf(source, now)]], hint: healthSentence(source, now) } },
        ...(source.failingSince === null
          ? []
          : [
              {
                key: 'Failing since',
                value: { at: source.failingSince, hint: `${source.failures} ${source.failures === 1 ? 'time' : 'times'} in a row` },
              },
            ]),
        { key: 'Last success', value: source.lastSuccessAt === null ? { text: 'Never' } : { at: source.lastSuccessAt } },
        ...(source.url === null || !source.enabled
          ? []
          : [
              {
                key: source.failures > 0 ? 'Next try' : 'Asked next',
                value: source.nextAt === null ? { text: 'Within five minutes' } : { at: source.nextAt },
              },
            ]),
        { key: addressLabel(source.format), value: source.url === null ? { text: 'None: it is fed by hand' } : { text: source.url } },
        ...(source.url === null ? [] : [{ key: 'Rhythm', value: { text: rhythmWords(source.everyMinutes) } }]),
        ...(source.url === null || format === FOLDER
          ? []
          : [{ key: 'Signs in with', value: { text: signsInWith.length === 0 ? 'Nothing' : signsInWith.join(', ') } }]),
        ...(format === undefined ? [] : settingsOf(format)).flatMap(setting => {
          const value = source.settings[setting.name]
          return value === undefined ? [] : [{ key: setting.label, value: { text: settingWords(setting, value) } }]
        }),
        { key: 'Its items', value: { text: source.opensThreats ? 'Open threats' : 'Only add to threats that others opened' } },
        { key: 'Format', value: { text: formatName(source.format) } },
        { key: 'Code', value: { text: source.code } },
        { key: 'Items', value: { number: source.items, href: withQuery('/threats', { source: source.code, state: 'all' }) } },
        { key: 'In quarantine', value: { number: source.openQuarantine, href: withQuery('/quarantine', { source: source.code }) } },
      ],
    },
    gatherings: { ...gatheringsTable(gatherings.rows, path), caption: 'What was gathered, newest first' },
    total: gatherings.total,
    allHref: gatherings.total > gatherings.rows.length ? `${path}/gatherings` : null,
  }
}
