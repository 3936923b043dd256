import type { z } from 'zod'
import type { Problem } from '../../../../kernel/problem.ts'
import { cleanLine } from '../../../../kernel/text.ts'
import { bulletinNumber, parseBulletinNumber } from '../../bulletins/model.ts'
import { AudienceRule, splitCodes } from '../model.ts'
import type { Condition, Node } from '../rule.ts'

/**
 * The rule as the page holds it while it is put together: groups of conditions, one level deep. It is carried in the fields of the form, so
 * that each button works without a script and nothing is stored before somebody saves. A group's fields are `g0-join` and `g0-not`; a condition's
 * begin with `g0c1` (or `n0`, among those never reached): `g0c1-kind`, `g0c1-not`, and what its kind asks.
 */
export interface DraftRule {
  readonly join: Join
  readonly groups: readonly DraftGroup[]
  readonly never: readonly DraftCondition[]
  readonly organisations: string
  readonly partners: boolean
}

export interface DraftGroup {
  readonly join: Join
  readonly isNot: boolean
  readonly conditions: readonly DraftCondition[]
}

export interface DraftCondition {
  readonly kind: Kind
  readonly isNot: boolean
  /** What was typed, by the field's name without the condition's. */
  readonly values: Readonly<Record<string, string | readonly string[]>>
}

type Join = 'all' | 'any'
export type Typed = Readonly<Record<string, string | readonly string[] | undefined>>

/** The kinds of condition in the order in which they are offered, with their fields. */
export const KINDS = {
  type: { label: 'Type', fields: ['of'] },
  region: { label: 'Region', fields: ['of'] },
  board: { label: 'Board', fields: ['of'] },
  country: { label: 'Country', fields: ['of'] },
  size: { label: 'Number of staff', fields: ['atLeast', 'atMost'] },
  technology: { label: 'Technology', fields: ['maker', 'product', 'version', 'unsaid'] },
  threat: { label: 'What a threat is about', fields: ['threat', 'includes'] },
  role: { label: 'A role', fields: ['role', 'filled'] },
  answer: { label: 'An earlier answer', fields: ['bulletin', 'of'] },
  partner: { label: 'IT delivery partner', fields: ['of'] },
  organisation: { label: 'Organisations by code', fields: ['of'] },
  saved: { label: 'A saved audience', fields: ['audience', 'version'] },
} as const satisfies Readonly<Record<Condition['is'], { label: string; fields: readonly string[] }>>
export type Kind = keyof typeof KINDS

const MOST = 60

/** Reads what the form carries, unchecked. */
export function readDraft(typed: Typed): DraftRule {
  const groups: DraftGroup[] = []
  while (groups.length < MOST && typed[`g${groups.length}-join`] !== undefined) {
    const id = `g${groups.length}`
    groups.push({ join: joinOf(typed, `${id}-join`), isNot: one(typed, `${id}-not`) === 'yes', conditions: readConditions(typed, `${id}c`) })
  }
  return {
    join: joinOf(typed, 'join'),
    groups,
    never: readConditions(typed, 'n'),
    organisations: one(typed, 'organisations'),
    partners: one(typed, 'partners') === 'yes',
  }
}

function readConditions(typed: Typed, prefix: string): readonly DraftCondition[] {
  const conditions: DraftCondition[] = []
  for (let at = 0; at < MOST; at++) {
    const kind = one(typed, `${prefix}${at}-kind`)
    if (!isKind(kind)) break
    const values = KINDS[kind].fields.map((field): [string, string | readonly string[]] => [field, typed[`${prefix}${at}-${field}`] ?? ''])
    conditions.push({ kind, isNot: one(typed, `${prefix}${at}-not`) === 'yes', values: Object.fromEntries(values) })
  }
  return conditions
}

function isKind(text: string): text is Kind {
  return Object.hasOwn(KINDS, text)
}

function joinOf(typed: Typed, name: string): Join {
  return one(typed, name) === 'any' ? 'any' : 'all'
}

function one(typed: Typed, name: string): string {
  const value = typed[name]
  return typeof value === 'string' ? value : (value?.join('\n') ?? '')
}

