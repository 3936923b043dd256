import { recognisesStix } from '../../../../../codecs/stix/bundle.ts'
import { readTaxii, type TaxiiCollection, type TaxiiResource } from '../../../../../codecs/taxii/resources.ts'
import { CareCertError, Invalid } from '../../../../../kernel/errors.ts'
import type { Problem } from '../../../../../kernel/problem.ts'
import { shorten } from '../../../../../kernel/text.ts'
import type { Fetched } from '../../../../../platform/fetch/fetch.ts'
import { askFile, askTaxii, jsonOf, remarkOf, statusOf, type Run } from './run.ts'

/** A collection whose objects may be asked for. */
export interface Place {
  /** Of its objects. */
  readonly url: string
  readonly title: string
}

/** Where the address leads: to collections, or to STIX itself. */
export type Found =
  | { readonly kind: 'document'; readonly fetched: Fetched }
  | {
      readonly kind: 'collections'
      readonly places: readonly Place[]
      /** Whether these are all that there are: some root may not have answered. */
      readonly isWhole: boolean
      readonly remarks: readonly Problem[]
    }

const MOST_ROOTS = 50
const MOST_COLLECTIONS = 500

/**
 * Finds the collections from the address of a discovery, an API root, a list of collections, a collection or its objects; a host alone is asked
 * for its discovery. What is STIX itself is a document. Throws in words what is neither.
 */
export async function findCollections(run: Run): Promise<Found> {
  const { fetched, json } = await askRoot(run)
  if (fetched.file !== null) return { kind: 'document', fetched }
  const resource = readTaxii(json)
  if (resource === undefined) {
    if (recognisesStix(json)) return { kind: 'document', fetched }
    throw new Invalid('watch.taxii.not-taxii', 'At this address is JSON, but neither a server of TAXII 2.1 nor STIX. Check the address.')
  }
  return resource.kind === 'discovery'
    ? fromRoots(run, resource.apiRoots, fetched.address)
    : toFound(run, await collectionsFrom(run, resource, fetched.address))
}

async function askRoot(run: Run): Promise<{ readonly fetched: Fetched; readonly json: unknown }> {
  const { url } = run.source
  try {
    return parsed(await askAnything(run, url))
  } catch (error) {
    // A server of files may know of no TAXII, and a host alone has its discovery in a fixed place (TAXII 2.1 §4.1).
    if (statusOf(error) === 406) {
      const fetched = await askFile(run, url).catch(() => {
        throw error
      })
      return parsed(fetched)
    }
    const isHost =
      new URL(url).pathname === '/' && (statusOf(error) === 404 || (error instanceof CareCertError && error.code === 'watch.taxii.web-page'))
    if (!isHost) throw error
    const fetched = await askTaxii(run, new URL('/taxii2/', url).href)
    return { fetched, json: jsonOf(fetched) }
  }
}

/** A large answer that does not say that it is of TAXII is a file, which is read part by part and not here. */
async function askAnything(run: Run, url: string): Promise<Fetched> {
  const fetched = await askTaxii(run, url, { intoFile: true })
  if (fetched.file === null || !/taxii/i.test(fetched.type ?? '')) return fetched
  await fetched.file.discard()
  return askTaxii(run, url)
}

function parsed(fetched: Fetched): { readonly fetched: Fetched; readonly json: unknown } {
  return { fetched, json: fetched.file === null ? jsonOf(fetched) : null }
}

interface Listed {
  readonly places: readonly (Place & TaxiiCollection)[]
  /** Of those that may not be read. */
  readonly closed: readonly TaxiiCollection[]
}

async function fromRoots(run: Run, roots: readonly string[], base: string): Promise<Found> {
  const addresses = [...new Set(roots.flatMap(root => URL.parse(root, base)?.href ?? []))].slice(0, MOST_ROOTS)
  const allowed = addresses.filter(address => run.out.mayAsk(address))
  const remarks: Problem[] = []
  const elsewhere = addresses.filter(address => !allowed.includes(address))
  if (elsewhere.length > 0) {
    const hosts = [...new Set(elsewhere.map(address => URL.parse(address)?.host ?? ''))].join(', ')
    const message = `The server names API roots at ${shorten(hosts, 200)}, where this source may not ask. If that is meant, add the host to the source.`
    remarks.push(remarkOf('watch.taxii.elsewhere', message))
  }
  const listed: Listed[] = []
  const failures: CareCertError[] = []
  for (const address of allowed) {
    try {
      listed.push(await listCollections(run, inFolder(address, 'collections/')))
    } catch (error) {
      if (!(error instanceof CareCertError)) throw error
      failures.push(error)
      remarks.push(remarkOf('watch.taxii.root', `The API root ${address} could not be read: ${error.message}`))
    }
  }
  const [first] = failures
  if (first !== undefined && failures.length === allowed.length) throw first
  return toFound(run, { places: listed.flatMap(one => one.places), closed: listed.flatMap(one => one.closed) }, remarks, failures.length === 0)
}

