import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { releasedBulletin, type ReleasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { addHours, parseLocalDate, type Instant } from '../../../kernel/instant.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible as WatchTables } from '../../watch/tables.ts'
import { respond } from '../responses/commands.ts'
import type { ResponseState } from '../responses/model.ts'
import type { Visible } from '../tables.ts'

const { platform, signIn } = await createTestApp()
const releasedAt = platform.clock.now()
// The first thirty say within a day that they act, the next twenty do not, and ten say that it does not concern them. One of the twenty acts weeks
// later; and one more is told only then.
const [TURNS_LATER, TOLD_LATER] = [40, 60]
const bulletin = await releasedBulletin(platform, { organisations: 61, prefix: 'A', content: { cves: ['CVE-2026-11111'] } })
platform.clock.advanceHours(10)
for (let index = 0; index < 60; index += 1) {
  if (index < 30) await answer(index, 'in-progress')
  else if (index >= 50) await answer(index, 'not-applicable')
}
await answer(TURNS_LATER, 'not-acting')
platform.clock.advanceHours(24 * 12)
await answer(TURNS_LATER, 'in-progress')
await runWork<Visible, void>(platform, SYSTEM, async work => {
  await work.db
    .updateTable('broadcast_recipient')
    .where('bulletin_id', '=', bulletin.bulletinId)
    .where('organisation_id', '=', bulletin.organisationIds[TOLD_LATER] ?? '')
    .set({ joined_at: work.now })
    .execute()
  work.record({ verb: 'test.joined', subject: { kind: 'bulletin', id: bulletin.bulletinId } })
})
platform.clock.advanceHours(24 * 8)

function answer(index: number, state: ResponseState): Promise<void> {
  const organisationId = bulletin.organisationIds[index] ?? assert.fail()
  const reason = state === 'not-acting' ? 'Another way.' : null
  const nextDate = state === 'in-progress' ? (parseLocalDate('2027-06-01') ?? null) : null
  return runWork<Visible, void>(platform, SYSTEM, work =>
    respond(work, { bulletinId: bulletin.bulletinId, organisationId, state, note: null, reason, nextDate, via: 'portal' }),
  )
}

let sequence = 0
/** A report as it stands once it was taken in. Gives its number. */
async function report(of: ReleasedBulletin, index: number, at: Instant, words: string): Promise<string> {
  sequence += 1
  const number = `IN-2026-${String(sequence).padStart(4, '0')}`
  await runWork<WatchTables, void>(platform, SYSTEM, async work => {
    const id = work.newId('notification')
    await work.db
      .insertInto('watch_notification')
      .values({
        id,
        number,
        year: 2026,
        sequence,
        received_at: at,
        via: 'form',
        kind: 'malware',
        what: words,
        since_words: 'today',
        since_at: null,
        care: 'unknown',
        people_affected: null,
        organisation_given: 'x',
        organisation_id: of.organisationIds[index] ?? assert.fail(),
        recognised_by: 'code',
        may_call: true,
        rung_at: null,
        standing: 'taken',
        suspicions: [],
        acknowledgement: null,
        needs_understanding: false,
        words_hash: 'x',
        search: words.toLowerCase(),
      })
      .execute()
    work.record({ verb: 'test.reported', subject: { kind: 'notification', id } })
  })
  return number
}

const after = addHours(releasedAt, 24 * 10)
const before = addHours(releasedAt, -24 * 5)
const NAMED = `Something like CC-${bulletin.number} hit us`
for (const index of [0, 1, 2, 3, 4]) await report(bulletin, index, after, NAMED)
for (const index of [30, 31, 32, 33, 34, 35, 36, 37, 38]) await report(bulletin, index, after, 'They used cve-2026-11111, the supplier says')
const twice = await report(bulletin, 38, after, NAMED)
await report(bulletin, 39, addHours(releasedAt, 24), NAMED)
await report(bulletin, 55, after, NAMED)
await report(bulletin, TOLD_LATER, after, NAMED)
for (const index of [5, 6, 30]) await report(bulletin, index, before, NAMED)
await report(bulletin, 7, after, `CC-${bulletin.number}9 and cve-2026-111111 are others`)
const unnamed = await report(bulletin, 8, after, 'Files have strange names')

const manager = await signIn('duty-manager')
const address = `/bulletins/CC-${bulletin.number}/impact`
const words = async (url: string, browser = manager) => (await browser.get(url)).body.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')

test('organisations are counted by whether they acted, before and after, each once, and those hit in between in neither', async () => {
  const text = await words(`${address}?landmark=7`)
  assert.match(text, /association, not proof/i)
  // Nine of the nineteen who had not acted and were not hit within the seven days; five of the thirty who had.
  assert.match(text, /From 7 days after it .*?170 in 1,000 .*?5 of 30 reported; 95%: 73 in 1,000 to 340 in 1,000/)
  assert.match(text, /470 in 1,000 .*?9 of 19 reported/)
  assert.match(text, /−310 in 1,000 .*?95%: −540 to −45/)
  assert.match(text, /Before the release .*?Too few to say .*?fewer than 5 of 30 reported .*?Too few to say .*?fewer than 5 of 20 reported/)
  assert.match(text, /Fewer than 5 organisations reported between the release and that time/)
  assert.match(text, /Fewer than 5 organisations reported and stand in neither group/)
  const { between, elsewhere, before, after: later } = (await manager.get(`/api/v1${address}?landmark=7`)).json<Record<string, unknown>>()
  assert.deepEqual([between, elsewhere], [null, null], 'one and two are told to no program either')
  assert.partialDeepStrictEqual(
    [before, later],
    [
      { acted: { organisations: 30, reported: null }, notActed: { organisations: 20, reported: null } },
      { acted: { organisations: 30, reported: 5 }, notActed: { organisations: 19, reported: 9 } },
    ],
  )
})

test('a person says that a report is of the kind, and that another is not, and the record says who', async () => {
  const page = await manager.get(address)
  assert.match(page.body, new RegExp(`>${unnamed}</a>[^]*Are these of the kind|Are these of the kind[^]*>${unnamed}</a>`))
  const said = await manager.post(`${address}/reports?landmark=7`, { report: unnamed.toLowerCase(), ofKind: 'yes' }, { from: address })
  assert.equal(said.statusCode, 303)
  assert.match(await words(`${address}?landmark=7`), /6 of 30 reported/)
  await manager.post(`${address}/reports?landmark=7`, { report: unnamed, ofKind: 'no' }, { from: address })
  await manager.post(`${address}/reports?landmark=7`, { report: twice, ofKind: 'no' }, { from: address })
  const text = await words(`${address}?landmark=7`)
  assert.match(text, /5 of 30 reported/)
  assert.match(text, /9 of 19 reported/, 'the other report of that organisation still counts')
  const audit = await (await signIn('administrator')).get('/audit')
  assert.match(audit.body, /broadcast\.impact\.judged|impact/)
})

test('a number that is none comes back with what was typed', async () => {
  const refused = await manager.post(`${address}/reports`, { report: 'IN-2026-9999', ofKind: 'yes' }, { from: address })
  assert.equal(refused.statusCode, 422)
  assert.match(refused.body, /There is no incident report of that number/)
  assert.match(refused.body, /value="IN-2026-9999"/)
})

test('of an exercise nothing is counted, of a young bulletin nothing is compared, and the region sees none of it', async () => {
  const exercise = await releasedBulletin(platform, { organisations: 3, prefix: 'X', isExercise: true })
  await report(exercise, 0, platform.clock.now(), `CC-${exercise.number}`)
  assert.match(await words(`/bulletins/CC-${exercise.number}/impact`), /No impact is counted/)
  const refused = await manager.post(`/bulletins/CC-${exercise.number}/impact/reports`, { report: unnamed, ofKind: 'yes' }, { from: address })
  assert.equal(refused.statusCode, 422)
  const young = await releasedBulletin(platform, { organisations: 3, prefix: 'Y' })
  assert.match(await words(`/bulletins/CC-${young.number}/impact`), /nothing to compare yet/)
  assert.equal((await (await signIn('regional-lead')).get(address)).statusCode, 403)
  assert.equal((await (await signIn('cyber-lead')).get(address)).statusCode, 403)
})
