import { z } from 'zod'
import { Conflict, Invalid, NotFound, type CareCertError } from '../../../kernel/errors.ts'
import { londonDate, parseInstant, parseLocalDate, type LocalDate } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { asText } from '../../../kernel/text.ts'
import { csvText } from '../../../platform/csv/csv.ts'
import { choiceText, searchText } from '../../../platform/http/list-address.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type FormBody, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may, type Actor } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { withQuery } from '../../../ui/links.ts'
import type { DateParts } from '../../../ui/models.ts'
import type { Refusal } from '../../../ui/refusal.ts'
import { epssOf, newestScoreDate } from '../enrichment/queries.ts'
import { sightingsOfThreat } from '../sightings/queries.ts'
import { sourceNames } from '../sources/queries.ts'
import type { Visible } from '../tables.ts'
import { changeRoutes } from './changes/routes.ts'
import { keepFilter, removeFilter } from './filters/commands.ts'
import { savedFilters } from './filters/queries.ts'
import { mergeCandidates } from './grouping/queries.ts'
import { holderRoutes } from './holders/routes.ts'
import { CURRENT, listIndicators } from './indicators/queries.ts'
import { indicatorRoutes } from './indicators/routes.ts'
import { isThreatAction, isThreatState } from './model.ts'
import { PRIORITY_WORDS } from './priority.ts'
import { firstWaiting, listThreats, THREAT_SORTS, type ThreatFilter, type ThreatRow } from './queries/list.ts'
import { matchedProducts } from './queries/reach.ts'
import { itemsOfThreat, mergedIntoOf, organisationTypes, productsOfThreat, requireThreat, timelineOfThreat } from './queries/show.ts'
import { actOnThreat, flagClinicalSafety, type Chosen } from './triage/commands.ts'
import { colleagues } from './triage/queries.ts'
import type { TypedStep } from './triage/views.ts'
import { listModel, MINE, queryOf, THREATS_HEAD, threatLine, threatModel, type ThreatParts } from './views.ts'

const PAGE_ROWS = 50
export const RELATED_SHOWN = 8
const CSV_ROWS = 50_000
/** On the threat's own page; the rest are one link away. */
const INDICATORS_SHOWN = 20

/** A value that a filter does not know is as if it were not there: an old link still shows something. */
export const threatsQuery = z.object({
  q: searchText,
  state: z
    .string()
    .catch('open')
    .transform(state => (state === 'all' || isThreatState(state) ? state : 'open')),
  who: choiceText,
  priority: z.enum(PRIORITY_WORDS).nullable().catch(null),
  source: z.string().min(1).max(64).nullable().catch(null),
  only: z.union([z.string().transform(value => [value]), z.array(z.string())]).catch([]),
  since: z
    .string()
    .transform(text => parseInstant(text) ?? null)
    .catch(null),
  sort: z.enum(THREAT_SORTS).catch('pressing'),
  cursor: z.string().max(500).nullable().catch(null),
})

export function filterOf(query: Omit<z.infer<typeof threatsQuery>, 'sort' | 'cursor'>, { id }: Pick<Actor, 'id'>): ThreatFilter {
  const { q, state, who, priority, source, only, since } = query
  const [kev, ransomware, run] = [only.includes('kev'), only.includes('ransomware'), only.includes('run')]
  const holder = who === MINE ? id : who
  return { search: q, state, holder, priority, source, kev, ransomware, run, since, changedSince: null }
}

const list = route({
  method: 'GET',
  path: '/threats',
  access: { permission: 'watch.threat.list' },
  query: threatsQuery,
  handle: request => listPage(request, request.query, null),
})

/** The list; with a refusal, the name under which a filter was to be kept comes back. */
async function listPage(
  request: RouteRequest,
  query: z.infer<typeof threatsQuery>,
  refused: { readonly name: string; readonly message: string } | null,
): Promise<Reply> {
  const { actor, now } = request
  const { sort, cursor } = query
  const [filter, today] = [filterOf(query, actor), londonDate(now)]
  const mayTriage = may(actor, 'watch.threat.triage')
  const model = await request.read<Visible, object>(async db => {
    const found = await listThreats(db, filter, sort, { limit: PAGE_ROWS, cursor }, today)
    return listModel(
      found,
      { filter, sort, cursor },
      {
        sources: await sourceNames(db),
        mayTriage,
        first: mayTriage ? await firstWaiting(db, filter, sort, { person: actor.id, today }) : null,
        colleagues: await colleagues(db),
        me: actor.id,
        today,
        saved: await savedFilters(db, actor.id),
        refused,
      },
    )
  })
  if (refused === null) return page('watch/threats/views/list.njk', 'Threats', model)
  const problems = [{ rule: 'watch.threat-filter.refused', pointer: 'name', severity: 'error' as const, message: refused.message }]
  return page('watch/threats/views/list.njk', 'Threats', model, { problems, status: 422 })
}

