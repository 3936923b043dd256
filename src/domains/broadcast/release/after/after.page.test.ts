import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../../test/support/released-bulletin.ts'

const { platform, signIn } = await createTestApp()
const db = platform.database.kysely

test('two who each released a version alone review each other’s, and neither their own', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 1, prefix: 'R' })
  const people = { first: await signIn('duty-manager', { name: 'First' }), second: await signIn('duty-manager', { name: 'Second' }) }
  for (const [version, name] of [
    [1, 'First'],
    [2, 'Second'],
  ] as const)
    await sql`insert into broadcast_alone (bulletin_id, version, kind, reason, by_id, at)
      select ${bulletin.bulletinId}, ${version}, 'emergency', 'It burns.', id, now() from directory_person where name = ${name}`.execute(db)
  const path = `/bulletins/CC-${bulletin.number}`
  const reviewed = async () =>
    (
      await sql<{ version: number; by: string; findings: string }>`
        select version, person.name as by, findings from broadcast_alone join directory_person person on person.id = reviewed_by
        where bulletin_id = ${bulletin.bulletinId} order by version`.execute(db)
    ).rows

  assert.match((await people.first.get(path)).body, /action="[^"]*\/review-after"/, 'the other’s can be closed')
  await people.first.post(`${path}/review-after`, { reason: 'It was right.' }, { from: path })
  assert.deepEqual(await reviewed(), [{ version: 2, by: 'First', findings: 'It was right.' }])

  assert.doesNotMatch((await people.first.get(path)).body, /action="[^"]*\/review-after"/)
  assert.equal((await people.first.post(`${path}/review-after`, { reason: 'So was mine.' }, { from: path })).statusCode, 403)
  await people.second.post(`${path}/review-after`, { reason: 'That too.' }, { from: path })
  assert.deepEqual(await reviewed(), [
    { version: 1, by: 'Second', findings: 'That too.' },
    { version: 2, by: 'First', findings: 'It was right.' },
  ])
})
