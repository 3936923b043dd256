import { parseInstant, type Instant } from '../../../kernel/instant.ts'
import { listAt, memberOf, recordAt, textAt } from '../../../kernel/json.ts'

/** Something in a document, and where it stands. */
export interface Placed<T = unknown> {
  readonly value: T
  readonly pointer: string
}

/** The members of a list of that name, each with its place. */
export function* each(holder: unknown, name: string, pointer: string): Generator<Placed> {
  for (const [at, value] of listAt(holder, name).entries()) yield { value, pointer: `${pointer}/${name}/${at}` }
}

export function vulnerabilities(document: unknown): Iterable<Placed> {
  return each(document, 'vulnerabilities', '')
}

/** A branch with those above it, the outermost first. */
interface Branch extends Placed {
  readonly above: readonly unknown[]
}

export function* branches(document: unknown): Generator<Branch> {
  yield* within(recordAt(document, 'product_tree'), '/product_tree', [])
}

function* within(holder: unknown, pointer: string, above: readonly unknown[]): Generator<Branch> {
  for (const { value, pointer: place } of each(holder, 'branches', pointer)) {
    yield { value, pointer: place, above }
    yield* within(value, place, [...above, value])
  }
}

/** Every full product name: of branches, of the list beside them, and of paths of products. */
export function* products(document: unknown): Generator<Placed & { readonly branches: readonly unknown[] }> {
  for (const { value, pointer, above } of branches(document)) {
    const product = memberOf(value, 'product')
    if (product !== undefined) yield { value: product, pointer: `${pointer}/product`, branches: [...above, value] }
  }
  const tree = recordAt(document, 'product_tree')
  for (const placed of each(tree, 'full_product_names', '/product_tree')) yield { ...placed, branches: [] }
  for (const { value, pointer } of each(tree, 'product_paths', '/product_tree'))
    yield { value: memberOf(value, 'full_product_name'), pointer: `${pointer}/full_product_name`, branches: [] }
}

/** Every list of ways to identify a product, with its product. */
export function* helpers(document: unknown): Generator<Placed & { readonly productId: string }> {
  for (const { value, pointer } of products(document)) {
    const helper = recordAt(value, 'product_identification_helper')
    if (helper !== undefined)
      yield { value: helper, pointer: `${pointer}/product_identification_helper`, productId: textAt(value, 'product_id') ?? '' }
  }
}

/** What each metric says, of which products, by whom. */
export function* metrics(
  document: unknown,
): Generator<Placed & { readonly vulnerability: Placed; readonly products: readonly string[]; readonly source: string }> {
  for (const vulnerability of vulnerabilities(document))
    for (const { value, pointer } of each(vulnerability.value, 'metrics', vulnerability.pointer))
      yield {
        vulnerability,
        value: memberOf(value, 'content'),
        pointer: `${pointer}/content`,
        products: texts(value, 'products'),
        source: textAt(value, 'source') ?? '',
      }
}

export function texts(holder: unknown, name: string): readonly string[] {
  return listAt(holder, name).filter(value => typeof value === 'string')
}

export function categoryOf(document: unknown): string {
  return textAt(recordAt(document, 'document'), 'category') ?? ''
}

/** Whether the document is for everybody. */
export function isClear(document: unknown): boolean {
  return textAt(recordAt(recordAt(recordAt(document, 'document'), 'distribution'), 'tlp'), 'label') === 'CLEAR'
}

/** Whether its words are English, or of no language that it names. */
export function isEnglish(document: unknown): boolean {
  const language = textAt(recordAt(document, 'document'), 'lang')
  return language === undefined || /^en(?:-|$)/i.test(language)
}

export function instantAt(holder: unknown, name: string): Instant | undefined {
  const text = textAt(holder, name)
  return text === undefined ? undefined : parseInstant(text)
}

/** When the newest revision was made; `undefined` while it is a draft, or where no revision has a date. */
export function newestRevision(document: unknown): Instant | undefined {
  const tracking = recordAt(recordAt(document, 'document'), 'tracking')
  const dates = listAt(tracking, 'revision_history').flatMap(revision => instantAt(revision, 'date') ?? [])
  return dates.toSorted((a, b) => b.getTime() - a.getTime())[0]
}

export function isDraft(document: unknown): boolean {
  return textAt(recordAt(recordAt(document, 'document'), 'tracking'), 'status') === 'draft'
}

/** In lower case without dashes, underscores, white space and what cannot be seen, of whatever script: as names are compared by rules 6.1.26 and 6.2.48. */
export function withoutSeparators(name: string): string {
  return name.toLowerCase().replace(/[\p{Pd}\p{Pc}\p{Cf}\p{Cc}\s\u2212]+|\u0332/gu, '')
}
