import assert from 'node:assert/strict'
import { createReadStream, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { readEpss, type EpssFile, type EpssScore } from './scores.ts'

async function* piecesOf(data: string | Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(data)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function open(pieces: AsyncIterable<Uint8Array>): Promise<EpssFile> {
  const file = await readEpss(pieces)
  assert.ok(file.ok, JSON.stringify(file.problems))
  return file.value
}

async function rowsOf(file: EpssFile): Promise<readonly EpssScore[]> {
  const rows: EpssScore[] = []
  for await (const some of file.rows) rows.push(...some)
  return rows
}

async function ruleOf(data: string | Uint8Array): Promise<string | undefined> {
  return (await readEpss(piecesOf(data))).problems[0]?.rule
}

const FACTS = '#model_version:v2023.03.01,score_date:2025-02-20T00:00:00+0000\n'
const FILE = `${FACTS}cve,epss,percentile\nCVE-1999-0001,0.00383,0.73075\nCVE-2024-12345,0.946290000,1.00000\n`
const ROWS = [
  { cve: 'CVE-1999-0001', scoreMillionths: 3_830, percentileMillionths: 730_750 },
  { cve: 'CVE-2024-12345', scoreMillionths: 946_290, percentileMillionths: 1_000_000 },
]

test('a file is read, packed or not, however it is cut into pieces', async () => {
  for (const data of [FILE, gzipSync(FILE), `\uFEFF${FILE.replaceAll('\n', '\r\n')}`, FILE.trimEnd()]) {
    for (const size of [1, 2, 3, 50, 65_536]) {
      const file = await open(piecesOf(data, size))
      assert.deepEqual([file.modelVersion, file.scoreDate], ['v2023.03.01', '2025-02-20'])
      assert.deepEqual(await rowsOf(file), ROWS)
      assert.deepEqual(file.rejections(), { count: 0, rejected: [] })
    }
  }
})

test('the older shapes are read, and do not claim to know what they do not say', async () => {
  const oldest = await open(piecesOf('cve,epss\nCVE-2020-5902,0.65117\n'))
  assert.deepEqual([oldest.modelVersion, oldest.scoreDate], [null, null])
  assert.deepEqual(await rowsOf(oldest), [{ cve: 'CVE-2020-5902', scoreMillionths: 651_170, percentileMillionths: null }])
  const older = await open(piecesOf('cve,epss,percentile\nCVE-2020-5902,4.3e-05,0\n'))
  assert.deepEqual(await rowsOf(older), [{ cve: 'CVE-2020-5902', scoreMillionths: 43, percentileMillionths: 0 }])
})

test('a bad header is refused with a reason', async () => {
  const cases: readonly (readonly [string | Uint8Array, string])[] = [
    ['', 'epss.empty'],
    ['\n', 'epss.empty'],
    ['#model_version:v2023.03.01\ncve,epss,percentile\n', 'epss.date'],
    ['#model_version:v2023.03.01,score_date:soon\ncve,epss,percentile\n', 'epss.date'],
    [FACTS, 'epss.header'],
    [`${FACTS}CVE-1999-0001,0.1,0.2\n`, 'epss.header'],
    ['cve,percentile\n', 'epss.header'],
    ['cve,epss,epss\n', 'epss.header'],
    ['CVE,CVSS3,EPSS,EPSS Percentile,Description,Vendor,Product\n', 'epss.header'],
    ['<html>', 'epss.header'],
    ['x'.repeat(10_000), 'epss.line'],
    [gzipSync(''), 'epss.empty'],
    [gzipSync(FILE).subarray(0, 15), 'epss.damaged'],
    [Uint8Array.of(0x1f, 0x8b, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7), 'epss.damaged'],
  ]
  for (const [data, rule] of cases) assert.equal(await ruleOf(data), rule, String(data).slice(0, 60))
})

test('bad rows are put aside, each with its line and reason, and the rest goes on', async () => {
  const bad = [
    'CVE-99-1,0.1,0.2',
    'CVE-2024-1111,1.1,0.2',
    'CVE-2024-1111,-0.1,0.2',
    'CVE-2024-1111,0.1',
    'CVE-2024-1111,NaN,0.2',
    'CVE-2024-1111,0.1,',
  ]
  const file = await open(piecesOf(FILE.replace('CVE-1999', `${bad.join('\n')}\n\nCVE-1999`)))
  assert.deepEqual(await rowsOf(file), ROWS)
  const { count, rejected } = file.rejections()
  assert.equal(count, 6)
  assert.deepEqual(
    rejected.map(({ position, excerpt }) => [position, excerpt]),
    bad.map((line, index) => [`line ${index + 3}`, line]),
  )
  assert.match(rejected[0]?.reason ?? '', /"CVE-99-1" is not a CVE/)
  const many = await open(piecesOf(`cve,epss\n${'x,y\n'.repeat(500)}`))
  assert.deepEqual(await rowsOf(many), [])
  assert.deepEqual([many.rejections().count, many.rejections().rejected.length], [500, 100])
})

test('a file that is cut off or damaged is not taken for a whole one', async () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `CVE-2024-${10_000 + index},0.${index % 1000},0.5\n`)
  const packed = gzipSync(`${FACTS}cve,epss,percentile\n${lines.join('')}`)
  await assert.rejects(async () => rowsOf(await open(piecesOf(packed.subarray(0, -100), 1000))), { code: 'epss.damaged' })
  const flipped = Buffer.from(packed)
  flipped.writeUInt8(flipped.readUInt8(packed.length - 6) ^ 0xff, packed.length - 6)
  await assert.rejects(async () => rowsOf(await open(piecesOf(flipped, 1000))), { code: 'epss.damaged' })
})

