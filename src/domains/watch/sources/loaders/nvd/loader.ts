import { nvdPaging, type NvdPaging } from '../../../../../codecs/nvd/page.ts'
import { NVD_WALK_START, stepNvdWalk } from '../../../../../codecs/nvd/walk.ts'
import { decodeText } from '../../../../../kernel/encoding.ts'
import { Invalid, Unavailable } from '../../../../../kernel/errors.ts'
import { parseInstant, type Instant } from '../../../../../kernel/instant.ts'
import { lineAt, parseJson } from '../../../../../kernel/json.ts'
import { Unsuccessful, type Fetched } from '../../../../../platform/fetch/fetch.ts'
import type { Loaded, Loader, Outbound, SourceToLoad } from '../../loader.ts'
import { withParameters } from '../address.ts'
import { oneDocumentLoader } from '../one-document/loader.ts'
import { nextAsking, readSettings, restore, snapshot, type Asking, type NvdState } from './state.ts'

/**
 * The National Vulnerability Database by its API 2.0 (https://nvd.nist.gov/developers/vulnerabilities): first what a person chose, then what
 * has changed since, in windows of at most 120 days, page by page. It goes on at any page. Further parameters of the address, such as
 * `hasKev`, stay in each question. The address of a feed file (`….json.gz`) is one document.
 *
 * Settings: `NvdSettings`. An API key is the credential `apiKey`, and shortens the pauses.
 */
export const nvdLoader: Loader = {
  format: 'nvd',
  async *load(source, out) {
    if (/\.(?:json|gz)$/i.test(new URL(source.url).pathname)) {
      yield* oneDocumentLoader('nvd').load(source, out)
      return
    }
    const chosen = readSettings(source.settings)
    const state = restore(source.cursor, chosen)
    let isBehind = true
    while (isBehind) {
      state.asking ??= nextAsking(state, chosen, source.now)
      if (state.asking === null) break
      const { window } = state.asking
      yield* readAnswer(state, state.asking, source, out)
      // Where the NVD's own clock stands before the end of the window, there is no more to ask for yet.
      isBehind = window !== null && window.to < source.now && state.until !== null && state.until >= window.to
    }
  },
}

/** Five questions in thirty seconds without a key, fifty with one (https://nvd.nist.gov/developers/start-here, "Rate limits"). */
const PAUSE_MILLIS = { withKey: 600, withoutKey: 6_000 }
/** A page of 2,000 vulnerabilities takes the NVD up to a minute. */
const TIMEOUT_MILLIS = 120_000
/** Several times as many as there are. */
const MOST_VULNERABILITIES = 3_000_000

async function* readAnswer(state: NvdState, begun: Asking, source: SourceToLoad, out: Outbound): AsyncGenerator<Loaded> {
  const { window } = begun
  let asking = begun
  const cursor = () => snapshot(state)
  while (asking.walk.next !== null) {
    const address = withParameters(source.url, {
      lastModStartDate: window?.from.toISOString() ?? null,
      lastModEndDate: window?.to.toISOString() ?? null,
      startIndex: asking.walk.next,
    })
    const fetched = await ask(out, address)
    const { paging, at } = readPaging(fetched)
    const step = stepNvdWalk(asking.walk, paging)
    if (!step.ok || paging.total > MOST_VULNERABILITIES) {
      state.asking = { ...asking, walk: NVD_WALK_START }
      yield { kind: 'checked', address, cursor }
      throw new Unavailable('watch.nvd.walk', step.problems[0]?.message ?? `The NVD says that there are ${paging.total} vulnerabilities.`)
    }
    asking = { ...asking, at: asking.at ?? at ?? source.now, walk: step.value }
    if (step.value.next === null) finish(state, asking)
    else state.asking = asking
    if (paging.count > 0) yield { kind: 'document', address, bytes: fetched.bytes, tlp: null, integrity: null, remarks: [], cursor }
    else yield { kind: 'checked', address, cursor }
  }
}

function finish(state: NvdState, { window, at }: Asking): void {
  state.asking = null
  state.until = window !== null && (at === null || window.to < at) ? window.to : at
}

async function ask(out: Outbound, address: string): Promise<Fetched> {
  try {
    const pauseMillis = out.hasCredentials ? PAUSE_MILLIS.withKey : PAUSE_MILLIS.withoutKey
    return await out.get(address, { pauseMillis, timeoutMillis: TIMEOUT_MILLIS })
  } catch (error) {
    if (!(error instanceof Unsuccessful) || error.status !== 404) throw error
    // The API answers so to whatever it does not like; the reason is in a header.
    const why = out.hasCredentials ? 'It does not know the API key of this source: check the key.' : 'Check the address and what was chosen.'
    throw new Invalid('watch.nvd.refused', `The NVD does not take this question (404). ${why}`, undefined, { cause: error })
  }
}

function readPaging({ bytes }: Fetched): { readonly paging: NvdPaging; readonly at: Instant | undefined } {
  const text = decodeText(bytes)
  const json = text.ok ? parseJson(text.value) : text
  const paging = json.ok ? nvdPaging(json.value) : undefined
  if (json.ok && paging !== undefined) return { paging, at: parseInstant(`${lineAt(json.value, 'timestamp') ?? ''}Z`) }
  const why = json.problems[0]?.message ?? 'It does not say how many vulnerabilities there are.'
  throw new Invalid('watch.nvd.not-a-page', `At this address is no page of the NVD's API 2.0. ${why}`)
}
