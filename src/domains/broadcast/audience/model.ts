import { z } from 'zod'
import { nameKey } from '../../../kernel/name-key.ts'
import { cleanLine } from '../../../kernel/text.ts'

/**
 * Who gets a bulletin, said by rule.
 *
 * 1. Conditions of different kinds narrow each other: types AND regions AND boards AND technology AND countries. Several values
 *    of one kind widen it: either region. A kind that names nothing does not narrow.
 * 2. Organisations named by code are added, whatever the other conditions say.
 * 3. Exclusions always win, over named organisations too.
 * 4. Only open organisations are reached.
 * 5. Closed by default: a rule that names no type, region, board, technology or organisation reaches nobody (a country alone is
 *    no audience). So does a rule with any part that cannot be understood, an exclusion included: a mistyped exclusion must not
 *    let the message through to whom it meant.
 * 6. Only technology that is shared with the centre counts, whoever asks.
 */
const Code = z
  .string()
  .transform(text => cleanLine(text).toUpperCase())
  .pipe(z.string().regex(/^[A-Z0-9][A-Z0-9._-]{0,19}$/, 'Write codes such as RRK, separated by commas or new lines'))
const TypeCode = z.string().regex(/^[a-z][a-z-]{0,59}$/, 'Choose from the list of types')
const Name = z
  .string()
  .transform(cleanLine)
  .pipe(
    z
      .string()
      .min(1, 'Enter the name of a product or its maker')
      .max(300, 'Use 300 characters or fewer for a name')
      .refine(name => nameKey(name) !== '', 'Enter a name with letters or digits'),
  )

/**
 * Something that organisations run. With a maker: that maker's product of that name. Without one, the name may be a product's or a
 * maker's: "EMIS" finds every product of the maker EMIS. With a version: that version, and whoever did not say which they run.
 */
const Technology = z.strictObject({
  maker: Name.nullable().default(null),
  product: Name,
  version: z.string().transform(cleanLine).pipe(z.string().min(1).max(200)).nullable().default(null),
})

const few = <T extends z.ZodType>(item: T, most: number) =>
  z
    .array(item)
    .max(most, `Name at most ${most.toLocaleString('en-GB')}`)
    .default([])

export const AudienceRule = z.strictObject({
  types: few(TypeCode, 100),
  regions: few(Code, 100),
  boards: few(Code, 500),
  technology: few(Technology, 200),
  organisations: few(Code, 20_000),
  countries: z
    .array(z.string().transform(cleanLine).pipe(z.string().min(1).max(60)))
    .max(20)
    .default([]),
  excluding: z
    .strictObject({ types: few(TypeCode, 100), regions: few(Code, 100), boards: few(Code, 500), organisations: few(Code, 20_000) })
    .default({ types: [], regions: [], boards: [], organisations: [] }),
})

export type AudienceRule = z.infer<typeof AudienceRule>
export type TechnologyCondition = AudienceRule['technology'][number]

export const EMPTY_RULE: AudienceRule = AudienceRule.parse({})

/** Whether the rule names anything that could reach somebody. */
export function isEmptyRule(rule: AudienceRule): boolean {
  return rule.types.length + rule.regions.length + rule.boards.length + rule.technology.length + rule.organisations.length === 0
}

/** Whether it describes organisations by what they are, beside naming some by code. */
export function hasConditions(rule: AudienceRule): boolean {
  return rule.types.length + rule.regions.length + rule.boards.length + rule.technology.length > 0
}

/** The one text of a rule that its hash is made over: every list sorted and each value once, so that order and repeats do not matter. */
export function canonicalRule(rule: AudienceRule): string {
  const sorted = (values: readonly string[]) => [...new Set(values)].toSorted()
  const technology = [
    ...new Set(
      rule.technology.map(({ maker, product, version }) => JSON.stringify([maker === null ? null : nameKey(maker), nameKey(product), version])),
    ),
  ].toSorted()
  return JSON.stringify({
    types: sorted(rule.types),
    regions: sorted(rule.regions),
    boards: sorted(rule.boards),
    technology,
    organisations: sorted(rule.organisations),
    countries: sorted(rule.countries),
    excluding: {
      types: sorted(rule.excluding.types),
      regions: sorted(rule.excluding.regions),
      boards: sorted(rule.excluding.boards),
      organisations: sorted(rule.excluding.organisations),
    },
  })
}

/** The names behind the codes of a rule, for its sentence; a code without one is shown as it is. */
export interface RuleNames {
  /** The plural of a type: "GP practices". */
  readonly types: ReadonlyMap<string, string>
  /** Organisations by code, regions and boards among them. */
  readonly organisations: ReadonlyMap<string, string>
}

/**
 * The rule as a sentence: "Open GP practices in England, and in London (Y56), that run EMIS, and by name Barts Health (R1H). Never
 * pharmacies." Kinds that narrow each other are joined by "and", values of one kind by "or". A long list is cut.
 */
