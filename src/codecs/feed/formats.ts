import { parseAtomFeed, parseJsonFeed, parseRdfFeed, parseRssFeed, type AtomFeed, type DcNs, type DcTermsNs, type RssFeed } from 'feedsmith'
import type { FeedText, RawEntry } from './entry.ts'

/** A feed of whatever format, before anything of it is made safe. */
export interface RawFeed {
  readonly format: 'RSS' | 'Atom' | 'RDF' | 'JSON Feed'
  readonly title: FeedText
  /** Addresses of the feed itself, then of the site that it belongs to: where relative links are meant to start. */
  readonly self: string | undefined
  readonly home: string | undefined
  readonly base: string | undefined
  readonly dates: readonly string[]
  readonly entries: readonly RawEntry[]
}

/** RSS 0.9x to 2.0. Throws what feedsmith throws. */
export function readRss(text: string): RawFeed {
  const feed = parseRssFeed(text)
  return {
    format: 'RSS',
    title: unknown(feed.title),
    self: selfOf(feed.atom?.links),
    home: feed.link ?? homeOf(feed.atom?.links),
    base: feed.xml?.base,
    dates: given(feed.lastBuildDate, feed.pubDate, ...(feed.dc?.dates ?? []), feed.atom?.updated),
    entries: (feed.items ?? []).map(item => ({
      id: item.guid?.value ?? item.atom?.id ?? '',
      title: unknown(item.title ?? item.dc?.titles?.[0] ?? item.media?.title?.value),
      summary: unknown(item.description ?? item.dc?.descriptions?.[0] ?? item.itunes?.summary ?? item.atom?.summary?.value),
      content: html(item.content?.encoded ?? item.atom?.content?.value),
      links: given(item.link, ...alternates(item.atom?.links), permalinkOf(item.guid)),
      related: given(...(item.enclosures ?? []).map(enclosure => enclosure.url), item.source?.url, item.comments),
      published: given(
        item.pubDate,
        item.atom?.published,
        ...(item.dcterms?.issued ?? []),
        ...(item.dcterms?.created ?? []),
        ...(item.dc?.dates ?? []),
      ),
      updated: given(item.atom?.updated, ...(item.dcterms?.modified ?? [])),
      authors: given(...(item.authors ?? []).map(author => author.name ?? author.email), ...(item.dc?.creators ?? [])),
      categories: given(...(item.categories ?? []).map(category => category.name), ...(item.dc?.subjects ?? [])),
      base: item.xml?.base,
      textBase: undefined,
    })),
  }
}

/** RSS 0.90 and 1.0, which are RDF. Throws what feedsmith throws. */
export function readRdf(text: string): RawFeed {
  const feed = parseRdfFeed(text)
  return {
    format: 'RDF',
    title: unknown(feed.title),
    self: feed.rdf?.about ?? selfOf(feed.atom?.links),
    home: feed.link,
    base: feed.xml?.base,
    dates: datesOf(feed.dc, feed.dcterms).updated,
    entries: (feed.items ?? []).map(item => ({
      id: item.rdf?.about ?? '',
      title: unknown(item.title ?? item.dc?.titles?.[0]),
      summary: unknown(item.description ?? item.dc?.descriptions?.[0]),
      content: html(item.content?.encoded),
      links: given(item.link, ...alternates(item.atom?.links), item.rdf?.about),
      related: [],
      published: datesOf(item.dc, item.dcterms).published,
      updated: given(...(item.dcterms?.modified ?? [])),
      authors: given(...(item.dc?.creators ?? [])),
      categories: given(...(item.dc?.subjects ?? [])),
      base: item.xml?.base,
      textBase: undefined,
    })),
  }
}

/** Atom 0.3 and 1.0. Throws what feedsmith throws. */
export function readAtom(text: string): RawFeed {
  const feed = parseAtomFeed(text)
  return {
    format: 'Atom',
    title: typed(feed.title),
    self: selfOf(feed.links),
    home: homeOf(feed.links),
    base: feed.xml?.base,
    dates: given(feed.updated),
    entries: (feed.entries ?? []).map(entry => ({
      id: entry.id ?? '',
      title: typed(entry.title),
      summary: typed(entry.summary ?? mediaDescription(entry)),
      content: typed(entry.content?.src === undefined ? entry.content : undefined),
      links: given(...alternates(entry.links), entry.links?.some(isAlternate) === true ? undefined : webIdOf(entry.id)),
      related: given(
        ...(entry.links ?? []).filter(link => /^(?:enclosure|related|via)$/.test(link.rel ?? '')).map(link => link.href),
        entry.content?.src,
      ),
      published: given(entry.published, ...(entry.dcterms?.issued ?? []), ...(entry.dc?.dates ?? [])),
      updated: given(entry.updated, ...(entry.dcterms?.modified ?? [])),
      authors: given(...(entry.authors ?? []).map(author => author.name ?? author.email), ...(entry.dc?.creators ?? [])),
      categories: given(...(entry.categories ?? []).map(category => category.label ?? category.term), ...(entry.dc?.subjects ?? [])),
      base: entry.xml?.base,
      textBase: entry.content?.xml?.base ?? entry.summary?.xml?.base,
    })),
  }
}

