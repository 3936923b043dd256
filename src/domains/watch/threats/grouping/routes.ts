import { z } from 'zod'
import { CareCertError } from '../../../../kernel/errors.ts'
import { searchText } from '../../../../platform/http/list-address.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import type { Visible } from '../../tables.ts'
import { itemsOfThreat, requireThreat } from '../queries/show.ts'
import { mergeThreats, splitThreat, undoRegrouping } from './commands.ts'
import { mergeCandidates, regroupingsOf } from './queries.ts'
import { itemsModel, mergeModel, NOTHING_TYPED, type Typed } from './views.ts'

const TRIAGE = { permission: 'watch.threat.triage' }
const params = z.object({ id: z.string().max(64) })
export const mergeQuery = z.object({ q: searchText })

async function itemsPage(request: RouteRequest, id: string, typed: Typed): Promise<Reply> {
  const model = await request.read<Visible, object>(async db =>
    itemsModel(
      await requireThreat(db, id),
      await itemsOfThreat(db, id),
      await regroupingsOf(db, id),
      may(request.actor, 'watch.threat.triage'),
      typed,
    ),
  )
  return page('watch/threats/grouping/views/items.njk', 'What belongs to this threat', model, { problems: problemsOf(typed) })
}

async function mergePage(request: RouteRequest, id: string, typed: Typed): Promise<Reply> {
  const model = await request.read<Visible, object>(async db =>
    mergeModel(await requireThreat(db, id), await mergeCandidates(db, id, typed.words), typed),
  )
  return page('watch/threats/grouping/views/merge.njk', 'Merge into another threat', model, { problems: problemsOf(typed) })
}

function problemsOf({ error }: Typed) {
  if (error === null) return []
  const pointer = error.code.startsWith('watch.threat.reason') ? 'reason' : error.code.startsWith('watch.threat.split') ? 'items' : 'into'
  return [{ rule: error.code, pointer, severity: 'error' as const, message: error.message }]
}

/** What a form said, whatever it was: a missing or odd field is an empty one, which the command answers. */
function typedIn(body: RouteRequest['body']): Typed {
  const items = body['items']
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return {
    reason: text(body['reason']),
    into: text(body['into']),
    words: text(body['q']).slice(0, 200),
    items: Array.isArray(items) ? items.map(text) : [text(items)].filter(one => one !== ''),
    error: null,
  }
}

/** What the person can mend by the form itself; anything else is answered as an error. */
function isMendable(error: unknown): error is CareCertError {
  return error instanceof CareCertError && /^watch\.threat\.(reason|split-|merge-itself)/.test(error.code)
}

const items = route({
  method: 'GET',
  path: '/threats/:id/items',
  access: { permission: 'watch.threat.view' },
  params,
  handle: request => itemsPage(request, request.params.id, NOTHING_TYPED),
})

const split = route({
  method: 'POST',
  path: '/threats/:id/split',
  access: TRIAGE,
  params,
  async handle(request) {
    const { id } = request.params
    const typed = typedIn(request.body)
    try {
      const made = await request.work<Visible, string>(work => splitThreat(work, { threat: id, items: typed.items, reason: typed.reason }))
      return redirect(`/threats/${made}`, { notice: 'The items are a threat of their own. It can be undone from “What belongs to this threat”.' })
    } catch (error) {
      if (!isMendable(error)) throw error
      return itemsPage(request, id, { ...typed, error })
    }
  },
})

const chooseMerge = route({
  method: 'GET',
  path: '/threats/:id/merge',
  access: TRIAGE,
  params,
  query: mergeQuery,
  handle: request => mergePage(request, request.params.id, { ...NOTHING_TYPED, words: request.query.q }),
})

const merge = route({
  method: 'POST',
  path: '/threats/:id/merge',
  access: TRIAGE,
  params,
  async handle(request) {
    const { id } = request.params
    const typed = typedIn(request.body)
    const chooseOne = { code: 'watch.threat.merge-choose', message: 'Choose the threat to merge this one into.' }
    if (typed.into === '') return mergePage(request, id, { ...typed, error: chooseOne })
    try {
      await request.work<Visible, string>(work => mergeThreats(work, { from: id, into: typed.into, reason: typed.reason }))
      return redirect(`/threats/${typed.into}`, { notice: 'The two are one threat. It can be undone from “What belongs to this threat”.' })
    } catch (error) {
      if (!isMendable(error)) throw error
      return mergePage(request, id, { ...typed, error })
    }
  },
})

const undo = route({
  method: 'POST',
  path: '/regroupings/:id/undo',
  access: TRIAGE,
  params,
  async handle(request) {
    const threat = await request.work<Visible, string>(work => undoRegrouping(work, request.params.id, typedIn(request.body).reason))
    return redirect(`/threats/${threat}/items`, { notice: 'It is undone: each item is where it was.' })
  },
})

export const groupingRoutes: readonly Route[] = [items, split, chooseMerge, merge, undo]
