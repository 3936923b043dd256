import type { Indicator } from '../../frameworks/model.ts'

/** A line of a crosswalk: what a code of the old framework is in the new one. */
export interface Pair {
  readonly fromCode: string
  readonly toCode: string
  readonly relation: 'equal' | 'subset' | 'superset' | 'intersect'
}

/** What becomes of last year's answers in this year's framework, statement by statement. */
export interface CarryPlan {
  /** Asked in the same words. */
  readonly same: readonly { readonly from: Indicator; readonly to: Indicator }[]
  /** Asked in other words, or in a wider or narrower sense: to be looked at one by one. */
  readonly changed: readonly { readonly from: Indicator; readonly to: Indicator }[]
  /** Not asked last year. */
  readonly added: readonly Indicator[]
  /** Asked last year, and no longer. */
  readonly gone: readonly Indicator[]
}

/**
 * Lays last year's statements beside this year's. Within one version of a framework a statement is itself. Across versions the code says nothing (six codes
 * of the Cyber Assessment Framework changed their meaning from 3.2 to 4.0), so only a crosswalk ties them: a pair of two statements, or of the outcomes that
 * they lie in, when level and words are the same. `pairs` is `null` within one version.
 */
export function planCarry(from: readonly Indicator[], to: readonly Indicator[], pairs: readonly Pair[] | null): CarryPlan {
  const same: { from: Indicator; to: Indicator }[] = []
  const changed: { from: Indicator; to: Indicator }[] = []
  const added: Indicator[] = []
  const taken = new Set<string>()
  const find = pairs === null ? withinVersion(from) : acrossVersions(from, pairs)
  for (const one of to) {
    const match = find(one, taken)
    if (match === undefined) {
      added.push(one)
      continue
    }
    taken.add(match.from.code)
    if (match.isSame) same.push({ from: match.from, to: one })
    else changed.push({ from: match.from, to: one })
  }
  return { same, changed, added, gone: from.filter(one => !taken.has(one.code)) }
}

type Find = (to: Indicator, taken: ReadonlySet<string>) => { readonly from: Indicator; readonly isSame: boolean } | undefined

function withinVersion(from: readonly Indicator[]): Find {
  const byCode = new Map(from.map(one => [one.code, one]))
  return to => {
    const found = byCode.get(to.code)
    return found && { from: found, isSame: true }
  }
}

function acrossVersions(from: readonly Indicator[], pairs: readonly Pair[]): Find {
  const byCode = new Map(from.map(one => [one.code, one]))
  const byOutcome = Map.groupBy(from, one => one.outcomeCode)
  const pairsTo = Map.groupBy(pairs, pair => pair.toCode)
  return (to, taken) => {
    for (const pair of pairsTo.get(to.code) ?? []) {
      const found = byCode.get(pair.fromCode)
      if (found !== undefined && !taken.has(found.code)) return { from: found, isSame: pair.relation === 'equal' && wordsOf(found) === wordsOf(to) }
    }
    for (const pair of pairsTo.get(to.outcomeCode) ?? []) {
      const found = byOutcome.get(pair.fromCode)?.find(one => !taken.has(one.code) && one.level === to.level && wordsOf(one) === wordsOf(to))
      if (found !== undefined) return { from: found, isSame: true }
    }
    return undefined
  }
}

/** The words alone: punctuation and blanks differ between transcriptions. */
function wordsOf({ text }: Indicator): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
