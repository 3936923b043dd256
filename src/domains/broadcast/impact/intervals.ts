/** Intervals for shares of few. Each is given as [low, high], at 95 %. */
export type Interval = readonly [low: number, high: number]

/** The 97.5th percentile of the normal distribution. */
const Z = 1.959963984540054

/** The score interval of a share `count` of `of` (Wilson, JASA 22, 1927, 209–212): it holds for few, and for none. */
export function wilson(count: number, of: number): Interval {
  if (of === 0) return [0, 1]
  const share = count / of
  const middle = 2 * of * share + Z * Z
  const spread = Z * Math.sqrt(Z * Z + 4 * of * share * (1 - share))
  const whole = 2 * (of + Z * Z)
  return [Math.max(0, (middle - spread) / whole), Math.min(1, (middle + spread) / whole)]
}

/**
 * The interval of the difference of two shares that have nothing to do with each other, first less second: Newcombe's hybrid score interval
 * (Statistics in Medicine 17, 1998, 873–890, method 10).
 */
export function newcombe(count1: number, of1: number, count2: number, of2: number): Interval {
  const [share1, share2] = [count1 / of1, count2 / of2]
  const [low1, high1] = wilson(count1, of1)
  const [low2, high2] = wilson(count2, of2)
  const difference = share1 - share2
  return [difference - Math.hypot(share1 - low1, high2 - share2), difference + Math.hypot(high1 - share1, share2 - low2)]
}
