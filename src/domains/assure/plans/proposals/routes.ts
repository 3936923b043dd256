import { z } from 'zod'
import { NotFound } from '../../../../kernel/errors.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { readForm, refusalOf } from '../../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { afterRefusal, type Refusal } from '../../../../ui/refusal.ts'
import { ownOrganisation } from '../../acting-for.ts'
import type { Visible } from '../../tables.ts'
import { leaveForm, takeForm, type Typed } from '../fields.ts'
import { takeFields, type Choices } from '../form-views.ts'
import { SOURCES } from '../model.ts'
import { choicesFor, errorIn, formPage, VIEWS } from '../routes.ts'
import { leaveProposal, takeProposal } from './commands.ts'
import { proposalsFor, type Proposal } from './queries.ts'

const PATH = '/plan/proposals'
const access = { permission: 'assure.plan.change' } as const
export const ofProposal = z.object({ kind: z.enum(['bulletin', 'finding']), id: z.string().max(60) })

type OfProposal = RouteRequest<z.infer<typeof ofProposal>>

async function listPage(request: RouteRequest, refusal: Refusal | null = null, problems: readonly Problem[] = []): Promise<Reply> {
  const found = await request.read<Visible, readonly Proposal[]>(db => proposalsFor(db, ownOrganisation(request.actor)))
  const proposals = found.map(one => {
    const href = `${PATH}/${one.kind}/${one.id}`
    return {
      href: one.href,
      heading: one.kind === 'bulletin' ? `${one.label} ${one.about}` : `${one.label}: ${one.title}`,
      source: SOURCES[one.kind],
      about: one.kind === 'bulletin' ? 'You said that there is no money for it yet.' : one.about,
      tlp: one.tlp === 'CLEAR' ? null : one.tlp,
      actions: afterRefusal(
        [
          { label: 'Take it into the plan', href: `${href}/take` },
          { label: 'Leave it', href: `${href}/leave`, method: 'post', reason: 'required', variant: 'secondary' },
        ],
        refusal?.href === `${href}/leave` ? refusal : null,
      ).actions,
    }
  })
  return page(`${VIEWS}/proposals.njk`, 'What could become an action', { proposals }, { problems })
}

const list = route({ method: 'GET', path: PATH, access, handle: request => listPage(request) })

async function takePage(request: OfProposal, typed: Typed = {}, problems: readonly Problem[] = []): Promise<Reply> {
  const { kind, id } = request.params
  const found = await request.read<Visible, { readonly proposal: Proposal | undefined; readonly choices: Choices }>(async db => ({
    proposal: (await proposalsFor(db, ownOrganisation(request.actor))).find(one => one.kind === kind && one.id === id),
    choices: await choicesFor(db, ownOrganisation(request.actor)),
  }))
  if (found.proposal === undefined) throw new NotFound('assure.plans.not-proposed', 'That is not proposed any more. Look at the plan.')
  const fields = takeFields(typed, errorIn(problems), found.choices)
  const form = { action: `${PATH}/${kind}/${id}/take`, submit: 'Take it into the plan', cancelHref: PATH, fields }
  return formPage('Take it into the plan', { form, lead: found.proposal.title, backHref: PATH, backText: 'What could become an action' }, problems)
}

const takeShow = route({ method: 'GET', path: `${PATH}/:kind/:id/take`, access, params: ofProposal, handle: request => takePage(request) })

const take = route({
  method: 'POST',
  path: `${PATH}/:kind/:id/take`,
  access,
  params: ofProposal,
  async handle(request) {
    const form = readForm(takeForm, { ...request.body, ...request.params })
    if (!form.ok) return takePage(request, form.typed, form.problems)
    try {
      const id = await request.work<Visible, string>(work => takeProposal(work, ownOrganisation(request.actor), form.value))
      return redirect(`/plan/${id}`, { notice: 'It stands in the plan.' })
    } catch (error) {
      return takePage(request, request.body, [refusalOf(error, 'dueOn')])
    }
  },
})

const leave = route({
  method: 'POST',
  path: `${PATH}/:kind/:id/leave`,
  access,
  params: ofProposal,
  async handle(request) {
    const { kind, id } = request.params
    const reason = typeof request.body['reason'] === 'string' ? request.body['reason'] : ''
    const form = readForm(leaveForm, { kind, id, reason })
    const refused = (problem: Problem) => listPage(request, { href: `${PATH}/${kind}/${id}/leave`, reason, message: problem.message }, [problem])
    if (!form.ok) return refused(form.problems[0] ?? { rule: 'form.field', pointer: 'reason', severity: 'error', message: 'Say why you leave it' })
    try {
      await request.work<Visible, void>(work => leaveProposal(work, ownOrganisation(request.actor), form.value))
    } catch (error) {
      return refused(refusalOf(error, 'reason'))
    }
    return redirect(PATH, { notice: 'Left. It is not proposed again.' })
  },
})

export const proposalRoutes: readonly Route[] = [list, takeShow, take, leave]
