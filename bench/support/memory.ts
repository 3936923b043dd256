import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'
import { readEpss } from '../../src/codecs/epss/scores.ts'
import { recognise } from '../../src/domains/watch/gathering/recognise.ts'

/**
 * Reads one large feed and prints what memory that took, as JSON: `node memory.ts NAME MEGABYTES`. In a process of its own, since the most that
 * a process ever held never goes down again.
 */

export type ReadingName = 'epss-stream' | 'epss-stream-packed' | 'epss-held' | 'stix-held'

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

const READINGS: Readonly<Record<ReadingName, (megabytes: number) => Promise<number>>> = {
  'epss-stream': megabytes => countRows(scorePieces(megabytes)),
  'epss-stream-packed': megabytes => countRows(Readable.from(scorePieces(megabytes)).pipe(createGzip({ level: 1 }))),
  'epss-held': async megabytes => {
    const pieces: Buffer[] = []
    for await (const piece of scorePieces(megabytes)) pieces.push(piece)
    const whole = Buffer.concat(pieces)
    return countRows(Readable.from([whole]))
  },
  'stix-held': async megabytes => {
    const read = recognise(bundleOf(megabytes))
    if (!read.ok) throw new Error(read.problems[0]?.message)
    return read.value.items.length
  },
}

const name = process.argv[2] as ReadingName
const megabytes = Number(process.argv[3])
await READINGS[name](WARM_UP_MEGABYTES)
const baseline = process.memoryUsage().rss / 1e6
const start = performance.now()
const units = await READINGS[name](megabytes)
const seconds = (performance.now() - start) / 1_000
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

/** An invented bundle of indicators. */
function bundleOf(size: number): Buffer {
  const objects: string[] = []
  const at = '2025-01-01T00:00:00.000Z'
  for (let given = 0, number = 1; given < size * 1e6; number += 1) {
    const object = JSON.stringify({
      type: 'indicator',
      spec_version: '2.1',
      id: `indicator--00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
      created: at,
      modified: at,
      valid_from: at,
      name: `Invented address ${number}`,
      pattern: `[domain-name:value = 'n${number}.invented.example']`,
      pattern_type: 'stix',
    })
    given += object.length + 1
    objects.push(object)
  }
  return Buffer.from(`{"type":"bundle","id":"bundle--00000000-0000-4000-8000-000000000000","objects":[${objects.join(',')}]}`)
}
