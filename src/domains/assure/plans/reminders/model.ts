import { z } from 'zod'

/** Every day: takes up again what was accepted until a day that is over, and reminds owners of their dates. */
export const PLAN_DAY = { name: 'assure.plan-day', payload: z.object({}) }

/** Mails the newest reminder of an action. An id alone: operators see jobs, and whether an action is late is the organisation's. */
export const REMIND_OWNER = { name: 'assure.remind-owner', payload: z.object({ actionId: z.string() }) }

/** How old a reminder may be that was missed: after a longer stop of the workers the next one comes instead. */
export const LATEST_DAYS = 3
