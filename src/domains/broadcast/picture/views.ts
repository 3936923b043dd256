import { parseLocalDate } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import { deliveryTag, responseTag } from '../../../ui/labels.ts'
import { sortColumn, withQuery, type Query } from '../../../ui/links.ts'
import type { Cell, TableModel } from '../../../ui/models.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import type { Bulletin } from '../bulletins/queries.ts'
import { RESPONSE_CHOICES, RESPONSE_STATES, viaWords } from '../responses/model.ts'
import { APART, recipientsAddress, STAGE_LABELS, STAGES } from './model.ts'
import type { recipientChoices, RecipientRow, RecipientsFilter, RecipientSort } from './queries/recipients.ts'

/** The filters as the address carries them. */
function filterQuery(filter: RecipientsFilter): Query {
  const { stage, answer, type, region, board, partner, search } = filter
  return { q: search, stage, answer, type, region, board, partner }
}

export function recipientsView(
  bulletin: Bulletin,
  found: Page<RecipientRow>,
  filter: RecipientsFilter,
  sort: RecipientSort,
  choices: Awaited<ReturnType<typeof recipientChoices>>,
  cursor: string | null,
) {
  const address = recipientsAddress(bulletin.number)
  const query = { ...filterQuery(filter), sort: sort === 'code' ? null : sort }
  const number = bulletinNumber(bulletin.number)
  const options = (list: readonly { code: string; name: string }[]) => [
    { value: '', text: 'All' },
    ...list.map(({ code, name }) => ({ value: code, text: name })),
    { value: 'none', text: 'None' },
  ]
  return {
    number,
    title: bulletin.title,
    tlp: bulletin.tlp,
    total: found.total,
    isFiltered: withQuery(address, query, { sort: null }) !== address,
    clearHref: address,
    csvHref: withQuery(`${address}.csv`, query),
    table: recipientsTable(found.rows, address, query),
    firstHref: cursor === null ? undefined : withQuery(address, query),
    nextHref: found.next === null ? undefined : withQuery(address, query, { cursor: found.next }),
    filters: {
      action: address,
      search: { label: 'Organisation: name or code', value: filter.search },
      selects: [
        {
          name: 'stage',
          label: 'Stage',
          value: filter.stage ?? '',
          options: [{ value: '', text: 'All' }, ...[...APART, ...STAGES].map(stage => ({ value: stage, text: STAGE_LABELS[stage] }))],
        },
        {
          name: 'answer',
          label: 'Answer',
          value: filter.answer ?? '',
          options: [
            { value: '', text: 'All' },
            ...RESPONSE_CHOICES.map(state => ({ value: state, text: RESPONSE_STATES[state].label })),
            { value: 'seen', text: 'Acknowledged or assessing' },
            { value: 'declined', text: 'Not applicable, or chose not to act' },
          ],
        },
        { name: 'type', label: 'Type', value: filter.type, options: options(choices.types).slice(0, -1) },
        { name: 'region', label: 'Region', value: filter.region, options: options(choices.regions) },
        { name: 'board', label: 'Board', value: filter.board, options: options(choices.boards) },
      ],
      keep: { partner: filter.partner, sort: query.sort },
      clearHref: address,
    },
  }
}

function recipientsTable(rows: readonly RecipientRow[], address: string, query: Query): TableModel {
  return {
    caption: 'Organisations in the audience',
    captionHidden: true,
    head: [
      sortColumn({ text: 'Organisation, by code' }, 'code', address, { ...query, sort: query['sort'] ?? 'code' }),
      { text: 'Answer' },
      sortColumn({ text: 'When' }, 'answered', address, query),
      { text: 'By whom' },
      { text: 'Next date' },
      { text: 'Contacts', format: 'numeric' },
      { text: 'Message' },
    ],
    rows: rows.map((row): readonly Cell[] => [
      { text: row.name, href: `/organisations/${encodeURIComponent(row.code)}`, hint: row.code },
      { text: '', tags: [responseTag(row.standing)], hint: whyWords(row) },
      row.answeredAt === null ? null : { at: row.answeredAt },
      row.by === null ? (row.via === null ? null : 'Not known') : { text: row.by, hint: row.via === null ? undefined : viaWords(row.via) },
      row.nextDate === null ? null : { date: parseLocalDate(row.nextDate) ?? null },
      row.contacts,
      row.delivery === null ? { text: 'Nobody to send to' } : { text: '', tags: [deliveryTag(row.delivery)], hint: row.words ?? undefined },
    ]),
  }
}

/** Why an organisation does not act: what it chose, then what it wrote. For any other answer, its note. */
function whyWords({ reasonLabel, reason, note }: RecipientRow): string | undefined {
  const parts = [reasonLabel, reason ?? note].filter(part => part !== null)
  return parts.length === 0 ? undefined : parts.join(': ')
}

export const CSV_HEAD = [
  'code',
  'organisation',
  'type',
  'region',
  'board',
  'answer',
  'answered at',
  'answered by',
  'via',
  'next date',
  'reason chosen',
  'reason',
  'note',
  'contacts',
  'message',
  'server words',
] as const

export function csvRow(row: RecipientRow): readonly (string | number | null)[] {
  return [
    row.code,
    row.name,
    row.type,
    row.region,
    row.board,
    row.standing,
    row.answeredAt?.toISOString() ?? null,
    row.by,
    row.via,
    row.nextDate,
    row.reasonLabel,
    row.reason,
    row.note,
    row.contacts,
    row.delivery,
    row.words,
  ]
}
