import type { Instant } from '../../kernel/instant.ts'
import type { Problem } from '../../kernel/problem.ts'

export type CsafVersion = '2.0' | '2.1'

/**
 * How much is asked for: the mandatory tests of section 6.1, whose failure makes a document invalid; also those of 6.2, optional in 2.0 and recommended in 2.1;
 * also the informative ones of 6.3.
 */
export const LEVELS = ['mandatory', 'optional', 'informative'] as const
export type Level = (typeof LEVELS)[number]

/** One thing that a rule found. An error makes the document invalid; a hint is what an informative rule says. */
export interface Finding extends Omit<Problem, 'severity'> {
  /** `schema`, or the number of the test: `6.1.11`. */
  readonly rule: string
  readonly severity: 'error' | 'warning' | 'hint'
}

/** What was found in a document. */
export interface Verdict {
  /** `null` where it says neither, or cannot be read. */
  readonly version: CsafVersion | null
  /** Whether the schema and every mandatory rule hold. */
  readonly isValid: boolean
  readonly findings: readonly Finding[]
  /** Findings beyond the first `MOST_FINDINGS`, which are not listed. */
  readonly more: number
  /** Rules that were not tried here, each with why. */
  readonly notChecked: readonly { readonly rule: string; readonly why: string }[]
}

export const MOST_FINDINGS = 500

/** What a test of our own says: where, and what is wrong there. */
export interface Fault {
  readonly pointer: string
  readonly message: string
  /** It is no fault: the rule could not be tried there, and the message says why. */
  readonly isUntried?: true
}

/**
 * A test of one rule. It is given documents that may break the schema, and then may say nothing. `library` asks the library's test of the same rule, for one that
 * says only in part otherwise; `now` is when it is tried.
 */
export type Rule = (
  document: unknown,
  library: () => Promise<readonly Fault[]>,
  now: Instant | undefined,
) => Iterable<Fault> | Promise<Iterable<Fault>>

export const SCHEMA_RULE = 'schema'

/** By a rule's number how much it weighs. */
export function levelOf(rule: string): Level {
  if (rule.startsWith('6.2')) return 'optional'
  return rule.startsWith('6.3') ? 'informative' : 'mandatory'
}

const SEVERITIES = { mandatory: 'error', optional: 'warning', informative: 'hint' } as const satisfies Record<Level, Finding['severity']>

export function severityOf(rule: string): Finding['severity'] {
  return SEVERITIES[levelOf(rule)]
}

/** `6.1.9` before `6.1.10`; the schema first. */
export function compareRules(a: string, b: string): number {
  const [left, right] = [a, b].map(rule => rule.split('.').map(part => Number(part) || 0))
  for (let at = 0; at < Math.max(left?.length ?? 0, right?.length ?? 0); at++) {
    const difference = (left?.[at] ?? -1) - (right?.[at] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}
