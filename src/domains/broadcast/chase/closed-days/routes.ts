import { parseLocalDate } from '../../../../kernel/instant.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { dateIn } from '../../../../platform/forms/date.ts'
import { readForm, refusalOf } from '../../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import type { Visible } from '../../tables.ts'
import { closeDay, openDay } from './commands.ts'
import { closedDayForm } from './fields.ts'
import { closedDays, type ClosedDay } from './queries.ts'
import { CLOSED_DAYS, closedDaysModel } from './views.ts'

const set = { permission: 'broadcast.chase.set' }

type Typed = Readonly<Record<string, unknown>>

async function showList(
  { read, actor, now }: Pick<RouteRequest, 'read' | 'actor' | 'now'>,
  typed: Typed,
  problems: readonly Problem[],
): Promise<Reply> {
  const days = await read<Visible, readonly ClosedDay[]>(db => closedDays(db))
  const model = closedDaysModel(days, { now, maySet: may(actor, set.permission), typed, problems })
  return page('broadcast/chase/closed-days/views/list.njk', 'Days on which nobody works', model, { problems })
}

const list = route({
  method: 'GET',
  path: CLOSED_DAYS,
  access: { permission: 'broadcast.chase.view' },
  handle: request => showList(request, {}, []),
})

const close = route({
  method: 'POST',
  path: CLOSED_DAYS,
  access: set,
  async handle(request) {
    const { body } = request
    const form = readForm(closedDayForm, { ...body, day: dateIn(body, 'day') })
    if (!form.ok) return showList(request, body, form.problems)
    try {
      await request.work<Visible, void>(work => closeDay(work, form.value))
    } catch (error) {
      return showList(request, body, [refusalOf(error, 'day')])
    }
    return redirect(CLOSED_DAYS, { notice: `${form.value.name} is on the list. Steps that are not taken yet wait for the next working day.` })
  },
})

const open = route({
  method: 'POST',
  path: `${CLOSED_DAYS}/remove`,
  access: set,
  async handle(request) {
    const day = parseLocalDate(String(request.body['removed'] ?? ''))
    if (day === undefined)
      return showList(request, {}, [{ rule: 'form.field', pointer: 'removed', severity: 'error', message: 'Choose the day to take off the list' }])
    await request.work<Visible, void>(work => openDay(work, day))
    return redirect(CLOSED_DAYS, { notice: 'The day is off the list: it counts as a working day again.' })
  },
})

export const closedDayRoutes: readonly Route[] = [list, close, open]
