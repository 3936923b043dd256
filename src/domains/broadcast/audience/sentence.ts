import { nameKey } from '../../../kernel/name-key.ts'
import { isRole, ROLES } from '../../../kernel/role.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import { RESPONSE_STATES, isResponseState } from '../responses/model.ts'
import { fold, type FlatRule } from './flat.ts'
import { isEmptyRule, saysWhom, type AudienceRule, type Condition, type Node } from './rule.ts'

/** The names behind the codes of a rule, for its sentence; a code without one is shown as it is. */
export interface RuleNames {
  /** The plural of a type: "GP practices". */
  readonly types: ReadonlyMap<string, string>
  /** Organisations by code, regions and boards among them. */
  readonly organisations: ReadonlyMap<string, string>
  /** The titles of threats by their ids. */
  readonly threats?: ReadonlyMap<string, string>
}

/**
 * The rule as a sentence: "Open GP practices in England, and in London (Y56), that run EMIS, and by name Barts Health (R1H). Never
 * pharmacies." Kinds that narrow each other are joined by "and", values of one kind by "or". A long list is cut. What is more than that is
 * said with brackets: "Open organisations that are trusts and (run EMIS or run Vision)."
 */
export function ruleSentence(rule: AudienceRule, names: RuleNames): string {
  if (isEmptyRule(rule) || (rule.match !== null && !saysWhom(rule.match) && rule.organisations.length === 0))
    return rule.match === null || (rule.match.is === 'all' && rule.match.of.every(({ is }) => is === 'country'))
      ? 'Nobody: the rule names no type, region, board, technology or organisation.'
      : 'Nobody: the rule says only whom it leaves out.'
  const named = listed(
    rule.organisations.map(code => organisationWords(code, names)),
    'and',
  )
  const flat = fold(rule)
  const never = rule.excluding.length === 0 ? '' : ` Never ${neverWords(rule, flat, names)}.`
  const partners = rule.partners ? ' And their IT delivery partners.' : ''
  if (rule.match === null) return `By name, where open: ${named}.${partners}${never}`
  const described = flat === undefined ? `organisations that ${inner(rule.match, names)}` : flatWords(flat, names)
  return `Open ${described}${named === '' ? '' : `, and by name ${named}`}.${partners}${never}`
}

function neverWords(rule: AudienceRule, flat: FlatRule | undefined, names: RuleNames): string {
  if (flat === undefined) return `those that ${rule.excluding.map(condition => conditionWords(condition, names)).join(', or ')}`
  const { types, regions, boards, organisations } = flat.excluding
  return listed(
    [
      ...typeWords(types, names),
      ...[...placeWords('region', regions, names), ...placeWords('board', boards, names)].map(place => `anyone in ${place}`),
      ...organisations.map(code => organisationWords(code, names)),
    ],
    'or',
  )
}

/** "pharmacies in London (Y56) that run EMIS Web". Several kinds of place are set off by commas, so that the "or" of one is not read with the next. */
function flatWords(rule: FlatRule, names: RuleNames): string {
  const types = typeWords(rule.types, names)
  const places = [rule.countries, placeWords('region', rule.regions, names), placeWords('board', rule.boards, names)]
  const kinds = types.length === 0 ? 'organisations of every type' : listed(types, 'or')
  const areas = places.filter(area => area.length > 0).map(area => `in ${listed(area, 'or')}`)
  const where = areas.length < 2 ? areas.join('') : `${areas.slice(0, -1).join(', ')}, and ${areas.at(-1) ?? ''}`
  const what =
    rule.technology.length === 0
      ? ''
      : `that run ${listed(
          rule.technology.map(condition => technologyWords({ ...condition, unsaid: true })),
          'or',
        )}`
  return [kinds, where].filter(part => part !== '').join(' ') + (what === '' ? '' : `${areas.length < 2 ? ' ' : ', '}${what}`)
}

/** A group's parts in brackets where they stand within another. */
function nodeWords(node: Node, names: RuleNames): string {
  return (node.is === 'all' || node.is === 'any') && node.of.length > 1 ? `(${inner(node, names)})` : inner(node, names)
}

function inner(node: Node, names: RuleNames): string {
  switch (node.is) {
    case 'all':
    case 'any': {
      const parts = node.of.map(part => nodeWords(part, names))
      return cut(parts).join(node.is === 'all' ? ' and ' : ' or ')
    }
    case 'not':
      return negated(nodeWords(node.of, names))
    default:
      return conditionWords(node, names)
  }
}

