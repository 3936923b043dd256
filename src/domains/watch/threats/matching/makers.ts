import { nameKey } from '../../../../kernel/name-key.ts'
import { isMisspelling } from './spelling.ts'
import { plainText } from './words.ts'

/** Two names of one maker: after a merger, a change of name, or because people call it so. */
export interface MakerAlias {
  readonly alias: string
  readonly maker: string
}

/** A maker as somebody wrote it, which may be several in one string. */
export interface ReadMaker {
  readonly written: string
  /** Whether anybody is named at all. */
  readonly isNamed: boolean
  /** Every name in it, as lower-case words; legal forms are left out. */
  readonly names: readonly string[]
  /** The names without words that makers add or leave out at will ("healthcare", "systems"). */
  readonly cores: readonly string[]
  /** The makers of the book that it names, all of one merger under one. */
  readonly groups: ReadonlySet<string>
}

/** Who is who: the aliases, looked up tolerant of spelling. */
export interface MakerBook {
  read(written: string): ReadMaker
  /** Every name of these makers, as lower-case words, to be found inside a product's name. */
  namesOf(groups: ReadonlySet<string>): readonly string[]
}

export function makerBook(aliases: readonly MakerAlias[]): MakerBook {
  const { groupOf, namesOfGroup, near } = groupsOf(aliases)
  const known = new Map<string, ReadMaker>()
  const lookUp = (name: string): string | undefined => groupOf.get(name) ?? groupOf.get(coreOf(name)) ?? near(name) ?? near(coreOf(name))
  const read = (written: string): ReadMaker => {
    const names = namesIn(written).filter((name, index) => index === 0 || lookUp(name) !== undefined || isLikelyName(name))
    return {
      written,
      isNamed: names.length > 0,
      names,
      cores: names.map(coreOf),
      groups: new Set(names.map(lookUp).filter(group => group !== undefined)),
    }
  }
  return {
    read: written => {
      const found = known.get(written) ?? read(written)
      known.set(written, found)
      return found
    },
    namesOf: groups => [...groups].flatMap(group => namesOfGroup.get(group) ?? []),
  }
}

export type MakerRelation = 'same' | 'different' | 'unnamed'

/** Whether two strings name one maker: by the book, or because the names are alike (equal, shortened, misspelt, initials). */
export function relateMakers(a: ReadMaker, b: ReadMaker): MakerRelation {
  if (!a.isNamed || !b.isNamed) return 'unnamed'
  if ([...a.groups].some(group => b.groups.has(group))) return 'same'
  return a.names.some((name, index) => b.names.some((other, at) => areAlike(name, a.cores[index] ?? name, other, b.cores[at] ?? other)))
    ? 'same'
    : 'different'
}

function areAlike(nameA: string, coreA: string, nameB: string, coreB: string): boolean {
  if (nameA === nameB || startsWithWords(coreA, coreB) || startsWithWords(coreB, coreA)) return true
  if (isInitials(nameA, nameB) || isInitials(nameB, nameA)) return true
  const together = (name: string) => name.replaceAll(' ', '')
  return [together(nameA), together(coreA)].some(a => [together(nameB), together(coreB)].some(b => a === b || isMisspelling(a, b)))
}

function startsWithWords(longer: string, shorter: string): boolean {
  return shorter.length > 2 && `${longer} `.startsWith(`${shorter} `)
}

function isInitials(short: string, long: string): boolean {
  if (!/^[a-z]{2,5}$/.test(short)) return false
  const words = long.split(' ').filter(word => word !== 'and')
  return (
    words.length > 1 &&
    words
      .map(word => word[0])
      .join('')
      .startsWith(short) &&
    short.length >= Math.min(words.length, 3)
  )
}

/** Words that makers add to their names or leave out. */
const WEAK = new Set(
  (
    'medical healthcare health systems system technologies technology solutions devices device diagnostics diagnostic electronics electronic software ' +
    'laboratories laboratory labs scientific instruments imaging informatics care services networks uk usa us america american europe european emea ' +
    'deutschland germany france japan china india ireland nederland netherlands intl international global worldwide industries products life sciences the'
  ).split(' '),
)

function coreOf(name: string): string {
  const words = name.split(' ')
  const core = words.filter(word => !WEAK.has(word))
  return (core.length === 0 ? words : core).join(' ')
}

const NOBODY = new Set([
  '',
  'n a',
  'na',
  'none',
  'unknown',
  'not known',
  'various',
  'multiple',
  'other',
  'others',
  'tbc',
  'tba',
  'misc',
  'generic',
  'not applicable',
  'vendor',
  'manufacturer',
])

/** Where one name ends and another begins. */
const BETWEEN =
  /\s*(?:[,;/|+()]|\b(?:and|formerly|previously|now|aka|a\.k\.a\.|fka|f\.k\.a\.|dba|part of|owned by|acquired by|a division of|division of|subsidiary of|by|was|ex)\b)\s*/

/** The whole string first, then its parts. */
function namesIn(written: string): readonly string[] {
  const text = plainText(written)
  const whole = nameKey(text.replace(/\([^)]*\)?/g, ' '))
  const parts = text.split(BETWEEN).map(part => nameKey(part))
  return [...new Set([whole, ...parts])].filter(name => !NOBODY.has(name) && !NOT_A_NAME.test(name))
}

/** What is left of a legal form once it is cut off. */
const NOT_A_NAME = /^(?:ltd|limited|llc|inc|corp|corporation|co|gmbh|ag|sa|bv|nv|plc|company|holdings?|group|kg|se|pte|the|\p{L})$/u

/** Whether a part of a string may be a maker that the book does not know: not the first name of somebody or a lone common word. */
function isLikelyName(name: string): boolean {
  return name.length > 1 && name.split(' ').some(word => !WEAK.has(word))
}

/** Unites the aliases into groups, each named after the first maker that stands for it. */
function groupsOf(aliases: readonly MakerAlias[]) {
  const parent = new Map<string, string>()
  const root = (name: string): string => {
    const above = parent.get(name) ?? name
    return above === name ? name : root(above)
  }
  for (const { alias, maker } of aliases) {
    const [from, to] = [nameKey(plainText(alias)), nameKey(plainText(maker))]
    if (from !== '' && to !== '' && root(from) !== root(to)) parent.set(root(from), root(to))
  }
  const groupOf = new Map<string, string>()
  const namesOfGroup = new Map<string, string[]>()
  const joined: (readonly [name: string, group: string])[] = []
  for (const name of new Set(aliases.flatMap(({ alias, maker }) => [nameKey(plainText(alias)), nameKey(plainText(maker))]))) {
    const group = root(name)
    for (const key of [name, coreOf(name)]) if (!groupOf.has(key)) groupOf.set(key, group)
    namesOfGroup.set(group, [...(namesOfGroup.get(group) ?? []), name])
    joined.push([name.replaceAll(' ', ''), group], [coreOf(name).replaceAll(' ', ''), group])
  }
  const near = (name: string): string | undefined => joined.find(([known]) => isMisspelling(known, name.replaceAll(' ', '')))?.[1]
  return { groupOf, namesOfGroup, near }
}
