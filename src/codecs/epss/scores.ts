import { CareCertError, Invalid } from '../../kernel/errors.ts'
import { parseCveId } from '../../kernel/identifiers.ts'
import { parseLocalDate, type LocalDate } from '../../kernel/instant.ts'
import type { RejectedItem } from '../../kernel/intelligence.ts'
import { fail, succeed, type Result } from '../../kernel/problem.ts'
import { cleanLine, shorten } from '../../kernel/text.ts'
import { linesOf } from './lines.ts'

/**
 * The daily scores of FIRST's Exploit Prediction Scoring System (https://www.first.org/epss/data_stats), as CSV, packed with gzip or not.
 * Three shapes are in use: `cve,epss` (April 2021), with `percentile` (September 2021), and under a first line
 * `#model_version:v2022.01.01,score_date:2022-02-04T00:00:00+0000` (since February 2022).
 */

export interface EpssFile {
  /** `null` in files from before February 2022. */
  readonly modelVersion: string | null
  /** The day that the scores are of. `null` in files from before February 2022, which say it in their name only. */
  readonly scoreDate: LocalDate | null
  /**
   * The scores, some thousand at a time as they are read: the file is never in memory whole, and this can be walked once. Throws `Invalid`
   * when the file turns out to be damaged or cut off (`epss.damaged`), not of lines (`epss.line`) or far too long (`epss.too-many`), so take
   * all of it in one unit of work.
   */
  readonly rows: AsyncIterable<readonly EpssScore[]>
  /** What could not be read of the rows that were walked so far. */
  readonly rejections: () => EpssRejections
}

export interface EpssScore {
  readonly cve: string
  /** The probability of being exploited in the next 30 days, in millionths: 946,290 for 0.94629. */
  readonly scoreMillionths: number
  /** The share of all CVEs with the same score or a lower one, in millionths. `null` where the file does not say. */
  readonly percentileMillionths: number | null
}

export interface EpssRejections {
  readonly count: number
  /** The first of them. */
  readonly rejected: readonly RejectedItem[]
}

/** Far more than there are CVEs; less than what a hostile source could go on giving. */
const MOST_ROWS = 10_000_000
const MOST_REJECTED = 100

/**
 * Reads such a file as it comes, up to its header. Fails with `epss.empty`, `epss.header` (the columns are others), `epss.date` (the first
 * line says no date), or the rules of `rows`. What `pieces` throws is passed on.
 */
export async function readEpss(pieces: AsyncIterable<Uint8Array>): Promise<Result<EpssFile>> {
  const lines = linesOf(pieces)
  try {
    const start = await readStart(lines)
    if (!start.ok) await lines.return()
    return start
  } catch (error) {
    if (!(error instanceof CareCertError)) throw error
    return refuse(error.code, error.message)
  }
}

async function readStart(lines: Lines): Promise<Result<EpssFile>> {
  const start: string[] = []
  const nextLine = async () => {
    if (start.length === 0) start.push(...((await lines.next()).value ?? []))
    return start.shift() ?? ''
  }
  const first = (await nextLine()).replace(/^\uFEFF/, '')
  if (first === '') return refuse('epss.empty', 'The file is empty.')
  const hasFacts = first.startsWith('#')
  const facts = hasFacts ? factsOf(first) : new Map<string, string>()
  const scoreDate = parseLocalDate(facts.get('score_date')?.slice(0, 10) ?? '') ?? null
  if (hasFacts && scoreDate === null)
    return refuse('epss.date', `The first line of the file says no date of its scores ("score_date"): "${shorten(cleanLine(first), 80)}".`, 'line 1')
  const header = hasFacts ? await nextLine() : first
  const columns = columnsOf(header)
  if (columns === undefined) {
    const message = `This is no file of EPSS scores: its columns should be cve, epss and percentile, and are "${shorten(cleanLine(header), 80)}".`
    return refuse('epss.header', message, hasFacts ? 'line 2' : 'line 1')
  }
  const rejected: RejectedItem[] = []
  const tally = { count: 0 }
  const reject = (item: RejectedItem) => {
    tally.count += 1
    if (rejected.length < MOST_REJECTED) rejected.push(item)
  }
  return succeed({
    modelVersion: facts.get('model_version') ?? null,
    scoreDate,
    rows: rowsOf(start, lines, columns, hasFacts ? 3 : 2, reject),
    rejections: () => ({ count: tally.count, rejected: [...rejected] }),
  })
}

