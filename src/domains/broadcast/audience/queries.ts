import { createHash } from 'node:crypto'
import { sql, type RawBuilder } from 'kysely'
import type { Reader } from '../../../platform/work/read.ts'
import { boards, organisationTypes, regions } from '../../directory/contract.ts'
import { matchedLines } from '../../watch/contract.ts'
import type { Visible } from '../tables.ts'
import { canonicalRule } from './canonical.ts'
import { AudienceRule, EMPTY_RULE, type RuleNames } from './model.ts'
import type { Asks } from './queries/asks.ts'
import { checkRule, type BulletinRule, type CheckedRule } from './queries/checking.ts'
import { isOnLine, linesOf, type Lines } from './queries/lines.ts'
import { candidates, reached } from './queries/matching.ts'
import { conditionsOf } from './rule.ts'

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
  /** The rule to freeze: with the versions of its saved audiences. */
  readonly rule: AudienceRule
  /** The lines of technology by which it reaches organisations. */
  readonly matched: Lines
}

export interface AudienceSummary extends Pick<Audience, 'contacts' | 'hash' | 'problems'> {
  readonly organisations: number
  readonly unreachable: number
}

/** The rule saved for a bulletin, with the bulletin's label; the empty rule when none was. Throws when there is no such bulletin. */
export async function ruleOf(db: Pick<Asks, 'selectFrom'>, bulletinId: string): Promise<BulletinRule> {
  const { tlp, sharingGroup, stored } = await storedRule(db, bulletinId)
  const rule = stored === null ? EMPTY_RULE : AudienceRule.safeParse(stored).data
  return rule === undefined ? { rule: EMPTY_RULE, tlp, sharingGroup, isUnread: true } : { rule, tlp, sharingGroup }
}

/** Whether somebody has saved who a bulletin goes to. */
export async function hasRule(db: Pick<Asks, 'selectFrom'>, bulletinId: string): Promise<boolean> {
  return (await storedRule(db, bulletinId)).stored !== null
}

async function storedRule(db: Pick<Asks, 'selectFrom'>, bulletinId: string) {
  return db
    .selectFrom('broadcast_bulletin as bulletin')
    .leftJoin('broadcast_audience as audience', 'audience.bulletin_id', 'bulletin.id')
    .select(['bulletin.tlp', 'bulletin.sharing_group_id as sharingGroup', 'audience.rule as stored'])
    .where('bulletin.id', '=', bulletinId)
    .$narrowType<{ tlp: BulletinRule['tlp'] }>()
    .executeTakeFirstOrThrow()
}

/** A first rule for a bulletin about a threat: whoever runs what it is about, in an affected version where versions are known. The empty rule when nobody does. */
export async function suggestRule(db: Reader<Visible>, threatId: string): Promise<AudienceRule> {
  const isRun = (await matchedLines(db, threatId)).some(({ exact }) => exact)
  return isRun ? { ...EMPTY_RULE, match: { is: 'threat', threat: threatId, includes: 'runs' } } : EMPTY_RULE
}

/** Resolves a rule to its organisations, at this moment. A rule that is empty or fails reaches nobody and says why. */
export async function resolveAudience(db: Asks, asked: BulletinRule): Promise<Audience> {
  const checked = await checkRule(db, asked)
  const { rule, problems } = checked
  if (problems.length > 0) return { organisations: [], contacts: 0, unreachable: [], hash: hashOf(rule, []), problems, rule, matched: [] }
  const { rows } = await sql<Omit<AudienceOrganisation, 'reachable'>>`
    with ${candidates(checked)}
    select id, code, name, type, region_code as region, mailable_contacts as contacts from (${reached(checked)}) as audience order by code collate "C"`.execute(
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
    rule,
    matched: [...checked.lines.values()].flat(),
  }
}

/** The figures of `resolveAudience` without the names, counted by the database: for a page at any size. */
export async function summariseAudience(db: Asks, asked: BulletinRule): Promise<AudienceSummary> {
  const checked = await checkRule(db, asked)
  if (checked.problems.length > 0) return nobody(checked)
  const { rows } = await sql<Omit<AudienceSummary, 'problems'>>`with ${candidates(checked)} ${summary(checked)}`.execute(db)
  return { ...nobody(checked), ...rows[0] }
}

/** The figures of a rule that reaches nobody. */
export function nobody({ rule, problems }: CheckedRule): AudienceSummary {
  return { organisations: 0, contacts: 0, unreachable: 0, hash: hashOf(rule, []), problems }
}

