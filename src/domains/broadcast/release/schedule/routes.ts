import { z } from 'zod'
import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import { parseInstant, type Instant } from '../../../../kernel/instant.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { refusalOf } from '../../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import { exactTime } from '../../../../ui/filters/dates.ts'
import { ruleOf, summariseAudience } from '../../audience/queries.ts'
import { bulletinNumber, parseBulletinNumber } from '../../bulletins/model.ts'
import { bulletinOf } from '../../bulletins/queries.ts'
import type { ClosedDays } from '../../chase/closed-days/model.ts'
import { closedDayNames } from '../../chase/closed-days/queries.ts'
import type { Visible } from '../../tables.ts'
import { cancelSchedule, scheduleRelease } from './commands.ts'
import { offeredTime, readReleaseAt, type CalendarEntry } from './model.ts'
import { entriesAround, othersThatDay, scheduleOf } from './queries.ts'
import { CALENDAR, calendarView, scheduleView } from './views.ts'

const Params = z.object({ number: z.string().max(20) })
const release = { permission: 'broadcast.bulletin.release' }
const VIEWS = 'broadcast/release/schedule/views'

const calendar = route({
  method: 'GET',
  path: CALENDAR,
  access: { permission: 'broadcast.bulletin.work' },
  async handle({ read, now, actor }) {
    const found = await read<Visible, { entries: readonly CalendarEntry[]; closed: ClosedDays }>(async db => ({
      entries: await entriesAround(db, now),
      closed: await closedDayNames(db),
    }))
    return page(`${VIEWS}/calendar.njk`, 'Calendar', calendarView(found, now, may(actor, 'broadcast.bulletin.release')), {
      isExercise: found.entries.some(({ isExercise }) => isExercise),
    })
  },
})

type Typed = Parameters<typeof scheduleView>[1]
type ScheduleFacts = Parameters<typeof scheduleView>[0]

async function schedulePage(
  request: Pick<RouteRequest, 'read' | 'now'>,
  number: number,
  given: { readonly typed?: Typed; readonly chosen?: Instant | null; readonly problems?: readonly Problem[] },
): Promise<Reply> {
  const { chosen = null, problems = [] } = given
  const facts = await request.read<Visible, ScheduleFacts>(async db => {
    const bulletin = await bulletinOf(db, number)
    return {
      bulletin,
      schedule: await scheduleOf(db, bulletin.id),
      organisations: (await summariseAudience(db, await ruleOf(db, bulletin.id))).organisations,
      entries: await entriesAround(db, request.now),
      closed: await closedDayNames(db),
      chosen: chosen === null ? null : { at: chosen, others: await othersThatDay(db, chosen, bulletin.id) },
    }
  })
  const typed = given.typed ?? offeredTime(request.now, facts.closed)
  if (facts.bulletin.releasedAt !== null && problems.length === 0) return redirect(`/bulletins/${bulletinNumber(number)}`)
  return page(`${VIEWS}/schedule.njk`, `Schedule ${bulletinNumber(number)}`, scheduleView(facts, typed, problems, request.now), {
    problems,
    isExercise: facts.bulletin.isExercise,
  })
}

const show = route({
  method: 'GET',
  path: '/bulletins/:number/schedule',
  access: release,
  params: Params,
  handle: request => schedulePage(request, numberOf(request.params), {}),
})

/** Two steps: the first shows the time with what speaks against it, the second, with that time in the form, takes it. */
const choose = route({
  method: 'POST',
  path: '/bulletins/:number/schedule',
  access: release,
  params: Params,
  async handle(request) {
    const number = numberOf(request.params)
    const text = (name: string) => {
      const value = request.body[name]
      return typeof value === 'string' ? value : ''
    }
    const agreed = parseInstant(text('releaseAt'))
    if (agreed !== undefined) return take(request, number, Number(text('version')), agreed)
    const parts = { day: text('day-day'), month: text('day-month'), year: text('day-year') }
    const typed = { day: parts, time: text('time') }
    const chosen = readReleaseAt(`${parts.year.padStart(4, '0')}-${parts.month.padStart(2, '0')}-${parts.day.padStart(2, '0')}`, typed.time)
    const problem = (pointer: string, message: string): Problem => ({ rule: 'broadcast.schedule.time', pointer, severity: 'error', message })
    if (chosen === undefined)
      return schedulePage(request, number, {
        typed,
        problems: [problem('day', 'Enter a day that exists, such as 27 3 2027, and a time such as 09:30')],
      })
    if (chosen <= request.now)
      return schedulePage(request, number, { typed, problems: [problem('day', 'Choose a time that is still to come, or release it now')] })
    return schedulePage(request, number, { typed, chosen })
  },
})

async function take(request: RouteRequest, number: number, version: number, releaseAt: Instant): Promise<Reply> {
  try {
    await request.work<Visible, void>(work => scheduleRelease(work, { number, version, releaseAt }))
  } catch (error) {
    return schedulePage(request, number, { problems: [refusalOf(error, 'day')] })
  }
  return redirect(`/bulletins/${bulletinNumber(number)}/schedule`, { notice: `It goes out ${exactTime(releaseAt)}. You need not be there.` })
}

const cancel = route({
  method: 'POST',
  path: '/bulletins/:number/schedule/cancel',
  access: release,
  params: Params,
  async handle(request) {
    const number = numberOf(request.params)
    const reason = typeof request.body['reason'] === 'string' ? request.body['reason'] : ''
    try {
      await request.work<Visible, void>(work => cancelSchedule(work, { number, reason }))
    } catch (error) {
      if (!(error instanceof Conflict || error instanceof Invalid)) throw error
      return schedulePage(request, number, { problems: [refusalOf(error, '')] })
    }
    return redirect(`/bulletins/${bulletinNumber(number)}/schedule`, { notice: 'It does not go out by itself any more. It stays approved.' })
  },
})

function numberOf(params: { readonly number: string }): number {
  const number = parseBulletinNumber(params.number)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
  return number
}

export const scheduleRoutes: readonly Route[] = [calendar, show, choose, cancel]