const keep = route({
  method: 'POST',
  path: '/threats/filters',
  access: { permission: 'watch.threat.list' },
  async handle(request) {
    const name = asText(request.body['name'])
    const { address, query } = understood(asText(request.body['address']), request.actor)
    try {
      await request.work<Visible, void>(work => keepFilter(work, { name, address }))
    } catch (error) {
      if (!(error instanceof Invalid)) throw error
      return listPage(request, { ...query, cursor: null }, { name, message: error.message })
    }
    return redirect(address, { notice: 'The filter is kept.' })
  },
})

const removeKept = route({
  method: 'POST',
  path: '/threats/filters/remove',
  access: { permission: 'watch.threat.list' },
  async handle(request) {
    await request.work<Visible, void>(work => removeFilter(work, asText(request.body['name'])))
    return redirect('/threats', { notice: 'The filter is removed.' })
  },
})

/** Of an address of the list, only what the list itself would understand, in its own words. */
export function understood(address: string, actor: Actor) {
  const query = threatsQuery.parse(queryIn(address))
  return { address: withQuery('/threats', queryOf(filterOf(query, actor), query.sort, actor.id)), query }
}

function queryIn(address: string): Readonly<Record<string, string | string[]>> {
  const search = new URLSearchParams(address.split('?')[1] ?? '')
  return Object.fromEntries(
    [...new Set(search.keys())].map(key => {
      const values = search.getAll(key)
      return [key, values.length === 1 ? (values[0] ?? '') : values]
    }),
  )
}

const listCsv = route({
  method: 'GET',
  path: '/threats.csv',
  access: { permission: 'watch.threat.list' },
  query: threatsQuery,
  async handle(request) {
    const found = await request.read<Visible, Page<ThreatRow>>(db =>
      listThreats(db, filterOf(request.query, request.actor), request.query.sort, { limit: CSV_ROWS, cursor: null }, londonDate(request.now)),
    )
    return csv('threats.csv', csvText(THREATS_HEAD, found.rows.map(threatLine)))
  },
})

