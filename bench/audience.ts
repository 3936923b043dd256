import { sql, type RawBuilder } from 'kysely'
import type { z } from 'zod'
import type { FlatRuleInput } from '../src/domains/broadcast/audience/flat.ts'
import { AudienceRule } from '../src/domains/broadcast/audience/model.ts'
import { resolveAudience, summariseAudience, type Audience, type AudienceSummary } from '../src/domains/broadcast/audience/queries.ts'
import type { BulletinRule } from '../src/domains/broadcast/audience/queries/checking.ts'
import type { RuleTree } from '../src/domains/broadcast/audience/rule.ts'
import type { Visible } from '../src/domains/broadcast/tables.ts'
import type { Database } from '../src/platform/db/database.ts'
import { readAs } from '../src/platform/work/read.ts'
import { actorAs } from '../test/support/broadcast.ts'
import type { Bench } from './support/bench.ts'
import { byTurns, timed } from './support/measure.ts'
import { describe, note, printHeading, printTable, times } from './support/report.ts'
import { plantSector, plantTechnology, PRODUCTS_EACH } from './support/sector.ts'
import { openServerDatabase, serverWords } from './support/server.ts'
import { pairedRatio, summarise } from './support/stats.ts'

/**
 * Resolving an audience at 50,000 organisations with 200 products each (10 million lines of technology) on PostgreSQL: the
 * names and contacts as a release needs them (`resolveAudience`), and the figures alone as a page needs them (`summariseAudience`),
 * through the row-level security of the centre's scope.
 *
 * The limit: the same rows by the shortest SQL that I could write for that one question, asked by the owner of the tables, whom no
 * policy binds. Target: under one second.
 */
export const audience: Bench = {
  about: '50,000 organisations × 200 products: resolving an audience, beside hand-written SQL',
  async run({ rounds, small, command }) {
    const { database, close } = await openServerDatabase()
    try {
      const size = small ? 2_000 : 50_000
      note(`writing ${size} organisations and ${size * PRODUCTS_EACH} lines of technology`)
      note(`written in ${Math.round(((await timed(() => plantSector(database, size))) + (await timed(() => plantTechnology(database)))) / 1_000)} s`)
      printHeading('Audience', command)
      console.log(`\n${await serverWords(database)}; ${await sizesOf(database)}`)
      const rows: string[][] = []
      for (const question of QUESTIONS) rows.push(...(await measure(database, question, rounds ?? 7)))
      printTable(['what is asked', 'organisations', 'ours, ms', 'hand-written SQL, ms', 'ours ÷ limit'], rows)
    } finally {
      await close()
    }
  },
}

interface Question {
  readonly name: string
  readonly rule: BulletinRule
  /** The hand-written condition on `organisation`. */
  readonly where: RawBuilder<unknown>
}

const runs = (product: string) =>
  sql`organisation.id in (select organisation_id from directory_technology technology where product_id = (select id from directory_product where product_key = ${product}) and shared)`
const rule = (conditions: FlatRuleInput | z.input<typeof RuleTree>): BulletinRule => ({
  rule: AudienceRule.parse(conditions),
  tlp: 'GREEN',
  sharingGroup: null,
})

