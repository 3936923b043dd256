import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql, type Kysely } from 'kysely'
import { actorAs, plantOrganisations, SOUND_CONTENT } from '../../../../../test/support/broadcast.ts'
import { runCommand } from '../../../../../test/support/command.ts'
import { createTestPlatform } from '../../../../../test/support/platform.ts'
import type { Actor } from '../../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../../platform/work/read.ts'
import { runWork, type Work } from '../../../../platform/work/work.ts'
import { saveAudience } from '../../audience/commands.ts'
import { AudienceRule } from '../../audience/model.ts'
import { ruleOf, summariseAudience } from '../../audience/queries.ts'
import { reviewAfter } from '../../release/after/commands.ts'
import { openReviewsOf, reviewsAfterFor } from '../../release/after/queries.ts'
import { releaseAlone, releaseBulletin } from '../../release/commands.ts'
import { respond } from '../../responses/commands.ts'
import type { Visible } from '../../tables.ts'
import { approveBulletin, draftBulletin, returnForChanges, saveVersion, sendForReview } from '../commands.ts'
import { BulletinContent, parseBulletinNumber } from '../model.ts'
import { bulletinOf, revisionOf, severitiesOf, updatesOf, versionOf, versionsOf } from '../queries.ts'
import { listBulletins } from '../queries/list.ts'
import { changeSeverity, discardRevision, publishAlone, publishRevision, supersedeBulletin, withdrawBulletin } from './commands.ts'
import { reachOf } from './queries.ts'

const platform = await createTestPlatform()
const folder = await mkdtemp(join(tmpdir(), 'carecert-living-'))
after(() => rm(folder, { recursive: true }))
const analyst = actorAs('analyst')
const manager = actorAs('duty-manager')
const second = actorAs('duty-manager')
const ids = await plantOrganisations(platform, [
  { code: 'P1', region: 'YN', contacts: ['a@p1.example', 'b@p1.example'] },
  { code: 'P2', region: 'YN', contacts: [] },
  { code: 'P3', region: 'YS' },
])
const lead = actorAs('cyber-lead', ids.get('P1'))
const BASE_URL = 'https://carecert.example'

const doing = <R>(actor: Actor, body: (work: Work<Visible>) => Promise<R>) => runWork<Visible, R>(platform, actor, body)
const asking = <R>(actor: Actor, body: (db: Reader<Visible>) => Promise<R>) => readAs<Visible, R>(platform, actor, body)
const content = (over: object = {}) => BulletinContent.parse({ ...SOUND_CONTENT, ...over })
const NEWS = { title: 'A fix is out', body: 'Install **9.3**.', isMaterial: true, asksAgain: false }
const revised = (over: object = {}) => content({ steps: [{ type: 'Patch', text: 'Install version 9.3' }], news: NEWS, ...over })

async function drafted(regions: readonly string[] = ['YN']): Promise<number> {
  return doing(analyst, async work => {
    const number = parseBulletinNumber((await draftBulletin(work, { threatId: null, content: content() })).number) ?? 0
    await saveAudience(work, { number, rule: AudienceRule.parse({ regions }) })
    return number
  })
}

const hashOf = (number: number) =>
  asking(manager, async db => (await summariseAudience(db, await ruleOf(db, (await bulletinOf(db, number)).id))).hash)

async function released(regions?: readonly string[]): Promise<number> {
  const number = await drafted(regions)
  await doing(analyst, work => sendForReview(work, { number, version: 1 }))
  await doing(manager, work => approveBulletin(work, { number, version: 1 }))
  const audienceHash = await hashOf(number)
  await doing(manager, work => releaseBulletin(work, { number, version: 1, audienceHash, baseUrl: BASE_URL }))
  return number
}

const save = (actor: Actor, number: number, baseVersion: number, over: object = {}) =>
  doing(actor, work => saveVersion(work, { number, baseVersion, content: revised(over) }))

