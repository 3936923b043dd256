import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { pressOf, readForm, refusalOf } from '../../../platform/forms/form.ts'
import { isFirstPress, type AnsweredTables } from '../../../platform/http/answered.ts'
import { page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { endAddress, makeAddress } from '../commands.ts'
import { ADDRESSES_PATH } from '../model.ts'
import { listAddresses, type FeedAddress } from '../queries.ts'
import type { FeedTables } from '../tables.ts'
import { addressFields, addressForm } from './fields.ts'
import { listModel } from './views.ts'

const VIEWS = 'feeds/addresses/views'
const keep = { permission: 'interop.feed-address.keep' }
const ofAddress = z.object({ id: z.string().max(60) })

const own = ({ read, actor }: Pick<RouteRequest, 'read' | 'actor'>) =>
  read<FeedTables, readonly FeedAddress[]>(db => listAddresses(db, actor.organisationId ?? ''))

const list = route({
  method: 'GET',
  path: ADDRESSES_PATH,
  access: keep,
  async handle(request) {
    return page(`${VIEWS}/list.njk`, 'Feeds', listModel(await own(request), request.now))
  },
})

function addPage(typed: Readonly<Record<string, unknown>>, problems: readonly Problem[] = []): Reply {
  return page(
    `${VIEWS}/add.njk`,
    'Make a feed address',
    { fields: addressFields(typed, problems), press: pressOf(typed) || randomUUID() },
    { problems },
  )
}

const addForm = route({ method: 'GET', path: `${ADDRESSES_PATH}/add`, access: keep, handle: async () => addPage({ days: '365' }) })

const add = route({
  method: 'POST',
  path: `${ADDRESSES_PATH}/add`,
  access: keep,
  async handle({ body, work, platform }) {
    const form = readForm(addressForm, body)
    if (!form.ok) return addPage(form.typed, form.problems)
    try {
      const made = await work<FeedTables, { token: string } | null>(async unit =>
        (await isFirstPress(unit.lend<AnsweredTables>(), platform.signer, pressOf(body))) ? makeAddress(unit, form.value) : null,
      )
      if (made === null)
        return redirect(ADDRESSES_PATH, {
          notice: 'That address was made before, and is shown once. If you did not copy it, end it and make another.',
        })
      // Answers the form itself: a page that is gone when it is left, so that the token stands in no address of ours, cookie or log.
      const address = `${platform.config.baseUrl}/feeds/organisations/${made.token}/bulletins`
      return page(`${VIEWS}/made.njk`, 'Copy this now', { name: form.value.name, atom: `${address}.atom`, rss: `${address}.rss`, saved: true })
    } catch (error) {
      return addPage(body, [refusalOf(error, 'name')])
    }
  },
})

const endForm = route({
  method: 'GET',
  path: `${ADDRESSES_PATH}/:id/end`,
  access: keep,
  params: ofAddress,
  async handle(request) {
    const address = (await own(request)).find(({ id }) => id === request.params.id)
    if (address === undefined) throw new NotFound('interop.feed-address.unknown', 'There is no such feed address. Look at the list.')
    return page(`${VIEWS}/end.njk`, `End ${address.name}?`, { address })
  },
})

const end = route({
  method: 'POST',
  path: `${ADDRESSES_PATH}/:id/end`,
  access: keep,
  params: ofAddress,
  async handle({ params, work }) {
    await work<FeedTables, void>(unit => endAddress(unit, params.id))
    return redirect(ADDRESSES_PATH, { notice: 'The address has ended. Nothing can be read by it any more.' })
  },
})

export const addressRoutes: readonly Route[] = [list, addForm, add, endForm, end]
