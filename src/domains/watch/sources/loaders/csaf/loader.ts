import type { ListedPath } from '../../../../../codecs/csaf-provider/directory.ts'
import type { ListedDocument } from '../../../../../codecs/csaf-provider/listed.ts'
import { CareCertError, Invalid, Unavailable } from '../../../../../kernel/errors.ts'
import { addHours } from '../../../../../kernel/instant.ts'
import type { Problem } from '../../../../../kernel/problem.ts'
import { shorten } from '../../../../../kernel/text.ts'
import { tlpRank, type Tlp } from '../../../../../kernel/tlp.ts'
import type { Fetched } from '../../../../../platform/fetch/fetch.ts'
import type { Loaded, Loader } from '../../loader.ts'
import { fetchDocument, Unproven } from './document.ts'
import { loadKeys } from './keys.ts'
import { fetchList, type Place } from './list.ts'
import { lookAtRoot } from './root.ts'
import { beginRun, isMissing, remarkOf, type Run } from './run.ts'
import { markOf, NO_VALIDATORS, restore, type ListState, type Retry } from './state.ts'

/**
 * Advisories of a CSAF provider (OASIS, CSAF 2.0 and 2.1 §7): from its metadata, or the address of its host, to its feeds, or else its
 * folders, to each document that is new or changed, with its hash and signature. The address of one feed, folder or advisory does as well.
 *
 * Settings: `CsafSettings`. What is marked AMBER or narrower is asked for only with credentials.
 */
export const csafLoader: Loader = {
  format: 'csaf',
  async *load(source, out) {
    const run = beginRun(source, out, restore(source.cursor))
    const found = await lookAtRoot(run)
    yield* remarks(run, found.remarks)
    if (found.failure !== null) yield failed(run, source.url, found.failure)
    if (run.state.root?.kind === 'document') {
      yield* giveRoot(run, found.document)
      return
    }
    if (found.isFresh) yield* remarks(run, await loadKeys(run))
    const { allowed, closed } = placesOf(run)
    if (allowed.length === 0) throw nothingToAsk(closed)
    if (found.isFresh && closed.length > 0)
      yield* remarks(run, [remarkOf('watch.csaf.closed', `${inWords(closed)} They are left out without credentials.`)])
    forgetOthers(run, allowed)
    yield* tryAgain(run)
    const failures: CareCertError[] = []
    for (const place of allowed) {
      const failure = yield* lookThrough(run, place)
      if (failure !== null) failures.push(failure)
    }
    const [first] = failures
    if (first !== undefined && failures.length === allowed.length) throw first
  },
}

/** So many failures in a row are the host's. The rest is left for the next run. */
const MOST_FAILURES_IN_A_ROW = 5
/** What fails beyond these is not set aside, but asked for again in each run. */
const MOST_RETRIES = 500
const FIRST_RETRY_HOURS = 0.5
const LAST_RETRY_HOURS = 7 * 24
const WEEK_MILLIS = 7 * 24 * 3_600_000

function* remarks(run: Run, problems: readonly Problem[]): Generator<Loaded> {
  for (const remark of problems) yield { kind: 'remark', remark, cursor: run.cursor }
}

/** A provider gives the same documents by feeds and by folders; feeds say more of each. */
function placesOf(run: Run): { readonly allowed: readonly Place[]; readonly closed: readonly Place[] } {
  const { root, provider } = run.state
  if (provider === null) {
    const isList = root !== null && (root.kind === 'feed' || root.kind === 'directory')
    return { allowed: isList ? [{ url: root.address, kind: root.kind, tlp: null, lastUpdated: null }] : [], closed: [] }
  }
  const places =
    provider.feeds.length > 0
      ? provider.feeds.map(feed => ({ ...feed, kind: 'feed' as const }))
      : provider.directories.map(folder => ({ ...folder, kind: 'directory' as const }))
  const isClosed = (place: Place) => place.tlp !== null && tlpRank(place.tlp) >= tlpRank('AMBER') && !run.out.hasCredentials
  return { allowed: places.filter(place => !isClosed(place)), closed: places.filter(isClosed) }
}

