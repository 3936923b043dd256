import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { gather } from '../gather.ts'
import type { Visible } from '../tables.ts'
import { listThreats, NO_FILTER } from '../threats/queries/list.ts'
import { timelineOfThreat } from '../threats/queries/show.ts'
import { actOnThreat } from '../threats/triage/commands.ts'

const platform = await createTestPlatform()
const read = <R>(body: (db: Reader<Visible>) => Promise<R>) => readAs<Visible, R>(platform, SYSTEM, body)

function alerts(title: string, cve: string, severity = 'Low'): Buffer {
  const item = {
    threatId: 'CC-0001',
    title,
    severity,
    cveIdentifiers: [{ cveIdentifier: cve }],
    summary: 'Invented.',
    publishedDate: '2026-01-01T00:00:00.000Z',
  }
  return Buffer.from(JSON.stringify({ pageSize: 1, total: 1, currentPage: 1, totalPages: 1, items: [item] }))
}

function scores(date: string, lines: readonly string[]): Buffer {
  return gzipSync(`#model_version:v2026.01.01,score_date:${date}T00:00:00+0000\ncve,epss,percentile\n${lines.join('\n')}\n`)
}

const take = (bytes: Buffer, address = 'epss.csv.gz') => gather(platform, SYSTEM, { address, bytes })
const threat = async () => {
  const { rows } = await read(db => listThreats(db, { ...NO_FILTER, state: 'all' }, 'pressing', { limit: 10, cursor: null }))
  return rows[0]
}

test('scores are taken in from a packed file, the same again changes nothing, and older ones do not either', async () => {
  const first = await take(scores('2026-02-01', ['CVE-1900-0001,0.01,0.5', 'CVE-1900-0002,0.6,0.99']))
  assert.deepEqual([first.source, first.added, first.changed, first.unchanged, first.label], ['epss', 2, 0, 0, 'EPSS scores of 2026-02-01'])
  const again = await take(scores('2026-02-01', ['CVE-1900-0001,0.01,0.5', 'CVE-1900-0002,0.6,0.99']))
  assert.deepEqual([again.added, again.changed, again.unchanged], [0, 0, 2])
  const older = await take(scores('2026-01-31', ['CVE-1900-0001,0.9,0.99']))
  assert.deepEqual([older.added, older.changed], [0, 0])
  assert.match(older.remarks.join(' '), /older than what was gathered before/)
})

test('a threat takes the score of its CVE, and is moved by it', async () => {
  await take(alerts('Invented gateway', 'CVE-1900-0001'), 'alerts.json')
  assert.equal((await threat())?.priority, 'Low')
  await take(scores('2026-02-02', ['CVE-1900-0001,0.2,0.9']))
  const risen = await threat()
  assert.equal(risen?.priority, 'Medium')
  assert.match(risen?.reason ?? '', /EPSS 20\.0%/)
})

test('a score that crosses a step opens a dismissed threat again, once: going down and up again tells nobody', async () => {
  const id = (await threat())?.id ?? ''
  const dismiss = () => runWork<Visible, unknown>(platform, SYSTEM, work => actOnThreat(work, id, 'dismiss', 'Nobody has it.'))
  await dismiss()
  await take(scores('2026-02-03', ['CVE-1900-0001,0.55,0.99']))
  const opened = await threat()
  assert.deepEqual([opened?.state, opened?.priority], ['new', 'High'])
  const [newest] = await read(db => timelineOfThreat(db, id))
  assert.match(newest?.note ?? '', /The EPSS score has risen to 55\.0%/)
  await dismiss()
  await take(scores('2026-02-04', ['CVE-1900-0001,0.45,0.98']))
  await take(scores('2026-02-05', ['CVE-1900-0001,0.56,0.99']))
  assert.equal((await threat())?.state, 'dismissed')
})

test('a change of a source opens a dismissed threat again only where it may change what to do, and says which', async () => {
  const id = (await threat())?.id ?? ''
  await take(alerts('Invented gateway, new words', 'CVE-1900-0001'), 'alerts.json')
  assert.equal((await threat())?.state, 'dismissed')
  await take(alerts('Invented gateway, new words', 'CVE-1900-0001', 'High'), 'alerts.json')
  assert.equal((await threat())?.state, 'new')
  const [newest] = await read(db => timelineOfThreat(db, id))
  assert.match(newest?.note ?? '', /The source nhs-cyber-alerts changed: severity\./)
})

test('a file with another header, or cut off, is refused with a reason and leaves the scores as they were', async () => {
  const before = await threat()
  for (const bytes of [
    gzipSync('#model_version:x,score_date:2026-03-01T00:00:00+0000\ncve,score\n'),
    scores('2026-03-01', ['CVE-1900-0001,0.9,0.9']).subarray(0, 60),
  ]) {
    assert.notEqual((await take(bytes)).failure, null)
    assert.equal((await threat())?.reason, before?.reason)
  }
})