/** JSON Feed 1.0 and 1.1, from parsed JSON. Throws what feedsmith throws. */
export function readJson(json: unknown): RawFeed {
  const feed = parseJsonFeed(json)
  return {
    format: 'JSON Feed',
    title: { value: feed.title ?? '', kind: 'plain' },
    self: feed.feed_url,
    home: feed.home_page_url,
    base: undefined,
    dates: [],
    entries: (feed.items ?? []).map(item => ({
      id: item.id ?? '',
      title: { value: item.title ?? '', kind: 'plain' },
      summary: { value: item.summary ?? '', kind: 'plain' },
      content: item.content_html === undefined ? { value: item.content_text ?? '', kind: 'plain' } : html(item.content_html),
      links: given(item.url, webIdOf(item.id), item.external_url),
      related: given(item.external_url, ...(item.attachments ?? []).map(attachment => attachment.url)),
      published: given(item.date_published),
      updated: given(item.date_modified),
      authors: given(...(item.authors ?? []).map(author => author.name)),
      categories: item.tags ?? [],
      base: undefined,
      textBase: undefined,
    })),
  }
}

function given(...texts: readonly (string | undefined)[]): readonly string[] {
  return texts.filter(text => text !== undefined)
}

function unknown(value: string | undefined): FeedText {
  return { value: value ?? '', kind: 'unknown' }
}

function html(value: string | undefined): FeedText {
  return { value: value ?? '', kind: 'html' }
}

/** Atom 1.0 says `text`, `html` or `xhtml` (RFC 4287 §3.1); Atom 0.3 a media type, beside which a title may be escaped HTML all the same. */
function typed(text: { readonly value?: string; readonly type?: string } | undefined): FeedText {
  const type = text?.type?.toLowerCase() ?? ''
  return { value: text?.value ?? '', kind: type.includes('html') ? 'html' : type === 'text' || type === 'text/plain' ? 'plain' : 'unknown' }
}

function mediaDescription(entry: AtomFeed.Entry<string>): AtomFeed.Text | undefined {
  const value = entry.media?.groups?.[0]?.description?.value ?? entry.media?.description?.value
  return value === undefined ? undefined : { value }
}

interface Link {
  readonly href?: string | undefined
  readonly rel?: string | undefined
  readonly type?: string | undefined
}

function isAlternate(link: Link): boolean {
  return link.rel === undefined || link.rel === 'alternate'
}

/** A page for people before other forms of the same thing. */
function alternates(links: readonly Link[] | undefined): readonly (string | undefined)[] {
  const found = (links ?? []).filter(isAlternate)
  const isPage = (link: Link) => link.type === undefined || /html/.test(link.type)
  return [...found.filter(isPage), ...found.filter(link => !isPage(link))].map(link => link.href)
}

function homeOf(links: readonly Link[] | undefined): string | undefined {
  return alternates(links)[0]
}

function selfOf(links: readonly Link[] | undefined): string | undefined {
  return links?.find(link => link.rel === 'self')?.href
}

/** RSS 2.0: a guid is an address unless it says that it is not. */
function permalinkOf(guid: RssFeed.Guid | undefined): string | undefined {
  return guid?.isPermaLink === false ? undefined : webIdOf(guid?.value)
}

function webIdOf(id: string | undefined): string | undefined {
  return id !== undefined && /^https?:/i.test(id) ? id : undefined
}

function datesOf(
  dc: DcNs.ItemOrFeed<string> | undefined,
  terms: DcTermsNs.ItemOrFeed<string> | undefined,
): { readonly published: readonly string[]; readonly updated: readonly string[] } {
  const dates = dc?.dates ?? []
  return { published: [...(terms?.issued ?? []), ...(terms?.created ?? []), ...dates], updated: [...(terms?.modified ?? []), ...dates] }
}
