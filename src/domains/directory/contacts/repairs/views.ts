import type { Page } from '../../../../kernel/page.ts'
import { withQuery } from '../../../../ui/links.ts'
import type { TableModel } from '../../../../ui/models.ts'
import { organisationPath } from '../../organisations/model.ts'
import { REPAIR_REASONS, REPAIRS_PATH, type Repair } from './model.ts'

export interface RepairQuery {
  readonly q: string
  readonly reason: string
  readonly urgent: string
  readonly cursor: string | null
}

export function repairsView(found: Page<Repair>, query: RepairQuery) {
  const address = { q: query.q, reason: query.reason, urgent: query.urgent }
  const isFiltered = Object.values(address).some(value => value !== '')
  const table: TableModel = {
    caption: 'Contacts to put right',
    captionHidden: true,
    head: [
      { text: 'Organisation' },
      { text: 'Contact' },
      { text: 'What happened' },
      { text: 'Since' },
      { text: 'Can still be mailed', format: 'numeric' },
    ],
    rows: found.rows.map(repair => [
      { text: repair.organisationName, href: organisationPath(repair.organisationCode, false), hint: repair.organisationCode },
      { text: repair.contactName, href: contactPath(repair) },
      { text: REPAIR_REASONS[repair.reason].label, hint: repair.words ?? undefined },
      { at: repair.openedAt },
      { number: repair.reachable, tags: repair.reachable === 0 ? [{ text: 'Nobody', colour: 'red' }] : undefined },
    ]),
  }
  return {
    table,
    total: found.total,
    isFiltered,
    filters: {
      action: REPAIRS_PATH,
      search: { label: 'Organisation, its code or contact', value: query.q },
      selects: [
        {
          name: 'reason',
          label: 'What happened',
          value: query.reason,
          options: [{ value: '', text: 'Anything' }, ...Object.entries(REPAIR_REASONS).map(([value, { label }]) => ({ value, text: label }))],
        },
        {
          name: 'urgent',
          label: 'Who is left',
          value: query.urgent,
          options: [
            { value: '', text: 'Any number' },
            { value: 'yes', text: 'Nobody can be mailed' },
          ],
        },
      ],
      keep: {},
      clearHref: isFiltered ? REPAIRS_PATH : undefined,
    },
    csvHref: withQuery(`${REPAIRS_PATH}.csv`, address),
    firstHref: query.cursor === null ? undefined : withQuery(REPAIRS_PATH, address),
    nextHref: found.next === null ? undefined : withQuery(REPAIRS_PATH, address, { cursor: found.next }),
  }
}

function contactPath(repair: Repair): string {
  return `${organisationPath(repair.organisationCode, false)}/contacts/${repair.contactId}`
}
