import { createHash } from 'node:crypto'
import { sql, type RawBuilder } from 'kysely'
import type { Reader } from '../../../platform/work/read.ts'
import { boards, organisationTypes, regions } from '../../directory/contract.ts'
import { matchedProducts } from '../../watch/contract.ts'
import type { Visible } from '../tables.ts'
import { AudienceRule, canonicalRule, EMPTY_RULE, parseTechnology, type RuleNames } from './model.ts'
import { candidates, checkRule, productsOf, reached, type Asks, type CheckedRule } from './queries/matching.ts'

export interface AudienceOrganisation {
  readonly id: string
  readonly code: string
  readonly name: string
  readonly type: string
  readonly region: string | null
  /** Whether a current contact receives bulletins and has an e-mail address. */
  readonly reachable: boolean
  /** How many such contacts. */
  readonly contacts: number
}

export interface Audience {
  /** By code. Empty when the rule is empty or fails. */
  readonly organisations: readonly AudienceOrganisation[]
  readonly contacts: number
  readonly unreachable: readonly string[]
  /** SHA-256, in hexadecimal, over the canonical rule and the sorted codes, each on a line. */
  readonly hash: string
  /** Why the rule reaches nobody: one sentence for each part that is empty or not understood. */
  readonly problems: readonly string[]
}

export interface AudienceSummary extends Pick<Audience, 'contacts' | 'hash' | 'problems'> {
  readonly organisations: number
  readonly unreachable: number
}

/** The rule saved for a bulletin; the empty rule when none was. */
export async function ruleOf(db: Pick<Asks, 'selectFrom'>, bulletinId: string): Promise<AudienceRule> {
  return (await savedRuleOf(db, bulletinId)) ?? EMPTY_RULE
}

/** The rule saved for a bulletin; `undefined` when none was. */
export async function savedRuleOf(db: Pick<Asks, 'selectFrom'>, bulletinId: string): Promise<AudienceRule | undefined> {
  const row = await db.selectFrom('broadcast_audience').select('rule').where('bulletin_id', '=', bulletinId).executeTakeFirst()
  return row === undefined ? undefined : AudienceRule.parse(row.rule)
}

/** A first rule for a bulletin about a threat: whoever runs exactly what it is about. The empty rule when nobody lists any of it. */
export async function suggestRule(db: Reader<Visible>, threatId: string): Promise<AudienceRule> {
  const products = (await matchedProducts(db, threatId)).filter(({ exact }) => exact).slice(0, 200)
  const technology = products.flatMap(({ maker, product }) => parseTechnology(maker === '' ? product : `${maker}: ${product}`) ?? [])
  return { ...EMPTY_RULE, technology }
}

/** Resolves a rule to its organisations, at this moment. A rule that is empty or fails reaches nobody and says why. */
export async function resolveAudience(db: Asks, rule: AudienceRule): Promise<Audience> {
  const checked = await checkRule(db, rule)
  if (checked.problems.length > 0) return { organisations: [], contacts: 0, unreachable: [], hash: hashOf(rule, []), problems: checked.problems }
  const { rows } = await sql<Omit<AudienceOrganisation, 'reachable'>>`
    with ${candidates(checked)}
    select id, code, name, type, region_code as region, mailable_contacts as contacts from (${reached(rule)}) as audience order by code collate "C"`.execute(
    db,
  )
  return {
    organisations: rows.map(row => ({ ...row, reachable: row.contacts > 0 })),
    contacts: rows.reduce((sum, row) => sum + row.contacts, 0),
    unreachable: rows.filter(row => row.contacts === 0).map(row => row.code),
    hash: hashOf(
      rule,
      rows.map(row => row.code),
    ),
    problems: [],
  }
}

/** The figures of `resolveAudience` without the names, counted by the database: for a page at any size. */
export async function summariseAudience(db: Asks, rule: AudienceRule): Promise<AudienceSummary> {
  const checked = await checkRule(db, rule)
  if (checked.problems.length > 0) return nobody(checked)
  const { rows } = await sql<Omit<AudienceSummary, 'problems'>>`with ${candidates(checked)} ${summary(rule)}`.execute(db)
  return { ...nobody(checked), ...rows[0] }
}