/** One row: the figures of `candidate`. The codes are hashed in the order in which an index holds them, so that nothing is sorted. */
export function summary(checked: CheckedRule): RawBuilder<unknown> {
  return sql`
    select count(*)::int as organisations, coalesce(sum(contacts), 0)::int as contacts, count(*) filter (where contacts = 0)::int as unreachable,
      ${audienceHash(checked)} as hash
    from (select code, mailable_contacts as contacts from (${reached(checked)}) as audience order by code collate "C") as sorted`
}

/** The hash of `hashOf`, over rows that have a `code` and come in its order. */
export function audienceHash({ rule }: CheckedRule): RawBuilder<unknown> {
  return sql`encode(sha256(convert_to(${canonicalRule(rule)} || chr(10) || coalesce(string_agg(code, chr(10)), ''), 'UTF8')), 'hex')`
}

/** To how many addresses the messages go: a person who stands for several organisations gets one that names them all. */
export async function countAddresses(db: Asks, asked: BulletinRule): Promise<number> {
  const checked = await checkRule(db, asked)
  if (checked.problems.length > 0) return 0
  const { rows } = await sql<{ addresses: number }>`
    with ${candidates(checked)}
    select count(*)::int as addresses from (
      select from directory_contact as contact
      where contact.ended_at is null and contact.receives_bulletins and contact.email is not null
        and contact.organisation_id in (select id from (${reached(checked)}) as audience)
      group by lower(contact.email) collate "C") as address`.execute(db)
  return rows[0]?.addresses ?? 0
}

/** The names that the sentence of a rule needs. */
export async function namesFor(db: Asks, rule: AudienceRule): Promise<RuleNames> {
  const conditions = conditionsOf(rule)
  const codes = [
    ...conditions.flatMap(condition => (NAMED_BY_CODE.has(condition.is) && 'of' in condition ? condition.of.map(String) : [])),
    ...rule.organisations,
  ]
  const threats = conditions.flatMap(condition => (condition.is === 'threat' ? [condition.threat] : []))
  const types = await db.selectFrom('directory_organisation_type').select(['code', 'plural']).execute()
  const organisations =
    codes.length === 0
      ? []
      : await db.selectFrom('directory_organisation').select(['code', 'name']).where('code', 'in', codes.slice(0, 500)).execute()
  const titles = threats.length === 0 ? [] : await db.selectFrom('watch_threat').select(['id', 'title']).where('id', 'in', threats).execute()
  return {
    types: new Map(types.map(({ code, plural }) => [code, plural])),
    organisations: new Map(organisations.map(({ code, name }) => [code, name])),
    threats: new Map(titles.map(({ id, title }) => [id, title])),
  }
}

const NAMED_BY_CODE: ReadonlySet<string> = new Set(['region', 'board', 'organisation', 'partner'])

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

/** What an organisation told that it runs of the technology by which a release reached it: why this concerns it. */
export async function matchesOf(
  db: Asks,
  organisationId: string,
  release: { readonly rule: AudienceRule; readonly matched: Lines },
): Promise<readonly OwnMatch[]> {
  const lines = release.matched.length > 0 ? release.matched : await oldLines(db, release.rule)
  if (lines.length === 0) return []
  return db
    .selectFrom('directory_technology as technology')
    .innerJoin('directory_product as product', 'product.id', 'technology.product_id')
    .select(['product.maker', 'product.product', 'technology.version', 'technology.count', 'technology.as_of as asOf'])
    .where('technology.organisation_id', '=', organisationId)
    .where(sql<boolean>`${isOnLine(lines)}`)
    .orderBy('product.maker')
    .orderBy('product.product')
    .limit(50)
    .execute()
}

/** For releases that did not write down what matched. An organisation may not read what a threat matches, so that is left out. */
async function oldLines(db: Asks, rule: AudienceRule): Promise<Lines> {
  const technology = conditionsOf(rule).filter(({ is }) => is === 'technology')
  if (technology.length === 0) return []
  return [...(await linesOf(db, technology)).lines.values()].flat()
}

/** SHA-256 over the canonical rule: the same for rules that say the same. Give it the rule of an `Audience`, whose saved audiences are taken apart. */
export function ruleHash(rule: AudienceRule): string {
  return createHash('sha256').update(canonicalRule(rule)).digest('hex')
}

/** What the hash of an audience is made over: the canonical rule and the codes in their order, each on a line, with none after the last. UTF-8. */
export function hashedText(rule: AudienceRule, codes: readonly string[]): string {
  return `${canonicalRule(rule)}\n${codes.join('\n')}`
}

/** The hash of an audience: SHA-256, in hexadecimal. */
export function hashOf(rule: AudienceRule, codes: readonly string[]): string {
  return createHash('sha256').update(hashedText(rule, codes)).digest('hex')
}
