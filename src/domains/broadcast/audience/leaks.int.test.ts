import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql, type Kysely } from 'kysely'
import { actorAs, plantOrganisations, SOUND_CONTENT } from '../../../../test/support/broadcast.ts'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { approveBulletin, draftBulletin, saveVersion, sendForReview } from '../bulletins/commands.ts'
import { BulletinContent, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf } from '../bulletins/queries.ts'
import { releaseBulletin } from '../release/commands.ts'
import { releaseOf } from '../release/queries.ts'
import type { Visible } from '../tables.ts'
import { saveAudience } from './commands.ts'
import { AudienceRule } from './model.ts'
import { hasRule, matchesOf, resolveAudience, ruleOf } from './queries.ts'

/**
 * Leaks that others have published of their systems, each with the address of the report, described in our words: none of them may
 * happen here (`https://github.com/OWNER/NAME/issues/N` for `OWNER/NAME#N`).
 */

const platform = await createTestPlatform()
const owner = platform.database.kysely as Kysely<Visible>
const analyst = actorAs('analyst')
const manager = actorAs('duty-manager')
const ids = await plantOrganisations(platform, [
  { code: 'A1', region: 'YN', runs: [['Larch', 'Larch Records', '9.1']] },
  { code: 'A2', region: 'YN', runs: [['Larch', 'Larch Records', '9.2']] },
  { code: 'B1', region: 'YS', runs: [['Larch', 'Larch Records', '9.1']] },
  { code: 'C1', type: 'supplier', contacts: ['desk@c1.example'] },
])
const idOf = (code: string) => ids.get(code) ?? ''
await owner
  .insertInto('directory_partnership')
  .values(
    ['A1', 'B1'].map(code => ({ id: `pts_${code}`, partner_id: idOf('C1'), organisation_id: idOf(code), since: platform.clock.now(), until: null })),
  )
  .execute()

const doing = <R>(actor: Actor, body: (work: Work<Visible>) => Promise<R>) => runWork<Visible, R>(platform, actor, body)
const lead = (code: string) => actorAs('cyber-lead', ids.get(code))
const partner = actorAs('partner-responder', ids.get('C1'))

async function drafted(tlp: Tlp = 'GREEN'): Promise<number> {
  const content = BulletinContent.parse({ ...SOUND_CONTENT, tlp })
  return parseBulletinNumber((await doing(analyst, work => draftBulletin(work, { threatId: null, content }))).number) ?? 0
}

const choose = (number: number, rule: object) => doing(analyst, work => saveAudience(work, { number, rule: AudienceRule.parse(rule) }))

async function release(number: number, version = 1): Promise<void> {
  await doing(analyst, work => sendForReview(work, { number, version }))
  await doing(manager, work => approveBulletin(work, { number, version }))
  const { hash } = await reaching(number)
  await doing(manager, work => releaseBulletin(work, { number, version, audienceHash: hash, baseUrl: 'https://carecert.example' }))
}

const reaching = (number: number) =>
  readAs<Visible, Awaited<ReturnType<typeof resolveAudience>>>(platform, manager, async db =>
    resolveAudience(db, await ruleOf(db, (await bulletinOf(db, number)).id)),
  )

/** Every row about a bulletin that an actor can see, by table, however it is asked. */
async function seen(actor: Actor, number: number): Promise<Record<string, number>> {
  const { rows } = await sql<{ id: string }>`select id from broadcast_bulletin where number = ${number}`.execute(owner)
  const id = rows[0]?.id ?? ''
  return readAs<Visible, Record<string, number>>(platform, actor, async db => {
    const found: Record<string, number> = {}
    for (const [table, column] of [
      ['broadcast_bulletin', 'id'],
      ['broadcast_version', 'bulletin_id'],
      ['broadcast_release', 'bulletin_id'],
      ['broadcast_recipient', 'bulletin_id'],
      ['broadcast_delivery', 'bulletin_id'],
      ['broadcast_response', 'bulletin_id'],
      ['broadcast_audience', 'bulletin_id'],
    ] as const) {
      const { rows: counted } = await sql<{ n: number }>`select count(*)::int as n from ${sql.table(table)} where ${sql.ref(column)} = ${id}`.execute(
        db,
      )
      if ((counted[0]?.n ?? 0) > 0) found[table] = counted[0]?.n ?? 0
    }
    return found
  })
}

