import { z } from 'zod'
import { dayText } from '../../../../platform/http/api-schemas.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { closeDay, openDay } from './commands.ts'
import { closedDayForm } from './fields.ts'
import { closedDays } from './queries.ts'

const path = '/api/v1/chase-policies/closed-days'
const set = { permission: 'broadcast.chase.set' }

const ClosedDays = z.object({ items: z.array(z.object({ day: z.string(), name: z.string(), source: z.string() })) })

async function answer(db: Reader<Visible>): Promise<z.input<typeof ClosedDays>> {
  return { items: [...(await closedDays(db))] }
}

const list = operation({
  id: 'listClosedDays',
  summary: 'List the days on which nobody works',
  method: 'GET',
  path,
  page: 'GET /chase-policies/closed-days',
  access: { permission: 'broadcast.chase.view' },
  answer: ClosedDays,
  read: (db: Reader<Visible>) => answer(db),
})

const close = operation({
  id: 'closeDay',
  summary: 'Put a day on the list of those on which nobody works',
  method: 'POST',
  path,
  page: 'POST /chase-policies/closed-days',
  access: set,
  body: closedDayForm,
  answer: ClosedDays,
  async write(work: Work<Visible>, { body }) {
    await closeDay(work, body)
    return answer(work.db)
  },
})

const open = operation({
  id: 'openDay',
  summary: 'Take a day that was entered by mistake off the list',
  method: 'POST',
  path: `${path}/remove`,
  page: 'POST /chase-policies/closed-days/remove',
  access: set,
  body: z.object({ day: dayText }),
  answer: ClosedDays,
  async write(work: Work<Visible>, { body }) {
    await openDay(work, body.day)
    return answer(work.db)
  },
})

export const closedDayOperations: readonly Route[] = [list, close, open]
