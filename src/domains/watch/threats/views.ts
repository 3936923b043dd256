import type { Page } from '../../../kernel/page.ts'
import { sentence } from '../../../ui/filters/words.ts'
import { priorityTag, type Tag } from '../../../ui/labels.ts'
import { sortColumn, withQuery, type Query } from '../../../ui/links.ts'
import type { Action, Cell, Column, TableModel } from '../../../ui/models.ts'
import { afterRefusal, type Refusal } from '../../../ui/refusal.ts'
import type { EpssOfCve } from '../enrichment/queries.ts'
import { deadlinesOf, epssTable, factsTable } from './facts/views.ts'
import { fieldWord, isMaterial } from '../gathering/model.ts'
import { NOTIFICATION } from '../sources/model.ts'
import { listed } from './grouping/evidence.ts'
import type { HolderFilter } from './holders/queries.ts'
import { offeredActions, STATE_WORDS, THREAT_STATES, type ThreatAction, type ThreatState } from './model.ts'
import { PRIORITY_RULES, PRIORITY_WORDS, REACH_STEPS } from './priority.ts'
import type { ThreatFilter, ThreatRow, ThreatSort } from './queries/list.ts'
import type { MatchedProduct } from './queries/reach.ts'
import type { ThreatItemRow, ThreatRecord, TimelineRow } from './queries/show.ts'

const STATE_TAGS: Readonly<Record<ThreatState, Tag>> = {
  new: { text: STATE_WORDS.new, colour: 'blue' },
  'in-hand': { text: STATE_WORDS['in-hand'], colour: 'yellow' },
  dismissed: { text: STATE_WORDS.dismissed, colour: 'grey' },
  closed: { text: STATE_WORDS.closed, colour: 'green' },
}
/** The same on a threat's page and, for the row that has the focus, on the list. */
const ACTION_KEYS: Readonly<Partial<Record<ThreatAction, string>>> = { 'take-up': 't', dismiss: 'd' }
const WITHDRAWN: Tag = { text: 'Withdrawn', colour: 'grey' }

/** The list's address says all of its state, so that a reload or a link shows the same. */
function queryOf(filter: ThreatFilter, sort: ThreatSort): Query {
  return {
    q: filter.search,
    state: filter.state === 'open' ? null : filter.state,
    priority: filter.priority,
    source: filter.source,
    only: [...(filter.kev ? ['kev'] : []), ...(filter.ransomware ? ['ransomware'] : []), ...(filter.run ? ['run'] : [])],
    since: filter.since?.toISOString(),
    sort: sort === 'pressing' ? null : sort,
  }
}

export function listModel(
  found: Page<ThreatRow>,
  { filter, sort, cursor }: { readonly filter: ThreatFilter; readonly sort: ThreatSort; readonly cursor: string | null },
  /** `first` is the id of the first threat that nobody has taken up. */
  {
    sources,
    mayTriage,
    first,
  }: { readonly sources: readonly { code: string; name: string }[]; readonly mayTriage: boolean; readonly first: string | null },
) {
  const query = queryOf(filter, sort)
  const { sort: _sort, ...rest } = query
  const isFiltered = withQuery('', rest) !== ''
  return {
    total: found.total,
    isFiltered,
    isBare: sources.length === 0,
    since: filter.since,
    actions: first === null ? [] : [{ label: 'Triage the first', href: `/threats/${first}`, key: 'f' }],
    mayTriage,
    address: withQuery('/threats', query, { cursor }),
    filters: {
      action: '/threats',
      search: { label: 'Search threats', value: filter.search, hint: 'A CVE, a maker, a product or words of the title' },
      selects: [
        select('state', 'State', filter.state === 'open' ? '' : filter.state, [
          ['', 'New and in hand'],
          ...THREAT_STATES.map(state => [state, STATE_WORDS[state]] as const),
          ['all', 'All'],
        ]),
        select('priority', 'Priority', filter.priority ?? '', [['', 'Any'], ...PRIORITY_WORDS.map(word => [word, word] as const)]),
        select('source', 'Source', filter.source ?? '', [['', 'Any'], ...sources.map(source => [source.code, source.name] as const)]),
      ],
      checkboxes: [
        {
          name: 'only',
          label: 'Only those',
          values: query['only'],
          options: [
            { value: 'kev', text: "on CISA's list of exploited flaws" },
            { value: 'ransomware', text: 'used in ransomware attacks' },
            { value: 'run', text: 'that somebody runs' },
          ],
        },
      ],
      keep: { sort: query['sort'], since: query['since'] },
      clearHref: isFiltered ? '/threats' : null,
    },
    table: threatsTable(found.rows, query),
    firstHref: cursor === null ? null : withQuery('/threats', query),
    nextHref: found.next === null ? null : withQuery('/threats', query, { cursor: found.next }),
    csvHref: withQuery('/threats.csv', query),
    rules: PRIORITY_RULES.map(rule => ({ tag: priorityTag(rule.word), when: sentence(rule.when) })),
    reach: REACH_STEPS.map(step => step.when),
  }
}

