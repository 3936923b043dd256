import { sql } from 'kysely'
import { isRole } from '../../../../kernel/role.ts'
import type { Tlp } from '../../../../kernel/tlp.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { groupProblem } from '../../sharing-groups/queries.ts'
import { AudienceRule } from '../model.ts'
import { conditionsIn, conditionsOf, isEmptyRule, saysWhom, type Condition, type Node } from '../rule.ts'
import type { Asks } from './asks.ts'
import { clearanceFor, EVERYBODY_IS_CLEARED, type Clearance } from './clearance.ts'
import { linesOf, type Lines } from './lines.ts'

/** The rule of a bulletin with its label, which says who may be told at all. */
export interface BulletinRule {
  readonly rule: AudienceRule
  readonly tlp: Tlp
  /** The UUID of the sharing group that it is for alone; `null` for none. */
  readonly sharingGroup: string | null
  /** Whether what is stored cannot be read; the rule is then the empty one. */
  readonly isUnread?: boolean
}

/** A rule that was held against the directory: what each part means there, and every part of it that names nothing there is. */
export interface CheckedRule extends BulletinRule {
  /** With the saved audiences by their versions. This is what a release freezes, and what the hash is made over. */
  readonly rule: AudienceRule
  /** One sentence for each part that is empty or not understood. With any, the rule reaches nobody. */
  readonly problems: readonly string[]
  /** With the saved audiences in their places. */
  readonly match: Node | null
  readonly excluding: readonly Node[]
  /** What each condition on technology or on a threat means: lines of technology. */
  readonly lines: ReadonlyMap<Condition, Lines>
  readonly clearance: Clearance
}

/** Holds a rule against the directory. Whatever is found wrong, the answer is whole: `problems` says that nobody is reached. */
export async function checkRule(db: Asks, asked: BulletinRule): Promise<CheckedRule> {
  const nothing = { ...asked, match: null, excluding: [], lines: new Map(), clearance: EVERYBODY_IS_CLEARED }
  const shape = shapeProblems(asked)
  if (shape.length > 0) return { ...nothing, problems: shape }
  const saved = await savedRules(db, conditionsOf(asked.rule))
  const rule = withVersions(asked.rule, saved.versions)
  const match = rule.match === null ? null : inPlace(rule.match, saved.trees)
  const excluding = rule.excluding.map(condition => inPlace(condition, saved.trees))
  const conditions = [...(match === null ? [] : conditionsIn(match)), ...excluding.flatMap(conditionsIn)]
  const { lines, problems: lineProblems } = await linesOf(db, conditions)
  const ofGroup = asked.sharingGroup === null ? null : await groupProblem(db, asked.sharingGroup)
  const problems = [
    ...saved.problems,
    ...(await unknownParts(db, conditions, rule.organisations)),
    ...lineProblems,
    ...(ofGroup === null ? [] : [ofGroup]),
  ]
  return { ...asked, rule, problems: [...new Set(problems)], match, excluding, lines, clearance: await clearanceFor(db, asked.tlp) }
}

function shapeProblems({ rule, isUnread }: BulletinRule): readonly string[] {
  if (isUnread === true) return ['The saved rule cannot be read, so it reaches nobody. Choose again who should get this.']
  if (isEmptyRule(rule)) return ['The rule is empty, so it reaches nobody. Choose who should get this.']
  const { match } = rule
  if (match === null || saysWhom(match)) return []
  if (conditionsIn(match).every(({ is }) => is === 'country'))
    return ['A country alone is no audience, so the rule reaches nobody. Add a type, a region or what they run.']
  return ['The rule says only whom it leaves out, so it reaches nobody. Add a condition that says whom it reaches.']
}

interface SavedRules {
  readonly versions: ReadonlyMap<string, number>
  /** By name and version. */
  readonly trees: ReadonlyMap<string, Node>
  readonly problems: readonly string[]
}

async function savedRules(db: Asks, conditions: readonly Condition[]): Promise<SavedRules> {
  const asked = conditions.filter(condition => condition.is === 'saved')
  const versions = new Map<string, number>()
  const trees = new Map<string, Node>()
  if (asked.length === 0) return { versions, trees, problems: [] }
  const rows = await db
    .selectFrom('broadcast_saved_audience')
    .select(['name', 'version', 'rule'])
    .where('name', 'in', [...new Set(asked.map(({ audience }) => audience))])
    .orderBy('version')
    .execute()
  for (const { name, version } of rows) versions.set(name, version)
  const problems = asked.flatMap(({ audience, version }) => {
    const meant = version ?? versions.get(audience)
    const row = rows.find(found => found.name === audience && found.version === meant)
    if (row === undefined)
      return [`There is no saved audience “${audience}”${version === null ? '' : ` with a version ${version}`}. Correct it or take it out.`]
    const tree = treeOf(AudienceRule.safeParse(row.rule).data)
    if (tree === undefined) return [`The saved audience “${audience}” reaches nobody. Change it, or take it out.`]
    trees.set(keyOf(audience, row.version), tree)
    return []
  })
  return { versions, trees, problems }
}

