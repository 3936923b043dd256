import { londonDate, type Instant, type LocalDate } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import { date } from '../../../ui/filters/dates.ts'
import { sentence } from '../../../ui/filters/words.ts'
import { priorityTag, type Tag } from '../../../ui/labels.ts'
import { sortColumn, withQuery, type Query } from '../../../ui/links.ts'
import type { Action, Cell, Column, TableModel } from '../../../ui/models.ts'
import { afterRefusal, type Refusal } from '../../../ui/refusal.ts'
import type { EpssOfCve } from '../enrichment/queries.ts'
import { fieldWord, isMaterial } from '../gathering/model.ts'
import type { OrganisationSightings } from '../sightings/queries.ts'
import { NOTIFICATION } from '../sources/model.ts'
import { deadlinesOf, epssTable, factsTable } from './facts/views.ts'
import type { SavedFilter } from './filters/queries.ts'
import { listed } from './grouping/evidence.ts'
import type { MergeCandidate } from './grouping/queries.ts'
import type { HolderFilter } from './holders/queries.ts'
import type { ThreatIndicator } from './indicators/queries.ts'
import { indicatorSection } from './indicators/views.ts'
import { isDue, isHeld, offeredActions, STATE_WORDS, THREAT_STATES, type ThreatAction, type ThreatState } from './model.ts'
import { PRIORITY_RULES, PRIORITY_WORDS, REACH_STEPS } from './priority.ts'
import { NOBODY, type ThreatFilter, type ThreatRow, type ThreatSort } from './queries/list.ts'
import type { MatchedProduct } from './queries/reach.ts'
import type { ThreatItemRow, ThreatRecord, TimelineRow } from './queries/show.ts'
import type { Colleague } from './triage/queries.ts'
import { triageForms, type TypedStep } from './triage/views.ts'

const STATE_TAGS: Readonly<Record<ThreatState, Tag>> = {
  new: { text: STATE_WORDS.new, colour: 'blue' },
  triaging: { text: STATE_WORDS.triaging, colour: 'yellow' },
  watching: { text: STATE_WORDS.watching, colour: 'purple' },
  drafting: { text: STATE_WORDS.drafting, colour: 'aqua-green' },
  dismissed: { text: STATE_WORDS.dismissed, colour: 'grey' },
  closed: { text: STATE_WORDS.closed, colour: 'green' },
}
/** The same on a threat's page and, for the row that has the focus, on the list. */
const ACTION_KEYS: Readonly<Partial<Record<ThreatAction, string>>> = { 'take-up': 't', dismiss: 'd' }
/** What is done by another form than a button: a bulletin's, or one that asks to whom or until when. */
const OTHERWISE_OFFERED: ReadonlySet<ThreatAction> = new Set(['draft', 'assign', 'watch'])
/** How the address calls whoever asks. */
export const MINE = 'mine'
const WITHDRAWN: Tag = { text: 'Withdrawn', colour: 'grey' }
const DUE: Tag = { text: 'Look again: due', colour: 'orange' }
const HARM: Tag = { text: 'Patients may come to harm', colour: 'red' }

/** The list's address says all of its state, so that a reload or a link shows the same. Whose is asked by `me` is "mine", whoever opens it. */
export function queryOf(filter: ThreatFilter, sort: ThreatSort, me: string): Query {
  return {
    q: filter.search,
    state: filter.state === 'open' ? null : filter.state,
    who: filter.holder === me ? MINE : filter.holder,
    priority: filter.priority,
    source: filter.source,
    only: [...(filter.kev ? ['kev'] : []), ...(filter.ransomware ? ['ransomware'] : []), ...(filter.run ? ['run'] : [])],
    since: filter.since?.toISOString(),
    sort: sort === 'pressing' ? null : sort,
  }
}

export interface ListParts {
  readonly sources: readonly { code: string; name: string }[]
  readonly mayTriage: boolean
  /** The id of the first threat that waits for the reader. */
  readonly first: string | null
  readonly colleagues: readonly Colleague[]
  /** The reader's id. */
  readonly me: string
  readonly today: LocalDate
  /** The filters that the reader keeps. */
  readonly saved: readonly SavedFilter[]
  /** The name under which a filter could not be kept, and why. */
  readonly refused: { readonly name: string; readonly message: string } | null
}