export function ruleSentence(rule: AudienceRule, names: RuleNames): string {
  if (isEmptyRule(rule)) return 'Nobody: the rule names no type, region, board, technology or organisation.'
  const { excluding } = rule
  const known = (code: string, otherwise: string) =>
    names.organisations.has(code) ? `${names.organisations.get(code) ?? code} (${code})` : otherwise
  const organisation = (code: string) => known(code, code)
  const regions = (codes: readonly string[]) => codes.map(code => known(code, `region ${code}`))
  const boards = (codes: readonly string[]) => codes.map(code => known(code, `board ${code}`))
  const types = (codes: readonly string[]) => codes.map(code => withinSentence(names.types.get(code) ?? code))
  const named = listed(rule.organisations.map(organisation), 'and')
  const never = [
    ...types(excluding.types),
    ...[...regions(excluding.regions), ...boards(excluding.boards)].map(place => `anyone in ${place}`),
    ...excluding.organisations.map(organisation),
  ]
  const who = hasConditions(rule)
    ? `Open ${described(types(rule.types), [rule.countries, regions(rule.regions), boards(rule.boards)], rule.technology)}${named === '' ? '' : `, and by name ${named}`}`
    : `By name, where open: ${named}`
  return `${who}.${never.length > 0 ? ` Never ${listed(never, 'or')}.` : ''}`
}

/** "pharmacies in London (Y56) that run EMIS Web". Several kinds of place are set off by commas, so that the "or" of one is not read with the next. */
function described(types: readonly string[], places: readonly (readonly string[])[], technology: readonly TechnologyCondition[]): string {
  const kinds = types.length === 0 ? 'organisations of every type' : listed(types, 'or')
  const areas = places.filter(some => some.length > 0).map(some => `in ${listed(some, 'or')}`)
  const where = areas.length < 2 ? areas.join('') : `${areas.slice(0, -1).join(', ')}, and ${areas.at(-1) ?? ''}`
  const what = technology.length === 0 ? '' : `that run ${listed(technology.map(technologyWords), 'or')}`
  return [kinds, where].filter(part => part !== '').join(' ') + (what === '' ? '' : `${areas.length < 2 ? ' ' : ', '}${what}`)
}

function technologyWords({ maker, product, version }: TechnologyCondition): string {
  const name = maker === null || nameKey(product).startsWith(`${nameKey(maker)} `) ? product : `${maker} ${product}`
  return version === null ? name : `${name} ${version} (or did not say which version)`
}

/** A heading's words inside a sentence: "Pharmacies" are "pharmacies", "GP practices" stay as they are. */
function withinSentence(words: string): string {
  return /^\p{Lu}\p{Ll}/u.test(words) ? words.charAt(0).toLowerCase() + words.slice(1) : words
}

const MOST_IN_A_SENTENCE = 8

function listed(values: readonly string[], word: 'and' | 'or'): string {
  const shown =
    values.length > MOST_IN_A_SENTENCE
      ? [...values.slice(0, MOST_IN_A_SENTENCE - 1), `${(values.length - MOST_IN_A_SENTENCE + 1).toLocaleString('en-GB')} more`]
      : values
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} ${word} ${shown.at(-1) ?? ''}`
}

/** Reads what a person types for technology: "EMIS", "Microsoft: Windows", "Microsoft: Windows: 10". */
export function parseTechnology(text: string): TechnologyCondition | undefined {
  const parts = text.split(':').map(cleanLine)
  const [first = '', second, third] = parts
  if (parts.length > 3) return undefined
  const shape =
    second === undefined
      ? { product: first }
      : { maker: first === '' ? null : first, product: second, version: third === undefined || third === '' ? null : third }
  return Technology.safeParse(shape).data
}

/** The same, turned back into what a person types. */
export function technologyText({ maker, product, version }: TechnologyCondition): string {
  if (maker === null && version === null) return product
  return [maker ?? '', product, ...(version === null ? [] : [version])].join(': ')
}

/** Takes a list apart as people type it: separated by commas, semicolons, blanks or new lines. */
export function splitCodes(text: string): readonly string[] {
  return text.split(/[\s,;]+/).filter(code => code !== '')
}

/** Why an organisation that the rule would reach is left out. */
export type Exclusion = 'type' | 'region' | 'board' | 'named' | 'closed'

export const EXCLUSION_WORDS: Readonly<Record<Exclusion, string>> = {
  type: 'Its type is excluded',
  region: 'Its region is excluded',
  board: 'Its board is excluded',
  named: 'It is excluded by name',
  closed: 'It is closed',
}

/** Why nobody can be mailed there. */
export type Unreachable = 'no-contact' | 'no-email' | 'not-receiving'

export const UNREACHABLE_WORDS: Readonly<Record<Unreachable, string>> = {
  'no-contact': 'It has no contact',
  'no-email': 'None of its contacts has an e-mail address',
  'not-receiving': 'None of its contacts with an e-mail address receives bulletins',
}
