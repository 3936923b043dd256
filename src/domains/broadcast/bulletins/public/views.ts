import { severityTag, type Tag } from '../../../../ui/labels.ts'
import { sortColumn, type Query } from '../../../../ui/links.ts'
import type { TableModel } from '../../../../ui/models.ts'
import { bulletinNumber, SEVERITIES, severityLabel } from '../model.ts'
import { readingView } from '../views.ts'
import { PUBLIC_PATH, PUBLIC_STATES, publicStateLabel, type PublicState } from './model.ts'
import type { ListedPublic, PublicBulletin, PublicFilter } from './queries.ts'

const STATE_COLOURS: Readonly<Record<PublicState, Tag['colour']>> = { live: 'green', withdrawn: 'white', superseded: 'white' }

function stateTag(state: PublicState): Tag {
  return { text: publicStateLabel(state), colour: STATE_COLOURS[state] }
}

function addressOf(number: number): string {
  return `${PUBLIC_PATH}/${bulletinNumber(number)}`
}

export function listTable(rows: readonly ListedPublic[], query: Query): TableModel {
  return {
    caption: 'Public bulletins',
    captionHidden: true,
    head: [
      { text: 'Number' },
      { text: 'Severity' },
      { text: 'Title' },
      { text: 'State' },
      sortColumn({ text: 'Released' }, 'released', PUBLIC_PATH, query),
      sortColumn({ text: 'Changed' }, 'changed', PUBLIC_PATH, query),
    ],
    rows: rows.map(row => [
      { text: bulletinNumber(row.number), href: addressOf(row.number) },
      { tags: [severityTag(row.severity)] },
      { text: row.title, href: addressOf(row.number) },
      { tags: [stateTag(row.state)] },
      { at: row.releasedAt },
      { at: row.changedAt },
    ]),
  }
}

export function listFilters({ search, severity, state }: PublicFilter, sort: string) {
  const options = <T extends string>(all: string, values: readonly T[], words: (value: T) => string) => [
    { value: '', text: all },
    ...values.map(value => ({ value, text: words(value) })),
  ]
  return {
    action: PUBLIC_PATH,
    search: { label: 'Search by number, CVE or words', value: search },
    selects: [
      { name: 'severity', label: 'Severity', value: severity, options: options('Every severity', SEVERITIES, severityLabel) },
      { name: 'state', label: 'State', value: state, options: options('Every state', PUBLIC_STATES, publicStateLabel) },
    ],
    keep: { sort },
    clearHref: search !== '' || severity !== '' || state !== '' ? PUBLIC_PATH : undefined,
  }
}

/** The page for everybody: the text and what became of it. Nothing of who got it, who answered, and by when. */
export function showView(bulletin: PublicBulletin) {
  const number = bulletinNumber(bulletin.number)
  return {
    bulletin: {
      number,
      title: bulletin.title,
      severity: severityTag(bulletin.severity),
      state: stateTag(bulletin.state),
      isHolding: bulletin.isHolding && bulletin.state === 'live',
      releasedAt: bulletin.releasedAt,
      changedAt: bulletin.updates.length > 0 ? bulletin.changedAt : null,
    },
    ended:
      bulletin.state === 'live'
        ? null
        : {
            heading: publicStateLabel(bulletin.state),
            at: bulletin.withdrawnAt,
            reason: bulletin.withdrawnReason,
            by: bulletin.replacedBy === null ? null : { text: bulletinNumber(bulletin.replacedBy), href: addressOf(bulletin.replacedBy) },
          },
    updates: bulletin.updates,
    reading: readingView(bulletin.content, null, null),
  }
}
