import { isRecord, listAt, memberOf, recordAt, textAt } from '../../../kernel/json.ts'
import type { Fault, Rule } from '../model.ts'
import { branches, each, helpers, products, texts, vulnerabilities, withoutSeparators, type Placed } from './walk.ts'

/** Rules of CSAF 2.1 about products: their ids, their branches, and what identifies them. */
export const TREE_RULES: Readonly<Record<string, Rule>> = {
  *'6.1.1'(document) {
    const defined = new Set([...products(document)].map(({ value }) => textAt(value, 'product_id')))
    for (const { value, pointer } of references(document, 'product'))
      if (!defined.has(value)) yield { pointer, message: `The product ${value} is defined nowhere` }
  },
  *'6.1.2'(document) {
    yield* repeated(
      [...products(document)].map(({ value, pointer }) => ({ value: textAt(value, 'product_id') ?? '', pointer: `${pointer}/product_id` })),
      id => `The product ${id} is defined more than once`,
    )
  },
  *'6.1.3'(document) {
    const made = new Map(
      [...each(recordAt(document, 'product_tree'), 'product_paths', '/product_tree')].map(({ value, pointer }) => [
        textAt(recordAt(value, 'full_product_name'), 'product_id') ?? '',
        { pointer, parts: partsOf(value) },
      ]),
    )
    const circular = inCircles(new Map([...made].map(([id, { parts }]) => [id, parts])))
    for (const [id, { pointer }] of made) if (circular.has(id)) yield { pointer, message: `The product ${id} is a part of itself` }
  },
  *'6.1.4'(document) {
    const tree = recordAt(document, 'product_tree')
    const defined = new Set(listAt(tree, 'product_groups').map(group => textAt(group, 'group_id')))
    for (const { value, pointer } of references(document, 'group'))
      if (!defined.has(value)) yield { pointer, message: `The group ${value} is defined nowhere` }
  },
  *'6.1.42'(document) {
    for (const { value, pointer } of helpers(document)) {
      const [first, ...others] = texts(value, 'purls').map(purl => purl.replace(/\?[^#]*/, ''))
      if (others.some(other => other !== first)) yield { pointer: `${pointer}/purls`, message: 'They differ in more than their qualifiers' }
    }
  },
  *'6.1.44'(document) {
    yield* starred(document, 'serial_numbers')
  },
  *'6.1.57'(document) {
    for (const { value, pointer, above } of branches(document)) {
      const category = textAt(value, 'category')
      if (category !== undefined && category !== 'product_family' && above.some(one => textAt(one, 'category') === category))
        yield { pointer, message: `A branch above it is of the category ${category} too` }
    }
  },
  *'6.1.58'(document) {
    for (const { value, pointer, above } of branches(document)) {
      const other = OTHER_VERSION[textAt(value, 'category') ?? '']
      if (other !== undefined && above.some(one => textAt(one, 'category') === other)) yield { pointer, message: `A branch above it is a ${other}` }
    }
  },
  *'6.1.61'(document) {
    yield* starred(document, 'skus')
  },
  *'6.2.31'(document) {
    const paths = [...each(recordAt(document, 'product_tree'), 'product_paths', '/product_tree')]
    const parts = new Set(paths.flatMap(({ value }) => partsOf(value)))
    for (const { value, pointer, productId } of helpers(document))
      if ((texts(value, 'serial_numbers').length > 0 || texts(value, 'model_numbers').length > 0) && !parts.has(productId))
        yield { pointer, message: 'It has a serial or model number, and no path of products leads from it to software' }
  },
  *'6.2.32'(document) {
    const seen = new Map<string, Placed<string>>()
    for (const { value, pointer, productId } of helpers(document)) {
      for (const [kind, said] of isRecord(value) ? Object.entries(value) : []) {
        for (const [at, one] of (Array.isArray(said) ? said : [said]).entries()) {
          const key = `${kind} ${canonical(one)}`
          const other = seen.get(key)
          if (other !== undefined && other.value !== productId)
            yield {
              pointer: `${pointer}/${kind}${Array.isArray(said) ? `/${at}` : ''}`,
              message: `The product ${other.value} is identified by it too`,
            }
          seen.set(key, { value: productId, pointer })
        }
      }
    }
  },
  *'6.2.48'(document) {
    for (const { value, pointer } of branches(document)) {
      const name = textAt(value, 'name') ?? ''
      if (textAt(value, 'category') === 'vendor' && withoutSeparators(name) === 'opensource')
        yield { pointer: `${pointer}/name`, message: `“${name}” names no vendor` }
    }
  },
  *'6.2.52'(document) {
    for (const { value, pointer } of helpers(document))
      for (const hash of each(value, 'hashes', pointer))
        for (const one of each(hash.value, 'file_hashes', hash.pointer)) {
          const algorithm = textAt(one.value, 'algorithm') ?? ''
          if (HASH_ALGORITHMS.has(algorithm)) continue
          const message = OTHER_ALGORITHMS.has(algorithm)
            ? `${algorithm} is known here, and is none of those that the standard names`
            : `${algorithm} is none of those that the standard names, and is not known here`
          yield { pointer: `${one.pointer}/algorithm`, message }
        }
  },
  *'6.3.22'(document) {
    const paths = [...each(recordAt(document, 'product_tree'), 'product_paths', '/product_tree')]
    const made = new Set(paths.map(({ value }) => textAt(recordAt(value, 'full_product_name'), 'product_id')))
    for (const { value, pointer } of paths)
      if (partsOf(value).some(part => made.has(part))) yield { pointer, message: 'One of its parts is itself made by a path of products' }
  },
}

const OTHER_VERSION: Readonly<Record<string, string>> = { product_version: 'product_version_range', product_version_range: 'product_version' }

/** The digests of OpenSSL 3.4, as CSAF 2.1 §3.1.3.3.2 lists them. */
const HASH_ALGORITHMS: ReadonlySet<string> = new Set(
  'blake2b512 blake2s256 md4 md5 md5-sha1 mdc2 ripemd ripemd160 rmd160 sha1 sha224 sha256 sha3-224 sha3-256 sha3-384 sha3-512 sha384 sha512 sha512-224 sha512-256 shake128 shake256 sm3 ssl3-md5 ssl3-sha1 whirlpool'.split(
    ' ',
  ),
)
const OTHER_ALGORITHMS: ReadonlySet<string> = new Set(['blake3', 'ssdeep', 'tlsh'])

/** The same text for values that differ in the order of their members or items alone. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).toSorted().join()}]`
  if (!isRecord(value)) return JSON.stringify(value)
  return `{${Object.keys(value)
    .toSorted()
    .map(name => `${JSON.stringify(name)}:${canonical(value[name])}`)
    .join()}}`
}

/** What a path of products is made of. */
function partsOf(path: unknown): readonly string[] {
  return [
    textAt(path, 'beginning_product_reference') ?? '',
    ...listAt(path, 'subpaths').map(subpath => textAt(subpath, 'next_product_reference') ?? ''),
  ].filter(id => id !== '')
}

/**
 * The products that are a part of themselves: those of each strongly connected component of more than one, and those that name themselves (Tarjan 1972). Without
 * calling itself, since a chain may be as long as a document.
 */
function inCircles(parts: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const found = new Set<string>([...parts].filter(([id, own]) => own.includes(id)).map(([id]) => id))
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const isOpen = new Set<string>()
  for (const start of parts.keys()) {
    if (order.has(start)) continue
    const walk = [{ id: start, next: 0 }]
    for (let here = walk.at(-1); here !== undefined; here = walk.at(-1)) {
      const { id } = here
      if (here.next === 0) {
        lowest.set(id, order.size)
        order.set(id, order.size)
        open.push(id)
        isOpen.add(id)
      }
      const part = parts.get(id)?.[here.next++]
      if (part !== undefined) {
        if (parts.has(part) && !order.has(part)) walk.push({ id: part, next: 0 })
        else if (isOpen.has(part)) lower(id, order.get(part))
        continue
      }
      walk.pop()
      const above = walk.at(-1)
      if (above !== undefined) lower(above.id, lowest.get(id))
      if (lowest.get(id) !== order.get(id)) continue
      const circle = open.splice(open.lastIndexOf(id))
      for (const one of circle) {
        isOpen.delete(one)
        if (circle.length > 1) found.add(one)
      }
    }
  }
  return found

  function lower(id: string, to = Infinity): void {
    lowest.set(id, Math.min(lowest.get(id) ?? Infinity, to))
  }
}

function* repeated(all: readonly Placed<string>[], words: (value: string) => string): Generator<Fault> {
  const counted = Map.groupBy(all, ({ value }) => value)
  for (const { value, pointer } of all) if (value !== '' && (counted.get(value)?.length ?? 0) > 1) yield { pointer, message: words(value) }
}

function* starred(document: unknown, name: 'serial_numbers' | 'skus'): Generator<Fault> {
  for (const { value, pointer } of helpers(document))
    for (const { value: text, pointer: place } of each(value, name, pointer)) {
      // A backslash makes the next character stand for itself.
      const stars = typeof text === 'string' ? text.replace(/\\./g, '').split('*').length - 1 : 0
      if (stars > 1) yield { pointer: place, message: 'It has more than one unescaped star' }
    }
}

/** Lists of ids by the name under which they stand. What an extension holds is its own. */
const LISTS = { product: new Set(['product_ids', 'products']), group: new Set(['group_ids']) }
const PRODUCT_REFERENCES = new Set(['beginning_product_reference', 'next_product_reference'])

/** Every place where a product, or a group, is named. */
function* references(document: unknown, kind: 'product' | 'group'): Generator<Placed<string>> {
  const tree = recordAt(document, 'product_tree')
  yield* inside(memberOf(recordAt(document, 'document'), 'notes'), '/document/notes', kind)
  yield* inside(memberOf(tree, 'product_groups'), '/product_tree/product_groups', kind)
  yield* inside(memberOf(tree, 'product_paths'), '/product_tree/product_paths', kind)
  for (const { value, pointer } of vulnerabilities(document)) {
    yield* inside(value, pointer, kind)
    const statuses = recordAt(value, 'product_status')
    if (kind === 'product') for (const name of Object.keys(statuses ?? {})) yield* placedTexts(each(statuses, name, `${pointer}/product_status`))
  }
}

function* inside(value: unknown, pointer: string, kind: 'product' | 'group'): Generator<Placed<string>> {
  if (Array.isArray(value)) {
    for (const [at, one] of value.entries()) yield* inside(one, `${pointer}/${at}`, kind)
    return
  }
  if (!isRecord(value)) return
  for (const [name, member] of Object.entries(value)) {
    if (name === 'x_extensions' || name === 'product_status') continue
    if (LISTS[kind].has(name)) yield* placedTexts(each(value, name, pointer))
    else if (kind === 'product' && PRODUCT_REFERENCES.has(name) && typeof member === 'string') yield { value: member, pointer: `${pointer}/${name}` }
    else yield* inside(member, `${pointer}/${name}`, kind)
  }
}

function* placedTexts(all: Iterable<Placed>): Generator<Placed<string>> {
  for (const { value, pointer } of all) if (typeof value === 'string') yield { value, pointer }
}
