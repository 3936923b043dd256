import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql, type Kysely } from 'kysely'
import { actorAs, plantOrganisations } from '../../../../test/support/broadcast.ts'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import { readAs } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { canonicalRule } from './canonical.ts'
import { AudienceRule, EMPTY_RULE } from './model.ts'
import { matchesOf, resolveAudience, suggestRule, summariseAudience, type Audience } from './queries.ts'
import { checkRule } from './queries/checking.ts'
import { viewAudience } from './queries/lists.ts'

const platform = await createTestPlatform()
const owner = platform.database.kysely as Kysely<Visible>
const analyst = actorAs('analyst')
const ids = await plantOrganisations(platform, [
  { code: 'P1', region: 'YN', runs: [['Larch', 'Larch Records', '3.1.9']] },
  { code: 'P2', region: 'YN', runs: [['Larch', 'Larch Records', '3.2']] },
  { code: 'P3', region: 'YS', runs: [['Larch', 'Larch Records']] },
  { code: 'P4', region: 'YS', runs: [['Elm', 'Elm Post', '7']] },
  {
    code: 'T1',
    type: 'trust',
    region: 'YN',
    runs: [
      ['Larch', 'Larch Records', '3'],
      ['Elm', 'Elm Post', '9'],
    ],
  },
  { code: 'T2', type: 'trust', region: 'YS' },
  { code: 'T3', type: 'trust' },
  { code: 'S1', type: 'supplier', region: 'YN', contacts: ['desk@s1.example'] },
  { code: 'S2', type: 'supplier', region: 'YS', closed: true },
])
const idOf = (code: string) => ids.get(code) ?? ''
await owner.updateTable('directory_organisation').set({ size: 40 }).where('code', '=', 'P1').execute()
await owner.updateTable('directory_organisation').set({ size: 900 }).where('code', '=', 'T1').execute()
await owner.updateTable('directory_organisation').set({ size: 6_000 }).where('code', '=', 'T2').execute()
await sql`update directory_contact set purpose = 'Service desk' where organisation_id in (${idOf('P2')}, ${idOf('T3')})`.execute(owner)
const now = platform.clock.now()
await owner
  .insertInto('directory_partnership')
  .values([
    { id: 'pts_1', partner_id: idOf('S1'), organisation_id: idOf('P1'), since: now, until: null },
    { id: 'pts_2', partner_id: idOf('S1'), organisation_id: idOf('P2'), since: now, until: now },
    { id: 'pts_3', partner_id: idOf('S2'), organisation_id: idOf('P3'), since: now, until: null },
  ])
  .execute()
await owner
  .insertInto('broadcast_saved_audience')
  .values([
    { name: 'Larch users', version: 1, rule: JSON.stringify({ types: ['trust'] }), saved_by: 'test', saved_at: now },
    {
      name: 'Larch users',
      version: 2,
      rule: JSON.stringify({
        match: { is: 'technology', product: 'Larch Records' },
        organisations: ['P4'],
        excluding: [{ is: 'organisation', of: ['P2'] }],
      }),
      saved_by: 'test',
      saved_at: now,
    },
    { name: 'Broken', version: 1, rule: JSON.stringify({ match: { is: 'colour', of: ['red'] } }), saved_by: 'test', saved_at: now },
    { name: 'Nested', version: 1, rule: JSON.stringify({ match: { is: 'saved', audience: 'Larch users' } }), saved_by: 'test', saved_at: now },
  ])
  .execute()
const earlier = await releasedBulletin(platform, { organisations: 4, reachable: 3, prefix: 'E' })
// Of a type that no other rule here names.
await owner.updateTable('directory_organisation').set({ type: 'dentist', region_code: null }).where('code', 'like', 'E%').execute()
await owner
  .updateTable('broadcast_recipient')
  .set({ response: 'in-progress' })
  .where('organisation_id', '=', earlier.organisationIds[0] ?? '')
  .execute()

const resolve = (rule: object, tlp: Tlp = 'CLEAR') =>
  readAs<Visible, Audience>(platform, analyst, db => resolveAudience(db, { rule: AudienceRule.parse(rule), tlp, sharingGroup: null }))
