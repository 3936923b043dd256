import { z } from 'zod'
import { NotFound } from '../../../../kernel/errors.ts'
import { redirect } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { bulletinNumber, parseBulletinNumber } from '../../bulletins/model.ts'
import type { Visible } from '../../tables.ts'
import { reviewAfter } from './commands.ts'

const close = route({
  method: 'POST',
  path: '/bulletins/:number/review-after',
  access: { permission: 'broadcast.bulletin.review-after' },
  params: z.object({ number: z.string().max(20) }),
  async handle({ params, body, work }) {
    const number = parseBulletinNumber(params.number)
    if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
    const findings = typeof body['reason'] === 'string' ? body['reason'] : ''
    await work<Visible, void>(unit => reviewAfter(unit, { number, findings }))
    return redirect(`/bulletins/${bulletinNumber(number)}`, { notice: 'Reviewed. What you found stands on the bulletin’s page.' })
  },
})

export const afterRoutes: readonly Route[] = [close]
