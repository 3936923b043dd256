import { z } from 'zod'
import { instant } from '../../../platform/http/api-schemas.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { bulletinGiven, bulletinName, readByForm, reasonGiven } from '../api.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { addService, endService, sayOfService } from './commands.ts'
import { serviceForm, statementForm } from './fields.ts'
import { MORE_BY_HOURS, SERVICE_STATE_ORDER, type ServiceState } from './model.ts'
import { standingServices } from './queries.ts'
import { historyOf, ofService } from './routes.ts'
import { standingJson } from './views.ts'

const ANYBODY = { public: 'What is safe to use is for everybody, also for those who cannot sign in on the day.' }
const manage = { permission: 'broadcast.service.manage' }
const path = '/api/v1/safe-to-use'
const State = z.enum(SERVICE_STATE_ORDER as [ServiceState, ...ServiceState[]])

const standing = operation({
  id: 'listServices',
  summary: 'Say of every national service on the page whether it is safe to use',
  method: 'GET',
  path,
  page: 'GET /safe-to-use',
  access: ANYBODY,
  answer: z.object({
    asOf: z.string(),
    services: z.array(
      z.object({
        code: z.string(),
        name: z.string(),
        state: State,
        words: z.string().nullable(),
        since: z.string().nullable(),
        saidBy: z.string().nullable(),
        moreBy: z.string().nullable().describe('By when more is said'),
        bulletin: z.string().nullable(),
      }),
    ),
  }),
  read: async (db: Reader<Visible>, { now }) => standingJson(await standingServices(db), now),
})

const History = z.object({
  code: z.string(),
  name: z.string(),
  purpose: z.string(),
  statements: z
    .array(z.object({ state: State, words: z.string(), at: instant, by: z.string(), moreBy: instant.nullable(), bulletin: bulletinName.nullable() }))
    .describe('The newest first: that one stands'),
})

async function answer(db: Reader<Visible>, code: string): Promise<z.input<typeof History>> {
  const { statements, ...service } = await historyOf(db, code)
  return { ...service, code, statements: [...statements] }
}

const one = operation({
  id: 'getService',
  summary: 'Read what was said of one service',
  method: 'GET',
  path: `${path}/:code`,
  page: 'GET /safe-to-use/:code',
  access: ANYBODY,
  params: ofService,
  answer: History,
  read: (db: Reader<Visible>, { params: { code } }) => answer(db, code),
})

const add = operation({
  id: 'addService',
  summary: 'Put a service on the page',
  method: 'POST',
  path,
  page: 'POST /safe-to-use/add',
  access: manage,
  status: 201,
  body: serviceForm,
  answer: History,
  write: async (work: Work<Visible>, { body }) => answer(work.db, await addService(work, body)),
})

const say = operation({
  id: 'sayOfService',
  summary: 'Say whether a service is safe to use, from this moment',
  description: 'On a bulletin that is an exercise it is said within the exercise alone.',
  method: 'POST',
  path: `${path}/:code/say`,
  page: 'POST /safe-to-use/:code/say',
  access: { permission: 'broadcast.service.say' },
  params: ofService,
  body: z.object({
    state: State,
    words: z.string().max(4_000),
    moreBy: z.literal(MORE_BY_HOURS).nullable().default(null).describe('In so many hours more is said'),
    bulletin: bulletinGiven.nullable().default(null),
  }),
  answer: History,
  async write(work: Work<Visible>, { params: { code }, body }) {
    const bulletin = body.bulletin === null ? '' : bulletinNumber(body.bulletin)
    await sayOfService(work, { code, ...readByForm(statementForm, { ...body, bulletin }) })
    return answer(work.db, code)
  },
})

const end = operation({
  id: 'endService',
  summary: 'Take a service off the page; what was said of it stays on record',
  method: 'POST',
  path: `${path}/:code/end`,
  page: 'POST /safe-to-use/:code/end',
  access: manage,
  params: ofService,
  body: z.object({ reason: reasonGiven }),
  answer: null,
  write: (work: Work<Visible>, { params: { code }, body }) => endService(work, { code, ...body }),
})

export const serviceOperations: readonly Route[] = [standing, one, add, say, end]
