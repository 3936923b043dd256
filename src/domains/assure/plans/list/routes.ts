import { z } from 'zod'
import { londonDate } from '../../../../kernel/instant.ts'
import type { Page } from '../../../../kernel/page.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { choiceText, cursorText, searchText } from '../../../../platform/http/list-address.ts'
import { csv, page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import { ownOrganisation } from '../../acting-for.ts'
import { sectionsFor } from '../../sections.ts'
import { isPooled } from '../../sector/pool/queries.ts'
import type { Visible } from '../../tables.ts'
import { proposalsFor } from '../proposals/queries.ts'
import type { Action } from '../queries.ts'
import { choicesFor, VIEWS } from '../routes.ts'
import { planSummary } from '../summary.ts'
import { ACTION_SORTS, listActions, SHOWN, type ActionsFilter } from './queries.ts'
import { PLAN_HEAD, PLAN_PATH, planLine, planModel, type PlanPage } from './views.ts'

const access = { permission: 'assure.plan.view' } as const
const PAGE_ROWS = 50
const CSV_PART = 500

export const PlanQuery = z.object({
  q: searchText.default(''),
  state: z.enum(SHOWN).catch('open').default('open'),
  funding: choiceText.default(null),
  owner: choiceText.default(null),
  sort: z.enum(ACTION_SORTS).catch('due').default('due'),
  cursor: cursorText.default(null),
})

export function filterOf({ q, state, funding, owner }: Pick<z.infer<typeof PlanQuery>, 'q' | 'state' | 'funding' | 'owner'>): ActionsFilter {
  return { search: q, shown: state, funding, owner }
}

const list = route({
  method: 'GET',
  path: PLAN_PATH,
  access,
  query: PlanQuery,
  async handle({ actor, query, now, read }) {
    const organisationId = ownOrganisation(actor)
    const today = londonDate(now)
    const mayChange = may(actor, 'assure.plan.change')
    const found = await read<Visible, PlanPage>(async db => ({
      found: await listActions(db, organisationId, filterOf(query), query.sort, today, { limit: PAGE_ROWS, cursor: query.cursor }),
      summary: await planSummary(db, organisationId, today),
      choices: await choicesFor(db, organisationId),
      proposals: mayChange ? (await proposalsFor(db, organisationId)).length : 0,
      isPooled: await isPooled(db, organisationId),
    }))
    const model = planModel(found, filterOf(query), query.sort, query.cursor, today, mayChange)
    return page(`${VIEWS}/plan.njk`, 'Our plan', { ...model, shownSections: sectionsFor(actor) })
  },
})

const listCsv = route({
  method: 'GET',
  path: `${PLAN_PATH}.csv`,
  access,
  query: PlanQuery,
  async handle({ actor, query, now, read }) {
    const ask = (cursor: string | null) =>
      read<Visible, Page<Action>>(db =>
        listActions(db, ownOrganisation(actor), filterOf(query), query.sort, londonDate(now), { limit: CSV_PART, cursor }),
      )
    return csv('plan.csv', csvPages(PLAN_HEAD, planLine, ask))
  },
})

export const planListRoutes: readonly Route[] = [list, listCsv]