type Lines = AsyncGenerator<readonly string[], void, undefined>

/** `#model_version:v2022.01.01,score_date:2022-02-04T00:00:00+0000` */
function factsOf(line: string): ReadonlyMap<string, string> {
  const pairs = line.slice(1).split(',')
  return new Map(
    pairs.map(pair => {
      const [name = '', ...value] = pair.split(':')
      return [name.trim(), cleanLine(value.join(':'))]
    }),
  )
}

interface Columns {
  readonly count: number
  readonly cve: number
  readonly epss: number
  readonly percentile: number
}

/** Other columns would be another file, with numbers that only look alike. */
function columnsOf(header: string): Columns | undefined {
  const names = header.split(',').map(name => name.trim().toLowerCase())
  const isKnown = names.every(name => ['cve', 'epss', 'percentile'].includes(name)) && new Set(names).size === names.length
  const columns = { count: names.length, cve: names.indexOf('cve'), epss: names.indexOf('epss'), percentile: names.indexOf('percentile') }
  return isKnown && columns.cve >= 0 && columns.epss >= 0 ? columns : undefined
}

async function* rowsOf(
  start: readonly string[],
  lines: Lines,
  columns: Columns,
  firstLine: number,
  reject: (item: RejectedItem) => void,
): AsyncGenerator<readonly EpssScore[]> {
  let number = firstLine
  const read = (some: readonly string[]) =>
    some.flatMap(line => {
      const position = `line ${number++}`
      const row = line === '' ? '' : readRow(line, columns)
      if (typeof row === 'object') return [row]
      if (row !== '') reject({ position, externalId: null, reason: row, excerpt: cleanLine(line) })
      return []
    })
  try {
    yield read(start)
    for await (const some of lines) {
      if (number > MOST_ROWS) throw new Invalid('epss.too-many', TOO_MANY)
      yield read(some)
    }
  } finally {
    await lines.return()
  }
}

const TOO_MANY = `The file has more than ${MOST_ROWS.toLocaleString('en-GB')} rows, which no file of EPSS scores has. It was not read further.`

function readRow(line: string, columns: Columns): EpssScore | string {
  const cells = line.split(',')
  if (cells.length !== columns.count) return `This row has ${cells.length} columns, and the header has ${columns.count}.`
  const cve = parseCveId(cells[columns.cve] ?? '')
  if (cve === undefined) return `"${cells[columns.cve] ?? ''}" is not a CVE, such as CVE-2024-12345.`
  const scoreMillionths = millionthsOf(cells[columns.epss] ?? '')
  const percentileMillionths = columns.percentile < 0 ? null : millionthsOf(cells[columns.percentile] ?? '')
  if (scoreMillionths === undefined || percentileMillionths === undefined)
    return `${cve} has a score or a percentile that is not a number from 0 to 1.`
  return { cve, scoreMillionths, percentileMillionths }
}

/** Reads `0.00383`, `1`, and `4.3e-05` as some files write it. */
function millionthsOf(text: string): number | undefined {
  if (!/^\s*\d(\.\d+)?(e-\d{1,2})?\s*$/i.test(text)) return undefined
  const value = Number(text)
  return value <= 1 ? Math.round(value * 1_000_000) : undefined
}

function refuse(rule: string, message: string, pointer = ''): Result<never> {
  return fail({ rule, pointer, severity: 'error', message })
}