/** The other way round: "are trusts" is "are not trusts". What does not turn round in English is said as those whom it leaves out. */
function negated(words: string): string {
  if (/^are (?!not )/.test(words)) return words.replace('are ', 'are not ')
  return /^(?:run |have (?!no))/.test(words) ? `do not ${words}` : `are not among those that ${words}`
}

/** What an organisation does or is, as it follows "organisations that". */
function conditionWords(condition: Condition, names: RuleNames): string {
  switch (condition.is) {
    case 'type':
      return `are ${listed(typeWords(condition.of, names), 'or')}`
    case 'region':
    case 'board':
      return `are in ${listed(placeWords(condition.is, condition.of, names), 'or')}`
    case 'country':
      return `are in ${listed(condition.of, 'or')}`
    case 'organisation':
      return `are ${listed(
        condition.of.map(code => organisationWords(code, names)),
        'or',
      )}`
    case 'size':
      return `have ${sizeWords(condition.atLeast, condition.atMost)}`
    case 'technology':
      return `run ${technologyWords(condition)}`
    case 'threat':
      return `${condition.includes === 'runs' ? 'run' : 'run, or may run,'} what the threat “${names.threats?.get(condition.threat) ?? condition.threat}” is about`
    case 'role':
      return `have ${condition.filled ? 'a' : 'no'} ${roleWords(condition.role)}`
    case 'answer':
      return answerWords(condition.of, bulletinNumber(condition.bulletin))
    case 'partner':
      return condition.of.length === 0
        ? 'have an IT delivery partner'
        : `are looked after by ${listed(
            condition.of.map(code => organisationWords(code, names)),
            'or',
          )}`
    case 'saved':
      return `are in the saved audience “${condition.audience}”${condition.version === null ? '' : ` (version ${condition.version})`}`
  }
}

function sizeWords(atLeast: number | null, atMost: number | null): string {
  const count = (staff: number) => staff.toLocaleString('en-GB')
  if (atLeast === null) return `at most ${count(atMost ?? 0)} staff`
  return atMost === null ? `at least ${count(atLeast)} staff` : `${count(atLeast)} to ${count(atMost)} staff`
}

function roleWords(role: string): string {
  const label = isRole(role) ? ROLES[role].label : role.replaceAll('-', ' ')
  return withinSentence(label)
}

function answerWords(answers: readonly string[], number: string): string {
  const said = answers.filter(isResponseState).map(state => `“${RESPONSE_STATES[state].label}”`)
  const parts = [
    ...(said.length === 0 ? [] : [`answered ${listed(said, 'or')} to ${number}`]),
    ...(answers.includes('silent') ? [`have not answered ${number}`] : []),
    ...(answers.includes('unreachable') ? [`could not be reached with ${number}`] : []),
  ]
  return parts.length > 1 ? `(${parts.join(' or ')})` : parts.join('')
}

function organisationWords(code: string, names: RuleNames): string {
  const name = names.organisations.get(code)
  return name === undefined ? code : `${name} (${code})`
}

function placeWords(kind: 'region' | 'board', codes: readonly string[], names: RuleNames): readonly string[] {
  return codes.map(code => (names.organisations.has(code) ? organisationWords(code, names) : `${kind} ${code}`))
}

function typeWords(codes: readonly string[], names: RuleNames): readonly string[] {
  return codes.map(code => withinSentence(names.types.get(code) ?? code))
}

function technologyWords({ maker, product, version, unsaid }: Omit<Extract<Condition, { is: 'technology' }>, 'is'>): string {
  const name = maker === null || nameKey(product).startsWith(`${nameKey(maker)} `) ? product : `${maker} ${product}`
  return version === null ? name : `${name} ${version}${unsaid ? ' (or did not say which version)' : ''}`
}

/** A heading's words inside a sentence: "Pharmacies" are "pharmacies", "GP practices" stay as they are. */
function withinSentence(words: string): string {
  return /^\p{Lu}\p{Ll}/u.test(words) ? words.charAt(0).toLowerCase() + words.slice(1) : words
}

const MOST_IN_A_SENTENCE = 8

function cut(values: readonly string[]): readonly string[] {
  return values.length > MOST_IN_A_SENTENCE
    ? [...values.slice(0, MOST_IN_A_SENTENCE - 1), `${(values.length - MOST_IN_A_SENTENCE + 1).toLocaleString('en-GB')} more`]
    : values
}

function listed(values: readonly string[], word: 'and' | 'or'): string {
  const shown = cut(values)
  return shown.length < 2 ? shown.join('') : `${shown.slice(0, -1).join(', ')} ${word} ${shown.at(-1) ?? ''}`
}
