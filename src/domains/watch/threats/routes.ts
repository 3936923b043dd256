import { z } from 'zod'
import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import { parseInstant } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csvText } from '../../../platform/csv/csv.ts'
import { csv, page, redirect } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Refusal } from '../../../ui/refusal.ts'
import { epssOf, newestScoreDate } from '../enrichment/queries.ts'
import { sourceNames } from '../sources/queries.ts'
import type { Visible } from '../tables.ts'
import { actOnThreat } from './commands.ts'
import { holderRoutes } from './holders/routes.ts'
import { isThreatAction, isThreatState } from './model.ts'
import { PRIORITY_WORDS } from './priority.ts'
import { firstUntaken, listThreats, THREAT_SORTS, type ThreatFilter, type ThreatRow } from './queries/list.ts'
import { matchedProducts } from './queries/reach.ts'
import { itemsOfThreat, mergedIntoOf, organisationTypes, productsOfThreat, threatById, timelineOfThreat } from './queries/show.ts'
import { listModel, THREATS_HEAD, threatLine, threatModel, type ThreatParts } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 50_000

/** A value that a filter does not know is as if it were not there: an old link still shows something. */
const listQuery = z.object({
  q: z.string().max(200).catch(''),
  state: z
    .string()
    .catch('open')
    .transform(state => (state === 'all' || isThreatState(state) ? state : 'open')),
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

function filterOf(query: z.infer<typeof listQuery>): ThreatFilter {
  const { q, state, priority, source, only, since } = query
  const [kev, ransomware, run] = [only.includes('kev'), only.includes('ransomware'), only.includes('run')]
  return { search: q, state, priority, source, kev, ransomware, run, since }
}

const list = route({
  method: 'GET',
  path: '/threats',
  access: { permission: 'watch.threat.list' },
  query: listQuery,
  async handle(request) {
    const { sort, cursor } = request.query
    const filter = filterOf(request.query)
    const mayTriage = may(request.actor, 'watch.threat.triage')
    const model = await request.read<Visible, object>(async db => {
      const found = await listThreats(db, filter, sort, { limit: PAGE_ROWS, cursor })
      const first = mayTriage ? await firstUntaken(db, filter, sort) : null
      return listModel(found, { filter, sort, cursor }, { sources: await sourceNames(db), mayTriage, first })
    })
    return page('watch/threats/views/list.njk', 'Threats', model)
  },
})

const listCsv = route({
  method: 'GET',
  path: '/threats.csv',
  access: { permission: 'watch.threat.list' },
  query: listQuery,
  async handle(request) {
    const found = await request.read<Visible, Page<ThreatRow>>(db =>
      listThreats(db, filterOf(request.query), request.query.sort, { limit: CSV_ROWS, cursor: null }),
    )
    return csv('threats.csv', csvText(THREATS_HEAD, found.rows.map(threatLine)))
  },
})

const params = z.object({ id: z.string().max(64) })
/** Where the keys of the list lead back to: the list itself, as it was narrowed. */
const OWN_LIST = /^\/threats(?:\?[^#\\\s]*)?$/
const UNKNOWN = 'There is no such threat. The list of threats shows those that there are.'

/** The page of a threat; with a refusal, what was asked for there was not done. */
async function showPage(request: RouteRequest, id: string, refused: { readonly refusal: Refusal; readonly status: number } | null = null) {
  const parts = await request.read<Visible, ThreatParts | undefined>(async db => {
    const threat = await threatById(db, id)
    if (threat === undefined) return undefined
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
    }
  })
  if (parts === undefined) throw new NotFound('watch.threat.unknown', UNKNOWN)
  const model = threatModel(parts, {
    triage: may(request.actor, 'watch.threat.triage'),
    draft: may(request.actor, 'broadcast.bulletin.draft'),
    readBulletins: may(request.actor, 'broadcast.bulletin.work'),
    refusal: refused?.refusal ?? null,
  })
  const problems: Problem[] =
    refused === null
      ? []
      : [{ rule: 'watch.threat.refused', pointer: model.keptReason === null ? 'reason' : '', severity: 'error', message: refused.refusal.message }]
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
    if (!isThreatAction(action)) throw new NotFound('watch.threat.action', 'There is nothing of that name to do with a threat.')
    const { reason: typed, back } = request.body
    const reason = typeof typed === 'string' ? typed : ''
    try {
      const { banner } = await request.work<Visible, { banner: string }>(work => actOnThreat(work, id, action, reason))
      return redirect(typeof back === 'string' && OWN_LIST.test(back) ? back : `/threats/${id}`, { notice: banner })
    } catch (error) {
      // What was typed comes back with what was wrong. Where nothing was asked for, the error's own page says it all.
      if (!(error instanceof Invalid || error instanceof Conflict) || typed === undefined) throw error
      const refusal = { href: `/threats/${id}/${action}`, reason, message: error.message }
      return showPage(request, id, { refusal, status: error instanceof Conflict ? 409 : 422 })
    }
  },
})

export const threatRoutes: readonly Route[] = [list, listCsv, show, act, ...holderRoutes]
