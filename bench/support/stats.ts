/** What a series of measurements says: the median is quoted, the range and the count stand beside it. */
export interface Summary {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly count: number
}

/** Throws for no measurements: nothing was measured, so there is nothing to say. */
export function summarise(values: readonly number[]): Summary {
  return { median: quantile(values, 0.5), least: quantile(values, 0), most: quantile(values, 1), count: values.length }
}

/** The value below which that share (0 to 1) of the measurements lies, between two of them in proportion. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new RangeError('Nothing was measured.')
  const sorted = values.toSorted((a, b) => a - b)
  const place = share * (sorted.length - 1)
  const [below = 0, above = below] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]]
  return below + (above - below) * (place - Math.floor(place))
}

/** The median of the ratios of measurements taken in the same round, so that a busy minute weighs on both alike. */
export function pairedRatio(ours: readonly number[], limit: readonly number[]): Summary {
  if (ours.length !== limit.length) throw new RangeError('Each measurement needs the one that was taken beside it.')
  return summarise(ours.map((value, round) => value / (limit[round] ?? NaN)))
}