const QUESTIONS: readonly Question[] = [
  {
    name: 'a product nearly everybody runs',
    rule: rule({ technology: [{ maker: null, product: 'Product0', version: null }] }),
    where: runs('product0'),
  },
  {
    name: 'a product that few run',
    rule: rule({ technology: [{ maker: 'Maker3000', product: 'Product15000', version: null }] }),
    where: runs('product15000'),
  },
  {
    name: 'one version of the popular product',
    rule: rule({ technology: [{ maker: null, product: 'Product0', version: '3.11' }] }),
    where: sql`organisation.id in (select organisation_id from directory_technology technology where product_id = (select id from directory_product where product_key = 'product0') and shared and version in ('', '3.11'))`,
  },
  {
    name: 'forty products',
    rule: rule({ technology: Array.from({ length: 40 }, (_, index) => ({ maker: null, product: `Product${50 + index * 97}`, version: null })) }),
    where: sql`organisation.id in (select organisation_id from directory_technology technology where product_id = any(array(
      select id from directory_product where product_key = any(${Array.from({ length: 40 }, (_, index) => `product${50 + index * 97}`)}::text[]))) and shared)`,
  },
  {
    name: 'practices and trusts of a region that run it',
    rule: rule({ types: ['practice', 'trust'], regions: ['XY1'], technology: [{ maker: null, product: 'Product0', version: null }] }),
    where: sql`organisation.type in ('practice', 'trust') and organisation.region_code = 'XY1' and ${runs('product0')}`,
  },
  {
    name: 'the popular product, less a region and two types',
    rule: rule({
      technology: [{ maker: null, product: 'Product0', version: null }],
      excluding: { types: ['dentist', 'supplier'], regions: ['XY2'], boards: [], organisations: [] },
    }),
    where: sql`organisation.type not in ('dentist', 'supplier') and (organisation.region_code is null or organisation.region_code <> 'XY2') and ${runs('product0')}`,
  },
  {
    name: 'the popular product before a version, or trusts, and not in a region',
    rule: rule({
      match: {
        is: 'all',
        of: [
          {
            is: 'any',
            of: [
              { is: 'technology', product: 'Product0', version: '< 3', unsaid: false },
              { is: 'type', of: ['trust'] },
            ],
          },
          { is: 'not', of: { is: 'region', of: ['XY2'] } },
        ],
      },
    }),
    where: sql`(organisation.type = 'trust' or organisation.id in (select organisation_id from directory_technology technology where product_id = (select id from directory_product where product_key = 'product0')
      and shared and version ~ '^[012]([.]|$)')) and organisation.region_code is distinct from 'XY2'`,
  },
  {
    name: 'practices that run it and not another, of some size',
    rule: rule({
      match: {
        is: 'all',
        of: [
          { is: 'type', of: ['practice'] },
          { is: 'size', atLeast: 5 },
          { is: 'technology', product: 'Product0' },
          {
            is: 'not',
            of: {
              is: 'any',
              of: [
                { is: 'technology', product: 'Product1' },
                { is: 'technology', product: 'Product7' },
              ],
            },
          },
        ],
      },
    }),
    where: sql`organisation.type = 'practice' and organisation.size >= 5 and ${runs('product0')} and not ${runs('product1')} and not ${runs('product7')}`,
  },
  {
    name: 'whoever has no cyber lead, by type',
    rule: rule({
      match: {
        is: 'all',
        of: [
          { is: 'type', of: ['practice', 'pharmacy', 'trust'] },
          { is: 'role', role: 'cyber-lead', filled: false },
        ],
      },
    }),
    where: sql`organisation.type in ('practice', 'pharmacy', 'trust') and not exists (select from directory_contact contact where contact.organisation_id = organisation.id and ended_at is null and lower(purpose) = 'cyber lead')
      and not exists (select from directory_assignment assignment where assignment.organisation_id = organisation.id and role = 'cyber-lead' and until is null)`,
  },
  {
    name: 'everybody, by type',
    rule: rule({ types: ['practice', 'pharmacy', 'care-home', 'dentist', 'trust', 'supplier'] }),
    where: sql`organisation.type in ('practice', 'pharmacy', 'care-home', 'dentist', 'trust', 'supplier')`,
  },
]

async function measure(database: Database, { name, rule: asked, where }: Question, rounds: number): Promise<string[][]> {
  const actor = actorAs('analyst')
  const resolve = () => readAs<Visible, Audience>({ database }, actor, db => resolveAudience(db, asked))
  const summary = () => readAs<Visible, AudienceSummary>({ database }, actor, db => summariseAudience(db, asked))
  const rowsByHand = () =>
    sql`
    select organisation.id, organisation.code, organisation.name, organisation.type, organisation.region_code,
      (select count(*)::int from directory_contact contact where contact.organisation_id = organisation.id and ended_at is null and receives_bulletins and email is not null) as contacts
    from directory_organisation organisation where status = 'open' and ${where} order by code`.execute(database.kysely)
  const countByHand = () =>
    sql<{ count: number }>`select count(*)::int as count from directory_organisation organisation where status = 'open' and ${where}`.execute(
      database.kysely,
    )

  const found = await resolve()
  const counted = (await countByHand()).rows[0]?.count
  if (found.problems.length > 0 || counted !== found.organisations.length)
    throw new Error(`"${name}": ours finds ${found.organisations.length}, the hand-written SQL ${counted}. ${found.problems.join(' ')}`)

  note(name)
  const figures = await byTurns(
    { resolve: () => timed(resolve), rowsByHand: () => timed(rowsByHand), summary: () => timed(summary), countByHand: () => timed(countByHand) },
    rounds,
    2,
  )
  const count = found.organisations.length.toLocaleString('en-GB')
  return [
    [
      `${name}: who`,
      count,
      describe(summarise(figures.resolve)),
      describe(summarise(figures.rowsByHand)),
      times(pairedRatio(figures.resolve, figures.rowsByHand)),
    ],
    [
      `${name}: how many`,
      count,
      describe(summarise(figures.summary)),
      describe(summarise(figures.countByHand)),
      times(pairedRatio(figures.summary, figures.countByHand)),
    ],
  ]
}

async function sizesOf(database: Database): Promise<string> {
  const { rows } = await sql<{ name: string; size: string }>`
    select relname as name, pg_size_pretty(pg_relation_size(oid)) as size from pg_class where oid = 'directory_technology'::regclass or oid in (select indexrelid from pg_index where indrelid = 'directory_technology'::regclass)
    order by relkind desc, relname`.execute(database.kysely)
  return rows.map(({ name, size }) => `${name} ${size}`).join(', ')
}
