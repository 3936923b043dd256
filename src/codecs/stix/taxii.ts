import { isRecord, lineAt, linesAt, listAt, memberOf, textAt } from '../../kernel/json.ts'
import { fail, succeed, type Result } from '../../kernel/problem.ts'
import { shorten } from '../../kernel/text.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'

/** The resources of a TAXII 2.1 server (OASIS) by which a reader finds its way to objects. The objects of a page are read by `readStix`. */

export interface TaxiiDiscovery {
  readonly title: string
  /** Addresses of API roots, the default one first. */
  readonly apiRoots: readonly string[]
}

export interface TaxiiCollection {
  readonly id: string
  readonly title: string
  readonly description: string
  readonly canRead: boolean
  /** Whether it gives STIX 2. A collection that does not say is taken to. */
  readonly isStix2: boolean
}

export interface TaxiiPage {
  readonly objects: readonly unknown[]
  /** What to ask for next (`?next=`): `null` when this is the last page, or when there is more and only `added_after` leads on. */
  readonly next: string | null
  readonly hasMore: boolean
}

/** Reads a discovery resource (§4.1). `address` is its own, against which API roots may be relative. Fails with `taxii.not-discovery` and `taxii.error`. */
export function readTaxiiDiscovery(json: unknown, address: string): Result<TaxiiDiscovery> {
  const refusal = errorOf(json)
  if (refusal !== undefined) return refusal
  const roots = [lineAt(json, 'default') ?? '', ...linesAt(json, 'api_roots')]
  const addresses = roots.flatMap(root => (root !== '' && URL.canParse(root, address) ? (parseWebAddress(new URL(root, address).href) ?? []) : []))
  if (addresses.length === 0)
    return refuse('taxii.not-discovery', 'This names no API root, as the discovery of a TAXII 2.1 server does. Check the address.')
  return succeed({ title: lineAt(json, 'title') ?? '', apiRoots: [...new Set(addresses)] })
}

/** Reads a collections resource (§5.1); an API root without collections is sound. Fails with `taxii.not-collections` and `taxii.error`. */
export function readTaxiiCollections(json: unknown): Result<readonly TaxiiCollection[]> {
  const refusal = errorOf(json)
  if (refusal !== undefined) return refusal
  if (!isRecord(json) || (memberOf(json, 'collections') === undefined && Object.keys(json).length > 0))
    return refuse('taxii.not-collections', 'This is no list of TAXII 2.1 collections. Check the address of the API root.')
  const collections = listAt(json, 'collections').flatMap(entry => {
    const id = lineAt(entry, 'id')
    // The id becomes a part of an address.
    if (id === undefined || !/^[\w-]{1,100}$/.test(id)) return []
    const types = linesAt(entry, 'media_types')
    return [
      {
        id,
        title: lineAt(entry, 'title') ?? id,
        description: textAt(entry, 'description') ?? '',
        canRead: memberOf(entry, 'can_read') === true,
        isStix2: types.length === 0 || types.some(type => /^application\/(?:vnd\.oasis\.)?stix\+json(?!.*version=1)/i.test(type)),
      },
    ]
  })
  return succeed(collections)
}

/** Reads an envelope (§3.7), which is an empty object when there is nothing. Fails with `taxii.not-page` and `taxii.error`. */
export function readTaxiiPage(json: unknown): Result<TaxiiPage> {
  const refusal = errorOf(json)
  if (refusal !== undefined) return refusal
  const objects = memberOf(json, 'objects')
  if (!isRecord(json) || (objects !== undefined && !Array.isArray(objects)))
    return refuse('taxii.not-page', 'This is no page of a TAXII 2.1 collection: it has no list of objects.')
  const hasMore = memberOf(json, 'more') === true
  return succeed({ objects: listAt(json, 'objects'), hasMore, next: hasMore ? (lineAt(json, 'next') ?? null) : null })
}

/** An error message (§3.6.1) in place of what was asked for. */
function errorOf(json: unknown): Result<never> | undefined {
  const status = memberOf(json, 'http_status')
  const isError = lineAt(json, 'title') !== undefined && (status !== undefined || memberOf(json, 'error_code') !== undefined)
  const words = shorten([lineAt(json, 'title'), lineAt(json, 'description')].filter(text => text !== undefined).join(': '), 200)
  return isError ? refuse('taxii.error', `The server answers with an error: ${words}.`) : undefined
}

function refuse(rule: string, message: string): Result<never> {
  return fail({ rule, pointer: '', severity: 'error', message })
}
