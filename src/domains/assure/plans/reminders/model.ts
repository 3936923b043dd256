import { z } from 'zod'
import type { JobKind } from '../../../../platform/jobs/job.ts'

/** Every day: takes up again what was accepted until a day that is over, and reminds owners of their dates. */
export const PLAN_DAY: JobKind<object> = { name: 'assure.plan-day', payload: z.object({}) }

/** Mails one reminder. Ids and a date alone: what the action says stays in the database. */
export const REMIND_OWNER: JobKind<{ actionId: string; dueOn: string; days: number }> = {
  name: 'assure.remind-owner',
  payload: z.object({ actionId: z.string(), dueOn: z.string(), days: z.int() }),
}

/** How old a reminder may be that was missed: after a longer stop of the workers the next one comes instead. */
export const LATEST_DAYS = 3
