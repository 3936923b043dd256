import { z } from 'zod'
import { NotFound } from '../../../../kernel/errors.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { textOf } from '../../../../kernel/text.ts'
import { refusalOf } from '../../../../platform/forms/form.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type FormBody, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { bulletinNumber, isSeverity, parseBulletinNumber, SEVERITIES, severityLabel } from '../model.ts'
import { bulletinOf, reviewsOf, revisionOf, versionOf, type Bulletin } from '../queries.ts'
import { addressOf, headOf } from '../views.ts'
import {
  addUpdate,
  changeSeverity,
  publishAlone,
  publishRevision,
  supersedeBulletin,
  withdrawBulletin,
  type Published,
  type Tells,
} from './commands.ts'
import { publishedChange, reachOf, type PublishedChange, type Reach } from './queries.ts'
import { publishView, tellsField, type PublishFacts } from './views.ts'

/** What happens to a bulletin after its release: notes, a new severity, new versions, its replacement, its withdrawal. */
const VIEWS = 'broadcast/bulletins/living/views'
const Params = z.object({ number: z.string().max(20) })
type Request = Pick<RouteRequest, 'read' | 'platform' | 'now' | 'actor'>

const startNote = route({
  method: 'GET',
  path: '/bulletins/:number/update',
  access: { permission: 'broadcast.bulletin.draft' },
  params: Params,
  handle: request => noteForm(request, request.params, {}, []),
})

const publishNote = route({
  method: 'POST',
  path: '/bulletins/:number/update',
  access: { permission: 'broadcast.bulletin.draft' },
  params: Params,
  async handle(request) {
    const number = numberOf(request.params)
    const [title, body] = [textOf(request.body, 'title').trim(), textOf(request.body, 'body').trim()]
    const problems = [
      ...(title === '' || title.length > 200 ? [wrong('title', 'Give the note a title of at most 200 characters')] : []),
      ...(body === '' || body.length > 20_000 ? [wrong('body', 'Say what is new, in at most 20,000 characters')] : []),
    ]
    if (problems.length > 0) return noteForm(request, request.params, { title, body }, problems)
    try {
      await request.work<Visible, void>(unit => addUpdate(unit, { number, title, body }))
    } catch (error) {
      return noteForm(request, request.params, { title, body }, [refusalOf(error, 'title')])
    }
    return redirect(addressOf({ number }), { notice: 'The note is published. Readers see it on the bulletin’s page; nobody was told.' })
  },
})

