import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { actorAs, plantOrganisations, SOUND_CONTENT } from '../../../../test/support/broadcast.ts'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { Conflict } from '../../../kernel/errors.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { saveAudience, saveNamedAudience } from '../audience/commands.ts'
import { AudienceRule } from '../audience/model.ts'
import { summariseAudience, ruleOf } from '../audience/queries.ts'
import { approveBulletin, draftBulletin, returnForChanges, saveVersion, sendForReview } from '../bulletins/commands.ts'
import { addUpdate, changeSeverity, withdrawBulletin } from '../bulletins/living/commands.ts'
import { BulletinContent, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf, severitiesOf, versionsOf } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { releaseBulletin, type Released } from './commands.ts'
import { releaseOf } from './queries.ts'
import { scheduleRelease } from './schedule/commands.ts'

const platform = await createTestPlatform()
const analyst = actorAs('analyst')
const manager = actorAs('duty-manager')
const ids = await plantOrganisations(platform, [
  { code: 'P1', region: 'YN', contacts: ['a@p1.example', 'b@p1.example'] },
  { code: 'P2', region: 'YN', contacts: [] },
  { code: 'P3', region: 'YS' },
])

const doing = <R>(actor: Actor, body: (work: Work<Visible>) => Promise<R>) => runWork<Visible, R>(platform, actor, body)
const asking = <R>(actor: Actor, body: (db: Reader<Visible>) => Promise<R>) => readAs<Visible, R>(platform, actor, body)
const content = (over: Partial<BulletinContent> = {}) => BulletinContent.parse({ ...SOUND_CONTENT, ...over })
const organisation = (code: string) => actorAs('cyber-lead', ids.get(code))
const count = async (table: string) =>
  (await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)}`.execute(platform.database.kysely)).rows[0]?.n

async function drafted(rule: object = { regions: ['YN'] }): Promise<number> {
  return doing(analyst, async work => {
    const { number } = await draftBulletin(work, { threatId: null, content: content() })
    const bare = parseBulletinNumber(number) ?? 0
    await saveAudience(work, { number: bare, rule: AudienceRule.parse(rule) })
    return bare
  })
}

async function approved(rule?: object): Promise<number> {
  const number = await drafted(rule)
  await doing(analyst, work => sendForReview(work, { number, version: 1 }))
  await doing(manager, work => approveBulletin(work, { number, version: 1 }))
  return number
}

const hashOf = (number: number) =>
  asking(manager, async db => (await summariseAudience(db, await ruleOf(db, (await bulletinOf(db, number)).id))).hash)
const release = async (number: number, over: Partial<{ version: number; audienceHash: string }> = {}): Promise<Released> => {
  const audienceHash = over.audienceHash ?? (await hashOf(number))
  return doing(manager, work => releaseBulletin(work, { number, version: over.version ?? 1, audienceHash, baseUrl: 'https://carecert.example' }))
}

test('a release freezes rule, organisations and hash, and writes every delivery with the jobs that carry it', async () => {
  const number = await approved()
  const hash = await hashOf(number)
  const released = await release(number)
  assert.deepEqual({ ...released, releaseId: '', mailingId: '' }, { releaseId: '', mailingId: '', organisations: 2, contacts: 2, unreachable: 1 })
  await asking(manager, async db => {
    const bulletin = await bulletinOf(db, number)
    assert.equal(bulletin.state, 'released')
    assert.equal(bulletin.respondBy?.toISOString(), '2026-11-22T09:00:00.000Z')
    const frozen = await releaseOf(db, bulletin.id)
    assert.deepEqual([frozen?.audienceHash, frozen?.version, frozen?.rule.match], [hash, 1, { is: 'all', of: [{ is: 'region', of: ['YN'] }] }])
    const recipients = await db
      .selectFrom('broadcast_recipient')
      .select(['organisation_id', 'is_reachable'])
      .where('bulletin_id', '=', bulletin.id)
      .execute()
    assert.deepEqual(
      new Map(recipients.map(row => [row.organisation_id, row.is_reachable])),
      new Map([
        [ids.get('P1') ?? '', true],
        [ids.get('P2') ?? '', false],
      ]),
    )
    const deliveries = await db.selectFrom('broadcast_delivery').selectAll().where('bulletin_id', '=', bulletin.id).orderBy('address').execute()
    assert.deepEqual(
      deliveries.map(row => [row.address, row.state, row.channel, row.attempts]),
      [
        ['a@p1.example', 'queued', 'email', 0],
        ['b@p1.example', 'queued', 'email', 0],
      ],
    )
    for (const delivery of deliveries) assert.equal(delivery.message_id, `${delivery.id}.1@carecert.example`)
  })
  const jobs = await sql<{ data: unknown }>`select data from pgboss.job where name = 'broadcast.deliver'`.execute(platform.database.kysely)
  assert.deepEqual(
    jobs.rows.map(row => row.data),
    [{ mailingId: released.mailingId }],
  )
})

test('the author cannot approve, not even with the role for it, nor who saved any version', async () => {
  const number = await drafted()
  await doing(manager, work => saveVersion(work, { number, baseVersion: 1, content: content({ title: 'Another' }) }))
  await doing(analyst, work => sendForReview(work, { number, version: 2 }))
  await assert.rejects(
    doing(manager, work => approveBulletin(work, { number, version: 2 })),
    { name: 'Forbidden', code: 'broadcast.bulletin.own' },
  )
  await assert.rejects(
    doing(analyst, work => approveBulletin(work, { number, version: 2 })),
    { name: 'Forbidden' },
  )
  await doing(actorAs('cicso'), work => approveBulletin(work, { number, version: 2 }))
})

test('an edit voids the approval, and what was not approved is not released', async () => {
  const number = await approved()
  await doing(analyst, work => saveVersion(work, { number, baseVersion: 1, content: content({ title: 'Changed after approval' }) }))
  const bulletin = await asking(manager, db => bulletinOf(db, number))
  assert.deepEqual([bulletin.state, bulletin.approvedVersion, bulletin.version], ['draft', null, 2])
  await assert.rejects(release(number, { version: 2 }), { name: 'Conflict' })
  await doing(analyst, work => sendForReview(work, { number, version: 2 }))
  await assert.rejects(
    doing(manager, work => approveBulletin(work, { number, version: 1 })),
    { code: 'broadcast.bulletin.newer-version' },
  )
  await doing(manager, work => approveBulletin(work, { number, version: 2 }))
  await assert.rejects(release(number, { version: 1 }), { code: 'broadcast.release.version-changed' })
  await doing(manager, work => returnForChanges(work, { number, version: 2, comment: 'Say which versions.' }))
  await assert.rejects(release(number, { version: 2 }), { name: 'Conflict' })
})

test('a save on top of an older version is refused, and saving what is there makes no version', async () => {
  const number = await drafted()
  await doing(analyst, work => saveVersion(work, { number, baseVersion: 1, content: content({ title: 'Two' }) }))
  await assert.rejects(
    doing(manager, work => saveVersion(work, { number, baseVersion: 1, content: content({ title: 'Mine' }) })),
    { name: 'Conflict', code: 'broadcast.bulletin.newer-version' },
  )
  assert.deepEqual(await doing(analyst, work => saveVersion(work, { number, baseVersion: 1, content: content({ title: 'Two' }) })), {
    version: 2,
    isNew: false,
  })
  assert.equal((await asking(analyst, async db => versionsOf(db, (await bulletinOf(db, number)).id))).length, 2)
})

test('an empty or failing rule releases nothing and says so', async () => {
  const before = [await count('broadcast_release'), await count('broadcast_delivery')]
  await assert.rejects(release(await approved({})), { name: 'Invalid', message: /Nothing was released.*empty/ })
  await assert.rejects(release(await approved({ regions: ['YN'], organisations: ['P99'] })), { name: 'Invalid', message: /no organisation P99/ })
  await assert.rejects(release(await approved({ regions: ['YN'], excluding: { types: [], regions: ['YN'], boards: [], organisations: [] } })), {
    name: 'Invalid',
    message: /no open organisation/,
  })
  assert.deepEqual([await count('broadcast_release'), await count('broadcast_delivery')], before)
})

test('an audience that changed since it was seen stops the release and tells the new count', async () => {
  const number = await approved({ regions: ['YS'] })
  const seen = await hashOf(number)
  await plantOrganisations(platform, [{ code: 'P4', region: 'YS' }])
  await assert.rejects(release(number, { audienceHash: seen }), {
    name: 'Conflict',
    code: 'broadcast.release.audience-changed',
    message: /now 2 organisations/,
  })
  assert.equal((await release(number)).organisations, 2)
})

test('who changed the audience after the approval does not release it too; another who looks at it does', async () => {
  const second = actorAs('duty-manager')
  const by = (actor: Actor, number: number) => async () => {
    const input = { number, version: 1, audienceHash: await hashOf(number), baseUrl: 'https://carecert.example' }
    return doing(actor, work => releaseBulletin(work, input))
  }
  const own = await approved()
  platform.clock.advanceHours(0.1)
  await doing(manager, work => saveAudience(work, { number: own, rule: AudienceRule.parse({ organisations: ['P3'] }) }))
  await assert.rejects(by(manager, own), { code: 'broadcast.release.own-audience' })
  const releaseAt = new Date(platform.clock.now().getTime() + 3_600_000)
  await assert.rejects(
    doing(manager, work => scheduleRelease(work, { number: own, version: 1, releaseAt })),
    { code: 'broadcast.release.own-audience' },
  )
  assert.equal((await by(second, own)()).organisations, 1)

  await doing(manager, work => saveNamedAudience(work, { name: 'Some', rule: AudienceRule.parse({ organisations: ['P1'] }) }))
  const named = await approved({ match: { is: 'saved', audience: 'Some' } })
  platform.clock.advanceHours(0.1)
  await doing(manager, work => saveNamedAudience(work, { name: 'Some', rule: AudienceRule.parse({ organisations: ['P1', 'P3'] }) }))
  await assert.rejects(by(manager, named), { code: 'broadcast.release.own-audience' })
  await doing(analyst, work => saveAudience(work, { number: named, rule: AudienceRule.parse({ match: { is: 'saved', audience: 'Some' } }) }))
  assert.equal((await by(manager, named)()).organisations, 2, 'the analyst has looked at it since')
})

test('a release whose jobs cannot be stored leaves nothing behind', async () => {
  const number = await approved()
  const audienceHash = await hashOf(number)
  const tables = ['broadcast_release', 'broadcast_recipient', 'broadcast_delivery', 'audit_record']
  const before = await Promise.all(tables.map(count))
  const broken = { ...platform, jobs: { ...platform.jobs, store: () => Promise.reject(new Error('the queue is gone')) } }
  await assert.rejects(
    runWork<Visible, Released>(broken, manager, work =>
      releaseBulletin(work, { number, version: 1, audienceHash, baseUrl: 'https://carecert.example' }),
    ),
    /queue is gone/,
  )
  assert.deepEqual(await Promise.all(tables.map(count)), before)
  assert.equal((await asking(manager, db => bulletinOf(db, number))).state, 'approved')
})

test('two releases at once make one', async () => {
  const number = await approved()
  const audienceHash = await hashOf(number)
  const outcomes = await Promise.allSettled([release(number, { audienceHash }), release(number, { audienceHash })])
  assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  const refused = outcomes.find(outcome => outcome.status === 'rejected')
  assert.ok(refused?.reason instanceof Conflict)
})

test('an organisation finds what was released to it, and neither drafts nor what went to others, even without a where', async () => {
  await drafted()
  const number = await approved({ organisations: ['P3'] })
  const draftSeen = asking(organisation('P3'), db => bulletinOf(db, number))
  await assert.rejects(draftSeen, { name: 'NotFound' })
  await release(number)
  const every = <R>(code: string, body: (db: Reader<Visible>) => Promise<R>) => asking(organisation(code), body)
  const bulletins = await every('P3', db => db.selectFrom('broadcast_bulletin').selectAll().execute())
  assert.ok(bulletins.some(row => row.number === number))
  assert.ok(bulletins.every(row => row.released_at !== null))
  const recipients = await every('P3', db => db.selectFrom('broadcast_recipient').selectAll().execute())
  assert.ok(recipients.length > 0 && recipients.every(row => row.organisation_id === ids.get('P3')))
  assert.ok(!(await every('P2', db => db.selectFrom('broadcast_bulletin').selectAll().execute())).some(row => row.number === number))
  assert.equal((await every('P3', db => db.selectFrom('broadcast_audience').selectAll().execute())).length, 0)
  assert.equal((await every('P3', db => db.selectFrom('broadcast_review').selectAll().execute())).length, 0)
  const versions = await every('P3', db => db.selectFrom('broadcast_version').select(['bulletin_id', 'version']).execute())
  assert.equal(versions.length, bulletins.length, 'only the released version of each')
  await assert.rejects(
    doing(organisation('P3'), work => saveVersion(work, { number, baseVersion: 1, content: content() })),
    { name: 'Forbidden' },
  )
  await assert.rejects(
    every('P2', db => bulletinOf(db, number)),
    { name: 'NotFound' },
  )
})

test('after release there are updates, dated severities and a withdrawal that keeps the record', async () => {
  const number = await approved()
  await release(number)
  await doing(analyst, work => addUpdate(work, { number, title: 'A fix is out', body: 'Install **9.3**.' }))
  await doing(manager, work => changeSeverity(work, { number, severity: 'medium', reason: 'The maker has cut it off.' }))
  await assert.rejects(
    doing(manager, work => withdrawBulletin(work, { number, reason: '  ' })),
    { name: 'Invalid' },
  )
  await doing(manager, work => withdrawBulletin(work, { number, reason: 'It was a false alarm.' }))
  await asking(organisation('P1'), async db => {
    const bulletin = await bulletinOf(db, number)
    assert.deepEqual([bulletin.state, bulletin.severity, bulletin.withdrawnReason], ['withdrawn', 'medium', 'It was a false alarm.'])
    assert.deepEqual(
      (await severitiesOf(db, bulletin.id)).map(({ severity, reason }) => [severity, reason]),
      [
        ['medium', 'The maker has cut it off.'],
        ['high', null],
      ],
    )
  })
  await assert.rejects(
    doing(analyst, work => addUpdate(work, { number, title: 'More', body: 'x' })),
    { name: 'Conflict' },
  )
})
