import type { CsvLine } from '../../../platform/csv/csv.ts'
import { sortColumn, withQuery, type Query } from '../../../ui/links.ts'
import type { Cell, Column, TableModel } from '../../../ui/models.ts'
import { DOUBT_WORDS, EXCLUSION_WORDS, UNREACHABLE_WORDS } from './model.ts'
import type { AudienceSummary } from './queries.ts'
import type { AudienceListQuery, AudienceView, ListedOrganisation } from './queries/lists.ts'
import type { Reasons } from './queries/reasons.ts'

/** The lists of the page; a file may hold everyone whom the rule reaches, too. */
export const AUDIENCE_LISTS = ['reached', 'doubtful', 'unreachable', 'excluded'] as const
type AudienceList = (typeof AUDIENCE_LISTS)[number]

const LABELS: Readonly<Record<AudienceList, string>> = {
  reached: 'Reached',
  doubtful: 'Reached, but in doubt, and why',
  unreachable: 'Unreachable, and why',
  excluded: 'Left out, and why',
}
const EMPTY: Readonly<Record<AudienceList, { readonly title: string; readonly text: string; readonly isToChange?: boolean }>> = {
  reached: {
    title: 'Nobody is reached',
    text: 'No open organisation that this rule describes can be mailed. Change who gets it, or add contacts to those it describes.',
    isToChange: true,
  },
  doubtful: { title: 'Nobody is in doubt', text: 'Of everyone whom the rule reaches, a contact is known to work.' },
  unreachable: { title: 'Nobody is out of reach', text: 'Everyone whom the rule reaches can be mailed.' },
  excluded: { title: 'Nobody is left out', text: 'The rule leaves out nobody whom it would reach.' },
}
const WHY: Readonly<Record<string, string>> = { ...UNREACHABLE_WORDS, ...DOUBT_WORDS, ...EXCLUSION_WORDS }

/** What the address of a list carries. */
export interface AudienceAddress extends AudienceListQuery {
  readonly list: AudienceList
  readonly cursor: string | null
}

interface Choice {
  readonly code: string
  readonly name: string
}

/** One of the three lists, with how many stand in each. */
export function listView(
  address: string,
  asked: AudienceAddress,
  view: AudienceView,
  choices: { readonly types: readonly Choice[]; readonly regions: readonly Choice[] },
) {
  const { list, search, type, region, sort } = asked
  const query = { list: list === 'reached' ? null : list, q: search, type, region, sort: sort === 'code' ? null : sort }
  const { organisations, unreachable } = view.summary
  const totals: Readonly<Record<AudienceList, number | null>> = {
    reached: organisations - unreachable,
    doubtful: list === 'doubtful' ? view.found.total : null,
    unreachable,
    excluded: view.excluded,
  }
  const clearHref = withQuery(address, { list: query.list })
  return {
    lists: AUDIENCE_LISTS.map(name => ({
      label: LABELS[name],
      total: totals[name],
      href: withQuery(address, { list: name }),
      isCurrent: name === list,
    })),
    total: view.found.total,
    isFiltered: [search, type, region].some(value => value !== ''),
    clearHref,
    empty: EMPTY[list],
    filters: {
      action: address,
      search: { label: 'Organisation: name or code', value: search },
      selects: [
        { name: 'type', label: 'Type', value: type, options: options(choices.types) },
        { name: 'region', label: 'Region', value: region, options: options(choices.regions) },
      ],
      keep: { list: query.list, sort: query.sort },
      clearHref: search + type + region === '' ? undefined : clearHref,
    },
    table: table(address, list, query, view.found.rows, new Map(choices.types.map(({ code, name }) => [code, name]))),
    firstHref: asked.cursor === null ? null : withQuery(address, query),
    nextHref: view.found.next === null ? null : withQuery(address, query, { cursor: view.found.next }),
    csvHref: withQuery(`${address}.csv`, query, { list }),
    everyoneHref: `${address}.csv`,
  }
}