const codes = async (match: object, over: object = {}, tlp: Tlp = 'CLEAR') => {
  const audience = await resolve({ match, ...over }, tlp)
  assert.deepEqual(audience.problems, [])
  return audience.organisations.map(({ code }) => code).join(' ')
}
const all = (...of: object[]) => ({ is: 'all', of })
const any = (...of: object[]) => ({ is: 'any', of })
const not = (of: object) => ({ is: 'not', of })
const type = (...of: string[]) => ({ is: 'type', of })
const region = (...of: string[]) => ({ is: 'region', of })
const larch = (over: object = {}) => ({ is: 'technology', product: 'Larch Records', ...over })

test('and, or and not join conditions, within one another too, and not means everyone else', async () => {
  assert.equal(await codes(all(type('trust'), not(region('YN')))), 'T2 T3', 'a trust of which no region is known is not in YN')
  assert.equal(await codes(any(type('supplier'), all(type('trust'), region('YN')))), 'S1 T1')
  assert.equal(await codes(all(type('practice', 'trust'), any(larch({ product: 'Elm Post' }), not(larch())), not(region('YN')))), 'P4 T2 T3')
  assert.equal(
    await codes(all(region('YN'), not(any(type('supplier'), larch({ version: '3.2' }))))),
    'P1',
    'of T1 it cannot be told, so the condition holds it',
  )
  assert.equal(await codes(any(type('trust'), larch()), { organisations: ['P4'], excluding: [larch({ product: 'Elm Post' })] }), 'P1 P2 P3 T2 T3')
})

test('a version may be a range; whoever did not say, or said too little to tell, is in only where the rule says so', async () => {
  assert.equal(await codes(larch({ version: '< 3.2' })), 'P1 P3 T1')
  assert.equal(await codes(larch({ version: '< 3.2', unsaid: false })), 'P1')
  assert.equal(await codes(larch({ version: 'vers:generic/>=3.2|<4', unsaid: false })), 'P2')
  assert.match((await resolve({ match: larch({ version: 'the blue one' }) })).problems.join(), /“the blue one” of Larch Records cannot be read/)
})

test('size, roles, partners and earlier answers are conditions like any other', async () => {
  assert.equal(await codes({ is: 'size', atLeast: 41 }), 'T1 T2')
  assert.equal(await codes({ is: 'size', atMost: 900 }), 'P1 T1', 'a size that is not known is neither small nor large')
  assert.equal(await codes(all(type('practice', 'trust'), { is: 'role', role: 'cyber lead', filled: false })), 'P2 T3')
  assert.equal(await codes(all(type('trust'), { is: 'role', role: 'cyber-lead' })), 'T1 T2')
  assert.equal(await codes({ is: 'partner' }), 'P1 P3')
  assert.equal(await codes({ is: 'partner', of: ['S1'] }), 'P1')
  const answer = (...of: string[]) => ({ is: 'answer', bulletin: earlier.number, of })
  assert.equal(await codes(answer('in-progress')), 'E00000')
  assert.equal(await codes(answer('silent')), 'E00001 E00002')
  assert.equal(await codes(answer('unreachable', 'in-progress')), 'E00000 E00003')
  assert.match((await resolve({ match: { is: 'answer', bulletin: 9_999, of: ['silent'] } })).problems.join(), /no released bulletin CC-9999/)
})

test('a saved audience is the newest unless a version is named, and what is frozen says which it was', async () => {
  const saved = (over: object = {}) => ({ is: 'saved', audience: 'Larch users', ...over })
  const newest = await resolve({ match: saved() })
  assert.deepEqual(
    newest.organisations.map(({ code }) => code),
    ['P1', 'P3', 'P4', 'T1'],
  )
  assert.deepEqual(newest.rule.match, { is: 'saved', audience: 'Larch users', version: 2 })
  assert.equal((await resolve({ match: saved({ version: 2 }) })).hash, newest.hash)
  assert.equal(await codes(saved({ version: 1 })), 'T1 T2 T3')
  for (const [audience, words] of [
    ['Nobody knows', /no saved audience “Nobody knows”/],
    ['Broken', /“Broken” reaches nobody/],
    ['Nested', /“Nested” reaches nobody/],
  ] as const) {
    const failing = await resolve({ match: any(saved(), { is: 'saved', audience }) })
    assert.deepEqual([failing.organisations.length, words.test(failing.problems.join())], [0, true], failing.problems.join())
  }
})

