import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bench } from './support/bench.ts'
import { writeList, type ListKind } from './support/large-lists.ts'
import type { ReadingName, ReadingReport } from './support/memory.ts'
import { note, printHeading, printTable, round } from './support/report.ts'
import { startServer, type BenchServer } from './support/server.ts'
import { summarise } from './support/stats.ts'

const READER = fileURLToPath(new URL('./support/memory.ts', import.meta.url))
const run = promisify(execFile)

interface Reading {
  readonly name: ReadingName
  readonly what: string
  /** How much of the whole is read. */
  readonly share: number
  readonly list?: ListKind
}

const READINGS: readonly Reading[] = [
  { name: 'epss-stream', what: 'EPSS scores, as they stream in: half of the feed', share: 0.5 },
  { name: 'epss-stream', what: 'EPSS scores, as they stream in', share: 1 },
  { name: 'epss-stream-packed', what: 'EPSS scores, packed with gzip, as they stream in', share: 1 },
  { name: 'epss-held', what: 'the same scores held whole, then read (the peer)', share: 1 },
  { name: 'list-parts', what: 'a STIX bundle, part by part: half of it', share: 0.5, list: 'stix' },
  { name: 'list-parts', what: 'a STIX bundle, part by part', share: 1, list: 'stix' },
  { name: 'list-gathered', what: 'the same bundle, gathered into PostgreSQL', share: 1, list: 'stix' },
  { name: 'list-parsed', what: 'the same bundle held whole, by JSON.parse alone (the peer)', share: 1, list: 'stix' },
  { name: 'list-parts', what: 'a list of the NVD, part by part: half of it', share: 0.5, list: 'nvd' },
  { name: 'list-parts', what: 'a list of the NVD, part by part', share: 1, list: 'nvd' },
  { name: 'list-gathered', what: 'the same list, gathered into PostgreSQL', share: 1, list: 'nvd' },
  { name: 'list-parsed', what: 'the same list held whole, by JSON.parse alone (the peer)', share: 1, list: 'nvd' },
]

/**
 * Memory while a large feed is read, each in a process of its own: the most that it ever held, less what it held before the first byte. The peers hold the
 * same bytes whole. What is gathered goes all the way: temporary file, kept bytes, items, threats, audit.
 */
export const stream: Bench = {
  about: 'peak memory while a 200 MB feed streams through, beside the same feed held whole',
  async run({ rounds, small, command }) {
    const megabytes = small ? 20 : 200
    const folder = await mkdtemp(join(tmpdir(), 'carecert-bench-'))
    const server = await startServer()
    try {
      printHeading(`Memory while a feed of ${megabytes} MB is read`, command)
      const rows: string[][] = []
      for (const reading of READINGS) {
        const reports: ReadingReport[] = []
        for (let turn = 0; turn < (rounds ?? 1); turn += 1) reports.push(await read(reading, megabytes * reading.share, folder, server))
        rows.push(rowOf(reading, megabytes * reading.share, reports))
      }
      printTable(
        ['what is read', 'MB', 'rows or objects', 'MB before', 'MB above that at the peak', 'of the size', 'rows or objects a second', 'MB a second'],
        rows,
      )
    } finally {
      await server.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

async function read({ name, list }: Reading, megabytes: number, folder: string, server: BenchServer): Promise<ReadingReport> {
  const files: string[] = []
  if (list !== undefined) {
    for (const size of [megabytes, 10]) {
      const path = join(folder, `${list}-${size}.json`)
      await writeList(list, path, size)
      files.push(path)
    }
  }
  const database = name === 'list-gathered' ? [await server.createDatabase()] : []
  const { stdout } = await run(process.execPath, [READER, name, String(megabytes), ...files, ...database], { maxBuffer: 1_000_000 })
  note(`${name} ${list ?? ''}: ${stdout.trim()}`)
  return JSON.parse(stdout) as ReadingReport
}

function rowOf({ what }: Reading, megabytes: number, reports: readonly ReadingReport[]): string[] {
  const middle = (of: (report: ReadingReport) => number) => summarise(reports.map(of)).median
  const above = middle(report => report.peak - report.baseline)
  return [
    what,
    String(megabytes),
    Math.round(middle(report => report.units)).toLocaleString('en-GB'),
    round(middle(report => report.baseline)),
    round(above),
    `${round(above / megabytes)} ×`,
    Math.round(middle(report => report.units / report.seconds)).toLocaleString('en-GB'),
    round(middle(report => megabytes / report.seconds)),
  ]
}