function nothingToAsk(closed: readonly Place[]): Invalid {
  return closed.length > 0
    ? new Invalid('watch.csaf.closed', `${inWords(closed)} Give the source the credentials that its provider handed out.`)
    : new Invalid('watch.csaf.empty', 'The provider names no feed and no folder with advisories. Ask it where they are.')
}

function inWords(closed: readonly Place[]): string {
  return `${closed.length} lists of this provider are for known readers only: ${shorten(closed.map(place => place.url).join(', '), 500)}.`
}

/** What the provider has stopped listing is not asked for again. */
function forgetOthers(run: Run, places: readonly Place[]): void {
  const urls = new Set(places.map(place => place.url))
  for (const url of run.state.lists.keys()) if (!urls.has(url)) run.state.lists.delete(url)
  run.state.retries = run.state.retries.filter(retry => urls.has(retry.list))
}

function* giveRoot(run: Run, fetched: Fetched | null): Generator<Loaded> {
  const { address } = fetched ?? { address: run.source.url }
  if (fetched !== null) yield { kind: 'document', address, bytes: fetched.bytes, tlp: null, integrity: null, remarks: [], cursor: run.cursor }
  yield { kind: 'checked', address, cursor: run.cursor }
}

async function* tryAgain(run: Run): AsyncGenerator<Loaded> {
  const now = run.source.now.toISOString()
  for (const retry of run.state.retries.filter(entry => entry.after <= now)) {
    const failure = yield* give(run, retry, retry.list, retry.tlp, retry.tries)
    if (failure !== null) return
  }
}

/** Looks through one list. Gives why it could not be, or `null`. */
async function* lookThrough(run: Run, place: Place): AsyncGenerator<Loaded, CareCertError | null> {
  const list = run.state.lists.get(place.url) ?? { validators: NO_VALIDATORS, lastUpdated: null, seen: new Set<string>() }
  run.state.lists.set(place.url, list)
  // A server that knows no validators is spared by what CSAF 2.1's metadata says of the feed.
  const knowsNoValidators = list.validators.etag === null && list.validators.lastModified === null
  if (knowsNoValidators && place.lastUpdated !== null && place.lastUpdated === list.lastUpdated) {
    yield { kind: 'checked', address: place.url, cursor: run.cursor }
    return null
  }
  let fetched
  try {
    fetched = await fetchList(run, place, list.validators)
  } catch (error) {
    if (!(error instanceof CareCertError)) throw error
    yield failed(run, place.url, error)
    return error
  }
  if (fetched !== null) {
    yield* remarks(run, fetched.remarks)
    const documents = newest(fetched.documents)
    for (const row of fetched.gone) {
      const mark = markOfGone(row)
      if (list.seen.has(mark) || isLater(documents.get(row.address)?.updated ?? null, row.updated)) continue
      list.seen.add(mark)
      yield { kind: 'gone', address: row.address, cursor: run.cursor }
    }
    const failure = yield* giveNew(run, place, list, [...documents.values()])
    if (failure !== null) {
      yield failed(run, place.url, failure)
      return failure
    }
    if (documents.size > 0) forgetUnlisted(run, list, documents, fetched.gone)
    run.state.retries = run.state.retries.filter(retry => retry.list !== place.url || documents.get(retry.address)?.updated === retry.updated)
    const isWhole = [...documents.values()].every(document => list.seen.has(markFor(run, document)))
    if (isWhole) Object.assign(list, { validators: fetched.validators, lastUpdated: place.lastUpdated })
  }
  yield { kind: 'checked', address: place.url, cursor: run.cursor }
  return null
}

/** Keeps the marks as few as the list is long. */
function forgetUnlisted(run: Run, list: ListState, documents: ReadonlyMap<string, ListedDocument>, gone: readonly ListedPath[]): void {
  const current = new Set([...[...documents.values()].map(document => markFor(run, document)), ...gone.map(markOfGone)])
  for (const mark of list.seen) if (!current.has(mark)) list.seen.delete(mark)
}

