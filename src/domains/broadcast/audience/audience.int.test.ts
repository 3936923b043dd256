import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'csv-parse/sync'
import { sql, type Kysely } from 'kysely'
import { actorAs, plantOrganisations } from '../../../../test/support/broadcast.ts'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { sharedData, skipWithoutSharedData } from '../../../../test/support/shared-data.ts'
import { encodeCursor } from '../../../kernel/page.ts'
import type { Tlp } from '../../../kernel/tlp.ts'
import { readAs } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import type { FlatRuleInput } from './flat.ts'
import { AudienceRule } from './model.ts'
import { resolveAudience, summariseAudience, type Audience } from './queries.ts'
import { checkRule } from './queries/checking.ts'
import { listAudience, viewAudience, type AudienceListQuery, type AudienceSort } from './queries/lists.ts'
import { countAudience, type AudienceFigures } from './queries/reasons.ts'

const platform = await createTestPlatform()
const analyst = actorAs('analyst')

await plantOrganisations(platform, [
  { code: 'P1', region: 'YN', board: 'BA', runs: [['Larch', 'Larch Records', '9.1']] },
  { code: 'P2', region: 'YN', board: 'BB', runs: [['Larch Ltd.', 'Larch Records', '9.2']] },
  { code: 'P3', region: 'YS', board: 'BC', runs: [['Larch', 'LARCH RECORDS']], contacts: [] },
  { code: 'P4', region: 'YS', board: 'BC', runs: [['Larch', 'Larch Post', '9.1']], contacts: [null] },
  { code: 'P5', region: 'YS', closed: true, runs: [['Larch', 'Larch Records', '9.1']] },
  { code: 'P6', region: 'YS', runs: [['Larch', 'Larch Records', '9.1', false]] },
  { code: 'T1', type: 'trust', region: 'YN', contacts: ['a@t1.example', 'b@t1.example'] },
  { code: 'W1', type: 'trust', region: 'YW', country: 'Wales' },
])

const asked = (rule: unknown, tlp: Tlp = 'CLEAR') => ({ rule: AudienceRule.parse(rule), tlp, sharingGroup: null })
const ask = (rule: FlatRuleInput) => readAs<Visible, Audience>(platform, analyst, db => resolveAudience(db, asked(rule)))
const codes = (audience: Audience) => audience.organisations.map(({ code }) => code).join(' ')
const larch = (over: object = {}) => ({ maker: null, product: 'Larch Records', version: null, ...over })

test('kinds of condition narrow, values of one kind widen, and only open organisations are reached', async () => {
  assert.equal(codes(await ask({ regions: ['YN'] })), 'P1 P2 T1')
  assert.equal(codes(await ask({ regions: ['YN'], types: ['practice'] })), 'P1 P2')
  assert.equal(codes(await ask({ regions: ['YN', 'YS'], types: ['practice'] })), 'P1 P2 P3 P4 P6')
  assert.equal(codes(await ask({ boards: ['BA', 'BC'] })), 'P1 P3 P4')
  assert.equal(codes(await ask({ types: ['trust'], countries: ['England'] })), 'T1', 'the Welsh trust is in another country')
  assert.equal(codes(await ask({ types: ['trust'] })), 'T1 W1', 'a kind that names nothing does not narrow')
})

test('technology is found by product, by maker and by version, tolerant of spelling, and only where it is shared', async () => {
  assert.equal(codes(await ask({ technology: [larch()] })), 'P1 P2 P3')
  assert.equal(codes(await ask({ technology: [larch({ product: 'larch' })] })), 'P1 P2 P3 P4', 'a name alone may be the maker')
  assert.equal(codes(await ask({ technology: [larch({ maker: 'LARCH Limited', product: 'Larch post' })] })), 'P4')
  assert.equal(codes(await ask({ technology: [larch({ version: '9.1' })] })), 'P1 P3', 'P3 did not say which version')
  assert.equal(codes(await ask({ technology: [larch()], regions: ['YS'] })), 'P3')
})

test('named organisations are added, and an exclusion always wins', async () => {
  assert.equal(codes(await ask({ technology: [larch()], organisations: ['T1', 'W1'] })), 'P1 P2 P3 T1 W1')
  assert.equal(
    codes(
      await ask({
        technology: [larch()],
        organisations: ['T1'],
        excluding: { types: ['trust'], regions: ['YS'], boards: [], organisations: ['P1'] },
      }),
    ),
    'P2',
  )
  assert.equal(codes(await ask({ organisations: ['T1'], excluding: { types: [], regions: [], boards: [], organisations: ['T1'] } })), '')
  assert.equal(codes(await ask({ organisations: ['P4', 'P5'] })), 'P4', 'a closed organisation is not reached even by name')
})

test('an empty rule reaches nobody and says so', async () => {
  const audience = await ask({})
  assert.equal(codes(audience), '')
  assert.match(audience.problems.join(' '), /empty, so it reaches nobody/)
})

