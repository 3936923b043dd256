import { createHash } from 'node:crypto'
import { sql, type RawBuilder } from 'kysely'
import { nameKey } from '../../../kernel/name-key.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../kernel/page.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { boards, organisationTypes, regions } from '../../directory/contract.ts'
import { matchedProducts } from '../../watch/contract.ts'
import type { Visible } from '../tables.ts'
import {
  AudienceRule,
  canonicalRule,
  EMPTY_RULE,
  hasConditions,
  isEmptyRule,
  parseTechnology,
  technologyText,
  type Exclusion,
  type RuleNames,
  type Unreachable,
} from './model.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom' | 'getExecutor'>

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
    select organisation.id, organisation.code, organisation.name, organisation.type, organisation.region_code as region, ${MAILABLE}::int as contacts
    from (${matching(rule, checked.products)}) as organisation ${CONTACTS}
    group by organisation.id, organisation.code, organisation.name, organisation.type, organisation.region_code
    order by organisation.code collate "C"`.execute(db)
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
  if (checked.problems.length > 0) return { organisations: 0, contacts: 0, unreachable: 0, hash: hashOf(rule, []), problems: checked.problems }
  const { rows } = await sql<Omit<AudienceSummary, 'problems'>>`
    select count(*)::int as organisations, coalesce(sum(audience.contacts), 0)::int as contacts, count(*) filter (where audience.contacts = 0)::int as unreachable,
      encode(sha256(convert_to(${canonicalRule(rule)} || chr(10) || coalesce(string_agg(audience.code, chr(10) order by audience.code collate "C"), ''), 'UTF8')), 'hex') as hash
    from (
      select organisation.code, ${MAILABLE}::int as contacts
      from (${matching(rule, checked.products)}) as organisation ${CONTACTS}
      group by organisation.id, organisation.code
    ) as audience`.execute(db)
  const [figures] = rows
  return { organisations: 0, contacts: 0, unreachable: 0, hash: hashOf(rule, []), ...figures, problems: [] }
}

export interface ListedOrganisation {
  readonly code: string
  readonly name: string
  readonly type: string
  readonly region: string | null
  readonly contacts: number
  readonly unreachable: Unreachable | null
}

/** One page of the names, by code: those who will be mailed, or those whom nobody can mail and why. The total is the summary's. */
export async function listAudience(
  db: Asks,
  rule: AudienceRule,
  which: 'reached' | 'unreachable',
  request: PageRequest,
  summary: AudienceSummary,
): Promise<Page<ListedOrganisation>> {
  const checked = await checkRule(db, rule)
  if (checked.problems.length > 0) return { rows: [], next: null, total: 0 }
  const [after = ''] = decodeCursor(request.cursor, 1) ?? []
  const mailable = sql`exists (select from directory_contact as contact where contact.organisation_id = organisation.id and contact.ended_at is null and contact.email is not null and contact.receives_bulletins)`
  const { rows } = await sql<Omit<ListedOrganisation, 'unreachable'> & { all: number; addressed: number }>`
    select organisation.code, organisation.name, organisation.type, organisation.region_code as region,
      ${MAILABLE}::int as contacts, count(contact.id)::int as all, count(contact.id) filter (where contact.email is not null)::int as addressed
    from (
      select * from (${matching(rule, checked.products)}) as organisation
      where organisation.code collate "C" > ${String(after)} and ${which === 'reached' ? mailable : sql`not ${mailable}`}
      order by organisation.code collate "C" limit ${request.limit + 1}
    ) as organisation ${CONTACTS}
    group by organisation.id, organisation.code, organisation.name, organisation.type, organisation.region_code
    order by organisation.code collate "C"`.execute(db)
  const total = which === 'reached' ? summary.organisations - summary.unreachable : summary.unreachable
  return paged(
    rows.map(row => ({
      ...row,
      unreachable: row.contacts > 0 ? null : row.all === 0 ? 'no-contact' : row.addressed === 0 ? 'no-email' : 'not-receiving',
    })),
    request.limit,
    total,
  )
}

export interface ExcludedOrganisation {
  readonly code: string
  readonly name: string
  readonly why: Exclusion
}

/** One page of those whom the rule would reach but for an exclusion, and of the closed ones that it names or whose technology it names. */
export async function listExcluded(db: Asks, rule: AudienceRule, request: PageRequest): Promise<Page<ExcludedOrganisation>> {
  const checked = await checkRule(db, rule)
  if (checked.problems.length > 0) return { rows: [], next: null, total: 0 }
  const [after = ''] = decodeCursor(request.cursor, 1) ?? []
  const { types, regions, boards, organisations } = rule.excluding
  const named = sql`organisation.code = any(${rule.organisations}::text[])`
  const closed = rule.technology.length > 0 ? sql`organisation.status = 'closed'` : sql`(organisation.status = 'closed' and ${named})`
  const excluded = sql`
    select organisation.code, organisation.name, case
      when organisation.code = any(${organisations}::text[]) then 'named'
      when organisation.type = any(${types}::text[]) then 'type'
      when organisation.region_code = any(${regions}::text[]) then 'region'
      when organisation.board_code = any(${boards}::text[]) then 'board'
      when ${closed} then 'closed' end as why
    from (${candidates(rule, checked.products)}) as organisation
    where organisation.status = 'open' or ${closed}`
  const { rows } = await sql<ExcludedOrganisation & { total: number }>`
    with excluded as materialized (select * from (${excluded}) as all_of_them where why is not null)
    select code, name, why, (select count(*) from excluded)::int as total from excluded where code collate "C" > ${String(after)} order by code collate "C" limit ${request.limit + 1}`.execute(
    db,
  )
  return paged(
    rows.map(({ code, name, why }) => ({ code, name, why })),
    request.limit,
    rows[0]?.total ?? 0,
  )
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

async function countries(db: Asks): Promise<readonly string[]> {
  const rows = await db.selectFrom('directory_organisation').select('country').distinct().orderBy('country').execute()
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

interface ProductSet {
  readonly ids: readonly number[]
  readonly version: string | null
}

/** Finds the products of each technology condition, and every part of the rule that names nothing that there is. */
async function checkRule(db: Asks, rule: AudienceRule): Promise<{ problems: readonly string[]; products: readonly ProductSet[] }> {
  if (isEmptyRule(rule)) return { problems: ['The rule is empty, so it reaches nobody. Choose who should get this.'], products: [] }
  const { rows } = await sql<{ part: string; code: string }>`
    select 'type' as part, code from unnest(${[...rule.types, ...rule.excluding.types]}::text[]) as code
      where not exists (select from directory_organisation_type as type where type.code = code.code)
    union all select 'region', code from unnest(${[...rule.regions, ...rule.excluding.regions]}::text[]) as code
      where not exists (select from directory_organisation as organisation where organisation.region_code = code.code)
        and not exists (select from directory_organisation as area where area.code = code.code and area.type = 'region')
    union all select 'board', code from unnest(${[...rule.boards, ...rule.excluding.boards]}::text[]) as code
      where not exists (select from directory_organisation as organisation where organisation.board_code = code.code)
        and not exists (select from directory_organisation as area where area.code = code.code and area.type = 'board')
    union all select 'organisation', code from unnest(${[...rule.organisations, ...rule.excluding.organisations]}::text[]) as code
      where not exists (select from directory_organisation as organisation where organisation.code = code.code)`.execute(db)
  const products = await productsOf(db, rule)
  const unknown = rows.map(({ part, code }) => `There is no ${part} ${code} in the directory. Correct it or take it out.`)
  const unmatched = rule.technology
    .filter((_, at) => products[at]?.ids.length === 0)
    .map(condition => `Nobody is known to run ${technologyText(condition)}: no product or maker of that name is listed. Correct it or take it out.`)
  return { problems: [...new Set([...unknown, ...unmatched])], products }
}

async function productsOf(db: Asks, rule: AudienceRule): Promise<readonly ProductSet[]> {
  if (rule.technology.length === 0) return []
  const conditions = sql`unnest(${rule.technology.map(({ maker }) => (maker === null ? null : nameKey(maker)))}::text[], ${rule.technology.map(({ product }) => nameKey(product))}::text[]) with ordinality as condition(maker_key, product_key, position)`
  const { rows } = await sql<{ position: number; ids: number[] }>`
    select found.position::int, array_agg(distinct found.id) as ids from (
      select condition.position, product.id from ${conditions} join directory_product as product on product.maker_key = condition.maker_key and product.product_key = condition.product_key
      union all select condition.position, product.id from ${conditions} join directory_product as product on product.product_key = condition.product_key where condition.maker_key is null
      union all select condition.position, product.id from ${conditions} join directory_product as product on product.maker_key = condition.product_key where condition.maker_key is null
    ) as found group by found.position`.execute(db)
  const found = new Map(rows.map(({ position, ids }) => [position, ids]))
  return rule.technology.map(({ version }, at) => ({ ids: found.get(at + 1) ?? [], version }))
}

/** The open organisations of the rule, less the excluded ones. */
function matching(rule: AudienceRule, products: readonly ProductSet[]): RawBuilder<unknown> {
  const { types, regions, boards, organisations } = rule.excluding
  const without = [
    ...(types.length > 0 ? [sql`and organisation.type <> all(${types}::text[])`] : []),
    // A missing region or board is not an excluded one.
    ...(regions.length > 0 ? [sql`and (organisation.region_code is null or organisation.region_code <> all(${regions}::text[]))`] : []),
    ...(boards.length > 0 ? [sql`and (organisation.board_code is null or organisation.board_code <> all(${boards}::text[]))`] : []),
    ...(organisations.length > 0 ? [sql`and organisation.code <> all(${organisations}::text[])`] : []),
  ]
  return sql`select organisation.* from (${candidates(rule, products)}) as organisation where organisation.status = 'open' ${sql.join(without, sql` `)}`
}

/**
 * The organisations that the conditions describe, and those named. A union of two plain searches: under one OR, PostgreSQL would try
 * the technology for each organisation in turn.
 */
function candidates(rule: AudienceRule, products: readonly ProductSet[]): RawBuilder<unknown> {
  const columns = sql`organisation.id, organisation.code, organisation.name, organisation.type, organisation.region_code, organisation.board_code, organisation.status`
  const named = sql`select ${columns} from directory_organisation as organisation where organisation.code = any(${rule.organisations}::text[])`
  if (!hasConditions(rule)) return named
  const conditions = [
    ...(rule.countries.length > 0 ? [sql`and organisation.country = any(${rule.countries}::text[])`] : []),
    ...(rule.types.length > 0 ? [sql`and organisation.type = any(${rule.types}::text[])`] : []),
    ...(rule.regions.length > 0 ? [sql`and organisation.region_code = any(${rule.regions}::text[])`] : []),
    ...(rule.boards.length > 0 ? [sql`and organisation.board_code = any(${rule.boards}::text[])`] : []),
    ...(products.length > 0 ? [sql`and organisation.id in (${runners(products)})`] : []),
  ]
  const described = sql`select ${columns} from directory_organisation as organisation where true ${sql.join(conditions, sql` `)}`
  return rule.organisations.length === 0 ? described : sql`${described} union ${named}`
}

/** The organisations that run any of the products. `shared` is asked for here too, so that the answer is the same whoever asks. */
function runners(products: readonly ProductSet[]): RawBuilder<unknown> {
  const anyVersion = products.filter(({ version }) => version === null).flatMap(({ ids }) => ids)
  const searches = [
    ...(anyVersion.length > 0
      ? [
          sql`select technology.organisation_id from directory_technology as technology where technology.shared and technology.product_id = any(${anyVersion}::int[])`,
        ]
      : []),
    ...products
      .filter(({ version }) => version !== null)
      .map(
        ({ ids, version }) =>
          sql`select technology.organisation_id from directory_technology as technology where technology.shared and technology.product_id = any(${ids}::int[]) and (technology.version = '' or lower(technology.version) = lower(${version}))`,
      ),
  ]
  return sql`${sql.join(searches, sql` union all `)}`
}

const CONTACTS = sql`left join directory_contact as contact on contact.organisation_id = organisation.id and contact.ended_at is null`
const MAILABLE = sql`count(contact.id) filter (where contact.email is not null and contact.receives_bulletins)`

function hashOf(rule: AudienceRule, codes: readonly string[]): string {
  return createHash('sha256')
    .update(`${canonicalRule(rule)}\n${codes.join('\n')}`)
    .digest('hex')
}

function paged<T extends { readonly code: string }>(rows: readonly T[], limit: number, total: number): Page<T> {
  const shown = rows.slice(0, limit)
  return { rows: shown, next: rows.length > limit ? encodeCursor([shown.at(-1)?.code ?? '']) : null, total }
}
