import { z } from 'zod'
import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { textOf } from '../../../../kernel/text.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import { bulletinNumber, parseBulletinNumber } from '../../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { saveAudience, saveNamedAudience } from '../commands.ts'
import { countRule, unreadable } from '../count.ts'
import { audienceChoices, hasRule, ruleOf, suggestRule } from '../queries.ts'
import { savedAudiences } from '../queries/saved.ts'
import { AudienceName } from '../rule.ts'
import { draftOf, EMPTY_DRAFT, pressed, readDraft, ruleOfDraft, type DraftRule } from './fields.ts'
import { builderView, type BuilderChoices } from './views.ts'

/** Putting a rule together, condition by condition. The fields of the form hold it; only saving stores it. */
const ACCESS = { permission: 'broadcast.audience.edit' } as const
const Params = z.object({ number: z.string().max(20) })
const PATH = '/bulletins/:number/audience/conditions'

const start = route({
  method: 'GET',
  path: PATH,
  access: ACCESS,
  params: Params,
  async handle(request) {
    const { bulletin, choices, draft } = await load(request, numberOf(request.params))
    return show(request, bulletin, choices, draft ?? EMPTY_DRAFT, { isTooDeep: draft === undefined })
  },
})

const press = route({
  method: 'POST',
  path: PATH,
  access: ACCESS,
  params: Params,
  async handle(request) {
    const number = numberOf(request.params)
    const { bulletin, choices } = await load(request, number)
    const button = textOf(request.body, 'do')
    const draft = pressed(readDraft(request.body), button, request.body, bulletin.threatId)
    const saveAs = textOf(request.body, 'saveAs').trim()
    if (button !== 'save' && button !== 'save-as') return show(request, bulletin, choices, draft, { saveAs })
    const made = ruleOfDraft(draft)
    const name = saveAs === '' && button === 'save' ? null : AudienceName.safeParse(saveAs)
    const problems = [
      ...(made.ok ? [] : made.problems),
      ...(name === null || name.success ? [] : [problem('saveAs', name.error.issues[0]?.message ?? '')]),
    ]
    if (!made.ok || problems.length > 0) return show(request, bulletin, choices, draft, { problems, saveAs })
    try {
      await request.work<Visible, void>(async work => {
        if (name?.data !== undefined) await saveNamedAudience(work, { name: name.data, rule: { ...made.rule, partners: false } })
        if (button === 'save') await saveAudience(work, { number, rule: made.rule })
      })
    } catch (error) {
      if (!(error instanceof Invalid)) throw error
      return show(request, bulletin, choices, draft, { problems: [problem('saveAs', error.message)], saveAs })
    }
    if (button === 'save-as') return redirect('/audiences', { notice: `The audience “${saveAs}” is saved. Nobody has been sent anything.` })
    return redirect(`/bulletins/${bulletinNumber(number)}/audience`, { notice: 'The audience is saved. Nobody has been sent anything.' })
  },
})

export const builderRoutes: readonly Route[] = [start, press]

interface Loaded {
  readonly bulletin: Bulletin
  readonly choices: BuilderChoices
  /** `undefined` when the saved rule says more than the page shows. */
  readonly draft: DraftRule | undefined
}

function load(request: Pick<RouteRequest, 'read'>, number: number): Promise<Loaded> {
  return request.read<Visible, Loaded>(async db => {
    const bulletin = await bulletinOf(db, number)
    if (bulletin.releasedAt !== null || bulletin.withdrawnAt !== null)
      throw new Conflict(
        'broadcast.audience.frozen',
        'The audience was frozen at release. Those who fit its rule since can be caught up from the bulletin’s page.',
      )
    const { rule } = await ruleOf(db, bulletin.id)
    const isSuggested = bulletin.threatId !== null && !(await hasRule(db, bulletin.id))
    const offered = isSuggested && bulletin.threatId !== null ? await suggestRule(db, bulletin.threatId) : rule
    const names = (await savedAudiences(db)).map(({ name }) => name)
    return { bulletin, choices: { ...(await audienceChoices(db)), savedAudiences: names }, draft: draftOf(offered) }
  })
}

async function show(
  request: Pick<RouteRequest, 'read' | 'body'>,
  bulletin: Bulletin,
  choices: BuilderChoices,
  draft: DraftRule,
  more: { readonly problems?: readonly Problem[]; readonly isTooDeep?: boolean; readonly saveAs?: string },
): Promise<Reply> {
  const problems = more.problems ?? []
  const made = ruleOfDraft(draft)
  const count = made.ok ? await request.read<Visible, object>(db => countRule(db, bulletin.number, made.rule)) : unreadable(made.problems)
  const model = {
    number: bulletinNumber(bulletin.number),
    title: bulletin.title,
    tlp: bulletin.tlp,
    address: `/bulletins/${bulletinNumber(bulletin.number)}/audience`,
    builder: builderView(draft, choices, problems),
    count,
    isTooDeep: more.isTooDeep === true,
    saveAs: more.saveAs ?? '',
    saveAsError: problems.find(({ pointer }) => pointer === 'saveAs')?.message,
  }
  return page('broadcast/audience/builder/views/builder.njk', `Build the audience of ${bulletinNumber(bulletin.number)}`, model, {
    problems,
    isExercise: bulletin.isExercise,
  })
}

function problem(pointer: string, message: string): Problem {
  return { rule: 'form.field', pointer, severity: 'error', message }
}

function numberOf(params: { readonly number: string }): number {
  const number = parseBulletinNumber(params.number)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
  return number
}
