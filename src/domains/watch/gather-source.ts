import { CareCertError, Invalid, NotFound } from '../../kernel/errors.ts'
import type { Json } from '../../kernel/json.ts'
import { Unsuccessful } from '../../platform/fetch/fetch.ts'
import type { Platform } from '../../platform/platform.ts'
import { assertMay, type Actor } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import { takeDocument, type GatherResult } from './gather.ts'
import { recordFailure, recordNothingNew, withdrawFrom } from './gathering/commands.ts'
import { addCounts, gatherSource, NO_COUNTS, type GatherCounts } from './gathering/model.ts'
import { keepCursor, keepFailure, keepSuccess } from './sources/commands.ts'
import { createOutbound, type Loaded } from './sources/loader.ts'
import { loaderOf } from './sources/loaders.ts'
import { lockGathering, sourceToGather, type SourceToGather } from './sources/queries.ts'
import type { Visible } from './tables.ts'
import { understand } from './threats/commands.ts'

/**
 * Gathers a source by its loader: each document is taken in by a unit of work of its own, together with the cursor after it, so that a
 * crash anywhere loses nothing and doubles nothing. What the source as a whole failed with is recorded with it, and it is asked again later.
 */

type GatherPlatform = Pick<Platform, 'database' | 'clock' | 'jobs' | 'fetch' | 'secrets'>

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
  const out = createOutbound(platform.fetch, { url, hosts: hostsOf(source), credentials: platform.secrets.sourceCredentials[code] ?? {} })
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
    if (tally.documents === 0) await recordNothingNew(work, source.id, url)
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
      const result = await takeDocument(platform, actor, source, loaded, work => keepCursor(work, source.id, cursor))
      tally.documents += 1
      tally.counts = addCounts(tally.counts, result)
      tally.label = result.label ?? tally.label
      if (result.failure !== null) tally.failures.push(result.failure)
      tally.remarks.push(...result.remarks)
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
