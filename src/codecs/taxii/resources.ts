import { isRecord, lineAt, linesAt, listAt, memberOf } from '../../kernel/json.ts'

/**
 * What a TAXII 2.1 server answers (OASIS, TAXII Version 2.1): where its collections are, and pages of their objects. The objects themselves
 * are STIX, and are read by another codec.
 */
export type TaxiiResource =
  /** §4.1. */
  | { readonly kind: 'discovery'; readonly apiRoots: readonly string[] }
  /** §4.2. */
  | { readonly kind: 'api-root'; readonly versions: readonly string[] }
  /** §5.1. */
  | { readonly kind: 'collections'; readonly collections: readonly TaxiiCollection[] }
  /** §5.2. */
  | { readonly kind: 'collection'; readonly collection: TaxiiCollection }
  /** §3.7. */
  | { readonly kind: 'envelope'; readonly objects: readonly unknown[]; readonly more: boolean; readonly next: string | null }
  /** `{}`: a list of collections, or an envelope, that holds nothing. */
  | { readonly kind: 'empty' }

export interface TaxiiCollection {
  readonly id: string
  readonly title: string
  readonly alias: string | null
  readonly canRead: boolean
}

/** Reads parsed JSON as one of them, by its members; `undefined` for JSON of another kind, a STIX bundle among them. */
export function readTaxii(json: unknown): TaxiiResource | undefined {
  if (!isRecord(json) || memberOf(json, 'type') !== undefined) return undefined
  if (Array.isArray(memberOf(json, 'api_roots'))) return { kind: 'discovery', apiRoots: linesAt(json, 'api_roots') }
  if (Array.isArray(memberOf(json, 'collections')))
    return { kind: 'collections', collections: listAt(json, 'collections').flatMap(entry => readCollection(entry) ?? []) }
  if (Array.isArray(memberOf(json, 'objects')) || typeof memberOf(json, 'more') === 'boolean') {
    return { kind: 'envelope', objects: listAt(json, 'objects'), more: memberOf(json, 'more') === true, next: nextOf(json) }
  }
  if (Array.isArray(memberOf(json, 'versions'))) return { kind: 'api-root', versions: linesAt(json, 'versions') }
  if (typeof memberOf(json, 'can_read') === 'boolean') {
    const collection = readCollection(json)
    return collection === undefined ? undefined : { kind: 'collection', collection }
  }
  // §4.1: a server that shows nobody any root leaves the list out.
  if (lineAt(json, 'title') !== undefined && Object.keys(json).every(name => /^(?:title|description|contact|default)$/.test(name)))
    return { kind: 'discovery', apiRoots: linesAt({ roots: [memberOf(json, 'default')] }, 'roots') }
  return Object.keys(json).length === 0 ? { kind: 'empty' } : undefined
}

function readCollection(entry: unknown): TaxiiCollection | undefined {
  const id = lineAt(entry, 'id')
  if (id === undefined) return undefined
  return { id, title: lineAt(entry, 'title') ?? id, alias: lineAt(entry, 'alias') ?? null, canRead: memberOf(entry, 'can_read') === true }
}

/** Some servers write a number. */
function nextOf(json: unknown): string | null {
  const next = memberOf(json, 'next')
  return typeof next === 'number' ? String(next) : typeof next === 'string' && next !== '' ? next : null
}
