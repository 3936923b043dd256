import { z } from 'zod'
import { CareCertError, NotFound } from '../../../../kernel/errors.ts'
import type { Page } from '../../../../kernel/page.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { cursorText, searchText } from '../../../../platform/http/list-address.ts'
import { csv, page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { requireThreat, type ThreatRecord } from '../queries/show.ts'
import { sayOfProduct, undoVerdict } from './commands.ts'
import {
  listMatches,
  MATCH_OUTCOMES,
  matchesAfter,
  namedProducts,
  outcomesOfProduct,
  productById,
  verdictsOf,
  type MatchFilter,
  type MatchRow,
} from './queries.ts'
import { MATCHES_HEAD, matchesModel, matchLine, matchModel, NOTHING_TYPED, type MatchParts, type TypedVerdict } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500

const view = { permission: 'watch.threat.view' }
const correct = { permission: 'watch.match.correct' }
const params = z.object({ id: z.string().max(64) })
export const ofProduct = z.object({ id: z.string().max(64), product: z.coerce.number().int().positive().max(2_147_483_647) })
export const ofVerdict = ofProduct.extend({ verdict: z.coerce.number().int().positive() })
export const matchesQuery = z.object({
  q: searchText,
  show: z.enum([...MATCH_OUTCOMES, 'matched', 'unmatched']).catch('matched'),
  cursor: cursorText,
})

export function filterOf({ q, show }: Pick<z.infer<typeof matchesQuery>, 'q' | 'show'>): MatchFilter {
  return { search: q, show }
}

const list = route({
  method: 'GET',
  path: '/threats/:id/matches',
  access: view,
  params,
  query: matchesQuery,
  async handle({ params: { id }, query, read }) {
    const model = await read<Visible, object>(async db => {
      const threat = await requireThreat(db, id)
      return matchesModel(
        threat,
        await listMatches(db, id, filterOf(query), { limit: PAGE_ROWS, cursor: query.cursor }),
        filterOf(query),
        query.cursor,
      )
    })
    return page('watch/threats/corrections/views/list.njk', 'What organisations call it', model)
  },
})

const listCsv = route({
  method: 'GET',
  path: '/threats/:id/matches.csv',
  access: view,
  params,
  query: matchesQuery,
  async handle({ params: { id }, query, read }) {
    await read<Visible, ThreatRecord>(db => requireThreat(db, id))
    const part = (cursor: string | null) =>
      read<Visible, Omit<Page<MatchRow>, 'total'>>(db => matchesAfter(db, id, filterOf(query), { limit: CSV_ROWS, cursor }))
    return csv('matches.csv', csvPages(MATCHES_HEAD, matchLine, part))
  },
})

/** What a threat means for a product that organisations run. Throws `NotFound` where there is no such threat or product. */
export async function partsOf(db: Reader<Visible>, id: string, productId: number): Promise<MatchParts> {
  const threat = await requireThreat(db, id)
  const product = await productById(db, productId)
  if (product === undefined) throw new NotFound('watch.match.product', 'No organisation runs a product of that number.')
  return {
    threat,
    product,
    outcomes: await outcomesOfProduct(db, id, productId),
    named: await namedProducts(db, id, productId),
    verdicts: await verdictsOf(db, id, productId),
  }
}

async function matchPage(request: RouteRequest, id: string, productId: number, typed: TypedVerdict): Promise<Reply> {
  const parts = await request.read<Visible, MatchParts>(db => partsOf(db, id, productId))
  const { error } = typed
  const problems =
    error === null ? [] : [{ rule: error.code, pointer: error.code.split('.')[2] ?? '', severity: 'error' as const, message: error.message }]
  return page('watch/threats/corrections/views/show.njk', 'Is it the same?', matchModel(parts, may(request.actor, 'watch.match.correct'), typed), {
    problems,
  })
}

const show = route({
  method: 'GET',
  path: '/threats/:id/matches/:product',
  access: view,
  params: ofProduct,
  handle: request => matchPage(request, request.params.id, request.params.product, NOTHING_TYPED),
})

const say = route({
  method: 'POST',
  path: '/threats/:id/matches/:product',
  access: correct,
  params: ofProduct,
  async handle(request) {
    const { id, product } = request.params
    const text = (name: string) => (typeof request.body[name] === 'string' ? request.body[name] : '')
    const typed = { verdict: text('verdict'), named: text('named'), reason: text('reason'), error: null }
    if (typed.verdict !== 'same' && typed.verdict !== 'different') {
      const error = { code: 'watch.match.verdict', message: 'Say whether it is the same product.' }
      return matchPage(request, id, product, { ...typed, error })
    }
    const input = {
      threatId: id,
      productId: product,
      isSame: typed.verdict === 'same',
      named: typed.named.replace('|', '\n') || null,
      reason: typed.reason,
    }
    try {
      await request.work<Visible, void>(work => sayOfProduct(work, input))
    } catch (error) {
      if (!(error instanceof CareCertError) || !/^watch\.match\.(reason|named)$/.test(error.code)) throw error
      return matchPage(request, id, product, { ...typed, error })
    }
    const notice = input.isSame ? 'It counts as the same product from now on.' : 'It counts as another product from now on.'
    return redirect(`/threats/${id}/matches/${product}`, { notice })
  },
})

const undo = route({
  method: 'POST',
  path: '/threats/:id/matches/:product/verdicts/:verdict/undo',
  access: correct,
  params: ofVerdict,
  async handle({ params: { id, product, verdict }, body, work }) {
    await work<Visible, void>(unit => undoVerdict(unit, verdict, typeof body['reason'] === 'string' ? body['reason'] : ''))
    return redirect(`/threats/${id}/matches/${product}`, { notice: 'It is undone. The matching decides again.' })
  },
})

export const matchRoutes: readonly Route[] = [list, listCsv, show, say, undo]
