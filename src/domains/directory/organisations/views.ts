import type { Page } from '../../../kernel/page.ts'
import { may, type Actor } from '../../../platform/work/actor.ts'
import type { Tag } from '../../../ui/labels.ts'
import { sortColumn, withQuery } from '../../../ui/links.ts'
import type { Action, Cell, TableModel } from '../../../ui/models.ts'
import { contactState, type Contact, type ContactState } from '../contacts/model.ts'
import { REPAIR_REASONS, REPAIRS_PATH, type Repair } from '../contacts/repairs/model.ts'
import type { Partner } from '../partners/queries.ts'
import type { Technology } from '../technology/model.ts'
import { organisationPath, type Area, type OrganisationChange, type OrganisationSummary, type OrganisationType } from './model.ts'
import type { OrganisationDetail, Successor } from './queries.ts'

export interface ListQuery {
  readonly q: string
  readonly type: string
  readonly region: string
  readonly board: string
  readonly status: 'open' | 'closed' | 'all'
  readonly sort: string
  readonly cursor: string | null
}

interface ListFacts {
  readonly found: Page<OrganisationSummary>
  readonly query: ListQuery
  readonly types: readonly OrganisationType[]
  readonly regions: readonly Area[]
  readonly boards: readonly Area[]
}

const CLOSED: Tag = { text: 'Closed', colour: 'grey' }

export function listView({ found, query, types, regions, boards }: ListFacts) {
  const address = {
    q: query.q,
    type: query.type,
    region: query.region,
    board: query.board,
    status: query.status === 'open' ? '' : query.status,
    sort: query.sort === 'name' ? '' : query.sort,
  }
  const isFiltered = [query.q, query.type, query.region, query.board].some(value => value !== '') || query.status !== 'open'
  const typeNames = new Map(types.map(type => [type.code, type.name]))
  const areaNames = new Map([...regions, ...boards].map(area => [area.code, area.name]))
  const table: TableModel = {
    caption: 'Organisations',
    captionHidden: true,
    head: [
      sortColumn({ text: 'Name' }, 'name', '/organisations', { ...address, sort: query.sort }),
      sortColumn({ text: 'Code' }, 'code', '/organisations', { ...address, sort: query.sort }),
      { text: 'Type' },
      { text: 'Region' },
      { text: 'Board' },
      { text: 'Postcode' },
    ],
    rows: found.rows.map(row => [
      { text: row.name, href: organisationPath(row.code, false), tags: row.status === 'closed' ? [CLOSED] : undefined },
      row.code,
      typeNames.get(row.type) ?? row.type,
      areaCell(row.regionCode, areaNames),
      areaCell(row.boardCode, areaNames),
      row.postcode,
    ]),
  }
  return {
    table,
    total: found.total,
    isFiltered,
    filters: {
      action: '/organisations',
      search: { label: 'Name, code or postcode', value: query.q },
      selects: [
        { name: 'type', label: 'Type', value: query.type, options: choices('Every type', types) },
        { name: 'region', label: 'Region', value: query.region, options: choices('Every region', regions) },
        { name: 'board', label: 'Board', value: query.board, options: choices('Every board', boards) },
        {
          name: 'status',
          label: 'Status',
          value: query.status,
          options: [
            { value: 'open', text: 'Open' },
            { value: 'closed', text: 'Closed' },
            { value: 'all', text: 'Open and closed' },
          ],
        },
      ],
      keep: { sort: address.sort },
      clearHref: isFiltered ? '/organisations' : undefined,
    },
    csvHref: withQuery('/organisations.csv', address),
    firstHref: query.cursor === null ? undefined : withQuery('/organisations', address),
    nextHref: found.next === null ? undefined : withQuery('/organisations', address, { cursor: found.next }),
  }
}

function choices(every: string, options: readonly Area[]) {
  return [
    { value: '', text: every },
    ...options.map(option => ({ value: option.code, text: option.name === option.code ? option.code : `${option.name} (${option.code})` })),
  ]
}

/** An area by its name with the code below; by its code alone where nobody told us the name. */
function areaCell(code: string | null, names: ReadonlyMap<string, string>): Cell {
  if (code === null) return null
  const name = names.get(code)
  return name === undefined || name === code ? code : { text: name, hint: code }
}

/** All that is known of one organisation, as far as the actor may see it. */
export interface OrganisationFacts {
  readonly organisation: OrganisationDetail
  readonly successors: readonly Successor[]
  readonly contacts: readonly Contact[]
  readonly repairs: readonly Repair[]
  readonly partners: readonly Partner[]
  readonly answersFor: readonly Partner[]
  readonly technology: Page<Technology>
  readonly technologySummary: { readonly products: number; readonly newest: string | null }
  readonly changes: readonly OrganisationChange[]
  readonly names: ReadonlyMap<string, string>
}

