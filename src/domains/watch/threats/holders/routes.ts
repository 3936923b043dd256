import { z } from 'zod'
import type { Page } from '../../../../kernel/page.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { choiceText, cursorText, searchText } from '../../../../platform/http/list-address.ts'
import { csv, page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { matchedLines } from '../queries/reach.ts'
import { organisationTypes, requireThreat, type ThreatRecord } from '../queries/show.ts'
import { HOLDER_SORTS, holdersAfter, listHolders, type HeldThreat, type Holder, type HolderFilter } from './queries.ts'
import { HOLDERS_HEAD, holderLine, holdersModel } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500

const access = { permission: 'watch.threat.view' }
const params = z.object({ id: z.string().max(64) })
export const holdersQuery = z.object({
  q: searchText,
  match: z.enum(['runs', 'may-run', 'all']).catch('runs'),
  type: choiceText,
  sort: z.enum(HOLDER_SORTS).catch('name'),
  cursor: cursorText,
})

export function filterOf({ q, match, type }: Pick<z.infer<typeof holdersQuery>, 'q' | 'match' | 'type'>): HolderFilter {
  return { search: q, match, type }
}

interface Asked {
  readonly threat: ThreatRecord
  readonly held: HeldThreat
}

/** A threat with who runs what it is about. Throws `NotFound` where there is none. */
export async function askedThreat(db: Reader<Visible>, id: string): Promise<Asked> {
  const threat = await requireThreat(db, id)
  return { threat, held: { id, lines: await matchedLines(db, id), reach: threat.reach } }
}

const list = route({
  method: 'GET',
  path: '/threats/:id/organisations',
  access,
  params,
  query: holdersQuery,
  async handle({ params: { id }, query, read }) {
    const filter = filterOf(query)
    const model = await read<Visible, object>(async db => {
      const { threat, held } = await askedThreat(db, id)
      const reached = new Set(threat.reach.map(reach => reach.type))
      const types = (await organisationTypes(db)).filter(type => reached.has(type.code) || type.code === filter.type)
      const found = await listHolders(db, held, filter, query.sort, { limit: PAGE_ROWS, cursor: query.cursor })
      return holdersModel(threat, found, filter, query.sort, types, query.cursor)
    })
    return page('watch/threats/holders/views/list.njk', 'Who runs it', model)
  },
})

const listCsv = route({
  method: 'GET',
  path: '/threats/:id/organisations.csv',
  access,
  params,
  query: holdersQuery,
  async handle({ params: { id }, query, read }) {
    const { held } = await read<Visible, Asked>(db => askedThreat(db, id))
    const part = (cursor: string | null) =>
      read<Visible, Omit<Page<Holder>, 'total'>>(db => holdersAfter(db, held, filterOf(query), query.sort, { limit: CSV_ROWS, cursor }))
    return csv('organisations.csv', csvPages(HOLDERS_HEAD, holderLine, part))
  },
})

export const holderRoutes: readonly Route[] = [list, listCsv]
