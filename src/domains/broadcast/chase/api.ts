import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import { instant } from '../../../platform/http/api-schemas.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { bulletinName, ofBulletin, readByForm } from '../api.ts'
import { SEVERITIES } from '../bulletins/model.ts'
import { bulletinOf } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { setPolicy } from './commands.ts'
import { policyForm } from './fields.ts'
import { policiesFor, policySentence, stepsOf } from './model.ts'
import { chasePolicies, chaseStanding, stepCounts } from './queries.ts'

const view = { permission: 'broadcast.chase.view' }
const path = '/api/v1/chase-policies'
const hours = z.int().nullable()

const policy = {
  severity: z.enum(SEVERITIES),
  organisationType: z.string().nullable().describe('null for every type that has no policy of its own'),
  effectiveFrom: z.string(),
  acknowledgeHours: hours,
  actHours: hours,
  remindHours: z.array(z.int()),
  telephoneHours: hours,
  escalateHours: hours,
  escalateTo: z.array(z.string()),
  regionHours: hours,
  isWorkingHours: z.boolean(),
  source: z.string().describe('Who decided so'),
}
const Policies = z.object({ items: z.array(z.object({ id: z.int(), ...policy, sentence: z.string().describe('The policy in words') })) })

async function answer(db: Reader<Visible>): Promise<z.input<typeof Policies>> {
  const items = (await chasePolicies(db)).map(one => ({
    ...one,
    remindHours: [...one.remindHours],
    escalateTo: [...one.escalateTo],
    sentence: policySentence(one),
  }))
  return { items }
}

const list = operation({
  id: 'listChasePolicies',
  summary: 'List the policies about silence',
  method: 'GET',
  path,
  page: 'GET /chase-policies',
  access: view,
  answer: Policies,
  read: (db: Reader<Visible>) => answer(db),
})

const add = operation({
  id: 'setChasePolicy',
  summary: 'Set a policy about silence, for what is released from a day on',
  method: 'POST',
  path,
  page: 'POST /chase-policies/add',
  access: { permission: 'broadcast.chase.set' },
  status: 201,
  body: z.object({
    ...policy,
    effectiveFrom: z.string().max(20),
    source: z.string().max(1_000),
    organisationType: z.string().max(60).nullable().default(null),
    acknowledgeHours: hours.default(null),
    actHours: hours.default(null),
    remindHours: z.array(z.int()).max(20).default([]),
    telephoneHours: hours.default(null),
    escalateHours: hours.default(null),
    escalateTo: z.array(z.string().max(300)).max(10).default([]),
    regionHours: hours.default(null),
    isWorkingHours: z.boolean().default(false),
  }),
  answer: Policies,
  async write(work: Work<Visible>, { body }) {
    const typed = {
      ...body,
      remindHours: body.remindHours.join(' '),
      escalateTo: body.escalateTo.join(', '),
      isWorkingHours: body.isWorkingHours ? 'yes' : 'no',
    }
    await setPolicy(work, readByForm(policyForm, typed))
    return answer(work.db)
  },
})

const Step = z.object({ kind: z.enum(['reminder', 'telephone', 'escalation', 'region']), nth: z.int(), at: instant })

const ofOne = operation({
  id: 'getChase',
  summary: 'Say what happens about silence on a released bulletin, and what has',
  method: 'GET',
  path: '/api/v1/bulletins/:number/chase',
  page: 'GET /bulletins/:number/chase',
  access: view,
  params: ofBulletin,
  answer: z.object({
    number: bulletinName,
    askedAt: instant.describe('From when the hours are counted for everybody'),
    isHeld: z.boolean().describe('Its mailing is paused, so silence says nothing'),
    isChased: z.boolean(),
    policies: z.array(z.object({ organisationType: z.string().nullable(), sentence: z.string(), steps: z.array(Step) })),
    taken: z.array(
      z.object({
        kind: z.enum(['reminder', 'escalation', 'region']),
        nth: z.int(),
        organisations: z.int(),
        mailed: z.int(),
        firstAt: instant,
        lastAt: instant,
      }),
    ),
  }),
  async read(db: Reader<Visible>, { params: { number } }) {
    const { id, severity, releasedAt } = await bulletinOf(db, number)
    const standing = await chaseStanding(db, id)
    if (standing === undefined || releasedAt === null)
      throw new NotFound('broadcast.chase.not-released', 'This bulletin has not been released, so nobody is silent on it.')
    const inForce = policiesFor(await chasePolicies(db), severity, releasedAt)
    return {
      number,
      ...standing,
      policies: [...inForce].map(([organisationType, one]) => ({
        organisationType,
        sentence: policySentence(one),
        steps: [...stepsOf(one, standing.askedAt)],
      })),
      taken: [...(await stepCounts(db, id))],
    }
  },
})

export const chaseOperations: readonly Route[] = [list, add, ofOne]
