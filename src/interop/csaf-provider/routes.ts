import { createHash } from 'node:crypto'
import { z } from 'zod'
import { CSAF_VERSIONS } from '../../codecs/csaf-writing/advisory.ts'
import { NotFound } from '../../kernel/errors.ts'
import { freshFile, type Reply } from '../../platform/http/reply.ts'
import { route, type Route, type RouteAccess, type RouteRequest } from '../../platform/http/route.ts'
import type { Reader } from '../../platform/work/read.ts'
import { documentFile, documentPaths, memberLists, namesIn, publicFile, versionFrom, type ProviderFile, type Tree } from './files.ts'
import { listingPage } from './listing.ts'
import { firstVersion, securityText } from './lists.ts'
import { settingsFrom } from './model.ts'
import { listedDocuments, publicPaths, publishedKey } from './queries.ts'
import type { Visible } from './tables.ts'

const PUBLIC: RouteAccess = { public: 'TLP:CLEAR is for everybody, and CSAF wants it freely fetched, whatever asks (§7.1.4, §7.1.24)' }
/** The same right as to read bulletins on pages; which of them, row-level security says. */
const MEMBERS: RouteAccess = { permission: 'broadcast.bulletin.view' }
/** A gatherer fetches a document with three files beside it, and many of them at its first visit. */
const REQUESTS_PER_MINUTE = 6_000

/** Documents, hashes and lists are replaced together, so each is asked for anew by whoever keeps it. CSAF wants public files open to programs in browsers (§7.1.25). */
const EVERYBODYS = {
  cacheControl: 'public, no-cache',
  headers: { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' },
}
const READERS = { cacheControl: 'private, no-cache', headers: { vary: 'authorization, cookie' } }

interface Served {
  readonly path: string
  readonly isPublic: boolean
  find(db: Reader<Visible>, params: Readonly<Record<string, string>>, request: RouteRequest): Promise<ProviderFile | undefined>
}

const Params = z.record(z.string(), z.string().max(300))

function serve({ path, isPublic, find }: Served): Route {
  return route({
    method: 'GET',
    path,
    access: isPublic ? PUBLIC : MEMBERS,
    params: Params,
    perMinute: REQUESTS_PER_MINUTE,
    isMachine: true,
    handle: async request => {
      const file = await request.read<Visible, ProviderFile | undefined>(db => find(db, request.params, request))
      if (file === undefined)
        throw new NotFound('interop.csaf.no-file', 'There is no such file, or it is not for you. The folder above lists what there is.')
      return answered(file, isPublic)
    },
  })
}

function answered({ contentType, body, hash, at }: ProviderFile, isPublic: boolean): Reply {
  const { cacheControl, headers } = isPublic ? EVERYBODYS : READERS
  const etag = hash ?? createHash('sha256').update(body, 'utf8').digest('hex')
  return freshFile(contentType, body, { etag, lastModified: at, cacheControl }, headers)
}

const securityTxt = serve({
  path: '/.well-known/security.txt',
  isPublic: true,
  find: async (db, _params, { platform, now }) => ({
    contentType: 'text/plain; charset=utf-8',
    body: securityText(settingsFrom(platform.config), await publishedKey(db), now),
    at: now,
  }),
})

/** The addresses without a version: the very content of one of the two, never a redirect (§7.1.9, CSAF 2.1 §7.4). */
const unversioned = ['provider-metadata.json', 'service.json'].map(name =>
  serve({
    path: `/.well-known/csaf/${name}`,
    isPublic: true,
    find: (db, _params, { platform, now }) => publicFile(db, `.well-known/csaf/v${firstVersion(settingsFrom(platform.config), now)}/${name}`),
  }),
)

const home = serve({
  path: '/.well-known/csaf/:version/:name',
  isPublic: true,
  find: (db, { version = '', name = '' }) => publicFile(db, `.well-known/csaf/${version}/${name}`),
})

const publicTop = serve({
  path: '/csaf',
  isPublic: true,
  find: async (db, _params, request) => listing(request, 'csaf', await pathsFor(db, request, null)),
})

/** `csaf/v2.1`, and `csaf/openpgp`. */
const publicRoot = serve({
  path: '/csaf/:root',
  isPublic: true,
  find: async (db, { root = '' }, request) => listing(request, `csaf/${root}`, await pathsFor(db, request, null)),
})

/** `csaf/v2.1/clear`, and `csaf/openpgp/FINGERPRINT.asc`. */
const publicFolder = serve({
  path: '/csaf/:root/:folder',
  isPublic: true,
  find: async (db, { root = '', folder = '' }, request) =>
    (await publicFile(db, `csaf/${root}/${folder}`)) ?? listing(request, `csaf/${root}/${folder}`, await pathsFor(db, request, null)),
})

/** A list of a folder, or the folder of a year. */
const publicInFolder = serve({
  path: '/csaf/:root/:folder/:name',
  isPublic: true,
  find: async (db, { root = '', folder = '', name = '' }, request) => {
    const path = `csaf/${root}/${folder}/${name}`
    return (await publicFile(db, path)) ?? listing(request, path, await pathsFor(db, request, null))
  },
})

const publicDocument = documentRoute('/csaf/:version/:folder/:year/:name', true)
const memberDocument = documentRoute('/csaf/members/:version/:folder/:year/:name', false)

function documentRoute(path: string, isPublic: boolean): Route {
  return serve({
    path,
    isPublic,
    find: async (db, { version = '', folder = '', year = '', name = '' }) => {
      const known = versionFrom(version)
      return known === undefined ? undefined : documentFile(db, { version: known, isPublic }, folder, year, name)
    },
  })
}

/** The lists and folders of members, each made of what its reader may see. */
const memberLevels = ['', '/:version', '/:version/:folder', '/:version/:folder/:name'].map(levels =>
  serve({
    path: `/csaf/members${levels}`,
    isPublic: false,
    find: async (db, { version = '', folder = '', name = '' }, request) => {
      const path = ['csaf/members', version, folder, name].filter(part => part !== '').join('/')
      const known = versionFrom(version)
      if (known === undefined) return version === '' ? listing(request, path, await pathsFor(db, request, false)) : undefined
      const { files } = await memberLists(db, known, settingsFrom(request.platform.config), request.now)
      return files.find(file => file.path === path) ?? listing(request, path, await pathsFor(db, request, false))
    },
  }),
)

/** Every path of the public trees, or of those of members. */
async function pathsFor(db: Reader<Visible>, request: RouteRequest, ofMembers: false | null): Promise<readonly string[]> {
  const isPublic = ofMembers === null
  const paths: string[] = isPublic ? [...(await publicPaths(db))] : []
  for (const version of CSAF_VERSIONS) {
    const tree: Tree = { version, isPublic }
    if (isPublic) paths.push(...documentPaths(tree, await listedDocuments(db, version, true)))
    else {
      const { documents, files } = await memberLists(db, version, settingsFrom(request.platform.config), request.now)
      paths.push(...files.map(({ path }) => path), ...documentPaths(tree, documents))
    }
  }
  return paths
}

function listing({ platform, now }: RouteRequest, folder: string, paths: readonly string[]): ProviderFile | undefined {
  const names = namesIn(folder, paths)
  return names === undefined ? undefined : { contentType: 'text/html; charset=utf-8', body: listingPage(platform, folder, names), at: now }
}

export const csafRoutes: readonly Route[] = [
  securityTxt,
  ...unversioned,
  home,
  publicTop,
  publicRoot,
  publicFolder,
  publicInFolder,
  publicDocument,
  ...memberLevels,
  memberDocument,
]