/** An action with a reason and the choice whether readers are told: a page, and its form. */
function grave(
  action: 'severity' | 'withdraw' | 'supersede',
  permission: string,
  words: { readonly title: string; readonly lead: string; readonly submit: string },
  run: (unit: Work<Visible>, asked: { number: number; body: FormBody; reason: string; tells: Tells }) => Promise<string>,
): readonly Route[] {
  const form = async (request: Request, params: { readonly number: string }, typed: FormBody, problems: readonly Problem[]): Promise<Reply> => {
    const { bulletin, reach } = await request.read<Visible, { bulletin: Bulletin; reach: Reach }>(async db => {
      const found = await bulletinOf(db, numberOf(params))
      return { bulletin: found, reach: await reachOf(db, found.id, action !== 'severity') }
    })
    const errors = errorsOf(problems)
    const own =
      action === 'severity'
        ? [
            {
              name: 'severity',
              label: 'Severity',
              kind: 'radios',
              options: SEVERITIES.map(value => ({ value, text: severityLabel(value) })),
              value: textOf(typed, 'severity') || bulletin.severity,
              error: errors['severity'],
            },
          ]
        : action === 'supersede'
          ? [
              {
                name: 'by',
                label: 'The bulletin that replaces it',
                kind: 'text',
                hint: 'Such as CC-5002. It must be live.',
                value: textOf(typed, 'by'),
                error: errors['by'],
                width: 10,
              },
            ]
          : []
    const reason = {
      name: 'reason',
      label: 'Why',
      kind: 'textarea',
      hint: 'Readers see it.',
      value: textOf(typed, 'reason'),
      error: errors['reason'],
      rows: 3,
    }
    const model = {
      bulletin: headOf(bulletin),
      words,
      action: addressOf(bulletin, `/${action}`),
      isGrave: action !== 'severity',
      fields: [...own, reason, tellsField(reach, textOf(typed, 'tells'), errors['tells'])],
    }
    return page(`${VIEWS}/grave.njk`, `${words.title}: ${bulletinNumber(bulletin.number)}`, model, { problems, isExercise: bulletin.isExercise })
  }
  return [
    route({
      method: 'GET',
      path: `/bulletins/:number/${action}`,
      access: { permission },
      params: Params,
      handle: request => form(request, request.params, {}, []),
    }),
    route({
      method: 'POST',
      path: `/bulletins/:number/${action}`,
      access: { permission },
      params: Params,
      async handle(request) {
        const { body } = request
        const number = numberOf(request.params)
        const reason = textOf(body, 'reason').trim()
        const told = textOf(body, 'tells')
        const problems = [
          ...(action === 'severity' && !isSeverity(textOf(body, 'severity')) ? [wrong('severity', 'Choose a severity')] : []),
          ...(action === 'supersede' && parseBulletinNumber(textOf(body, 'by')) === undefined ? [wrong('by', 'Enter a number such as CC-5002')] : []),
          ...(reason === '' ? [wrong('reason', 'Say why, in a sentence')] : []),
          ...(told === 'yes' || told === 'no' ? [] : [wrong('tells', 'Choose whether those who got it are told')]),
        ]
        if (problems.length > 0) return form(request, request.params, body, problems)
        const tells = told === 'yes' ? { baseUrl: request.platform.config.baseUrl } : null
        try {
          const notice = await request.work<Visible, string>(unit => run(unit, { number, body, reason, tells }))
          return redirect(addressOf({ number }), { notice })
        } catch (error) {
          return form(request, request.params, body, [refusalOf(error, action === 'supersede' ? 'by' : 'reason')])
        }
      },
    }),
  ]
}

const publishPages = (['publish', 'publish-alone'] as const).flatMap(action => {
  const isAlone = action === 'publish-alone'
  const permission = isAlone ? 'broadcast.bulletin.release-alone' : 'broadcast.bulletin.release'
  const check = async (request: Request, params: { readonly number: string }, typed: FormBody, problems: readonly Problem[]): Promise<Reply> => {
    const facts = await request.read<Visible, PublishFacts | null>(async db => {
      const bulletin = await bulletinOf(db, numberOf(params))
      const revision = bulletin.state === 'released' ? await revisionOf(db, bulletin.id) : undefined
      if (revision === undefined) return null
      return {
        bulletin,
        revision,
        live: await versionOf(db, bulletin.id, bulletin.version),
        next: await versionOf(db, bulletin.id, revision.version),
        reviews: await reviewsOf(db, bulletin.id),
        reach: await reachOf(db, bulletin.id),
      }
    })
    const number = numberOf(params)
    if (facts === null) return redirect(addressOf({ number }))
    const model = publishView(facts, { actor: request.actor, now: request.now, isAlone, reason: textOf(typed, 'reason'), errors: errorsOf(problems) })
    return page(`${VIEWS}/publish.njk`, `Publish version ${facts.revision.version} of ${bulletinNumber(number)}`, model, {
      problems,
      isExercise: facts.bulletin.isExercise,
    })
  }
  return [
    route({
      method: 'GET',
      path: `/bulletins/:number/${action}`,
      access: { permission },
      params: Params,
      handle: request => check(request, request.params, {}, []),
    }),
    route({
      method: 'POST',
      path: `/bulletins/:number/${action}`,
      access: { permission },
      params: Params,
      async handle(request) {
        const { body } = request
        const number = numberOf(request.params)
        const reason = textOf(body, 'reason').trim()
        if (isAlone && (reason === '' || body['confirm'] !== 'yes')) {
          const problems = [
            ...(reason === '' ? [wrong('reason', 'Say why it cannot wait for another person')] : []),
            ...(body['confirm'] === 'yes' ? [] : [wrong('confirm', 'Tick that you publish it alone')]),
          ]
          return check(request, request.params, body, problems)
        }
        const input = { number, version: Number(body['version']), reason, baseUrl: request.platform.config.baseUrl }
        try {
          const done = await request.work<Visible, Published>(unit => (isAlone ? publishAlone(unit, input) : publishRevision(unit, input)))
          const told = done.isMaterial
            ? `${done.told.toLocaleString('en-GB')} ${done.told === 1 ? 'contact is' : 'contacts are'} told`
            : 'Nobody was told'
          return redirect(addressOf({ number }), { notice: `Version ${done.version} is what readers see. ${told}.` })
        } catch (error) {
          return check(request, request.params, body, [refusalOf(error, '')])
        }
      },
    }),
  ]
})

