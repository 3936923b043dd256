import type { CareCertError } from '../../../../../kernel/errors.ts'
import { addDays, parseInstant } from '../../../../../kernel/instant.ts'
import type { Loaded, Loader } from '../../loader.ts'
import { findCollections, type Place } from './places.ts'
import { askFile, remarkOf, taxiiSettings, type Run } from './run.ts'
import { restore, snapshot, type TaxiiState } from './state.ts'
import { sweepCollection } from './sweep.ts'

/**
 * STIX from a server of TAXII 2.1 (OASIS), or from a file at an address: what is there decides. The address may be that of the discovery, an API
 * root, a collection or its objects. Of each collection that may be read, what was added since is asked for.
 *
 * Settings: `TaxiiSettings`. A user name and password, or a token, is the credential `Authorization`.
 */
export const taxiiLoader: Loader = {
  format: 'stix',
  async *load(source, out) {
    const settings = taxiiSettings.parse(source.settings)
    const state = restore(source.cursor, JSON.stringify(settings.collections))
    const run: Run = { source, out, settings, state, cursor: () => snapshot(state) }
    if (state.document !== null) {
      yield* giveFile(run)
      return
    }
    if (isListingDue(run)) {
      const found = await findCollections(run)
      if (found.kind === 'document') {
        const { bytes, file, address, validators } = found.fetched
        state.document = validators
        yield { kind: 'document', address, bytes, file, tlp: null, integrity: null, remarks: [], cursor: run.cursor }
        return
      }
      keepPlaces(state, found.places, found.isWhole)
      state.listedAt = source.now.toISOString()
      state.remarks = found.remarks.map(({ rule, message }) => ({ rule, message }))
    }
    for (const { rule, message } of state.remarks) yield { kind: 'remark', remark: remarkOf(rule, message), cursor: run.cursor }
    yield* sweepAll(run)
  },
}

/** Collections come and go rarely. */
const LISTED_DAYS = 1

function isListingDue({ state, source }: Run): boolean {
  const listedAt = parseInstant(state.listedAt ?? '')
  return listedAt === undefined || addDays(listedAt, LISTED_DAYS) <= source.now
}

function keepPlaces({ collections }: TaxiiState, places: readonly Place[], isWhole: boolean): void {
  const known = new Map(collections)
  if (isWhole) collections.clear()
  for (const { url, title } of places) collections.set(url, { ...(known.get(url) ?? { after: null, isInclusive: false, sweep: null }), url, title })
}

async function* giveFile(run: Run): AsyncGenerator<Loaded> {
  const { url } = run.source
  const fetched = await askFile(run, url)
  if (!fetched.isUnchanged) {
    run.state.document = fetched.validators
    yield {
      kind: 'document',
      address: fetched.address,
      bytes: fetched.bytes,
      file: fetched.file,
      tlp: null,
      integrity: null,
      remarks: [],
      cursor: run.cursor,
    }
  } else {
    yield { kind: 'checked', address: url, cursor: run.cursor }
  }
}

async function* sweepAll(run: Run): AsyncGenerator<Loaded> {
  const failures: CareCertError[] = []
  const collections = [...run.state.collections.values()]
  for (const collection of collections) {
    const failure = yield* sweepCollection(run, collection)
    if (failure === null) continue
    failures.push(failure)
    if (failure.code === 'platform.fetch.busy') throw failure
  }
  const [first] = failures
  if (first === undefined || failures.length < collections.length) return
  // Where none can be read any more, the server may have been arranged anew.
  run.state.listedAt = null
  yield { kind: 'checked', address: run.source.url, cursor: run.cursor }
  throw first
}
