import type { IntelligenceProduct } from '../../kernel/intelligence.ts'
import { isRecord, lineAt, linesAt, listAt, recordAt, type JsonRecord } from '../../kernel/json.ts'

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
 * is a vendor (`fallbackMaker`). What is said of "a component on a platform" (`relationships`) is said of both.
 */
export function readProducts(document: JsonRecord, fallbackMaker: string): readonly IntelligenceProduct[] {
  const tree = recordAt(document, 'product_tree')
  if (tree === undefined) return []
  const root: Path = { vendor: fallbackMaker, productName: null, version: null }
  const leaves: Leaf[] = listAt(tree, 'full_product_names').flatMap(product => leafOf(product, root))
  for (const branch of listAt(tree, 'branches')) collectLeaves(branch, root, leaves)

  const said = readStatuses(document)
  spreadOverRelationships(tree, said)
  const products = new Map<string, IntelligenceProduct>()
  for (const { productId, product } of leaves) {
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
function spreadOverRelationships(tree: JsonRecord, said: Statuses): void {
  const partsOf = new Map<string, string[]>()
  for (const relationship of listAt(tree, 'relationships')) {
    const whole = lineAt(recordAt(relationship, 'full_product_name'), 'product_id')
    const parts = [lineAt(relationship, 'product_reference'), lineAt(relationship, 'relates_to_product_reference')].filter(part => part !== undefined)
    if (whole !== undefined) partsOf.set(whole, [...(partsOf.get(whole) ?? []), ...parts])
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