const params = z.object({ id: z.string().max(64) })
/** Where the keys of the list lead back to: the list itself, as it was narrowed. */
const OWN_LIST = /^\/threats(?:\?[^#\\\s]*)?$/

interface Refused {
  readonly refusal: Refusal
  /** What was typed in a form of its own. */
  readonly typed: TypedStep | null
  readonly status: number
}

/** The page of a threat; with a refusal, what was asked for there was not done. */
async function showPage(request: RouteRequest, id: string, refused: Refused | null = null): Promise<Reply> {
  const parts = await request.read<Visible, ThreatParts>(async db => {
    const threat = await requireThreat(db, id)
    const products = await matchedProducts(db, id)
    return {
      threat,
      products,
      items: await itemsOfThreat(db, id),
      named: await productsOfThreat(db, id),
      types: await organisationTypes(db),
      timeline: await timelineOfThreat(db, id),
      epss: await epssOf(db, threat.cves),
      epssDate: await newestScoreDate(db),
      related: (await mergeCandidates(db, id, '')).slice(0, RELATED_SHOWN),
      colleagues: await colleagues(db),
      indicators: await listIndicators(db, id, CURRENT, { limit: INDICATORS_SHOWN, cursor: null }, request.now),
      sightings: await sightingsOfThreat(db, id),
    }
  })
  const model = threatModel(parts, {
    triage: may(request.actor, 'watch.threat.triage'),
    draft: may(request.actor, 'broadcast.bulletin.draft'),
    hold: may(request.actor, 'broadcast.bulletin.release-holding'),
    readBulletins: may(request.actor, 'broadcast.bulletin.work'),
    refusal: refused?.refusal ?? null,
    typed: refused?.typed ?? null,
    now: request.now,
  })
  const pointer = refused?.typed?.pointer ?? (model.keptReason === null ? 'reason' : '')
  const problems: Problem[] = refused === null ? [] : [{ rule: 'watch.threat.refused', pointer, severity: 'error', message: refused.refusal.message }]
  return page('watch/threats/views/show.njk', parts.threat.title, model, { problems, ...(refused === null ? {} : { status: refused.status }) })
}

const show = route({
  method: 'GET',
  path: '/threats/:id',
  access: { permission: 'watch.threat.view' },
  params,
  async handle(request) {
    const { id } = request.params
    const mergedInto = await request.read<Visible, string | null>(db => mergedIntoOf(db, id))
    if (mergedInto === null) return showPage(request, id)
    return redirect(`/threats/${mergedInto}`, { notice: 'The threat that you asked for was merged into this one.' })
  },
})

const act = route({
  method: 'POST',
  path: '/threats/:id/:action',
  access: { permission: 'watch.threat.triage' },
  params: z.object({ id: z.string().max(64), action: z.string().max(20) }),
  async handle(request) {
    const { id, action } = request.params
    const { back } = request.body
    const typed = request.body['reason'] ?? request.body[NOTE_FIELDS[action] ?? '']
    const reason = asText(typed)
    try {
      const { banner } = await request.work<Visible, { banner: string }>(work => done(work, id, action, reason, request.body))
      return redirect(typeof back === 'string' && OWN_LIST.test(back) ? back : `/threats/${id}`, { notice: banner })
    } catch (error) {
      // What was typed comes back with what was wrong. Where nothing was asked for, the error's own page says it all.
      if (!(error instanceof Invalid || error instanceof Conflict) || typed === undefined) throw error
      const refusal = { href: `/threats/${id}/${action}`, reason, message: error.message }
      return showPage(request, id, { refusal, typed: typedStep(request.body, action, error), status: error instanceof Conflict ? 409 : 422 })
    }
  },
})

/** How the forms that ask for more than why call their reason: two of one name on a page could not be told apart. */
const NOTE_FIELDS: Readonly<Record<string, string>> = { assign: 'forWhat', watch: 'whatFor' }

async function done(work: Work<Visible>, id: string, action: string, reason: string, body: FormBody): Promise<{ readonly banner: string }> {
  return takeStep(work, id, action, reason, { person: asText(body['person']), lookAgainOn: action === 'watch' ? dayIn(body) : undefined })
}

/** Does what is asked for with a threat. Throws `NotFound` for what is no such step, and as `actOnThreat` and `flagClinicalSafety` do. */
export async function takeStep(
  work: Work<Visible>,
  id: string,
  action: string,
  reason: string,
  chosen: Chosen,
): Promise<{ readonly banner: string }> {
  if (action === 'flag-harm' || action === 'unflag-harm') return flagClinicalSafety(work, id, action === 'flag-harm', reason)
  if (!isThreatAction(action) || action === 'draft') throw new NotFound('watch.threat.action', 'There is nothing of that name to do with a threat.')
  return actOnThreat(work, id, action, reason, chosen)
}

/** The day that was typed; `undefined` where the form had no such field, as when a key of the list is pressed. */
function dayIn(body: FormBody): LocalDate | undefined {
  const { day, month, year } = dayTyped(body)
  if (body['lookAgainOn-day'] === undefined) return undefined
  const found = parseLocalDate(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
  if (found === undefined) throw new Invalid('watch.threat.look-again', 'Give a day that exists, such as 27 3 2027.')
  return found
}

function dayTyped(body: FormBody): DateParts {
  const part = (name: string) => asText(body[`lookAgainOn-${name}`]).trim()
  return { day: part('day'), month: part('month'), year: part('year') }
}

function typedStep(body: FormBody, action: string, { code, message }: CareCertError): TypedStep | null {
  if (action !== 'assign' && action !== 'watch') return null
  const note = NOTE_FIELDS[action] ?? ''
  const pointer = code === 'watch.threat.look-again' ? 'lookAgainOn' : code === 'watch.threat.assign-whom' ? 'person' : note
  return { action, message, pointer, person: asText(body['person']), day: dayTyped(body), note: asText(body[note]) }
}

export const threatRoutes: readonly Route[] = [list, listCsv, keep, removeKept, show, act, ...holderRoutes, ...changeRoutes, ...indicatorRoutes]
