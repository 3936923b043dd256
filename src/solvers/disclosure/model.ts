/**
 * Figures about groups of members that nobody can undo into the answer of one.
 *
 * A **cell** is one question asked of one cohort: how many of its members gave which answer. From all cells that were ever released, somebody who knows
 * who is in which cohort can at most work out the sums over the **parts**: the members who are in exactly the same released cells. Within a part no
 * member can be told from another, so what must hold is about parts and not about cells. The invariants, for each part and each question:
 *
 * 1. It has at least `minimum` members.
 * 2. At least `alike` of its members gave another answer than most of those who answered did. No answer is none: who can see that somebody has
 *    answered would otherwise know what.
 * 3. Whether a cell is shown depends on the answers only through what could as well be chance: for the cells that rule 2 keeps back, about as many
 *    others are kept back by lot (`companions`).
 * 4. Quartiles over several questions use only those questions by which every part inside the cohort is told from every other; and no later release splits off a
 *    part that is alike in one of them.
 * 5. Members under one hand know of each other: rules 1, 2 and 4 hold for what is left without any one hand, but for one.
 *
 * Then fewer than `alike` members who put together what they know cannot be certain of the answer of anybody else, even if they knew every count
 * to the unit: whoever they aim at could have exchanged answers with another member of the same part, and all that was released would be the same. Rounding
 * comes on top. `release.test.ts` has the attackers.
 *
 * What it does not say: that a level was given by nobody is true of everybody. And two ledgers know nothing of each other: whoever knows that the
 * others answered the same in both can compare them.
 */
export interface DisclosurePolicy {
  /** Fewest members of a cohort, and of any part. */
  readonly minimum: number
  /** Fewest members of a part who answered otherwise than most of it. */
  readonly alike: number
  /** Counts are rounded to multiples of this; 1 leaves them as they are. */
  readonly rounding: number
}

/** Which guards are on. All of them, but in a test that shows what each is for. */
export interface Guards {
  /** Rules 1 and 2 of parts, not of cohorts alone. */
  readonly complement: boolean
  /** What was released earlier counts. */
  readonly ledger: boolean
  readonly companions: boolean
  /** Rule 5. */
  readonly hands: boolean
}

export const ALL_GUARDS: Guards = { complement: true, ledger: true, companions: true, hands: true }

export interface Cohort {
  readonly code: string
  /** The cohort that it is a part of; those that stand before it in the list. */
  readonly parent: string | null
}

export interface Member {
  /** Stands for one contribution, which never changes: who contributes anew gets a new key. */
  readonly key: string
  readonly cohorts: readonly string[]
  /** One character for each question: the place of the answer among the levels, the best being 0, or a hyphen for none. */
  readonly levels: string
  /** Who knows its answers besides itself, such as the person who also answered for others, or the body that owns several. */
  readonly hands?: readonly string[]
}

/** Several questions whose share of best answers is summed up by member. */
export interface Group {
  readonly code: string
  /** Places of its questions. */
  readonly questions: readonly number[]
}

/** Members who were counted in the same cells of all releases so far. */
export interface Part {
  /** `1 type:trust`: release 1, that cohort. Sorted. */
  readonly inside: readonly string[]
  readonly members: readonly string[]
  /** Exact sums: question by question, class by class. Never shown. */
  readonly counts: readonly number[]
}

export interface Ledger {
  readonly parts: readonly Part[]
  /** `1 type:trust` → the questions that were shown. */
  readonly shown: ReadonlyMap<string, ReadonlySet<number>>
  /** The same → the questions that went into its quartiles. */
  readonly grouped: ReadonlyMap<string, ReadonlySet<number>>
  /** Key of a member of a part → its hands. */
  readonly hands: ReadonlyMap<string, readonly string[]>
}

export const EMPTY_LEDGER: Ledger = { parts: [], shown: new Map(), grouped: new Map(), hands: new Map() }

export interface ReleaseInput {
  /** Counted from 1 within what the ledger is about. */
  readonly number: number
  /** Parents before their children. */
  readonly cohorts: readonly Cohort[]
  readonly members: readonly Member[]
  readonly questions: number
  /** How many levels there are; one more class is for those without an answer. */
  readonly levels: number
  readonly groups: readonly Group[]
  readonly ledger: Ledger
  readonly policy: DisclosurePolicy
  /**
   * A number in [0, 1) for a label that nobody else can foretell, and the same for the same label in every release of a ledger: who asks for the same
   * members again and again would otherwise see which cells are held each time, and so which are not held by lot.
   */
  draw(label: string): number
  readonly guards?: Guards
}

export type HoldReason = 'few' | 'changed' | 'alike'

export interface ReleasedCohort {
  readonly code: string
  /** Why nothing of it is released; `null` when it is. */
  readonly held: HoldReason | null
  /** Rounded; 0 where held. */
  readonly members: number
  /** By question: the rounded count of each class, or `null` where the cell is held. */
  readonly cells: readonly (readonly number[] | null)[]
  readonly groups: readonly ReleasedGroup[]
}

export interface ReleasedGroup {
  readonly code: string
  /** The questions that it is made of. */
  readonly questions: readonly number[]
  /** The share of them with the best answer, in percent to the nearest 5: of the member at a quarter, a half and three quarters. `null` where held. */
  readonly quartiles: readonly [number, number, number] | null
}

export interface Release {
  readonly cohorts: readonly ReleasedCohort[]
  readonly ledger: Ledger
}
