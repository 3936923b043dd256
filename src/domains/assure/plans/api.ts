import { z, type ZodObject } from 'zod'
import { londonDate, type LocalDate } from '../../../kernel/instant.ts'
import { dayText, instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { ownOrganisation } from '../acting-for.ts'
import type { Visible } from '../tables.ts'
import { signPlan } from './agreement/commands.ts'
import { assessedOrganisation, ofAssessment, readAgreement, type AgreementPage } from './agreement/routes.ts'
import { addActions, changeAction, reopenAction } from './commands.ts'
import { listActions } from './list/queries.ts'
import { filterOf, PlanQuery } from './list/routes.ts'
import { RETEST_OUTCOMES, SOURCES, type RetestOutcome, type SourceKind } from './model.ts'
import { leaveProposal, takeProposal } from './proposals/commands.ts'
import { proposalsFor } from './proposals/queries.ts'
import { ofProposal } from './proposals/routes.ts'
import { ofAction, readAction } from './routes.ts'
import {
  acceptRisk,
  cancelAction,
  finishAction,
  moveDate,
  noteProgress,
  resumeAction,
  retestAction,
  setFunding,
  startAction,
} from './steps/commands.ts'

const view = { permission: 'assure.plan.view' }
const change = { permission: 'assure.plan.change' }
const report = { permission: 'assure.plan.report' }

const day = z.string().describe('A calendar date, such as 2027-03-27')
const pence = z.int().min(0).describe('In pence')
const words = z.string().max(4_000)
const reason = z.string('Say why, in a sentence').min(1, 'Say why, in a sentence').max(4_000)

const ActionAnswer = z.object({
  id: z.string(),
  title: z.string(),
  text: z.string(),
  sourceKind: z.enum(Object.keys(SOURCES) as [SourceKind, ...SourceKind[]]),
  sourceId: z.string().nullable(),
  sourceLabel: z.string(),
  caseId: z.string().nullable(),
  ownerId: z.string().nullable(),
  owner: z.string().nullable(),
  state: z.string(),
  originalDate: day.nullable().describe('Never changes once it is given'),
  noDateReason: z.string().nullable(),
  dueOn: day.nullable().describe('The original date, or the newest later one'),
  slips: z.int(),
  funding: z.string(),
  capitalPence: pence,
  yearlyPence: pence,
  peopleDays: z.number(),
  predictedLowPence: z.int().nullable(),
  predictedLikelyPence: z.int().nullable().describe('Pence a year, beside the other improvements of its case: never add these up'),
  predictedHighPence: z.int().nullable(),
  predictedClinicDays: z.number().nullable(),
  acceptedUntil: day.nullable(),
  reopenedFrom: z.string().nullable(),
  madeAt: instant,
  changedAt: instant,
  doneOn: day.nullable(),
  revision: z.int(),
})

const One = z.object({
  ...ActionAnswer.shape,
  dates: z.array(z.object({ kind: z.string(), was: day.nullable(), dueOn: day, reason: z.string(), at: instant, by: z.string().nullable() })),
  events: z.array(z.object({ kind: z.string(), text: z.string(), evidence: z.string(), at: instant, by: z.string().nullable() })),
  retests: z
    .array(
      z.object({
        outcome: z.string(),
        testedOn: day,
        tester: z.string(),
        method: z.string(),
        observedPence: z.int().nullable(),
        observedClinicDays: z.number().nullable(),
        at: instant,
      }),
    )
    .describe('The newest first'),
  followedBy: z.string().nullable().describe('The action that was opened after it'),
})

async function one(db: Reader<Visible>, organisationId: string, id: string) {
  const { action, history } = await readAction(db, organisationId, id)
  return { ...action, dates: [...history.dates], events: [...history.events], retests: [...history.retests], followedBy: history.followedBy }
}

const list = listOperation({
  id: 'listPlan',
  summary: 'List the actions of the plan of your organisation',
  path: '/api/v1/plan',
  page: 'GET /plan',
  access: view,
  query: filtersOf(PlanQuery),
  item: ActionAnswer,
  list: (db: Reader<Visible>, page, { query, actor, now }) =>
    listActions(db, ownOrganisation(actor), filterOf(query), query.sort, londonDate(now), page),
})

const show = operation({
  id: 'getAction',
  summary: 'Read one action of the plan, with its dates and what happened',
  method: 'GET',
  path: '/api/v1/plan/:id',
  page: 'GET /plan/:id',
  access: view,
  params: ofAction,
  answer: One,
  read: (db: Reader<Visible>, { actor, params }) => one(db, ownOrganisation(actor), params.id),
})

const due = {
  dueOn: dayText.nullable().default(null).describe('The date that never changes; or say in `noDateReason` why there is none'),
  noDateReason: words.nullable().default(null),
}
const owned = { ownerId: z.string().max(60).nullable().default(null) }
const costs = { capitalPence: pence.default(0), yearlyPence: pence.default(0), peopleDays: z.number().min(0).default(0) }

const add = operation({
  id: 'addAction',
  summary: 'Add an action to the plan',
  method: 'POST',
  path: '/api/v1/plan',
  page: 'POST /plan/add',
  access: change,
  status: 201,
  body: z.object({
    title: z.string().max(200),
    text: words.default(''),
    ...owned,
    ...costs,
    funding: z.string().max(40).default('not-asked'),
    ...due,
  }),
  answer: One,
  async write(work: Work<Visible>, { body }) {
    const organisationId = ownOrganisation(work.actor)
    const { ids } = await addActions(work, organisationId, [{ ...body, source: { kind: 'hand', id: null } }])
    return one(work.db, organisationId, ids[0] ?? '')
  },
})

interface Verb<B> {
  readonly id: string
  readonly summary: string
  readonly name: string
  readonly access: { readonly permission: string }
  readonly body: ZodObject | undefined
  run(work: Work<Visible>, actionId: string, body: B): Promise<string | void>
}

/** A verb of an action: it does what the page's form does, and answers the action. */
function verb<B>({ id, summary, name, access, body, run }: Verb<B>): Route {
  return operation({
    id,
    summary,
    method: 'POST',
    path: `/api/v1/plan/:id/${name}`,
    page: `POST /plan/:id/${name}`,
    access,
    params: ofAction,
    ...(body === undefined ? {} : { body }),
    answer: One,
    async write(work: Work<Visible>, request) {
      // What `run` is given has been read by `body`.
      const next = await run(work, request.params.id, request.body as B)
      return one(work.db, ownOrganisation(work.actor), next ?? request.params.id)
    },
  })
}

const progress = z.object({ note: words.default(''), evidence: z.string().max(500).default('') })
const verbs: readonly Route[] = [
  verb<void>({ id: 'startAction', summary: 'Start an action', name: 'start', access: report, body: undefined, run: startAction }),
  verb({ id: 'noteAction', summary: 'Say how an action goes', name: 'note', access: report, body: progress, run: noteProgress }),
  verb({
    id: 'finishAction',
    summary: 'Say that an action is done, with evidence or a note',
    name: 'finish',
    access: report,
    body: progress,
    run: finishAction,
  }),
  verb({
    id: 'moveAction',
    summary: 'Give an action a later date and why, or its first one',
    name: 'date',
    access: change,
    body: z.object({ dueOn: dayText, reason: words.default('') }),
    run: moveDate,
  }),
  verb({
    id: 'fundAction',
    summary: 'Say where the money of an action stands',
    name: 'funding',
    access: change,
    body: z.object({ funding: z.string().max(40), note: words.default('') }),
    run: setFunding,
  }),
  verb({
    id: 'changeAction',
    summary: 'Change what an action says, whose it is and what it costs; signatures under the plan become void',
    name: 'change',
    access: change,
    body: z.object({
      title: z.string().max(200),
      text: words,
      ownerId: z.string().max(60).nullable(),
      capitalPence: pence,
      yearlyPence: pence,
      peopleDays: z.number().min(0),
      revision: z.int(),
    }),
    run: changeAction,
  }),
  verb({
    id: 'retestAction',
    summary: 'Say whether an action worked, who tested it, and what it was seen to save',
    name: 'retest',
    access: change,
    body: z.object({
      outcome: z.enum(Object.keys(RETEST_OUTCOMES) as [RetestOutcome, ...RetestOutcome[]]),
      testedOn: dayText,
      tester: z.string().max(200),
      method: words,
      observedPence: pence.nullable().default(null),
      observedClinicDays: z.number().min(0).nullable().default(null),
    }),
    run: retestAction,
  }),
  verb({
    id: 'acceptActionRisk',
    summary: 'Accept the risk of an action until a day',
    name: 'accept',
    access: change,
    body: z.object({ until: dayText, reason }),
    run: acceptRisk,
  }),
  verb<void>({
    id: 'resumeAction',
    summary: 'Take up again an action whose risk was accepted',
    name: 'resume',
    access: change,
    body: undefined,
    run: resumeAction,
  }),
  verb<{ reason: string }>({
    id: 'cancelAction',
    summary: 'Cancel an action, with a reason',
    name: 'cancel',
    access: change,
    body: z.object({ reason }),
    run: (work, id, body) => cancelAction(work, id, body.reason),
  }),
  verb<{ reason: string; dueOn: LocalDate | null; noDateReason: string | null }>({
    id: 'reopenAction',
    summary: 'Open a closed action again, as a new one that follows it; answers the new one',
    name: 'reopen',
    access: change,
    body: z.object({ reason, ...due }),
    run: reopenAction,
  }),
]

const Proposal = z.object({
  kind: z.enum(['bulletin', 'finding']),
  id: z.string(),
  title: z.string(),
  text: z.string(),
  label: z.string(),
  about: z.string(),
  tlp: z.string().nullable(),
})

const proposals = operation({
  id: 'listProposals',
  summary: 'List what could become an action: findings, and bulletins that wait for money',
  method: 'GET',
  path: '/api/v1/plan/proposals',
  page: 'GET /plan/proposals',
  access: change,
  answer: z.object({ proposals: z.array(Proposal) }),
  read: async (db: Reader<Visible>, { actor }) => ({ proposals: [...(await proposalsFor(db, ownOrganisation(actor)))] }),
})

const take = operation({
  id: 'takeProposal',
  summary: 'Take a proposal into the plan',
  method: 'POST',
  path: '/api/v1/plan/proposals/:kind/:id/take',
  page: 'POST /plan/proposals/:kind/:id/take',
  access: change,
  params: ofProposal,
  status: 201,
  body: z.object({ ...owned, ...due }),
  answer: One,
  async write(work: Work<Visible>, { params, body }) {
    const organisationId = ownOrganisation(work.actor)
    return one(work.db, organisationId, await takeProposal(work, organisationId, { ...params, ...body }))
  },
})

const leave = operation({
  id: 'leaveProposal',
  summary: 'Leave a proposal, with a reason: it is not proposed again',
  method: 'POST',
  path: '/api/v1/plan/proposals/:kind/:id/leave',
  page: 'POST /plan/proposals/:kind/:id/leave',
  access: change,
  params: ofProposal,
  body: z.object({ reason }),
  answer: null,
  write: (work: Work<Visible>, { params, body }) => leaveProposal(work, ownOrganisation(work.actor), { ...params, ...body }),
})

const Agreement = z.object({
  hash: z.string().describe('SHA-256 of what the plan says at this moment: send it to sign exactly this'),
  isAgreed: z.boolean(),
  signatures: z.array(
    z.object({ party: z.string(), signerName: z.string(), hash: z.string(), words: z.string(), at: instant, voidedAt: instant.nullable() }),
  ),
  changes: z.array(z.object({ title: z.string(), what: z.enum(['added', 'gone', 'changed']) })).describe('Since the newest signature became void'),
})
const AssessedPlan = z.object({ ...Agreement.shape, actions: z.array(ActionAnswer) })
const signBody = z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/, 'Send the hash of what you read'), words: z.string().max(2_000).default('') })