test('their IT delivery partners are told too where the rule says so, but nothing that is stricter than AMBER', async () => {
  const rule = { match: type('practice'), partners: true }
  for (const [tlp, expected] of [
    ['CLEAR', 'P1 P2 P3 P4 S1'],
    ['AMBER', 'P1 P2 P3 P4 S1'],
    ['AMBER+STRICT', 'P1 P2 P3 P4'],
  ] as const)
    assert.equal(await codes(rule.match, { partners: true }, tlp), expected, tlp)
  assert.equal(await codes(rule.match, { partners: true, excluding: [type('supplier')] }), 'P1 P2 P3 P4')
})

test('whoever may not be told what the label covers is left out, and said', async () => {
  const rule = { match: region('YN'), organisations: ['T2'] }
  assert.equal(await codes(rule.match, rule, 'GREEN'), 'P1 P2 S1 T1 T2')
  assert.equal(await codes(rule.match, rule, 'AMBER'), 'P1 P2 T1 T2', 'suppliers are told up to GREEN')
  assert.equal(await codes(rule.match, rule, 'RED'), 'T2', 'what is RED goes to whom it names')
  const override = (code: string, tlp: Tlp) => ({
    organisation_id: idOf(code),
    tlp,
    reason: 'Agreed',
    by_id: 'test',
    at: now,
    ended_at: null,
    ended_by: null,
  })
  await owner
    .insertInto('broadcast_clearance_override')
    .values([override('S1', 'AMBER'), override('P1', 'GREEN')])
    .execute()
  assert.equal(await codes(rule.match, rule, 'AMBER'), 'P2 S1 T1 T2')
  await readAs<Visible, void>(platform, analyst, async db => {
    const checked = await checkRule(db, { rule: AudienceRule.parse(rule), tlp: 'AMBER+STRICT', sharingGroup: null })
    const view = await viewAudience(db, checked, { list: 'excluded', search: '', type: '', region: '', sort: 'code' }, { limit: 9, cursor: null })
    assert.deepEqual(
      view.found.rows.map(row => `${row.code} ${row.why}`),
      ['P1 clearance', 'S1 clearance'],
    )
    assert.deepEqual(await summariseAudience(db, checked), view.summary)
  })
  await sql`delete from broadcast_clearance_override`.execute(owner)
})

test('a rule that only says whom it leaves out, or names only a country, reaches nobody and says what to do', async () => {
  for (const match of [not(type('trust')), any(type('trust'), not(region('YN'))), { is: 'role', role: 'cyber-lead', filled: false }]) {
    const audience = await resolve({ match, organisations: ['P1'] })
    assert.deepEqual([audience.organisations, /only whom it leaves out/.test(audience.problems.join())], [[], true], JSON.stringify(match))
  }
  assert.match((await resolve({ match: { is: 'country', of: ['England'] } })).problems.join(), /country alone/)
  const deep = Array.from({ length: 2_000 }).reduce<object>(inner => all(inner), type('trust'))
  assert.match(AudienceRule.safeParse({ match: deep }).error?.message ?? '', /groups within one another/)
  assert.equal(AudienceRule.safeParse({ match: all() }).success, false, 'a group without conditions')
})

test('a bulletin about a threat is suggested to those who run an affected version, and each of them reads what of theirs it was', async () => {
  const threat = 'thr_0192'
  await sql`insert into watch_threat (id, title, summary, state, cves, priority, priority_word, reason, search, created_at, updated_at)
    values (${threat}, 'A flaw in Larch Records', '', 'new', '{}', 1, 'high', 'It is used', 'larch', now(), now())`.execute(owner)
  const product = await owner.selectFrom('directory_product').select('id').where('product_key', '=', 'larch records').executeTakeFirstOrThrow()
  const suggested = () => readAs<Visible, AudienceRule>(platform, analyst, db => suggestRule(db, threat))
  assert.deepEqual(await suggested(), EMPTY_RULE, 'nobody is known to run it')
  for (const [version, outcome] of [
    ['3.1.9', 'runs'],
    ['3.2', 'does-not'],
    ['', 'may-run'],
  ])
    await sql`insert into watch_match (threat_id, product_id, version, outcome, why) values (${threat}, ${product.id}, ${version}, ${outcome}, 'It says so')`.execute(
      owner,
    )
  const rule = await suggested()
  const found = await resolve(rule)
  assert.deepEqual([found.organisations.map(({ code }) => code), found.matched], [['P1'], [[product.id, '3.1.9']]])
  assert.equal(await codes({ is: 'threat', threat, includes: 'may-run' }), 'P1 P3')
  const own = await readAs<Visible, readonly { version: string }[]>(platform, actorAs('cyber-lead', ids.get('P1')), db =>
    matchesOf(db, idOf('P1'), { rule, matched: found.matched }),
  )
  assert.deepEqual(
    own.map(({ version }) => version),
    ['3.1.9'],
  )
})

