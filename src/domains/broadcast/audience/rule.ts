import { z } from 'zod'
import { nameKey } from '../../../kernel/name-key.ts'
import { cleanLine } from '../../../kernel/text.ts'

/**
 * Who gets a bulletin, said by rule.
 *
 * 1. `match` describes organisations: conditions joined by and, or, not. Each condition stands for a set of organisations, so `not` means
 *    everyone else, those included of whom the directory does not know it.
 * 2. Organisations named by code are added, whatever the conditions say.
 * 3. Exclusions always win, over named organisations too.
 * 4. Only open organisations are reached, and only those that may be told what the bulletin's label says (TLP 2.0).
 * 5. Closed by default: a rule that says nothing, or only whom it leaves out, or only a country, reaches nobody. So does a rule with any
 *    part that cannot be understood, an exclusion included: a mistyped exclusion must not let the message through to whom it meant.
 * 6. Only technology that is shared with the centre counts, whoever asks.
 * 7. `partners` also tells the IT delivery partners of those reached, up to AMBER: what is stricter stays with the organisation.
 */
export const Code = z
  .string()
  .transform(text => cleanLine(text).toUpperCase())
  .pipe(z.string().regex(/^[A-Z0-9][A-Z0-9._-]{0,19}$/, 'Write codes such as RRK, separated by commas or new lines'))
export const TypeCode = z.string().regex(/^[a-z][a-z-]{0,59}$/, 'Choose from the list of types')
export const ProductName = z
  .string()
  .transform(cleanLine)
  .pipe(
    z
      .string()
      .min(1, 'Enter the name of a product or its maker')
      .max(300, 'Use 300 characters or fewer for a name')
      .refine(name => nameKey(name) !== '', 'Enter a name with letters or digits'),
  )
/** A version, or a range of versions, as a person writes it. */
export const VersionText = z
  .string()
  .transform(cleanLine)
  .pipe(z.string().min(1, 'Enter a version').max(200, 'Use 200 characters or fewer for a version'))
/** The name of a saved audience, which is how rules refer to it. */
export const AudienceName = z
  .string()
  .transform(cleanLine)
  .pipe(z.string().min(1, 'Enter a name').max(100, 'Use 100 characters or fewer for the name'))

const some = <T extends z.ZodType>(item: T, most: number) =>
  z
    .array(item)
    .min(1, 'Choose at least one')
    .max(most, `Name at most ${most.toLocaleString('en-GB')}`)

/** What an organisation was, or answered, in an earlier bulletin. `silent`: it was reached and has not answered. */
export const EARLIER_ANSWERS = ['silent', 'unreachable', 'acknowledged', 'assessing', 'not-applicable', 'in-progress', 'done', 'not-acting'] as const

const BULLETIN_WANTED = 'Enter the number of a bulletin, such as CC-5001'
const VERSION_WANTED = 'Enter the number of a version, or leave it empty for the newest'

const Staff = z.number('Enter a whole number').int('Enter a whole number').min(1, 'Enter 1 or more').max(10_000_000, 'Enter a smaller number')

export const Condition = z.discriminatedUnion('is', [
  z.strictObject({ is: z.literal('type'), of: some(TypeCode, 100) }),
  z.strictObject({ is: z.literal('region'), of: some(Code, 100) }),
  z.strictObject({ is: z.literal('board'), of: some(Code, 500) }),
  z.strictObject({ is: z.literal('country'), of: some(z.string().transform(cleanLine).pipe(z.string().min(1).max(60)), 20) }),
  z.strictObject({ is: z.literal('organisation'), of: some(Code, 20_000) }),
  /** The number of staff, where it is known. */
  z
    .strictObject({ is: z.literal('size'), atLeast: Staff.nullable().default(null), atMost: Staff.nullable().default(null) })
    .refine(({ atLeast, atMost }) => atLeast !== null || atMost !== null, 'Enter how many staff at least, or at most')
    .refine(({ atLeast, atMost }) => atLeast === null || atMost === null || atLeast <= atMost, 'The least may not be more than the most'),
  /**
   * Something that organisations run. With a maker: that maker's product of that name. Without one, the name may be a product's or a maker's:
   * "EMIS" finds every product of the maker EMIS. With a version, or a range such as `< 3.2` or `vers:generic/>=1.0|<2.4`: those that run it, and
   * by `unsaid` also those that did not say which they run, or said too little to tell.
   */
  z.strictObject({
    is: z.literal('technology'),
    maker: ProductName.nullable().default(null),
    product: ProductName,
    version: VersionText.nullable().default(null),
    unsaid: z.boolean().default(true),
  }),
  /** Those that run what a threat is about; `may-run`: also those that may. */
  z.strictObject({
    is: z.literal('threat'),
    threat: z
      .string()
      .transform(text => cleanLine(text))
      .pipe(z.string().regex(/^[\w-]{1,60}$/, 'Enter the address of a threat’s page')),
    includes: z.enum(['runs', 'may-run']).default('runs'),
  }),
  /** Whether somebody holds a role there, or is a contact for it. */
  z.strictObject({
    is: z.literal('role'),
    role: z
      .string()
      .transform(text => cleanLine(text).toLowerCase().replaceAll(' ', '-'))
      .pipe(z.string().regex(/^[a-z][a-z-]{0,59}$/, 'Choose a role')),
    filled: z.boolean().default(true),
  }),
  z.strictObject({
    is: z.literal('answer'),
    bulletin: z.number(BULLETIN_WANTED).int(BULLETIN_WANTED).min(1, BULLETIN_WANTED).max(99_999_999, BULLETIN_WANTED),
    of: some(z.enum(EARLIER_ANSWERS), 8),
  }),
  /** Looked after by one of these IT delivery partners; by any when none is named. */
  z.strictObject({ is: z.literal('partner'), of: z.array(Code).max(100).default([]) }),
  /** Everyone whom a saved audience reaches. Without a version the newest; a release writes down which it was. */
  z.strictObject({
    is: z.literal('saved'),
    audience: AudienceName,
    version: z.number(VERSION_WANTED).int(VERSION_WANTED).positive(VERSION_WANTED).nullable().default(null),
  }),
])
export type Condition = z.infer<typeof Condition>

