import { createHash } from 'node:crypto'
import { readTaxii, type TaxiiResource } from '../../../../../codecs/taxii/resources.ts'
import { taxiiMicros, taxiiTime } from '../../../../../codecs/taxii/time.ts'
import { CareCertError, Invalid } from '../../../../../kernel/errors.ts'
import { addHours } from '../../../../../kernel/instant.ts'
import { isRecord, lineAt, type JsonRecord } from '../../../../../kernel/json.ts'
import type { Fetched } from '../../../../../platform/fetch/fetch.ts'
import type { Loaded } from '../../loader.ts'
import { withParameters } from '../address.ts'
import { askTaxii, jsonOf, remarkOf, statusOf, type Run } from './run.ts'
import type { CollectionState, Sweep } from './state.ts'

/** After so many, a passage ends, and the next run goes on from there. */
const MOST_PAGES = 2_000
const MOST_IDLE_PAGES = 3
/** What a server is given at the moment at which it is asked may stand there with an earlier date afterwards. */
const OVERLAP_HOURS = 1 / 6
const MARK_LENGTH = 8

/**
 * Reads the pages of a collection from where the last passage ended: by the tokens of the server, or by dates where it gives none (TAXII 2.1 §3.4).
 * Gives why it could not be read to its end, or `null`.
 */
export async function* sweepCollection(run: Run, collection: CollectionState): AsyncGenerator<Loaded, CareCertError | null> {
  const { cursor } = run
  let sweep = collection.sweep
  for (;;) {
    const asked = withParameters(collection.url, { added_after: (sweep ?? beginning(run, collection)).after, next: sweep?.next ?? null })
    let fetched
    let page
    try {
      fetched = await askTaxii(run, asked)
      page = envelopeOf(fetched)
    } catch (error) {
      if (!(error instanceof CareCertError)) throw error
      if (sweep !== null && sweep.next !== null && FORGOTTEN.has(statusOf(error) ?? 0)) {
        // Servers forget their tokens after a while. The pages came in the order of their dates.
        collection.sweep = sweep = { ...sweep, after: sweep.last === null ? sweep.after : shifted(sweep.last, -1n), next: null, tokens: '' }
        continue
      }
      yield { kind: 'failed', address: asked, error, bytes: null, cursor }
      return error
    }
    collection.sweep = sweep ??= beginning(run, collection, fetched)
    const marks = marksOf(page.objects)
    const isNew = marks.some(mark => !sweep?.page.includes(mark))
    const remark = advance(collection, sweep, page, fetched, marks.join(' '), isNew)
    if (isNew) {
      const known = [...run.state.known.values()]
      remember(run, page.objects)
      yield { kind: 'document', address: asked, bytes: fetched.bytes, tlp: null, integrity: null, remarks: [], known, cursor }
    }
    if (remark !== null) yield { kind: 'remark', remark, cursor }
    if (collection.sweep === null) {
      yield { kind: 'checked', address: collection.url, cursor }
      return null
    }
  }
}

const FORGOTTEN: ReadonlySet<number> = new Set([400, 404, 410, 416, 422])

type Envelope = Pick<Extract<TaxiiResource, { kind: 'envelope' }>, 'objects' | 'more' | 'next'>

function envelopeOf(fetched: Fetched): Envelope {
  const json = jsonOf(fetched)
  const resource = readTaxii(json)
  if (resource?.kind === 'envelope') return resource
  if (resource?.kind === 'empty') return { objects: [], more: false, next: null }
  // Servers that grew out of TAXII 2.0 give a bundle.
  if (isRecord(json) && json['type'] === 'bundle' && Array.isArray(json['objects'])) return { objects: json['objects'], more: false, next: null }
  throw new Invalid('watch.taxii.not-a-page', 'The server was asked for the objects of a collection, and gave something else.')
}

function beginning(run: Run, { after, isInclusive }: CollectionState, fetched: Fetched | null = null): Sweep {
  const served = Date.parse(fetched?.header('date') ?? '')
  const begunAt = (Number.isNaN(served) ? run.source.now : new Date(served)).toISOString()
  const { since } = run.settings
  const first = after ?? (since === '' ? null : `${since}T00:00:00.000000Z`)
  return {
    after: first !== null && isInclusive ? shifted(first, 1n) : first,
    next: null,
    begunAt,
    last: null,
    page: '',
    tokens: '',
    pages: 0,
    idle: 0,
  }
}

