import { z } from 'zod'
import { NotFound } from '../../../../kernel/errors.ts'
import { londonDate, type Instant } from '../../../../kernel/instant.ts'
import type { Page } from '../../../../kernel/page.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { readForm, refusalOf } from '../../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { TableModel } from '../../../../ui/models.ts'
import { ownOrganisation } from '../../acting-for.ts'
import type { Visible } from '../../tables.ts'
import { signForm, type Typed } from '../fields.ts'
import { listActions } from '../list/queries.ts'
import { actionRow } from '../list/views.ts'
import { PARTIES } from '../model.ts'
import { planOf, type Action } from '../queries.ts'
import { errorIn, VIEWS } from '../routes.ts'
import { signPlan } from './commands.ts'
import { agreementOf, type PlanAgreement } from './queries.ts'

const PATH = '/plan/agreement'
const ASSESSED = '/independent/:id/plan'
const view = { permission: 'assure.plan.view' } as const
const sign = { permission: 'assure.agreement.sign' } as const
const assess = { permission: 'assure.review.assess' } as const
export const ofAssessment = z.object({ id: z.string().max(60) })

export interface AgreementPage {
  readonly planId: string
  readonly agreement: PlanAgreement
  /** What is signed, as people read it; `null` where only the signatures are asked for. */
  readonly actions: Page<Action> | null
}

const MOST_SHOWN = 500

/** The agreement of an organisation's plan. Throws `NotFound` while there is none, or it is not for the reader. */
export async function readAgreement(db: Reader<Visible>, organisationId: string, now: Instant | null = null): Promise<AgreementPage> {
  const plan = await planOf(db, organisationId)
  if (plan === null)
    throw new NotFound('assure.plans.no-plan', 'There is no plan to show. The organisation has none yet, or you have not handed over your own view.')
  const everything = { search: '', shown: 'all', funding: null, owner: null } as const
  return {
    planId: plan.id,
    agreement: await agreementOf(db, plan.id),
    actions: now === null ? null : await listActions(db, organisationId, everything, 'due', londonDate(now), { limit: MOST_SHOWN, cursor: null }),
  }
}

/** The organisation whose review the actor was asked to assess. Throws `NotFound`. */
export async function assessedOrganisation(db: Reader<Visible>, assessmentId: string): Promise<string> {
  const found = await db.selectFrom('assure_assessment').where('id', '=', assessmentId).select('organisation_id').executeTakeFirst()
  if (found === undefined) throw new NotFound('assure.plans.no-review', 'There is no such review among those that you were asked to assess.')
  return found.organisation_id
}

const WHAT = { added: 'Added', gone: 'No longer in it', changed: 'Changed' } as const

function agreementModel({ agreement, actions }: AgreementPage, request: RouteRequest, address: string, typed: Typed, problems: readonly Problem[]) {
  const { hash, signatures, isAgreed, changes } = agreement
  const mine = signatures.some(({ signerId, voidedAt }) => voidedAt === null && signerId === request.actor.id)
  const wasSigned = signatures.some(({ voidedAt }) => voidedAt !== null)
  const error = errorIn(problems)
  return {
    hash,
    state: isAgreed
      ? { text: 'Agreed: two have signed exactly what it says.', isBad: false }
      : { text: wasSigned ? 'Not agreed: what was signed has changed since.' : 'Not agreed yet.', isBad: wasSigned },
    changes: changes.map(({ title, what }) => ({ title, label: WHAT[what] })),
    signatures: {
      caption: 'Who signed',
      head: [{ text: 'Who' }, { text: 'For' }, { text: 'When' }, { text: 'Their words' }, { text: 'Does it hold?' }],
      rows: signatures.map(signature => [
        signature.signerName,
        PARTIES[signature.party],
        { at: signature.at },
        signature.words || null,
        signature.voidedAt === null
          ? { text: '', tags: [{ text: 'Holds', colour: 'green' }] }
          : { text: '', tags: [{ text: 'Void: the plan changed', colour: 'red' }], at: undefined },
      ]),
    } satisfies TableModel,
    table:
      actions === null
        ? null
        : ({
            caption: 'What it says',
            head: [{ text: 'What' }, { text: 'Who' }, { text: 'Money' }, { text: 'By when' }, { text: 'State' }],
            rows: actions.rows.map(action => actionRow(action, londonDate(request.now), address === PATH ? `/plan/${action.id}` : null)),
          } satisfies TableModel),
    sign:
      mine || !may(request.actor, sign.permission)
        ? null
        : {
            action: `${address}/sign`,
            submit: 'Sign the plan',
            values: { hash },
            fields: [
              {
                name: 'words',
                kind: 'textarea',
                rows: 3,
                label: 'What you add to it',
                optional: true,
                error: error('words'),
                value: typed['words'] ?? '',
              },
            ],
          },
  }
}

async function ownPage(request: RouteRequest, typed: Typed = {}, problems: readonly Problem[] = []): Promise<Reply> {
  const found = await request.read<Visible, AgreementPage>(db => readAgreement(db, ownOrganisation(request.actor), request.now))
  const model = agreementModel(found, request, PATH, typed, problems)
  const frame = { title: 'Is the plan agreed?', caption: 'Our plan', backHref: '/plan', backText: 'Our plan' }
  return page(`${VIEWS}/agreement.njk`, frame.title, { ...frame, ...model }, { problems })
}

async function assessedPage(
  request: RouteRequest<z.infer<typeof ofAssessment>>,
  typed: Typed = {},
  problems: readonly Problem[] = [],
): Promise<Reply> {
  const { id } = request.params
  const found = await request.read<Visible, AgreementPage>(async db => readAgreement(db, await assessedOrganisation(db, id), request.now))
  const model = agreementModel(found, request, `/independent/${id}/plan`, typed, problems)
  const frame = { title: 'The plan of the organisation', caption: 'Assessment', backHref: `/independent/${id}`, backText: 'The assessment' }
  return page(`${VIEWS}/agreement.njk`, frame.title, { ...frame, ...model }, { problems })
}

type Signing<R> = (request: R, organisation: (db: Reader<Visible>) => Promise<string>, to: string, again: typeof ownPage) => Promise<Reply>

const signing: Signing<RouteRequest> = async (request, organisation, to, again) => {
  const form = readForm(signForm, request.body)
  if (!form.ok) return again(request, form.typed, form.problems)
  try {
    await request.work<Visible, void>(async work => {
      const { planId } = await readAgreement(work.db, await organisation(work.db))
      await signPlan(work, { planId, ...form.value })
    })
  } catch (error) {
    return again(request, request.body, [refusalOf(error, 'words')])
  }
  return redirect(to, { notice: 'Signed. It holds as long as the plan says exactly this.' })
}

const show = route({ method: 'GET', path: PATH, access: view, handle: request => ownPage(request) })
const signOwn = route({
  method: 'POST',
  path: `${PATH}/sign`,
  access: sign,
  handle: request => signing(request, async () => ownOrganisation(request.actor), PATH, ownPage),
})
const showAssessed = route({ method: 'GET', path: ASSESSED, access: assess, params: ofAssessment, handle: request => assessedPage(request) })
const signAssessed = route({
  method: 'POST',
  path: `${ASSESSED}/sign`,
  access: assess,
  params: ofAssessment,
  handle: request =>
    signing(
      request,
      db => assessedOrganisation(db, request.params.id),
      `/independent/${request.params.id}/plan`,
      (_again, typed, problems) => assessedPage(request, typed, problems),
    ),
})

export const planAgreementRoutes: readonly Route[] = [show, signOwn, showAssessed, signAssessed]
