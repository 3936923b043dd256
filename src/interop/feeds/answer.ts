import { createHash } from 'node:crypto'
import { writeAtom, writeRss, type FeedDocument } from '../../codecs/feed/write.ts'
import { NotFound } from '../../kernel/errors.ts'
import { instantFromMillis, type Instant } from '../../kernel/instant.ts'
import { freshFile, type FileReply } from '../../platform/http/reply.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { entryOf, type FeedFormat } from './model.ts'
import { archivesAround, changesOfPage, feedState, newestChanges, type LoggedChange } from './queries.ts'
import type { FeedTables } from './tables.ts'

/** A feed, and who reads it. */
export interface Feed {
  /** Tells it from the others: what is rendered is kept under it. */
  readonly key: string
  readonly id: string
  readonly title: string
  readonly subtitle: string
  /** In whose scope it is read. */
  readonly reader: Actor
  /** Where its documents stand, without what tells one from another. */
  readonly address: string
  /** The page that it is of. */
  readonly home: string
  readonly pageOf: (number: string) => string
  readonly isPublic: boolean
}

interface Rendered {
  readonly body: Buffer
  readonly etag: string
  readonly lastModified: Instant | null
  readonly stamp: number
  readonly madeAt: number
  checkedAt: number
}

/** For so long what was rendered is given without a look at the database: a proxy would keep it longer. */
const UNASKED_MILLIS = 1_000
/** For so long while nothing has changed: what does not announce itself, such as who joined late, is seen then. */
const KEPT_MILLIS = 60_000
const MOST_BYTES = 32_000_000
const TYPES: Readonly<Record<FeedFormat, string>> = { atom: 'application/atom+xml; charset=utf-8', rss: 'application/rss+xml; charset=utf-8' }

/** What this process has rendered, the longest unused first. */
const rendered = new WeakMap<Platform, Map<string, Rendered>>()

/** A document of a feed: the one with the newest entries (`page` is `null`), or a page of its archive. Throws `NotFound` for a page that is not there. */
export async function feedReply(platform: Platform, feed: Feed, format: FeedFormat, page: number | null): Promise<FileReply> {
  const { body, etag, lastModified } = await renderedOf(platform, feed, format, page)
  const kept = page === null ? 60 : 86_400
  return freshFile(
    TYPES[format],
    body,
    { etag, lastModified, cacheControl: `${feed.isPublic ? 'public' : 'private'}, max-age=${kept}` },
    // A page of ours that is opened from a feed must not learn its address, nor may a search engine.
    feed.isPublic ? { 'access-control-allow-origin': '*' } : { 'referrer-policy': 'no-referrer', 'x-robots-tag': 'noindex' },
  )
}

async function renderedOf(platform: Platform, feed: Feed, format: FeedFormat, page: number | null): Promise<Rendered> {
  const held = rendered.get(platform) ?? new Map<string, Rendered>()
  rendered.set(platform, held)
  const key = `${feed.key} ${format} ${page}`
  const known = held.get(key)
  const now = platform.clock.now().getTime()
  if (known !== undefined && now - known.checkedAt < UNASKED_MILLIS) return known
  if (known !== undefined && now - known.madeAt < KEPT_MILLIS) {
    // Who asks meanwhile need not look too.
    known.checkedAt = now
    const { stamp } = await readAs<FeedTables, { stamp: number }>(platform, feed.reader, db => feedState(db))
    if (stamp === known.stamp) return known
  }
  const { document, stamp, lastModified } = await documentOf(platform, feed, format, page)
  const body = Buffer.from(format === 'atom' ? writeAtom(document) : writeRss(document), 'utf8')
  const etag = createHash('sha256').update(body).digest('hex').slice(0, 32)
  const made = { body, etag, lastModified, stamp, madeAt: now, checkedAt: now }
  held.delete(key)
  held.set(key, made)
  shed(held)
  return made
}

function shed(held: Map<string, Rendered>): void {
  let bytes = [...held.values()].reduce((sum, { body }) => sum + body.length, 0)
  for (const [key, { body }] of held) {
    if (bytes <= MOST_BYTES) return
    held.delete(key)
    bytes -= body.length
  }
}

async function documentOf(
  platform: Platform,
  feed: Feed,
  format: FeedFormat,
  page: number | null,
): Promise<{ document: FeedDocument; stamp: number; lastModified: Instant | null }> {
  const { stamp, at, changes, around } = await readAs<FeedTables, Read>(platform, feed.reader, async db => {
    const state = await feedState(db)
    return {
      stamp: state.stamp,
      at: state.at,
      changes: page === null ? await newestChanges(db) : page > state.full ? [] : await changesOfPage(db, page),
      around: await archivesAround(db, page ?? state.full + 1, state.full),
    }
  })
  if (page !== null && changes.length === 0)
    throw new NotFound('interop.feeds.no-archive', 'There is no such archive of this feed. Start from the feed itself.')
  const current = `${feed.address}.${format}`
  const archive = (number: number) => `${feed.address}/archive/${number}.${format}`
  const entries = newestOfEach(changes).map(({ bulletinId, facts }) => entryOf(bulletinId, facts, feed.pageOf))
  const times = entries.map(({ updated }) => updated.getTime())
  return {
    stamp,
    // Not of the newest change: what was let in late, or logged late, is older than what was there.
    lastModified: at,
    document: {
      id: feed.id,
      title: feed.title,
      subtitle: feed.subtitle,
      author: 'CareCERT',
      updated: instantFromMillis(Math.max(0, ...times)) ?? platform.clock.now(),
      self: page === null ? current : archive(page),
      home: feed.home,
      isArchive: page !== null,
      links: {
        ...(page === null ? {} : { current }),
        ...(around.previous === null ? {} : { previousArchive: archive(around.previous) }),
        ...(around.next === null ? {} : { nextArchive: archive(around.next) }),
      },
      entries,
    },
  }
}

interface Read {
  readonly stamp: number
  readonly at: Instant | null
  readonly changes: readonly LoggedChange[]
  readonly around: { readonly previous: number | null; readonly next: number | null }
}

/** One entry for each bulletin (RFC 4287 §4.1.1): its newest in this document. */
function newestOfEach(changes: readonly LoggedChange[]): readonly LoggedChange[] {
  return [...new Map(changes.toReversed().map(change => [change.bulletinId, change])).values()].toSorted((a, b) => b.seq - a.seq)
}
