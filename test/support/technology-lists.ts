import { createHash } from 'node:crypto'
import type { Random } from '../../src/app/sample/random.ts'
import { EITHER, INTELLIVUE, MEMBERS, NEED_MAKER, NOT_WRITTEN, ONE_HOUSE, OTHER_MAKER_NAMES, OTHER_PRODUCTS, SAME } from './medical-truth.ts'

/**
 * Lists of what organisations run, written the way people write them, with the truth beside: makers under other names, misspelt, left out or
 * put into the product; words dropped, shortened, swapped and misspelt; versions in their own column, in the name, or nowhere.
 */

/** A product of an advisory, as the advisory names it. */
export interface NamedProduct {
  readonly advisory: string
  readonly maker: string
  readonly product: string
  readonly versions: readonly string[]
}

export interface WrittenLine {
  readonly maker: string
  readonly product: string
  readonly version: string
  /** What should come out of each advisory; those that are not here should not. `either`: nobody can tell. */
  readonly truth: ReadonlyMap<string, 'runs' | 'may-run' | 'either'>
  /** Which half of the names it belongs to: tuning looks at the first only. */
  readonly half: 'seen' | 'unseen'
}

function halfOf(maker: string): WrittenLine['half'] {
  const house = ONE_HOUSE[maker] ?? maker
  return (createHash('sha256').update(house).digest()[0] ?? 0) % 2 === 0 ? 'seen' : 'unseen'
}

/** So many lines for each product that people write, and one line in three about something that no advisory names. */
export function writeLists(products: readonly NamedProduct[], random: Random, linesEach: number): readonly WrittenLine[] {
  const written = products.filter(({ product }) => !NOT_WRITTEN.has(product))
  const lines = written.flatMap(product => Array.from({ length: linesEach }, () => writeLine(product, products, random)))
  const others = Array.from({ length: Math.ceil(lines.length / 2) }, () => writeOther(random, written))
  return [...lines, ...others]
}

function writeLine(source: NamedProduct, products: readonly NamedProduct[], random: Random): WrittenLine {
  const members = MEMBERS[source.product] ?? [source.product]
  const member = random.pick(members)
  const version = pickVersion(source, random)
  return { ...spell(source, member, version, random), truth: truthOf(source, member, version, products), half: halfOf(source.maker) }
}

/** A product that no advisory names: another one, or one of theirs with another model number. */
function writeOther(random: Random, products: readonly NamedProduct[]): WrittenLine {
  const source = random.pick(products)
  const model = /\b(?:[A-Z]{0,4}\d{2,4}[A-Z]?)\b/.exec(source.product)?.[0]
  const isSingle = model !== undefined && MEMBERS[source.product] === undefined && !/[-/]\s?\w*\d|\dx\d/.test(source.product)
  if (isSingle && random.chance(0.5)) {
    const changed = source.product.replace(
      model,
      model.replace(/\d+/, digits => String(Number(digits) + random.pick([3, 13, 27, 1_100]))),
    )
    const isReal = products.some(({ product }) => product.toLowerCase().includes(changed.toLowerCase()))
    if (!isReal) return { ...spell({ ...source, product: changed }, changed, '', random), truth: openFor(source.product), half: halfOf(source.maker) }
  }
  const [maker, product] = random.pick(OTHER_PRODUCTS)
  const line = spell({ advisory: '', maker, product, versions: [] }, product, random.chance(0.5) ? '1.2' : '', random)
  return { ...line, truth: new Map(), half: halfOf(maker === 'BD' ? 'Becton, Dickinson and Company (BD)' : maker) }
}

/* The truth. */

function truthOf(source: NamedProduct, member: string, version: string, products: readonly NamedProduct[]): WrittenLine['truth'] {
  const truth = new Map<string, 'runs' | 'may-run' | 'either'>(openFor(source.product))
  const model = /\b(?:MX|MP|X)\d+\b/.exec(member)?.[0]
  const [named, open] = source.product.startsWith('IntelliVue') && model !== undefined ? (INTELLIVUE[model] ?? [[], []]) : [[], []]
  for (const advisory of open) truth.set(advisory, 'either')
  for (const advisory of named) truth.set(advisory, version === '' ? 'may-run' : 'either')
  const row = SAME.find(names => names.some(([advisory, start]) => advisory === source.advisory && source.product.startsWith(start)))
  const others = products.filter(({ advisory, product }) => row?.some(([at, start]) => at === advisory && product.startsWith(start)) === true)
  for (const product of [...others, source]) {
    const outcome = outcomeOf(product.versions, version)
    if (outcome === 'no') truth.delete(product.advisory)
    else truth.set(product.advisory, outcome)
  }
  return truth
}

