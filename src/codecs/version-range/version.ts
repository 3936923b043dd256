/**
 * Versions as makers write them, compared without knowing whose scheme it is: numbers by size, parts that mark a
 * pre-release below the plain version, parts that mark a repair above it. Where two schemes cannot be told to agree, the answer is
 * `undefined`, never a guess.
 */
export interface Version {
  /** Digits without leading zeros, or lower-case letters. At least one. */
  readonly parts: readonly string[]
  /** Whether whatever follows may follow: `9.x`, `2.*`. */
  readonly isSeries: boolean
  readonly text: string
}

const LABEL = /^(?:(?:software|firmware|version|versions|ver|vers|v|release|rel|revision|rev|r|sw|fw|lvl|level)\b[.:\s]*)+/
const PRE_RELEASE = new Set(['dev', 'snapshot', 'nightly', 'alpha', 'beta', 'preview', 'pre', 'rc', 'cr', 'milestone'])
const PRE_RELEASE_ORDER = [...PRE_RELEASE]
const REPAIR = new Set([
  'sp',
  'patch',
  'p',
  'pl',
  'hf',
  'hotfix',
  'update',
  'upd',
  'u',
  'build',
  'post',
  'sr',
  'fp',
  'cu',
  'mr',
  'rev',
  'r',
  'edition',
])
/** Words that add nothing: `3.2 GA` is 3.2. */
const PLAIN = new Set(['final', 'ga', 'release'])
const MONTHS = new Set('jan feb mar apr may jun jul aug sep sept oct nov dec'.split(' '))

const MOST_PARTS = 16
const LONGEST_WORD = 4

/** Reads a version, or gives `undefined` when it is not one: no digit and no revision letter, a date, a sentence. */
export function parseVersion(written: string): Version | undefined {
  const text = written.trim()
  const plain = text
    .toLowerCase()
    .normalize('NFKC')
    .replace(/service[\s-]*pack/g, 'sp')
    .replace(/cumulative[\s-]*update/g, 'cu')
    .replace(/_/g, ' ')
    .replace(LABEL, '')
    .replace(/^[vr](?=\d|[a-z]\.\d)/, '')
    .replace(/\b[vr](?=\d+\.\d)/g, '')
  // Of open digits ("4.4.5xx") only the part before them is sure.
  const found =
    plain
      .replace(/(?<=\.)\d+x{1,3}(?=$|\.)/g, 'x')
      .match(/\d+|[a-z]+|[~*]/g)
      ?.map(part => (/^x+$/.test(part) ? 'x' : part)) ?? []
  const isSeries = found.length > 1 && (found.at(-1) === 'x' || found.at(-1) === '*')
  const parts = (isSeries ? trimSeries(found) : found).filter(part => !PLAIN.has(part)).map(part => part.replace(/^0+(?=\d)/, ''))
  const isNumbered = parts.some(isNumber)
  const isRevisionLetter = parts.length === 1 && /^[a-z]$/.test(parts[0] ?? '')
  if ((!isNumbered && !isRevisionLetter) || parts.length > MOST_PARTS || !parts.every(isVersionPart)) return undefined
  // A revision letter stands for all of its revisions: "Rev B" holds B.04.
  return { parts, isSeries: isSeries || isRevisionLetter, text }
}

function trimSeries(parts: readonly string[]): readonly string[] {
  const last = parts.findLastIndex(part => part !== 'x' && part !== '*')
  return parts.slice(0, last + 1)
}

function isVersionPart(part: string): boolean {
  if (isNumber(part) || part === '~') return true
  return part !== '*' && !MONTHS.has(part) && (part.length <= LONGEST_WORD || PRE_RELEASE.has(part) || REPAIR.has(part))
}

/** Below zero, zero or above it, as `a` is older than `b`, the same or newer. `undefined` when that cannot be told. */
export function compareVersions(a: Version, b: Version): number | undefined {
  const shorter = Math.min(a.parts.length, b.parts.length)
  for (let index = 0; index < shorter; index += 1) {
    const order = compareParts(a.parts[index] ?? '', b.parts[index] ?? '')
    if (order !== 0) return order
  }
  return a.parts.length === b.parts.length ? 0 : weigh(a.parts.slice(shorter)) - weigh(b.parts.slice(shorter))
}

/**
 * Whether `longer` begins as `shorter` does and says more (9.33.1 of 9.33): who writes the shorter may mean the longer. Zeros say nothing
 * more: 3.0 does not extend 3.
 */
export function extendsVersion(longer: Version, shorter: Version): boolean {
  if (!hasPrefix(longer, shorter)) return false
  return weigh(longer.parts.slice(shorter.parts.length)) !== 0
}

export function hasPrefix(version: Version, prefix: Version): boolean {
  return prefix.parts.every((part, index) => version.parts[index] === part)
}

function isNumber(part: string): boolean {
  return /^\d/.test(part)
}

function compareParts(a: string, b: string): number | undefined {
  if (a === b) return 0
  if (isNumber(a) && isNumber(b)) return a.length === b.length ? (a < b ? -1 : 1) : a.length - b.length
  if (isNumber(a) !== isNumber(b)) return isNumber(a) ? (isPreRelease(b) ? 1 : undefined) : isPreRelease(a) ? -1 : undefined
  if (isPreRelease(a) || isPreRelease(b)) return isPreRelease(a) && isPreRelease(b) ? rank(a) - rank(b) : isPreRelease(a) ? -1 : 1
  return a.length === 1 && b.length === 1 ? (a < b ? -1 : 1) : undefined
}

/** What the rest of a version adds to the same beginning: nothing, something older (`rc1`) or something newer. */
function weigh(rest: readonly string[]): number {
  const first = rest.find(part => part !== '0')
  if (first === undefined) return 0
  return isPreRelease(first) ? -1 : 1
}

function isPreRelease(part: string): boolean {
  return part === '~' || PRE_RELEASE.has(part)
}

/** A tilde comes before everything, as in Debian's versions. */
function rank(part: string): number {
  return part === '~' ? -1 : PRE_RELEASE_ORDER.indexOf(part)
}
