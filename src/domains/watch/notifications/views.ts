import type { Page } from '../../../kernel/page.ts'
import { date, exactTime } from '../../../ui/filters/dates.ts'
import { plural } from '../../../ui/filters/words.ts'
import type { Tag } from '../../../ui/labels.ts'
import { sortColumn, withQuery, type Query } from '../../../ui/links.ts'
import type { Action, Cell, Column, TableModel } from '../../../ui/models.ts'
import { CARE, CARE_WORDS, gist, INCIDENT_KINDS, STANDINGS, suspicionWords, type Care, type NoteKind, type Standing } from './model.ts'
import type { NotificationFilter, NotificationRow, NotificationSort } from './queries/list.ts'
import type { NamedOrganisation } from './queries/recognise.ts'
import type { NotificationNote, NotificationRecord, SenderRecord } from './queries/show.ts'

const LIST = '/incident-notifications'

const CARE_TAGS: Readonly<Record<Care, Tag>> = {
  affected: { text: 'Care affected', colour: 'red' },
  unknown: { text: 'Care: not known yet', colour: 'orange' },
  'not-affected': { text: 'Care not affected', colour: 'grey' },
}
const STANDING_TAGS: Readonly<Record<Standing, Tag>> = {
  taken: { text: 'In the queue', colour: 'blue' },
  suspected: { text: 'Suspected spam', colour: 'yellow' },
  spam: { text: 'Spam', colour: 'grey' },
}
const UNCONFIRMED: Tag = { text: 'Not confirmed', colour: 'yellow' }

/** The list's address says all of its state, so that a reload or a link shows the same. */
function queryOf(filter: NotificationFilter, sort: NotificationSort): Query {
  const yesOrNo = (value: boolean | null) => (value === null ? null : value ? 'yes' : 'no')
  return {
    q: filter.search,
    standing: filter.standing === 'taken' ? null : filter.standing,
    care: filter.care,
    kind: filter.kind,
    recognised: yesOrNo(filter.recognised),
    rung: yesOrNo(filter.rung),
    sort: sort === 'pressing' ? null : sort,
  }
}

export interface ListFacts {
  readonly found: Page<NotificationRow>
  readonly filter: NotificationFilter
  readonly sort: NotificationSort
  readonly cursor: string | null
  /** How many are suspected spam. `null` for readers who are not shown those. */
  readonly suspected: number | null
}

export function listModel({ found, filter, sort, cursor, suspected }: ListFacts) {
  const query = queryOf(filter, sort)
  const { sort: _sort, ...rest } = query
  const isFiltered = withQuery('', rest) !== ''
  const isCentre = suspected !== null
  return {
    total: found.total,
    isFiltered,
    isCentre,
    suspected:
      suspected === null || suspected === 0 || filter.standing === 'suspected'
        ? null
        : { text: `${plural(suspected, 'report', 'reports')} kept apart as suspected spam`, href: withQuery(LIST, { standing: 'suspected' }) },
    filters: {
      action: LIST,
      search: { label: 'Search incident notifications', value: filter.search, hint: 'A number, an organisation, or words of what is happening' },
      selects: [
        ...(isCentre
          ? [
              select('standing', 'State', filter.standing === 'taken' ? '' : filter.standing, [
                ['', STANDING_TAGS.taken.text],
                ...STANDINGS.filter(standing => standing !== 'taken').map(standing => [standing, STANDING_TAGS[standing].text] as const),
                ['all', 'All'],
              ]),
            ]
          : []),
        select('care', 'Care', filter.care ?? '', [['', 'Any'], ...CARE.map(care => [care, CARE_WORDS[care]] as const)]),
        select('kind', 'Kind', filter.kind ?? '', [['', 'Any'], ...Object.entries(INCIDENT_KINDS)]),
        ...(isCentre
          ? [
              select('recognised', 'Organisation', String(query['recognised'] ?? ''), [
                ['', 'Any'],
                ['yes', 'Recognised'],
                ['no', 'Not recognised'],
              ]),
              select('rung', 'Rung', String(query['rung'] ?? ''), [
                ['', 'Any'],
                ['no', 'Not yet'],
                ['yes', 'Yes'],
              ]),
            ]
          : []),
      ],
      checkboxes: [],
      keep: { sort: query['sort'] },
      clearHref: isFiltered ? LIST : null,
    },
    table: table(found.rows, query, isCentre),
    firstHref: cursor === null ? null : withQuery(LIST, query),
    nextHref: found.next === null ? null : withQuery(LIST, query, { cursor: found.next }),
    csvHref: withQuery(`${LIST}.csv`, query),
  }
}

function select(name: string, label: string, value: string, options: readonly (readonly [string, string])[]) {
  return { name, label, value, options: options.map(([option, text]) => ({ value: option, text })) }
}