/** All that a saved rule reaches, as one tree. `undefined` when it cannot be read, says nobody, or holds a saved audience itself. */
function treeOf(rule: AudienceRule | undefined): Node | undefined {
  if (rule === undefined || isEmptyRule(rule) || conditionsOf(rule).some(({ is }) => is === 'saved')) return undefined
  if (rule.match !== null && !saysWhom(rule.match)) return undefined
  const parts: Node[] = [
    ...(rule.match === null ? [] : [rule.match]),
    ...(rule.organisations.length === 0 ? [] : [{ is: 'organisation', of: rule.organisations } as const]),
  ]
  return { is: 'all', of: [{ is: 'any', of: parts }, ...rule.excluding.map((of): Node => ({ is: 'not', of }))] }
}

function keyOf(name: string, version: number | undefined): string {
  return `${version ?? 0}\n${name}`
}

function withVersions(rule: AudienceRule, versions: ReadonlyMap<string, number>): AudienceRule {
  const condition = (one: Condition): Condition => (one.is === 'saved' ? { ...one, version: one.version ?? versions.get(one.audience) ?? null } : one)
  const node = (one: Node): Node => {
    if (one.is === 'not') return { is: 'not', of: node(one.of) }
    return one.is === 'all' || one.is === 'any' ? { is: one.is, of: one.of.map(node) } : condition(one)
  }
  return { ...rule, match: rule.match === null ? null : node(rule.match), excluding: rule.excluding.map(condition) }
}

function inPlace(node: Node, trees: ReadonlyMap<string, Node>): Node {
  if (node.is === 'not') return { is: 'not', of: inPlace(node.of, trees) }
  if (node.is === 'all' || node.is === 'any') return { is: node.is, of: node.of.map(part => inPlace(part, trees)) }
  return node.is === 'saved' ? (trees.get(keyOf(node.audience, node.version ?? undefined)) ?? node) : node
}

/** A sentence for each code that names nothing there is. */
async function unknownParts(db: Asks, conditions: readonly Condition[], named: readonly string[]): Promise<readonly string[]> {
  const codes = (is: 'type' | 'region' | 'board' | 'country' | 'organisation' | 'partner') =>
    conditions.flatMap(condition => (condition.is === is && 'of' in condition ? [...condition.of] : []))
  const roles = conditions.flatMap(condition => (condition.is === 'role' && !isRole(condition.role) ? [condition.role] : []))
  const bulletins = conditions.flatMap(condition => (condition.is === 'answer' ? [condition.bulletin] : []))
  const { rows } = await sql<{ part: string; code: string }>`
    select 'type' as part, code from unnest(${codes('type')}::text[]) as code
      where not exists (select from directory_organisation_type as type where type.code = code.code)
    union all select 'region', code from unnest(${codes('region')}::text[]) as code
      where not exists (select from directory_organisation as organisation where organisation.region_code = code.code)
        and not exists (select from directory_organisation as area where area.code = code.code and area.type = 'region')
    union all select 'board', code from unnest(${codes('board')}::text[]) as code
      where not exists (select from directory_organisation as organisation where organisation.board_code = code.code)
        and not exists (select from directory_organisation as area where area.code = code.code and area.type = 'board')
    union all select 'country', code from unnest(${codes('country')}::text[]) as code
      where not exists (select from directory_organisation as organisation where organisation.country = code.code)
    union all select 'organisation', code from unnest(${[...named, ...codes('organisation')]}::text[]) as code
      where not exists (select from directory_organisation as organisation where organisation.code = code.code)
    union all select 'IT delivery partner', code from unnest(${codes('partner')}::text[]) as code
      where not exists (select from directory_partnership as partnership join directory_organisation as partner on partner.id = partnership.partner_id
        where partner.code = code.code and partnership.until is null)
    union all select 'role', role from unnest(${roles}::text[]) as role
      where not exists (select from directory_contact as contact where contact.ended_at is null and lower(contact.purpose) = replace(role, '-', ' '))
    union all select 'answer', number::text from unnest(${bulletins}::integer[]) as number
      where not exists (select from broadcast_bulletin as bulletin where bulletin.number = number.number and bulletin.released_at is not null)`.execute(
    db,
  )
  return rows.map(({ part, code }) => {
    if (part === 'answer')
      return `There is no released bulletin ${bulletinNumber(Number(code))} that anybody could have answered. Correct it or take it out.`
    return `There is no ${part} ${code} in the directory. Correct it or take it out.`
  })
}
