import { createHash } from 'node:crypto'
import { z } from 'zod'
import { NotFound } from '../../kernel/errors.ts'
import { isUnchanged } from '../../platform/http/conditional.ts'
import { freshFile, type Reply } from '../../platform/http/reply.ts'
import { route, type Route, type RouteAccess, type RouteRequest } from '../../platform/http/route.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Reader } from '../../platform/work/read.ts'
import { documentFile, folderNames, memberLists, publicFile, versionFrom, type ProviderFile } from './files.ts'
import { listingPage } from './listing.ts'
import { firstVersion, securityText } from './lists.ts'
import { settingsFrom } from './model.ts'
import { publicStamp } from './queries.ts'
import type { Visible } from './tables.ts'

const PUBLIC: RouteAccess = { public: 'TLP:CLEAR is for everybody, and CSAF wants it freely fetched, whatever asks (§7.1.4, §7.1.24)' }
/** The same right as to read bulletins on pages; which of them, row-level security says. */
const MEMBERS: RouteAccess = { permission: 'broadcast.bulletin.view' }
/** A gatherer fetches a document with three files beside it, and many of them at its first visit. */
const REQUESTS_PER_MINUTE = 6_000

/** Documents, hashes and lists are replaced together, so each is asked for anew by whoever keeps it. */
const EVERYBODYS = { cacheControl: 'public, no-cache', headers: {} }
const READERS = { cacheControl: 'private, no-cache', headers: { vary: 'authorization, cookie' } }
/** The names under which the metadata stands at the root (§7.1.10). */
const HOSTS = 'csaf.data.security.'

interface Served {
  readonly path: string
  readonly isPublic: boolean
  readonly rootOf?: string
  find(db: Reader<Visible>, params: Readonly<Record<string, string>>, request: RouteRequest): Promise<ProviderFile | undefined>
}

const Params = z.record(z.string(), z.string().max(300))

function serve({ path, isPublic, find, ...also }: Served): Route {
  return route({
    method: 'GET',
    path,
    access: isPublic ? PUBLIC : MEMBERS,
    params: Params,
    perMinute: REQUESTS_PER_MINUTE,
    isMachine: true,
    // Programs in browsers may read what is public (§7.1.25).
    isForAnyOrigin: isPublic,
    ...also,
    handle: async request => {
      const file = await request.read<Visible, ProviderFile | undefined>(db => find(db, request.params, request))
      if (file === undefined)
        throw new NotFound('interop.csaf.no-file', 'There is no such file, or it is not for you. The folder above lists what there is.')
      return answered(file, isPublic)
    },
  })
}

function answered({ contentType, body, hash }: ProviderFile, isPublic: boolean): Reply {
  const { cacheControl, headers } = isPublic ? EVERYBODYS : READERS
  // By its hash alone: what is dated by its document may be signed or listed anew without another date, and two changes fall into one second.
  return freshFile(contentType, body, { etag: hash ?? hashOf(body), lastModified: null, cacheControl }, headers)
}

const securityTxt = serve({
  path: '/.well-known/security.txt',
  isPublic: true,
  find: async (_db, _params, { platform, now }) => ({
    contentType: 'text/plain; charset=utf-8',
    body: securityText(settingsFrom(platform.config), now),
  }),
})

/** The addresses without a version: the very content of one of the two, never a redirect (§7.1.9, CSAF 2.1 §7.4). */
const unversioned = ['provider-metadata.json', 'service.json'].map(name =>
  serve({
    path: `/.well-known/csaf/${name}`,
    isPublic: true,
    ...(name === 'provider-metadata.json' ? { rootOf: HOSTS } : {}),
    find: (db, _params, request) =>
      publicFile(db, `.well-known/csaf/v${firstVersion(settingsFrom(request.platform.config), request.now)}/${name}`, heldBy(request)),
  }),
)

const home = serve({
  path: '/.well-known/csaf/:version/:name',
  isPublic: true,
  find: (db, { version = '', name = '' }, request) => publicFile(db, `.well-known/csaf/${version}/${name}`, heldBy(request)),
})

/** `csaf`, `csaf/v2.1`, `csaf/openpgp/FINGERPRINT.asc`, `csaf/v2.1/clear/index.txt`, `csaf/v2.1/clear/2026`: a file, or else a folder. */
const publicLevels = ['', '/:root', '/:root/:folder', '/:root/:folder/:name'].map(levels =>
  serve({
    path: `/csaf${levels}`,
    isPublic: true,
    find: async (db, { root = '', folder = '', name = '' }, request) => {
      const path = ['csaf', root, folder, name].filter(part => part !== '').join('/')
      return (await publicFile(db, path, heldBy(request))) ?? publicListing(db, path, request)
    },
  }),
)

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
      const known = /\.(?:json|txt|csv)$/.test(path) ? versionFrom(version) : undefined
      if (known === undefined) return listing(db, path, request)
      const files = await memberLists(db, known, settingsFrom(request.platform.config), request.now)
      return files.find(file => file.path === path)
    },
  }),
)

async function listing(db: Reader<Visible>, folder: string, { platform, now }: RouteRequest): Promise<ProviderFile | undefined> {
  const names = await folderNames(db, settingsFrom(platform.config), now, folder)
  return names === undefined ? undefined : { contentType: 'text/html; charset=utf-8', body: listingPage(platform, folder, names) }
}

interface Listings {
  readonly stamp: string
  readonly pages: Map<string, ProviderFile>
}

/** The public listings as they were last made: of a thousand documents a page takes a while, and anybody may ask for it. */
const listings = new WeakMap<Platform['views'], Listings>()

async function publicListing(db: Reader<Visible>, folder: string, request: RouteRequest): Promise<ProviderFile | undefined> {
  const { views } = request.platform
  const stamp = await publicStamp(db)
  const held = listings.get(views)
  const { pages } = held?.stamp === stamp ? held : { pages: new Map<string, ProviderFile>() }
  if (held?.pages !== pages) listings.set(views, { stamp, pages })
  const page = pages.get(folder) ?? (await listing(db, folder, request))
  if (page === undefined) return undefined
  const hashed = { ...page, hash: page.hash ?? hashOf(page.body) }
  pages.set(folder, hashed)
  return hashed
}

/** Whether who asks has a file of that hash. */
function heldBy(request: RouteRequest): (hash: string) => boolean {
  const asked = { 'if-none-match': request.header('if-none-match') ?? undefined }
  return hash => isUnchanged(asked, { etag: `"${hash}"` })
}

function hashOf(body: string): string {
  return createHash('sha256').update(body, 'utf8').digest('hex')
}

export const csafRoutes: readonly Route[] = [securityTxt, ...unversioned, home, ...publicLevels, publicDocument, ...memberLevels, memberDocument]