function table(rows: readonly NotificationRow[], query: Query, isCentre: boolean): TableModel {
  const current = query['sort'] ?? 'pressing'
  const sorts = (column: Column, name: NotificationSort, sort: 'ascending' | 'descending') => ({
    ...sortColumn(column, name, LIST, query),
    href: withQuery(LIST, query, { sort: name === 'pressing' ? null : name, cursor: null }),
    sort: current === name ? sort : ('none' as const),
  })
  const received = current === 'newest' ? sorts({ text: 'Received' }, 'oldest', 'ascending') : sorts({ text: 'Received' }, 'newest', 'descending')
  return {
    caption: 'Incident notifications',
    captionHidden: true,
    head: [
      sorts({ text: 'Notification and care' }, 'pressing', 'descending'),
      { text: 'Organisation' },
      { text: 'Report' },
      { ...received, sort: current === 'newest' ? 'descending' : current === 'oldest' ? 'ascending' : 'none' },
      ...(isCentre ? [{ text: 'Rung' }] : []),
    ],
    rows: rows.map((row): Cell[] => [
      {
        text: row.number,
        href: `${LIST}/${row.number}`,
        tags: [CARE_TAGS[row.care], ...(row.standing === 'taken' ? [] : [STANDING_TAGS[row.standing]])],
        hint:
          row.suspicions.length > 0 ? row.suspicions.map(suspicionWords).join('. ') : row.kind === 'not-sure' ? undefined : INCIDENT_KINDS[row.kind],
      },
      organisationCell(row),
      gist(row.what),
      { at: row.receivedAt },
      ...(isCentre ? [row.rungAt === null ? { text: row.mayCall ? 'Not yet' : 'Asks not to be rung' } : { at: row.rungAt }] : []),
    ]),
  }
}

function organisationCell(row: Pick<NotificationRow, 'organisationName' | 'organisationCode' | 'organisationGiven' | 'isConfirmed'>): Cell {
  if (row.organisationName === null) return row.organisationGiven === '' ? 'Not said' : { text: row.organisationGiven, hint: 'Not recognised' }
  return {
    text: row.organisationName,
    href: `/organisations/${encodeURIComponent(row.organisationCode ?? '')}`,
    tags: row.isConfirmed ? undefined : [UNCONFIRMED],
    hint: row.organisationCode ?? undefined,
  }
}

export const NOTIFICATIONS_HEAD = [
  'Number',
  'Received',
  'Organisation code',
  'Organisation',
  'Confirmed',
  'Organisation as typed',
  'Kind',
  'Care',
  'Since',
  'Since, as read',
  'People affected',
  'What is happening',
  'Rung',
  'State',
]

export function notificationLine(row: NotificationRow): (string | number | null)[] {
  return [
    row.number,
    row.receivedAt.toISOString(),
    row.organisationCode,
    row.organisationName,
    row.isConfirmed ? 'yes' : 'no',
    row.organisationGiven,
    INCIDENT_KINDS[row.kind],
    CARE_WORDS[row.care],
    row.since,
    row.sinceAt?.toISOString() ?? null,
    row.peopleAffected,
    row.what,
    row.rungAt?.toISOString() ?? null,
    STANDING_TAGS[row.standing].text,
  ]
}

export interface ShownNotification {
  readonly record: NotificationRecord
  /** For the centre alone; `null` for the others. */
  readonly desk: {
    readonly sender: SenderRecord | undefined
    readonly notes: readonly NotificationNote[]
    readonly threat: { readonly id: string; readonly title: string; readonly priority: string; readonly reason: string } | undefined
    readonly candidates: readonly NamedOrganisation[]
  } | null
}

const RECOGNISED = {
  person: 'Sent by somebody who is signed in for it',
  code: 'Recognised by the code that the sender gave: ring to make sure',
  name: 'Recognised by the name that the sender gave: ring to make sure',
  centre: 'Confirmed by the centre',
} as const

export function notificationModel({ record, desk }: ShownNotification, mayHandle: boolean, typed: string | null, fault: string | undefined) {
  const address = `${LIST}/${record.number}`
  return {
    number: record.number,
    tlp: record.tlp,
    tags: [CARE_TAGS[record.care], ...(desk === null && record.standing === 'taken' ? [] : [STANDING_TAGS[record.standing]])],
    what: record.what,
    suspicions: record.suspicions.map(suspicionWords),
    facts: { rows: factRows(record) },
    desk: desk === null ? null : deskModel(record, desk, mayHandle),
    correct: desk === null || !mayHandle ? null : correctForm(record, desk.candidates, `${address}/organisation`, typed, fault),
  }
}

