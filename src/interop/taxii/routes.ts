import { z } from 'zod'
import { mayTellSightings } from '../../domains/watch/contract.ts'
import { NotFound } from '../../kernel/errors.ts'
import type { Reply } from '../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../platform/http/route.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { envelope, manifest, taxii, taxiiError, taxiiFailure, versions } from './answer.ts'
import { filterOf, ListQuery, ObjectQuery, VersionsQuery } from './filter.ts'
import { accepts } from './media-type.ts'
import { collectionResource, LARGEST_BYTES, ROOT, STIX, TAXII, type Collection } from './model.ts'
import { collectionCalled, collections, hasObject, manifestPage, objectsPage, type FoundPage } from './queries.ts'
import type { Visible } from './tables.ts'

/** The same right as to read bulletins on pages; which of them, row-level security says. */
const READ = { permission: 'broadcast.bulletin.view' }
const InCollection = z.object({ collection: z.string().max(100) })
const OfObject = InCollection.extend({ object: z.string().max(300) })

interface TaxiiRoute<P extends z.ZodType, Q extends z.ZodType> {
  readonly path: string
  readonly params?: P
  readonly query?: Q
  answer(request: RouteRequest<z.infer<P>, z.infer<Q>>): Promise<Reply>
}

/** A GET of the server: who asks must take TAXII 2.1 for an answer (§1.6.8). */
function get<P extends z.ZodType, Q extends z.ZodType>(definition: TaxiiRoute<P, Q>): Route {
  return route({
    method: 'GET',
    path: definition.path,
    access: READ,
    failure: taxiiFailure,
    ...(definition.params === undefined ? {} : { params: definition.params }),
    ...(definition.query === undefined ? {} : { query: definition.query }),
    handle: async (request: RouteRequest<z.infer<P>, z.infer<Q>>) =>
      accepts(request.header('accept')) ? definition.answer(request) : taxiiError(406, 'Not acceptable', `This server answers in ${TAXII}.`),
  })
}

const discovery = get({
  path: '/taxii2/',
  answer: async ({ platform }) => {
    const root = `${platform.config.baseUrl}${ROOT}`
    return taxii({
      title: 'CareCERT',
      description: 'What the cyber centre has published, as far as you may read it.',
      default: root,
      api_roots: [root],
    })
  },
})

const root = get({
  path: ROOT,
  answer: async () =>
    taxii({
      title: 'Bulletins of the cyber centre',
      description: 'A collection for each TLP 2.0 label and sharing group. What is TLP:RED is in none.',
      versions: [TAXII],
      max_content_length: LARGEST_BYTES,
    }),
})

const list = get({
  path: `${ROOT}collections/`,
  answer: async request => {
    const { found, mayWrite } = await request.read<Visible, { found: readonly Collection[]; mayWrite: boolean }>(async db => ({
      found: await collections(db),
      mayWrite: await mayTellSightings(db, request.actor),
    }))
    return taxii(found.length === 0 ? {} : { collections: found.map(one => collectionResource(one, mayWrite)) })
  },
})

const one = get({
  path: `${ROOT}collections/:collection/`,
  params: InCollection,
  answer: async request => {
    const { found, mayWrite } = await request.read<Visible, { found: Collection; mayWrite: boolean }>(async db => ({
      found: await collectionIn(db, request.params.collection),
      mayWrite: await mayTellSightings(db, request.actor),
    }))
    return taxii(collectionResource(found, mayWrite))
  },
})

const objects = get({
  path: `${ROOT}collections/:collection/objects/`,
  params: InCollection,
  query: ListQuery,
  answer: request => inCollection(request, (db, { id }) => objectsPage(db, id, filterOf(request.query)), envelope),
})

const manifestOf = get({
  path: `${ROOT}collections/:collection/manifest/`,
  params: InCollection,
  query: ListQuery,
  answer: request =>
    inCollection(
      request,
      (db, { id }) => manifestPage(db, id, filterOf(request.query)),
      page => manifest(page, STIX),
    ),
})

const object = get({
  path: `${ROOT}collections/:collection/objects/:object/`,
  params: OfObject,
  query: ObjectQuery,
  answer: request =>
    inCollection(
      request,
      async (db, { id }) => {
        await assertObject(db, id, request.params.object)
        return objectsPage(db, id, filterOf(request.query, request.params.object))
      },
      envelope,
    ),
})

const versionsOf = get({
  path: `${ROOT}collections/:collection/objects/:object/versions/`,
  params: OfObject,
  query: VersionsQuery,
  answer: request =>
    inCollection(
      request,
      async (db, { id }) => {
        await assertObject(db, id, request.params.object)
        return manifestPage(db, id, { ...filterOf(request.query, request.params.object), versions: ['all'] })
      },
      versions,
    ),
})

export const readingRoutes: readonly Route[] = [discovery, root, list, one, objects, manifestOf, object, versionsOf]

async function inCollection<T>(
  request: RouteRequest<{ readonly collection: string }>,
  read: (db: Reader<Visible>, collection: Collection) => Promise<FoundPage<T>>,
  answer: (page: FoundPage<T>) => Reply,
): Promise<Reply> {
  const { platform, actor, params } = request
  const page = await readAs<Visible, FoundPage<T>>(platform, actor, async db => read(db, await collectionIn(db, params.collection)), {
    // A place in an index and so many rows from it, whoever asks: planning took a third of the answer.
    isPrepared: true,
  })
  return answer(page)
}

/** The collection of that id or alias. Throws `NotFound` when there is none, or it is hidden: the two look the same. */
async function collectionIn(db: Reader<Visible>, called: string): Promise<Collection> {
  const found = await collectionCalled(db, called)
  if (found === undefined) throw new NotFound('interop.taxii.no-collection', 'There is no such collection. The list of collections shows yours.')
  return found
}

async function assertObject(db: Reader<Visible>, collectionId: string, objectId: string): Promise<void> {
  if (!(await hasObject(db, collectionId, objectId)))
    throw new NotFound('interop.taxii.no-object', 'There is no such object in this collection, or you may not read it.')
}
