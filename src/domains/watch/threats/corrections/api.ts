import { z } from 'zod'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../../platform/http/list-operation.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { requireThreat } from '../queries/show.ts'
import { sayOfProduct, undoVerdict } from './commands.ts'
import { listMatches, MATCH_OUTCOMES } from './queries.ts'
import { filterOf, matchesQuery, ofProduct, ofVerdict, partsOf } from './routes.ts'

const view = { permission: 'watch.threat.view' }
const correct = { permission: 'watch.match.correct' }
const PATH = '/api/v1/threats/:id/matches'
const Named = z.object({ maker: z.string(), product: z.string() })

const list = listOperation({
  id: 'listMatches',
  summary: 'List what organisations call what a threat is about',
  description: '`show=unmatched` looks through the rest of what organisations run, by the words of `q`.',
  page: 'GET /threats/:id/matches',
  path: PATH,
  access: view,
  params: z.object({ id: z.string().max(64) }),
  query: filtersOf(matchesQuery),
  item: Named.extend({ productId: z.int(), outcome: z.enum(MATCH_OUTCOMES).nullable(), why: z.string().nullable() }),
  async list(db: Reader<Visible>, page, { params: { id }, query }) {
    await requireThreat(db, id)
    return listMatches(db, id, filterOf(query), page)
  },
})

const show = operation({
  id: 'showMatch',
  summary: 'Show what a threat means for a product that organisations run',
  description:
    '`outcomes` tells it version by version, the gravest first: an empty version for those that tell none, `null` for whatever version. `verdicts` is what people said of the two, newest first.',
  page: 'GET /threats/:id/matches/:product',
  method: 'GET',
  path: `${PATH}/:product`,
  access: view,
  params: ofProduct,
  answer: Named.extend({
    productId: z.int(),
    outcomes: z.array(z.object({ version: z.string().nullable(), outcome: z.enum(MATCH_OUTCOMES), why: z.string() })),
    named: z.array(Named.extend({ makerKey: z.string(), productKey: z.string(), versions: z.array(z.string()), isMatched: z.boolean() })),
    verdicts: z.array(
      Named.extend({ id: z.int(), isSame: z.boolean(), reason: z.string(), saidBy: z.string(), saidAt: instant, undoneAt: instant.nullable() }),
    ),
  }),
  async read(db: Reader<Visible>, { params }) {
    const { product, outcomes, named, verdicts } = await partsOf(db, params.id, params.product)
    return {
      ...product,
      productId: product.id,
      outcomes: [...outcomes],
      named: named.map(one => ({ ...one, versions: [...one.versions] })),
      verdicts: [...verdicts],
    }
  },
})

const say = operation({
  id: 'sayOfMatch',
  summary: 'Say that a product that organisations run is what a threat is about, or is another',
  description:
    'It holds from then on, for every threat that names the product so. `named` chooses among the products that the threat names, by the keys that `showMatch` gives.',
  page: 'POST /threats/:id/matches/:product',
  method: 'POST',
  path: `${PATH}/:product`,
  access: correct,
  params: ofProduct,
  body: z.object({
    isSame: z.boolean('Say whether it is the same product.'),
    named: z
      .object({ makerKey: z.string().max(400), productKey: z.string().max(400) })
      .nullable()
      .default(null),
    reason: z.string('Say why, so that the next person understands.').max(10_000),
  }),
  answer: null,
  write: (work: Work<Visible>, { params, body: { isSame, named, reason } }) =>
    sayOfProduct(work, {
      threatId: params.id,
      productId: params.product,
      isSame,
      named: named === null ? null : `${named.makerKey}\n${named.productKey}`,
      reason,
    }),
})

const undo = operation({
  id: 'undoVerdict',
  summary: 'Undo what was said of a product',
  page: 'POST /threats/:id/matches/:product/verdicts/:verdict/undo',
  method: 'POST',
  path: `${PATH}/:product/verdicts/:verdict/undo`,
  access: correct,
  params: ofVerdict,
  body: z.object({ reason: z.string().max(10_000) }),
  answer: null,
  write: (work: Work<Visible>, { params, body }) => undoVerdict(work, params.verdict, body.reason),
})

export const matchOperations: readonly Route[] = [list, show, say, undo]