function select(name: string, label: string, value: string, options: readonly (readonly [string, string])[]) {
  return { name, label, value, options: options.map(([option, text]) => ({ value: option, text })) }
}

/** The three orders. Each heading that sorts says so; the first is the order of the queue. */
function threatsTable(rows: readonly ThreatRow[], query: Query): TableModel {
  const sorts = (column: Column, name: ThreatSort) => {
    const isCurrent = (query['sort'] ?? 'pressing') === name
    const href = withQuery('/threats', query, { sort: name === 'pressing' ? null : name, cursor: null })
    return { ...sortColumn(column, name, '/threats', query), href, sort: isCurrent ? ('descending' as const) : ('none' as const) }
  }
  return {
    caption: 'Threats',
    captionHidden: true,
    head: [
      sorts({ text: 'Threat and priority' }, 'pressing'),
      sorts({ text: 'Run it', format: 'numeric' }, 'runs'),
      { text: 'May run it', format: 'numeric' },
      { text: 'Sources' },
      sorts({ text: 'Published' }, 'newest'),
      { text: 'State' },
    ],
    rows: rows.map(row => [
      {
        text: row.title,
        href: `/threats/${row.id}`,
        tlp: row.tlp === 'CLEAR' ? undefined : row.tlp,
        tags: [priorityTag(row.priority), ...(row.isWithdrawn ? [WITHDRAWN] : [])],
        hint: row.cves.length === 0 ? row.reason : `${row.reason} ${listed(row.cves)}`,
      },
      { number: row.runs, href: row.runs === 0 ? undefined : holdersHref(row.id, 'runs') },
      { number: row.mayRun, href: row.mayRun === 0 ? undefined : holdersHref(row.id, 'may-run') },
      { text: '', tags: row.sources.map(source => ({ text: source.code, colour: 'white' as const })) },
      row.publishedAt === null ? null : { at: row.publishedAt },
      { text: '', tags: [STATE_TAGS[row.state]], hint: row.holder ?? undefined },
    ]),
  }
}

function holdersHref(id: string, match: HolderFilter['match'], type: string | null = null): string {
  return withQuery(`/threats/${id}/organisations`, { match: match === 'runs' ? null : match, type })
}

export const THREATS_HEAD = ['Id', 'Title', 'CVEs', 'Priority', 'Why', 'Run it', 'May run it', 'Sources', 'Published', 'State', 'Who has it', 'TLP']

export function threatLine(row: ThreatRow): (string | number | null)[] {
  const sources = row.sources.map(source => source.name).join('; ')
  return [
    row.id,
    row.title,
    row.cves.join(' '),
    row.priority,
    row.reason,
    row.runs,
    row.mayRun,
    sources,
    row.publishedAt?.toISOString() ?? null,
    STATE_WORDS[row.state],
    row.holder,
    row.tlp,
  ]
}

export interface ThreatParts {
  readonly threat: ThreatRecord
  readonly items: readonly ThreatItemRow[]
  readonly named: readonly { maker: string; product: string }[]
  readonly products: readonly MatchedProduct[]
  readonly types: readonly { code: string; plural: string }[]
  readonly timeline: readonly TimelineRow[]
  readonly epss: readonly EpssOfCve[]
  /** The day of the newest scores. */
  readonly epssDate: string | null
}