const reachedCodes = async (number: number) =>
  (
    await owner
      .selectFrom('broadcast_recipient')
      .innerJoin('broadcast_bulletin', 'broadcast_bulletin.id', 'broadcast_recipient.bulletin_id')
      .innerJoin('directory_organisation', 'directory_organisation.id', 'broadcast_recipient.organisation_id')
      .select('directory_organisation.code')
      .where('broadcast_bulletin.number', '=', number)
      .orderBy('directory_organisation.code')
      .execute()
  ).map(({ code }) => code)

test('MISP#4200, a group without members meant everybody: here what holds nobody reaches nobody, and nothing is released', async () => {
  await owner
    .insertInto('broadcast_saved_audience')
    .values({ name: 'Empty', version: 1, rule: '{}', saved_by: 'test', saved_at: platform.clock.now() })
    .execute()
  for (const rule of [
    {},
    { match: null, organisations: [], excluding: [] },
    { types: [], regions: [] },
    { match: { is: 'saved', audience: 'Empty' } },
    {
      match: {
        is: 'any',
        of: [
          { is: 'region', of: ['YN'] },
          { is: 'saved', audience: 'Empty' },
        ],
      },
    },
    { match: { is: 'not', of: { is: 'saved', audience: 'Empty' } } },
    { match: { is: 'technology', product: 'Nobody runs this' } },
  ]) {
    const number = await drafted()
    await choose(number, rule)
    assert.deepEqual((await reaching(number)).organisations, [], JSON.stringify(rule))
    await assert.rejects(release(number), { name: 'Invalid', message: /Nothing was released/ }, JSON.stringify(rule))
  }
  for (const rule of [{ match: { is: 'any', of: [] } }, { match: { is: 'type', of: [] } }])
    assert.equal(AudienceRule.safeParse(rule).success, false, 'an empty group or list cannot even be saved')
})

test('MISP#4200, a stored audience that can no longer be read: nobody, and the sentence says to choose again', async () => {
  const number = await drafted()
  await choose(number, { regions: ['YN'] })
  await sql`update broadcast_audience set rule = '{"match": {"is": "everyone"}}' where bulletin_id = (select id from broadcast_bulletin where number = ${number})`.execute(
    owner,
  )
  const audience = await reaching(number)
  assert.deepEqual([audience.organisations, /cannot be read, so it reaches nobody/.test(audience.problems.join())], [[], true])
})

test('MISP#1720 and #1721, an organisation outside the group received it: here it finds no row of any kind', async () => {
  const number = await drafted()
  await choose(number, { regions: ['YN'] })
  await release(number)
  assert.deepEqual(await reachedCodes(number), ['A1', 'A2'])
  assert.deepEqual(await seen(lead('B1'), number), {})
  const own = await seen(lead('A1'), number)
  assert.deepEqual(
    [own['broadcast_bulletin'], own['broadcast_recipient'], own['broadcast_delivery'], own['broadcast_audience']],
    [1, 1, 1, undefined],
  )
})

test('MISP#7315, a change of a group did not reach what used it: here a draft follows at once, what was agreed to is void, and what was released stays', async () => {
  const save = (version: number, rule: object) =>
    owner
      .insertInto('broadcast_saved_audience')
      .values({ name: 'North', version, rule: JSON.stringify(rule), saved_by: 'test', saved_at: platform.clock.now() })
      .execute()
  await save(1, { regions: ['YN', 'YS'] })
  const [before, after] = [await drafted(), await drafted()]
  for (const number of [before, after]) await choose(number, { match: { is: 'saved', audience: 'North' } })
  await release(before)
  const agreed = (await reaching(after)).hash
  await save(2, { regions: ['YN'] })
  assert.deepEqual(
    (await reaching(after)).organisations.map(({ code }) => code),
    ['A1', 'A2'],
  )
  await doing(analyst, work => sendForReview(work, { number: after, version: 1 }))
  await doing(manager, work => approveBulletin(work, { number: after, version: 1 }))
  await assert.rejects(
    doing(manager, work => releaseBulletin(work, { number: after, version: 1, audienceHash: agreed, baseUrl: 'https://carecert.example' })),
    { code: 'broadcast.release.audience-changed' },
  )
  assert.deepEqual(await reachedCodes(before), ['A1', 'A2', 'B1'])
})

