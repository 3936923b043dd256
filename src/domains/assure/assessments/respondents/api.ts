import { z } from 'zod'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { respondentsByOutcome } from '../outcomes/queries.ts'
import { ownAssessment } from '../queries.ts'
import { giveOutcomes, takeOutcome } from './commands.ts'
import { possibleRespondents } from './queries.ts'

const access = { permission: 'assure.assessment.open' } as const
const params = z.object({ id: z.string().max(60) })
const path = '/api/v1/assessments/:id/respondents'
const Person = z.object({ id: z.string(), name: z.string() })

const show = operation({
  id: 'listRespondents',
  summary: 'Read who answers what of a review, and who could',
  page: 'GET /assessments/:id/respondents',
  method: 'GET',
  path,
  access,
  params,
  answer: z.object({
    outcomes: z.array(z.object({ code: z.string(), people: z.array(Person.extend({ part: z.enum(['owner', 'respondent']) })) })),
    colleagues: z.array(Person),
  }),
  async read(db: Reader<Visible>, { actor, params: { id } }) {
    const assessment = await ownAssessment(db, actor, id)
    const people = await respondentsByOutcome(db, assessment.id)
    return {
      outcomes: [...people].map(([code, ofOutcome]) => ({ code, people: [...ofOutcome] })),
      colleagues: [...(await possibleRespondents(db, assessment.organisationId))],
    }
  },
})

const give = operation({
  id: 'giveOutcomes',
  summary: 'Give outcomes of a review to a colleague',
  page: 'POST /assessments/:id/respondents',
  method: 'POST',
  path,
  access,
  params,
  body: z.object({ outcomes: z.array(z.string().max(100)).min(1).max(2_000), person: z.string().max(60), part: z.enum(['owner', 'respondent']) }),
  answer: null,
  async write(work: Work<Visible>, { params: { id }, body }) {
    await giveOutcomes(work, { assessmentId: id, outcomeCodes: body.outcomes, personId: body.person, part: body.part })
  },
})

const take = operation({
  id: 'takeOutcome',
  summary: 'Take an outcome from a colleague; what they wrote stays',
  page: 'POST /assessments/:id/respondents/take',
  method: 'POST',
  path: `${path}/take`,
  access,
  params,
  body: z.object({ outcome: z.string().max(100), person: z.string().max(60) }),
  answer: null,
  async write(work: Work<Visible>, { params: { id }, body }) {
    await takeOutcome(work, { assessmentId: id, outcomeCode: body.outcome, personId: body.person })
  },
})

export const respondentOperations: readonly Route[] = [show, give, take]
