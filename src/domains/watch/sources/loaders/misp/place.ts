import { readMisp } from '../../../../../codecs/misp/events.ts'
import { recognisesMispManifest } from '../../../../../codecs/misp/manifest.ts'
import { CareCertError, Invalid } from '../../../../../kernel/errors.ts'
import { isRecord, memberOf } from '../../../../../kernel/json.ts'
import type { Fetched } from '../../../../../platform/fetch/fetch.ts'
import { ask, jsonOf, type Run } from './run.ts'
import type { MispPlace } from './state.ts'

/** What is at the source's address, and the document where it holds events itself. */
export interface FoundPlace {
  readonly place: MispPlace
  readonly fetched: Fetched | null
}

const SEARCH = 'events/restSearch'

/**
 * Finds out what the address is: events, the manifest of a feed or its folder, or a server. Throws what the address itself answered with when it is
 * none of them.
 */
export async function findPlace(run: Run): Promise<FoundPlace> {
  const url = new URL(run.source.url)
  const search = url.pathname.indexOf(`/${SEARCH}`)
  if (search !== -1) return { place: { kind: 'instance', address: url.origin + url.pathname.slice(0, search + 1) }, fetched: null }
  const failures: unknown[] = []
  for (const attempt of [() => asItStands(run), ...beside(run)]) {
    try {
      return await attempt()
    } catch (error) {
      if (!(error instanceof CareCertError)) throw error
      failures.push(error)
    }
  }
  // A server that knows MISP and refuses us says more than what was tried besides.
  throw failures.find(error => error instanceof CareCertError && error.code === 'watch.misp.refused') ?? failures[0]
}

async function asItStands(run: Run): Promise<FoundPlace> {
  const fetched = await ask(run, run.source.url)
  const json = jsonOf(fetched)
  const isManifest = recognisesMispManifest(json) || (isEmpty(json) && new URL(fetched.address).pathname.endsWith('/manifest.json'))
  if (isManifest) return { place: { kind: 'feed', address: new URL('.', fetched.address).href }, fetched: null }
  const read = readMisp(json)
  if (read.ok) return { place: { kind: 'document', address: run.source.url }, fetched }
  throw new Invalid('watch.misp.not-misp', `At this address are neither events nor a feed of MISP. ${read.problems[0]?.message ?? ''}`)
}

/** A folder and a server have nothing to read at their own address. With a key it is rather a server. */
function beside(run: Run): readonly (() => Promise<FoundPlace>)[] {
  const { url } = run.source
  const folder = url.endsWith('/') ? url : `${url}/`
  const asFeed = async (): Promise<FoundPlace> => {
    const json = jsonOf(await ask(run, new URL('manifest.json', folder).href))
    if (!recognisesMispManifest(json) && !isEmpty(json)) throw new Invalid('watch.misp.no-manifest', 'This folder has no manifest of a MISP feed.')
    return { place: { kind: 'feed', address: folder }, fetched: null }
  }
  const asInstance = async (): Promise<FoundPlace> => {
    const answer = await ask(run, new URL(SEARCH, folder).href, { body: { returnFormat: 'json', page: 1, limit: 1 } })
    // An empty list by itself anybody may answer.
    if (!Array.isArray(memberOf(jsonOf(answer), 'response'))) throw new Invalid('watch.misp.no-search', 'This server does not search as MISP does.')
    return { place: { kind: 'instance', address: folder }, fetched: null }
  }
  return run.out.hasCredentials ? [asInstance, asFeed] : [asFeed, asInstance]
}

function isEmpty(json: unknown): boolean {
  return isRecord(json) && Object.keys(json).length === 0
}