const agreementAnswer = ({ agreement }: AgreementPage) => ({ ...agreement, signatures: [...agreement.signatures], changes: [...agreement.changes] })

const agreement = operation({
  id: 'getPlanAgreement',
  summary: 'Read whether the plan is agreed, and who signed exactly what',
  method: 'GET',
  path: '/api/v1/plan/agreement',
  page: 'GET /plan/agreement',
  access: view,
  answer: Agreement,
  read: async (db: Reader<Visible>, { actor }) => agreementAnswer(await readAgreement(db, ownOrganisation(actor))),
})

const sign = operation({
  id: 'signPlan',
  summary: 'Sign the plan of your organisation as it stands',
  method: 'POST',
  path: '/api/v1/plan/agreement/sign',
  page: 'POST /plan/agreement/sign',
  access: { permission: 'assure.agreement.sign' },
  body: signBody,
  answer: Agreement,
  async write(work: Work<Visible>, { body }) {
    const { planId } = await readAgreement(work.db, ownOrganisation(work.actor))
    await signPlan(work, { planId, ...body })
    return agreementAnswer(await readAgreement(work.db, ownOrganisation(work.actor)))
  },
})

async function assessedAnswer(db: Reader<Visible>, id: string, now: Date) {
  const found = await readAgreement(db, await assessedOrganisation(db, id), now)
  return { ...agreementAnswer(found), actions: [...(found.actions?.rows ?? [])] }
}

const assessed = operation({
  id: 'getAssessedPlan',
  summary: 'Read the plan of an organisation whose review you assessed and handed over',
  method: 'GET',
  path: '/api/v1/independent/:id/plan',
  page: 'GET /independent/:id/plan',
  access: { permission: 'assure.review.assess' },
  params: ofAssessment,
  answer: AssessedPlan,
  read: (db: Reader<Visible>, { params, now }) => assessedAnswer(db, params.id, now),
})

const signAssessed = operation({
  id: 'signAssessedPlan',
  summary: 'Sign, as its assessor, the plan of an organisation as it stands',
  method: 'POST',
  path: '/api/v1/independent/:id/plan/sign',
  page: 'POST /independent/:id/plan/sign',
  access: { permission: 'assure.review.assess' },
  params: ofAssessment,
  body: signBody,
  answer: AssessedPlan,
  async write(work: Work<Visible>, { params, body }) {
    const { planId } = await readAgreement(work.db, await assessedOrganisation(work.db, params.id))
    await signPlan(work, { planId, ...body })
    return assessedAnswer(work.db, params.id, work.now)
  },
})

export const planOperations: readonly Route[] = [list, proposals, agreement, show, add, ...verbs, take, leave, sign, assessed, signAssessed]