/** The organisation as the centre, a region or a partner sees it. */
export function showView(facts: OrganisationFacts, actor: Actor) {
  const { organisation } = facts
  const path = organisationPath(organisation.code, false)
  const isOutsider = actor.scope.kind === 'centre' || actor.scope.kind === 'region'
  return {
    ...commonView(facts, actor, path),
    backHref: may(actor, 'directory.organisation.list') ? '/organisations' : '/our-organisation',
    isOutsider,
    bulletinsHref: withQuery('/bulletins', { organisation: organisation.code }),
    technologyHref: `${path}/technology`,
    technology: technologyTable(facts.technology),
    technologyTotal: facts.technologySummary.products,
    history: facts.changes.length === 0 ? null : historyTable(facts.changes),
  }
}

/** The organisation as its own people see it: what the centre would find when it had to reach them. */
export function ownView(facts: OrganisationFacts, actor: Actor) {
  return {
    ...commonView(facts, actor, organisationPath(facts.organisation.code, false)),
    hasOutOfHours: facts.contacts.some(contact => contact.isOutOfHours),
    needProving: facts.contacts.filter(contact => contactState(contact) !== 'works').length,
    technologyTotal: facts.technologySummary.products,
    technologyNewest: facts.technologySummary.newest,
  }
}

function commonView(facts: OrganisationFacts, actor: Actor, path: string) {
  const { organisation } = facts
  const changesContacts = may(actor, 'directory.contact.change')
  // A partner looks after an organisation, but does not decide who answers for it.
  const changesPartners = may(actor, 'directory.partnership.change') && (actor.scope.kind === 'centre' || actor.organisationId === organisation.id)
  // A link is offered only where it leads somewhere: who exists is public, the pages are not.
  const seesEvery = actor.scope.kind === 'centre'
  return {
    organisation,
    isClosed: organisation.status === 'closed',
    identity: identityRows(facts, { lists: may(actor, 'directory.organisation.list'), pages: seesEvery }),
    contacts: facts.contacts.length === 0 ? null : contactsTable(facts.contacts, path, changesContacts),
    repairs: repairNotices(facts.repairs, path, changesContacts),
    addContactHref: changesContacts ? `${path}/contacts/new` : undefined,
    partners: facts.partners.length === 0 ? null : partnersTable(facts.partners, 'Partners who answer', seesEvery),
    partnerActions: changesPartners
      ? facts.partners.map((partner): Action => ({
          label: `Stop ${partner.name} answering`,
          href: `${path}/partners/${partner.id}/end`,
          method: 'post',
          variant: 'secondary',
        }))
      : [],
    addPartnerHref: changesPartners ? `${path}/partners/new` : undefined,
    answersFor:
      facts.answersFor.length === 0
        ? null
        : partnersTable(facts.answersFor, 'Organisations that it answers for', seesEvery || actor.organisationId === organisation.id),
  }
}

/** What is to be put right, each with what to do and the button that says it is done. */
function repairNotices(repairs: readonly Repair[], path: string, mayChange: boolean) {
  return repairs.map(({ id, contactId, contactName, reason, words, openedAt }) => ({
    contact: contactName,
    ...REPAIR_REASONS[reason],
    words,
    since: openedAt,
    href: mayChange ? `${path}/contacts/${contactId}` : null,
    actions: mayChange
      ? [{ label: `${contactName}: this is seen to`, href: `${REPAIRS_PATH}/${id}/done`, method: 'post', variant: 'secondary' } satisfies Action]
      : [],
  }))
}

