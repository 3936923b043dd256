import { listAt, recordAt, textAt } from '../../../kernel/json.ts'
import type { Fault, Rule } from '../model.ts'
import { branches, products, vulnerabilities } from './walk.ts'

/** Rules of CSAF 2.1 about ranges of versions: how they are written, and where they overlap. */
export const VERSION_RULES: Readonly<Record<string, Rule>> = {
  *'6.1.50'(document) {
    for (const { name, pointer } of ranges(document))
      if (parsed(name) === undefined) yield { pointer, message: `“${name}” is neither a vers: range nor comparators joined by |` }
  },
  *'6.1.59'(document) {
    for (const { name, pointer } of ranges(document)) {
      const range = parsed(name)
      if (range?.constraints.length === 1 && range.constraints[0]?.sign === '=') yield { pointer, message: 'It is one version, and no range' }
    }
  },
  *'6.2.49'(document) {
    for (const { name, pointer } of ranges(document)) {
      const last = parsed(name)?.constraints.findLast(({ sign }) => sign !== '!=')
      if (last?.sign.startsWith('>') === true) yield { pointer, message: 'It takes in every later version, those to come too' }
    }
  },
  *'6.2.50.1'(document) {
    for (const { pointer, groups } of statusGroups(document)) yield* overlaps(groups, false, ['vers'], false, pointer)
  },
  *'6.2.50.2'(document) {
    for (const { pointer, groups } of statusGroups(document)) yield* overlaps(groups, false, ['vls'], false, pointer)
  },
  *'6.2.50.3'(document) {
    for (const { pointer, groups } of statusGroups(document)) yield* overlaps(groups, false, ['vers', 'vls'], true, pointer)
  },
  *'6.2.51'(document) {
    for (const { name, pointer } of ranges(document)) {
      const scheme = parsed(name)?.scheme
      if (scheme !== undefined && scheme !== null && !SCHEMES.has(scheme))
        yield { pointer, message: `${scheme} is no scheme of versions that is known here` }
    }
  },
  *'6.3.19.1'(document) {
    for (const { pointer, groups } of statusGroups(document)) yield* overlaps(groups, true, ['vers'], false, pointer)
  },
  *'6.3.19.2'(document) {
    for (const { pointer, groups } of statusGroups(document)) yield* overlaps(groups, true, ['vls'], false, pointer)
  },
  *'6.3.19.3'(document) {
    for (const { pointer, groups } of statusGroups(document)) yield* overlaps(groups, true, ['vers', 'vls'], true, pointer)
  },
  '6.3.19.4': document => siblings(document, false),
  '6.3.19.5': document => siblings(document, true),
}

interface Constraint {
  readonly sign: '=' | '!=' | '<' | '<=' | '>' | '>='
  readonly version: string
}

interface Range {
  /** The scheme of a `vers:` range; `null` for comparators alone. */
  readonly scheme: string | null
  readonly constraints: readonly Constraint[]
}

const SIGN = /^(?:([<>!]?=|[<>])?)([^\s<>=!|*]+)$/

/** Of `vers:scheme/…` and of comparators alone (CSAF 2.1 §3.1.2.3.2). `undefined` for anything else. */
function parsed(name: string): Range | undefined {
  const vers = /^vers:([a-z][a-z0-9.-]*)\/(.+)$/.exec(name)
  if (name.startsWith('vers:') && vers === null) return undefined
  const [scheme, body] = vers === null ? [null, name] : [vers[1] ?? '', vers[2] ?? '']
  if (body === '*') return { scheme, constraints: [] }
  if (scheme === 'all' || scheme === 'none') return undefined
  const constraints = body.split('|').map(part => SIGN.exec(part))
  if (constraints.some(found => found === null)) return undefined
  return {
    scheme,
    // The expression allows these signs alone; without one it is that version.
    constraints: constraints.map(found => ({ sign: (found?.[1] ?? '=') as Constraint['sign'], version: found?.[2] ?? '' })),
  }
}

/** As the list of types of versions names them (https://github.com/package-url/vers-spec), and those of purls that have their own. */
const SCHEMES: ReadonlySet<string> = new Set(
  'all none alpine apache arch cargo composer conan cpan cran datetime deb ebuild gem generic gentoo github gitlab golang hackage hex intdot lexicographic maven mattermost mozilla nginx npm nuget openssl pub pypi rpm semver swift'.split(
    ' ',
  ),
)

function* ranges(document: unknown): Generator<{ readonly name: string; readonly pointer: string }> {
  for (const { value, pointer } of branches(document)) {
    const name = textAt(value, 'name')
    if (name !== undefined && textAt(value, 'category') === 'product_version_range') yield { name, pointer: `${pointer}/name` }
  }
}

/** What a product's branches say of its version, and what else they say: only what is alike in all the rest can overlap. */
interface Versioned {
  readonly id: string
  readonly range: Range
  readonly kind: 'vers' | 'vls' | 'version'
  readonly rest: string
}

function versioned(document: unknown): ReadonlyMap<string, Versioned> {
  const found = new Map<string, Versioned>()
  for (const { value, branches: path } of products(document)) {
    const id = textAt(value, 'product_id')
    const own = path.find(branch => (textAt(branch, 'category') ?? '').startsWith('product_version'))
    const said = rangeOf(own)
    if (id === undefined || said === undefined) continue
    const rest = path.filter(branch => branch !== own).map(branch => `${textAt(branch, 'category')} ${textAt(branch, 'name')}`)
    found.set(id, { id, ...said, rest: rest.join('\n') })
  }
  return found
}

