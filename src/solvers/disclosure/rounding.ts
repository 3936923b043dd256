/**
 * A count to the nearest multiple of `base`, where 0 stays 0 and whatever is more becomes at least `base`: with 5, the NHS rule for sub-national
 * counts (1 to 7 → 5, 8 to 12 → 10, 13 to 17 → 15). With 1, the count itself.
 */
export function roundCount(count: number, base: number): number {
  return count === 0 ? 0 : Math.max(base, Math.round(count / base) * base)
}

/**
 * Where a rounded count came from: the least and the most that it can have been. For who wants to know what it gives away.
 */
export function rangeOfRounded(rounded: number, base: number): readonly [least: number, most: number] {
  if (rounded === 0 || base === 1) return [rounded, rounded]
  const most = Math.ceil(rounded + base / 2) - 1
  return rounded === base ? [1, most] : [Math.ceil(rounded - base / 2), most]
}

/** The three quartiles by nearest rank: the values at a quarter, a half and three quarters of the way. `counts[value]` says how many have it. */
export function quartilesOf(counts: readonly number[]): readonly [number, number, number] | null {
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  const at = (share: number) => {
    let seen = 0
    for (const [value, count] of counts.entries()) {
      seen += count
      if (seen >= share * total) return value
    }
    return counts.length - 1
  }
  return [at(0.25), at(0.5), at(0.75)]
}
