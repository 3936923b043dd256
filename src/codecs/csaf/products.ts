import type { Complain } from '../../kernel/findings.ts'
import type { IntelligenceProduct } from '../../kernel/intelligence.ts'
import { isRecord, lineAt, linesAt, listAt, recordAt, type JsonRecord } from '../../kernel/json.ts'
import { combinationsIn } from './product-ids.ts'

/** Where a branch stands in the tree: the names of the nearest branches above it (CSAF 2.0 §3.1.2.2 lists the categories). */
interface Path {
  readonly vendor: string
  readonly productName: string | null
  readonly version: string | null
}

interface Leaf {
  readonly productId: string
  readonly product: IntelligenceProduct
}

/**
 * The products that a CSAF document speaks of (`product_tree`, CSAF 2.0 §3.2.2), each once, with what the document says of them
 * (`vulnerabilities[].product_status`, §3.2.3.9).
 *
 * The name is that of the `product_name` branch, else the full name; makers are those of `vendor` branches, else the publisher when that
 * is a vendor (`fallbackMaker`). What is said of "a component on a platform" (`combinationsIn`) is said of both. A CPE or package URL is
 * given as it stands, with a warning when it is none.
 */
export function readProducts(document: JsonRecord, fallbackMaker: string, complain: Complain): readonly IntelligenceProduct[] {
  const tree = recordAt(document, 'product_tree')
  if (tree === undefined) return []
  const root: Path = { vendor: fallbackMaker, productName: null, version: null }
  const leaves: Leaf[] = listAt(tree, 'full_product_names').flatMap(product => leafOf(product, root))
  for (const branch of listAt(tree, 'branches')) collectLeaves(branch, root, leaves)

  const said = readStatuses(document)
  spreadOverParts(tree, said)
  const products = new Map<string, IntelligenceProduct>()
  for (const { productId, product } of leaves) {
    if (product.cpe !== null && !isCpe(product.cpe)) complain('cpe', '/product_tree', `"${product.cpe.slice(0, 80)}" is not a CPE name.`)
    if (product.purl !== null && !isPurl(product.purl)) complain('purl', '/product_tree', `"${product.purl.slice(0, 80)}" is not a package URL.`)
    const key = JSON.stringify([product.maker, product.product, product.version])
    const affected = affectedBy(said, productId)
    const known = products.get(key)
    products.set(key, {
      ...product,
      cpe: known?.cpe ?? product.cpe,
      purl: known?.purl ?? product.purl,
      affected: known === undefined ? affected : strongest(known.affected, affected),
    })
  }
  return [...products.values()]
}

/** CPE 2.3 formatted strings and CPE 2.2 URIs, as the schema of CSAF 2.0 has them (§3.1.3.3.1). */
function isCpe(text: string): boolean {
  return text.length <= 500 && (CPE_2_3.test(text) || CPE_2_2.test(text))
}

const CPE_VALUE = String.raw`(?:(?:\?*|\*?)(?:[a-zA-Z0-9\-._]|\\[\\*?!"#$%&'()+,/:;<=>@[\]^\x60{|}~])+(?:\?*|\*?)|[*\-])`
const CPE_LANGUAGE = String.raw`(?:[a-zA-Z]{2,3}(?:-(?:[a-zA-Z]{2}|[0-9]{3}))?|[*\-])`
const CPE_2_3 = new RegExp(String.raw`^cpe:2\.3:[aho*\-](?::${CPE_VALUE}){5}:${CPE_LANGUAGE}(?::${CPE_VALUE}){4}$`)
const CPE_2_2 = /^cpe:\/[aho]?(?::[a-z0-9._\-~%]*){0,6}$/i

/** Package URLs have a type and a name at least (purl specification). */
function isPurl(text: string): boolean {
  return /^pkg:\/*[a-z0-9.+-]+\/\S+$/i.test(text)
}

/** Depth is bounded by `parseJson`. */
function collectLeaves(branch: unknown, above: Path, leaves: Leaf[]): void {
  if (!isRecord(branch)) return
  const path = step(above, lineAt(branch, 'category'), lineAt(branch, 'name'))
  leaves.push(...leafOf(recordAt(branch, 'product'), path))
  for (const child of listAt(branch, 'branches')) collectLeaves(child, path, leaves)
}

function step(above: Path, category: string | undefined, name: string | undefined): Path {
  if (name === undefined) return above
  switch (category) {
    case 'vendor':
      return { ...above, vendor: name }
    case 'product_name':
      return { ...above, productName: name, version: null }
    case 'product_version':
    case 'product_version_range':
      return { ...above, version: name }
    default:
      return above
  }
}

function leafOf(fullProduct: unknown, path: Path): Leaf[] {
  const productId = lineAt(fullProduct, 'product_id')
  const product = path.productName ?? lineAt(fullProduct, 'name')
  if (productId === undefined || product === undefined) return []
  const helper = recordAt(fullProduct, 'product_identification_helper')
  // CSAF 2.1 §3.1.3.3.4 has a list, `purls`, in place of one `purl`.
  const purl = lineAt(helper, 'purl') ?? linesAt(helper, 'purls')[0] ?? null
  const version = path.productName === null ? null : path.version
  return [{ productId, product: { maker: path.vendor, product, version, cpe: lineAt(helper, 'cpe') ?? null, purl, affected: null } }]
}

interface Statuses {
  readonly affected: Set<string>
  readonly notAffected: Set<string>
  readonly undecided: Set<string>
}

function readStatuses(document: JsonRecord): Statuses {
  const idsOf = (names: readonly string[]) =>
    new Set(
      listAt(document, 'vulnerabilities').flatMap(vulnerability => names.flatMap(name => linesAt(recordAt(vulnerability, 'product_status'), name))),
    )
  return {
    affected: idsOf(['known_affected', 'first_affected', 'last_affected']),
    notAffected: idsOf(['known_not_affected']),
    undecided: idsOf(['fixed', 'first_fixed', 'recommended', 'under_investigation', 'unknown']),
  }
}

/** What is said of a whole is said of its parts, which may be wholes themselves (CSAF 2.0 §3.2.2.4), in a circle even. */
function spreadOverParts(tree: JsonRecord, said: Statuses): void {
  const partsOf = new Map<string, string[]>()
  for (const { whole, parts } of combinationsIn(tree)) {
    const id = lineAt(whole, 'product_id')
    if (id !== undefined) partsOf.set(id, [...(partsOf.get(id) ?? []), ...parts])
  }
  for (const ids of [said.affected, said.notAffected, said.undecided]) {
    // A set yields what is added to it while it is walked, each once.
    for (const id of ids) for (const part of partsOf.get(id) ?? []) ids.add(part)
  }
}

function affectedBy(said: Statuses, productId: string): boolean | null {
  if (said.affected.has(productId)) return true
  return said.notAffected.has(productId) && !said.undecided.has(productId) ? false : null
}

function strongest(a: boolean | null, b: boolean | null): boolean | null {
  if (a === true || b === true) return true
  return a === false && b === false ? false : null
}