/** The figures of a rule that reaches nobody. */
export function nobody({ rule, problems }: CheckedRule): AudienceSummary {
  return { organisations: 0, contacts: 0, unreachable: 0, hash: hashOf(rule, []), problems }
}

/** One row: the figures of `candidate`. The codes are hashed in the order in which an index holds them, so that nothing is sorted. */
export function summary(rule: AudienceRule): RawBuilder<unknown> {
  return sql`
    select count(*)::int as organisations, coalesce(sum(contacts), 0)::int as contacts, count(*) filter (where contacts = 0)::int as unreachable,
      encode(sha256(convert_to(${canonicalRule(rule)} || chr(10) || coalesce(string_agg(code, chr(10)), ''), 'UTF8')), 'hex') as hash
    from (select code, mailable_contacts as contacts from (${reached(rule)}) as audience order by code collate "C") as sorted`
}

/** The names that the sentence of a rule needs. */
export async function namesFor(db: Asks, rule: AudienceRule): Promise<RuleNames> {
  const codes = [
    ...rule.regions,
    ...rule.boards,
    ...rule.organisations,
    ...rule.excluding.regions,
    ...rule.excluding.boards,
    ...rule.excluding.organisations,
  ]
  const types = await db.selectFrom('directory_organisation_type').select(['code', 'plural']).execute()
  const organisations =
    codes.length === 0
      ? []
      : await db.selectFrom('directory_organisation').select(['code', 'name']).where('code', 'in', codes.slice(0, 500)).execute()
  return {
    types: new Map(types.map(({ code, plural }) => [code, plural])),
    organisations: new Map(organisations.map(({ code, name }) => [code, name])),
  }
}

/** What the rule builder offers. */
export async function audienceChoices(db: Reader<Visible>) {
  const types = await organisationTypes(db)
  return {
    types: types.filter(({ code }) => !NO_READERS.includes(code)),
    regions: await regions(db),
    boards: await boards(db),
    countries: await countries(db),
  }
}

/** Types that stand for an area or for us. They can still be named by code. */
const NO_READERS: readonly string[] = ['centre', 'region', 'board']

/** By a loose index scan: the countries are few, the organisations many, so it steps from one country to the next. */
async function countries(db: Asks): Promise<readonly string[]> {
  const { rows } = await sql<{ country: string }>`
    with recursive named (country) as (
      (select min(country) from directory_organisation)
      union all
      select (select min(country) from directory_organisation where country > named.country) from named where named.country is not null
    )
    select country from named where country is not null`.execute(db)
  return rows.map(({ country }) => country)
}

export interface OwnMatch {
  readonly maker: string
  readonly product: string
  readonly version: string
  readonly count: number | null
  readonly asOf: string | null
}

/** What an organisation told that it runs of the technology that a rule names: why this concerns it. */
export async function matchesOf(db: Asks, organisationId: string, rule: AudienceRule): Promise<readonly OwnMatch[]> {
  const ids = (await productsOf(db, rule)).flatMap(products => products.ids)
  if (ids.length === 0) return []
  return db
    .selectFrom('directory_technology as technology')
    .innerJoin('directory_product as product', 'product.id', 'technology.product_id')
    .select(['product.maker', 'product.product', 'technology.version', 'technology.count', 'technology.as_of as asOf'])
    .where('technology.organisation_id', '=', organisationId)
    .where('technology.product_id', 'in', [...new Set(ids)])
    .orderBy('product.maker')
    .orderBy('product.product')
    .limit(50)
    .execute()
}

function hashOf(rule: AudienceRule, codes: readonly string[]): string {
  return createHash('sha256')
    .update(`${canonicalRule(rule)}\n${codes.join('\n')}`)
    .digest('hex')
}
