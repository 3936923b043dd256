import type { Problem } from '../../../kernel/problem.ts'
import type { FlatRule } from './flat.ts'
import { AudienceRule, parseTechnology, splitCodes, technologyText } from './model.ts'

/** The fields of the rule builder as they are sent: a text each, or a list for checkboxes. */
export type Typed = Readonly<Record<string, string | readonly string[] | undefined>>

export type RuleForm = { readonly ok: true; readonly rule: AudienceRule } | { readonly ok: false; readonly problems: readonly Problem[] }

/** Reads a rule as it was put together. Each problem points at the field where it is mended. */
export function readRule(typed: Typed): RuleForm {
  const lines = one(typed, 'technology')
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
  const technology = lines.map(parseTechnology)
  const unread = lines.filter((_, at) => technology[at] === undefined)
  const parsed = AudienceRule.safeParse({
    types: many(typed, 'types'),
    regions: many(typed, 'regions'),
    boards: many(typed, 'boards'),
    technology: technology.filter(condition => condition !== undefined),
    partners: typed['partners'] === 'yes',
    organisations: splitCodes(one(typed, 'organisations')),
    countries: many(typed, 'countries'),
    excluding: {
      types: many(typed, 'notTypes'),
      regions: many(typed, 'notRegions'),
      boards: many(typed, 'notBoards'),
      organisations: splitCodes(one(typed, 'notOrganisations')),
    },
  })
  const problem = (pointer: string, message: string): Problem => ({ rule: 'form.field', pointer, severity: 'error', message })
  const problems = [
    ...(parsed.error?.issues ?? []).map(({ path: [field, part], message }) =>
      problem(field === 'excluding' ? (EXCLUDING[String(part)] ?? 'notOrganisations') : String(field), message),
    ),
    ...unread.map(line => problem('technology', `“${line}” cannot be read. Write a product, or its maker, a colon and the product`)),
  ]
  if (parsed.success && problems.length === 0) return { ok: true, rule: parsed.data }
  return { ok: false, problems: [...new Map(problems.map(found => [found.pointer, found])).values()] }
}

const EXCLUDING: Readonly<Record<string, string>> = {
  types: 'notTypes',
  regions: 'notRegions',
  boards: 'notBoards',
  organisations: 'notOrganisations',
}

/** A rule as the builder's fields hold it: what `readRule` reads. */
export function typedFrom(rule: FlatRule): Typed {
  return {
    types: rule.types,
    regions: rule.regions,
    boards: rule.boards,
    technology: rule.technology.map(technologyText).join('\n'),
    organisations: rule.organisations.join('\n'),
    countries: rule.countries,
    notTypes: rule.excluding.types,
    notRegions: rule.excluding.regions,
    notBoards: rule.excluding.boards,
    notOrganisations: rule.excluding.organisations.join('\n'),
    partners: rule.partners ? 'yes' : undefined,
  }
}

interface Choice {
  readonly code: string
  readonly name: string
}

export interface RuleChoices {
  readonly types: readonly { readonly code: string; readonly plural: string }[]
  readonly regions: readonly Choice[]
  readonly boards: readonly Choice[]
  readonly countries: readonly string[]
}

/** The builder's groups of fields; a group that holds nothing may stand folded. */
export function ruleGroups(typed: Typed, choices: RuleChoices, problems: readonly Problem[]) {
  const errorOf = (name: string) => problems.find(problem => problem.pointer === name)?.message
  const boxes = (name: string, label: string, options: readonly Box[], hint?: string) => ({
    name,
    label,
    kind: 'checkboxes' as const,
    labelSize: 's',
    hint,
    value: many(typed, name),
    error: errorOf(name),
    options: withChosen(options, many(typed, name)),
  })
  const area = (name: string, label: string, hint: string) => ({
    name,
    label,
    kind: 'textarea' as const,
    hint,
    rows: 3,
    value: one(typed, name),
    error: errorOf(name),
  })
  const types = choices.types.map(({ code, plural }) => ({ value: code, text: plural }))
  const places = (list: readonly Choice[]) => list.map(({ code, name }) => ({ value: code, text: name === code ? code : `${name} (${code})` }))
  const group = (title: string, fields: readonly ReturnType<typeof boxes | typeof area>[]) => ({
    title,
    fields,
    isOpen: fields.some(field => field.error !== undefined || field.value.length > 0),
  })
  return {
    partners: {
      name: 'partners',
      label: 'And tell their IT delivery partners',
      kind: 'checkbox' as const,
      hint: 'Up to AMBER. What is stricter stays with the organisation.',
      value: typed['partners'] === 'yes',
    },
    main: [
      area(
        'technology',
        'Who run',
        'A product or its maker, one on each line: EMIS. To be exact, maker, colon, product, and if you wish a colon and the version: Microsoft: Windows: 10',
      ),
      boxes('types', 'Of these types', types, 'None chosen means every type.'),
    ],
    folded: [
      group('In these regions', [boxes('regions', 'Regions', places(choices.regions), 'None chosen means every region.')]),
      group('In these boards', [boxes('boards', 'Boards', places(choices.boards), 'None chosen means every board.')]),
      group('Organisations by name', [
        area('organisations', 'And these organisations, whatever is chosen above', 'Their ODS codes, separated by blanks, commas or new lines.'),
      ]),
      group('Leave out', [
        area('notOrganisations', 'Never these organisations', 'Their ODS codes. Leaving out always wins.'),
        boxes('notTypes', 'Never these types', types),
        boxes('notRegions', 'Never in these regions', places(choices.regions)),
        boxes('notBoards', 'Never in these boards', places(choices.boards)),
      ]),
      ...(choices.countries.length > 1 || many(typed, 'countries').length > 0
        ? [
            group('Countries', [
              boxes(
                'countries',
                'In these countries',
                choices.countries.map(value => ({ value, text: value })),
                'None chosen means every country.',
              ),
            ]),
          ]
        : []),
    ],
  }
}

/** A box that can be ticked. */
interface Box {
  readonly value: string
  readonly text: string
}

/** What may be chosen, and what is chosen already though it is not offered: a rule that was made elsewhere is not changed by looking at it. */
export function withChosen(options: readonly Box[], chosen: readonly string[]): readonly Box[] {
  const offered = new Set(options.map(({ value }) => value))
  return [...options, ...chosen.filter(value => value !== '' && !offered.has(value)).map(value => ({ value, text: value }))]
}

function one(typed: Typed, name: string): string {
  const value = typed[name]
  return typeof value === 'string' ? value : (value?.join('\n') ?? '')
}

function many(typed: Typed, name: string): readonly string[] {
  const value = typed[name]
  if (value === undefined || value === '') return []
  return typeof value === 'string' ? [value] : value
}
