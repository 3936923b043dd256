import { readChanges, readIndex, type ListedPath } from '../../../../../codecs/csaf-provider/directory.ts'
import { readRolieFeed } from '../../../../../codecs/csaf-provider/feed.ts'
import type { ListedDocument } from '../../../../../codecs/csaf-provider/listed.ts'
import type { ListedPlace } from '../../../../../codecs/csaf-provider/metadata.ts'
import { decodeText } from '../../../../../kernel/encoding.ts'
import { Invalid } from '../../../../../kernel/errors.ts'
import { parseJson } from '../../../../../kernel/json.ts'
import type { Problem, Result } from '../../../../../kernel/problem.ts'
import type { Fetched, Validators } from '../../../../../platform/fetch/fetch.ts'
import { ask, isMissing, remarkOf, type Run } from './run.ts'

/** A feed or a folder, where documents are listed. */
export interface Place extends ListedPlace {
  readonly kind: 'feed' | 'directory'
}

export interface FetchedList {
  readonly documents: readonly ListedDocument[]
  /** What the folder says it has taken back. */
  readonly gone: readonly ListedPath[]
  readonly validators: Validators
  readonly remarks: readonly Problem[]
}

/**
 * Fetches the list of a place, or `null` when it is the one of the validators. Throws as `Outbound.get`, and `Invalid` for a list that
 * cannot be read.
 */
export async function fetchList(run: Run, place: Place, validators: Validators): Promise<FetchedList | null> {
  return place.kind === 'feed' ? fetchFeed(run, place, validators) : fetchDirectory(run, place, validators)
}

async function fetchFeed(run: Run, place: Place, validators: Validators): Promise<FetchedList | null> {
  const fetched = await ask(run, place.url, { validators })
  if (fetched.isUnchanged) return null
  const json = parseJson(textOf(fetched))
  const read: Result<readonly ListedDocument[]> = json.ok ? readRolieFeed(json.value, fetched.address) : json
  return { documents: valueOf(read), gone: [], validators: fetched.validators, remarks: read.problems }
}

async function fetchDirectory(run: Run, place: Place, validators: Validators): Promise<FetchedList | null> {
  try {
    const changes = await ask(run, `${place.url}changes.csv`, { validators })
    if (changes.isUnchanged) return null
    const read = readChanges(textOf(changes), place.url)
    return { documents: rowsOf(read).map(beside), gone: await fetchDeletions(run, place), validators: changes.validators, remarks: read.problems }
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  const index = await ask(run, `${place.url}index.txt`, { validators })
  // Without dates, each document must be asked for again from time to time, also while the list stays the same.
  if (index.isUnchanged) return null
  const read = readIndex(textOf(index), place.url)
  const message = 'The folder has no changes.csv, so a document that changes is seen within a week, and not within the hour.'
  const remarks = [remarkOf('watch.csaf.no-changes', message), ...read.problems]
  return { documents: rowsOf(read).map(beside), gone: [], validators: { etag: null, lastModified: null }, remarks }
}

/** Red Hat lists what it has taken back in a file of its own. */
async function fetchDeletions(run: Run, place: Place): Promise<readonly ListedPath[]> {
  try {
    return valueOf(readChanges(textOf(await ask(run, `${place.url}deletions.csv`)), place.url))
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** Where CSAF 2.0 §7.1.18 and §7.1.19 put the proofs of a document in a folder. */
function beside({ address, updated }: ListedPath): ListedDocument {
  return { address, updated, hashes: [`${address}.sha512`, `${address}.sha256`], signature: `${address}.asc` }
}

/** A list of which no row can be used is another file: a page that says "not found", say. */
function rowsOf(read: Result<readonly ListedPath[]>): readonly ListedPath[] {
  const rows = valueOf(read)
  if (rows.length === 0 && read.problems.length > 0) throw unreadable(read.problems)
  return rows
}

function textOf(fetched: Fetched): string {
  return valueOf(decodeText(fetched.bytes))
}

function valueOf<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw unreadable(result.problems)
}

function unreadable(problems: readonly Problem[]): Invalid {
  return new Invalid('watch.csaf.list', `The list of advisories cannot be read. ${problems[0]?.message ?? ''}`)
}
