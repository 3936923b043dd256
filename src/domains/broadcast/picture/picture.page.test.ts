import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../test/support/app.ts'
import { readCsv } from '../../../../test/support/lists.ts'
import { releasedBulletin, type ReleasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import { respond } from '../responses/commands.ts'
import type { ResponseState } from '../responses/model.ts'
import type { Visible } from '../tables.ts'

const { platform, signIn } = await createTestApp()

async function answer(bulletin: ReleasedBulletin, indexes: readonly number[], state: ResponseState): Promise<void> {
  for (const index of indexes) {
    const organisationId = bulletin.organisationIds[index] ?? assert.fail()
    await runWork<Visible, void>(platform, SYSTEM, work =>
      respond(work, { bulletinId: bulletin.bulletinId, organisationId, state, note: null, reason: null, nextDate: null, via: 'portal' }),
    )
  }
}

/** The text of a page without its marks. */
const words = (body: string) => body.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')

async function earlier(prefix: string, hours: number): Promise<ReleasedBulletin> {
  const bulletin = await releasedBulletin(platform, { organisations: 10, prefix })
  platform.clock.advanceHours(hours)
  await answer(bulletin, [0, 1, 2, 3, 4], 'done')
  return bulletin
}

const old = [await earlier('P', 2), await earlier('Q', 3)]
const exercise = await releasedBulletin(platform, { organisations: 3, prefix: 'X', isExercise: true })
const released = await releasedBulletin(platform, { organisations: 12, reachable: 10, prefix: 'A' })
platform.clock.advanceHours(4)
await answer(released, [0, 1, 2, 3, 4], 'acknowledged')
platform.clock.advanceHours(1)
await answer(released, [5], 'done')
platform.clock.advanceHours(1)
const manager = await signIn('duty-manager')
const address = `/bulletins/CC-${released.number}`
const api = (path: string) => manager.get(`/api/v1${address}${path}`)

test('half of everyone reached and nine in ten are said with the silent counted', async () => {
  const text = words((await manager.get(address)).body)
  assert.match(text, /To acknowledge .{0,20}6 .{0,30}10 .{0,40}Within 4 h .{0,20}Not reached/)
  assert.match(text, /To fix .{0,20}1 .{0,30}10 .{0,40}Not reached .{0,20}Not reached/)
  const { all } = (await api('/times?event=acknowledged')).json<{ all: Record<string, unknown> }>()
  assert.deepEqual([all['reached'], all['halfAfterHours'], all['nineInTenAfterHours']], [10, 4, null], 'a program is told the same')
})

test('the page of times has each group, leaves those apart who cannot be reached, and opens its records', async () => {
  const { body } = await manager.get(`${address}/times?by=region&event=acknowledged`)
  const text = words(body)
  assert.match(text, /2 organisations cannot be reached/)
  const [, reached, did] = /Y61.*?>(\d+)<.*?>(\d+)</s.exec(body) ?? []
  assert.deepEqual([reached, did], ['5', '3'])
  for (const [, href = ''] of body.matchAll(/href="([^"]*\/recipients\?[^"]*stage=acknowledged[^"]*)"/g)) {
    const query = href.replaceAll('&amp;', '&').split('?')[1] ?? ''
    const rows = await readCsv(manager, `${address}/recipients.csv?${query}`)
    assert.ok(rows.length > 0 && body.includes(`>${rows.length}<`), query)
  }
  const src = /<img src="([^"]+)"/.exec(body)?.[1]?.replaceAll('&amp;', '&') ?? ''
  const svg = await manager.get(src)
  assert.equal(svg.headers['content-type'], 'image/svg+xml; charset=utf-8')
  assert.match(svg.body, /fill-opacity="0.12"/)
})