const changes = route({
  method: 'GET',
  path: '/bulletins/:number/changes/:version',
  access: { permission: 'broadcast.bulletin.view' },
  params: Params.extend({ version: z.coerce.number().int().positive().max(100_000).catch(0) }),
  async handle({ params, read }) {
    const found = await read<Visible, PublishedChange>(db => publishedChange(db, numberOf(params), params.version))
    const { bulletin, update, changed } = found
    return page(
      `${VIEWS}/changes.njk`,
      `What changed in ${bulletinNumber(bulletin.number)}`,
      { bulletin: headOf(bulletin), update, changes: changed },
      { isExercise: bulletin.isExercise },
    )
  },
})

export const livingRoutes: readonly Route[] = [
  startNote,
  publishNote,
  ...grave(
    'severity',
    'broadcast.bulletin.release',
    { title: 'Change the severity', lead: 'The change is dated, and its reason is shown to readers.', submit: 'Change the severity' },
    async (unit, { number, body, reason, tells }) => {
      const severity = SEVERITIES.find(known => known === textOf(body, 'severity')) ?? 'information'
      await changeSeverity(unit, { number, severity, reason, tells })
      return `The severity is now ${severityLabel(severity)}.`
    },
  ),
  ...grave(
    'withdraw',
    'broadcast.bulletin.withdraw',
    {
      title: 'Withdraw',
      lead: 'It no longer holds from then on. Its text, its audience and every answer stay on record, marked as withdrawn.',
      submit: 'Withdraw this bulletin',
    },
    async (unit, { number, reason, tells }) => {
      await withdrawBulletin(unit, { number, reason, tells })
      return `${bulletinNumber(number)} is withdrawn. The record is kept.`
    },
  ),
  ...grave(
    'supersede',
    'broadcast.bulletin.withdraw',
    {
      title: 'Replace by another bulletin',
      lead: 'It no longer holds from then on, and leads its readers to the bulletin that replaces it. Both pages say so.',
      submit: 'Replace this bulletin',
    },
    async (unit, { number, body, reason, tells }) => {
      const by = parseBulletinNumber(textOf(body, 'by')) ?? 0
      await supersedeBulletin(unit, { number, by, reason, tells })
      return `${bulletinNumber(number)} is replaced by ${bulletinNumber(by)}.`
    },
  ),
  ...publishPages,
  changes,
]

async function noteForm(
  request: Pick<RouteRequest, 'read'>,
  params: { readonly number: string },
  typed: { title?: string; body?: string },
  problems: readonly Problem[],
): Promise<Reply> {
  const bulletin = await request.read<Visible, Bulletin>(db => bulletinOf(db, numberOf(params)))
  return page(
    `${VIEWS}/note.njk`,
    `Add a note to ${bulletinNumber(bulletin.number)}`,
    { bulletin: headOf(bulletin), typed, errors: errorsOf(problems) },
    { problems, isExercise: bulletin.isExercise },
  )
}

function wrong(pointer: string, message: string): Problem {
  return { rule: 'form.field', pointer, severity: 'error', message }
}

function errorsOf(problems: readonly Problem[]): Readonly<Record<string, string>> {
  return Object.fromEntries(problems.map(({ pointer, message }) => [pointer, message]))
}

function numberOf(params: { readonly number: string }): number {
  const number = parseBulletinNumber(params.number)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
  return number
}