/** What a button does to the draft: `add g0`, `add n`, `remove g0c1`, `remove n0`, `add-group`, `remove-group g0`. Anything else leaves it as it is. */
export function pressed(draft: DraftRule, button: string, typed: Typed, threat: string | null): DraftRule {
  const [verb = '', target = ''] = button.split(' ')
  const place = /^(?:g(?<group>\d{1,2}))?(?:(?:c|n)(?<condition>\d{1,2})|n)?$/.exec(target)?.groups
  const groupAt = place?.['group'] === undefined ? -1 : Number(place['group'])
  const conditionAt = place?.['condition'] === undefined ? -1 : Number(place['condition'])
  const chosen = one(typed, `${target}-add`)
  const within = (change: (conditions: readonly DraftCondition[]) => readonly DraftCondition[]): DraftRule =>
    groupAt < 0
      ? { ...draft, never: change(draft.never) }
      : { ...draft, groups: draft.groups.map((group, at) => (at === groupAt ? { ...group, conditions: change(group.conditions) } : group)) }
  switch (verb) {
    case 'add-group':
      return { ...draft, groups: [...draft.groups, EMPTY_GROUP] }
    case 'remove-group':
      return { ...draft, groups: draft.groups.filter((_, at) => at !== groupAt) }
    case 'add':
      return isKind(chosen) ? within(conditions => [...conditions, emptyCondition(chosen, threat)]) : draft
    case 'remove':
      return within(conditions => conditions.filter((_, at) => at !== conditionAt))
    default:
      return draft
  }
}

const EMPTY_GROUP: DraftGroup = { join: 'all', isNot: false, conditions: [] }
export const EMPTY_DRAFT: DraftRule = { join: 'all', groups: [EMPTY_GROUP], never: [], organisations: '', partners: false }

function emptyCondition(kind: Kind, threat: string | null): DraftCondition {
  const values = kind === 'threat' ? { threat: threat ?? '' } : kind === 'technology' ? { unsaid: 'yes' } : {}
  return { kind, isNot: false, values }
}

export type DraftResult = { readonly ok: true; readonly rule: AudienceRule } | { readonly ok: false; readonly problems: readonly Problem[] }

/** Makes the rule of a draft. Each problem points at the field where it is mended. */
export function ruleOfDraft(draft: DraftRule): DraftResult {
  const groups = draft.groups.map(group => {
    const node = { is: group.join, of: group.conditions.map(conditionValue) }
    return group.isNot ? { is: 'not', of: node } : node
  })
  const [first] = groups
  // A page as it opens has one group with nothing in it: that is no condition, not a faulty one.
  const isBare = draft.groups.length === 1 && draft.groups[0]?.conditions.length === 0
  const match = first === undefined || isBare ? null : groups.length === 1 ? first : { is: draft.join, of: groups }
  const read = AudienceRule.safeParse({
    match,
    organisations: splitCodes(draft.organisations),
    excluding: draft.never.map(condition => conditionValue({ ...condition, isNot: false })),
    partners: draft.partners,
  })
  if (read.success) return { ok: true, rule: read.data }
  const problems = read.error.issues.map((issue): Problem => ({
    rule: 'form.field',
    pointer: fieldOf(draft, issue),
    severity: 'error',
    message: issue.message,
  }))
  return { ok: false, problems: [...new Map(problems.map(problem => [problem.pointer, problem])).values()] }
}

