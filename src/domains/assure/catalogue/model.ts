import type { Instant } from '../../../kernel/instant.ts'
import type { EntryKind } from '../tables/investment.ts'

/**
 * The shared catalogue: what can be done, what can happen, and the rules by which a figure for a hospital becomes one for another size. It is judgement, dated and
 * sourced, that the centre changes with a reason.
 *
 * Invariants:
 * 1. Versions are only added. A case that names a version finds it as it was.
 * 2. Each figure has its low, likely and high end, and says where it is from, who said so, when, and how good the evidence is.
 * 3. Care that is lost is counted in clinic-days, and no rule turns those into pounds.
 */
export const GRADES = {
  judgement: { label: 'Judgement', colour: 'yellow' },
  published: { label: 'Published', colour: 'blue' },
  measured: { label: 'Measured', colour: 'green' },
} as const
export type Grade = keyof typeof GRADES

export interface Source {
  readonly words: string
  readonly saidBy: string
  /** A day, such as `2026-11-01`; or a month or a year. */
  readonly asOf: string
  readonly grade: Grade
}

/** One figure. Money is in pence; a share is from 0 to 1. Of a loss, `likely` is its average, and 1 in 20 lies below `low` and above `high`. */
export interface Figure {
  readonly low: number
  readonly likely: number
  readonly high: number
  readonly source: Source
}

export const SIZES = ['micro', 'small', 'medium', 'large', 'very-large'] as const
export type Size = (typeof SIZES)[number]

/** In pounds, an event. `output` is the care that could not be given, as money. */
export const LOSS_CHANNELS = ['output', 'recovery', 'third-party', 'legal', 'other'] as const
export type LossChannel = (typeof LOSS_CHANNELS)[number]

/** What an improvement makes smaller once it has happened. `care` is the care that is lost and the pounds that go with it. */
export const SOFTENED = ['care', 'recovery', 'third-party', 'legal', 'other'] as const
export type Softened = (typeof SOFTENED)[number]

export interface EffectOn {
  /** A scenario's code. */
  readonly on: string
  /** The share of events that it stops. */
  readonly prevents: Figure | null
  /** The share of a loss that it avoids once it has happened. */
  readonly softens: Readonly<Partial<Record<Softened, Figure>>>
}

interface OutcomeName {
  readonly framework: string
  readonly version: string
  readonly code: string
}

export interface Improvement {
  readonly summary: string
  readonly sizes: readonly Size[]
  /** The outcomes of frameworks that it serves. */
  readonly outcomes: readonly OutcomeName[]
  readonly capital: Figure
  readonly yearly: Figure
  readonly days: Figure
  /** Years that it lasts. */
  readonly years: number
  /** Months until it works. */
  readonly months: number
  readonly funding: 'capital' | 'revenue'
  readonly needs: readonly string[]
  /** Levels of one thing, of which one is chosen, have the same word here. */
  readonly oneOf: string | null
  /** The kind of work, by which overlap is reckoned. */
  readonly group: string
  /** The legal ground on which it must be done. */
  readonly mustDo: string | null
  readonly effects: readonly EffectOn[]
}

export interface Scenario {
  readonly summary: string
  /** Events a year, for an organisation that has done little of the catalogue. */
  readonly frequency: Figure
  readonly losses: Readonly<Partial<Record<LossChannel, Figure>>>
  readonly clinicDays: Figure
}

export interface SizeBand {
  readonly code: Size
  readonly label: string
  /** Staff; `null` for no end. */
  readonly upTo: number | null
  readonly cost: number
  readonly days: number
  readonly frequency: number
  readonly loss: number
  readonly care: number
  /** What is assumed until somebody says otherwise: pence a year in each pot, days, pence a day. */
  readonly capital: number
  readonly revenue: number
  readonly peopleDays: number
  readonly dayRate: number
}

export interface SizeRule {
  readonly summary: string
  readonly sizes: readonly SizeBand[]
  readonly typical: Readonly<Record<string, Size>>
  readonly otherwise: Size
}

export interface OverlapRule {
  readonly summary: string
  /** `overlap` from 0, independent layers, to 1, only the strongest counts. */
  readonly groups: readonly { readonly code: string; readonly label: string; readonly overlap: number }[]
}

/** One version of one entry. */
export interface Entry<C> {
  readonly code: string
  readonly version: number
  readonly name: string
  readonly content: C
  readonly isCurrent: boolean
  readonly isWithdrawn: boolean
  readonly reason: string
  readonly at: Instant
  readonly by: string
}

/** A whole catalogue as a case reads it: of each entry the version that the case names. */
export interface Catalogue {
  readonly improvements: readonly Entry<Improvement>[]
  readonly scenarios: readonly Entry<Scenario>[]
  readonly size: Entry<SizeRule>
  readonly overlap: Entry<OverlapRule>
}

/** Parts of the catalogue, as its addresses call them. */
export const PARTS = { improvements: 'improvement', scenarios: 'scenario', rules: 'rule' } as const
export type Part = keyof typeof PARTS

export const CATALOGUE_PAGE = '/catalogue'

/** The size of an organisation: by its staff where they are known, else by what is typical of its type. */
export function sizeOf(rule: SizeRule, organisation: { readonly type: string; readonly staff: number | null }): SizeBand {
  const { staff, type } = organisation
  const byStaff = staff === null ? undefined : rule.sizes.find(({ upTo }) => upTo === null || staff <= upTo)
  const typical = rule.typical[type] ?? rule.otherwise
  const found = byStaff ?? rule.sizes.find(({ code }) => code === typical) ?? rule.sizes[0]
  if (found === undefined) throw new TypeError('The rule of sizes names no size.')
  return found
}

/** The page of an entry. */
export function entryAddress(part: Part, code: string, rest = ''): string {
  return `${CATALOGUE_PAGE}/${part}/${code}${rest}`
}

/** Which version of each entry a case goes by: kind, code, version. */
export type Versions = Readonly<Partial<Record<EntryKind, Readonly<Record<string, number>>>>>
