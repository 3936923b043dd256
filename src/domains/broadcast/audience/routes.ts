import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { withQuery } from '../../../ui/links.ts'
import { bulletinNumber, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf, type Bulletin } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { saveAudience } from './commands.ts'
import { readRule, ruleGroups, typedFrom, type RuleChoices, type Typed } from './fields.ts'
import { EMPTY_RULE, isEmptyRule, ruleSentence, type AudienceRule, type RuleNames } from './model.ts'
import {
  audienceChoices,
  listAudience,
  listExcluded,
  namesFor,
  resolveAudience,
  ruleOf,
  savedRuleOf,
  suggestRule,
  summariseAudience,
  type Audience,
  type AudienceSummary,
  type ExcludedOrganisation,
  type ListedOrganisation,
} from './queries.ts'
import { AUDIENCE_LISTS, excludedTable, LIST_EMPTY, listLinks, namesTable, summaryFigures, type AudienceList } from './views.ts'

const Params = z.object({ number: z.string().max(20) })
const Query = z.object({ list: z.enum(AUDIENCE_LISTS).catch('reached').default('reached'), cursor: z.string().nullable().catch(null).default(null) })
const NAMES_A_PAGE = 50

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
    if (!form.ok) return audiencePage(request, request.params, { list: 'reached', cursor: null }, request.body, form.problems)
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
  async handle({ params, read }) {
    const number = numberOf(params)
    const audience = await read<Visible, Audience>(async db => resolveAudience(db, await ruleOf(db, (await bulletinOf(db, number)).id)))
    const lines = audience.organisations.map(row => [row.code, row.name, row.type, row.region ?? '', row.contacts])
    return csv(
      `${bulletinNumber(number)}-audience.csv`,
      stringify([['code', 'name', 'type', 'region', 'contacts'], ...lines], { escape_formulas: true }),
    )
  },
})

export const audienceRoutes: readonly Route[] = [show, save, download]

interface Shown {
  readonly bulletin: Bulletin
  readonly rule: AudienceRule
  readonly isSuggested: boolean
  readonly summary: AudienceSummary
  readonly names: RuleNames
  readonly choices: RuleChoices
  readonly listed: Page<ListedOrganisation>
  readonly excluded: Page<ExcludedOrganisation>
}

async function audiencePage(
  request: Pick<RouteRequest, 'read' | 'actor'>,
  params: { readonly number: string },
  query: z.infer<typeof Query>,
  typed: Typed | null,
  problems: readonly Problem[],
): Promise<Reply> {
  const number = numberOf(params)
  const shown = await request.read<Visible, Shown | null>(db => readAudience(db, number, query.list, query.cursor))
  if (shown === null) return redirect(`/bulletins/${bulletinNumber(number)}/recipients`)
  const { bulletin, rule, summary, names } = shown
  const address = addressOf(number)
  const found = query.list === 'excluded' ? shown.excluded : shown.listed
  const totals = { reached: summary.organisations - summary.unreachable, unreachable: summary.unreachable, excluded: shown.excluded.total }
  const model = {
    number: bulletinNumber(number),
    title: bulletin.title,
    tlp: bulletin.tlp,
    address,
    bulletinAddress: `/bulletins/${bulletinNumber(number)}`,
    sentence: ruleSentence(rule, names),
    isEmpty: isEmptyRule(rule),
    isSuggested: shown.isSuggested && typed === null,
    ruleProblems: summary.problems,
    counts: summaryFigures(summary),
    hash: summary.hash,
    lists: listLinks(address, query.list, totals),
    listEmpty: LIST_EMPTY[query.list],
    total: found.total,
    table: query.list === 'excluded' ? excludedTable(shown.excluded.rows) : namesTable(query.list, shown.listed.rows, names),
    firstHref: query.cursor === null ? null : withQuery(address, { list: query.list }),
    nextHref: found.next === null ? null : withQuery(address, { list: query.list, cursor: found.next }),
    groups:
      may(request.actor, 'broadcast.audience.edit') && bulletin.state !== 'withdrawn'
        ? ruleGroups(typed ?? typedFrom(rule), shown.choices, problems)
        : null,
  }
  return page('broadcast/audience/views/audience.njk', `Audience of ${bulletinNumber(number)}`, model, { problems, isExercise: bulletin.isExercise })
}

/** `null` after the release: nothing resolves the rule anew then, and those who got it stand in the frozen list. */
async function readAudience(db: Reader<Visible>, number: number, list: AudienceList, cursor: string | null): Promise<Shown | null> {
  const bulletin = await bulletinOf(db, number)
  if (bulletin.releasedAt !== null) return null
  const saved = await savedRuleOf(db, bulletin.id)
  const rule = saved ?? (bulletin.threatId === null ? EMPTY_RULE : await suggestRule(db, bulletin.threatId))
  const summary = await summariseAudience(db, rule)
  const first = { limit: NAMES_A_PAGE, cursor: list === 'excluded' ? cursor : null }
  return {
    bulletin,
    rule,
    isSuggested: saved === undefined && !isEmptyRule(rule),
    summary,
    names: await namesFor(db, rule),
    choices: await audienceChoices(db),
    listed: list === 'excluded' ? { rows: [], next: null, total: 0 } : await listAudience(db, rule, list, { limit: NAMES_A_PAGE, cursor }, summary),
    excluded: await listExcluded(db, rule, first),
  }
}

function numberOf(params: { readonly number: string }): number {
  const number = parseBulletinNumber(params.number)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
  return number
}

function addressOf(number: number): string {
  return `/bulletins/${bulletinNumber(number)}/audience`
}