function identityRows({ organisation, names, successors }: OrganisationFacts, links: { readonly lists: boolean; readonly pages: boolean }) {
  const area = (key: string, code: string | null, filter: string) => ({
    key,
    value:
      code === null
        ? null
        : {
            text: names.get(code) ?? code,
            href: links.lists ? withQuery('/organisations', { [filter]: code }) : undefined,
            hint: names.has(code) ? code : undefined,
          },
  })
  const parent = organisation.parentCode
  const successorRow = (direction: Successor['direction'], key: string) => {
    const some = successors.filter(successor => successor.direction === direction)
    return some.length === 0
      ? []
      : [{ key, value: { text: some.map(({ code }) => `${names.get(code) ?? 'Not in the directory'} (${code})`).join(', ') } }]
  }
  return [
    { key: 'Code', value: organisation.code },
    { key: 'Type', value: organisation.typeName },
    { key: 'Country', value: organisation.country === 'Not known' ? null : organisation.country },
    area('Region', organisation.regionCode, 'region'),
    area('Board', organisation.boardCode, 'board'),
    ...(parent === null
      ? []
      : [
          {
            key: 'Belongs to',
            value: {
              text: names.get(parent) ?? parent,
              href: links.pages && names.has(parent) ? organisationPath(parent, false) : undefined,
              hint: names.has(parent) ? parent : undefined,
            },
          },
        ]),
    { key: 'Address', value: [...organisation.address, organisation.postcode].filter(line => line !== null).join(', ') || null },
    { key: 'Telephone', value: organisation.phone },
    { key: 'Opened', value: organisation.openedOn === null ? null : { date: organisation.openedOn } },
    ...(organisation.closedOn === null
      ? []
      : [{ key: organisation.status === 'closed' ? 'Closed' : 'Closes', value: { date: organisation.closedOn } }]),
    ...successorRow('to', 'Taken over by'),
    ...successorRow('from', 'Took over from'),
    { key: 'Last told by', value: { text: organisation.source, hint: 'the file or person that the directory has this from' } },
  ]
}

const STATES: Readonly<Record<ContactState, Tag>> = {
  works: { text: 'Works', colour: 'green' },
  failed: { text: 'Does not work', colour: 'red' },
  unproved: { text: 'Never proved', colour: 'yellow' },
}

function contactsTable(contacts: readonly Contact[], path: string, isChangeable: boolean): TableModel {
  return {
    caption: 'Contacts',
    captionHidden: true,
    head: [{ text: 'Who' }, { text: 'E-mail' }, { text: 'Telephone' }, { text: 'Last known to work' }],
    rows: contacts.map(contact => {
      const state = contactState(contact)
      return [
        {
          text: contact.name,
          href: isChangeable ? `${path}/contacts/${contact.id}` : undefined,
          hint: contact.purpose,
          tags: contact.isOutOfHours ? [{ text: 'Out of hours', colour: 'purple' }] : undefined,
        },
        contact.email === null ? null : { text: contact.email, hint: contact.receivesBulletins ? undefined : 'gets no bulletins' },
        [contact.mobile, contact.phone].filter(number => number !== null).join(' · ') || null,
        contact.lastProvedAt === null && contact.lastFailedAt === null
          ? { tags: [STATES.unproved], text: '' }
          : {
              at: state === 'failed' ? contact.lastFailedAt : contact.lastProvedAt,
              tags: [STATES[state]],
              hint: state === 'failed' ? (contact.lastFailure ?? undefined) : undefined,
            },
      ]
    }),
  }
}

function partnersTable(partners: readonly Partner[], caption: string, isLinked: boolean): TableModel {
  return {
    caption,
    captionHidden: true,
    head: [{ text: 'Organisation' }, { text: 'Code' }, { text: 'Since' }],
    rows: partners.map(partner => [
      { text: partner.name, href: isLinked ? organisationPath(partner.code, false) : undefined },
      partner.code,
      { date: partner.since },
    ]),
  }
}

function technologyTable(technology: Page<Technology>): TableModel | null {
  if (technology.rows.length === 0) return null
  return {
    caption: 'Technology',
    captionHidden: true,
    head: [
      { text: 'Product' },
      { text: 'Maker' },
      { text: 'Version' },
      { text: 'How many', format: 'numeric' },
      { text: 'Told by' },
      { text: 'True on' },
    ],
    rows: technology.rows.map(row => [
      row.product,
      row.maker || null,
      row.version || null,
      { number: row.count },
      row.source,
      row.asOf === null ? 'Not known' : { date: row.asOf },
    ]),
  }
}

const CHANGE_WORDS: Readonly<Record<OrganisationChange['kind'], string>> = {
  added: 'Added',
  renamed: 'Renamed',
  moved: 'Moved',
  closed: 'Closed',
  reopened: 'Reopened',
  corrected: 'Corrected',
}

function historyTable(changes: readonly OrganisationChange[]): TableModel {
  return {
    caption: 'History',
    captionHidden: true,
    head: [{ text: 'What' }, { text: 'Before' }, { text: 'After' }, { text: 'When' }, { text: 'Told by' }],
    rows: changes.map(change => [
      { text: CHANGE_WORDS[change.kind], hint: change.kind === 'added' ? undefined : change.field },
      change.before,
      change.after,
      { at: change.at },
      change.source,
    ]),
  }
}