test('a rule with a part that names nothing reaches nobody and says which part', async () => {
  for (const [rule, words] of [
    [{ types: ['practise'] }, /no type practise/],
    [{ types: ['practice'], regions: ['YX'] }, /no region YX/],
    [{ boards: ['BX'] }, /no board BX/],
    [{ organisations: ['P1', 'P9'] }, /no organisation P9/],
    [{ types: ['practice'], excluding: { types: [], regions: [], boards: [], organisations: ['P99'] } }, /no organisation P99/],
    [{ technology: [larch(), larch({ product: 'Larch Recrods' })] }, /run Larch Recrods/],
  ] as const) {
    const audience = await ask(rule as unknown as FlatRuleInput)
    assert.equal(codes(audience), '', JSON.stringify(rule))
    assert.match(audience.problems.join(' '), words)
  }
})

test('contacts are counted, the unreachable are named with the reason, and the excluded with theirs', async () => {
  const rule = asked({
    types: ['practice', 'trust'],
    countries: ['England'],
    organisations: ['P5'],
    excluding: { types: [], regions: [], boards: [], organisations: ['P6'] },
  })
  const audience = await readAs<Visible, Audience>(platform, analyst, db => resolveAudience(db, rule))
  assert.equal(audience.contacts, 4)
  assert.deepEqual(audience.unreachable, ['P3', 'P4'])
  await readAs<Visible, void>(platform, analyst, async db => {
    const summary = await summariseAudience(db, rule)
    assert.deepEqual(
      summary,
      { organisations: 5, contacts: 4, unreachable: 2, hash: audience.hash, problems: [] },
      'the database counts and hashes alike',
    )
    const checked = await checkRule(db, rule)
    const counted = await countAudience(db, checked)
    assert.deepEqual(counted.summary, summary, 'the check before a release counts and hashes alike')
    assert.deepEqual([counted.reasons.addresses, counted.reasons.inDoubt], [4, 0])
    const view = (query: Partial<AudienceListQuery>, limit = 50) => viewAudience(db, checked, { ...ALL, ...query }, { limit, cursor: null })
    const reached = await view({ list: 'reached' }, 1)
    assert.deepEqual([reached.summary, reached.excluded, reached.found.total], [summary, 2, 3], 'the page counts and hashes alike')
    const unreachable = await view({ list: 'unreachable' })
    assert.deepEqual([unreachable.found.total, unreachable.found.rows.map(row => `${row.code} ${row.why}`)], [2, ['P3 no-contact', 'P4 no-email']])
    const excluded = await view({ list: 'excluded' })
    assert.deepEqual([excluded.found.total, excluded.found.rows.map(row => `${row.code} ${row.why}`)], [2, ['P5 closed', 'P6 named']])
    const narrowed = await view({ list: 'reached', search: 'organisation p', region: 'YN' })
    assert.deepEqual([narrowed.found.total, narrowed.found.rows.map(row => row.code), narrowed.summary.organisations], [2, ['P1', 'P2'], 5])
  })
})

const ALL: AudienceListQuery = { list: 'everyone', search: '', type: '', region: '', sort: 'code' }

test('each order of a list meets every organisation once, page by page, also where many are alike', async () => {
  const rule = asked({ types: ['practice', 'trust'] })
  await readAs<Visible, void>(platform, analyst, async db => {
    const checked = await checkRule(db, rule)
    const inOrder = async (sort: AudienceSort, limit: number) => {
      const codes: string[] = []
      let cursor: string | null = null
      do {
        const part: Awaited<ReturnType<typeof listAudience>> = await listAudience(db, checked, { ...ALL, sort }, { limit, cursor })
        codes.push(...part.rows.map(row => row.code))
        cursor = part.next
      } while (cursor !== null)
      return codes.join(' ')
    }
    for (const [sort, expected] of [
      ['code', 'P1 P2 P3 P4 P6 T1 W1'],
      ['-code', 'W1 T1 P6 P4 P3 P2 P1'],
      ['name', 'P1 P2 P3 P4 P6 T1 W1'],
      ['contacts', 'P3 P4 P1 P2 P6 W1 T1'],
      ['-contacts', 'T1 W1 P6 P2 P1 P4 P3'],
      ['why', 'P1 P2 P6 T1 W1 P3 P4'],
    ] as const) {
      for (const limit of [1, 2, 3, 50]) assert.equal(await inOrder(sort, limit), expected, `${sort}, ${limit} at a time`)
    }
    const strange = await listAudience(db, checked, { ...ALL, sort: 'contacts' }, { limit: 50, cursor: encodeCursor(['many', 'P1']) })
    assert.equal(strange.rows.length, 7, 'the cursor of another order is the first page')
  })
})