async function arrived(number: number, codes: readonly string[]): Promise<void> {
  await sql`update broadcast_recipient as recipient set delivered_at = now() from directory_organisation as organisation, broadcast_bulletin as bulletin
    where organisation.id = recipient.organisation_id and bulletin.id = recipient.bulletin_id and bulletin.number = ${number}
      and organisation.code = any(${[...codes]}::text[])`.execute(platform.database.kysely)
}

/** A released bulletin whose second version is approved. */
async function approvedRevision(over: object = {}): Promise<number> {
  const number = await released()
  await save(analyst, number, 1, over)
  await doing(analyst, work => sendForReview(work, { number, version: 2 }))
  await doing(manager, work => approveBulletin(work, { number, version: 2 }))
  return number
}

const publish = (number: number, version = 2) => doing(manager, work => publishRevision(work, { number, version, baseUrl: BASE_URL }))
const mailings = (number: number) =>
  asking(manager, async db =>
    db
      .selectFrom('broadcast_mailing')
      .select(['kind', 'deliveries'])
      .where('bulletin_id', '=', (await bulletinOf(db, number)).id)
      .orderBy('id')
      .execute(),
  )

test('readers see the live version until the next one is published, and then that one, with what it says that is new', async () => {
  const number = await approvedRevision()
  const seen = () =>
    asking(lead, async db => {
      const bulletin = await bulletinOf(db, number)
      const { content: live } = await versionOf(db, bulletin.id, bulletin.version)
      const versions = (await versionsOf(db, bulletin.id)).map(({ version }) => version)
      const found = await listBulletins(db, lead.scope, { search: `CC-${number} 9.3`, state: '', severity: '' }, '-number', {
        limit: 5,
        cursor: null,
      })
      return [
        bulletin.version,
        live.steps[0]?.text,
        versions,
        (await updatesOf(db, bulletin.id)).length,
        found.total,
        await revisionOf(db, bulletin.id),
      ]
    })
  assert.deepEqual(await seen(), [1, 'Install version 9.2', [1], 0, 0, undefined])
  assert.deepEqual(await publish(number), { version: 2, isMaterial: true, told: 2 })
  assert.deepEqual(await seen(), [2, 'Install version 9.3', [2, 1], 1, 1, undefined])
  assert.deepEqual(await mailings(number), [
    { kind: 'release', deliveries: 2 },
    { kind: 'update', deliveries: 2 },
  ])
  await assert.rejects(publish(number), { name: 'Conflict' })
})

test('an organisation finds nothing of what the centre works with, even without a where', async () => {
  const number = await released()
  await save(analyst, number, 1)
  const tables = ['broadcast_revision', 'broadcast_holding_template', 'broadcast_holding', 'broadcast_review'] as const
  for (const table of tables) assert.deepEqual(await asking(lead, db => db.selectFrom(table).selectAll().execute()), [], table)
  const others = actorAs('cyber-lead', ids.get('P3'))
  for (const table of ['broadcast_alone', 'broadcast_update', 'broadcast_version'] as const)
    assert.deepEqual(await asking(others, db => db.selectFrom(table).selectAll().execute()), [], `${table} of others`)
  await assert.rejects(
    doing(lead, work => saveVersion(work, { number, baseVersion: 2, content: revised() })),
    { name: 'Forbidden' },
  )
})

test('an immaterial version tells nobody, and the severity that it brings is dated', async () => {
  const number = await approvedRevision({ severity: 'medium', news: { ...NEWS, isMaterial: false } })
  assert.deepEqual(await publish(number), { version: 2, isMaterial: false, told: 0 })
  assert.deepEqual(
    (await mailings(number)).map(({ kind }) => kind),
    ['release'],
  )
  const severities = await asking(lead, async db => severitiesOf(db, (await bulletinOf(db, number)).id))
  assert.deepEqual(
    severities.map(({ severity, reason }) => [severity, reason]),
    [
      ['medium', 'A fix is out'],
      ['high', null],
    ],
  )
})

