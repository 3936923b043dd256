import { z } from 'zod'
import { NotFound } from '../../../../kernel/errors.ts'
import type { Page } from '../../../../kernel/page.ts'
import { csvPages } from '../../../../platform/csv/csv.ts'
import { cursorText, searchText } from '../../../../platform/http/list-address.ts'
import { csv, page } from '../../../../platform/http/reply.ts'
import { route, type Route } from '../../../../platform/http/route.ts'
import { may } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { sourceStandings, type SourceStanding } from '../queries.ts'
import {
  gatheringById,
  gatheringsAfter,
  GATHERING_SORTS,
  listGatherings,
  OUTCOMES,
  type GatheringDetail,
  type GatheringFilter,
  type GatheringRow,
} from './queries.ts'
import { gatheringLine, gatheringModel, GATHERINGS_HEAD, gatheringsModel } from './views.ts'

const PAGE_ROWS = 50
const CSV_ROWS = 500

const access = { permission: 'watch.source.view' }
const params = z.object({ code: z.string().max(64) })
export const gatheringsQuery = z.object({
  q: searchText,
  outcome: z.enum(OUTCOMES).nullable().catch(null),
  sort: z.enum(GATHERING_SORTS).catch('-when'),
  cursor: cursorText,
})

export function filterOf({ q, outcome }: Pick<z.infer<typeof gatheringsQuery>, 'q' | 'outcome'>): GatheringFilter {
  return { search: q, outcome }
}

export async function askedSource(db: Reader<Visible>, code: string): Promise<SourceStanding> {
  const [source] = await sourceStandings(db, code)
  if (source === undefined) throw new NotFound('watch.source.unknown', 'There is no such source. The list of sources names them.')
  return source
}

const list = route({
  method: 'GET',
  path: '/sources/:code/gatherings',
  access,
  params,
  query: gatheringsQuery,
  async handle({ params: { code }, query, read }) {
    const filter = filterOf(query)
    const model = await read<Visible, object>(async db => {
      const source = await askedSource(db, code)
      const found = await listGatherings(db, source.id, filter, query.sort, { limit: PAGE_ROWS, cursor: query.cursor })
      return gatheringsModel(source, found, filter, query.sort, query.cursor)
    })
    return page('watch/sources/gatherings/views/list.njk', 'What was gathered', model)
  },
})

const listCsv = route({
  method: 'GET',
  path: '/sources/:code/gatherings.csv',
  access,
  params,
  query: gatheringsQuery,
  async handle({ params: { code }, query, read }) {
    const { id } = await read<Visible, SourceStanding>(db => askedSource(db, code))
    const part = (cursor: string | null) =>
      read<Visible, Omit<Page<GatheringRow>, 'total'>>(db => gatheringsAfter(db, id, filterOf(query), query.sort, { limit: CSV_ROWS, cursor }))
    return csv(`gatherings-${code}.csv`, csvPages(GATHERINGS_HEAD, gatheringLine, part))
  },
})

const show = route({
  method: 'GET',
  path: '/gatherings/:id',
  access,
  params: z.object({ id: z.string().max(64) }),
  async handle({ params: { id }, read, actor }) {
    const found = await read<Visible, GatheringDetail>(db => askedGathering(db, id))
    const model = gatheringModel(found, may(actor, 'watch.source.gather'))
    return page('watch/sources/gatherings/views/show.njk', model.title, model)
  },
})

/** One gathering. Throws `NotFound` where there is none. */
export async function askedGathering(db: Reader<Visible>, id: string): Promise<GatheringDetail> {
  const found = await gatheringById(db, id)
  if (found !== undefined) return found
  throw new NotFound('watch.gathering.unknown', 'There is no such gathering. The page of its source lists what was gathered.')
}

export const gatheringListRoutes: readonly Route[] = [list, listCsv, show]