test('what the source throws is passed on, and the source is let go when nobody reads on', async () => {
  let isClosed = false
  async function* source(fails: boolean, start = FILE): AsyncGenerator<Uint8Array> {
    try {
      yield* piecesOf(start)
      if (fails) throw new Error('the line dropped')
      for (;;) yield Buffer.from('CVE-2024-12345,0.1,0.2\n')
    } finally {
      isClosed = true
    }
  }
  await assert.rejects(async () => rowsOf(await open(source(true))), /the line dropped/)
  for (const wanted of [3_830, 100_000]) {
    isClosed = false
    for await (const some of (await open(source(false))).rows) if (some.some(row => row.scoreMillionths === wanted)) break
    assert.equal(isClosed, true)
  }
  isClosed = false
  assert.equal((await readEpss(source(false, 'another,header\n'))).ok, false)
  assert.equal(isClosed, true)
})

test('hostile files end with a reason: a line without end, rows without end, a little file that unpacks to a giant', async () => {
  async function* endless(text: string): AsyncGenerator<Uint8Array> {
    yield Buffer.from('cve,epss\n')
    const piece = Buffer.from(text.repeat(10_000))
    for (;;) yield piece
  }
  await assert.rejects(async () => rowsOf(await open(endless('0'))), { code: 'epss.line' })
  await assert.rejects(async () => rowsOf(await open(endless('\n'))), { code: 'epss.too-many' })
  assert.equal(await ruleOf(gzipSync('0'.repeat(50_000_000))), 'epss.line')
})

test('rows come while the file still does: it is never held whole', async () => {
  let given = 0
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.from(`${FACTS}cve,epss,percentile\n`)
    for (; given < 400; given++) yield Buffer.from('CVE-2024-12345,0.1,0.2\n'.repeat(100))
  }
  const file = await open(source())
  let read = 0
  for await (const some of file.rows) {
    read += some.length
    assert.ok(given - read / 100 <= 2, `${given} pieces were asked for when ${read} rows were read`)
  }
  assert.equal(read, 40_000)
})

test('nothing else makes the reader throw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.boolean(), async (text, isPacked) => {
      const data = `cve,epss,percentile\n${text}`
      const file = await open(piecesOf(isPacked ? gzipSync(data) : data))
      assert.equal((await rowsOf(file)).length, 0)
    }),
    { numRuns: 50 },
  )
  await fc.assert(
    fc.asyncProperty(fc.uint8Array(), async bytes => typeof (await readEpss(piecesOf(bytes))).ok === 'boolean'),
    { numRuns: 50 },
  )
})

test('every format of the reference data is read, and the one without a date is refused', { skip: skipWithoutSharedData }, async () => {
  const files = [
    ['epss_scores-2021-04-14.csv.gz', null, null, 2],
    ['epss_scores-2022-02-04.csv.gz', 'v2022.01.01', '2022-02-04', 2],
    ['vunnel-example-1.csv', 'v2023.03.01', '2025-02-20', 5],
  ] as const
  for (const [name, modelVersion, scoreDate, count] of files) {
    const file = await open(createReadStream(sharedData(`epss/formats/${name}`)))
    assert.deepEqual([file.modelVersion, file.scoreDate], [modelVersion, scoreDate])
    assert.deepEqual([(await rowsOf(file)).length, file.rejections().count], [count, 0])
  }
  assert.equal(await ruleOf(readFileSync(sharedData('epss/formats/vunnel-missing-date.csv'))), 'epss.date')
})

test('the scores of the exploited flaws on two days are read, and most moved', { skip: skipWithoutSharedData }, async () => {
  const scoresOf = async (day: string) => {
    const text = readFileSync(sharedData(`epss/kev-epss/epss_kev_nvd-${day}.csv`), 'utf8')
    // It is not FIRST's own file, which the reader says; its scores stand in for a day of FIRST's.
    assert.equal(await ruleOf(text), 'epss.header')
    const rows = parse<Record<string, string>>(text, { columns: true, bom: true })
    const lines = rows.map(row => `${row['CVE']},${row['EPSS']},${row['EPSS Percentile']}`)
    const file = await open(piecesOf(`#model_version:v2023.03.01,score_date:${day}T00:00:00+0000\ncve,epss,percentile\n${lines.join('\n')}\n`))
    const scores = await rowsOf(file)
    assert.equal(file.rejections().count, 0)
    return new Map(scores.map(score => [score.cve, score.scoreMillionths]))
  }
  const [before, after] = [await scoresOf('2025-01-28'), await scoresOf('2025-02-05')]
  assert.deepEqual([before.size, after.size], [1247, 1251])
  assert.ok([...before].some(([cve, score]) => (after.get(cve) ?? score) !== score))
})
