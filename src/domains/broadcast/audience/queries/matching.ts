import { sql, type RawBuilder } from 'kysely'
import { tlpRank } from '../../../../kernel/tlp.ts'
import { isResponseState } from '../../responses/model.ts'
import { currentMembers } from '../../sharing-groups/queries.ts'
import type { Condition, Node } from '../rule.ts'
import type { CheckedRule } from './checking.ts'
import { isCleared } from './clearance.ts'
import { runners, type Lines } from './lines.ts'

/**
 * `candidate`, for a `with`: every organisation that the rule describes or names, before exclusions, closed ones too. Where it asks for
 * more than what an organisation is, the answer is kept, because it is dear and all that follows is read from it; otherwise each reader goes
 * its own quickest way. Before it stand the sets that it looks in.
 */
export function candidates(checked: CheckedRule): RawBuilder<unknown> {
  const sets: RawBuilder<unknown>[] = []
  const described = describedBy(checked, sets)
  // Each set is found once, and then looked up.
  const before = sets.map((set, at) => sql`${setName(at)} (id) as materialized (${set}), `)
  const isKept = needsLookups(checked) || tellsPartners(checked)
  return sql`${sql.join(before, sql``)}candidate as ${isKept ? sql`materialized` : sql`not materialized`} (${described})`
}

/** Those whom the rule reaches: the open ones, less the excluded and those who may not be told, and where it asks for them, their partners. */
export function reached(checked: CheckedRule): RawBuilder<unknown> {
  const direct = sql`select * from candidate as organisation where ${isReached(checked, true)}`
  if (!tellsPartners(checked)) return direct
  return sql`${direct} union select ${COLUMNS} from directory_organisation as organisation where ${isReached(checked, false)} and organisation.id in (
    select partnership.partner_id from directory_partnership as partnership
    where partnership.until is null and partnership.organisation_id in (select id from candidate as organisation where ${isReached(checked, true)}))`
}

/** What is stricter than AMBER stays with the organisation. */
function tellsPartners({ rule, tlp }: CheckedRule): boolean {
  return rule.partners && tlpRank(tlp) <= tlpRank('AMBER')
}

/** A partner is told for the organisation that it looks after, whatever its own type may be told; of a sharing group only if it is a member itself. */
function isReached(checked: CheckedRule, isDirect: boolean): RawBuilder<unknown> {
  const cleared = isDirect ? mayBeTold(checked) : null
  return sql.join(
    [
      sql`organisation.status = 'open'`,
      ...checked.excluding.map(node => sql`${excludes(checked, node)} is not true`),
      ...(cleared === null ? [] : [cleared]),
      ...(checked.sharingGroup === null ? [] : [sql`organisation.id in (${currentMembers(checked.sharingGroup)})`]),
    ],
    sql` and `,
  )
}

/** What is RED goes to organisations that are named by code, and to no other. */
function mayBeTold({ clearance, rule, tlp }: CheckedRule): RawBuilder<unknown> | null {
  const cleared = isCleared(clearance)
  if (tlp !== 'RED') return cleared
  const isNamed = sql`organisation.code = any(${rule.organisations}::text[])`
  return cleared === null ? isNamed : sql`(${isNamed} and ${cleared})`
}

/**
 * Those of `candidate` whom it would reach but for an exclusion or the label, and the closed ones that it names or whose technology it names,
 * each with why. `null` when the rule can leave nobody out: then nobody need be looked at.
 */
export function leftOut(checked: CheckedRule): RawBuilder<unknown> | null {
  const { rule } = checked
  const isLookedUp = needsLookups(checked)
  const isClosed = isLookedUp
    ? sql`organisation.status = 'closed'`
    : sql`(organisation.status = 'closed' and organisation.code = any(${rule.organisations}::text[]))`
  const cleared = isCleared(checked.clearance)
  const reasons = [
    ...checked.excluding.toSorted((a, b) => rankOf(a) - rankOf(b)).map(node => sql`when ${excludes(checked, node)} then ${whyOf(node)}`),
    ...(isLookedUp || rule.organisations.length > 0 ? [sql`when ${isClosed} then 'closed'`] : []),
    ...(cleared === null ? [] : [sql`when not ${cleared} then 'clearance'`]),
    ...(checked.tlp === 'RED' ? [sql`when organisation.code <> all(${rule.organisations}::text[]) then 'not-named'`] : []),
    ...(checked.sharingGroup === null ? [] : [sql`when organisation.id not in (${currentMembers(checked.sharingGroup)}) then 'not-in-group'`]),
  ]
  if (reasons.length === 0) return null
  return sql`select * from (
    select organisation.*, case ${sql.join(reasons, sql` `)} end as why from candidate as organisation where organisation.status = 'open' or ${isClosed}) as judged where why is not null`
}

const REASONS = ['organisation', 'type', 'region', 'board']

function rankOf({ is }: Node): number {
  return (REASONS.indexOf(is) + REASONS.length + 1) % (REASONS.length + 1)
}

function whyOf({ is }: Node): RawBuilder<unknown> {
  return sql`${is === 'organisation' ? 'named' : is === 'type' || is === 'region' || is === 'board' ? is : 'condition'}::text`
}

const COLUMNS = sql`organisation.id, organisation.code, organisation.name, organisation.name_key, organisation.type, organisation.country, organisation.region_code,
  organisation.board_code, organisation.size, organisation.status, organisation.mailable_contacts`

