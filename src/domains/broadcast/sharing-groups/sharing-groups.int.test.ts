import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql, type Kysely } from 'kysely'
import { actorAs, plantOrganisations, SOUND_CONTENT } from '../../../../test/support/broadcast.ts'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { Conflict, Forbidden, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { saveAudience } from '../audience/commands.ts'
import { catchUp } from '../audience/late-joiners/commands.ts'
import { AudienceRule } from '../audience/model.ts'
import { resolveAudience, ruleOf } from '../audience/queries.ts'
import { checkRule } from '../audience/queries/checking.ts'
import { viewAudience } from '../audience/queries/lists.ts'
import { approveBulletin, draftBulletin, saveVersion, sendForReview } from '../bulletins/commands.ts'
import { publishRevision } from '../bulletins/living/commands.ts'
import { BulletinContent, parseBulletinNumber } from '../bulletins/model.ts'
import { bulletinOf, versionOf } from '../bulletins/queries.ts'
import { letterOf } from '../deliveries/model.ts'
import { readPublished } from '../publication/queries.ts'
import { releaseBulletin } from '../release/commands.ts'
import { textMessage } from '../renditions/model.ts'
import type { Visible } from '../tables.ts'
import { addMembers, addSharingGroup, endSharingGroup, removeMember } from './commands.ts'
import { membershipsOf, sharingGroups } from './queries.ts'

const platform = await createTestPlatform()
const owner = platform.database.kysely as Kysely<Visible>
const analyst = actorAs('analyst')
const manager = actorAs('duty-manager')
const ids = await plantOrganisations(platform, [
  { code: 'YN', type: 'region' },
  { code: 'A1', region: 'YN' },
  { code: 'A2', region: 'YN' },
  { code: 'A3', region: 'YN' },
  { code: 'B1', region: 'YS' },
  { code: 'C1', type: 'supplier', contacts: ['desk@c1.example'] },
])
const idOf = (code: string) => ids.get(code) ?? ''
await owner
  .insertInto('directory_partnership')
  .values(
    ['A1', 'A2'].map(code => ({ id: `pts_${code}`, partner_id: idOf('C1'), organisation_id: idOf(code), since: platform.clock.now(), until: null })),
  )
  .execute()

const lead = (code: string) => actorAs('cyber-lead', ids.get(code))
const region = actorAs('regional-lead', ids.get('YN'))
const partner = actorAs('partner-responder', ids.get('C1'))
const doing = <R>(actor: Actor, body: (work: Work<Visible>) => Promise<R>) => runWork<Visible, R>(platform, actor, body)
const PRACTICES = { types: ['practice'] }
const BASE = 'https://carecert.example'

let made = 0
const group = async (...codes: string[]) => {
  const id = await doing(manager, work => addSharingGroup(work, { name: `Group ${++made}`, purpose: 'To share', id: null }))
  if (codes.length > 0) await doing(manager, work => addMembers(work, { groupId: id, codes }))
  return id
}

async function drafted(groupId: string | null, tlp: Tlp = 'GREEN', rule: object = PRACTICES): Promise<number> {
  const content = BulletinContent.parse({ ...SOUND_CONTENT, tlp, ...(groupId === null ? {} : { sharingGroup: { id: groupId } }) })
  const number = parseBulletinNumber((await doing(analyst, work => draftBulletin(work, { threatId: null, content }))).number) ?? 0
  await doing(analyst, work => saveAudience(work, { number, rule: AudienceRule.parse(rule) }))
  return number
}

const reaching = (number: number) =>
  readAs<Visible, Awaited<ReturnType<typeof resolveAudience>>>(platform, manager, async db =>
    resolveAudience(db, await ruleOf(db, (await bulletinOf(db, number)).id)),
  )
const codesOf = async (number: number) => (await reaching(number)).organisations.map(({ code }) => code).join(' ')

async function approved(number: number, version = 1): Promise<void> {
  await doing(analyst, work => sendForReview(work, { number, version }))
  await doing(manager, work => approveBulletin(work, { number, version }))
}

async function release(number: number): Promise<void> {
  await approved(number)
  const { hash } = await reaching(number)
  await doing(manager, work => releaseBulletin(work, { number, version: 1, audienceHash: hash, baseUrl: BASE }))
}

/** Of each table, how many rows about a bulletin an actor can see, however it is asked. */
async function seen(actor: Actor, number: number): Promise<Record<string, number>> {
  const { rows } = await sql<{ id: string }>`select id from broadcast_bulletin where number = ${number}`.execute(owner)
  const id = rows[0]?.id ?? ''
  return readAs<Visible, Record<string, number>>(platform, actor, async db => {
    const found: Record<string, number> = {}
    for (const table of ['bulletin', 'version', 'release', 'recipient', 'delivery', 'response', 'tally', 'answer_time', 'mailing', 'audience']) {
      const column = table === 'bulletin' ? 'id' : 'bulletin_id'
      const { rows: counted } = await sql<{ n: number }>`
        select count(*)::int as n from ${sql.table(`broadcast_${table}`)} where ${sql.ref(column)} = ${id}`.execute(db)
      if ((counted[0]?.n ?? 0) > 0) found[table] = counted[0]?.n ?? 0
    }
    return found
  })
}

test('a bulletin for a group reaches those of its rule who are members, and names the others as not in the group', async () => {
  const number = await drafted(await group('A1', 'B1', 'C1'))
  assert.equal(await codesOf(number), 'A1 B1', 'C1 is a member and not of the rule')
  const { hash } = await reaching(number)
  await readAs<Visible, void>(platform, manager, async db => {
    const checked = await checkRule(db, await ruleOf(db, (await bulletinOf(db, number)).id))
    const query = { list: 'excluded', search: '', type: '', region: '', sort: 'code' } as const
    const view = await viewAudience(db, checked, query, { limit: 10, cursor: null })
    assert.deepEqual(
      view.found.rows.map(({ code, why }) => `${code} ${why}`),
      ['A2 not-in-group', 'A3 not-in-group'],
    )
    assert.equal(view.summary.hash, hash, 'the database makes the same hash')
  })
})

test('a group that has no members, is ended or is not known reaches nobody, and the audience says why', async () => {
  const empty = await group()
  const ended = await group('A1')
  await doing(manager, work => endSharingGroup(work, { groupId: ended, reason: 'It dissolved' }))
  for (const [id, words] of [
    [empty, /has no members, so the bulletin reaches nobody/],
    [ended, /has been ended, so the bulletin reaches nobody/],
  ] as const) {
    const number = await drafted(id)
    const { organisations, problems } = await reaching(number)
    assert.deepEqual(organisations, [])
    assert.match(problems.join(' '), words)
    await assert.rejects(release(number), Invalid)
  }
  const asked = { rule: AudienceRule.parse(PRACTICES), tlp: 'GREEN', sharingGroup: '11111111-1111-4111-8111-111111111111' } as const
  const { organisations, problems } = await readAs<Visible, Awaited<ReturnType<typeof resolveAudience>>>(platform, manager, db =>
    resolveAudience(db, asked),
  )
  assert.deepEqual(organisations, [])
  assert.match(problems.join(' '), /not known here/)
  await assert.rejects(drafted(asked.sharingGroup), /There is no such sharing group/)
})

test('the group is part of what is approved: another group is another version, and its name is the group’s own', async () => {
  const [one, other] = [await group('A1'), await group('A2')]
  const number = await drafted(one)
  await approved(number)
  const { hash } = await reaching(number)
  const content = BulletinContent.parse({ ...SOUND_CONTENT, tlp: 'GREEN', sharingGroup: { id: other, name: 'A name that flatters' } })
  await doing(analyst, work => saveVersion(work, { number, baseVersion: 1, content }))
  await assert.rejects(
    doing(manager, work => releaseBulletin(work, { number, version: 2, audienceHash: hash, baseUrl: BASE })),
    'the approval of version 1 does not cover it',
  )
  await readAs<Visible, void>(platform, manager, async db => {
    const bulletin = await bulletinOf(db, number)
    const { content: saved } = await versionOf(db, bulletin.id, 2)
    assert.match(saved.sharingGroup?.name ?? '', /^Group \d+$/)
    assert.deepEqual(bulletin.sharingGroup, saved.sharingGroup)
  })
  assert.equal(await codesOf(number), 'A2')
})

test('who leaves or joins between the approval and the release changes the audience, so the releaser looks again', async () => {
  const id = await group('A1', 'A2')
  const number = await drafted(id)
  await approved(number)
  const { hash } = await reaching(number)
  const release = () => doing(manager, work => releaseBulletin(work, { number, version: 1, audienceHash: hash, baseUrl: BASE }))
  await doing(manager, work => removeMember(work, { groupId: id, code: 'A2', reason: 'It merged' }))
  await assert.rejects(release(), /the audience has changed since you looked/)
  await doing(manager, work => addMembers(work, { groupId: id, codes: ['A3'] }))
  await assert.rejects(release(), Conflict)
  assert.equal(await codesOf(number), 'A1 A3')
})

test('only those it was sent to read it: not others, nor the region or the partner that looks after them', async () => {
  const number = await drafted(await group('A1', 'B1'))
  await release(number)
  assert.deepEqual(Object.keys(await seen(lead('A1'), number)), ['bulletin', 'version', 'release', 'recipient', 'delivery', 'mailing'])
  assert.equal((await seen(lead('A1'), number))['recipient'], 1)
  for (const [name, actor] of Object.entries({ A2: lead('A2'), A3: lead('A3'), region, partner, anybody: actorAs('cyber-lead', ids.get('C1')) }))
    assert.deepEqual(await seen(actor, number), {}, name)
  assert.equal((await seen(manager, number))['recipient'], 2)

  const without = await drafted(null)
  await release(without)
  assert.ok((await seen(region, without))['recipient'], 'without a group a region sees its own')
  assert.ok((await seen(partner, without))['recipient'], 'and so does a partner')
})

test('a region or a partner that is a member itself reads what went to itself, and nothing of others', async () => {
  const number = await drafted(await group('A1', 'YN', 'C1'), 'GREEN', { types: ['practice', 'region', 'supplier'] })
  await release(number)
  assert.equal(await codesOf(number), 'A1 C1 YN')
  for (const actor of [region, partner]) {
    const found = await seen(actor, number)
    assert.deepEqual([found['bulletin'], found['recipient'], found['delivery'], found['tally']], [1, 1, 1, undefined])
  }
})

test('partners whom the rule tells too are told only as members', async () => {
  const rule = { types: ['practice'], partners: true }
  assert.equal(await codesOf(await drafted(await group('A1'), 'GREEN', rule)), 'A1')
  assert.equal(await codesOf(await drafted(await group('A1', 'C1'), 'GREEN', rule)), 'A1 C1')
})

test('who has left since reads what it was sent, updates too; what is released after does not reach it', async () => {
  const id = await group('A1', 'A2')
  const before = await drafted(id)
  await release(before)
  await doing(manager, work => removeMember(work, { groupId: id, code: 'A2', reason: 'It merged' }))
  const news = { title: 'More is known', body: '', isMaterial: true }
  const group1 = { id, name: '' }
  const content = BulletinContent.parse({ ...SOUND_CONTENT, tlp: 'GREEN', sharingGroup: group1, news })
  await doing(analyst, work => saveVersion(work, { number: before, baseVersion: 1, content }))
  await approved(before, 2)
  await doing(manager, work => publishRevision(work, { number: before, version: 2, baseUrl: BASE }))
  assert.equal((await seen(lead('A2'), before))['bulletin'], 1)
  const names = await readAs<Visible, readonly string[]>(platform, lead('A2'), async db => (await sharingGroups(db)).map(({ name }) => name))
  assert.ok(names.length > 0, 'the name of the group can still be read')
  const after = await drafted(id)
  await release(after)
  assert.deepEqual(await seen(lead('A2'), after), {})
})

test('late joiners are members too: one who joins the group can be caught up, one who does not cannot', async () => {
  const id = await group('A1')
  const number = await drafted(id)
  await release(number)
  const late = (codes: readonly string[] | 'everyone') => doing(manager, work => catchUp(work, { number, codes, reason: 'It joined', baseUrl: BASE }))
  await assert.rejects(late(['A2']), /no longer fits its rule/)
  await doing(manager, work => addMembers(work, { groupId: id, codes: ['A2'] }))
  assert.equal((await late('everyone')).organisations, 1)
  assert.deepEqual(await seen(lead('A3'), number), {})
})

test('after the release the group stays: no version goes to another group or to everybody', async () => {
  const id = await group('A1')
  const number = await drafted(id)
  await release(number)
  const news = { title: 'For all', body: '', isMaterial: true }
  const content = BulletinContent.parse({ ...SOUND_CONTENT, tlp: 'GREEN', news })
  await doing(analyst, work => saveVersion(work, { number, baseVersion: 1, content }))
  await assert.rejects(
    doing(analyst, work => sendForReview(work, { number, version: 2 })),
    /its sharing group cannot be changed/,
  )
  assert.deepEqual(await seen(region, number), {})
})

test('nothing is CLEAR and for a group, neither for review nor in the database', async () => {
  const number = await drafted(await group('A1'), 'CLEAR')
  await assert.rejects(
    doing(analyst, work => sendForReview(work, { number, version: 1 })),
    /TLP:CLEAR is for everybody/,
  )
  await assert.rejects(
    owner.updateTable('broadcast_bulletin').set({ released_at: platform.clock.now() }).where('number', '=', number).execute(),
    /group_is_not_clear/,
  )
})

test('what carries the text names the group, and above GREEN not even that', async () => {
  const content = BulletinContent.parse({ ...SOUND_CONTENT, tlp: 'GREEN', sharingGroup: { id: await group('A1'), name: 'North' } })
  const told = {
    kind: 'release',
    title: content.title,
    severity: content.severity,
    tlp: 'GREEN',
    releasedAt: platform.clock.now(),
    respondBy: null,
    withdrawnReason: null,
    isExercise: false,
    content,
    update: null,
  } as const
  const letter = letterOf(told, 'CC-5001', BASE)
  assert.equal(letter.sharingGroup, 'Only for the sharing group North')
  const model = { ...letter, answers: [{ organisation: 'One', link: BASE }], contact: 'Lee' }
  assert.match(platform.views.render('broadcast/deliveries/views/bulletin.mail.txt.njk', model), /TLP:GREEN\. Only for the sharing group North\./)
  assert.match(platform.views.render('broadcast/deliveries/views/bulletin.mail.html.njk', model), /Only for the sharing group North/)
  assert.match(textMessage(told, 'CC-5001', { link: BASE, code: null }).text, /TLP:GREEN Only for North: /)
  assert.equal(letterOf({ ...told, tlp: 'AMBER' }, 'CC-5001', BASE).sharingGroup, null)
  assert.doesNotMatch(textMessage({ ...told, tlp: 'AMBER' }, 'CC-5001', { link: BASE, code: null }).text, /North/)
})

test('what is published says its group, and only to those who may read it', async () => {
  const id = await group('A1')
  const number = await drafted(id)
  await release(number)
  const { id: bulletinId } = await owner.selectFrom('broadcast_bulletin').select('id').where('number', '=', number).executeTakeFirstOrThrow()
  const published = (actor: Actor) => readAs<Visible, Awaited<ReturnType<typeof readPublished>>>(platform, actor, db => readPublished(db, bulletinId))
  assert.equal((await published(lead('A1')))?.sharingGroup?.id, id)
  for (const actor of [lead('A2'), region, partner]) assert.equal(await published(actor), undefined)
})

test('an organisation sees the groups that it belongs to, and of their members itself alone', async () => {
  const id = await group('A1', 'B1')
  const read = <R>(actor: Actor, body: (db: Parameters<typeof membershipsOf>[0]) => Promise<R>) => readAs<Visible, R>(platform, actor, body)
  const members = (actor: Actor) =>
    read(actor, async db => (await membershipsOf(db, id, { search: '', state: '' }, { limit: 10, cursor: null })).rows.map(({ code }) => code))
  assert.deepEqual(await members(manager), ['A1', 'B1'])
  assert.deepEqual(await members(lead('A1')), ['A1'])
  for (const actor of [lead('A2'), region, partner]) {
    assert.deepEqual(await members(actor), [])
    assert.ok(!(await read(actor, sharingGroups)).some(found => found.id === id))
  }
})

test('groups are kept by those who approve; a group is made once, a member joins once, and an ended group stands still', async () => {
  for (const actor of [analyst, lead('A1'), region])
    await assert.rejects(
      doing(actor, work => addSharingGroup(work, { name: 'Mine', purpose: 'To see', id: null })),
      Forbidden,
    )
  const id = '5f0c3a52-5a0e-4b1c-9c53-0d5be1a3a111'
  await doing(manager, work => addSharingGroup(work, { name: 'Kept elsewhere', purpose: 'To share', id }))
  for (const again of [
    { name: 'kept ELSEWHERE', purpose: 'Again', id: null },
    { name: 'Another name', purpose: 'Again', id },
  ])
    await assert.rejects(
      doing(manager, work => addSharingGroup(work, again)),
      Conflict,
    )
  await doing(manager, work => addMembers(work, { groupId: id, codes: ['A1'] }))
  await assert.rejects(
    doing(manager, work => addMembers(work, { groupId: id, codes: ['A1', 'A2'] })),
    /A1 belongs to the group already/,
  )
  await assert.rejects(
    doing(manager, work => addMembers(work, { groupId: id, codes: ['NOBODY'] })),
    /no organisation NOBODY/,
  )
  await doing(manager, work => removeMember(work, { groupId: id, code: 'a1', reason: 'It merged' }))
  await doing(manager, work => addMembers(work, { groupId: id, codes: ['A1'] }))
  await assert.rejects(
    doing(manager, work => removeMember(work, { groupId: id, code: 'A2', reason: 'It merged' })),
    NotFound,
  )
  await doing(manager, work => endSharingGroup(work, { groupId: id, reason: 'It dissolved' }))
  await assert.rejects(
    doing(manager, work => addMembers(work, { groupId: id, codes: ['A2'] })),
    /has been ended/,
  )
  assert.deepEqual(
    (await owner.selectFrom('broadcast_sharing_group_member').select('until').where('group_id', '=', id).orderBy('id').execute()).map(
      ({ until }) => until === null,
    ),
    [false, true],
    'memberships are kept',
  )
})