test('DependencyTrack/dependency-track#5569, a message for some told of what others run: here an organisation reads its own matches alone', async () => {
  const number = await drafted()
  await choose(number, { technology: [{ product: 'Larch Records' }] })
  await release(number)
  const own = await readAs<Visible, Awaited<ReturnType<typeof matchesOf>>>(platform, lead('A1'), async db => {
    const frozen = await releaseOf(db, (await bulletinOf(db, number)).id)
    assert.ok(frozen)
    // Another's id in the question gives nothing either.
    assert.deepEqual(await matchesOf(db, idOf('B1'), frozen), [])
    return matchesOf(db, idOf('A1'), frozen)
  })
  assert.deepEqual(
    own.map(({ product, version }) => `${product} ${version}`),
    ['Larch Records 9.1'],
  )
})

test('DependencyTrack/dependency-track#1866, a limit to some recipients was not applied: here every part of the rule narrows what the technology finds', async () => {
  const number = await drafted()
  await choose(number, {
    match: {
      is: 'all',
      of: [
        { is: 'technology', product: 'Larch Records' },
        { is: 'region', of: ['YS'] },
      ],
    },
  })
  await release(number)
  assert.deepEqual(await reachedCodes(number), ['B1'])
  assert.deepEqual(await seen(lead('A1'), number), {})
})

test('OpenCTI-Platform/opencti#9160, what was made and then restricted was seen in between: here nobody outside the centre sees a draft, whomever it once named', async () => {
  const number = await drafted('CLEAR')
  await choose(number, { regions: ['YN', 'YS'] })
  for (const actor of [lead('A1'), lead('B1'), partner]) assert.deepEqual(await seen(actor, number), {}, 'while it is written')
  await doing(analyst, work => saveVersion(work, { number, baseVersion: 1, content: BulletinContent.parse({ ...SOUND_CONTENT, tlp: 'AMBER' }) }))
  await choose(number, { organisations: ['A2'] })
  await release(number, 2)
  for (const actor of [lead('A1'), lead('B1'), partner]) assert.deepEqual(await seen(actor, number), {}, 'after it was restricted and released')
  assert.equal((await seen(lead('A2'), number))['broadcast_version'], 1, 'the version that was released, and none before it')
})

test('taranis-ai/taranis-ai#8 and #47, everyone was set by itself: here a bulletin has no audience until a person saves one', async () => {
  const number = await drafted()
  const { id } = await readAs<Visible, { id: string }>(platform, analyst, db => bulletinOf(db, number))
  await doing(analyst, work => saveVersion(work, { number, baseVersion: 1, content: BulletinContent.parse({ ...SOUND_CONTENT, title: 'Another' }) }))
  assert.equal(await readAs<Visible, boolean>(platform, analyst, db => hasRule(db, id)), false)
  assert.match((await reaching(number)).problems.join(), /empty, so it reaches nobody/)
})

test('taranis-ai/taranis-ai#86, a restriction hid everything from those it was for: here each of those reached reads it, and answers', async () => {
  const number = await drafted('AMBER+STRICT')
  await choose(number, { regions: ['YN'] })
  await release(number)
  for (const code of ['A1', 'A2']) {
    const found = await seen(lead(code), number)
    assert.deepEqual([found['broadcast_bulletin'], found['broadcast_version'], found['broadcast_recipient']], [1, 1, 1], code)
  }
})

test('TLP 2.0: a partner sees what its customers got up to AMBER, and nothing that is stricter, save what went to itself', async () => {
  const told: Partial<Record<Tlp, Record<string, number>>> = {}
  for (const tlp of ['AMBER', 'AMBER+STRICT'] as const) {
    const number = await drafted(tlp)
    await choose(number, { organisations: ['A1', 'B1'] })
    await release(number)
    told[tlp] = await seen(partner, number)
  }
  assert.deepEqual([told['AMBER']?.['broadcast_bulletin'], told['AMBER']?.['broadcast_recipient']], [1, 2])
  assert.deepEqual(told['AMBER+STRICT'], {})
  await owner
    .insertInto('broadcast_clearance_override')
    .values({
      organisation_id: idOf('C1'),
      tlp: 'AMBER+STRICT',
      reason: 'Agreed',
      by_id: 'test',
      at: platform.clock.now(),
      ended_at: null,
      ended_by: null,
    })
    .execute()
  const number = await drafted('AMBER+STRICT')
  await choose(number, { organisations: ['A1', 'C1'] })
  await release(number)
  const own = await seen(partner, number)
  assert.deepEqual(
    [own['broadcast_bulletin'], own['broadcast_recipient'], own['broadcast_delivery']],
    [1, 1, 1],
    'its own row, and not its customer’s',
  )
})