function rangeOf(branch: unknown): Pick<Versioned, 'range' | 'kind'> | undefined {
  const name = textAt(branch, 'name') ?? ''
  if (textAt(branch, 'category') === 'product_version')
    return { kind: 'version', range: { scheme: null, constraints: [{ sign: '=', version: name }] } }
  const range = textAt(branch, 'category') === 'product_version_range' ? parsed(name) : undefined
  return range === undefined ? undefined : { kind: range.scheme === null ? 'vls' : 'vers', range }
}

/** Where a status stands for: the groups of CSAF, each with its products. */
const GROUPS: Readonly<Record<string, string>> = {
  first_affected: 'affected',
  known_affected: 'affected',
  last_affected: 'affected',
  known_not_affected: 'not affected',
  first_fixed: 'fixed',
  fixed: 'fixed',
  under_investigation: 'under investigation',
  unknown: 'unknown',
}

interface Standing extends Versioned {
  readonly group: string
}

function* statusGroups(document: unknown): Generator<{ readonly pointer: string; readonly groups: readonly Standing[] }> {
  const known = versioned(document)
  if (known.size === 0) return
  for (const { value, pointer } of vulnerabilities(document)) {
    const status = recordAt(value, 'product_status')
    const groups = Object.keys(GROUPS).flatMap(name =>
      listAt(status, name).flatMap(id => {
        const product = typeof id === 'string' ? known.get(id) : undefined
        return product === undefined ? [] : [{ ...product, group: GROUPS[name] ?? '' }]
      }),
    )
    yield { pointer: `${pointer}/product_status`, groups }
  }
}

/** As many pairs as are compared: more would take longer than what they say is worth. */
const MOST_PAIRS = 20_000

function* overlaps(
  all: readonly Standing[],
  isSameGroup: boolean,
  kinds: readonly Versioned['kind'][],
  withVersion: boolean,
  pointer: string,
): Generator<Fault> {
  let pairs = 0
  for (const [at, one] of all.entries())
    for (const other of all.slice(at + 1)) {
      if (pairs++ > MOST_PAIRS) return
      if (one.id === other.id || one.rest !== other.rest || (one.group === other.group) !== isSameGroup) continue
      const versions = [one, other].filter(({ kind }) => kind === 'version').length
      const isAsked = versions === (withVersion ? 1 : 0) && [one, other].every(({ kind }) => kind === 'version' || kinds.includes(kind))
      if (isAsked && doOverlap(one.range, other.range)) yield { pointer, message: `The versions of ${one.id} and ${other.id} overlap` }
    }
}

function* siblings(document: unknown, withVersion: boolean): Generator<Fault> {
  const families = Map.groupBy(branches(document), ({ pointer }) => pointer.slice(0, pointer.lastIndexOf('/')))
  for (const family of families.values()) {
    const all = family.flatMap(({ value, pointer }) => {
      const said = rangeOf(value)
      return said === undefined ? [] : [{ ...said, id: textAt(value, 'name') ?? '', rest: '', group: '', pointer }]
    })
    const [first] = all
    if (first !== undefined) yield* overlaps(all, true, ['vers', 'vls'], withVersion, first.pointer.slice(0, first.pointer.lastIndexOf('/')))
  }
}

/** Whether some version is in both. Only versions of numbers and dots are compared; of others it is not said. */
function doOverlap(one: Range, other: Range): boolean {
  const both = [...one.constraints, ...other.constraints]
  if (both.length === 0) return true
  if (!both.every(({ version }) => /^v?\d+(?:\.\d+)*$/i.test(version))) return false
  // Between two neighbours of all versions named, every range says the same: so each of them, and a place before, between and after, stands for all.
  const named = [...new Set(both.map(({ version }) => version))].toSorted(compare)
  const places = named.flatMap(version => [
    { version, step: -1 },
    { version, step: 0 },
    { version, step: 1 },
  ])
  return places.some(place => holds(one, place) && holds(other, place))
}

interface Place {
  readonly version: string
  /** Right before it, at it, or right after it. */
  readonly step: number
}

/** By the rules of vers: in it by itself, or between a lower and an upper bound that stand side by side. */
function holds({ constraints }: Range, place: Place): boolean {
  if (constraints.length === 0) return true
  const against = ({ version }: Constraint) => compare(place.version, version) || place.step
  if (constraints.some(one => one.sign === '!=' && against(one) === 0)) return false
  if (constraints.some(one => ['=', '<=', '>='].includes(one.sign) && against(one) === 0)) return true
  const bounds = constraints.filter(({ sign }) => sign !== '=' && sign !== '!=').toSorted((a, b) => compare(a.version, b.version))
  return bounds.some((bound, at) => {
    if (bound.sign.startsWith('<')) return at === 0 && against(bound) < 0
    const upper = bounds[at + 1]
    if (against(bound) <= 0) return false
    return upper === undefined || (upper.sign.startsWith('<') && against(upper) < 0)
  })
}

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map(version => version.replace(/^v/i, '').split('.').map(Number))
  for (let at = 0; at < Math.max(left?.length ?? 0, right?.length ?? 0); at++) {
    const difference = (left?.[at] ?? 0) - (right?.[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