function markOfGone({ address, updated }: ListedPath): string {
  return markOf(`gone ${address}`, updated ?? '')
}

/** Newest first, so that what presses comes first when there is much. Gives why the rest was left, or `null`. */
async function* giveNew(run: Run, place: Place, list: ListState, documents: readonly ListedDocument[]): AsyncGenerator<Loaded, CareCertError | null> {
  const fresh = documents
    .filter(document => !list.seen.has(markFor(run, document)))
    .toSorted((a, b) => Number(isLater(b.updated, a.updated)) - Number(isLater(a.updated, b.updated)))
  for (const document of fresh.filter(one => run.out.mayAsk(one.address))) {
    const failure = yield* give(run, document, place.url, place.tlp, 0)
    if (failure !== null) return failure
  }
  const foreign = fresh.filter(document => !run.out.mayAsk(document.address))
  return foreign.length === 0 ? null : elsewhere(foreign)
}

function elsewhere(documents: readonly ListedDocument[]): Invalid {
  const hosts = [...new Set(documents.map(document => URL.parse(document.address)?.host ?? ''))]
  const message = `${documents.length} advisories are at ${shorten(hosts.join(', '), 200)}, where this source may not ask. If that is meant, add the host to the source.`
  return new Invalid('watch.csaf.elsewhere', message)
}

/**
 * Gives one document, or tells why not and sets it aside to be asked for again. Gives the failure when it is rather the host's, which has
 * not answered several times in a row. Throws when the host asks to be left alone.
 */
async function* give(run: Run, listed: ListedDocument, list: string, tlp: Tlp | null, tries: number): AsyncGenerator<Loaded, CareCertError | null> {
  yield* remarks(run, await loadKeys(run))
  const { address, hashes, signature, updated } = listed
  try {
    const document = await fetchDocument(run, listed)
    run.failuresInARow = 0
    run.state.retries = run.state.retries.filter(retry => retry.address !== address)
    markSeen(run, list, listed)
    yield { kind: 'document', address, ...document, tlp, cursor: run.cursor }
    return null
  } catch (error) {
    if (!(error instanceof CareCertError)) throw error
    const isHost = error instanceof Unavailable && !isMissing(error)
    run.failuresInARow = isHost ? run.failuresInARow + 1 : 0
    const hours = Math.min(FIRST_RETRY_HOURS * 2 ** tries, LAST_RETRY_HOURS)
    const after = addHours(run.source.now, hours).toISOString()
    setAside(run, { address, hashes, signature, updated, list, tlp, tries: tries + 1, after })
    yield failed(run, address, error)
    if (error.code === 'platform.fetch.busy') throw error
    return run.failuresInARow >= MOST_FAILURES_IN_A_ROW ? error : null
  }
}

function failed(run: Run, address: string, error: CareCertError): Loaded {
  return { kind: 'failed', address, error, bytes: error instanceof Unproven ? error.bytes : null, cursor: run.cursor }
}

function setAside(run: Run, retry: Retry): void {
  const others = run.state.retries.filter(entry => entry.address !== retry.address)
  if (others.length >= MOST_RETRIES) return
  run.state.retries = [...others, retry]
  markSeen(run, retry.list, retry)
}

function markSeen(run: Run, list: string, listed: ListedDocument): void {
  run.state.lists.get(list)?.seen.add(markFor(run, listed))
}

/** A document without a date counts as another one each week, so that a change of it is seen in the end. */
function markFor(run: Run, { address, updated }: ListedDocument): string {
  return markOf(address, updated ?? `week ${Math.floor(run.source.now.getTime() / WEEK_MILLIS)}`)
}

/** By address, the one with the latest date: a list may name a document more than once. */
function newest(documents: readonly ListedDocument[]): ReadonlyMap<string, ListedDocument> {
  const byAddress = new Map<string, ListedDocument>()
  for (const document of documents) {
    const known = byAddress.get(document.address)
    if (known === undefined || isLater(document.updated, known.updated)) byAddress.set(document.address, document)
  }
  return byAddress
}

function isLater(date: string | null, other: string | null): boolean {
  return (date ?? '') > (other ?? '')
}
