import { z } from 'zod'
import { CareCertError, NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csvText } from '../../../platform/csv/csv.ts'
import { csv, page, redirect } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import { sourceNames } from '../sources/queries.ts'
import type { Visible } from '../tables.ts'
import { actOnThreat } from './commands.ts'
import { holderRoutes } from './holders/routes.ts'
import { isThreatAction, isThreatState } from './model.ts'
import { PRIORITY_WORDS } from './priority.ts'
import { listThreats, THREAT_SORTS, type ThreatFilter, type ThreatRow } from './queries/list.ts'
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
  sort: z.enum(THREAT_SORTS).catch('pressing'),
  cursor: z.string().max(500).nullable().catch(null),
})

function filterOf(query: z.infer<typeof listQuery>): ThreatFilter {
  const { q, state, priority, source, only } = query
  return { search: q, state, priority, source, kev: only.includes('kev'), ransomware: only.includes('ransomware'), run: only.includes('run') }
}

const list = route({
  method: 'GET',
  path: '/threats',
  access: { permission: 'watch.threat.list' },
  query: listQuery,
  async handle(request) {
    const { sort, cursor } = request.query
    const filter = filterOf(request.query)
    const model = await request.read<Visible, object>(async db => {
      const found = await listThreats(db, filter, sort, { limit: PAGE_ROWS, cursor })
      return listModel(found, filter, sort, await sourceNames(db), cursor)
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
const UNKNOWN = 'There is no such threat. The list of threats shows those that there are.'

async function showPage(request: RouteRequest, id: string, problems: readonly Problem[] = []) {
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
    }
  })
  if (parts === undefined) throw new NotFound('watch.threat.unknown', UNKNOWN)
  const model = threatModel(parts, {
    triage: may(request.actor, 'watch.threat.triage'),
    draft: may(request.actor, 'broadcast.bulletin.draft'),
    readBulletins: may(request.actor, 'broadcast.bulletin.work'),
  })
  return page('watch/threats/views/show.njk', parts.threat.title, model, { problems })
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
    const reason = request.body['reason']
    try {
      const { banner } = await request.work<Visible, { banner: string }>(work =>
        actOnThreat(work, id, action, typeof reason === 'string' ? reason : ''),
      )
      return redirect(`/threats/${id}`, { notice: banner })
    } catch (error) {
      if (!(error instanceof CareCertError) || !error.code.startsWith('watch.threat.reason')) throw error
      return showPage(request, id, [{ rule: error.code, pointer: '', severity: 'error', message: error.message }])
    }
  },
})

export const threatRoutes: readonly Route[] = [list, listCsv, show, act, ...holderRoutes]
