import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { may, type Actor } from '../../../platform/work/actor.ts'
import type { Tag } from '../../../ui/labels.ts'
import { sortColumn, withQuery } from '../../../ui/links.ts'
import type { Cell, Field, TableModel } from '../../../ui/models.ts'
import { organisationPath, type ImportCounts, type OrganisationSummary } from '../organisations/model.ts'
import { isOwnOrganisation } from '../scope.ts'
import type { Technology } from './model.ts'

export interface TechnologyQuery {
  readonly q: string
  readonly sharing: 'all' | 'shared' | 'own'
  readonly sort: string
  readonly cursor: string | null
}

/** Where the list of what the organisation runs stands. */
export function technologyPath(organisation: OrganisationSummary, actor: Actor): string {
  return isOwnOrganisation(actor, organisation) ? '/technology' : `${organisationPath(organisation.code, false)}/technology`
}

const SHARED: Tag = { text: 'Shared', colour: 'green' }
const OWN: Tag = { text: 'Kept to ourselves', colour: 'white' }

export function listView({
  found,
  query,
  organisation,
  actor,
}: {
  found: Page<Technology>
  query: TechnologyQuery
  organisation: OrganisationSummary
  actor: Actor
}) {
  const path = technologyPath(organisation, actor)
  const base = `${organisationPath(organisation.code, false)}/technology`
  const address = { q: query.q, sharing: query.sharing === 'all' ? '' : query.sharing, sort: query.sort === 'product' ? '' : query.sort }
  const isOutsider = actor.scope.kind === 'centre' || actor.scope.kind === 'region'
  const sharesHere = !isOutsider && may(actor, 'directory.technology.share')
  const isFiltered = query.q !== '' || query.sharing !== 'all'
  const table: TableModel = {
    caption: 'Technology',
    captionHidden: true,
    head: [
      sortColumn({ text: 'Product' }, 'product', path, { ...address, sort: query.sort }),
      { text: 'Maker' },
      { text: 'Version' },
      { text: 'How many', format: 'numeric' },
      { text: 'From' },
      sortColumn({ text: 'True on' }, 'as-of', path, { ...address, sort: query.sort }),
      ...(isOutsider ? [] : [{ text: 'The centre' }]),
    ],
    rows: found.rows.map(row => rowOf(row, isOutsider)),
  }
  return {
    organisation,
    isOutsider,
    isOwn: isOwnOrganisation(actor, organisation),
    backHref: organisationPath(organisation.code, isOwnOrganisation(actor, organisation)),
    table,
    // What the button of each line posts, where there is something to choose.
    choices: sharesHere ? found.rows.map(choiceOf).filter(choice => choice !== null) : [],
    shareHref: `${base}/share`,
    total: found.total,
    isFiltered,
    path,
    filters: {
      action: path,
      search: { label: 'Product or maker', value: query.q },
      selects: isOutsider
        ? []
        : [
            {
              name: 'sharing',
              label: 'What the centre sees',
              value: query.sharing,
              options: [
                { value: 'all', text: 'Everything' },
                { value: 'shared', text: 'Shared' },
                { value: 'own', text: 'Kept to ourselves' },
              ],
            },
          ],
      keep: { sort: address.sort },
      clearHref: isFiltered ? path : undefined,
    },
    importHref: may(actor, 'directory.technology.import') ? `${base}/import` : undefined,
    csvHref: withQuery(`${base}.csv`, address),
    firstHref: query.cursor === null ? undefined : withQuery(path, address),
    nextHref: found.next === null ? undefined : withQuery(path, address, { cursor: found.next }),
  }
}

function rowOf(row: Technology, isOutsider: boolean): readonly Cell[] {
  const facts: Cell[] = [
    row.product,
    row.maker || null,
    row.version || null,
    { number: row.count },
    { text: row.source, hint: row.toldBy === 'centre' ? 'told by the centre' : undefined },
    row.asOf === null ? 'Not known' : { date: row.asOf },
  ]
  return isOutsider ? facts : [...facts, { text: '', tags: [row.isShared ? SHARED : OWN] }]
}

function choiceOf(row: Technology) {
  if (row.toldBy === 'centre') return null
  const label = `${row.isShared ? 'Keep' : 'Share'} ${row.product}${row.version === '' ? '' : ` ${row.version}`}${row.isShared ? ' to ourselves' : ''}`
  return { label, values: { productId: String(row.productId), version: row.version, source: row.source, shared: row.isShared ? 'no' : 'yes' } }
}

export const NEW_LIST: Readonly<Record<string, unknown>> = { format: 'csv', shared: 'yes' }

export function importView(organisation: OrganisationSummary, actor: Actor, typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]) {
  const base = `${organisationPath(organisation.code, false)}/technology`
  const text = (name: string) => (typeof typed[name] === 'string' ? typed[name] : '')
  const error = (name: string) => problems.find(problem => problem.pointer === name)?.message
  const isOutsider = actor.scope.kind === 'centre' || actor.scope.kind === 'region'
  const fields: Field[] = [
    {
      name: 'source',
      label: 'Name of the list',
      kind: 'text',
      width: 20,
      value: text('source'),
      error: error('source'),
      hint: 'Such as "Asset register". The next list of this name replaces it.',
    },
    {
      name: 'format',
      label: 'What kind of list is it?',
      kind: 'radios',
      value: text('format'),
      error: error('format'),
      options: [
        { value: 'csv', text: 'A table (CSV)', hint: 'Its first line names the columns: organisation, maker, product, version, count, as_of' },
        { value: 'cyclonedx', text: 'A CycloneDX inventory (JSON)' },
      ],
    },
    {
      name: 'list',
      label: 'The list',
      kind: 'textarea',
      rows: 12,
      value: text('list'),
      error: error('list'),
      hint: 'Open the file, copy all of it, and paste it here. Larger lists than a page can take: carecert technology import.',
    },
    {
      name: 'asOf',
      label: 'On which day was it true?',
      kind: 'date',
      optional: true,
      value: { day: text('asOf-day'), month: text('asOf-month'), year: text('asOf-year') },
      error: error('asOf'),
    },
  ]
  const sharing: Field = {
    name: 'shared',
    label: 'Share what is new in this list with the centre',
    kind: 'checkbox',
    value: typed['shared'] === 'yes',
    hint: 'Then bulletins about what you run reach you. You can keep single products to yourselves afterwards.',
  }
  return {
    organisation,
    backHref: technologyPath(organisation, actor),
    form: {
      action: `${base}/import`,
      fields: isOutsider ? fields : [...fields, sharing],
      submit: 'Take in the list',
      cancelHref: technologyPath(organisation, actor),
      autosave: `technology-${organisation.code}`,
    },
  }
}

export function importedView(
  organisation: OrganisationSummary,
  actor: Actor,
  outcome: { counts: ImportCounts; problems: readonly Problem[] },
  warnings: readonly Problem[],
) {
  const { counts, problems } = outcome
  return {
    organisation,
    backHref: technologyPath(organisation, actor),
    rows: [
      { key: 'Rows read', value: counts.read },
      { key: 'Added', value: counts.added },
      { key: 'Changed', value: counts.changed },
      { key: 'Removed, being no longer in the list', value: counts.closed },
      { key: 'Unchanged', value: counts.unchanged },
      { key: 'Refused', value: counts.refused },
    ],
    refused: problems.map(problem => problem.message),
    warnings: warnings.map(warning => warning.message),
  }
}