test('it is compared with earlier bulletins of the kind at the same age, without exercises, and says when they are too few', async () => {
  const { body } = await manager.get(`${address}/times`)
  for (const one of old) assert.match(body, new RegExp(`href="/bulletins/CC-${one.number}"`))
  assert.doesNotMatch(body, new RegExp(`CC-${exercise.number}`))
  assert.match(words(body), /There are only 2\. Fewer than three do not say what is usual/)
  assert.match(words(body), /CC-\d+ A flaw in a records system Reached 10 .{0,40}Within 2 h/)
  const first = await manager.get(`/bulletins/CC-${old[0]?.number}/times`)
  assert.match(words(first.body), /No earlier bulletin has the same severity and threat type/)
  assert.doesNotMatch((await manager.get(`/bulletins/CC-${exercise.number}/times`)).body, /earlier bulletins of the kind/)
})

test('an earlier bulletin that was withdrawn sooner says so, and rows that count some twice say so', async () => {
  await sql`update broadcast_bulletin set withdrawn_at = released_at + interval '150 minutes' where id = ${old[0]?.bulletinId}`.execute(
    platform.database.kysely,
  )
  const text = words((await manager.get(`${address}/times`)).body)
  assert.match(text, new RegExp(`CC-${old[0]?.number} A flaw in a records system; withdrawn after 2\\.5 h`))
  assert.doesNotMatch(text, new RegExp(`CC-${old[1]?.number} A flaw in a records system; withdrawn`))
  assert.match(words((await manager.get(`${address}?by=partner`)).body), /Whoever has two partners stands with each of them/)
  assert.doesNotMatch(words((await manager.get(`${address}?by=type`)).body), /two partners/)
})

test('each hexagon opens its board, and the table beside it says the same', async () => {
  const { body } = await manager.get(`${address}/map`)
  const cells = [...body.matchAll(/<a href="([^"]+)" aria-label="[^"]*: (\d+) of (\d+) answered"/g)]
  assert.equal(cells.length, 3)
  for (const [, href = '', answered, all] of cells) {
    const rows = await readCsv(manager, href.replace('/recipients?', '/recipients.csv?'))
    assert.deepEqual(
      [rows.filter(row => !['silent', 'unreachable'].includes(row['answer'] ?? '')).length, rows.length],
      [Number(answered), Number(all)],
    )
    assert.ok(body.split(href).length > 2, 'the table leads there too')
  }
  assert.match(body, /aria-label="CC-\d+: answers by board"/)
  assert.doesNotMatch(body, /style=|<style/)
  const picture = await manager.get(`${address}/chart/map.svg`)
  assert.match(picture.body, /role="img"/)
  assert.doesNotMatch(picture.body, /<a /)
})

test('a region sees its own organisations only, in times and on the map', async () => {
  const lead = await signIn('regional-lead', { organisation: 'Y63' })
  const text = words((await lead.get(`${address}/times`)).body)
  assert.match(text, /All .{0,12}5 /)
  const map = (await lead.get(`${address}/map`)).body
  const sum = [...map.matchAll(/aria-label="[^"]*: \d+ of (\d+) answered"/g)].reduce((total, [, all]) => total + Number(all), 0)
  assert.equal(sum, 6)
})

test('why somebody does not act stands beside the answer: the reason chosen, then what was shared of it', async () => {
  const organisationId = released.organisationIds[6] ?? assert.fail()
  const notActing = {
    bulletinId: released.bulletinId,
    organisationId,
    state: 'not-acting' as const,
    note: null,
    nextDate: null,
    via: 'portal' as const,
  }
  await runWork<Visible, void>(platform, SYSTEM, work =>
    respond(work, { ...notActing, reasonCode: 'awaiting-supplier', reason: 'They promise March.', isShared: true }),
  )
  assert.match(words((await manager.get(`${address}/recipients?answer=not-acting`)).body), /We wait for the supplier: They promise March\./)
  const [row] = await readCsv(manager, `${address}/recipients.csv?answer=not-acting`)
  assert.match(row?.['reason chosen'] ?? '', /We wait for the supplier/)
})
