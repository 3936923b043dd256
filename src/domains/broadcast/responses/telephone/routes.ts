import { z } from 'zod'
import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import type { Id } from '../../../../kernel/id.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { readForm } from '../../../../platform/forms/form.ts'
import { csv, page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { contactsOf, organisationInScope } from '../../../directory/contract.ts'
import { bulletinNumber, parseBulletinNumber } from '../../bulletins/model.ts'
import { bulletinOf, versionOf, type Bulletin } from '../../bulletins/queries.ts'
import { closedDays } from '../../chase/closed-days/queries.ts'
import { isWorkingTime } from '../../chase/model.ts'
import { checkCode } from '../../deliveries/answer-link/model.ts'
import type { Visible } from '../../tables.ts'
import { holdCall, holdNext, letGo, recordCall } from './commands.ts'
import { callForm, typedCall } from './fields.ts'
import { callFacts, callsTo, holdOn, listToRing, numbersOf, wrongNumbersOf, type RingCounts, type ToRing } from './queries.ts'
import { callView, csvLine, CSV_HEAD, listView, paperView, type CallFacts } from './views.ts'

const call = { permission: 'broadcast.call.make' }
const ofBulletin = z.object({ number: z.string().max(20) })
const ofOrganisation = z.object({ number: z.string().max(20), code: z.string().max(20) })
const VIEWS = 'broadcast/responses/telephone/views'
const SHOWN = 50

const list = route({
  method: 'GET',
  path: '/bulletins/:number/telephone',
  access: call,
  params: ofBulletin,
  async handle({ params, read, actor, now }) {
    const model = await read<Visible, ReturnType<typeof listView>>(async db => {
      const bulletin = await bulletinOf(db, numberIn(params))
      const asked = { bulletin, scope: actor.scope, now }
      return listView(bulletin, await listToRing(db, asked, { limit: SHOWN }), now)
    })
    return page(`${VIEWS}/list.njk`, `Telephone list of ${model.number}`, model, { isExercise: model.isExercise })
  },
})

/** The whole list as a file. */
const listCsv = route({
  method: 'GET',
  path: '/bulletins/:number/telephone.csv',
  access: call,
  params: ofBulletin,
  async handle(request) {
    const number = numberIn(request.params)
    const { rows } = await request.read<Visible, NumberedList>(async db => numbered(db, request, await bulletinOf(db, number), null))
    return csv(
      `${bulletinNumber(number)}-telephone.csv`,
      csvPages(CSV_HEAD, csvLine, async () => ({ rows, next: null })),
    )
  },
})

/** More than a desk gets through in a day without a network. */
const ON_PAPER = 300

/** The list on paper: for the day on which nothing else works. */
const paper = route({
  method: 'GET',
  path: '/bulletins/:number/telephone/paper',
  access: call,
  params: ofBulletin,
  async handle(request) {
    const { params, read, platform } = request
    const model = await read<Visible, ReturnType<typeof paperView> | null>(async db => {
      const bulletin = await bulletinOf(db, numberIn(params))
      if (bulletin.isExercise || bulletin.state !== 'released') return null
      const { content } = await versionOf(db, bulletin.id, bulletin.version)
      const { counts, rows } = await numbered(db, request, bulletin, ON_PAPER)
      return paperView(bulletin, content, {
        rows,
        total: counts.all,
        readAddress: readAddressOf(platform, bulletin),
      })
    })
    if (model === null) return redirect(`/bulletins/${bulletinNumber(numberIn(params))}/telephone`)
    return page(`${VIEWS}/paper.njk`, `Telephone list of ${model.number}, on paper`, model)
  },
})

type Numbered = ToRing & { readonly numbers: string | null }

interface NumberedList {
  readonly counts: RingCounts
  readonly rows: readonly Numbered[]
}

/** The list in its order, with the numbers of each organisation. */
async function numbered(db: Reader<Visible>, { actor, now }: Asking, bulletin: Bulletin, limit: number | null): Promise<NumberedList> {
  const { counts, rows } = await listToRing(db, { bulletin, scope: actor.scope, now }, { limit })
  const numbers = await numbersOf(
    db,
    rows.map(({ organisationId }) => organisationId),
  )
  return { counts, rows: rows.map(row => ({ ...row, numbers: numbers.get(row.organisationId) ?? null })) }
}

function readAddressOf({ config }: Asking['platform'], bulletin: Pick<Bulletin, 'number'>): string {
  return `${config.baseUrl}/bulletins/${bulletinNumber(bulletin.number)}`
}

const next = route({
  method: 'POST',
  path: '/bulletins/:number/telephone/next',
  access: call,
  params: ofBulletin,
  handle: request => ringNext(request, numberIn(request.params)),
})

async function ringNext(request: Pick<RouteRequest, 'work'>, number: number, said = ''): Promise<Reply> {
  const code = await request.work<Visible, string | null>(unit => holdNext(unit, number))
  const address = `/bulletins/${bulletinNumber(number)}/telephone`
  return code === null
    ? redirect(address, { notice: `${said}Nobody is left to ring just now.` })
    : redirect(`${address}/${encodeURIComponent(code)}`, said === '' ? {} : { notice: said })
}

const show = route({
  method: 'GET',
  path: '/bulletins/:number/telephone/:code',
  access: call,
  params: ofOrganisation,
  handle: request => callPage(request, request.params, {}, []),
})

type Ofs = z.infer<typeof ofOrganisation>

type Asking = Pick<RouteRequest, 'actor' | 'now' | 'platform'>

/** Everything that a caller needs to know of one organisation. Throws `NotFound` where the bulletin did not go to it, or it is not the caller's to ring. */
export async function readCall(
  db: Reader<Visible>,
  request: Asking,
  { number, code }: { readonly number: number; readonly code: string },
): Promise<CallFacts> {
  const { actor, now } = request
  const bulletin = await bulletinOf(db, number)
  const organisation = await organisationFor(db, request, code)
  const { content } = await versionOf(db, bulletin.id, bulletin.version)
  const facts = await callFacts(db, bulletin.id, organisation.id)
  if (facts === undefined) throw new NotFound('broadcast.call.unknown', UNKNOWN)
  const hold = await holdOn(db, bulletin.id, organisation.id, now)
  return {
    bulletin,
    content,
    organisation: { code: organisation.code, name: organisation.name, phone: facts.phone },
    contacts: await contactsOf(db, organisation.id),
    wrongNumbers: await wrongNumbersOf(db, organisation.id),
    runs: facts.runs,
    calls: await callsTo(db, bulletin.id, organisation.id),
    hold: hold === undefined ? null : { by: hold.by, isOwn: hold.byId === actor.id, until: hold.until },
    hasAnswered: facts.hasAnswered,
    isOutOfHours: !isWorkingTime(now, new Set((await closedDays(db)).map(({ day }) => day))),
    caller: actor.name,
    checkCode: checkCode(request.platform.signer.sign, bulletin.id, organisation.id),
    readAddress: readAddressOf(request.platform, bulletin),
  }
}

async function callPage(
  request: Asking & Pick<RouteRequest, 'read'>,
  params: Ofs,
  typed: Readonly<Record<string, unknown>>,
  problems: readonly Problem[],
): Promise<Reply> {
  const at = { number: numberIn(params), code: params.code }
  const model = await request.read<Visible, ReturnType<typeof callView>>(async db => callView(await readCall(db, request, at), typed, problems))
  return page(`${VIEWS}/call.njk`, `Ring ${model.name}`, model, { problems, isExercise: model.isExercise })
}

/** The organisation of that code, where the caller may ring it. Throws `NotFound`. */
export async function organisationFor(db: Reader<Visible>, { actor }: Pick<RouteRequest, 'actor'>, code: string) {
  const found = await organisationInScope(db, actor.scope, code)
  if (found === undefined) throw new NotFound('broadcast.call.unknown', UNKNOWN)
  return found
}

const UNKNOWN = 'This bulletin was not sent to that organisation, or you do not look after it.'

const take = route({
  method: 'POST',
  path: '/bulletins/:number/telephone/:code/take',
  access: call,
  params: ofOrganisation,
  async handle(request) {
    const { id } = await request.read<Visible, { id: Id<'organisation'> }>(db => organisationFor(db, request, request.params.code))
    try {
      await request.work<Visible, void>(unit => holdCall(unit, { number: numberIn(request.params), organisationId: id }))
    } catch (error) {
      return callPage(request, request.params, {}, [problemOf(error)])
    }
    return redirect(callAddress(request.params))
  },
})

const giveBack = route({
  method: 'POST',
  path: '/bulletins/:number/telephone/:code/let-go',
  access: call,
  params: ofOrganisation,
  async handle(request) {
    const { id } = await request.read<Visible, { id: Id<'organisation'> }>(db => organisationFor(db, request, request.params.code))
    await request.work<Visible, void>(unit => letGo(unit, { number: numberIn(request.params), organisationId: id }))
    return redirect(`/bulletins/${bulletinNumber(numberIn(request.params))}/telephone`, { notice: 'Somebody else may ring them now.' })
  },
})

const made = route({
  method: 'POST',
  path: '/bulletins/:number/telephone/:code',
  access: call,
  params: ofOrganisation,
  async handle(request) {
    const { params, body } = request
    const number = numberIn(params)
    const form = readForm(callForm, typedCall(body))
    if (!form.ok) return callPage(request, params, form.typed, form.problems)
    const { id, name } = await request.read<Visible, { id: Id<'organisation'>; name: string }>(db => organisationFor(db, request, params.code))
    const { outcome, contact, spokeTo, note, callAgain, state, reason, nextDate } = form.value
    let came: Awaited<ReturnType<typeof recordCall>>
    try {
      came = await request.work<Visible, typeof came>(unit =>
        recordCall(unit, {
          number,
          organisationId: id,
          contactId: contact,
          outcome,
          spokeTo,
          note,
          callAgainHours: callAgain,
          answer: state === null ? null : { state, reason, nextDate: state === 'in-progress' ? nextDate : null },
        }),
      )
    } catch (error) {
      return callPage(request, params, body, [problemOf(error)])
    }
    return ringNext(request, number, SAID[came](name))
  },
})

const SAID: Readonly<Record<Awaited<ReturnType<typeof recordCall>>, (name: string) => string>> = {
  recorded: name => `${name} is written down. `,
  'answered-meanwhile': name => `${name} have answered meanwhile: their own answer stands, and your notes are kept with the call. `,
}

const FIELDS: Readonly<Record<string, string>> = {
  'broadcast.call.answer-missing': 'state',
  'broadcast.call.who-missing': 'spokeTo',
  'broadcast.response.reason-missing': 'reason',
  'broadcast.response.date-missing': 'nextDate',
}

function problemOf(error: unknown): Problem {
  if (!(error instanceof Invalid || error instanceof Conflict)) throw error
  return { rule: error.code, pointer: FIELDS[error.code] ?? '', severity: 'error', message: error.message }
}

function callAddress(params: Ofs): string {
  return `/bulletins/${bulletinNumber(numberIn(params))}/telephone/${encodeURIComponent(params.code)}`
}

function numberIn(params: { readonly number: string }): number {
  const number = parseBulletinNumber(params.number)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
  return number
}

export const telephoneRoutes: readonly Route[] = [list, listCsv, paper, next, show, take, giveBack, made]
