import { parseCpe, type CpeName, type CpeValue } from '../../../../codecs/cpe/name.ts'
import { parsePurl } from '../../../../codecs/purl/purl.ts'
import { parseVersionRange } from '../../../../codecs/version-range/parse.ts'
import type { IntelligenceProduct } from '../../../../kernel/intelligence.ts'
import { nameKey } from '../../../../kernel/name-key.ts'
import { cutAtVersions } from './read-product.ts'
import type { WrittenName } from './relation.ts'
import { wordsOf } from './words.ts'

/** A product that a threat is about, with all that its sources say of its versions. */
export interface AffectedProduct extends WrittenName {
  /** With the product's key, what makes it one and the same (kernel/name-key.ts). */
  readonly makerKey: string
  readonly productKey: string
  /** As written, each once. Empty when no source says which versions. */
  readonly versions: readonly string[]
  /** CPE names and package URLs without versions (`productIdentifier`), each once. */
  readonly identifiers: readonly string[]
  /** What its matches are kept under: the same for all that is matched alike. */
  readonly matchKey: string
}

/**
 * Each product once, by its keys. Those that a source says are not affected are left out; where some versions are said to be
 * affected, only those count, since the others beside them are the mended ones.
 */
export function affectedProducts(products: readonly IntelligenceProduct[]): readonly AffectedProduct[] {
  const entries = products.filter(product => product.affected !== false).map(named)
  const groups = Map.groupBy(entries, entry => `${nameKey(entry.maker)}\n${nameKey(entry.product)}`)
  return [...groups].flatMap(([key, all]) => {
    const [makerKey = '', productKey = ''] = key.split('\n')
    const affected = all.filter(entry => entry.affected === true)
    const meant = affected.length > 0 ? affected : all
    const [first] = meant
    if (first === undefined || productKey === '') return []
    const versions = unique(meant.map(entry => entry.version))
    const identifiers = unique(
      meant.flatMap(entry => [entry.cpe, entry.purl]).map(identifier => (identifier === null ? null : productIdentifier(identifier))),
    )
    const matchKey = [key, ...identifiers.toSorted(), ...(versions.length > 0 ? ['versions'] : [])].join('\n')
    return [{ maker: first.maker, product: first.product, makerKey, productKey, versions, identifiers, matchKey }]
  })
}

/** A CPE name or package URL without its version and what follows it, or `null` when it is neither. */
export function productIdentifier(written: string): string | null {
  const cpe = parseCpe(written)
  const found = cpe === undefined ? parsePurl(written) : undefined
  if (found !== undefined) return `pkg:${found.identity.replaceAll('@', '%40')}`
  return cpe === undefined ? null : (/^cpe:2\.3(?::(?:\\.|[^:\\])+){3}|^cpe:\/[^:]*(?::[^:]*){2}/i.exec(written.trim())?.[0].toLowerCase() ?? null)
}

function unique(texts: readonly (string | null)[]): readonly string[] {
  return [...new Set(texts.filter(text => text !== null))]
}

/**
 * The entry under a name of its own. Some sources give a CPE name for the product; some advisories give a group of products as the product and
 * each of its members as a version: then both together are the name.
 */
function named(entry: IntelligenceProduct): IntelligenceProduct {
  const cpe = parseCpe(entry.product)
  if (cpe !== undefined) return { ...entry, ...namedByCpe(cpe, entry), cpe: entry.cpe ?? entry.product }
  const version = entry.version?.trim() || null
  if (version === null) return cutInTwo(entry)
  if (parseVersionRange(version).kind !== 'unread' || hasOwnName(entry.product) || !hasOwnName(version)) return entry
  return { ...entry, product: `${entry.product} ${version}`, version: null }
}

/** Advisories that give a version nowhere else give it in the name: whoever runs another version does not run the product. */
function cutInTwo(entry: IntelligenceProduct): IntelligenceProduct {
  const cut = cutAtVersions(entry.product)
  if (cut === undefined || nameKey(cut.product) === '') return { ...entry, version: null }
  const range = parseVersionRange(cut.versions)
  const isWhole = range.kind === 'all' || (range.kind === 'some' && range.condition === null)
  return isWhole ? { ...entry, product: cut.product, version: cut.versions } : { ...entry, version: null }
}

function namedByCpe({ vendor, product, version }: CpeName, entry: IntelligenceProduct): Pick<IntelligenceProduct, 'maker' | 'product' | 'version'> {
  const text = (value: CpeValue) => (typeof value === 'string' ? '' : value.text.replaceAll('_', ' '))
  return { maker: entry.maker || text(vendor), product: text(product), version: entry.version ?? (text(version) || null) }
}

function hasOwnName(text: string): boolean {
  return wordsOf(text).some(word => word.kind === 'name' || (word.kind === 'model' && /^\p{L}/u.test(word.text)))
}
