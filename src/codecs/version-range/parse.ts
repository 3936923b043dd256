import { spellOut } from './notation.ts'
import type { Bound, RangePart, VersionRange } from './range.ts'
import { compareVersions, parseVersion, type Version } from './version.ts'

type Comparator = '<' | '<=' | '>' | '>=' | '=' | '!='

interface Constraint {
  readonly comparator: Comparator
  readonly version: Version
}

/**
 * Reads the versions that an advisory names, in any of the ways that are written: a `vers:` range
 * (https://github.com/package-url/vers-spec), comparators (`>= 2.5 | <= 3.11`, `>= 1.0, < 2.4`, `< V16`), or words ("all versions",
 * "prior to 3.2", "1.0 through 2.4.1", "2.x before 2.5", "v4.1.1 and earlier"). What it cannot read is `unread`; where
 * it reads a beginning, the rest is the range's condition.
 */
export function parseVersionRange(written: string): VersionRange {
  const text = written.trim()
  const vers = /^vers:[^/\s]*\/(?<constraints>.*)$/is.exec(text)?.groups?.['constraints']
  return vers === undefined ? readWords(text) : (readVers(text, vers) ?? readWords(vers))
}

function readVers(text: string, constraints: string): VersionRange | undefined {
  if (constraints.trim() === '*') return { kind: 'all' }
  const read = constraints
    .split('|')
    .map(one => /^(?<comparator>[<>]=?|!=|=?)(?<version>[^<>=]+)$/.exec(one.replace(/\s/g, ''))?.groups)
    .map(groups => {
      const version = parseVersion(decoded(groups?.['version'] ?? ''))
      // The comparator is one of six by the expression above; none stands for equality.
      return version === undefined ? undefined : { comparator: (groups?.['comparator'] || '=') as Comparator, version }
    })
  const known = read.filter(constraint => constraint !== undefined)
  return known.length < read.length ? undefined : rangeOf(text, known, null)
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** What a stretch of the text is. The first expression that fits at a place counts. */
const WORDS: readonly (readonly [Token['kind'], RegExp])[] = [
  ['space', /[\s()[\]"'’]+/y],
  [
    'all',
    /(?:all(?:\s+(?:known|software|firmware|supported|previous|released|affected))*(?:\s+(?:versions?|releases?|revisions?))?|(?:any|every)\s+versions?|\*)(?![\w.])/y,
  ],
  ['below', /up\s+to[\s,(]*(?:(?:but|and)\s+)?(?:excluding|not\s+including|exclusive(?:\s+of)?)(?!\w)/y],
  [
    'upTo',
    /<=|=<|≤|up\s+to(?:,?\s+and\s+including)?(?!\s+but)(?![\w])|through(?!\w)|thru(?!\w)|to(?!\w)|(?:(?:prior|previous)\s+to|before|until|earlier\s+than|older\s+than|lower\s+than|below)\s*[,(]?\s*and\s+including(?!\w)|(?:lower|less|earlier|older)\s+than\s+or\s+equal(?:\s+to)?(?!\w)|(?:below|before)\s+or\s+equal(?:\s+to)?(?!\w)|equal(?:\s+to)?\s+or\s+(?:below|before|(?:lower|less|earlier|older)(?:\s+than)?)(?!\w)|(?:not?|at)\s+(?:later|newer|higher|greater)\s+than(?!\w)|at\s+most(?!\w)/y,
  ],
  [
    'below',
    /<|(?:prior|previous)\s+to(?!\w)|(?:before|until|earlier\s+than|below|lower\s+than|less\s+than|older\s+than|preceding)(?!\w)|pre[-\s](?=v?\d)/y,
  ],
  [
    'from',
    />=|=>|≥|(?:from|since|between|starting(?:\s+(?:with|from|at|in))?|beginning\s+with|at\s+least|not?\s+(?:earlier|older|lower)\s+than|(?:later|newer|greater|higher)\s+than\s+or\s+equal(?:\s+to)?|equal(?:\s+to)?\s+or\s+(?:above|(?:later|newer|greater|higher)(?:\s+than)?))(?!\w)/y,
  ],
  ['above', />|(?:later\s+than|newer\s+than|after|greater\s+than|higher\s+than)(?!\w)/y],
  ['not', /!=|≠|(?:except|excluding|other\s+than)(?=\s*v?\d)/y],
  ['excluded', /(?:excluding|exclusive|excluded|not\s+including)(?!\w)/y],
  ['included', /(?:including|inclusive|included|or\s+equal(?:\s+to)?)(?!\w)/y],
  [
    'orBelow',
    /(?:(?:and|or|&)\s+)?(?:(?:all|any|its|the|other)\s+)*(?:prior|earlier|lower|older|previous|under|preceding)(?!\s+(?:to|than)(?!\w))(?:\s+(?:versions?|releases?))?(?!\w)|(?:and|or|&)\s+(?:all\s+)?(?:below|before)(?!\w)(?!\s+(?:versions?\s+)?v?\d)/y,
  ],
  [
    'orAbove',
    /(?:(?:and|or|&)\s+)?(?:(?:all|any|its|the|other)\s+)*(?:later|above|higher|newer|onwards?|greater)(?!\s+than(?!\w))(?:\s+(?:versions?|releases?))?(?!\w)|(?:and|or)\s+up(?!\w)|\+(?=\s|$)/y,
  ],
  ['join', /(?:and|or)(?!\w)|[,;|&]/y],
  ['dash', /[-–—](?=\s)/y],
  ['start', /(?:unspecified|n\/a)(?!\w)/y],
  ['equal', /==?/y],
  [
    'version',
    /(?:(?:version|ver|release|rev|revision|build|v|r)[.\s]*)?(?:[a-z]{1,4}(?:-[a-z]{1,4})?[\s.-]?)?v?\d[\w.()*~-]*(?:[\s_+-]+(?:sp|service\s*pack|hf|hotfix|update|upd|build|patch|p|r|sr|fp|cu|mr|rc|beta|alpha|edition)[\s_.]?\d*[\w.]*(?!\w))*(?:\s\(\d[\d.]*\))?/y,
  ],
  ['noise', /(?:versions?|ver|vers|releases?|revisions?|rev|software|firmware|the|v|running|using|affected|build|builds)(?!\w)[.:]?/y],
  ['letters', /[a-z]-[a-z](?![\w])/y],
  ['letter', /[a-z](?![\w'’])/y],
]

interface Token {
  readonly kind:
    | 'space'
    | 'all'
    | 'upTo'
    | 'below'
    | 'from'
    | 'above'
    | 'not'
    | 'excluded'
    | 'included'
    | 'orBelow'
    | 'orAbove'
    | 'join'
    | 'dash'
    | 'start'
    | 'equal'
    | 'version'
    | 'noise'
    | 'letters'
    | 'letter'
  readonly text: string
}

/** The tokens up to the first word that says something else, and the rest. */
function tokensOf(text: string): { readonly tokens: readonly Token[]; readonly rest: string | null } {
  const tokens: Token[] = []
  for (let at = 0; at < text.length;) {
    const token = tokenAt(text, at)
    if (token === undefined) return { tokens, rest: text.slice(at).trim() }
    if (token.kind !== 'space' && token.kind !== 'noise') tokens.push(token)
    at += token.text.length
  }
  return { tokens, rest: null }
}

function tokenAt(text: string, at: number): Token | undefined {
  for (const [kind, expression] of WORDS) {
    expression.lastIndex = at
    const found = expression.exec(text)?.[0]
    if (found !== undefined && (kind !== 'version' || parseVersion(found) !== undefined)) return { kind, text: found }
  }
  return undefined
}

/** A product's name in front, as in `FortiOS 6.4.0` and `PAN-OS<10.1.14`. */
const NAME_IN_FRONT = /^[a-z][a-z-]{2,20}[\s-]*(?=[<>]=?\s*v?\d|v?\d+\.\d)/

function readWords(text: string): VersionRange {
  const plain = spellOut(
    text
      .toLowerCase()
      .normalize('NFKC')
      .replace(/_/g, ' ')
      .replace(/\bcumulative\s+update\b/g, 'cu')
      .replace(/^[-–—*•:]\s*(?=\w)/, ''),
  )
  const whole = readPlain(text, plain)
  if (whole.kind !== 'unread' || !NAME_IN_FRONT.test(plain)) return whole
  const behind = readPlain(text, plain.replace(NAME_IN_FRONT, ''))
  return behind.kind === 'some' && behind.condition !== null ? whole : behind
}

/** What stands in front is not affected: then which versions are cannot be told. */
const DENIES = /^(?:(?:is|are|was|were)\s+)?(?:not\s+(?:affected|vulnerable|impacted)|unaffected|invulnerable)/
/** From here on it says where it was mended, which is no condition. */
const IS_MENDED = /^(?:(?:is|are|was)\s+)?(?:fixed|patched|resolved|corrected|remediated)(?!\w)/

function readPlain(text: string, plain: string): VersionRange {
  const { tokens: meant, rest: unread } = tokensOf(plain)
  if (unread !== null && DENIES.test(unread)) return { kind: 'unread', text }
  const rest = unread !== null && IS_MENDED.test(unread) ? null : unread
  const constraints = readConstraints(meant)
  if (constraints === undefined) return { kind: 'unread', text }
  const isAll = meant.some(token => token.kind === 'all') && constraints.length === 0
  if (isAll && rest === null) return { kind: 'all' }
  if (isAll) return { kind: 'some', text, parts: [{ kind: 'interval', from: null, to: null }], except: [], condition: rest }
  return constraints.length === 0 ? { kind: 'unread', text } : rangeOf(text, constraints, rest)
}

const PREFIXES: Partial<Record<Token['kind'], Comparator>> = { upTo: '<=', below: '<', from: '>=', above: '>', not: '!=', equal: '=' }

/** The constraints in order, or `undefined` when a comparator has nothing to compare with. */
function readConstraints(tokens: readonly Token[]): readonly Constraint[] | undefined {
  const constraints: Constraint[] = []
  let prefix: Comparator | null = null
  for (const [index, token] of tokens.entries()) {
    const next = tokens[index + 1]
    const last = constraints.at(-1)
    const comparator = PREFIXES[token.kind]
    if (token.kind === 'letters') {
      const [from, to] = token.text.split('-').map(letter => parseVersion(letter))
      if (from !== undefined && to !== undefined) constraints.push({ comparator: '>=', version: from }, { comparator: '<=', version: to })
    } else if (token.kind === 'version' || token.kind === 'letter') {
      const version = parseVersion(token.text)
      if (version === undefined) return undefined
      // "1.0 through 2.4", "3.0 < 3.2", "2.x before 2.5": the first is where it begins.
      const isBegin =
        prefix === null && next !== undefined && ['upTo', 'below', 'dash', 'start'].includes(next.kind) && isVersionNext(tokens, index + 2)
      const isOpenLimit = last?.comparator.startsWith('<') === true && constraints.at(-2)?.comparator.startsWith('>') !== true
      const repeated = prefix === null && !isBegin && isOpenLimit ? repeatedComparator(last.comparator, tokens[index - 1]) : null
      if (repeated === 'unclear') return undefined
      const isExcepted = prefix === null && last?.comparator === '!=' && /^(?:and|or|,|&)$/.test(tokens[index - 1]?.text ?? '')
      constraints.push({ comparator: prefix ?? repeated ?? (isBegin ? '>=' : isExcepted ? '!=' : '='), version })
      prefix = null
    } else if (comparator !== undefined) {
      prefix = comparator
    } else if (token.kind === 'dash') {
      if (isVersionNext(tokens, index + 1)) prefix = '<='
    } else if (token.kind === 'join') {
      // "between 6.1 and 6.3": the second is where it ends.
      const isBetween = constraints.length === 1 && tokens.slice(0, index).some(earlier => earlier.text === 'between')
      if (isBetween) prefix = '<='
    } else if (last !== undefined && (token.kind === 'orBelow' || token.kind === 'orAbove') && prefix === null) {
      const isBelow = token.kind === 'orBelow'
      if (last.comparator === '=') constraints[constraints.length - 1] = { ...last, comparator: isBelow ? '<=' : '>=' }
      // "All versions except 3.2 and later": those before it are left.
      if (last.comparator === '!=') constraints[constraints.length - 1] = { ...last, comparator: isBelow ? '>' : '<' }
    } else if (last !== undefined && (token.kind === 'excluded' || token.kind === 'included')) {
      constraints[constraints.length - 1] = { ...last, comparator: withEnd(last.comparator, token.kind === 'included') }
    }
  }
  return prefix === null ? constraints : undefined
}

/**
 * What holds of a version that follows an upper limit: "prior to 3.2 and 4.1" limits two branches, and what stands beside a limit
 * without a word between ("< A v2.16") is no version of its own. Behind a bar it is one, as in a vers range.
 */
function repeatedComparator(comparator: Comparator, between: Token | undefined): Comparator | 'unclear' | null {
  if (between?.kind !== 'join') return 'unclear'
  if (between.text === '|' || between.text === ';') return null
  return between.text === ',' && comparator === '<=' ? null : comparator
}

function isVersionNext(tokens: readonly Token[], index: number): boolean {
  const kind = tokens[index]?.kind
  return kind === 'version' || kind === 'letter'
}

function withEnd(comparator: Comparator, isIncluded: boolean): Comparator {
  if (comparator.startsWith('<')) return isIncluded ? '<=' : '<'
  return comparator.startsWith('>') ? (isIncluded ? '>=' : '>') : comparator
}

/**
 * Signposts in order become intervals, as the vers specification says: a lower limit and the upper one after it bound one
 * interval. An upper limit in front of a lower one that is older bounds the same ("< 2.5, >= 2.0").
 */
function rangeOf(text: string, constraints: readonly Constraint[], condition: string | null): VersionRange {
  const parts: RangePart[] = []
  const except: Version[] = []
  let open: { readonly from: Bound | null; readonly to: Bound | null } | undefined
  for (const { comparator, version } of constraints) {
    if (comparator === '=') parts.push({ kind: 'one', version })
    else if (comparator === '!=') except.push(version)
    else {
      const bound = { version, isIncluded: comparator.endsWith('=') }
      const isLower = comparator.startsWith('>')
      const isOlder = open?.to !== undefined && open.to !== null && (compareVersions(version, open.to.version) ?? 1) < 0
      const joined = isLower ? (isOlder ? { from: bound, to: open?.to ?? null } : undefined) : open?.from ? { from: open.from, to: bound } : undefined
      if (joined === undefined && open !== undefined) parts.push({ kind: 'interval', ...open })
      if (joined !== undefined) parts.push({ kind: 'interval', ...joined })
      open = joined === undefined ? (isLower ? { from: bound, to: null } : { from: null, to: bound }) : undefined
    }
  }
  if (open !== undefined) parts.push({ kind: 'interval', ...open })
  const isExceptOnly = parts.length === 0 && except.length > 0
  return { kind: 'some', text, parts: isExceptOnly ? [{ kind: 'interval', from: null, to: null }] : parts, except, condition }
}