function options(choices: readonly Choice[]) {
  return [{ value: '', text: 'All' }, ...choices.map(({ code, name }) => ({ value: code, text: name }))]
}

export function summaryFigures(summary: AudienceSummary) {
  return [
    { number: summary.organisations, label: summary.organisations === 1 ? 'organisation' : 'organisations' },
    { number: summary.contacts, label: summary.contacts === 1 ? 'contact to be mailed' : 'contacts to be mailed' },
    { number: summary.unreachable, label: 'cannot be mailed', ...(summary.unreachable > 0 ? { tone: 'bad' as const } : {}) },
  ]
}

function table(
  address: string,
  list: AudienceList,
  query: Query,
  rows: readonly ListedOrganisation[],
  types: ReadonlyMap<string, string>,
): TableModel {
  const sorted = (column: Column, name: string) => sortColumn(column, name, address, { ...query, sort: query['sort'] ?? 'code' })
  return {
    caption: LABELS[list],
    head: [
      sorted({ text: 'Code' }, 'code'),
      sorted({ text: 'Name' }, 'name'),
      { text: 'Type' },
      { text: 'Region' },
      { text: 'Board' },
      list === 'reached' ? sorted({ text: 'Contacts', format: 'numeric' }, 'contacts') : sorted({ text: 'Why' }, 'why'),
    ],
    rows: rows.map((row): readonly Cell[] => [
      { text: row.code, href: `/organisations/${encodeURIComponent(row.code)}` },
      row.name,
      types.get(row.type) ?? row.type,
      area(row.region, row.regionName),
      area(row.board, row.boardName),
      list === 'reached' ? row.contacts : (WHY[row.why ?? ''] ?? null),
    ]),
  }
}

/** An area by its name with the code below; by its code alone where nobody told us the name. */
function area(code: string | null, name: string | null): Cell {
  return name === null || name === code ? code : { text: name, hint: code ?? undefined }
}

export const CSV_HEAD = ['code', 'name', 'type', 'region', 'region name', 'board', 'board name', 'contacts', 'why'] as const

export function csvLine(row: ListedOrganisation): CsvLine {
  return [
    row.code,
    row.name,
    row.type,
    row.region,
    row.regionName,
    row.board,
    row.boardName,
    row.contacts,
    row.why === null ? null : (WHY[row.why] ?? row.why),
  ]
}

/** What the fields of a rule come to, while it is put together. */
export function countView(sentence: string, summary: AudienceSummary, reasons: Reasons, names: readonly ListedOrganisation[]) {
  const { organisations, contacts, unreachable, problems } = summary
  const words = (why: string, count: number) => `${count.toLocaleString('en-GB')}: ${lowerFirst(WHY[why] ?? why)}`
  return {
    sentence,
    problems,
    summary: problems.length > 0 ? 'This reaches nobody' : `${plural(organisations, 'organisation')}, ${messageWords(contacts, reasons.addresses)}`,
    notReached: [
      ...reasons.unreachable.map(({ why, count }) => words(why, count)),
      ...reasons.leftOut.map(({ why, count }) => words(why, count)),
      ...(reasons.inDoubt > 0 ? [`${reasons.inDoubt.toLocaleString('en-GB')}: reached, but nothing says that a message gets there`] : []),
    ],
    names: names.map(({ code, name }) => ({ code, name, href: `/organisations/${encodeURIComponent(code)}` })),
    more: Math.max(0, organisations - unreachable - names.length),
  }
}

/** "1,204 messages to 1,190 addresses": a person who stands for several organisations gets one that names them all. */
function messageWords(contacts: number, addresses: number): string {
  return addresses === contacts ? plural(contacts, 'message') : `${plural(contacts, 'contact')} told by ${plural(addresses, 'message')}`
}

function plural(count: number, one: string): string {
  return `${count.toLocaleString('en-GB')} ${one}${count === 1 ? '' : 's'}`
}

function lowerFirst(words: string): string {
  return words.charAt(0).toLowerCase() + words.slice(1)
}
