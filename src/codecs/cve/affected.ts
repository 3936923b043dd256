import type { IntelligenceProduct } from '../../kernel/intelligence.ts'
import { isRecord, lineAt, linesAt, listAt, type JsonRecord } from '../../kernel/json.ts'
import { isGitRange, readRanges, SAYS_NOTHING, wordsOf, wordsOfOthers, type VersionRange } from './versions.ts'

/**
 * The products of a record (`affected`, CVE Record Format 5), each with each of its version ranges once. Containers often tell the same
 * product in different words; both stand, since either may be the one that an organisation uses.
 *
 * Commits of a repository say nothing to those who run a product: they are left out, and the product stands without a version when
 * nothing else is said of it.
 */
export function readProducts(containers: readonly JsonRecord[]): readonly IntelligenceProduct[] {
  const entries = containers.flatMap(container => listAt(container, 'affected').filter(isRecord)).flatMap(readEntry)
  const named = new Set(entries.filter(entry => !entry.isInCommits).map(nameOf))
  const products = new Map<string, IntelligenceProduct>()
  for (const entry of entries) {
    if (entry.isInCommits && named.has(nameOf(entry))) continue
    for (const product of entry.products) {
      const key = JSON.stringify([product.maker.toLowerCase(), product.product.toLowerCase(), product.version, cpeName(product.cpe ?? '')])
      const known = products.get(key)
      products.set(key, known === undefined ? product : { ...known, affected: strongest(known.affected, product.affected) })
    }
  }
  return [...products.values()]
}

interface Entry {
  readonly maker: string
  readonly product: string
  /** Whether all that it says of versions is in commits. */
  readonly isInCommits: boolean
  readonly products: readonly IntelligenceProduct[]
}

function readEntry(entry: JsonRecord): Entry[] {
  const maker = nameAt(entry, 'vendor') ?? ''
  const product = nameAt(entry, 'product') ?? nameAt(entry, 'packageName')
  if (product === undefined) return []
  const all = listAt(entry, 'versions').flatMap(readRanges)
  const ranges = all.filter(range => !isGitRange(range))
  const purl = lineAt(entry, 'packageURL') ?? null
  const products = cpesOf(entry).flatMap(cpe =>
    rowsOf(ranges, statusOf(lineAt(entry, 'defaultStatus')), all.length > ranges.length).map(row => ({ maker, product, ...row, cpe, purl })),
  )
  return [{ maker, product, isInCommits: all.length > 0 && ranges.length === 0, products }]
}

type Row = Pick<IntelligenceProduct, 'version' | 'affected'>

/** `defaultStatus` is that of every version that no range holds (CVE Record Format, `product`). */
function rowsOf(ranges: readonly VersionRange[], defaultStatus: boolean | null, hasCommits: boolean): readonly Row[] {
  if (ranges.length === 0) {
    if (hasCommits) return [{ version: null, affected: true }]
    return [{ version: defaultStatus === true ? 'All versions' : null, affected: defaultStatus }]
  }
  const listed = ranges.map(range => ({ version: wordsOf(range), affected: statusOf(range.status) }))
  const others = wordsOfOthers(ranges)
  return defaultStatus === true && others !== null ? [...listed, { version: others, affected: true }] : listed
}

function statusOf(status: string | undefined): boolean | null {
  const word = status?.toLowerCase()
  if (word === 'affected') return true
  return word === 'unaffected' ? false : null
}

function strongest(a: boolean | null, b: boolean | null): boolean | null {
  if (a === true || b === true) return true
  return a === false && b === false ? false : null
}

function nameAt(entry: JsonRecord, name: string): string | undefined {
  const line = lineAt(entry, name)
  return line === undefined || SAYS_NOTHING.test(line) ? undefined : line
}

/** One CPE for each product that the entry names; `null` when it names none. */
function cpesOf(entry: JsonRecord): readonly (string | null)[] {
  const cpes = new Map(linesAt(entry, 'cpes').map(cpe => [cpeName(cpe), cpe]))
  return cpes.size === 0 ? [null] : [...cpes.values()]
}

/** Vendor and product of a CPE 2.2 or 2.3 name. A backslash hides a colon (CPE 2.3 Naming §6.2). */
function cpeName(cpe: string): string {
  const parts = cpe.toLowerCase().split(/(?<!\\):/)
  return parts.slice(parts[1] === '2.3' ? 3 : 2, parts[1] === '2.3' ? 5 : 4).join(':')
}

function nameOf({ maker, product }: Entry): string {
  return JSON.stringify([maker.toLowerCase(), product.toLowerCase()])
}
