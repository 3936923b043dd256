import { addHours, type Instant } from '../../../../kernel/instant.ts'
import type { Page } from '../../../../kernel/page.ts'
import type { CsvLine } from '../../../../platform/csv/csv.ts'
import type { Tag } from '../../../../ui/labels.ts'
import { withQuery } from '../../../../ui/links.ts'
import type { Cell, TableModel } from '../../../../ui/models.ts'
import { fieldWord } from '../../gathering/model.ts'
import { eventWords, timelineRow } from '../views.ts'
import { CHANGE_KINDS, type ChangeFilter, type ChangeKind, type ChangeRow } from './queries.ts'

const PATH = '/threats/changes'

const KIND_TAGS: Readonly<Record<ChangeKind, Tag>> = {
  new: { text: 'New', colour: 'blue' },
  joined: { text: 'Another source', colour: 'white' },
  changed: { text: 'What to do may change', colour: 'orange' },
  ransomware: { text: 'Used in ransomware attacks', colour: 'red' },
  epss: { text: 'EPSS step', colour: 'orange' },
  reopened: { text: 'Back in the queue', colour: 'yellow' },
  taken: { text: 'Taken or given', colour: 'grey' },
  decided: { text: 'Decided', colour: 'grey' },
}

const WINDOWS = [
  { text: 'The last 12 hours', hours: 12 },
  { text: 'The last day', hours: 24 },
  { text: 'The last week', hours: 168 },
] as const

export const CHANGES_HEAD = ['When', 'Kind', 'Threat', 'Title', 'What', 'Fields', 'Note', 'Who', 'TLP']

export function changeLine({ kind, threat, event }: ChangeRow): CsvLine {
  const fields = event.fields.map(fieldWord).join('; ')
  const who = event.item === null ? event.actorName : event.item.source
  return [event.at.toISOString(), KIND_TAGS[kind].text, threat.id, threat.title, eventWords(event), fields, event.note, who, threat.tlp]
}

/** `visit` is when the reader was here before: what is shown unless another time is asked for. */
export function changesModel(
  found: Page<ChangeRow>,
  filter: ChangeFilter,
  at: { readonly cursor: string | null; readonly visit: Instant; readonly now: Instant },
) {
  const { since, kind, search } = filter
  const asked = since.getTime() === at.visit.getTime() ? null : since.toISOString()
  const query = { q: search, kind, since: asked }
  const clearHref = withQuery(PATH, { since: asked })
  const isFiltered = search !== '' || kind !== null
  return {
    total: found.total,
    since,
    isFiltered,
    clearHref,
    filters: {
      action: PATH,
      search: { label: 'Search threats', value: search, hint: 'A CVE, a maker, a product or words of the title' },
      selects: [
        {
          name: 'kind',
          label: 'What happened',
          value: kind ?? '',
          options: [{ value: '', text: 'Anything' }, ...CHANGE_KINDS.map(one => ({ value: one, text: KIND_TAGS[one].text }))],
        },
      ],
      keep: { since: asked },
      clearHref: isFiltered ? clearHref : null,
    },
    windows: [
      { text: 'Since your last visit', href: withQuery(PATH, query, { since: null }) },
      ...WINDOWS.map(({ text, hours }) => ({ text, href: withQuery(PATH, query, { since: addHours(at.now, -hours).toISOString() }) })),
    ],
    table: {
      caption: 'Changes',
      captionHidden: true,
      head: [{ text: 'Threat' }, { text: 'Kind' }, { text: 'When' }, { text: 'What' }, { text: 'Who' }],
      rows: found.rows.map(({ kind: one, threat, event }): Cell[] => [
        { text: threat.title, href: `/threats/${threat.id}`, tlp: threat.tlp === 'CLEAR' ? undefined : threat.tlp },
        { text: '', tags: [KIND_TAGS[one]] },
        ...timelineRow(event),
      ]),
    } satisfies TableModel,
    firstHref: at.cursor === null ? null : withQuery(PATH, query),
    nextHref: found.next === null ? null : withQuery(PATH, query, { cursor: found.next }),
    csvHref: withQuery(`${PATH}.csv`, { ...query, since: since.toISOString() }),
  }
}
