import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { MIGRATIONS } from '../../migrations/index.ts'
import { readEpss } from '../../src/codecs/epss/scores.ts'
import { gather } from '../../src/domains/watch/gather.ts'
import { partsOf } from '../../src/domains/watch/gathering/parts/parts.ts'
import { surveyList } from '../../src/domains/watch/gathering/parts/survey.ts'
import { listAt } from '../../src/kernel/json.ts'
import { systemClock } from '../../src/platform/clock/clock.ts'
import { openDatabase } from '../../src/platform/db/database.ts'
import { migrate } from '../../src/platform/db/migrate.ts'
import { createFetcher } from '../../src/platform/fetch/fetch.ts'
import { piecesOfFile } from '../../src/platform/fetch/spool.ts'
import { SYSTEM } from '../../src/platform/work/actor.ts'

/**
 * Reads one large feed and prints what memory that took, as JSON: `node memory.ts NAME MEGABYTES [FILE SMALL-FILE [DATABASE]]`. In a process of its own,
 * since the most that a process ever held never goes down again.
 */

export type ReadingName = 'epss-stream' | 'epss-stream-packed' | 'epss-held' | 'list-parts' | 'list-parsed' | 'list-gathered'

export interface ReadingReport {
  /** Rows or objects read. */
  readonly units: number
  readonly seconds: number
  /** Megabytes of resident memory before the first byte, after a small feed of the same kind was read. */
  readonly baseline: number
  /** The most megabytes that were ever resident. */
  readonly peak: number
}

const WARM_UP_MEGABYTES = 2

const [, , name = '', size = '', file = '', smallFile = '', databaseUrl = ''] = process.argv
const database = databaseUrl === '' ? null : await openDatabase({ url: databaseUrl, dataFolder: '' })
if (database !== null) await migrate(database.kysely, MIGRATIONS)

/** By size, and by the file that holds it where there is one. */
const READINGS: Readonly<Record<ReadingName, (megabytes: number, path: string) => Promise<number>>> = {
  'epss-stream': megabytes => countRows(scorePieces(megabytes)),
  'epss-stream-packed': megabytes => countRows(Readable.from(scorePieces(megabytes)).pipe(createGzip({ level: 1 }))),
  'epss-held': async megabytes => {
    const pieces: Buffer[] = []
    for await (const piece of scorePieces(megabytes)) pieces.push(piece)
    const whole = Buffer.concat(pieces)
    return countRows(Readable.from([whole]))
  },
  'list-parts': async (_megabytes, path) => {
    const survey = await surveyList(piecesOfFile(path))
    if (survey === undefined) throw new Error('There is no list.')
    let count = 0
    for await (const { read } of partsOf(path, survey, [])) {
      if (!read.ok) throw new Error(read.problems[0]?.message)
      count += read.value.items.length
    }
    return count
  },
  'list-parsed': async (_megabytes, path) => {
    const json: unknown = JSON.parse(await readFile(path, 'utf8'))
    return listAt(json, 'objects').length + listAt(json, 'vulnerabilities').length
  },
  'list-gathered': async (_megabytes, path) => {
    if (database === null) throw new Error('This needs a database.')
    const platform = { database, clock: systemClock, jobs: { store: async () => {} } as never, fetch: createFetcher() }
    const { added, unchanged, failure } = await gather(platform, SYSTEM, { address: path })
    if (failure !== null) throw new Error(failure)
    return added + unchanged
  },
}

const reading = READINGS[name as ReadingName]
await reading(WARM_UP_MEGABYTES, smallFile)
const baseline = process.memoryUsage().rss / 1e6
const start = performance.now()
const units = await reading(Number(size), file)
const seconds = (performance.now() - start) / 1_000
await database?.close()
const report: ReadingReport = { units, seconds, baseline, peak: process.resourceUsage().maxRSS / 1_000 }
process.stdout.write(JSON.stringify(report))

async function countRows(pieces: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await readEpss(pieces)
  if (!file.ok) throw new Error(file.problems[0]?.message)
  let count = 0
  for await (const rows of file.value.rows) count += rows.length
  return count
}

/** An invented file of scores, in pieces as a network would give them. */
async function* scorePieces(size: number): AsyncGenerator<Buffer> {
  yield Buffer.from('#model_version:v2025.03.14,score_date:2025-03-20T00:00:00+0000\ncve,epss,percentile\n')
  let number = 0
  for (let given = 0; given < size * 1e6;) {
    const piece = Buffer.from(
      Array.from({ length: 2_000 }, () => {
        number += 1
        return `CVE-${1900 + (number % 100)}-${10_000 + Math.floor(number / 100)},0.${10_000 + (number % 89_999)},0.${10_000 + ((number * 7) % 89_999)}\n`
      }).join(''),
    )
    given += piece.length
    yield piece
  }
}