/** Takes the sweep past a page, or ends it. Gives what a person should know about it. */
function advance(collection: CollectionState, sweep: Sweep, page: Envelope, fetched: Fetched, marks: string, isNew: boolean) {
  const first = fetched.header('x-taxii-date-added-first')
  if (sweep.after !== null && sweep.next === null && first !== null && isSame(first, sweep.after)) collection.isInclusive = true
  const last = later(sweep.last, fetched.header('x-taxii-date-added-last'))
  const hasMoved = last !== null && last !== sweep.last
  sweep.last = last
  sweep.pages += 1
  sweep.idle = isNew ? 0 : sweep.idle + 1
  if (marks !== '') sweep.page = marks
  if (!page.more) return finish(collection, sweep)
  if (sweep.pages >= MOST_PAGES)
    return finish(collection, sweep, 'watch.taxii.long', `After ${MOST_PAGES} pages of "${collection.title}" it was left there, to go on next time.`)
  if (sweep.idle >= MOST_IDLE_PAGES)
    return finish(collection, sweep, 'watch.taxii.loop', `The server gives the same page of "${collection.title}" over and over. It was left there.`)
  if (page.next !== null) {
    const token = digest(page.next)
    if (sweep.tokens.includes(token))
      return finish(collection, sweep, 'watch.taxii.loop', `The pages of "${collection.title}" lead round in circles. The server was left there.`)
    sweep.next = page.next
    sweep.tokens += ` ${token}`
    return null
  }
  if (last === null)
    return finish(collection, sweep, 'watch.taxii.no-way-on', `The server says that "${collection.title}" has more, and not how to ask for it.`)
  sweep.next = null
  if (hasMoved) {
    // What was added at the moment at which the page ends may stand on both sides of its edge.
    sweep.after = shifted(last, -1n)
    return null
  }
  sweep.after = sweep.after !== null && !isBefore(sweep.after, last) ? shifted(sweep.after, 1n) : last
  return remarkOf(
    'watch.taxii.ties',
    `More objects of "${collection.title}" were added at one moment than the server gives on a page, so some may be missing. Ask its owner for larger pages.`,
  )
}

function finish(collection: CollectionState, sweep: Sweep, rule = '', message = '') {
  collection.sweep = null
  const recent = addHours(new Date(sweep.begunAt), -OVERLAP_HOURS).toISOString().replace('Z', '000Z')
  if (sweep.last !== null) collection.after = isBefore(sweep.last, recent) || sweep.pages >= MOST_PAGES ? sweep.last : earlierBy(sweep.last)
  else if (collection.after === null || isBefore(collection.after, recent)) collection.after = sweep.page === '' ? collection.after : recent
  return rule === '' ? null : remarkOf(rule, message)
}

function earlierBy(time: string): string {
  return shifted(time, BigInt(-OVERLAP_HOURS * 3_600_000_000))
}

function shifted(time: string, micros: bigint): string {
  const at = taxiiMicros(time)
  return at === undefined ? time : taxiiTime(at + micros)
}

function isSame(a: string, b: string): boolean {
  return taxiiMicros(a) === taxiiMicros(b)
}

function isBefore(a: string, b: string): boolean {
  return (taxiiMicros(a) ?? 0n) < (taxiiMicros(b) ?? 0n)
}

/** The later of the two that can be read. */
function later(known: string | null, other: string | null): string | null {
  if (other === null || taxiiMicros(other) === undefined) return known
  return known === null || isBefore(known, other) ? other : known
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, MARK_LENGTH)
}

/** One for each object in one version. */
function marksOf(objects: readonly unknown[]): readonly string[] {
  return objects.map(object => {
    const modified = lineAt(object, 'modified')
    return digest(modified === undefined ? JSON.stringify(object) : `${lineAt(object, 'id') ?? ''} ${modified}`)
  })
}

const KEPT: ReadonlySet<string> = new Set(['marking-definition', 'identity'])
const MOST_KNOWN = 500
const LARGEST_KNOWN = 4_000

/** Keeps what objects on later pages refer to, so that a marking that came before counts. */
function remember({ state }: Run, objects: readonly unknown[]): void {
  for (const object of objects) {
    const [id, type] = [lineAt(object, 'id'), lineAt(object, 'type')]
    if (id === undefined || !KEPT.has(type ?? '') || JSON.stringify(object).length > LARGEST_KNOWN) continue
    state.known.delete(id)
    // It has an id, so it is an object.
    state.known.set(id, object as JsonRecord)
  }
  const spare = [...state.known].filter(([, object]) => lineAt(object, 'type') === 'identity')
  for (const [id] of spare.slice(0, Math.max(0, state.known.size - MOST_KNOWN))) state.known.delete(id)
}
