import type { IntelligenceBatch, IntelligenceItem, RejectedItem } from '../../kernel/intelligence.ts'
import { memberOf, pointerTo } from '../../kernel/json.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { cleanLine, cleanText, shorten } from '../../kernel/text.ts'
import { parseFeedDate } from './dates.ts'
import { readEntry, type RawEntry } from './entry.ts'
import { readAtom, readJson, readRdf, readRss, type RawFeed } from './formats.ts'
import { joinBases, looksLikeHtml, readHtml } from './html.ts'
import { withSecurityData } from './jvn.ts'
import { checkXml, rootOf } from './xml.ts'

/**
 * News feeds: RSS 0.9x to 2.0, Atom 0.3 and 1.0, RDF (RSS 0.90 and 1.0) and JSON Feed. An entry is an item. Its texts become plain text and its
 * links absolute addresses of the web, so nothing of a feed can run, load or lead elsewhere.
 *
 * Not read, because hardly anybody ever wrote them: texts of Atom 0.3 in base64 (they stay as they are), `<xhtml:body>` in RSS, and the
 * Channel Definition Format (refused).
 */

const READERS: Readonly<Record<string, (text: string) => RawFeed>> = { rss: readRss, rdf: readRdf, feed: readAtom }

/** Whether text is a feed in XML, by its first element. */
export function recognisesFeed(text: string): boolean {
  const root = rootOf(text)
  return root !== undefined && (Object.hasOwn(READERS, root) || (root === 'channel' && /<item[\s>]/i.test(text.slice(0, 100_000))))
}

/** Whether parsed JSON is a JSON Feed, of whatever version. */
export function recognisesJsonFeed(json: unknown): boolean {
  const version = memberOf(json, 'version')
  return typeof version === 'string' && /^https?:\/\/(?:www\.)?jsonfeed\.org\/version\//i.test(version.trim())
}

/**
 * Reads a feed in XML, already decoded. `address` is where it was fetched, against which relative links are meant; without it they are resolved
 * against what the feed says of itself. A feed without entries is sound and gives none.
 * Fails with `feed.not-feed`, `feed.web-page`, `feed.cdf`, `feed.malformed` and the rules of `checkXml`; warns with `feed.address` and `feed.nothing`.
 */
export function parseFeed(text: string, address: string | null = null): Result<IntelligenceBatch> {
  if (isWebPage(text))
    return refuse('feed.web-page', 'This is a web page, where a feed or an advisory was expected. Look on it for the address of the feed itself.')
  const xml = checkXml(text)
  if (!xml.ok) return xml
  const { root, bases } = xml.value
  if (root === 'channel') {
    return refuse('feed.cdf', 'This is a channel of the Channel Definition Format of 1997, which is not read. Ask its publisher for RSS or Atom.')
  }
  const read = Object.hasOwn(READERS, root) ? READERS[root] : undefined
  if (read === undefined)
    return refuse('feed.not-feed', `This is XML, but no feed: it begins with <${shorten(root, 40)}>, where RSS, Atom and RDF are read.`)
  const problems: Problem[] = []
  let feed: RawFeed
  try {
    feed = read(xml.value.text)
  } catch (error) {
    // Where a sound feed holds nothing, the library does not know it for one, or finds nothing in it, and throws.
    const hasEntries = /<(?:[\w-]+:)?(?:item|entry)[\s>]/i.test(xml.value.text)
    const isSound = error instanceof Error && (error.name === 'ParseError' || (error.name === 'DetectError' && !hasEntries))
    if (!isSound)
      return refuse('feed.malformed', `This begins as a feed, but is damaged further on${causeOf(error)}. Fetch it again, or tell its publisher.`)
    if (hasEntries)
      problems.push({ rule: 'feed.nothing', pointer: '', severity: 'warning', message: 'The feed holds entries, but nothing of them can be read.' })
    feed = emptyFeed(root)
  }
  return toBatch(feed, withSecurityData(xml.value.text), [address, ...(bases.length > 0 ? bases : [feed.base])], problems)
}