export type Node =
  | Condition
  | { readonly is: 'all'; readonly of: readonly Node[] }
  | { readonly is: 'any'; readonly of: readonly Node[] }
  | { readonly is: 'not'; readonly of: Node }

const Group = z
  .array(z.lazy(() => Node))
  .min(1, 'A group needs a condition. Add one, or take the group out')
  .max(500, 'Use 500 conditions or fewer')
const Node: z.ZodType<Node> = z.discriminatedUnion('is', [
  ...Condition.options,
  z.strictObject({ is: z.literal('all'), of: Group }),
  z.strictObject({ is: z.literal('any'), of: Group }),
  z.strictObject({ is: z.literal('not'), of: z.lazy(() => Node) }),
])

/** Groups within groups. Deeper ones are read by nobody. */
export const DEEPEST = 6
const MOST_CONDITIONS = 1_000

/** The rule as it is stored, sent and frozen. To read one from outside use `AudienceRule` of `model.ts`, which also takes the flat shape. */
export const RuleTree = z.strictObject({
  match: Node.nullable()
    .default(null)
    .refine(
      node => node === null || conditionsIn(node).length <= MOST_CONDITIONS,
      `Use ${MOST_CONDITIONS.toLocaleString('en-GB')} conditions or fewer`,
    ),
  organisations: z.array(Code).max(20_000, 'Name at most 20,000').default([]),
  excluding: z.array(Condition).max(500, 'Use 500 conditions or fewer').default([]),
  partners: z.boolean().default(false),
})

export type AudienceRule = z.infer<typeof RuleTree>

export const EMPTY_RULE: AudienceRule = { match: null, organisations: [], excluding: [], partners: false }

/** Whether the rule names anything that could reach somebody. */
export function isEmptyRule(rule: AudienceRule): boolean {
  return rule.match === null && rule.organisations.length === 0
}

/** Every condition of a tree, in its order. */
export function conditionsIn(node: Node): readonly Condition[] {
  switch (node.is) {
    case 'all':
    case 'any':
      return node.of.flatMap(conditionsIn)
    case 'not':
      return conditionsIn(node.of)
    default:
      return [node]
  }
}

/** Every condition of a rule, its exclusions too. */
export function conditionsOf(rule: AudienceRule): readonly Condition[] {
  return [...(rule.match === null ? [] : conditionsIn(rule.match)), ...rule.excluding]
}

/**
 * Whether a tree says whom it reaches, and not only whom it leaves out: `not` says nothing by itself, nor does a country, nor that a role
 * is not filled. Of an `all` one part must say it; of an `any` every part.
 */
export function saysWhom(node: Node): boolean {
  switch (node.is) {
    case 'all':
      return node.of.some(saysWhom)
    case 'any':
      return node.of.every(saysWhom)
    case 'not':
    case 'country':
      return false
    case 'role':
      return node.filled
    default:
      return true
  }
}

/** Whether a value has more groups within one another than anybody reads. To be asked before the shape is read, by calls within calls. */
export function isTooDeep(value: unknown): boolean {
  let level: unknown[] = [field(value, 'match')]
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true
    level = level.flatMap(node => {
      const kind = field(node, 'is')
      return kind === 'all' || kind === 'any' || kind === 'not' ? [field(node, 'of')].flat() : []
    })
  }
  return false
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