test('a rule that was stored flat is read as it was meant, and keeps the hash that it had', () => {
  const flat = {
    types: ['trust', 'practice'],
    regions: ['YS', 'YN'],
    boards: [],
    technology: [{ maker: 'Larch Ltd', product: 'Larch Records', version: '3.2' }],
    organisations: ['P4'],
    countries: ['England'],
    excluding: { types: ['supplier'], regions: [], boards: [], organisations: ['P2'] },
  }
  const rule = AudienceRule.parse(flat)
  assert.deepEqual(rule, {
    match: {
      is: 'all',
      of: [
        { is: 'country', of: ['England'] },
        { is: 'type', of: ['trust', 'practice'] },
        { is: 'region', of: ['YS', 'YN'] },
        { is: 'technology', maker: 'Larch Ltd', product: 'Larch Records', version: '3.2', unsaid: true },
      ],
    },
    organisations: ['P4'],
    excluding: [
      { is: 'type', of: ['supplier'] },
      { is: 'organisation', of: ['P2'] },
    ],
    partners: false,
  })
  // To the letter what stood there before rules were trees: the hashes of releases were made over it.
  const text =
    '{"types":["practice","trust"],"regions":["YN","YS"],"boards":[],"technology":["[\\"larch\\",\\"larch records\\",\\"3.2\\"]"],"organisations":["P4"],"countries":["England"],"excluding":{"types":["supplier"],"regions":[],"boards":[],"organisations":["P2"]}}'
  assert.equal(canonicalRule(rule), text)
  assert.equal(canonicalRule(AudienceRule.parse(JSON.parse(JSON.stringify(rule)))), text, 'as a tree too')
})

test('a country, or a partner, that there is not reaches nobody: mistyped in an exclusion it would let through whom it meant', async () => {
  for (const [condition, words] of [
    [{ is: 'country', of: ['Engalnd'] }, /no country Engalnd/],
    [{ is: 'partner', of: ['T1'] }, /no IT delivery partner T1/],
  ] as const)
    for (const rule of [
      { match: type('practice'), excluding: [condition] },
      { match: all(type('practice'), not(condition)) },
      { match: all(type('practice'), condition) },
    ]) {
      const { organisations, problems } = await resolve(rule)
      assert.deepEqual([organisations, words.test(problems.join())], [[], true], JSON.stringify([rule, problems]))
    }
  assert.equal(await codes(type('practice'), { excluding: [{ is: 'country', of: ['England'] }] }), '')
  assert.equal(await codes(type('practice'), { excluding: [{ is: 'partner', of: ['S1'] }] }), 'P2 P3 P4')
})

test('order, repeats and groups that say nothing do not change the text of a rule; what it means does', () => {
  const canonical = (match: object, over: object = {}) => canonicalRule(AudienceRule.parse({ match, ...over }))
  const one = canonical(all(type('trust'), any(region('YN'), { is: 'size', atLeast: 5 })))
  assert.equal(canonical(all(all(any({ is: 'size', atLeast: 5 }, region('YN'), region('YN'))), type('trust', 'trust'))), one)
  assert.equal(canonical(not(not(all(type('trust'), any(region('YN'), { is: 'size', atLeast: 5 }))))), one)
  for (const other of [
    canonical(any(type('trust'), any(region('YN'), { is: 'size', atLeast: 5 }))),
    canonical(all(type('trust'), not(any(region('YN'), { is: 'size', atLeast: 5 })))),
    canonical(all(type('trust'), any(region('YN'), { is: 'size', atMost: 5 }))),
    canonical(all(type('trust'), any(region('YN'), { is: 'size', atLeast: 5 })), { partners: true }),
  ])
    assert.notEqual(other, one)
})