test('answers given before stand, and are asked for again only where the version says so', async () => {
  for (const asksAgain of [false, true]) {
    const number = await approvedRevision({ news: { ...NEWS, asksAgain } })
    const organisationId = ids.get('P1')
    assert.ok(organisationId)
    const answer = { state: 'acknowledged', note: null, reason: null, nextDate: null } as const
    await doing(lead, async work => respond(work, { bulletinId: (await bulletinOf(work.db, number)).id, organisationId, via: 'portal', ...answer }))
    await publish(number)
    await asking(lead, async db => {
      const bulletin = await bulletinOf(db, number)
      const answers = await db.selectFrom('broadcast_response').select('state').where('bulletin_id', '=', bulletin.id).execute()
      assert.deepEqual([answers.map(({ state }) => state), bulletin.answerAgainAt !== null], [['acknowledged'], asksAgain])
    })
  }
})

test('an approval is of one version: every way of changing it voids it', async () => {
  const ways: readonly (readonly [string, (number: number) => Promise<unknown>])[] = [
    ['a save', number => save(analyst, number, 2, { title: 'Another title' })],
    ['the other person who may write', number => save(second, number, 2, { summary: 'Another summary.' })],
    ['what is new, alone', number => save(analyst, number, 2, { news: { ...NEWS, isMaterial: false } })],
    ['returning it', number => doing(second, work => returnForChanges(work, { number, version: 2, comment: 'Mend it.' }))],
    [
      'the command line',
      async number => {
        const path = join(folder, 'change.json')
        await writeFile(path, JSON.stringify({ title: 'By command' }))
        await runCommand(platform, analyst, 'bulletins update', [`CC-${number}`], { title: 'New', fromFile: path, tell: true })
      },
    ],
  ]
  for (const [way, change] of ways) {
    const number = await approvedRevision()
    await change(number)
    for (const version of [2, 3]) await assert.rejects(publish(number, version), { name: 'Conflict' }, `${way}, version ${version}`)
    assert.equal((await asking(manager, async db => bulletinOf(db, number))).version, 1, way)
  }
})

test('what was approved is what goes out, to the letter: a text that was changed beneath its approval does not', async () => {
  const number = await approvedRevision()
  const db = platform.database.kysely as Kysely<Visible>
  await db
    .updateTable('broadcast_version')
    .set({ content_hash: 'f'.repeat(64) })
    .where('version', '=', 2)
    .execute()
  await assert.rejects(publish(number), { code: 'broadcast.release.approval-void' })
})

test('nobody approves what is new by them; who wrote what another approved before may', async () => {
  const number = await released()
  await save(manager, number, 1)
  await doing(manager, work => sendForReview(work, { number, version: 2 }))
  await assert.rejects(
    doing(manager, work => approveBulletin(work, { number, version: 2 })),
    { code: 'broadcast.bulletin.own' },
  )
  const other = await released()
  await save(second, other, 1)
  await doing(second, work => sendForReview(work, { number: other, version: 2 }))
  await doing(manager, work => approveBulletin(work, { number: other, version: 2 }))
  await assert.rejects(
    doing(analyst, work => publishRevision(work, { number: other, version: 2, baseUrl: BASE_URL })),
    { name: 'Forbidden' },
  )
})

test('a version says what is new before it goes for review, and keeps the label that readers were cleared for', async () => {
  const number = await released()
  await doing(analyst, work => saveVersion(work, { number, baseVersion: 1, content: content({ title: 'Silent change' }) }))
  await assert.rejects(
    doing(analyst, work => sendForReview(work, { number, version: 2 })),
    { name: 'Invalid', message: /what is new/ },
  )
  await save(analyst, number, 2, { tlp: 'AMBER' })
  await assert.rejects(
    doing(analyst, work => sendForReview(work, { number, version: 3 })),
    { code: 'broadcast.bulletin.narrower-label' },
  )
  await doing(analyst, work => discardRevision(work, { number, reason: 'Not needed.' }))
  assert.deepEqual(await save(analyst, number, 1), { version: 4, isNew: true })
})

