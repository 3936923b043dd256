import { z } from 'zod'
import { cleanLine } from '../../../kernel/text.ts'
import { Code, ProductName, TypeCode, VersionText, type AudienceRule, type Condition, type Node } from './rule.ts'

/**
 * The flat shape of a rule and the tree, each made of the other. Every flat rule is a tree; a tree is flat when it is no more than kinds that
 * narrow each other, each named once.
 */

const few = <T extends z.ZodType>(item: T, most: number) =>
  z
    .array(item)
    .max(most, `Name at most ${most.toLocaleString('en-GB')}`)
    .default([])

/** The shape without groups: kinds narrow each other, values of a kind widen it. The simple form of the page makes it, and the oldest releases hold it. */
export const FlatRule = z.strictObject({
  types: few(TypeCode, 100),
  regions: few(Code, 100),
  boards: few(Code, 500),
  technology: few(
    z.strictObject({
      maker: ProductName.nullable().default(null),
      product: ProductName,
      version: VersionText.nullable().default(null),
    }),
    200,
  ),
  organisations: few(Code, 20_000),
  countries: few(z.string().transform(cleanLine).pipe(z.string().min(1).max(60)), 20),
  excluding: z
    .strictObject({ types: few(TypeCode, 100), regions: few(Code, 100), boards: few(Code, 500), organisations: few(Code, 20_000) })
    .default({ types: [], regions: [], boards: [], organisations: [] }),
  partners: z.boolean().default(false),
})
export type FlatRule = z.infer<typeof FlatRule>
/** As a program or a test writes it: what is left out is empty. */
export type FlatRuleInput = z.input<typeof FlatRule>

const FLAT_FIELDS: ReadonlySet<string> = new Set(['types', 'regions', 'boards', 'technology', 'countries'])

/** Whether a value has the flat shape: it has one of its fields, or its exclusions are no list of conditions. */
export function isFlat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || 'match' in value) return false
  return Object.keys(value).some(name => FLAT_FIELDS.has(name)) || ('excluding' in value && !Array.isArray(value.excluding))
}

/** The tree that a flat rule means. */
export function unfold(flat: FlatRule): AudienceRule {
  const technology = flat.technology.map((condition): Condition => ({ is: 'technology', ...condition, unsaid: true }))
  const parts: Node[] = [
    ...ofKind('country', flat.countries),
    ...ofKind('type', flat.types),
    ...ofKind('region', flat.regions),
    ...ofKind('board', flat.boards),
    ...(technology.length > 1 ? [{ is: 'any', of: technology } as const] : technology),
  ]
  const { types, regions, boards, organisations } = flat.excluding
  return {
    match: parts.length === 0 ? null : { is: 'all', of: parts },
    organisations: flat.organisations,
    excluding: [...ofKind('type', types), ...ofKind('region', regions), ...ofKind('board', boards), ...ofKind('organisation', organisations)],
    partners: flat.partners,
  }
}

type ListKind = 'type' | 'region' | 'board' | 'country' | 'organisation'

function ofKind(is: ListKind, of: string[]): Condition[] {
  return of.length === 0 ? [] : [{ is, of }]
}

/** The flat rule that means the same; `undefined` when the tree says more than a flat rule can. */
export function fold(rule: AudienceRule): FlatRule | undefined {
  const parts = rule.match === null ? [] : rule.match.is === 'all' ? rule.match.of : [rule.match]
  const described = byKind(parts)
  const excluded = byKind(rule.excluding)
  if (described === undefined || excluded === undefined) return undefined
  if (described.organisation !== undefined || excluded.country !== undefined || excluded.technology !== undefined) return undefined
  return {
    types: described.type ?? [],
    regions: described.region ?? [],
    boards: described.board ?? [],
    technology: described.technology ?? [],
    organisations: rule.organisations,
    countries: described.country ?? [],
    excluding: {
      types: excluded.type ?? [],
      regions: excluded.region ?? [],
      boards: excluded.board ?? [],
      organisations: excluded.organisation ?? [],
    },
    partners: rule.partners,
  }
}

type Kinds = Partial<Record<ListKind, string[]>> & { technology?: FlatRule['technology'] }

/** What the parts name, by kind; `undefined` when one is not flat, or a kind stands there twice (then they narrow each other). */
function byKind(parts: readonly Node[]): Kinds | undefined {
  const kinds: Kinds = {}
  for (const part of parts) {
    const technology = part.is === 'any' ? part.of : [part]
    if (technology.every(isPlainTechnology)) {
      if (kinds.technology !== undefined) return undefined
      kinds.technology = technology.map(({ maker, product, version }) => ({ maker, product, version }))
    } else if (isList(part)) {
      if (kinds[part.is] !== undefined) return undefined
      kinds[part.is] = part.of
    } else return undefined
  }
  return kinds
}

type TechnologyCondition = Extract<Condition, { is: 'technology' }>

function isPlainTechnology(node: Node): node is TechnologyCondition {
  return node.is === 'technology' && node.unsaid
}

function isList(node: Node): node is Extract<Condition, { is: ListKind }> {
  return node.is === 'type' || node.is === 'region' || node.is === 'board' || node.is === 'country' || node.is === 'organisation'
}
