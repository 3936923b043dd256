import { z } from 'zod'
import { instant, instantText } from '../../../../platform/http/api-schemas.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { bulletinName, ofBulletin, reasonGiven, ScheduleAnswer, versionGiven } from '../../api.ts'
import { bulletinOf } from '../../bulletins/queries.ts'
import { closedDayNames } from '../../chase/closed-days/queries.ts'
import type { Visible } from '../../tables.ts'
import { cancelSchedule, scheduleRelease } from './commands.ts'
import { calmWarnings } from './model.ts'
import { entriesAround, othersThatDay, scheduleOf } from './queries.ts'

const access = { permission: 'broadcast.bulletin.release' }
const path = '/api/v1/bulletins/:number/schedule'

const Schedule = z.object({
  number: bulletinName,
  schedule: ScheduleAnswer.nullable().describe('The time for which it waits, or the newest that came to nothing'),
  warnings: z.array(z.string()).describe('What speaks against the time. None of it stops anybody'),
})

async function answer(db: Reader<Visible>, number: number): Promise<z.input<typeof Schedule>> {
  const bulletin = await bulletinOf(db, number)
  const schedule = (await scheduleOf(db, bulletin.id)) ?? null
  const isWaiting = schedule?.state === 'waiting'
  const warnings = isWaiting
    ? calmWarnings(schedule.releaseAt, bulletin.severity, await othersThatDay(db, schedule.releaseAt, bulletin.id), await closedDayNames(db))
    : []
  return { number, schedule, warnings: [...warnings] }
}

const show = operation({
  id: 'getSchedule',
  summary: 'Say for which time an approved bulletin waits',
  method: 'GET',
  path,
  page: 'GET /bulletins/:number/schedule',
  access,
  params: ofBulletin,
  answer: Schedule,
  read: (db: Reader<Visible>, { params: { number } }) => answer(db, number),
})

const choose = operation({
  id: 'scheduleRelease',
  summary: 'Let an approved bulletin wait for a time',
  method: 'POST',
  path,
  page: 'POST /bulletins/:number/schedule',
  access,
  params: ofBulletin,
  body: z.object({ version: versionGiven, releaseAt: instantText }),
  answer: Schedule,
  async write(work: Work<Visible>, { params: { number }, body }) {
    await scheduleRelease(work, { number, ...body })
    return answer(work.db, number)
  },
})

const cancel = operation({
  id: 'cancelSchedule',
  summary: 'Take the time away again; the bulletin stays approved',
  method: 'POST',
  path: `${path}/cancel`,
  page: 'POST /bulletins/:number/schedule/cancel',
  access,
  params: ofBulletin,
  body: z.object({ reason: reasonGiven }),
  answer: Schedule,
  async write(work: Work<Visible>, { params: { number }, body }) {
    await cancelSchedule(work, { number, ...body })
    return answer(work.db, number)
  },
})

const calendar = operation({
  id: 'listCalendar',
  summary: 'List what stands in the calendar: releases that wait, releases that came to nothing, and times to answer by',
  method: 'GET',
  path: '/api/v1/bulletins/calendar',
  page: 'GET /bulletins/calendar',
  access: { permission: 'broadcast.bulletin.work' },
  answer: z.object({
    items: z.array(
      z.object({
        at: instant,
        kind: z.enum(['release', 'missed', 'answers']),
        number: bulletinName,
        title: z.string(),
        severity: z.string(),
        tlp: z.string(),
        isExercise: z.boolean(),
      }),
    ),
  }),
  async read(db: Reader<Visible>, { now }) {
    const entries = await entriesAround(db, now)
    return { items: entries.toSorted((a, b) => a.at.getTime() - b.at.getTime()) }
  },
})

export const scheduleOperations: readonly Route[] = [calendar, show, choose, cancel]
