import { compareVersions, extendsVersion, hasPrefix, type Version } from './version.ts'

/** Which versions an advisory speaks of. */
export type VersionRange =
  | { readonly kind: 'all' }
  /** Nothing in the text says which versions. */
  | { readonly kind: 'unread'; readonly text: string }
  | {
      readonly kind: 'some'
      readonly text: string
      readonly parts: readonly RangePart[]
      readonly except: readonly Version[]
      /** What the text says beyond the versions, such as `on Windows 8.1`: then a version within may still not be meant. */
      readonly condition: string | null
    }

export type RangePart =
  | { readonly kind: 'one'; readonly version: Version }
  /** `null`: without an end on that side. */
  | { readonly kind: 'interval'; readonly from: Bound | null; readonly to: Bound | null }

export interface Bound {
  readonly version: Version
  readonly isIncluded: boolean
}

export type Containment = 'yes' | 'no' | 'unknown'

/**
 * Whether the range holds the version. `unknown` when schemes differ, when one side says less than the other needs (9 beside a limit of
 * 9.33; 9.33.1 beside "9.33 and earlier"), or when the range has a condition that a version does not tell.
 */
export function containsVersion(range: VersionRange, version: Version): Containment {
  if (range.kind === 'all') return 'yes'
  if (range.kind === 'unread') return 'unknown'
  if (range.except.some(one => compareVersions(version, one) === 0)) return 'no'
  const found = strongest(range.parts.map(part => containedIn(part, version)))
  return found === 'yes' && range.condition !== null ? 'unknown' : found
}

/** What holds of a union of ranges. */
export function strongest(answers: readonly Containment[]): Containment {
  return answers.includes('yes') ? 'yes' : answers.includes('unknown') ? 'unknown' : 'no'
}

function containedIn(part: RangePart, version: Version): Containment {
  if (part.kind === 'one') return isOne(part.version, version)
  const sides = [part.from === null ? 'yes' : isAbove(part.from, version), part.to === null ? 'yes' : isBelow(part.to, version)] as const
  return sides.includes('no') ? 'no' : sides.includes('unknown') ? 'unknown' : 'yes'
}

function isOne(meant: Version, version: Version): Containment {
  if (meant.isSeries) return hasPrefix(version, meant) ? 'yes' : hasPrefix(meant, version) ? 'unknown' : differs(meant, version)
  const order = compareVersions(version, meant)
  if (order === 0) return version.isSeries ? 'unknown' : 'yes'
  return extendsVersion(version, meant) || extendsVersion(meant, version) ? 'unknown' : differs(meant, version)
}

function differs(a: Version, b: Version): Containment {
  return compareVersions(a, b) === undefined ? 'unknown' : 'no'
}

function isAbove({ version: limit, isIncluded }: Bound, version: Version): Containment {
  if (limit.isSeries && hasPrefix(version, limit)) return isIncluded ? 'yes' : 'no'
  if (extendsVersion(limit, version)) return 'unknown'
  const order = compareVersions(version, limit)
  if (order === undefined || (order === 0 && version.isSeries && !isIncluded)) return 'unknown'
  return order > 0 || (order === 0 && isIncluded) ? 'yes' : 'no'
}

function isBelow({ version: limit, isIncluded }: Bound, version: Version): Containment {
  if (limit.isSeries && hasPrefix(version, limit)) return isIncluded ? 'yes' : 'no'
  const order = compareVersions(version, limit)
  if (extendsVersion(limit, version) && order !== undefined && order < 0) return 'unknown'
  if (order === undefined || (order === 0 && version.isSeries && isIncluded)) return 'unknown'
  if (order < 0 || (order === 0 && isIncluded)) return 'yes'
  return isIncluded && extendsVersion(version, limit) ? 'unknown' : 'no'
}
