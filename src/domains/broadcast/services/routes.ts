import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may, type Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { addService, endService, sayOfService } from './commands.ts'
import { serviceForm, statementForm } from './fields.ts'
import { STANDING_PAGE } from './model.ts'
import { serviceHistory, standingServices, type StandingService } from './queries.ts'
import { addModel, sayModel, serviceModel, standingModel } from './views.ts'

const ANYBODY = { public: 'What is safe to use is for everybody, also for those who cannot sign in on the day.' }
const say = { permission: 'broadcast.service.say' }
const manage = { permission: 'broadcast.service.manage' }
const VIEWS = 'broadcast/services/views'
export const ofService = z.object({ code: z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/) })

const rightsOf = (actor: Actor) => ({ say: may(actor, 'broadcast.service.say'), manage: may(actor, 'broadcast.service.manage') })

const standing = route({
  method: 'GET',
  path: STANDING_PAGE,
  access: ANYBODY,
  async handle({ read, actor, now }) {
    const services = await read<Visible, readonly StandingService[]>(db => standingServices(db))
    return page(`${VIEWS}/standing.njk`, 'Safe to use now', standingModel(services, now, rightsOf(actor)))
  },
})

const one = route({
  method: 'GET',
  path: `${STANDING_PAGE}/:code`,
  access: ANYBODY,
  params: ofService,
  handle: request => servicePage(request, request.params.code),
})

async function servicePage(request: RouteRequest, code: string, problems: readonly Problem[] = []): Promise<Reply> {
  const found = await history(request, code)
  return page(`${VIEWS}/service.njk`, found.name, serviceModel(code, found, request.now, rightsOf(request.actor)), { problems })
}

type History = NonNullable<Awaited<ReturnType<typeof serviceHistory>>>

const history = ({ read }: Pick<RouteRequest, 'read'>, code: string) => read<Visible, History>(db => historyOf(db, code))

/** What was said of a service on the page. Throws `NotFound`. */
export async function historyOf(db: Reader<Visible>, code: string): Promise<History> {
  const found = await serviceHistory(db, code)
  if (found === undefined) throw new NotFound('broadcast.service.unknown', 'There is no such service on the page. It may have been taken off.')
  return found
}

function addPage(typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]): Reply {
  return page(`${VIEWS}/add.njk`, 'Add a service', addModel(typed, problems), { problems })
}

const addForm = route({ method: 'GET', path: `${STANDING_PAGE}/add`, access: manage, handle: async () => addPage({}, []) })

const add = route({
  method: 'POST',
  path: `${STANDING_PAGE}/add`,
  access: manage,
  async handle({ body, work }) {
    const form = readForm(serviceForm, body)
    if (!form.ok) return addPage(form.typed, form.problems)
    try {
      const code = await work<Visible, string>(unit => addService(unit, form.value))
      return redirect(`${STANDING_PAGE}/${code}`, { notice: `${form.value.name} is on the page. Nothing is said of it yet.` })
    } catch (error) {
      return addPage(body, [refusalOf(error, 'name')])
    }
  },
})

const sayForm = route({
  method: 'GET',
  path: `${STANDING_PAGE}/:code/say`,
  access: say,
  params: ofService,
  query: z.object({ bulletin: z.string().max(20).catch('').default('') }),
  handle: request => sayPage(request, request.params.code, { bulletin: request.query.bulletin }, []),
})

async function sayPage(request: RouteRequest, code: string, typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]): Promise<Reply> {
  const { name } = await history(request, code)
  return page(`${VIEWS}/say.njk`, `Say whether ${name} is safe to use`, sayModel(code, name, typed, problems), { problems })
}

const sayIt = route({
  method: 'POST',
  path: `${STANDING_PAGE}/:code/say`,
  access: say,
  params: ofService,
  async handle(request) {
    const { code } = request.params
    const form = readForm(statementForm, request.body)
    if (!form.ok) return sayPage(request, code, form.typed, form.problems)
    try {
      const { isExercise } = await request.work<Visible, { readonly isExercise: boolean }>(unit => sayOfService(unit, { code, ...form.value }))
      if (isExercise)
        return redirect(`${STANDING_PAGE}/${code}`, { notice: 'Said within the exercise alone. The page for everybody says what it said before.' })
    } catch (error) {
      return sayPage(request, code, request.body, [refusalOf(error, 'bulletin')])
    }
    return redirect(`${STANDING_PAGE}/${code}`, { notice: 'Said. It stands on the page from this moment.' })
  },
})

const end = route({
  method: 'POST',
  path: `${STANDING_PAGE}/:code/end`,
  access: manage,
  params: ofService,
  async handle(request) {
    const { code } = request.params
    const reason = typeof request.body['reason'] === 'string' ? request.body['reason'] : ''
    try {
      await request.work<Visible, void>(unit => endService(unit, { code, reason }))
    } catch (error) {
      return servicePage(request, code, [refusalOf(error, 'reason')])
    }
    return redirect(STANDING_PAGE, { notice: 'It is off the page. What was said of it stays on record.' })
  },
})

export const serviceRoutes: readonly Route[] = [standing, addForm, add, one, sayForm, sayIt, end]