function factRows(record: NotificationRecord) {
  const read = record.since_at === null ? undefined : record.since_has_time ? exactTime(record.since_at) : date(record.since_at)
  const isNamed = record.organisationName !== null
  return [
    {
      key: 'Organisation',
      value: isNamed
        ? {
            text: record.organisationName ?? '',
            href: `/organisations/${encodeURIComponent(record.organisationCode ?? '')}`,
            tags: record.is_confirmed ? undefined : [UNCONFIRMED],
            hint: record.recognised_by === null ? undefined : RECOGNISED[record.recognised_by],
          }
        : { text: 'Not recognised' },
    },
    ...(record.organisation_given === '' ? [] : [{ key: 'As they wrote it', value: { text: record.organisation_given } }]),
    {
      key: 'Since when',
      value:
        record.since_words === '' ? { text: 'Not said' } : { text: record.since_words, hint: read === undefined ? undefined : `Read as ${read}` },
    },
    { key: 'Kind', value: { text: INCIDENT_KINDS[record.kind] } },
    { key: 'Care', value: { text: CARE_WORDS[record.care] } },
    ...(record.people_affected === null ? [] : [{ key: 'People affected', value: { number: record.people_affected } }]),
    { key: 'Received', value: { at: record.received_at, hint: exactTime(record.received_at) } },
    { key: 'Shared with the region', value: { text: record.shares_with_region ? 'Yes' : 'No' } },
  ]
}

const NOTE_WORDS: Readonly<Record<NoteKind, string>> = {
  rang: 'Rang them',
  organisation: 'Organisation corrected',
  spam: 'Called it spam',
  'not-spam': 'Called it genuine',
}
const MAIL_WORDS = {
  waiting: 'Waiting to be sent',
  sent: 'Sent',
  refused: 'Refused by their mail server',
  withheld: 'Not sent: suspected spam, or too many to that address',
} as const

function deskModel(record: NotificationRecord, desk: NonNullable<ShownNotification['desk']>, mayHandle: boolean) {
  const address = `${LIST}/${record.number}`
  const { sender, threat } = desk
  const text = (value: string | null | undefined): Cell => ({ text: value ?? 'Not said' })
  const offered: Action[] = mayHandle
    ? [
        ...(record.standing === 'spam'
          ? []
          : [{ label: 'It is spam', href: `${address}/spam`, method: 'post' as const, variant: 'secondary' as const }]),
        ...(record.standing === 'taken' ? [] : [{ label: 'It is not spam', href: `${address}/not-spam`, method: 'post' as const }]),
      ]
    : []
  return {
    actions: offered,
    rang: mayHandle
      ? {
          action: `${address}/rang`,
          submit: 'We rang them',
          fields: [{ name: 'note', label: 'What did they say?', kind: 'textarea' as const, rows: 3, optional: true }],
        }
      : null,
    threat: threat === undefined ? null : { ...threat, href: `/threats/${threat.id}` },
    isOnItsWay: threat === undefined && record.standing === 'taken',
    phone: sender?.phone ?? null,
    directoryHref: record.organisationCode === null ? null : `/organisations/${encodeURIComponent(record.organisationCode)}`,
    mayCall: record.may_call,
    sender: {
      card: 'Who sent it',
      rows: [
        { key: 'Name', value: text(sender?.name) },
        { key: 'Signed in as', value: text(sender?.personName ?? (sender?.personId === null ? 'Nobody' : sender?.personId)) },
        { key: 'May we ring', value: { text: record.may_call ? 'Yes' : 'No' } },
        { key: 'Telephone', value: text(sender?.phone) },
        {
          key: 'E-mail',
          value: { text: sender?.email ?? 'Not said', hint: record.acknowledgement === null ? undefined : MAIL_WORDS[record.acknowledgement] },
        },
        { key: 'Came by', value: { text: { form: 'The form', api: 'The API', file: 'A file' }[record.via] } },
      ],
    },
    notes: {
      caption: 'What the centre did, newest first',
      head: [{ text: 'When' }, { text: 'What' }, { text: 'Who' }],
      rows: desk.notes.map((note): Cell[] => [
        { at: note.at },
        { text: NOTE_WORDS[note.kind], hint: note.note ?? undefined },
        note.actorName ?? (note.actorId === 'operator' ? 'The operator' : 'Somebody who has left'),
      ]),
    } satisfies TableModel,
  }
}

function correctForm(
  record: NotificationRecord,
  candidates: readonly NamedOrganisation[],
  action: string,
  typed: string | null,
  error: string | undefined,
) {
  const hint =
    candidates.length === 0
      ? 'Leave it empty if it is not known.'
      : `Perhaps ${candidates.map(({ name, code }) => `${name} (${code})`).join(', ')}. Leave it empty if it is not known.`
  return {
    action,
    submit: 'Save the organisation',
    autosave: false,
    fields: [{ name: 'organisation', label: 'Its ODS code', kind: 'code', width: 10, hint, value: typed ?? record.organisationCode ?? '', error }],
  }
}
