import type { Ledger, Member, ReleasedGroup, ReleaseInput } from './model.ts'
import { classOf, type Piece } from './parts.ts'
import { quartilesOf, roundCount } from './rounding.ts'

/** What was decided, as far as figures are made from it. */
export interface Released {
  readonly parts: readonly Piece[]
  readonly ledger: Ledger
  /** By question. */
  readonly shown: readonly ReadonlySet<string>[]
  readonly membersOf: ReadonlyMap<string, readonly Member[]>
}

/** How many gave another answer than most did, of those who gave one. */
export function othersThanMost(parts: readonly Piece[], question: number, { levels }: Pick<ReleaseInput, 'levels'>): number {
  const counts = sumOf(parts, question, levels).slice(0, levels)
  return counts.reduce((sum, count) => sum + count, 0) - Math.max(...counts)
}

/** The rounded count of each class. */
export function cellOf({ levels, policy }: ReleaseInput, parts: readonly Piece[], code: string, question: number): readonly number[] {
  const inside = parts.filter(part => part.cohorts.includes(code))
  return sumOf(inside, question, levels).map(count => roundCount(count, policy.rounding))
}

function sumOf(parts: readonly Piece[], question: number, levels: number): number[] {
  const sums = Array.from({ length: levels + 1 }, () => 0)
  for (const part of parts)
    for (let one = 0; one <= levels; one += 1) sums[one] = (sums[one] ?? 0) + (part.counts[question * (levels + 1) + one] ?? 0)
  return sums
}

/** The quartiles of each group, of those questions by which every part inside the cohort is told from every other. */
export function groupsOf(input: ReleaseInput, code: string, { parts, ledger, shown, membersOf }: Released): readonly ReleasedGroup[] {
  const inside = parts.filter(part => part.cohorts.includes(code))
  const separates = (question: number) => {
    const cells = ({ cohorts, inside: earlier }: Piece) =>
      [...cohorts.filter(cohort => shown[question]?.has(cohort) === true), ...earlier.filter(cell => ledger.shown.get(cell)?.has(question) === true)]
        .toSorted()
        .join('\n')
    return shown[question]?.has(code) === true && new Set(inside.map(cells)).size === inside.length
  }
  const isUseful = new Set(Array.from({ length: input.questions }, (_, question) => question).filter(separates))
  return input.groups.map(group => {
    const questions = group.questions.filter(question => isUseful.has(question))
    // Of fewer than half of its questions it would speak of something else.
    if (questions.length * 2 < group.questions.length || questions.length === 0) return { code: group.code, questions: [], quartiles: null }
    const counts = Array.from({ length: questions.length + 1 }, () => 0)
    for (const member of membersOf.get(code) ?? []) {
      let best = 0
      for (const question of questions) if (classOf(member.levels, question, input.levels) === 0) best += 1
      counts[best] = (counts[best] ?? 0) + 1
    }
    const [low = 0, middle = 0, high = 0] = (quartilesOf(counts) ?? []).map(value => Math.round((value / questions.length) * 20) * 5)
    return { code: group.code, questions, quartiles: [low, middle, high] as const }
  })
}

export function membersByCohort(members: readonly Member[]): ReadonlyMap<string, readonly Member[]> {
  const found = new Map<string, Member[]>()
  for (const member of members)
    for (const code of member.cohorts) {
      const list = found.get(code)
      if (list === undefined) found.set(code, [member])
      else list.push(member)
    }
  return found
}
