import { z } from 'zod'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { trendOf } from './queries.ts'

const Point = z.object({ status: z.string().nullable(), why: z.enum(['not-answered', 'not-comparable']).nullable() })

const show = operation({
  id: 'getTrend',
  summary: 'Read what became of each outcome from year to year',
  description: 'Another version of the framework is crossed only where a crosswalk says that an outcome is the same.',
  page: 'GET /assessments/:id/trend',
  method: 'GET',
  path: '/api/v1/assessments/:id/trend',
  access: { permission: 'assure.assessment.view' },
  params: z.object({ id: z.string().max(60) }),
  answer: z.object({
    reviews: z.array(z.object({ id: z.string(), period: z.string(), version: z.string(), isComparable: z.boolean() })),
    outcomes: z.array(
      z.object({
        code: z.string(),
        title: z.string(),
        group: z.string(),
        points: z.array(Point),
        change: z.enum(['better', 'worse', 'same']).nullable(),
      }),
    ),
    groups: z.array(z.object({ title: z.string(), shares: z.array(z.int().nullable()).describe('Percent of outcomes as asked') })),
  }),
  async read(db: Reader<Visible>, { actor, params }) {
    const { reviews, outcomes, groups } = await trendOf(db, actor, params.id)
    return {
      reviews: reviews.map(({ id, period, version, pairs }) => ({ id, period, version, isComparable: pairs !== 'none' })),
      outcomes: outcomes.map(one => ({ ...one, points: [...one.points] })),
      groups: groups.map(one => ({ ...one, shares: [...one.shares] })),
    }
  },
})

export const trendOperations: readonly Route[] = [show]
