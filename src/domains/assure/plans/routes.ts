import { z } from 'zod'
import { Conflict, Forbidden } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { afterRefusal, type Refusal } from '../../../ui/refusal.ts'
import { ownOrganisation } from '../acting-for.ts'
import type { Visible } from '../tables.ts'
import { addActions } from './commands.ts'
import { deliveryRecord } from './dates.ts'
import { addForm, type Typed } from './fields.ts'
import { addFields, type Choices } from './form-views.ts'
import { ACTION_FORMS, type ActionForm } from './forms.ts'
import { ACTION_LIFECYCLE } from './model.ts'
import { actionOf, colleaguesOf, datedActions, fundingStatuses, historyOf } from './queries.ts'
import { cancelAction, resumeAction, startAction } from './steps/commands.ts'
import { actionModel, type ActionPage } from './views.ts'

export const VIEWS = 'assure/plans/views'
const change = { permission: 'assure.plan.change' } as const
export const ofAction = z.object({ id: z.string().max(60) })

export async function choicesFor(db: Reader<Visible>, organisationId: string): Promise<Choices> {
  return { colleagues: await colleaguesOf(db, organisationId), funding: await fundingStatuses(db) }
}

export const errorIn = (problems: readonly Problem[]) => (name: string) => problems.find(({ pointer }) => pointer === name)?.message

/** An action of the actor's own plan with all that happened to it. Throws `NotFound`. */
export async function readAction(db: Reader<Visible>, organisationId: string, id: string): Promise<ActionPage> {
  const action = await actionOf(db, organisationId, id)
  return { action, history: await historyOf(db, id), record: deliveryRecord(await datedActions(db, organisationId)) }
}

type OfAction = RouteRequest<z.infer<typeof ofAction>>

async function actionPage(request: OfAction, refusal: Refusal | null = null, problems: readonly Problem[] = []): Promise<Reply> {
  const found = await request.read<Visible, ActionPage>(db => readAction(db, ownOrganisation(request.actor), request.params.id))
  const action = actionModel(found, request.now, request.actor)
  const { actions: buttons, keptReason: kept } = afterRefusal(action.actions, refusal)
  return page(`${VIEWS}/action.njk`, action.title, { action, buttons, kept }, { problems })
}

const show = route({
  method: 'GET',
  path: '/plan/:id',
  access: { permission: 'assure.plan.view' },
  params: ofAction,
  handle: request => actionPage(request),
})

/** A verb that asks for nothing: done, and back on the action's page. */
function step(name: 'start' | 'resume', permission: string, run: typeof startAction, notice: string): Route {
  return route({
    method: 'POST',
    path: `/plan/:id/${name}`,
    access: { permission },
    params: ofAction,
    async handle(request) {
      try {
        await request.work<Visible, void>(work => run(work, request.params.id))
      } catch (error) {
        return actionPage(request, null, [refusalOf(error, '')])
      }
      return redirect(`/plan/${request.params.id}`, { notice })
    },
  })
}

const start = step('start', 'assure.plan.report', startAction, ACTION_LIFECYCLE.planned.start?.banner ?? '')
const resume = step('resume', 'assure.plan.change', resumeAction, ACTION_LIFECYCLE['accepted-risk'].resume?.banner ?? '')

const cancel = route({
  method: 'POST',
  path: '/plan/:id/cancel',
  access: change,
  params: ofAction,
  async handle(request) {
    const href = `/plan/${request.params.id}/cancel`
    const reason = typeof request.body['reason'] === 'string' ? request.body['reason'] : ''
    try {
      await request.work<Visible, void>(work => cancelAction(work, request.params.id, reason))
    } catch (error) {
      const problem = refusalOf(error, 'reason')
      return actionPage(request, { href, reason, message: problem.message }, [problem])
    }
    return redirect(`/plan/${request.params.id}`, { notice: ACTION_LIFECYCLE.planned.cancel?.banner ?? '' })
  },
})

async function addPage(request: RouteRequest, typed: Typed = {}, problems: readonly Problem[] = []): Promise<Reply> {
  const choices = await request.read<Visible, Choices>(db => choicesFor(db, ownOrganisation(request.actor)))
  const form = { action: '/plan/add', submit: 'Add it to the plan', cancelHref: '/plan', fields: addFields(typed, errorIn(problems), choices) }
  const lead = 'Write down what you mean to do so that somebody who was not there knows when it is done.'
  return formPage('Add an action', { form, lead, backHref: '/plan', backText: 'Our plan' }, problems)
}

export function formPage(
  title: string,
  model: { readonly form: object; readonly lead?: string; readonly caption?: string; readonly backHref: string; readonly backText: string },
  problems: readonly Problem[],
): Reply {
  return page(`${VIEWS}/form.njk`, title, { title, caption: 'Our plan', ...model }, { problems })
}

const addShow = route({ method: 'GET', path: '/plan/add', access: change, handle: request => addPage(request) })

const add = route({
  method: 'POST',
  path: '/plan/add',
  access: change,
  async handle(request) {
    const form = readForm(addForm, request.body)
    if (!form.ok) return addPage(request, form.typed, form.problems)
    const { title, text, ...rest } = form.value
    try {
      const { ids } = await request.work<Visible, { readonly ids: readonly string[] }>(work =>
        addActions(work, ownOrganisation(request.actor), [{ title, text, ...rest, source: { kind: 'hand', id: null } }]),
      )
      return redirect(`/plan/${ids[0]}`, { notice: 'It stands in the plan.' })
    } catch (error) {
      const problem = refusalOf(error, 'title')
      return addPage(request, request.body, [{ ...problem, pointer: problem.rule.startsWith('assure.plans.date') ? 'dueOn' : problem.pointer }])
    }
  },
})

function formRoutes(definition: ActionForm): readonly Route[] {
  const { name, title, submit, permission, notice, schema } = definition
  const path = `/plan/:id/${name}`
  async function shown(request: OfAction, typed: Typed = {}, problems: readonly Problem[] = []): Promise<Reply> {
    const { id } = request.params
    const found = await request.read<Visible, { choices: Choices; action: Awaited<ReturnType<typeof actionOf>> }>(async db => ({
      action: await actionOf(db, ownOrganisation(request.actor), id),
      choices: await choicesFor(db, ownOrganisation(request.actor)),
    }))
    const fields = definition.fields(typed, errorIn(problems), found.choices, found.action)
    const form = { action: `/plan/${id}/${name}`, submit, cancelHref: `/plan/${id}`, fields }
    return formPage(title, { form, caption: found.action.title, backHref: `/plan/${id}`, backText: 'The action' }, problems)
  }
  const get = route({ method: 'GET', path, access: { permission }, params: ofAction, handle: request => shown(request) })
  const post = route({
    method: 'POST',
    path,
    access: { permission },
    params: ofAction,
    async handle(request) {
      const form = readForm(schema, request.body)
      if (!form.ok) return shown(request, form.typed, form.problems)
      try {
        const id = await request.work<Visible, string>(work => definition.run(work, request.params.id, form.value))
        return redirect(`/plan/${id}`, { notice })
      } catch (error) {
        if (error instanceof Forbidden) throw error
        // What somebody else changed meanwhile is looked at anew: the form keeps what was typed, and takes the revision of this time.
        const typed = error instanceof Conflict ? { ...request.body, revision: undefined } : request.body
        return shown(request, typed, [refusalOf(error, definition.pointer)])
      }
    },
  })
  return [get, post]
}

export const planRoutes: readonly Route[] = [addShow, add, show, start, resume, cancel, ...ACTION_FORMS.flatMap(formRoutes)]
