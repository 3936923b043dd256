import type { Instant } from '../../../kernel/instant.ts'
import type { Tag } from '../../../ui/labels.ts'
import { withQuery } from '../../../ui/links.ts'
import type { TableModel } from '../../../ui/models.ts'
import { formatName, healthOf, STALE_AFTER_HOURS, UNRECOGNISED, type SourceHealth } from './model.ts'
import type { GatheringRow, SourceRow } from './queries.ts'

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
      return source.url === null
        ? 'No file of it has been gathered yet.'
        : 'It has not been gathered yet. The clock does it within a quarter of an hour.'
    case 'stopped':
      return 'It is not gathered by the clock.'
  }
}

const URGENCY: readonly SourceHealth[] = ['failing', 'stale', 'never', 'working', 'stopped']

export function sourcesTable(sources: readonly SourceRow[], now: Instant): TableModel {
  const byNeed = sources.toSorted((a, b) => URGENCY.indexOf(healthOf(a, now)) - URGENCY.indexOf(healthOf(b, now)))
  return {
    caption: 'Sources, those that need somebody first',
    captionHidden: true,
    head: [
      { text: 'Source' },
      { text: 'Health' },
      { text: 'Last success' },
      { text: 'Items', format: 'numeric' },
      { text: 'In quarantine', format: 'numeric' },
    ],
    rows: byNeed.map(source => {
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

const OUTCOMES: Readonly<Record<GatheringRow['outcome'], Tag>> = {
  taken: { text: 'Taken in', colour: 'green' },
  unchanged: { text: 'Nothing new', colour: 'grey' },
  failed: { text: 'Failed', colour: 'red' },
}

export function sourceModel(source: SourceRow, gatherings: readonly GatheringRow[], now: Instant, mayGather: boolean, mayChange: boolean) {
  const path = `/sources/${encodeURIComponent(source.code)}`
  const gatherAction = mayGather && source.url !== null ? [{ label: 'Gather now', href: `${path}/gather`, method: 'post' as const }] : []
  const switchAction =
    mayChange && source.url !== null
      ? [
          source.enabled
            ? { label: 'Stop gathering', href: `${path}/stop`, method: 'post' as const }
            : { label: 'Start gathering', href: `${path}/start`, method: 'post' as const },
        ]
      : []
  return {
    source,
    offered: [...gatherAction, ...switchAction],
    summaryRows: {
      rows: [
        { key: 'Health', value: { text: '', tags: [HEALTH[healthOf(source, now)]], hint: healthSentence(source, now) } },
        ...(source.failingSince === null ? [] : [{ key: 'Failing since', value: { at: source.failingSince } }]),
        { key: 'Last success', value: source.lastSuccessAt === null ? { text: 'Never' } : { at: source.lastSuccessAt } },
        { key: 'Address', value: source.url === null ? { text: 'None: it is fed by hand' } : { text: source.url } },
        { key: 'Format', value: { text: formatName(source.format) } },
        { key: 'Code', value: { text: source.code } },
        { key: 'Items', value: { number: source.items, href: withQuery('/threats', { source: source.code, state: 'all' }) } },
        { key: 'In quarantine', value: { number: source.openQuarantine, href: withQuery('/quarantine', { source: source.code }) } },
      ],
    },
    gatherings: {
      caption: 'What was gathered, newest first',
      head: [
        { text: 'When' },
        { text: 'What' },
        { text: 'Outcome' },
        { text: 'Added', format: 'numeric' },
        { text: 'Changed', format: 'numeric' },
        { text: 'Withdrawn', format: 'numeric' },
        { text: 'Unchanged', format: 'numeric' },
        { text: 'Quarantined', format: 'numeric' },
      ],
      rows: gatherings.map(row => [
        { at: row.at },
        { text: row.label ?? 'Not recognised', hint: row.failure === null ? row.address : `${row.failure} (${row.address})` },
        { text: '', tags: [OUTCOMES[row.outcome]] },
        row.added,
        row.changed,
        row.withdrawn,
        row.unchanged,
        row.quarantined,
      ]),
    } satisfies TableModel,
  }
}