function conditionValue({ kind, isNot, values }: DraftCondition): object {
  const list = (name: string) => [values[name] ?? []].flat().filter(value => value !== '')
  const line = (name: string) => cleanLine([values[name] ?? ''].flat().join(' '))
  const number = (name: string) => (line(name) === '' ? null : Number(line(name).replaceAll(',', '')))
  const codes = () => list('of').flatMap(splitCodes)
  const condition = () => {
    switch (kind) {
      case 'size':
        return { is: kind, atLeast: number('atLeast'), atMost: number('atMost') }
      case 'technology':
        return {
          is: kind,
          maker: line('maker') === '' ? null : line('maker'),
          product: line('product'),
          version: line('version') === '' ? null : line('version'),
          unsaid: line('unsaid') === 'yes',
        }
      case 'threat':
        return {
          is: kind,
          threat: line('threat')
            .split('/')
            .at(-1)
            ?.replace(/[?#].*$/, ''),
          includes: line('includes') === 'yes' ? 'may-run' : 'runs',
        }
      case 'role':
        return { is: kind, role: line('role'), filled: line('filled') !== 'no' }
      case 'answer':
        return { is: kind, bulletin: parseBulletinNumber(line('bulletin')) ?? 0, of: list('of') }
      case 'saved':
        return { is: kind, audience: line('audience'), version: number('version') }
      case 'organisation':
      case 'partner':
        return { is: kind, of: codes() }
      default:
        return { is: kind, of: list('of') }
    }
  }
  return isNot ? { is: 'not', of: condition() } : condition()
}

/** The field in which what an issue is about was typed: its path without the words between, counted along the draft. */
function fieldOf(draft: DraftRule, { path }: z.core.$ZodIssue): string {
  const [part, ...rest] = path
  if (part === 'organisations') return 'organisations'
  if (part === 'excluding') return `n${String(rest[0])}-${fieldIn(draft.never[Number(rest[0])], rest)}`
  const steps = rest.filter(step => typeof step === 'number')
  const groupAt = draft.groups.length === 1 ? 0 : (steps.shift() ?? 0)
  const group = draft.groups[groupAt]
  const [at] = steps
  const condition = at === undefined ? undefined : group?.conditions[at]
  return condition === undefined ? `g${groupAt}-add` : `g${groupAt}c${at}-${fieldIn(condition, rest)}`
}

function fieldIn(condition: DraftCondition | undefined, path: readonly PropertyKey[]): string {
  const fields: readonly string[] = condition === undefined ? [] : KINDS[condition.kind].fields
  return String(path.findLast(step => typeof step === 'string' && fields.includes(step)) ?? fields[0] ?? 'kind')
}

/** The draft of a rule; `undefined` when it says more than the page shows: groups within groups, or more conditions in one place than it reads back. */
export function draftOf(rule: AudienceRule): DraftRule | undefined {
  const draft = draftOfAny(rule)
  const parts = draft === undefined ? [] : [draft.groups, draft.never, ...draft.groups.map(({ conditions }) => conditions)]
  return parts.some(part => part.length > MOST) ? undefined : draft
}

function draftOfAny(rule: AudienceRule): DraftRule | undefined {
  const base = {
    never: rule.excluding.map(condition => draftCondition(condition, false)),
    organisations: rule.organisations.join('\n'),
    partners: rule.partners,
  }
  const { match } = rule
  if (match === null) return { ...EMPTY_DRAFT, ...base }
  const whole = draftGroup(match)
  if (whole !== undefined) return { join: 'all', groups: [whole], ...base }
  if (match.is !== 'all' && match.is !== 'any') return undefined
  const groups = match.of.map(draftGroup)
  return groups.every(group => group !== undefined) ? { join: match.is, groups, ...base } : undefined
}

function draftGroup(node: Node): DraftGroup | undefined {
  const isNot = node.is === 'not' && (node.of.is === 'all' || node.of.is === 'any')
  const inner = isNot ? node.of : node
  const parts = inner.is === 'all' || inner.is === 'any' ? inner.of : [inner]
  const conditions = parts.map(part => {
    const leaf = part.is === 'not' ? part.of : part
    return leaf.is === 'all' || leaf.is === 'any' || leaf.is === 'not' ? undefined : draftCondition(leaf, part.is === 'not')
  })
  return conditions.every(condition => condition !== undefined) ? { join: inner.is === 'any' ? 'any' : 'all', isNot, conditions } : undefined
}

function draftCondition(condition: Condition, isNot: boolean): DraftCondition {
  const draft = (values: DraftCondition['values']): DraftCondition => ({ kind: condition.is, isNot, values })
  switch (condition.is) {
    case 'size':
      return draft({ atLeast: condition.atLeast?.toString() ?? '', atMost: condition.atMost?.toString() ?? '' })
    case 'technology':
      return draft({
        maker: condition.maker ?? '',
        product: condition.product,
        version: condition.version ?? '',
        unsaid: condition.unsaid ? 'yes' : '',
      })
    case 'threat':
      return draft({ threat: condition.threat, includes: condition.includes === 'may-run' ? 'yes' : '' })
    case 'role':
      return draft({ role: condition.role, filled: condition.filled ? 'yes' : 'no' })
    case 'answer':
      return draft({ bulletin: bulletinNumber(condition.bulletin), of: condition.of })
    case 'saved':
      return draft({ audience: condition.audience, version: condition.version?.toString() ?? '' })
    case 'organisation':
    case 'partner':
      return draft({ of: condition.of.join('\n') })
    default:
      return draft({ of: condition.of })
  }
}
