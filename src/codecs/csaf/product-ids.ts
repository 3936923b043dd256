import type { Complain } from '../../kernel/findings.ts'
import { lineAt, linesAt, listAt, recordAt, type JsonRecord } from '../../kernel/json.ts'

/** What the ids of a product tree stand for. */
export interface ProductIds {
  /** The full name of each product, by its id; those that relationships make included. */
  readonly names: ReadonlyMap<string, string>
  /** The products of each group, by its id. */
  readonly groups: ReadonlyMap<string, readonly string[]>
}

/** One id in an advisory and where it stands. */
interface Use {
  readonly id: string
  readonly pointer: string
}

const STATUSES = [
  'first_affected',
  'first_fixed',
  'fixed',
  'known_affected',
  'known_not_affected',
  'last_affected',
  'recommended',
  'under_investigation',
  'unknown',
] as const

/** The lists of a vulnerability whose entries may be about some products only; the last four since CSAF 2.1. */
const LISTS = ['remediations', 'threats', 'flags', 'notes', 'ids', 'involvements', 'first_known_exploitation_dates'] as const

/** Statuses that say opposite things of one product (CSAF 2.0 §6.1.6). */
const CLASSES: readonly (readonly [string, readonly string[]])[] = [
  ['affected', ['first_affected', 'known_affected', 'last_affected']],
  ['not affected', ['known_not_affected']],
  ['fixed', ['first_fixed', 'fixed']],
  ['under investigation', ['under_investigation']],
]

/**
 * Reads the ids of a product tree, and says of those that are defined twice (§6.1.2), used and not defined (§6.1.1), or of which a
 * vulnerability says opposite things (§6.1.6): who is reached then depends on a guess.
 */
export function readProductIds(document: JsonRecord, complain: Complain): ProductIds {
  const tree = recordAt(document, 'product_tree')
  const names = new Map<string, string>()
  const define = (product: unknown, pointer: string) => {
    const id = lineAt(product, 'product_id')
    if (id === undefined) return
    if (names.has(id)) complain('product-id', pointer, `The product id "${id.slice(0, 60)}" is defined more than once.`)
    names.set(id, lineAt(product, 'name') ?? id)
  }
  const descend = (branch: unknown, pointer: string) => {
    define(recordAt(branch, 'product'), `${pointer}/product`)
    for (const [at, child] of listAt(branch, 'branches').entries()) descend(child, `${pointer}/branches/${at}`)
  }
  for (const [at, product] of listAt(tree, 'full_product_names').entries()) define(product, `/product_tree/full_product_names/${at}`)
  for (const [at, branch] of listAt(tree, 'branches').entries()) descend(branch, `/product_tree/branches/${at}`)
  for (const { whole, pointer } of combinationsIn(tree)) define(whole, `${pointer}/full_product_name`)

  const groups = new Map(listAt(tree, 'product_groups').map(group => [lineAt(group, 'group_id') ?? '', linesAt(group, 'product_ids')]))
  for (const { id, pointer } of [...usesInTree(tree), ...usesInVulnerabilities(document)])
    if (!names.has(id)) complain('product-id', pointer, `The product id "${id.slice(0, 60)}" is used, and not defined.`)
  for (const [at, vulnerability] of listAt(document, 'vulnerabilities').entries())
    findContradictions(recordAt(vulnerability, 'product_status'), `/vulnerabilities/${at}/product_status`, complain)
  return { names, groups }
}

/** A product that is made up of others: a component on a platform. */
export interface Combination {
  /** The product that it makes, as a full product name. */
  readonly whole: JsonRecord | undefined
  /** The ids of what it is made of. */
  readonly parts: readonly string[]
  readonly pointer: string
}

/** CSAF 2.0 combines two products in a `relationship` (§3.2.2.4), 2.1 any number along a `product_path`. */
export function combinationsIn(tree: JsonRecord | undefined): readonly Combination[] {
  const inPairs = listAt(tree, 'relationships').map((relationship, at) => ({
    whole: recordAt(relationship, 'full_product_name'),
    parts: [lineAt(relationship, 'product_reference'), lineAt(relationship, 'relates_to_product_reference')].filter(id => id !== undefined),
    pointer: `/product_tree/relationships/${at}`,
  }))
  const inPaths = listAt(tree, 'product_paths').map((path, at) => ({
    whole: recordAt(path, 'full_product_name'),
    parts: [lineAt(path, 'beginning_product_reference'), ...listAt(path, 'subpaths').map(step => lineAt(step, 'next_product_reference'))].filter(
      id => id !== undefined,
    ),
    pointer: `/product_tree/product_paths/${at}`,
  }))
  return [...inPairs, ...inPaths]
}

function usesInTree(tree: JsonRecord | undefined): Use[] {
  const inCombinations = combinationsIn(tree).flatMap(({ parts, pointer }) => parts.map(id => ({ id, pointer })))
  const inGroups = listAt(tree, 'product_groups').flatMap((group, at) => usesAt(group, 'product_ids', `/product_tree/product_groups/${at}`))
  return [...inCombinations, ...inGroups]
}

function usesInVulnerabilities(document: JsonRecord): Use[] {
  return listAt(document, 'vulnerabilities').flatMap((vulnerability, at) => {
    const pointer = `/vulnerabilities/${at}`
    const inList = (list: string, member: string) =>
      listAt(vulnerability, list).flatMap((entry, index) => usesAt(entry, member, `${pointer}/${list}/${index}`))
    return [
      ...STATUSES.flatMap(status => usesAt(recordAt(vulnerability, 'product_status'), status, `${pointer}/product_status`)),
      ...inList('scores', 'products'),
      ...inList('metrics', 'products'),
      ...LISTS.flatMap(list => inList(list, 'product_ids')),
    ]
  })
}

function usesAt(holder: unknown, member: string, pointer: string): Use[] {
  return linesAt(holder, member).map((id, at) => ({ id, pointer: `${pointer}/${member}/${at}` }))
}

function findContradictions(statuses: JsonRecord | undefined, pointer: string, complain: Complain): void {
  const said = new Map<string, string>()
  for (const [word, names] of CLASSES) {
    for (const id of new Set(names.flatMap(name => linesAt(statuses, name)))) {
      const earlier = said.get(id)
      if (earlier !== undefined) complain('contradiction', pointer, `The product "${id.slice(0, 60)}" is said to be ${earlier} and ${word} at once.`)
      said.set(id, word)
    }
  }
}