test('one person releases in an emergency what nobody else approved: with a reason, marked, and reviewed by another', async () => {
  const number = await drafted()
  const input = { number, version: 1, audienceHash: await hashOf(number), baseUrl: BASE_URL }
  await assert.rejects(
    doing(analyst, work => releaseAlone(work, { ...input, reason: 'It burns.' })),
    { name: 'Forbidden' },
  )
  await assert.rejects(
    doing(manager, work => releaseAlone(work, { ...input, reason: ' ' })),
    { name: 'Invalid' },
  )
  await assert.rejects(
    doing(manager, work => releaseBulletin(work, input)),
    { name: 'Conflict' },
  )
  await doing(manager, work => releaseAlone(work, { ...input, reason: 'It burns.' }))
  assert.deepEqual(
    (await asking(second, db => reviewsAfterFor(db, second.id))).filter(row => row.number === number).map(({ kind }) => kind),
    ['emergency'],
  )
  assert.deepEqual(
    (await asking(manager, db => reviewsAfterFor(db, manager.id))).filter(row => row.number === number),
    [],
  )
  await assert.rejects(
    doing(manager, work => reviewAfter(work, { number, findings: 'Fine.' })),
    { code: 'broadcast.after.own' },
  )
  await assert.rejects(
    doing(analyst, work => reviewAfter(work, { number, findings: 'Fine.' })),
    { name: 'Forbidden' },
  )
  // Until another has approved a version, whoever wrote the one that went out is an author of the next.
  await save(second, number, 1)
  await doing(second, work => sendForReview(work, { number, version: 2 }))
  await doing(second, work => reviewAfter(work, { number, findings: 'It was right to send it.' }))
  await assert.rejects(
    doing(second, work => reviewAfter(work, { number, findings: 'Again.' })),
    { code: 'broadcast.after.none' },
  )
  const { rows } = await sql<{ reason: string }>`
    select reason from audit_record where verb = 'broadcast.bulletin.released-emergency' and subject_id = ${`CC-${number}`}`.execute(
    platform.database.kysely,
  )
  assert.deepEqual(rows, [{ reason: 'It burns.' }])
})

test('a version that one person publishes opens a review too, and what was approved cannot go out that way', async () => {
  const number = await released()
  await save(analyst, number, 1)
  const input = { number, version: 2, reason: 'The fix breaks wards.', baseUrl: BASE_URL }
  await assert.rejects(
    doing(analyst, work => publishAlone(work, input)),
    { name: 'Forbidden' },
  )
  assert.equal((await doing(manager, work => publishAlone(work, input))).told, 2)
  assert.equal((await asking(manager, async db => openReviewsOf(db, (await bulletinOf(db, number)).id))).length, 1)
  const other = await approvedRevision()
  await assert.rejects(
    doing(manager, work => publishAlone(work, { ...input, number: other })),
    { name: 'Conflict' },
  )
})

test('a bulletin is replaced by one that is live: both say so, readers are led there, and who did not get it sees no name', async () => {
  const [old, young] = [await released(), await released()]
  const draft = await drafted()
  const replace = (by: number) =>
    doing(manager, work => supersedeBulletin(work, { number: old, by, reason: 'A new picture.', tells: { baseUrl: BASE_URL } }))
  await assert.rejects(replace(draft), { code: 'broadcast.supersede.not-live' })
  await assert.rejects(replace(old), { code: 'broadcast.supersede.itself' })
  await arrived(old, ['P1', 'P2'])
  await save(analyst, old, 1)
  await replace(young)
  await asking(lead, async db => {
    const { id, state, supersededBy, withdrawnReason } = await bulletinOf(db, old)
    assert.deepEqual([state, withdrawnReason, supersededBy], ['withdrawn', 'A new picture.', (await bulletinOf(db, young)).id])
    assert.deepEqual(
      (await updatesOf(db, id)).map(({ title, told }) => [title, told]),
      [[`Replaced by CC-${young}`, 2]],
    )
  })
  assert.deepEqual(
    (await mailings(old)).map(({ kind }) => kind),
    ['release', 'withdrawal'],
  )
  await assert.rejects(replace(young), { name: 'Conflict' })
  await assert.rejects(save(analyst, old, 2), { name: 'Conflict' })
})