function describedBy(checked: CheckedRule, sets: RawBuilder<unknown>[]): RawBuilder<unknown> {
  const { match, rule } = checked
  const columns = sql`select ${COLUMNS} from directory_organisation as organisation`
  const isNamed = sql`organisation.code = any(${rule.organisations}::text[])`
  if (match === null) return sql`${columns} where ${isNamed}`
  const fits = isTrue(checked, match, sets)
  if (rule.organisations.length === 0) return sql`${columns} where ${fits}`
  // With lookups two plain searches: under one OR, PostgreSQL would look for each organisation in turn.
  return needsLookups(checked) ? sql`${columns} where ${fits} union ${columns} where ${isNamed}` : sql`${columns} where (${fits}) or ${isNamed}`
}

/** Whether the conditions ask for more than what stands at the organisation itself. */
function needsLookups({ match }: CheckedRule): boolean {
  const isLookup = (node: Node): boolean => {
    if (node.is === 'all' || node.is === 'any') return node.of.some(isLookup)
    return node.is === 'not' ? isLookup(node.of) : membersOf(node, new Map()) !== null
  }
  return match !== null && isLookup(match)
}

/** Exclusions are looked up where they stand: they are few, and the candidates are found by then. */
function excludes(checked: CheckedRule, node: Node): RawBuilder<unknown> {
  return isTrue(checked, node, null)
}

/**
 * A tree as a condition on `organisation`. Where parts are joined by and, PostgreSQL joins the lookups, quickest first. Below an or, or a not, a
 * lookup is a set of `sets`, found once and kept in a hash.
 */
function isTrue(checked: CheckedRule, node: Node, sets: RawBuilder<unknown>[] | null, isInner = false): RawBuilder<unknown> {
  switch (node.is) {
    case 'all':
      return sql`(${sql.join(
        node.of.map(part => isTrue(checked, part, sets, isInner)),
        sql` and `,
      )})`
    case 'any': {
      const { lines, rest } = withoutLines(checked, node.of)
      const parts = [
        ...rest.map(part => isTrue(checked, part, sets, true)),
        ...(lines.length === 0 ? [] : [isMember(runners(lines), sets, isInner || rest.length > 0)]),
      ]
      return parts.length === 0 ? sql`false` : sql`(${sql.join(parts, sql` or `)})`
    }
    case 'not':
      return sql`(${isTrue(checked, node.of, sets, true)}) is not true`
    default: {
      const members = membersOf(node, checked.lines)
      return members === null ? isItself(node) : isUnfilled(node) ? sql`not ${isMember(members, sets, true)}` : isMember(members, sets, isInner)
    }
  }
}

/** Conditions on technology that widen each other are one search. */
function withoutLines(checked: CheckedRule, parts: readonly Node[]): { readonly lines: Lines; readonly rest: readonly Node[] } {
  const isLines = (part: Node): part is Extract<Condition, { is: 'technology' | 'threat' }> => part.is === 'technology' || part.is === 'threat'
  return { lines: parts.filter(isLines).flatMap(part => checked.lines.get(part) ?? []), rest: parts.filter(part => !isLines(part)) }
}

function isMember(members: RawBuilder<unknown>, sets: RawBuilder<unknown>[] | null, isApart: boolean): RawBuilder<unknown> {
  if (!isApart || sets === null) return sql`organisation.id in (${members})`
  sets.push(sql`select distinct organisation_id from (${members}) as member`)
  return sql`organisation.id in (select id from ${setName(sets.length - 1)})`
}

function setName(at: number): RawBuilder<unknown> {
  return sql.ref(`set_${at}`)
}

function isUnfilled(condition: Condition): boolean {
  return condition.is === 'role' && !condition.filled
}

/** A condition on what stands at the organisation itself. */
function isItself(condition: Condition): RawBuilder<unknown> {
  switch (condition.is) {
    case 'type':
      return sql`organisation.type = any(${condition.of}::text[])`
    case 'region':
      return sql`organisation.region_code = any(${condition.of}::text[])`
    case 'board':
      return sql`organisation.board_code = any(${condition.of}::text[])`
    case 'country':
      return sql`organisation.country = any(${condition.of}::text[])`
    case 'organisation':
      return sql`organisation.code = any(${condition.of}::text[])`
    case 'size':
      return sql`(organisation.size >= ${condition.atLeast ?? 0} and organisation.size <= ${condition.atMost ?? 2_147_483_647})`
    default:
      // A saved audience of which there is nothing: the check has said so, and nobody is reached.
      return sql`false`
  }
}

/** The organisations that a condition means, for one that looks beyond the organisation itself; `null` for others. */
function membersOf(condition: Condition, lines: ReadonlyMap<Condition, Lines>): RawBuilder<unknown> | null {
  switch (condition.is) {
    case 'technology':
    case 'threat':
      return runners(lines.get(condition) ?? [])
    case 'role':
      return sql`select organisation_id from directory_assignment where role = ${condition.role} and until is null
        union all select organisation_id from directory_contact where ended_at is null and lower(purpose) = ${condition.role.replaceAll('-', ' ')}`
    case 'answer':
      return sql`select recipient.organisation_id from broadcast_recipient as recipient join broadcast_bulletin as bulletin on bulletin.id = recipient.bulletin_id
        where bulletin.number = ${condition.bulletin} and (recipient.response = any(${condition.of.filter(isResponseState)}::text[])
          or (recipient.response is null and ((${condition.of.includes('silent')} and recipient.is_reachable) or (${condition.of.includes('unreachable')} and not recipient.is_reachable))))`
    case 'partner':
      return sql`select partnership.organisation_id from directory_partnership as partnership where partnership.until is null ${
        condition.of.length === 0
          ? sql``
          : sql`and partnership.partner_id = any(array(select id from directory_organisation where code = any(${condition.of}::text[])))`
      }`
    default:
      return null
  }
}
