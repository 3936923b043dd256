import { z } from 'zod'
import { NotFound } from '../../kernel/errors.ts'
import { addHours } from '../../kernel/instant.ts'
import { hashToken } from '../../platform/auth/tokens.ts'
import type { Reply } from '../../platform/http/reply.ts'
import { route, type Route } from '../../platform/http/route.ts'
import type { Platform } from '../../platform/platform.ts'
import { ANONYMOUS, SYSTEM, type Actor } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { feedReply, type Feed } from './answer.ts'
import { noteUse } from './commands.ts'
import { FEED_FORMATS, urnOf, type FeedFormat } from './model.ts'
import { addressByToken, type LiveAddress } from './queries.ts'
import type { FeedTables } from './tables.ts'

const ANYBODY = { public: 'What is labelled TLP:CLEAR may go to everybody (FIRST TLP 2.0), by feed too.' }
const HOLDER = { public: 'The token in the address proves the right to it: feed readers have no session. It gives TLP:GREEN at most.' }
const PUBLIC_FEED = '/feeds/bulletins'
const TOKEN_FEED = '/feeds/organisations/:token/bulletins'
/** A program that asks every second is at fault. */
const ASKS_A_MINUTE = 120
const USE_NOTED_EVERY_HOURS = 1

const ofArchive = z.object({ file: z.string().regex(/^[1-9]\d{0,6}\.(?:atom|rss)$/) })
const ofToken = z.object({ token: z.string().regex(/^[\w-]{43}$/) })

/** The public feed: what anybody may read, whoever asks. */
function publicFeed({ config }: Platform): Feed {
  const address = `${config.baseUrl}${PUBLIC_FEED}`
  return {
    key: 'public',
    id: `${address}.atom`,
    title: 'CareCERT public bulletins',
    subtitle: 'What the cyber centre tells everybody. TLP:CLEAR.',
    reader: ANONYMOUS,
    address,
    home: `${config.baseUrl}/public`,
    pageOf: number => `${config.baseUrl}/public/${number}`,
    isPublic: true,
  }
}

/** The feed of an organisation by one of its addresses: what was sent to it, as it would find it after signing in, up to GREEN. */
function organisationFeed({ config }: Platform, { id, organisationId }: LiveAddress, token: string): Feed {
  const reader: Actor = { ...ANONYMOUS, id, organisationId, scope: { kind: 'organisation', organisationId } }
  return {
    key: id,
    id: urnOf(id),
    title: 'CareCERT bulletins for your organisation',
    subtitle:
      'What was sent to you, up to TLP:GREEN. Above it an entry says only that there is something: sign in to read it. Do not pass this address on.',
    reader,
    address: `${config.baseUrl}/feeds/organisations/${token}/bulletins`,
    home: `${config.baseUrl}/bulletins`,
    pageOf: number => `${config.baseUrl}/bulletins/${number}`,
    isPublic: false,
  }
}

async function byToken(platform: Platform, token: string, format: FeedFormat, page: number | null): Promise<Reply> {
  const now = platform.clock.now()
  const address = await readAs<FeedTables, LiveAddress | undefined>(platform, SYSTEM, db => addressByToken(db, hashToken(token), now))
  if (address === undefined)
    throw new NotFound('interop.feeds.no-address', 'This feed address has ended, or there never was one. Make another at CareCERT.')
  if (address.lastUsedAt === null || addHours(address.lastUsedAt, USE_NOTED_EVERY_HOURS) < now)
    await runWork<FeedTables, void>(platform, SYSTEM, work => noteUse(work, address.id))
  return feedReply(platform, organisationFeed(platform, address, token), format, page)
}

/** The page and the format of an archive's file, which `ofArchive` has checked. */
function archiveFrom(file: string): { readonly page: number; readonly format: FeedFormat } {
  return { page: Number.parseInt(file, 10), format: file.endsWith('.rss') ? 'rss' : 'atom' }
}

const newest = FEED_FORMATS.flatMap(format => [
  route({
    method: 'GET',
    path: `${PUBLIC_FEED}.${format}`,
    access: ANYBODY,
    handle: ({ platform }) => feedReply(platform, publicFeed(platform), format, null),
  }),
  route({
    method: 'GET',
    path: `${TOKEN_FEED}.${format}`,
    access: HOLDER,
    params: ofToken,
    perMinute: ASKS_A_MINUTE,
    handle: ({ platform, params }) => byToken(platform, params.token, format, null),
  }),
])

const publicArchive = route({
  method: 'GET',
  path: `${PUBLIC_FEED}/archive/:file`,
  access: ANYBODY,
  params: ofArchive,
  handle({ platform, params }) {
    const { page, format } = archiveFrom(params.file)
    return feedReply(platform, publicFeed(platform), format, page)
  },
})

const tokenArchive = route({
  method: 'GET',
  path: `${TOKEN_FEED}/archive/:file`,
  access: HOLDER,
  params: ofToken.extend(ofArchive.shape),
  perMinute: ASKS_A_MINUTE,
  handle({ platform, params }) {
    const { page, format } = archiveFrom(params.file)
    return byToken(platform, params.token, format, page)
  },
})

export const feedRoutes: readonly Route[] = [...newest, publicArchive, tokenArchive]