test('a bulletin is not replaced by one that a reader did not get; who has closed since does not count', async () => {
  const [wide, narrow] = [await released(['YN', 'YS']), await released()]
  const replace = () => doing(manager, work => supersedeBulletin(work, { number: wide, by: narrow, reason: 'A new picture.', tells: null }))
  await assert.rejects(replace(), { code: 'broadcast.supersede.not-theirs', message: /^1 organisation that has CC-\d+ did not get CC-\d+/ })
  await sql`update directory_organisation set status = 'closed' where code = 'P3'`.execute(platform.database.kysely)
  await replace()
  await sql`update directory_organisation set status = 'open' where code = 'P3'`.execute(platform.database.kysely)
})

test('of an end only those hear whom the bulletin has reached', async () => {
  const [sent, flying, answered, unsent] = [await released(), await released(), await released(), await released()]
  await arrived(sent, ['P1'])
  await sql`update broadcast_delivery set state = 'sending' where bulletin_id = (select id from broadcast_bulletin where number = ${flying})`.execute(
    platform.database.kysely,
  )
  const organisationId = ids.get('P1')
  assert.ok(organisationId)
  const answer = { state: 'acknowledged', note: null, reason: null, nextDate: null } as const
  await doing(lead, async work => respond(work, { bulletinId: (await bulletinOf(work.db, answered)).id, organisationId, via: 'portal', ...answer }))
  for (const [number, told] of [
    [sent, 2],
    [flying, 2],
    [answered, 2],
    [unsent, 0],
  ] as const) {
    const reach = await asking(manager, async db => reachOf(db, (await bulletinOf(db, number)).id, true))
    assert.equal(reach.contacts, told, 'the form says so beforehand')
    await doing(manager, work => withdrawBulletin(work, { number, reason: 'It was nothing.', tells: { baseUrl: BASE_URL } }))
    assert.equal((await mailings(number)).find(({ kind }) => kind === 'withdrawal')?.deliveries, told)
  }
})

test('a severity and a withdrawal tell people only where they are material', async () => {
  const number = await released()
  await doing(manager, work => changeSeverity(work, { number, severity: 'low', reason: 'It is contained.' }))
  await doing(manager, work => changeSeverity(work, { number, severity: 'medium', reason: 'It is back.', tells: { baseUrl: BASE_URL } }))
  await doing(manager, work => withdrawBulletin(work, { number, reason: 'It was nothing.', tells: { baseUrl: BASE_URL } }))
  assert.deepEqual(
    (await mailings(number)).map(({ kind }) => kind),
    ['release', 'update', 'withdrawal'],
  )
})

test('by commands alone a next version is written, reviewed, approved and published, and another replaces it', async () => {
  const number = `CC-${await released()}`
  const other = `CC-${await released()}`
  await assert.rejects(runCommand(platform, analyst, 'bulletins update', [number]), { message: /--title/ })
  const { data: saved } = await runCommand<{ version: number }>(platform, analyst, 'bulletins update', [number], {
    title: 'A fix is out',
    tell: true,
  })
  assert.equal(saved.version, 2)
  await runCommand(platform, analyst, 'bulletins review', [number])
  await runCommand(platform, manager, 'bulletins approve', [number])
  const { data } = await runCommand<{ told: number; version: number }>(platform, manager, 'bulletins publish', [number])
  assert.deepEqual([data.version, data.told], [2, 2])
  await runCommand(platform, manager, 'bulletins supersede', [number, other], { reason: 'Merged.', tell: true })
  await runCommand(platform, manager, 'bulletins withdraw', [other], { reason: 'A false alarm.' })
  const draft = `CC-${await drafted()}`
  const { data: alone } = await runCommand<{ organisations: number }>(platform, manager, 'bulletins release', [draft], { alone: 'It burns.' })
  assert.equal(alone.organisations, 2)
})