test('the database keeps how many contacts of each organisation and at each address can be mailed, whatever happens to them', async () => {
  const db = platform.database.kysely as Kysely<Visible>
  const ids = await plantOrganisations(platform, [
    { code: 'K1', contacts: ['a@k1.example', 'b@k1.example', null] },
    { code: 'K2', contacts: [] },
  ])
  const counted = async () => {
    const rows = await db.selectFrom('directory_organisation').where('code', 'in', ['K1', 'K2']).orderBy('code').select('mailable_contacts').execute()
    const kept = await sql`select address, contacts from directory_address where contacts <> 0 order by address`.execute(db)
    const held = await sql`select lower(email) collate "C" as address, count(*)::int as contacts from directory_contact
      where ended_at is null and receives_bulletins and email is not null group by 1 order by 1`.execute(db)
    assert.deepEqual(kept.rows, held.rows, 'and how many stand at each address')
    return rows.map(row => row.mailable_contacts)
  }
  const ofFirst = db.updateTable('directory_contact').where('organisation_id', '=', ids.get('K1') ?? '')
  assert.deepEqual(await counted(), [2, 0])
  await ofFirst.where('email', '=', 'a@k1.example').set({ receives_bulletins: false }).execute()
  assert.deepEqual(await counted(), [1, 0], 'one wants no bulletins')
  await ofFirst.set({ last_proved_at: platform.clock.now() }).execute()
  assert.deepEqual(await counted(), [1, 0], 'a proof changes nothing')
  await ofFirst.where('email', 'is', null).set({ email: 'c@k1.example' }).execute()
  assert.deepEqual(await counted(), [2, 0], 'one has an address')
  await ofFirst
    .where('email', '=', 'c@k1.example')
    .set({ organisation_id: ids.get('K2') ?? '' })
    .execute()
  assert.deepEqual(await counted(), [1, 1], 'one moves')
  await ofFirst.set({ ended_at: platform.clock.now() }).execute()
  assert.deepEqual(await counted(), [0, 1], 'the others end')
  await db.deleteFrom('directory_contact').where('email', '=', 'c@k1.example').execute()
  assert.deepEqual(await counted(), [0, 0], 'the last is removed')
  await sql`update directory_organisation set status = 'closed' where code in ('K1', 'K2')`.execute(db)
})

test('a person who stands for several organisations is counted as one address', async () => {
  await plantOrganisations(platform, [
    { code: 'S1', type: 'supplier', contacts: ['one@s.example', 'both@s.example'] },
    { code: 'S2', type: 'supplier', contacts: ['Both@S.example'] },
    { code: 'S3', type: 'dentist', contacts: ['both@s.example'] },
  ])
  const of = (types: string[]) =>
    readAs<Visible, AudienceFigures>(platform, analyst, async db => countAudience(db, await checkRule(db, asked({ types }))))
  const { summary, reasons } = await of(['supplier'])
  assert.deepEqual([summary.contacts, reasons.addresses], [3, 2], 'the dentist shares it too, and is not asked for')
  assert.equal((await of(['supplier', 'dentist'])).reasons.addresses, 2)
  assert.equal((await of(['dentist'])).reasons.addresses, 1)
})

test('an organisation that comes with a count, as from a backup, begins with none', async () => {
  const db = platform.database.kysely as Kysely<Visible>
  await sql`insert into directory_organisation (id, code, name, name_key, type, status, source, created_at, updated_at, mailable_contacts)
    values ('org_k3', 'K3', 'K3', 'k3', 'practice', 'closed', 'test', now(), now(), 7)`.execute(db)
  const { mailable_contacts: count } = await db
    .selectFrom('directory_organisation')
    .where('code', '=', 'K3')
    .select('mailable_contacts')
    .executeTakeFirstOrThrow()
  assert.equal(count, 0)
})

test('the hash follows the rule and those it reaches, not the order in which the rule was typed', async () => {
  const one = await ask({ regions: ['YN', 'YS'], types: ['practice'] })
  const same = await ask({ regions: ['YS', 'YN', 'YN'], types: ['practice'] })
  const other = await ask({ regions: ['YN'], types: ['practice'] })
  assert.equal(one.hash, same.hash)
  assert.notEqual(one.hash, other.hash)
  await plantOrganisations(platform, [{ code: 'P7', region: 'YN' }])
  assert.notEqual((await ask({ regions: ['YN'], types: ['practice'] })).hash, other.hash)
})

test('a bulletin on EMIS reaches the open EMIS practices and nobody else', { skip: skipWithoutSharedData }, async () => {
  const practices = parse(readFileSync(sharedData('ods/epraccur-2019-12.csv'), 'utf8'), { relaxQuotes: true })
  const suppliers = new Map(
    (parse(readFileSync(sharedData('ods/gp-system-supplier.csv'), 'utf8'), { fromLine: 2 }) as [string, string][]).map(([code, supplier]) => [
      code,
      supplier,
    ]),
  )
  await plantOrganisations(
    platform,
    practices.map(row => {
      const supplier = suppliers.get(row[0] ?? '')
      return { code: row[0] ?? '', closed: row[12] !== 'A', contacts: [], runs: supplier === undefined ? [] : [[supplier, 'GP system']] }
    }),
  )
  const expected = practices.filter(row => row[12] === 'A' && suppliers.get(row[0] ?? '') === 'EMIS').map(row => row[0])
  assert.ok(expected.length > 1_000)
  const reached = await ask({ technology: [{ maker: null, product: 'emis', version: null }] })
  assert.deepEqual(
    reached.organisations.map(({ code }) => code),
    expected.toSorted((a = '', b = '') => (a < b ? -1 : 1)),
  )
})
