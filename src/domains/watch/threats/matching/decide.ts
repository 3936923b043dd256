import { compareCpeProducts } from '../../../../codecs/cpe/compare.ts'
import { parseCpe } from '../../../../codecs/cpe/name.ts'
import { parsePurl } from '../../../../codecs/purl/purl.ts'
import { parseVersionRange } from '../../../../codecs/version-range/parse.ts'
import { containsVersion, strongest, type VersionRange } from '../../../../codecs/version-range/range.ts'
import { parseVersion } from '../../../../codecs/version-range/version.ts'
import type { MakerBook } from './makers.ts'
import { matchNames, type NameMatch } from './names.ts'
import { shortened, type WrittenName } from './relation.ts'

/** A name with the CPE names and package URLs that were given with it. */
export interface IdentifiedName extends WrittenName {
  readonly identifiers: readonly string[]
}

/** Whether what an organisation wrote is the product, by CPE, by package URL and by name; `undefined` when it is another. */
export function matchProduct(advisory: IdentifiedName, told: IdentifiedName, book: MakerBook, hasVersions: boolean): NameMatch | undefined {
  const identity = compareIdentifiers(advisory.identifiers, told.identifiers)
  const byName = matchNames(shortened(advisory), shortened(told), book, hasVersions)
  if (identity === 'same') return { outcome: 'runs', why: 'The CPE name or package URL is the same.', version: byName?.version ?? null }
  if (identity === 'different' && byName?.outcome === 'runs')
    return { ...byName, outcome: 'may-run', why: 'The names are the same, but their CPE names or package URLs are not.' }
  return byName
}

/** `unknown` when the two have no kind of identifier in common. */
function compareIdentifiers(a: readonly string[], b: readonly string[]): 'same' | 'different' | 'unknown' {
  if (a.length === 0 || b.length === 0) return 'unknown'
  const [packages, others] = [a, b].map(list => list.map(parsePurl).filter(found => found !== undefined))
  const [names, otherNames] = [a, b].map(list => list.map(parseCpe).filter(found => found !== undefined))
  const isSamePackage = packages?.some(one => others?.some(other => other.identity === one.identity)) === true
  const isSameName = names?.some(one => otherNames?.some(other => ['equal', 'superset'].includes(compareCpeProducts(one, other)))) === true
  if (isSamePackage || isSameName) return 'same'
  const areBoth = (left: readonly unknown[] | undefined, right: readonly unknown[] | undefined) => (left?.length ?? 0) > 0 && (right?.length ?? 0) > 0
  const areDisjoint = names?.every(one => otherNames?.every(other => compareCpeProducts(one, other) === 'disjoint')) === true
  return areBoth(packages, others) || (areBoth(names, otherNames) && areDisjoint) ? 'different' : 'unknown'
}

export interface Decision {
  readonly outcome: 'runs' | 'may-run' | 'does-not'
  /** Whole sentences, for a person. */
  readonly why: string
}

/** Which versions an advisory names: in its words, and as they are read. */
export interface AffectedVersions {
  readonly texts: readonly string[]
  readonly ranges: readonly VersionRange[]
  /** Whether they narrow it down. No words at all mean all versions. */
  readonly isNarrow: boolean
}

export function readVersions(texts: readonly string[]): AffectedVersions {
  const ranges = texts.map(parseVersionRange)
  return { texts, ranges, isNarrow: ranges.some(range => range.kind !== 'all') }
}

/** What a match comes to for one version that is run. `told` is what the organisation says that it runs, empty when it does not say. */
export function decideVersion(match: Pick<NameMatch, 'outcome' | 'why'>, { texts, ranges, isNarrow }: AffectedVersions, told: string): Decision {
  if (!isNarrow) return { outcome: match.outcome, why: match.why }
  const affected = `Affected: ${listed(texts)}.`
  if (told === '') return { outcome: 'may-run', why: join(match, `They do not say which version. ${affected}`) }
  const version = parseVersion(told)
  const answer = version === undefined ? 'unknown' : strongest(ranges.map(range => containsVersion(range, version)))
  if (answer === 'no') return { outcome: 'does-not', why: `Their version ${told} is not among those affected. ${affected}` }
  if (answer === 'yes')
    return { outcome: match.outcome, why: match.outcome === 'runs' ? `${match.why} Their version ${told} is affected.` : match.why }
  return { outcome: 'may-run', why: join(match, `${doubt(ranges, told)} ${affected}`) }
}

function doubt(ranges: readonly VersionRange[], told: string): string {
  const condition = ranges.map(range => (range.kind === 'some' ? range.condition : null)).find(text => text !== null)
  if (condition !== undefined) return `Version ${told} is affected under a condition.`
  return `Whether version ${told} is among those affected cannot be told.`
}

/** A match that is sure of the name needs no more words about it. */
function join(match: Pick<NameMatch, 'outcome' | 'why'>, why: string): string {
  return match.outcome === 'runs' ? why : `${match.why} ${why}`
}

const MOST_LISTED = 3
const LONGEST_SHOWN = 120

function brief(version: string): string {
  return version.length > LONGEST_SHOWN ? `${version.slice(0, LONGEST_SHOWN)}…` : version
}

function listed(versions: readonly string[]): string {
  const shown = versions.slice(0, MOST_LISTED).map(version => `“${brief(version)}”`)
  return versions.length > MOST_LISTED ? `${shown.join(', ')} and ${versions.length - MOST_LISTED} more` : shown.join(', ')
}
