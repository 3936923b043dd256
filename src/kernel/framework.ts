import type { Problem } from './problem.ts'

/**
 * The neutral shape into which every codec of assessment frameworks reads its format, so that assure knows one shape and no format. Nothing in it is
 * believed: a file may lie about its own structure, and the check of it comes after. All text is clean (`kernel/text.ts`).
 */
export interface FrameworkDocument {
  /** Small letters, digits and hyphens, such as `caf`. */
  readonly code: string
  /** Such as `3.2`. Empty where the file does not say it. */
  readonly version: string
  readonly name: string
  readonly description: string
  readonly publisher: string
  /** Where the text comes from. */
  readonly source: string
  readonly licence: string
  readonly subject: 'organisation' | 'service'
  /** The best first. */
  readonly levels: readonly FrameworkLevel[]
  readonly rule: FrameworkRule
  /** In the order of the framework. */
  readonly nodes: readonly FrameworkNode[]
  readonly indicators: readonly FrameworkIndicator[]
  readonly profiles: readonly FrameworkProfile[]
  /** What the codec itself found odd while it read. */
  readonly findings: readonly Problem[]
}

export interface FrameworkLevel {
  readonly code: string
  readonly label: string
  readonly tone: 'good' | 'partial' | 'bad'
}

export interface FrameworkRule {
  readonly steps: readonly { readonly when: 'any' | 'all'; readonly of: string; readonly gives: string }[]
  readonly otherwise: string
}

export interface FrameworkNode {
  readonly code: string
  readonly kind: 'group' | 'outcome'
  readonly parentCode: string | null
  readonly title: string
  readonly description: string
}

export interface FrameworkIndicator {
  readonly code: string
  readonly outcomeCode: string
  readonly level: string
  readonly text: string
  /** What others call it, such as `A1.a.NA.1`. Empty where it has no other name. */
  readonly reference: string
}

/** The level that is asked of each outcome. */
export interface FrameworkProfile {
  readonly code: string
  readonly name: string
  readonly organisationType: string | null
  readonly period: string | null
  readonly source: string
  readonly levels: readonly { readonly outcomeCode: string; readonly level: string }[]
}

/** What one framework says of another, outcome by outcome. */
export interface CrosswalkDocument {
  readonly from: FrameworkKey
  readonly to: FrameworkKey
  readonly name: string
  readonly source: string
  readonly pairs: readonly CrosswalkPair[]
}

export interface FrameworkKey {
  readonly code: string
  /** Empty where it is not said. */
  readonly version: string
}

export interface CrosswalkPair {
  readonly fromCode: string
  readonly toCode: string
  readonly relation: 'equal' | 'subset' | 'superset' | 'intersect'
  /** 0 to 10, where it is said. */
  readonly strength: number | null
  readonly rationale: string
}

/** What a file holds. A file that is known, and holds no framework, says so in `others`. */
export interface FrameworkFile {
  /** What kind of file it is, for a person: `CISO Assistant library`. */
  readonly kind: string
  readonly frameworks: readonly FrameworkDocument[]
  readonly crosswalks: readonly CrosswalkDocument[]
  /** Profiles for a framework that is not in the file: it is found by the outcomes that they name. */
  readonly profiles: readonly FrameworkProfile[]
  /** A sentence about each other thing in it, that is not taken in. */
  readonly others: readonly string[]
}

/** The levels and the rule of the Cyber Assessment Framework: any not-achieved statement that is true, then all achieved, then all partial ones. */
export const CAF_LEVELS: readonly FrameworkLevel[] = [
  { code: 'achieved', label: 'Achieved', tone: 'good' },
  { code: 'partially-achieved', label: 'Partially achieved', tone: 'partial' },
  { code: 'not-achieved', label: 'Not achieved', tone: 'bad' },
]

export const CAF_RULE: FrameworkRule = {
  steps: [
    { when: 'any', of: 'not-achieved', gives: 'not-achieved' },
    { when: 'all', of: 'achieved', gives: 'achieved' },
    { when: 'all', of: 'partially-achieved', gives: 'partially-achieved' },
  ],
  otherwise: 'not-achieved',
}

/** Lists of requirements, such as Cyber Essentials: met when each that applies is. */
export const REQUIREMENT_LEVELS: readonly FrameworkLevel[] = [
  { code: 'met', label: 'Met', tone: 'good' },
  { code: 'not-met', label: 'Not met', tone: 'bad' },
]

export const REQUIREMENT_RULE: FrameworkRule = { steps: [{ when: 'all', of: 'met', gives: 'met' }], otherwise: 'not-met' }

/** A name made into a code: small letters, digits, dots and single hyphens, at most sixty. */
export function frameworkCode(name: string): string {
  const words = name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[^a-z0-9.]+/g, '-')
  return words.slice(0, 60).replace(/^[-.]+|[-.]+$/g, '')
}
