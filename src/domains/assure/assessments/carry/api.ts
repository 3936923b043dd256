import { z } from 'zod'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { carriedOf } from './queries.ts'

const Statement = z.object({ code: z.string(), outcomeCode: z.string(), text: z.string() })
const PairOf = z.array(z.object({ from: Statement, to: Statement }))

const show = operation({
  id: 'getCarried',
  summary: 'Read what became of last year’s statements: the same, asked in other words, new, and gone',
  page: 'GET /assessments/:id/carried',
  method: 'GET',
  path: '/api/v1/assessments/:id/carried',
  access: { permission: 'assure.assessment.view' },
  params: z.object({ id: z.string().max(60) }),
  answer: z.object({
    from: z.string().nullable(),
    waiting: z.int().describe('Answers that wait to be confirmed'),
    same: PairOf,
    changed: PairOf,
    added: z.array(Statement),
    gone: z.array(Statement),
  }),
  async read(db: Reader<Visible>, { actor, params }) {
    const { from, plan, waiting } = await carriedOf(db, actor, params.id)
    return {
      from: from?.id ?? null,
      waiting,
      same: [...plan.same],
      changed: [...plan.changed],
      added: [...plan.added],
      gone: [...plan.gone],
    }
  },
})

export const carryOperations: readonly Route[] = [show]
