import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestPlatform } from '../../../../../test/support/platform.ts'
import { parseLocalDate, type LocalDate } from '../../../../kernel/instant.ts'
import type { Page } from '../../../../kernel/page.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { runWork } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { cursorAt, firstWaiting, listThreats, NO_FILTER, THREAT_SORTS, type ThreatRow, type ThreatSort } from './list.ts'

const platform = await createTestPlatform()
const today = dayOf('2026-03-10')

/* Seven threats: two are due, one is watched and not due yet; dates and figures are in another order than priorities. */
await runWork<Visible, void>(platform, SYSTEM, async work => {
  const blank = { cves: [], summary: '', priority_word: 'high', reason: '', search: '', created_at: work.now, updated_at: work.now }
  const rows = [
    { id: 'a', priority: 1, runs: 3, published_at: new Date('2026-01-03'), state: 'new' as const, look_again_on: null },
    { id: 'b', priority: 9, runs: 0, published_at: new Date('2026-01-01'), state: 'watching' as const, look_again_on: '2026-03-09' },
    { id: 'c', priority: 4, runs: 7, published_at: null, state: 'watching' as const, look_again_on: '2026-03-10' },
    { id: 'd', priority: 2, runs: 3, published_at: null, state: 'watching' as const, look_again_on: '2026-03-11' },
    { id: 'e', priority: 2, runs: 0, published_at: new Date('2026-01-02'), state: 'triaging' as const, look_again_on: null },
    { id: 'f', priority: 2, runs: 0, published_at: null, state: 'new' as const, look_again_on: null },
    { id: 'g', priority: 0, runs: 9, published_at: null, state: 'dismissed' as const, look_again_on: null },
  ]
  await work.db
    .insertInto('watch_threat')
    .values(
      rows.map(row => ({
        ...blank,
        ...row,
        title: row.id,
        look_again_on: row.look_again_on === null ? null : dayOf(row.look_again_on),
      })),
    )
    .execute()
  work.record({ verb: 'watch.threat.understood', subject: { kind: 'threat', id: 'several' }, change: {} })
})

function listed(sort: ThreatSort, limit: number, cursor: string | null): Promise<Page<ThreatRow>> {
  return readAs<Visible, Page<ThreatRow>>(platform, SYSTEM, db => listThreats(db, NO_FILTER, sort, { limit, cursor }, today))
}

const ORDER: Readonly<Record<ThreatSort, string>> = { pressing: 'cbaedf', newest: 'aebcdf', runs: 'cadebf' }

test('what is due comes first, and pages of any size give each threat once, in one order', async () => {
  for (const sort of THREAT_SORTS)
    for (const limit of [1, 2, 3, 4, 7]) {
      let seen = ''
      let cursor: string | null = null
      do {
        const page: Page<ThreatRow> = await listed(sort, limit, cursor)
        assert.equal(page.total, 6)
        seen += page.rows.map(row => row.id).join('')
        cursor = page.next
      } while (cursor !== null)
      assert.equal(seen, ORDER[sort], `${sort}, ${limit} a page`)
    }
})

test('the list goes on behind any threat of it', async () => {
  for (const sort of THREAT_SORTS)
    for (const [index, id] of [...ORDER[sort]].entries()) {
      const cursor = await readAs<Visible, string | undefined>(platform, SYSTEM, db => cursorAt(db, id, sort, today))
      const rest = (await listed(sort, 9, cursor ?? null)).rows.map(row => row.id).join('')
      assert.equal(rest, ORDER[sort].slice(index + 1), `${sort}, behind ${id}`)
    }
})

test('the first that waits is new, or due and held by who asks', async () => {
  const first = (sort: ThreatSort, person: string) =>
    readAs<Visible, string | null>(platform, SYSTEM, db => firstWaiting(db, NO_FILTER, sort, { person, today }))
  assert.deepEqual([await first('pressing', 'nobody-here'), await first('runs', 'nobody-here')], ['a', 'a'])
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    await work.db.updateTable('watch_threat').set({ holder_id: 'PE-1' }).where('id', 'in', ['b', 'd']).execute()
    work.record({ verb: 'watch.threat.understood', subject: { kind: 'threat', id: 'b' }, change: {} })
  })
  assert.equal(await first('pressing', 'PE-1'), 'b')
})

function dayOf(text: string): LocalDate {
  const day = parseLocalDate(text)
  assert.ok(day)
  return day
}
