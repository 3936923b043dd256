import type { Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type PageRequest } from '../../../../kernel/page.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { answers } from '../queries.ts'

/** A line of `carecert responses list`. */
export interface ResponseLine {
  readonly organisation: string
  readonly state: string
  readonly at: Instant
  readonly by: string | null
  readonly note: string | null
}

/** The answers to a bulletin by organisation code: the newest of each organisation, or with `history` every one. */
export async function responseLines(
  db: Reader<Visible>,
  bulletinId: string,
  history: boolean,
  request: PageRequest,
): Promise<{ readonly lines: readonly ResponseLine[]; readonly next: string | null }> {
  const cursor = decodeCursor(request.cursor, 2)
  const rows = await answers(db)
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'answer.organisation_id')
    .where('answer.bulletin_id', '=', bulletinId)
    .$if(!history, query =>
      query.where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('broadcast_response as newer')
              .whereRef('newer.bulletin_id', '=', 'answer.bulletin_id')
              .whereRef('newer.organisation_id', '=', 'answer.organisation_id')
              .whereRef('newer.id', '>', 'answer.id')
              .select('newer.id'),
          ),
        ),
      ),
    )
    .$if(cursor !== null, query =>
      query.where(eb =>
        eb.or([
          eb('organisation.code', '>', String(cursor?.[0])),
          eb.and([eb('organisation.code', '=', String(cursor?.[0])), eb('answer.id', '>', String(cursor?.[1]))]),
        ]),
      ),
    )
    .orderBy('organisation.code')
    .orderBy('answer.id')
    .limit(request.limit + 1)
    .select('organisation.code')
    .execute()
  const shown = rows.slice(0, request.limit)
  const last = shown.at(-1)
  return {
    lines: shown.map(row => ({
      organisation: row.code,
      state: row.state,
      at: row.at,
      by: row.person ?? row.contact ?? (row.by_kind === 'operator' ? 'operator' : null),
      note: row.note,
    })),
    next: rows.length > request.limit && last !== undefined ? encodeCursor([last.code, last.id]) : null,
  }
}
