import { readMispManifest, recognisesMispManifest } from '../../../../../codecs/misp/manifest.ts'
import { CareCertError, Invalid, Unavailable } from '../../../../../kernel/errors.ts'
import { addHours } from '../../../../../kernel/instant.ts'
import { isRecord } from '../../../../../kernel/json.ts'
import { Unsuccessful } from '../../../../../platform/fetch/fetch.ts'
import type { Loaded } from '../../loader.ts'
import { ask, jsonOf, remarkOf, type Run } from './run.ts'
import { NO_VALIDATORS } from './state.ts'

const FIRST_RETRY_HOURS = 0.5
const LAST_RETRY_HOURS = 7 * 24
/** So many failures in a row are the host's. The rest is left for the next run. */
const MOST_FAILURES_IN_A_ROW = 5

/**
 * A MISP feed: its manifest says when each event changed last, and each that is new or changed is fetched, the newest first. An event that the
 * manifest does not name any more is gone.
 */
export async function* readFeed(run: Run, folder: string): AsyncGenerator<Loaded> {
  const { state, cursor, source } = run
  const address = new URL('manifest.json', folder).href
  const manifest = await ask(run, address, { validators: state.validators })
  const now = source.now.toISOString()
  const due = [...state.retries].filter(([, { after }]) => after <= now).map(([uuid]) => uuid)
  if (manifest.isUnchanged) {
    yield* giveEvents(run, folder, due)
    yield { kind: 'checked', address, cursor }
    return
  }
  const json = jsonOf(manifest)
  const isEmpty = isRecord(json) && Object.keys(json).length === 0
  if (!recognisesMispManifest(json) && !isEmpty)
    throw new Invalid('watch.misp.no-manifest', 'The manifest of the feed cannot be read, so nothing was gathered. It is asked for again later.')
  if (isEmpty && state.events.size > 0) {
    yield { kind: 'remark', remark: remarkOf('watch.misp.empty', 'The feed says that it has no event any more. What was gathered is kept.'), cursor }
    return
  }
  const entries = readMispManifest(json).map(({ uuid, updated }) => ({ uuid, seconds: (updated?.getTime() ?? 0) / 1_000 }))
  const listed = new Set(entries.map(({ uuid }) => uuid))
  for (const uuid of state.events.keys()) {
    if (listed.has(uuid)) continue
    state.events.delete(uuid)
    state.retries.delete(uuid)
    yield { kind: 'gone', address: addressOf(folder, uuid), cursor }
  }
  const fresh = entries.filter(({ uuid, seconds }) => state.events.get(uuid) !== seconds).toSorted((a, b) => b.seconds - a.seconds)
  // Until its end the manifest must come again.
  state.validators = NO_VALIDATORS
  const wanted = new Map([...fresh, ...entries.filter(({ uuid }) => due.includes(uuid))].map(({ uuid, seconds }) => [uuid, seconds]))
  yield* giveEvents(run, folder, [...wanted.keys()], wanted)
  state.validators = manifest.validators
  yield { kind: 'checked', address, cursor }
}

/** Gives the events, and marks each as dealt with at its time of change. Throws when the host fails again and again. */
async function* giveEvents(
  run: Run,
  folder: string,
  uuids: readonly string[],
  changed: ReadonlyMap<string, number> = new Map(),
): AsyncGenerator<Loaded> {
  const { state, cursor, source } = run
  let failuresInARow = 0
  for (const uuid of uuids) {
    const address = addressOf(folder, uuid)
    try {
      const { bytes } = await ask(run, address)
      failuresInARow = 0
      state.retries.delete(uuid)
      state.events.set(uuid, changed.get(uuid) ?? state.events.get(uuid) ?? 0)
      yield { kind: 'document', address, bytes, tlp: null, integrity: null, remarks: [], cursor }
    } catch (error) {
      if (!(error instanceof CareCertError)) throw error
      const isHost = error instanceof Unavailable && !(error instanceof Unsuccessful && error.status < 500)
      failuresInARow = isHost ? failuresInARow + 1 : 0
      const tries = state.retries.get(uuid)?.tries ?? 0
      const after = addHours(source.now, Math.min(FIRST_RETRY_HOURS * 2 ** tries, LAST_RETRY_HOURS)).toISOString()
      state.retries.set(uuid, { tries: tries + 1, after })
      state.events.set(uuid, changed.get(uuid) ?? state.events.get(uuid) ?? 0)
      yield { kind: 'failed', address, error, bytes: null, cursor }
      if (error.code === 'platform.fetch.busy' || failuresInARow >= MOST_FAILURES_IN_A_ROW) throw error
    }
  }
}

function addressOf(folder: string, uuid: string): string {
  return new URL(`${uuid}.json`, folder).href
}
