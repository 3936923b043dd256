import { CareCertError, Invalid, NotFound } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/json.ts'
import type { Config } from '../../platform/config/config.ts'
import { Unsuccessful } from '../../platform/fetch/fetch.ts'
import type { Platform } from '../../platform/platform.ts'
import { assertMay, type Actor } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import { recordFailure, recordLook, withdrawFrom } from './gathering/commands.ts'
import { addCounts, gatherSource, NO_COUNTS, sha256, type GatherCounts } from './gathering/model.ts'
import { wasRead } from './gathering/queries.ts'
import { keepCursor, keepFailure, keepSuccess } from './sources/commands.ts'
import { createOutbound, type Loaded } from './sources/loader.ts'
import { loaderOf } from './sources/loaders.ts'
import { FOLDER } from './sources/model.ts'
import { lockGathering, sourceToGather, type SourceToGather } from './sources/queries.ts'
import type { Visible } from './tables.ts'
import type { GatherResult } from './take-document.ts'
import { takeBytes, takeFile } from './take-file.ts'
import { partsOf } from './take-message.ts'
import { understand } from './threats/commands.ts'

/**
 * Gathers a source by its loader: each document is taken in by a unit of work of its own, together with the cursor after it, so that a
 * crash anywhere loses nothing and doubles nothing. What the source as a whole failed with is recorded with it, and it is asked again later.
 */

type GatherPlatform = Pick<Platform, 'database' | 'clock' | 'jobs' | 'fetch' | 'secrets'> & { readonly config: Pick<Config, 'gatherFolder'> }

/** A large source is taken in parts of so long: the next part comes at once, by a job of its own, and lets others have their turn. */
const LONGEST_RUN_MILLIS = 4 * 60_000

interface Tally {
  counts: GatherCounts
  label: string | null
  documents: number
  failures: string[]
  remarks: string[]
}

/** Throws `NotFound` for a source that does not exist, `Invalid` for one that has no address. */
export async function gatherFromSource(platform: GatherPlatform, actor: Actor, code: string): Promise<GatherResult> {
  assertMay(actor, 'watch.source.gather')
  const source = await readAs(platform, actor, (db: Reader<Visible>) => sourceToGather(db, code))
  if (source === undefined) throw new NotFound('watch.source.unknown', `There is no source ${code}. "carecert sources list" names them.`)
  const { url } = source
  const loader = loaderOf(source.format)
  if (url === null || loader === undefined)
    throw new Invalid('watch.source.no-address', `The source ${code} has no address. Gather a file of it with "carecert gather FILE".`)
  const tally: Tally = { counts: NO_COUNTS, label: null, documents: 0, failures: [], remarks: [] }
  const started = platform.clock.now()
  const out = createOutbound(platform.fetch, {
    url,
    hosts: hostsOf(source),
    credentials: platform.secrets.sourceCredentials[code] ?? {},
    openedFolder: platform.config.gatherFolder,
  })
  let isPart = false
  try {
    const run = loader.load({ url, cursor: source.cursor, settings: source.settings, now: started }, out)
    for await (const loaded of run) {
      await take(platform, actor, source, loaded, tally)
      isPart = platform.clock.now().getTime() - started.getTime() > LONGEST_RUN_MILLIS
      if (isPart) break
    }
  } catch (error) {
    if (!(error instanceof CareCertError)) throw error
    await runWork(platform, actor, async (work: Work<Visible>) => {
      await recordFailure(work, source.id, { address: url }, error.message, null)
      await keepFailure(work, source, error instanceof Unsuccessful ? error.retryAfterSeconds : null)
    })
    return resultOf(source, url, tally, error.message)
  }
  await runWork(platform, actor, async (work: Work<Visible>) => {
    // What came out of a folder is recorded with the sources that it is of.
    if (source.format === FOLDER)
      await recordLook(work, source.id, url, `${tally.documents} new ${tally.documents === 1 ? 'file' : 'files'}`, tally.counts)
    else if (tally.documents === 0) await recordLook(work, source.id, url)
    await keepSuccess(work, source, tally.remarks, isPart)
    if (isPart) work.enqueue(gatherSource, { source: code }, { onceKey: code })
  })
  return resultOf(source, url, tally, tally.documents > 0 && tally.failures.length === tally.documents ? (tally.failures[0] ?? null) : null)
}

function hostsOf({ settings }: SourceToGather): readonly string[] {
  const { hosts } = settings
  return Array.isArray(hosts) ? hosts.filter(host => typeof host === 'string') : []
}

function resultOf(source: SourceToGather, address: string, tally: Tally, failure: string | null): GatherResult {
  return { ...tally.counts, source: source.code, address, label: tally.label, failure, remarks: [...new Set([...tally.failures, ...tally.remarks])] }
}

async function take(platform: GatherPlatform, actor: Actor, source: SourceToGather, loaded: Loaded, tally: Tally): Promise<void> {
  const cursor = loaded.cursor()
  switch (loaded.kind) {
    case 'document': {
      const isFolder = source.format === FOLDER
      const { file = null } = loaded
      const hash = file?.hash ?? sha256(loaded.bytes)
      if (isFolder && (await readAs(platform, actor, (db: Reader<Visible>) => wasRead(db, hash)))) {
        await file?.discard()
        return
      }
      const [from, keep] = [isFolder ? undefined : source, (work: Work<Visible>) => keepCursor(work, source.id, cursor)]
      const limits = { largest: platform.fetch.largestFileBytes }
      const result =
        file === null
          ? await takeBytes(platform, actor, from, loaded, keep, limits)
          : await takeFile(platform, actor, from, { ...loaded, file }, keep, limits)
      for (const one of [...partsOf(result), result]) {
        tally.documents += 1
        tally.counts = addCounts(tally.counts, one)
        tally.label = one.label ?? tally.label
        // A file that cannot be read lies in quarantine; the folder that it came from does what it should.
        if (one.failure !== null && isFolder) tally.remarks.push(`${one.address}: ${one.failure}`)
        else if (one.failure !== null) tally.failures.push(one.failure)
        tally.remarks.push(...one.remarks)
      }
      return
    }
    case 'failed': {
      tally.documents += 1
      tally.failures.push(loaded.error.message)
      const excerpt = loaded.bytes === null ? null : loaded.bytes.subarray(0, 500).toString()
      await runWork(platform, actor, async (work: Work<Visible>) => {
        await recordFailure(work, source.id, { address: loaded.address }, loaded.error.message, excerpt)
        await keepCursor(work, source.id, cursor)
      })
      return
    }
    case 'gone':
      await runWork(platform, actor, async (work: Work<Visible>) => {
        await lockGathering(work.db)
        const { counts, touched } = await withdrawFrom(work, source.id, loaded.address)
        await understand(work, touched)
        await keepCursor(work, source.id, cursor)
        tally.counts = addCounts(tally.counts, counts)
        tally.documents += 1
      })
      return
    case 'remark':
      tally.remarks.push(loaded.remark.message)
      return
    case 'checked':
      await keepCheck(platform, actor, source, cursor)
  }
}

async function keepCheck(platform: GatherPlatform, actor: Actor, source: SourceToGather, cursor: Json): Promise<void> {
  if (JSON.stringify(cursor) === JSON.stringify(source.cursor)) return
  await runWork(platform, actor, (work: Work<Visible>) => keepCursor(work, source.id, cursor))
}
