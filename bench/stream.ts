import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Bench } from './support/bench.ts'
import type { ReadingName, ReadingReport } from './support/memory.ts'
import { note, printHeading, printTable, round } from './support/report.ts'
import { summarise } from './support/stats.ts'

const READER = fileURLToPath(new URL('./support/memory.ts', import.meta.url))
const run = promisify(execFile)

/** What is read, and how much of the whole. */
const READINGS: readonly { readonly name: ReadingName; readonly what: string; readonly share: number }[] = [
  { name: 'epss-stream', what: 'EPSS scores, as they stream in: half of the feed', share: 0.5 },
  { name: 'epss-stream', what: 'EPSS scores, as they stream in', share: 1 },
  { name: 'epss-stream-packed', what: 'EPSS scores, packed with gzip, as they stream in', share: 1 },
  { name: 'epss-held', what: 'the same scores held whole, then read (the peer)', share: 1 },
  { name: 'stix-held', what: 'a STIX bundle, held whole as every format but EPSS is', share: 0.3 },
]

/**
 * Memory while a large feed is read, each in a process of its own: the most that it ever held, less what it held before the first byte. EPSS
 * is the format that streams. Every other is held whole, and so no document of more than 64 MB is fetched; the last row is one of nearly that size.
 */
export const stream: Bench = {
  about: 'peak memory while a 200 MB feed streams through, beside the same feed held whole',
  async run({ rounds, small, command }) {
    const megabytes = small ? 20 : 200
    printHeading(`Memory while a feed of ${megabytes} MB is read`, command)
    const rows: string[][] = []
    for (const { name, what, share } of READINGS) {
      const size = megabytes * share
      const reports: ReadingReport[] = []
      for (let turn = 0; turn < (rounds ?? 1); turn += 1) {
        const { stdout } = await run(process.execPath, [READER, name, String(size)], { maxBuffer: 1_000_000 })
        reports.push(JSON.parse(stdout) as ReadingReport)
        note(`${name}: ${stdout.trim()}`)
      }
      const middle = (of: (report: ReadingReport) => number) => summarise(reports.map(of)).median
      rows.push([
        what,
        String(size),
        Math.round(middle(report => report.units)).toLocaleString('en-GB'),
        round(middle(report => report.baseline)),
        round(middle(report => report.peak - report.baseline)),
        round(middle(report => size / report.seconds)),
      ])
    }
    printTable(['what is read', 'MB', 'rows or objects', 'MB before', 'MB above that at the peak', 'MB a second'], rows)
  },
}
