import { z } from 'zod'
import type { Route } from '../../../../platform/http/route.ts'
import { bulletinStep, reasonGiven } from '../../api.ts'
import { reviewAfter } from './commands.ts'

export const afterOperations: readonly Route[] = [
  bulletinStep({
    id: 'reviewBulletinAfter',
    summary: 'Close the review of what one person released, with what was found',
    verb: 'review-after',
    permission: 'broadcast.bulletin.review-after',
    body: z.object({ findings: reasonGiven }),
    run: (work, { number, body }) => reviewAfter(work, { number, ...body }),
  }),
]