function openFor(name: string): Map<string, 'either'> {
  return new Map(
    EITHER.filter(([start]) => name.startsWith(start)).flatMap(([, advisories]) => advisories.map(advisory => [advisory, 'either'] as const)),
  )
}

const SIMPLE = /^(?<comparator><=|<)?\s*(?<version>\d+(?:\.\d+)+)$/

/** By plain dotted numbers only; the product's own reading of versions has no part in it. */
function outcomeOf(versions: readonly string[], told: string): 'runs' | 'may-run' | 'either' | 'no' {
  if (versions.every(version => version === 'vers:all/*')) return 'runs'
  if (told === '') return 'may-run'
  if (versions.some(version => version === told || version === 'vers:all/*')) return 'runs'
  const answers = versions.map(version => {
    const { comparator, version: limit } = SIMPLE.exec(version)?.groups ?? {}
    if (limit === undefined || !SIMPLE.test(told)) return 'either'
    if (told === limit) return comparator === '<' ? 'no' : 'runs'
    if (`${told}.`.startsWith(`${limit}.`) || `${limit}.`.startsWith(`${told}.`)) return 'either'
    return comparator !== undefined && compareDotted(told, limit) < 0 ? 'runs' : 'no'
  })
  return answers.find(answer => answer === 'runs') ?? answers.find(answer => answer === 'either') ?? 'no'
}

function compareDotted(a: string, b: string): number {
  const [left, right] = [a, b].map(text => text.split('.').map(Number))
  const length = Math.max(left?.length ?? 0, right?.length ?? 0)
  return Array.from({ length }, (_, index) => (left?.[index] ?? 0) - (right?.[index] ?? 0)).find(difference => difference !== 0) ?? 0
}

/** One that is affected, one that is not, or none. */
function pickVersion({ versions }: NamedProduct, random: Random): string {
  if (random.chance(0.35)) return ''
  const simple = versions.filter(version => SIMPLE.test(version))
  if (versions.length > 0 && simple.length === versions.length) {
    const limits = simple.map(version => SIMPLE.exec(version)?.groups?.['version'] ?? '').toSorted(compareDotted)
    const last = limits.at(-1) ?? ''
    const next = last.replace(/\d+$/, digits => String(Number(digits) + random.between(1, 3)).padStart(digits.length, '0'))
    if (random.chance(0.25)) return next
    const chosen = random.pick(simple)
    const limit = SIMPLE.exec(chosen)?.groups?.['version'] ?? ''
    if (!chosen.startsWith('<')) return limit
    const below = limit.replace(/\d+$/, digits => String(Math.max(0, Number(digits) - random.between(0, 2))).padStart(digits.length, '0'))
    return below === limit && chosen.startsWith('<') && !chosen.startsWith('<=') ? '' : below
  }
  if (versions.length === 0 || versions.includes('vers:all/*')) return random.chance(0.5) ? `${random.between(1, 9)}.${random.between(0, 12)}` : ''
  const exact = versions.filter(version => /^[A-Z]?\.?\d[\w.]*$/.test(version))
  return exact.length === versions.length ? random.pick(exact) : ''
}

/* The spelling. */

function spell(source: NamedProduct, name: string, version: string, random: Random): Pick<WrittenLine, 'maker' | 'product' | 'version'> {
  const start = Object.keys(OTHER_MAKER_NAMES).find(beginning => source.maker.startsWith(beginning))
  const alias = start === undefined ? source.maker : random.pick(OTHER_MAKER_NAMES[start] ?? [])
  const plain = ownName(name, source.maker)
  const makerStyle = random.next()
  const isMakerNeeded = NEED_MAKER.has(source.product)
  const product = writeProduct(plain, random)
  const inName = version !== '' && random.chance(0.3)
  const named = inName ? `${product} ${random.pick(['v', '', 'version ', 'Ver. ', 'V'])}${version}` : product
  const told = inName ? '' : version === '' ? '' : random.pick(['', '', 'v', 'V']) + version
  const line = (maker: string, text: string) => ({ maker, product: text, version: told })
  if (makerStyle < 0.2) return line(source.maker, named)
  if (makerStyle < 0.5) return line(alias, named)
  if (makerStyle < 0.62) return line(misspell(alias, random), named)
  if (makerStyle < 0.72) return line(source.maker.toUpperCase(), named)
  if (makerStyle < 0.8) return line(`${alias} / ${random.pick(['NHS Supply Chain', 'Althea', 'Agito Medical'])}`, named)
  if (makerStyle < 0.9) return line('', `${alias} ${named}`)
  return isMakerNeeded ? line(alias, named) : line('', named)
}

