import type { Instant } from '../../kernel/instant.ts'
import { element, xmlDocument, type XmlPiece } from '../../kernel/xml.ts'

/** A document of a feed: the newest entries of it, or one of its archives (RFC 5005 §4). */
export interface FeedDocument {
  /** An IRI that stays the same for all documents of the feed, and for good (RFC 4287 §4.2.6). */
  readonly id: string
  readonly title: string
  readonly subtitle: string
  readonly author: string
  /** Of the newest entry; of an empty feed, of the feed itself. */
  readonly updated: Instant
  /** Where this document stands, and the page that it is of. */
  readonly self: string
  readonly home: string
  /** Whether this is an archive: its entries are there for good. */
  readonly isArchive: boolean
  /** The archives before and after this document; `current` is the document with the newest entries, named by the others. */
  readonly links: { readonly current?: string; readonly previousArchive?: string; readonly nextArchive?: string }
  /** Newest first. */
  readonly entries: readonly FeedEntry[]
}

export interface FeedEntry {
  /** An IRI that stays the same whatever is changed of the entry. */
  readonly id: string
  readonly title: string
  /** The page that it is of. */
  readonly link: string
  /** Its media type; a web page's when absent. */
  readonly linkType?: string
  readonly published: Instant
  /** Of the newest change that matters (RFC 4287 §4.2.15). */
  readonly updated: Instant
  /** Plain text. */
  readonly summary: string
  /** HTML that is safe to show; `null` where the summary is all. */
  readonly html: string | null
  readonly categories: readonly { readonly scheme: string; readonly term: string; readonly label: string }[]
}

const ATOM = 'http://www.w3.org/2005/Atom'
const HISTORY = 'http://purl.org/syndication/history/1.0'
const CONTENT = 'http://purl.org/rss/1.0/modules/content/'
const LANGUAGE = 'en-GB'

/** Writes Atom (RFC 4287), with the links and the mark of RFC 5005 by which a reader finds all of its archives. */
export function writeAtom(feed: FeedDocument): string {
  const held = [
    element('id', {}, feed.id),
    element('title', {}, feed.title),
    element('subtitle', {}, feed.subtitle),
    element('updated', {}, feed.updated.toISOString()),
    element('author', {}, element('name', {}, feed.author)),
    element('link', { rel: 'alternate', type: 'text/html', href: feed.home }),
    ...linksOf(feed).map(({ rel, href }) => element('link', { rel, type: 'application/atom+xml', href })),
    ...archiveMark(feed),
    ...feed.entries.map(atomEntry),
  ]
  return xmlDocument(element('feed', { xmlns: ATOM, 'xmlns:fh': HISTORY, 'xml:lang': LANGUAGE }, ...held))
}

function atomEntry(entry: FeedEntry): XmlPiece {
  return element(
    'entry',
    {},
    element('id', {}, entry.id),
    element('title', {}, entry.title),
    element('updated', {}, entry.updated.toISOString()),
    element('published', {}, entry.published.toISOString()),
    element('link', { rel: 'alternate', type: entry.linkType ?? 'text/html', href: entry.link }),
    ...entry.categories.map(({ scheme, term, label }) => element('category', { scheme, term, label })),
    element('summary', {}, entry.summary),
    entry.html === null ? null : element('content', { type: 'html' }, entry.html),
  )
}

/** Writes RSS 2.0 (https://www.rssboard.org/rss-specification) with the same entries, and beside them what RSS has no word for, in those of Atom. */
export function writeRss(feed: FeedDocument): string {
  const held = [
    element('title', {}, feed.title),
    element('link', {}, feed.home),
    element('description', {}, feed.subtitle),
    element('language', {}, LANGUAGE.toLowerCase()),
    element('lastBuildDate', {}, feed.updated.toUTCString()),
    ...linksOf(feed).map(({ rel, href }) => element('atom:link', { rel, type: 'application/rss+xml', href })),
    ...archiveMark(feed),
    ...feed.entries.map(rssItem),
  ]
  const namespaces = { 'xmlns:atom': ATOM, 'xmlns:content': CONTENT, 'xmlns:fh': HISTORY }
  return xmlDocument(element('rss', { version: '2.0', ...namespaces }, element('channel', {}, ...held)))
}

function rssItem(entry: FeedEntry): XmlPiece {
  return element(
    'item',
    {},
    element('title', {}, entry.title),
    element('link', {}, entry.link),
    element('guid', { isPermaLink: 'false' }, entry.id),
    element('pubDate', {}, entry.published.toUTCString()),
    element('atom:updated', {}, entry.updated.toISOString()),
    ...entry.categories.map(({ scheme, label }) => element('category', { domain: scheme }, label)),
    element('description', {}, asHtml(entry.summary)),
    entry.html === null ? null : element('content:encoded', {}, entry.html),
  )
}

/** Readers of RSS take a description for HTML (https://www.rssboard.org/rss-profile), so text must say what it says as HTML. */
function asHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function archiveMark({ isArchive }: FeedDocument): readonly XmlPiece[] {
  return isArchive ? [element('fh:archive')] : []
}

function linksOf({ self, links }: FeedDocument): readonly { readonly rel: string; readonly href: string }[] {
  const { current, previousArchive, nextArchive } = links
  return [
    { rel: 'self', href: self },
    ...(current === undefined ? [] : [{ rel: 'current', href: current }]),
    ...(previousArchive === undefined ? [] : [{ rel: 'prev-archive', href: previousArchive }]),
    ...(nextArchive === undefined ? [] : [{ rel: 'next-archive', href: nextArchive }]),
  ]
}
