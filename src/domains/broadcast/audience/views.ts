import { withQuery } from '../../../ui/links.ts'
import type { TableModel } from '../../../ui/models.ts'
import { EXCLUSION_WORDS, UNREACHABLE_WORDS, type RuleNames } from './model.ts'
import type { AudienceSummary, ExcludedOrganisation, ListedOrganisation } from './queries.ts'

export const AUDIENCE_LISTS = ['reached', 'unreachable', 'excluded'] as const
export type AudienceList = (typeof AUDIENCE_LISTS)[number]

const LABELS: Readonly<Record<AudienceList, string>> = { reached: 'Reached', unreachable: 'Unreachable, and why', excluded: 'Left out, and why' }
export const LIST_EMPTY: Readonly<Record<AudienceList, string>> = {
  reached: 'Nobody is reached by this rule.',
  unreachable: 'Everyone whom the rule reaches can be mailed.',
  excluded: 'Nobody whom the rule would reach is left out.',
}

/** The three lists as links, with how many stand in each. */
export function listLinks(address: string, current: AudienceList, totals: Readonly<Record<AudienceList, number>>) {
  return AUDIENCE_LISTS.map(list => ({ label: LABELS[list], total: totals[list], href: withQuery(address, { list }), isCurrent: list === current }))
}

export function summaryFigures(summary: AudienceSummary) {
  return [
    { number: summary.organisations, label: summary.organisations === 1 ? 'organisation' : 'organisations' },
    { number: summary.contacts, label: summary.contacts === 1 ? 'contact to be mailed' : 'contacts to be mailed' },
    { number: summary.unreachable, label: 'cannot be mailed', ...(summary.unreachable > 0 ? { tone: 'bad' as const } : {}) },
  ]
}

export function namesTable(list: 'reached' | 'unreachable', rows: readonly ListedOrganisation[], names: RuleNames): TableModel {
  return {
    caption: LABELS[list],
    head: [
      { text: 'Code' },
      { text: 'Name' },
      { text: 'Type' },
      { text: 'Region' },
      list === 'reached' ? { text: 'Contacts', format: 'numeric' } : { text: 'Why' },
    ],
    rows: rows.map(row => [
      { text: row.code, href: `/organisations/${encodeURIComponent(row.code)}` },
      row.name,
      names.types.get(row.type) ?? row.type,
      row.region,
      row.unreachable === null ? row.contacts : UNREACHABLE_WORDS[row.unreachable],
    ]),
  }
}

export function excludedTable(rows: readonly ExcludedOrganisation[]): TableModel {
  return {
    caption: LABELS.excluded,
    head: [{ text: 'Code' }, { text: 'Name' }, { text: 'Why' }],
    rows: rows.map(row => [{ text: row.code, href: `/organisations/${encodeURIComponent(row.code)}` }, row.name, EXCLUSION_WORDS[row.why]]),
  }
}