/** Without the maker in front: the column beside says it. */
function ownName(name: string, maker: string): string {
  const first = maker.split(/[ ,(]/)[0] ?? ''
  const abbreviation = /\((\w+)\)/.exec(maker)?.[1] ?? first
  for (const start of [first, abbreviation]) if (name.startsWith(`${start} `)) return name.slice(start.length + 1)
  return name
}

const DROPPED = /\s*\b(?:System|Systems|Software|Device|Devices|pumps?|models only|Application)\b/i
const SHORTENED: readonly (readonly [RegExp, string])[] = [
  [/\bMonitor(s?)\b/i, 'Mon'],
  [/\bSystem(s?)\b/i, 'Sys'],
  [/\bWorkstation\b/i, 'W/Station'],
  [/\bManagement\b/i, 'Mgmt'],
  [/\bInformation\b/i, 'Info'],
  [/\bServer\b/i, 'Srvr'],
  [/\bProgrammer\b/i, 'Prog.'],
  [/\bSoftware\b/i, 's/w'],
  [/\bPatient\b/i, 'Pt'],
  [/\bEnterprise\b/i, 'Ent.'],
]

function writeProduct(name: string, random: Random): string {
  let text = name
  const acronym = /\((?<letters>[A-Z]{3,6})\)/.exec(text)
  if (acronym !== null) text = random.chance(0.7) ? text.replace(acronym[0], ' ') : text
  if (random.chance(0.25)) text = withoutOne(text, DROPPED)
  if (random.chance(0.15)) for (const [word, short] of SHORTENED) text = text.replace(word, short)
  if (random.chance(0.3)) text = misspell(text, random)
  text = random.chance(0.2) ? respaceModel(text, random) : random.chance(0.15) ? modelFirst(text) : text
  if (random.chance(0.2)) text = random.chance(0.5) ? text.toUpperCase() : text.toLowerCase()
  if (random.chance(0.1)) text = text.replace(/^(\w+)/, '$1®')
  return text.replace(/\s+/g, ' ').trim()
}

function withoutOne(text: string, expression: RegExp): string {
  const shorter = text.replace(expression, '')
  return /[A-Za-z]{3}/.test(shorter) ? shorter : text
}

const KEYBOARD = ['qwertyuiop', 'asdfghjkl', 'zxcvbnm']

/** One slip in one word of five letters or more: two letters swapped, one left out, doubled or beside its key. In a long word sometimes two. */
function misspell(text: string, random: Random): string {
  const words = [...text.matchAll(/(?<!\d)[A-Za-z]{5,}(?!\d)/g)]
  if (words.length === 0) return text
  const word = random.pick(words)
  const times = word[0].length >= 10 && random.chance(0.2) ? 2 : 1
  let slipped = word[0]
  for (let time = 0; time < times; time += 1) slipped = slip(slipped, random)
  return text.slice(0, word.index) + slipped + text.slice(word.index + word[0].length)
}

function slip(word: string, random: Random): string {
  const at = random.between(1, word.length - 2)
  const letter = word[at] ?? ''
  const row = KEYBOARD.find(keys => keys.includes(letter.toLowerCase())) ?? ''
  const beside = row[row.indexOf(letter.toLowerCase()) + 1] ?? row[row.indexOf(letter.toLowerCase()) - 1] ?? letter
  const kind = random.between(0, 3)
  if (kind === 0) return word.slice(0, at) + (word[at + 1] ?? '') + letter + word.slice(at + 2)
  if (kind === 1) return word.slice(0, at) + word.slice(at + 1)
  if (kind === 2) return word.slice(0, at) + letter + word.slice(at)
  return word.slice(0, at) + beside + word.slice(at + 1)
}

/** `MX400` as `MX 400` or `MX-400`, `EC 40` as `EC40`. */
function respaceModel(text: string, random: Random): string {
  const joined = /\b([A-Z]{2,3})(\d{2,4})\b/.exec(text)
  if (joined !== null) return text.replace(joined[0], `${joined[1] ?? ''}${random.pick([' ', '-'])}${joined[2] ?? ''}`)
  const apart = /\b([A-Z]{2,3})[ -](\d{1,4})\b/.exec(text)
  return apart === null ? text : text.replace(apart[0], `${apart[1] ?? ''}${apart[2] ?? ''}`)
}

function modelFirst(text: string): string {
  const [first, ...rest] = text.split(' ')
  const last = rest.at(-1)
  return last !== undefined && /^[A-Z]*\d{2,}[A-Z]*$/.test(last) ? [last, first, ...rest.slice(0, -1)].join(' ') : text
}
