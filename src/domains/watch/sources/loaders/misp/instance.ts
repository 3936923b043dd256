import { createHash } from 'node:crypto'
import { CareCertError, Invalid } from '../../../../../kernel/errors.ts'
import { parseInstant } from '../../../../../kernel/instant.ts'
import { lineAt, memberOf, recordAt, type Json } from '../../../../../kernel/json.ts'
import type { Fetched } from '../../../../../platform/fetch/fetch.ts'
import type { Loaded } from '../../loader.ts'
import { withParameters } from '../address.ts'
import { ask, jsonOf, remarkOf, type Run } from './run.ts'
import type { MispState, Passage } from './state.ts'

/** Events on a page; a power of two, so that a smaller page still begins where the last one ended. */
const PAGE_EVENTS = 32
const MOST_PAGES = 10_000
/** Clocks differ, and what changed while it was asked for may come with the time from before. */
const OVERLAP_SECONDS = 24 * 3_600
const DAY_SECONDS = 24 * 3_600

/**
 * A server of MISP by its search: the events that changed since, page by page. A page that is too large to fetch is asked for in smaller ones. What
 * an event deleted on the server leaves behind, a search does not tell.
 */
export async function* searchInstance(run: Run, base: string): AsyncGenerator<Loaded> {
  const { state, cursor } = run
  const passage = (state.passage ??= begin(run))
  let largest = PAGE_EVENTS
  while (state.passage !== null) {
    const limit = Math.min(largest, alignedTo(passage.offset))
    const question = questionOf(run, passage, limit)
    const address = withParameters(new URL('events/restSearch', base).href, { timestamp: passage.since, page: question.page, limit })
    let fetched: Fetched
    try {
      fetched = await ask(run, new URL('events/restSearch', base).href, { body: question.body })
    } catch (error) {
      if (!(error instanceof CareCertError) || error.code !== 'platform.fetch.too-large') throw error
      if (limit > 1) {
        largest = limit / 2
        continue
      }
      passage.offset += 1
      yield { kind: 'failed', address, error, bytes: null, cursor }
      continue
    }
    const events = eventsOn(jsonOf(fetched))
    if (events === undefined) throw new Invalid('watch.misp.no-search', 'The server answered its search with something else than events.')
    const isNew = events.some(({ uuid, seconds }) => state.recent.get(uuid) !== seconds)
    const remark = step(state, passage, events, limit)
    if (isNew) yield { kind: 'document', address, bytes: fetched.bytes, tlp: null, integrity: null, remarks: [], cursor }
    if (remark !== null) yield { kind: 'remark', remark, cursor }
    yield { kind: 'checked', address, cursor }
  }
}

function begin({ state, settings, source }: Run): Passage {
  const begunAt = Math.floor(source.now.getTime() / 1_000)
  const isWhole = state.since === null || state.wholeAt === null || state.wholeAt + settings.wholeEveryDays * DAY_SECONDS <= begunAt
  const chosen = parseInstant(`${settings.since}T00:00:00Z`)
  const first = chosen === undefined ? null : chosen.getTime() / 1_000
  if (isWhole) state.wholeAt = begunAt
  return { since: isWhole || state.since === null ? first : state.since - OVERLAP_SECONDS, begunAt, offset: 0, page: '', pages: 0 }
}

/** The largest page that may begin there. */
function alignedTo(offset: number): number {
  let limit = PAGE_EVENTS
  while (offset % limit !== 0) limit /= 2
  return limit
}

function questionOf({ settings }: Run, { since, offset }: Passage, limit: number): { readonly page: number; readonly body: Json } {
  const page = offset / limit + 1
  const published = settings.unpublished ? {} : { published: true }
  return { page, body: { returnFormat: 'json', page, limit, ...published, ...(since === null ? {} : { timestamp: String(since) }) } }
}

/** Takes the passage past a page, or ends it. Gives what a person should know about it. */
function step(state: MispState, passage: Passage, events: readonly EventOnPage[], limit: number) {
  const mark = createHash('sha256')
    .update(events.map(({ uuid, seconds }) => `${uuid} ${seconds}`).join('\n'))
    .digest('base64url')
    .slice(0, 16)
  const isSame = events.length > 0 && mark === passage.page
  passage.page = mark
  passage.pages += 1
  passage.offset += limit
  for (const { uuid, seconds } of events) if (seconds >= passage.begunAt - OVERLAP_SECONDS) state.recent.set(uuid, seconds)
  if (events.length > 0 && !isSame && passage.pages < MOST_PAGES) return null
  state.passage = null
  state.since = passage.begunAt
  for (const [uuid, seconds] of state.recent) if (seconds < passage.begunAt - OVERLAP_SECONDS) state.recent.delete(uuid)
  if (isSame) return remarkOf('watch.misp.loop', 'The server gives the same events on each page, so only those were gathered.')
  return events.length > 0 ? remarkOf('watch.misp.long', `After ${MOST_PAGES} pages of events the server was left there.`) : null
}

interface EventOnPage {
  readonly uuid: string
  /** When it changed last. */
  readonly seconds: number
}

/** The events that an answer of the search holds; `undefined` when it is none. */
function eventsOn(json: unknown): readonly EventOnPage[] | undefined {
  const response = memberOf(json, 'response') ?? json
  if (!Array.isArray(response)) return undefined
  return response.map((entry: unknown) => {
    const event = recordAt(entry, 'Event')
    return { uuid: lineAt(event, 'uuid') ?? '', seconds: Number(memberOf(event, 'timestamp') ?? 0) }
  })
}
