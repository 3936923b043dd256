import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { withQuery } from '../../../ui/links.ts'
import type { Action } from '../../../ui/models.ts'
import { organisationTypes, regions } from '../../directory/contract.ts'
import { bulletinNumber, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { readDraft, ruleOfDraft } from './builder/fields.ts'
import { saveAudience } from './commands.ts'
import { countRule, unreadable } from './count.ts'
import { readRule, ruleGroups, typedFrom, type Typed } from './fields.ts'
import { FlatRule, fold } from './flat.ts'
import { isEmptyRule, ruleSentence } from './model.ts'
import { audienceChoices, hasRule, namesFor, ruleOf, suggestRule } from './queries.ts'
import { checkRule, type BulletinRule } from './queries/checking.ts'
import { AUDIENCE_SORTS, listAudience, viewAudience, type AudienceListQuery } from './queries/lists.ts'
import { AUDIENCE_LISTS, CSV_HEAD, csvLine, listView, summaryFigures, type AudienceAddress } from './views.ts'

const Params = z.object({ number: z.string().max(20) })
const text = z.string().trim().max(200).catch('').default('')
const narrowed = { q: text, type: text, region: text, sort: z.enum(AUDIENCE_SORTS).catch('code').default('code') }
const Query = z.object({
  ...narrowed,
  list: z.enum(AUDIENCE_LISTS).catch('reached').default('reached'),
  cursor: z.string().max(400).nullable().catch(null).default(null),
  change: z.literal('yes').nullable().catch(null).default(null),
})
export const AudienceQuery = z.object({
  ...narrowed,
  list: z
    .enum([...AUDIENCE_LISTS, 'everyone'])
    .catch('everyone')
    .default('everyone'),
})
const NAMES_A_PAGE = 50
/** Many, because each part resolves the rule anew. */
const CSV_PART = 5_000

const show = route({
  method: 'GET',
  path: '/bulletins/:number/audience',
  access: { permission: 'broadcast.audience.view' },
  params: Params,
  query: Query,
  handle: request => audiencePage(request, request.params, request.query, null, []),
})

const save = route({
  method: 'POST',
  path: '/bulletins/:number/audience',
  access: { permission: 'broadcast.audience.edit' },
  params: Params,
  async handle(request) {
    const form = readRule(request.body)
    if (!form.ok) return audiencePage(request, request.params, Query.parse({ change: 'yes' }), request.body, form.problems)
    const number = numberOf(request.params)
    await request.work<Visible, void>(work => saveAudience(work, { number, rule: form.rule }))
    return redirect(addressOf(number), { notice: 'The audience is saved. Nobody has been sent anything.' })
  },
})

const download = route({
  method: 'GET',
  path: '/bulletins/:number/audience.csv',
  access: { permission: 'broadcast.audience.view' },
  params: Params,
  query: AudienceQuery,
  async handle({ params, query, read }) {
    const number = numberOf(params)
    const saved = await read<Visible, Saved | null>(db => readRuleOf(db, number))
    if (saved === null) return redirect(`/bulletins/${bulletinNumber(number)}/frozen-audience.csv`)
    const rowsAfter = (cursor: string | null) =>
      read<Visible, Awaited<ReturnType<typeof listAudience>>>(async db =>
        listAudience(db, await checkRule(db, saved.asked), audienceListQuery(query), { limit: CSV_PART, cursor }),
      )
    return csv(`${bulletinNumber(number)}-audience${query.list === 'everyone' ? '' : `-${query.list}`}.csv`, csvPages(CSV_HEAD, csvLine, rowsAfter))
  },
})

const count = route({
  method: 'POST',
  path: '/bulletins/:number/audience/count',
  access: { permission: 'broadcast.audience.edit' },
  params: Params,
  async handle(request) {
    const { body } = request
    const isBuilt = body['builder'] === 'yes'
    const form = isBuilt ? ruleOfDraft(readDraft(body)) : readRule(body)
    const counted = form.ok
      ? await request.read<Visible, object>(db => countRule(db, numberOf(request.params), form.rule))
      : unreadable(form.problems)
    if (body['fragment'] === 'yes') return page('broadcast/audience/views/count.njk', 'Count', { count: counted })
    return audiencePage(request, request.params, Query.parse({ change: 'yes' }), body, form.ok ? [] : form.problems, counted)
  },
})

export const audienceRoutes: readonly Route[] = [show, save, download, count]

function changesOf(address: string, isFlat: boolean, isSuggested: boolean): readonly Action[] {
  const simple = { label: 'Change who gets it', href: withQuery(address, { change: 'yes' }), variant: 'secondary' as const }
  const built = {
    label: isSuggested ? 'Take or change this suggestion' : 'Build it from conditions',
    href: `${address}/conditions`,
    variant: 'secondary' as const,
  }
  return isFlat ? [simple, built] : [{ ...built, label: isSuggested ? built.label : 'Change who gets it' }]
}

interface Saved {
  readonly bulletin: Bulletin
  readonly asked: BulletinRule
  /** Whether nobody has saved a rule yet, and this one is offered. */
  readonly isSuggested: boolean
}

async function audiencePage(
  request: Pick<RouteRequest, 'read' | 'actor'>,
  params: { readonly number: string },
  query: z.infer<typeof Query>,
  typed: Typed | null,
  problems: readonly Problem[],
  counted: object | null = null,
): Promise<Reply> {
  const number = numberOf(params)
  const address = addressOf(number)
  const asked: AudienceAddress = { ...audienceListQuery(query), list: query.list, cursor: query.cursor }
  const found = await request.read<Visible, { bulletin: Bulletin; model: object } | null>(async db => {
    const saved = await readRuleOf(db, number)
    if (saved === null) return null
    const {
      bulletin,
      asked: { rule },
      isSuggested,
    } = saved
    const mayEdit = may(request.actor, 'broadcast.audience.edit') && bulletin.state !== 'withdrawn'
    const checked = await checkRule(db, saved.asked)
    const names = await namesFor(db, rule)
    const view = await viewAudience(db, checked, asked, { limit: NAMES_A_PAGE, cursor: query.cursor })
    const isChanging = mayEdit && (query.change === 'yes' || isSuggested || checked.problems.length > 0)
    // A rule that says more than the simple form can is changed where it can be shown.
    const flat = fold(rule)
    const choices = isChanging && (flat !== undefined || typed !== null) ? await audienceChoices(db) : null
    const showsLists = checked.problems.length === 0 && query.change === null
    return {
      bulletin,
      model: {
        number: bulletinNumber(number),
        title: bulletin.title,
        tlp: bulletin.tlp,
        address,
        bulletinAddress: `/bulletins/${bulletinNumber(number)}`,
        sentence: ruleSentence(rule, names),
        isEmpty: isEmptyRule(rule),
        isSuggested: isSuggested && typed === null,
        ruleProblems: checked.problems,
        counts: summaryFigures(view.summary),
        hash: view.summary.hash,
        list: showsLists ? listView(address, asked, view, { types: await organisationTypes(db), regions: await regions(db) }) : null,
        changes: mayEdit ? changesOf(address, flat !== undefined && choices === null, isSuggested) : [],
        count: counted,
        groups: choices === null ? null : ruleGroups(typed ?? typedFrom(flat ?? FlatRule.parse({})), choices, problems),
      },
    }
  })
  if (found === null) return redirect(`/bulletins/${bulletinNumber(number)}/recipients`)
  return page('broadcast/audience/views/audience.njk', `Audience of ${bulletinNumber(number)}`, found.model, {
    problems,
    isExercise: found.bulletin.isExercise,
  })
}

/** `null` after the release: nothing resolves the rule anew then, and those who got it stand in the frozen list. */
export async function readRuleOf(db: Reader<Visible>, number: number): Promise<Saved | null> {
  const bulletin = await bulletinOf(db, number)
  if (bulletin.releasedAt !== null) return null
  const asked = await ruleOf(db, bulletin.id)
  if (bulletin.threatId === null || (await hasRule(db, bulletin.id))) return { bulletin, asked, isSuggested: false }
  const rule = await suggestRule(db, bulletin.threatId)
  return { bulletin, asked: { ...asked, rule }, isSuggested: !isEmptyRule(rule) }
}

/** The list that an address asks for. */
export function audienceListQuery({ list, q, type, region, sort }: z.infer<typeof AudienceQuery>): AudienceListQuery {
  return { list, search: q, type, region, sort }
}

function numberOf(params: { readonly number: string }): number {
  const number = parseBulletinNumber(params.number)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
  return number
}

function addressOf(number: number): string {
  return `/bulletins/${bulletinNumber(number)}/audience`
}