export function threatModel(
  { threat, items, named, products, types, timeline, epss, epssDate }: ThreatParts,
  may: { readonly triage: boolean; readonly draft: boolean; readonly readBulletins: boolean; readonly refusal: Refusal | null },
) {
  const { id } = threat
  const draft: Action[] = may.draft ? [{ label: 'Draft a bulletin', href: withQuery('/bulletins/new', { threat: id }), key: 'b' }] : []
  const steps = may.triage
    ? offeredActions(threat.state).map((step): Action => ({
        label: step.label,
        href: `/threats/${id}/${step.action}`,
        method: 'post',
        reason: step.reason,
        variant: 'secondary',
        key: ACTION_KEYS[step.action],
      }))
    : []
  const { actions, keptReason } = afterRefusal([...draft, ...steps], may.refusal)
  return {
    keptReason,
    threat,
    holder: threat.holder_id === null ? null : (threat.holder_name ?? 'The operator'),
    priorityTag: priorityTag(threat.priority_word),
    stateTag: STATE_TAGS[threat.state],
    actions,
    bulletinsHref: may.readBulletins ? withQuery('/bulletins', { threat: id }) : null,
    reach: [
      {
        number: threat.runs,
        label: threat.runs === 1 ? 'organisation runs it' : 'organisations run it',
        href: threat.runs === 0 ? undefined : holdersHref(id, 'runs'),
      },
      { number: threat.may_run, label: 'more may run it', href: threat.may_run === 0 ? undefined : holdersHref(id, 'may-run') },
    ],
    facts: factsTable(items),
    epss: epssTable(epss, epssDate),
    deadlines: deadlinesOf(threat.kev_since !== null, pointsOf(threat)),
    types: {
      caption: 'Who runs it',
      head: [{ text: 'Type' }, { text: 'Run it', format: 'numeric' as const }, { text: 'May run it', format: 'numeric' as const }],
      rows: threat.reach.map((row): Cell[] => [
        types.find(type => type.code === row.type)?.plural ?? row.type,
        row.runs === 0 ? 0 : { number: row.runs, href: holdersHref(id, 'runs', row.type) },
        row.mayRun === 0 ? 0 : { number: row.mayRun, href: holdersHref(id, 'may-run', row.type) },
      ]),
    } satisfies TableModel,
    products: {
      caption: 'Products',
      head: [{ text: 'Product' }, { text: 'Said by' }],
      rows: [
        ...named.slice(0, 50).map((product): Cell[] => [productName(product), 'A source of this threat']),
        ...products
          .slice(0, 50)
          .map((product): Cell[] => [productName(product), product.exact ? 'Organisations: the same by name' : 'Organisations: may be the same']),
      ],
    } satisfies TableModel,
    items: {
      caption: 'Items, and why each belongs here',
      head: [{ text: 'Item' }, { text: 'Source' }, { text: 'Why it is here' }, { text: 'Gathered' }],
      rows: items.map((item): Cell[] => [
        { text: item.title, href: `/items/${item.id}`, tags: item.withdrawn_at === null ? undefined : [WITHDRAWN], hint: item.external_id },
        { text: item.sourceName, href: item.format === NOTIFICATION ? `/incident-notifications/${item.external_id}` : (item.url ?? undefined) },
        item.why,
        { at: item.first_gathered_at },
      ]),
    } satisfies TableModel,
    timeline: {
      caption: 'What happened, newest first',
      head: [{ text: 'When' }, { text: 'What' }, { text: 'Who' }],
      rows: timeline.map(timelineRow),
    } satisfies TableModel,
  }
}

function productName({ maker, product }: { maker: string; product: string }): string {
  return maker === '' || product.toLowerCase().startsWith(maker.toLowerCase()) ? product : `${maker} ${product}`
}

const ITEM_ACTIONS: Readonly<Record<string, string>> = { added: 'gave', changed: 'changed', withdrawn: 'withdrew', returned: 'brought back' }
const NOTE_ACTIONS: Readonly<Record<string, string>> = {
  'take-up': 'Taken up',
  dismiss: 'Dismissed',
  close: 'Closed',
  reopen: 'Opened again',
  related: 'Related to another threat',
}

function timelineRow(row: TimelineRow): Cell[] {
  if (row.item === null)
    return [{ at: row.at }, { text: NOTE_ACTIONS[row.action] ?? sentence(row.action), hint: row.note ?? undefined }, row.actorName]
  const tags: Tag[] = row.action === 'changed' && isMaterial(row.fields) ? [{ text: 'What to do may change', colour: 'orange' }] : []
  const hint = row.fields.length === 0 ? undefined : sentence(row.fields.map(fieldWord).join(', '))
  return [
    { at: row.at },
    { text: `${row.item.source} ${ITEM_ACTIONS[row.action] ?? row.action} ${row.item.externalId}`, href: `/items/${row.item.id}`, tags, hint },
    row.item.source,
  ]
}

function pointsOf({ automatable, technical_impact: technicalImpact }: ThreatRecord) {
  return automatable === null || technicalImpact === null ? null : { automatable, technicalImpact }
}
