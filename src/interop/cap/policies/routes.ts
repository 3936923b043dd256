import { londonDate } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { dateIn } from '../../../platform/forms/date.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import { capPolicies, type ListedPolicy } from '../queries.ts'
import type { CapTables } from '../tables.ts'
import { setCapPolicy } from './commands.ts'
import { policyForm } from './fields.ts'
import { POLICIES, policiesModel, policyFormModel } from './views.ts'

const VIEWS = 'cap/policies/views'
const set = { permission: 'interop.cap-policy.set' }

const list = route({
  method: 'GET',
  path: POLICIES,
  access: { permission: 'interop.cap-policy.view' },
  async handle({ read, actor, now, platform }) {
    const policies = await read<CapTables, readonly ListedPolicy[]>(db => capPolicies(db))
    const isSigned = platform.config.cap.signing !== null || platform.sample
    return page(`${VIEWS}/list.njk`, 'Urgent alerts', policiesModel(policies, londonDate(now), { maySet: may(actor, set.permission), isSigned }))
  },
})

function addPage(typed: Readonly<Record<string, unknown>>, problems: readonly Problem[] = []): Reply {
  return page(`${VIEWS}/add.njk`, 'Set a policy about urgent alerts', policyFormModel(typed, problems), { problems })
}

const addForm = route({ method: 'GET', path: `${POLICIES}/add`, access: set, handle: async () => addPage({}) })

const add = route({
  method: 'POST',
  path: `${POLICIES}/add`,
  access: set,
  async handle({ body, work }) {
    const form = readForm(policyForm, { ...body, effectiveFrom: dateIn(body, 'effectiveFrom') })
    if (!form.ok) return addPage(body, form.problems)
    try {
      await work<CapTables, void>(unit => setCapPolicy(unit, form.value))
    } catch (error) {
      return addPage(body, [refusalOf(error, 'effectiveFrom')])
    }
    return redirect(POLICIES, { notice: 'The policy is set. Of a bulletin that has an alert already, what matters goes on following it.' })
  },
})

export const policyRoutes: readonly Route[] = [list, addForm, add]