async function collectionsFrom(run: Run, resource: Exclude<TaxiiResource, { kind: 'discovery' }>, address: string): Promise<Listed> {
  switch (resource.kind) {
    case 'api-root':
      if (resource.versions.length > 0 && !resource.versions.some(version => version.includes('2.1')))
        throw new Invalid('watch.taxii.version', 'This server speaks an older version of TAXII. Ask its owner for an address of TAXII 2.1.')
      return listCollections(run, inFolder(address, 'collections/'))
    case 'collections':
      return sortOut(resource.collections, address)
    case 'collection':
      return sortOut([resource.collection], inFolder(address, '../'))
    case 'envelope':
      return { places: [{ ...placeOf(address), canRead: true }], closed: [] }
    case 'empty':
      return /\/objects\/?$/.test(new URL(address).pathname)
        ? { places: [{ ...placeOf(address), canRead: true }], closed: [] }
        : { places: [], closed: [] }
  }
}

async function listCollections(run: Run, address: string): Promise<Listed> {
  const fetched = await askTaxii(run, address)
  const resource = readTaxii(jsonOf(fetched))
  if (resource?.kind === 'empty') return { places: [], closed: [] }
  if (resource?.kind !== 'collections')
    throw new Invalid('watch.taxii.no-collections', `At ${address} should be the list of collections, and is not. Check the address of the API root.`)
  return sortOut(resource.collections, fetched.address)
}

function sortOut(collections: readonly TaxiiCollection[], listAddress: string): Listed {
  const readable = collections.filter(collection => collection.canRead)
  return {
    places: readable.map(collection => ({ ...collection, url: inFolder(listAddress, `${encodeURIComponent(collection.id)}/objects/`) })),
    closed: collections.filter(collection => !collection.canRead),
  }
}

/** The address of objects alone says nothing of their collection. */
function placeOf(address: string) {
  const url = new URL(address)
  for (const name of ['added_after', 'next', 'limit']) url.searchParams.delete(name)
  const id = decodeURIComponent(url.pathname.split('/').at(-3) ?? '')
  return { url: url.href, id, title: id, alias: null }
}

function inFolder(address: string, path: string): string {
  const url = new URL(address)
  url.search = ''
  if (!url.pathname.endsWith('/')) url.pathname += '/'
  return new URL(path, url).href
}

function toFound(run: Run, { places, closed }: Listed, known: readonly Problem[] = [], isWhole = true): Found {
  const remarks = [...known]
  const wanted = run.settings.collections.map(name => name.trim().toLowerCase())
  const isNamed = (collection: TaxiiCollection) =>
    [collection.id, collection.alias ?? '', collection.title].some(name => name !== '' && wanted.includes(name.toLowerCase()))
  const chosen = wanted.length === 0 ? places : places.filter(isNamed)
  const missing = wanted.filter(
    name => ![...places, ...closed].some(({ id, alias, title }) => [id, alias, title].some(one => one?.toLowerCase() === name)),
  )
  if (missing.length > 0)
    remarks.push(remarkOf('watch.taxii.unknown-collection', `The server has no collection ${shorten(missing.join(', '), 200)}.`))
  const shut = closed.filter(isNamed)
  if (shut.length > 0)
    remarks.push(remarkOf('watch.taxii.closed', `The server does not let us read ${shorten(shut.map(({ title }) => title).join(', '), 200)}.`))
  if (chosen.length === 0) {
    const names = places.map(({ title, id }) => (title === id ? id : `${title} (${id})`)).join(', ')
    const which = names === '' ? 'It lets us read none.' : `It has: ${shorten(names, 500)}.`
    throw new Invalid('watch.taxii.no-collection', `There is no collection to gather on this server. ${which}`)
  }
  if (chosen.length > MOST_COLLECTIONS)
    remarks.push(
      remarkOf('watch.taxii.many', `The server has ${chosen.length} collections. The first ${MOST_COLLECTIONS} are gathered: choose some.`),
    )
  return { kind: 'collections', isWhole, places: chosen.slice(0, MOST_COLLECTIONS).map(({ url, title }) => ({ url, title })), remarks }
}