/** HTML is seldom sound XML, so it must be known before it is read as such. Some feeds begin with its document type all the same. */
function isWebPage(text: string): boolean {
  return !Object.hasOwn(READERS, rootOf(text) ?? '') && /<!doctype html|<html[\s>]/i.test(text.slice(0, 2_000))
}

/** Reads parsed JSON as a JSON Feed. Fails with `feed.not-feed`. */
export function readJsonFeed(json: unknown, address: string | null = null): Result<IntelligenceBatch> {
  if (!recognisesJsonFeed(json)) return refuse('feed.not-feed', 'This is JSON, but not a JSON Feed: it does not name its version as one does.')
  try {
    return toBatch(readJson(json), undefined, [address], [])
  } catch {
    return refuse('feed.malformed', 'This names itself a JSON Feed, but has neither a title nor items that can be read.')
  }
}

function emptyFeed(root: string): RawFeed {
  const format = root === 'rss' ? 'RSS' : root === 'rdf' ? 'RDF' : 'Atom'
  return { format, title: { value: '', kind: 'plain' }, self: undefined, home: undefined, base: undefined, dates: [], entries: [] }
}

type Improve = (entry: RawEntry, item: IntelligenceItem) => IntelligenceItem

function toBatch(
  feed: RawFeed,
  improve: Improve | undefined,
  bases: readonly (string | null | undefined)[],
  known: readonly Problem[],
): Result<IntelligenceBatch> {
  const ownAddress = joinBases([bases[0], feed.home, feed.self])
  const base = joinBases([ownAddress, ...bases])
  const home = joinBases([base, feed.home])
  const title = titleOf(feed)
  const items: IntelligenceItem[] = []
  const rejected: RejectedItem[] = []
  const seen = new Set<string>()
  for (const [index, entry] of feed.entries.entries()) {
    const read = readEntry(entry, feed.format, base)
    const item = 'reason' in read || improve === undefined ? read : improve(entry, read)
    const isRepeated = !('reason' in item) && seen.has(item.externalId)
    if ('reason' in item || isRepeated) {
      rejected.push({
        position: pointerTo('entries', index),
        externalId: isRepeated && !('reason' in item) ? item.externalId : null,
        reason: 'reason' in item ? item.reason : `"${shorten(item.externalId, 80)}" stands twice in this feed: the first was kept.`,
        excerpt: shorten(cleanText(JSON.stringify(entry)), 2_000),
      })
      continue
    }
    seen.add(item.externalId)
    items.push(item)
  }
  const problems: readonly Problem[] =
    base === null && items.some(item => item.url === null) && feed.entries.some(entry => entry.links.length > 0)
      ? [...known, { rule: 'feed.address', pointer: '', severity: 'warning', message: RELATIVE }]
      : known
  return succeed(
    {
      format: 'feed',
      complete: false,
      label: `${feed.format === 'JSON Feed' ? 'JSON Feed' : `${feed.format} feed`}${title === '' ? '' : ` "${shorten(title, 80)}"`}`,
      released: feed.dates.map(parseFeedDate).find(date => date !== undefined) ?? null,
      publisher: title === '' && home === null ? null : { name: title === '' ? new URL(home ?? '').hostname : title, namespace: home },
      items,
      rejected,
    },
    problems,
  )
}

const RELATIVE = 'The feed has relative links and does not say where it stands, so they were left out. Gather it from its address.'

function titleOf(feed: RawFeed): string {
  const { value, kind } = feed.title
  return cleanLine(kind === 'html' || (kind === 'unknown' && looksLikeHtml(value)) ? readHtml(value).text : value)
}

/** The library gives its own name to every fault; what the parser under it said is in the cause. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? cleanLine(error.cause.message).replace(/\.$/, '') : ''
  return cause === '' ? '' : ` (the parser says: ${shorten(cause, 100)})`
}

function refuse(rule: string, message: string): Result<never> {
  return fail({ rule, pointer: '', severity: 'error', message })
}
