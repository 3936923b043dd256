import { createHash } from 'node:crypto'
import { z } from 'zod'
import { readNhsCyberAlerts } from '../../../../../codecs/nhs-cyber-alerts/page.ts'
import { decodeText } from '../../../../../kernel/encoding.ts'
import { Invalid } from '../../../../../kernel/errors.ts'
import { addDays } from '../../../../../kernel/instant.ts'
import { numberAt, parseJson } from '../../../../../kernel/json.ts'
import type { Fetched } from '../../../../../platform/fetch/fetch.ts'
import type { Loaded, Loader, Outbound, SourceToLoad } from '../../loader.ts'
import { withParameters } from '../address.ts'
import { restore, snapshot, type AlertsState, type Look } from './state.ts'

/**
 * NHS cyber alerts by their API, page by page, the newest first: all at the first, then until two pages in a row hold nothing new. All of
 * them are looked at again every day, since an alert that changes stays where it is; a page in which nothing changed is not given.
 *
 * Settings: `wholeEveryDays` (1 to 90). The address of one alert is one document.
 */
export const nhsCyberAlertsLoader: Loader = {
  format: 'nhs-cyber-alerts',
  async *load(source, out) {
    const state = restore(source.cursor)
    const { wholeEveryDays } = settings.parse(source.settings)
    const isWholeDue = state.wholeAt === null || addDays(state.wholeAt, wholeEveryDays) <= source.now
    const first = state.look ?? begin(source, isWholeDue)
    yield* follow(state, first, source, out)
    // Where alerts came that do not stand in front, somebody changed the order: only a look at all finds them.
    if (!first.isWhole && state.look !== null) yield* follow(state, state.look, source, out)
  },
}

const settings = z.object({ wholeEveryDays: z.number().int().min(1).max(90).catch(1).default(1) })

const PAUSE_MILLIS = 500
const QUIET_PAGES = 2
const MOST_PAGES = 5_000
const MOST_RETURNS = 20

function begin(source: SourceToLoad, isWhole: boolean): Look {
  return { isWhole, begunAt: source.now, page: 1, total: null, found: 0, quiet: 0, returns: 0 }
}

/** Follows a look to its end. Where it did not find as many as there should be, it leaves a look at all to be followed. */
async function* follow(state: AlertsState, look: Look, source: SourceToLoad, out: Outbound): AsyncGenerator<Loaded> {
  const cursor = () => snapshot(state)
  state.look = look
  while (state.look === look) {
    const address = look.page === 1 ? source.url : withParameters(source.url, { page: look.page })
    const fetched = await ask(state, look, address, out)
    if (fetched === null) {
      state.look = null
      yield { kind: 'checked', address, cursor }
      return
    }
    const page = readPage(fetched, look.page)
    const changed = page.alerts.filter(({ id, mark }) => state.known.get(id) !== mark)
    for (const { id, mark } of changed) state.known.set(id, mark)
    step(state, look, page, changed.length, source)
    if (changed.length > 0) yield { kind: 'document', address, bytes: fetched.bytes, tlp: null, integrity: null, remarks: [], cursor }
    else yield { kind: 'checked', address, cursor }
  }
}

/** Fetches a page; `null` when it is the first one of a look for news, and the same as last time. */
async function ask(state: AlertsState, look: Look, address: string, out: Outbound): Promise<Fetched | null> {
  const known = look.page === 1 && !look.isWhole ? state.first : null
  const fetched = await out.get(address, { pauseMillis: PAUSE_MILLIS, ...(known === null ? {} : { validators: known }) })
  if (fetched.isUnchanged) return null
  const hash = digest(fetched.bytes)
  if (known?.hash === hash) return null
  if (look.page === 1) state.first = { ...fetched.validators, hash }
  return fetched
}

interface Page {
  readonly pages: number
  readonly total: number
  /** How many alerts a page holds. */
  readonly size: number
  readonly alerts: readonly { readonly id: string; readonly mark: string }[]
}

function readPage(fetched: Fetched, asked: number): Page {
  const text = decodeText(fetched.bytes)
  const json = text.ok ? parseJson(text.value) : text
  const read = json.ok ? readNhsCyberAlerts(json.value) : json
  if (!json.ok || !read.ok) throw new Invalid('watch.nhs.not-a-page', `At this address are no NHS cyber alerts. ${read.problems[0]?.message ?? ''}`)
  const { items, rejected } = read.value
  const number = numberAt(json.value, 'currentPage') ?? asked
  if (number !== asked)
    throw new Invalid('watch.nhs.other-page', `The API was asked for page ${asked} and gave page ${number}. Check that its address ends in /page.`)
  const pages = numberAt(json.value, 'totalPages') ?? 1
  if (pages > MOST_PAGES) throw new Invalid('watch.nhs.endless', `The API says that it has ${pages} pages, which is more than it can have.`)
  return {
    pages,
    total: numberAt(json.value, 'total') ?? items.length,
    size: Math.max(1, numberAt(json.value, 'pageSize') ?? items.length),
    alerts: [
      ...items.map(item => ({ id: item.externalId, mark: markOf(item) })),
      ...rejected.map(entry => ({ id: `rejected ${markOf(entry.excerpt)}`, mark: '' })),
    ],
  }
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64url')
}

/** Of what is read of an alert: the names of the CMS change without a reason. */
function markOf(read: unknown): string {
  return digest(Buffer.from(JSON.stringify(read))).slice(0, 8)
}

/** Sets the look to the page to ask for next, or ends it. */
function step(state: AlertsState, look: Look, page: Page, changed: number, source: SourceToLoad): void {
  const left = look.total === null ? 0 : Math.max(0, look.total - page.total)
  look.total = page.total
  look.found += changed
  look.quiet = changed === 0 ? look.quiet + 1 : 0
  if (left > 0 && look.returns < MOST_RETURNS) {
    // As many have moved forward, past what was asked for.
    look.page = Math.max(1, look.page - Math.ceil(left / page.size))
    look.returns += 1
    return
  }
  const isEnd = look.page >= page.pages || (!look.isWhole && look.quiet >= QUIET_PAGES)
  if (!isEnd) {
    look.page += 1
    return
  }
  const grown = page.total - (state.total ?? 0)
  const isShort = !look.isWhole && look.found < grown
  state.total = page.total
  if (look.isWhole) state.wholeAt = look.begunAt
  state.look = isShort ? begin(source, true) : null
}