export function listModel(
  found: Page<ThreatRow>,
  { filter, sort, cursor }: { readonly filter: ThreatFilter; readonly sort: ThreatSort; readonly cursor: string | null },
  { sources, mayTriage, first, colleagues, me, today, saved, refused }: ListParts,
) {
  const query = queryOf(filter, sort, me)
  const { sort: _sort, ...rest } = query
  const isFiltered = withQuery('', rest) !== ''
  return {
    total: found.total,
    isFiltered,
    isBare: sources.length === 0,
    since: filter.since,
    actions: [
      ...(first === null ? [] : [{ label: 'Triage the first', href: `/threats/${first}`, key: 'f' }]),
      { label: 'What changed since your last visit', href: '/threats/changes', variant: 'secondary', key: 'c' },
    ] satisfies Action[],
    mayTriage,
    address: withQuery('/threats', query, { cursor }),
    filters: {
      action: '/threats',
      search: { label: 'Search threats', value: filter.search, hint: 'A CVE, a maker, a product or words of the title' },
      selects: [
        select('state', 'State', filter.state === 'open' ? '' : filter.state, [
          ['', 'Open'],
          ...THREAT_STATES.map(state => [state, STATE_WORDS[state]] as const),
          ['all', 'All'],
        ]),
        select('who', 'Who has it', filter.holder === me ? MINE : (filter.holder ?? ''), [
          ['', 'Anybody or nobody'],
          [MINE, 'I have it'],
          [NOBODY, 'Nobody'],
          ...colleagues.filter(({ id }) => id !== me).map(({ id, name }) => [id, name] as const),
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
    table: threatsTable(found.rows, query, today),
    saved,
    /** What would be kept under a name: only what is narrowed or ordered. */
    keeps: withQuery('', query) === '' ? null : withQuery('/threats', query),
    refused,
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
function threatsTable(rows: readonly ThreatRow[], query: Query, today: LocalDate): TableModel {
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
      { text: '', tags: [STATE_TAGS[row.state], ...(isDue(row, today) ? [DUE] : [])], hint: holderHint(row, today) },
    ]),
  }
}

function holderHint(row: ThreatRow, today: LocalDate): string | undefined {
  const again = row.state === 'watching' && row.lookAgainOn !== null && !isDue(row, today) ? [`look again ${date(row.lookAgainOn)}`] : []
  const parts = [...(row.holder === null ? [] : [row.holder]), ...again]
  return parts.length === 0 ? undefined : parts.join(', ')
}

function holdersHref(id: string, match: HolderFilter['match'], type: string | null = null): string {
  return withQuery(`/threats/${id}/organisations`, { match: match === 'runs' ? null : match, type })
}

export const THREATS_HEAD = [
  'Id',
  'Title',
  'CVEs',
  'Priority',
  'Why',
  'Run it',
  'May run it',
  'Sources',
  'Published',
  'State',
  'Who has it',
  'Look again',
  'TLP',
]

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
    row.lookAgainOn,
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
  /** Other threats about the same CVEs or products, most pressing first. */
  readonly related: readonly MergeCandidate[]
  /** The day of the newest scores. */
  readonly epssDate: string | null
  readonly colleagues: readonly Colleague[]
  readonly indicators: Page<ThreatIndicator>
  readonly sightings: readonly OrganisationSightings[]
}

export function threatModel(
  { threat, items, named, products, types, timeline, epss, epssDate, colleagues, indicators, related, sightings }: ThreatParts,
  may: {
    readonly triage: boolean
    readonly draft: boolean
    readonly hold: boolean
    readonly readBulletins: boolean
    readonly refusal: Refusal | null
    readonly typed: TypedStep | null
    readonly now: Instant
  },
) {
  const { id } = threat
  const draft: Action[] = [
    ...(may.draft ? [{ label: 'Draft a bulletin', href: withQuery('/bulletins/new', { threat: id }), key: 'b' }] : []),
    ...(may.hold ? [{ label: 'Holding statement', href: withQuery('/bulletins/holding', { threat: id }), key: 'h' }] : []),
  ]
  const steps = may.triage
    ? offeredActions(threat.state)
        .filter(step => !OTHERWISE_OFFERED.has(step.action))
        .map((step): Action => ({
          label: step.label,
          href: `/threats/${id}/${step.action}`,
          method: 'post',
          reason: step.reason,
          variant: 'secondary',
          key: ACTION_KEYS[step.action],
        }))
    : []
  const harm: Action = {
    label: threat.clinical_safety ? 'Take back that patients may come to harm' : 'Patients may come to harm by it',
    href: `/threats/${id}/${threat.clinical_safety ? 'unflag-harm' : 'flag-harm'}`,
    method: 'post',
    reason: 'required',
    variant: 'secondary',
  }
  const { actions, keptReason } = afterRefusal([...draft, ...steps, ...(may.triage ? [harm] : [])], may.refusal)
  const standing = { state: threat.state, lookAgainOn: threat.look_again_on }
  const isDueNow = isDue(standing, londonDate(may.now))
  return {
    keptReason,
    threat,
    holder: threat.holder_id === null ? null : (threat.holder_name ?? 'The operator'),
    priorityTag: priorityTag(threat.priority_word),
    stateTags: [STATE_TAGS[threat.state], ...(isDueNow ? [DUE] : []), ...(threat.clinical_safety ? [HARM] : [])],
    isHeld: isHeld(threat.state),
    lookAgainOn: threat.state === 'watching' && !isDueNow ? threat.look_again_on : null,
    triage: may.triage ? triageForms(threat, colleagues, may.now, may.typed) : [],
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
        ...products.slice(0, 50).map((product): Cell[] => [
          { text: productName(product), href: `/threats/${id}/matches/${product.productId}` },
          { text: product.exact ? 'Organisations: it is the same' : 'Organisations: it may be the same', hint: product.why },
        ]),
      ],
    } satisfies TableModel,
    indicators: indicatorSection(id, indicators),
    sightings: sightingsTable(sightings),
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
    related: {
      caption: 'Related threats',
      head: [{ text: 'Threat' }, { text: 'Why it is pressing' }],
      rows: related.map((one): Cell[] => [{ text: one.title, href: `/threats/${one.id}`, hint: listed(one.cves) }, one.reason]),
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
  assign: 'Given',
  watch: 'Watched',
  'look-again': 'Due to be looked at again',
  draft: 'A bulletin is drafted',
  'put-back': 'Put back in the queue',
  'flag-harm': 'Patients may come to harm by it',
  'unflag-harm': 'That patients may come to harm is taken back',
  dismiss: 'Dismissed',
  close: 'Closed',
  reopen: 'Opened again',
  related: 'Related to another threat',
}

/** What happened, in words. */
export function eventWords({ item, action, givenTo }: TimelineRow): string {
  if (item !== null) return `${item.source} ${ITEM_ACTIONS[action] ?? action} ${item.externalId}`
  const words = NOTE_ACTIONS[action] ?? sentence(action)
  return givenTo === null ? words : `${words} to ${givenTo}`
}

/** When, what, who. */
export function timelineRow(row: TimelineRow): Cell[] {
  if (row.item === null) return [{ at: row.at }, { text: eventWords(row), hint: row.note ?? undefined }, row.actorName]
  const tags: Tag[] = row.action === 'changed' && isMaterial(row.fields) ? [{ text: 'What to do may change', colour: 'orange' }] : []
  const hint = row.fields.length === 0 ? undefined : sentence(row.fields.map(fieldWord).join(', '))
  return [{ at: row.at }, { text: eventWords(row), href: `/items/${row.item.id}`, tags, hint }, row.item.source]
}

function pointsOf({ automatable, technical_impact: technicalImpact }: ThreatRecord) {
  return automatable === null || technicalImpact === null ? null : { automatable, technicalImpact }
}

/** What organisations told that they saw of it; `null` when none did. */
function sightingsTable(rows: readonly OrganisationSightings[]): TableModel | null {
  if (rows.length === 0) return null
  const total = rows.reduce((sum, row) => sum + row.count, 0)
  return {
    caption: `Seen by ${rows.length} ${rows.length === 1 ? 'organisation' : 'organisations'}, ${total} ${total === 1 ? 'time' : 'times'} in all`,
    head: [{ text: 'Organisation' }, { text: 'Times seen', format: 'numeric' }, { text: 'First seen' }, { text: 'Last seen' }],
    rows: rows.map((row): Cell[] => [
      { text: row.name, hint: row.code, href: `/organisations/${row.code}` },
      row.count,
      row.firstSeen === null ? null : { at: row.firstSeen },
      row.lastSeen === null ? null : { at: row.lastSeen },
    ]),
  }
}
