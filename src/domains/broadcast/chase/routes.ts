import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { londonDate } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { dateIn } from '../../../platform/forms/date.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import { organisationTypes } from '../../directory/contract.ts'
import { parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { setPolicy } from './commands.ts'
import { policyForm } from './fields.ts'
import { chasePolicies, chaseStanding, stepCounts } from './queries.ts'
import { chaseView, policiesModel, policyFormModel, POLICIES } from './views.ts'

const view = { permission: 'broadcast.chase.view' }
const set = { permission: 'broadcast.chase.set' }
const VIEWS = 'broadcast/chase/views'

const list = route({
  method: 'GET',
  path: POLICIES,
  access: view,
  async handle({ read, actor, now }) {
    const model = await read<Visible, ReturnType<typeof policiesModel>>(async db =>
      policiesModel(await chasePolicies(db), await organisationTypes(db), londonDate(now), may(actor, 'broadcast.chase.set')),
    )
    return page(`${VIEWS}/policies.njk`, 'Policies about silence', model)
  },
})

async function addPage({ read }: Pick<RouteRequest, 'read'>, typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]): Promise<Reply> {
  const types = await read<Visible, Awaited<ReturnType<typeof organisationTypes>>>(db => organisationTypes(db))
  return page(`${VIEWS}/add.njk`, 'Set a policy about silence', policyFormModel(typed, types, problems), { problems })
}

const addForm = route({ method: 'GET', path: `${POLICIES}/add`, access: set, handle: request => addPage(request, {}, []) })

const add = route({
  method: 'POST',
  path: `${POLICIES}/add`,
  access: set,
  async handle(request) {
    const { body } = request
    const form = readForm(policyForm, { ...body, effectiveFrom: dateIn(body, 'effectiveFrom') })
    if (!form.ok) return addPage(request, body, form.problems)
    try {
      await request.work<Visible, void>(work => setPolicy(work, form.value))
    } catch (error) {
      return addPage(request, body, [refusalOf(error, 'effectiveFrom')])
    }
    return redirect(POLICIES, { notice: 'The policy is set. Bulletins that are live keep the one of their day.' })
  },
})

const ofBulletin = route({
  method: 'GET',
  path: '/bulletins/:number/chase',
  access: view,
  params: z.object({ number: z.string().max(20) }),
  async handle({ params, read, actor, now }) {
    const number = parseBulletinNumber(params.number)
    if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
    const model = await read<Visible, ReturnType<typeof chaseView>>(async db => {
      const bulletin = await bulletinOf(db, number)
      return chaseView(
        {
          bulletin,
          policies: await chasePolicies(db),
          standing: await chaseStanding(db, bulletin.id),
          counts: await stepCounts(db, bulletin.id),
          types: await organisationTypes(db),
        },
        { now, mayRing: may(actor, 'broadcast.call.make') },
      )
    })
    return page(`${VIEWS}/bulletin.njk`, `Silence on ${model.number}`, model, { isExercise: model.isExercise })
  },
})

export const chaseRoutes: readonly Route[] = [list, addForm, add, ofBulletin]
