import { lineAt, listAt } from '../../kernel/json.ts'
import { shorten } from '../../kernel/text.ts'

/** A version, or a range of versions, with what is said of it. */
export interface VersionRange {
  /** `null`: from the first version on. */
  readonly from: string | null
  /** `null`: one version alone, `from`. */
  readonly to: VersionEnd | null
  /** `affected`, `unaffected` or `unknown`. */
  readonly status: string
  readonly type: string
}

interface VersionEnd {
  /** `null`: up to the last version. */
  readonly version: string | null
  readonly isIncluded: boolean
}

/**
 * The ranges of one entry of `versions` (CVE Record Format 5, `versions` and `versionType`): one, or several where `changes` says that the
 * status changes inside it.
 */
export function readRanges(entry: unknown): readonly VersionRange[] {
  const written = versionAt(entry, 'version')
  const lessThan = versionAt(entry, 'lessThan')
  const lessThanOrEqual = versionAt(entry, 'lessThanOrEqual')
  const status = lineAt(entry, 'status') ?? 'unknown'
  const type = lineAt(entry, 'versionType')?.toLowerCase() ?? ''
  const from = written === undefined || isNoVersion(written) ? null : written
  const end = lessThan ?? lessThanOrEqual
  if (end === undefined || saysNothing(end))
    return written === undefined ? [] : [{ from, to: from === null && written === '*' ? { version: null, isIncluded: true } : null, status, type }]

  const last: VersionEnd = { version: end === '*' ? null : end, isIncluded: lessThan === undefined }
  // Versions cannot be compared here, so what changes inside a range is told from what changes at its end by the end being open.
  const isOpen = last.version === null || last.version.includes('*')
  const changes = listAt(entry, 'changes').flatMap(change => {
    const [at, next] = [versionAt(change, 'at'), lineAt(change, 'status')]
    return at === undefined || next === undefined || !isOpen ? [] : [{ at, status: next }]
  })
  const starts = [{ at: from, status }, ...changes]
  return starts.map((start, index) => {
    const next = starts[index + 1]
    return { from: start.at, to: next === undefined ? last : { version: next.at, isIncluded: false }, status: start.status, type }
  })
}

/** Whether it speaks of commits, such as `1da177e4c3f4`, in place of versions. */
export function isGitRange({ from, to, type }: VersionRange): boolean {
  return type === 'git' && [from, to?.version ?? null].some(version => version !== null && /^[0-9a-f]{7,40}$/.test(version))
}

/** `>= 5.0, < 5.0.12`, `<= 9.33`, `All versions`, or what stands there; `null` when nothing is said. */
export function wordsOf({ from, to }: VersionRange): string | null {
  if (to === null) return from
  const start = from === null ? [] : [`>= ${from}`]
  const end = to.version === null ? [] : [`${to.isIncluded ? '<=' : '<'} ${to.version}`]
  return start.length + end.length === 0 ? 'All versions' : [...start, ...end].join(', ')
}

/** The versions that are in none of the ranges, in words; `null` when the ranges hold all. */
export function wordsOfOthers(ranges: readonly VersionRange[]): string | null {
  const words = [...new Set(ranges.map(wordsOf).filter(word => word !== null))]
  if (words.length === 0 || words.includes('All versions')) return null
  const [only] = ranges
  if (ranges.length === 1 && only !== undefined && only.from !== null && only.to?.version === null) return `< ${only.from}`
  if (ranges.length === 1 && only?.from === null && only.to !== null) return `${only.to.isIncluded ? '>' : '>='} ${only.to.version ?? ''}`
  return shorten(`All versions except ${words.join('; ')}`, 500)
}

/** Some copy versions from CPE names with the backslashes that hide punctuation there: `15.2\(4\)`. */
function versionAt(value: unknown, name: string): string | undefined {
  return lineAt(value, name)?.replace(/\\(?=[^\p{L}\p{N}])/gu, '')
}

/** What stands where there is no first version to name. `0` is the format's own word for it. */
function isNoVersion(version: string): boolean {
  return version === '0' || version === '*' || saysNothing(version)
}

function saysNothing(version: string): boolean {
  return version !== '*' && SAYS_NOTHING.test(version)
}

/** Authorities that have nothing to say must write something: `n/a`, `[unspecified]`, `-`. */
export const SAYS_NOTHING = /^[^\p{L}\p{N}]*(n\/?a|unspecified|unknown|none)?[^\p{L}\p{N}]*$/iu
