import type { Instant } from '../../kernel/instant.ts'
import type { IntelligenceItem } from '../../kernel/intelligence.ts'
import type { Problem } from '../../kernel/problem.ts'
import { cleanLine, cleanText, shorten } from '../../kernel/text.ts'
import { parseFeedDate } from './dates.ts'
import { joinBases, looksLikeHtml, readHtml, resolveLink } from './html.ts'

/** A text of a feed and what it is written in. `unknown` where the format does not say, as in RSS. */
export interface FeedText {
  readonly value: string
  readonly kind: 'plain' | 'html' | 'unknown'
}

/** One entry of a feed of whatever format, before anything of it is made safe. Texts that are not there are blank. */
export interface RawEntry {
  /** `guid`, `id` or `rdf:about`. */
  readonly id: string
  readonly title: FeedText
  readonly summary: FeedText
  readonly content: FeedText
  /** Where a person can read it, best first. */
  readonly links: readonly string[]
  /** Further addresses that it names: enclosures, `external_url`, related links. */
  readonly related: readonly string[]
  readonly published: readonly string[]
  readonly updated: readonly string[]
  readonly authors: readonly string[]
  readonly categories: readonly string[]
  /** The base for its links, inside that of the feed; and that of its text, inside both. */
  readonly base: string | undefined
  readonly textBase: string | undefined
}

const CVE = /\bCVE[-‐‑–]\d{4}[-‐‑–]\d{4,19}\b/giu
const MOST_REFERENCES = 60
const LONGEST_CONTENT = 50_000

/**
 * Makes an item of an entry, or says why not. Its members of `details`: `feed` (RSS, Atom, RDF or JSON Feed), `authors` and
 * `content` (the whole text, plain; empty when it says no more than the summary). HTML becomes plain text; links that do not lead to the web
 * are left out. Faults: `feed.date`, `feed.link`, `feed.title`.
 */
export function readEntry(entry: RawEntry, feed: string, base: string | null): IntelligenceItem | { readonly reason: string } {
  const faults: Problem[] = []
  const complain = (rule: string, message: string) => faults.push({ rule, pointer: '', severity: 'warning', message })
  const title = wordsOf(entry.title)
  const summary = wordsOf(entry.summary)
  const content = wordsOf(entry.content)
  const whole = content.text === '' ? summary.text : content.text
  const ownBase = joinBases([base, entry.base])
  const url = firstLink(entry, ownBase)
  if (url === null && entry.links.length > 0)
    complain('feed.link', `Its link ("${shown(entry.links[0])}") does not lead to the web, so it was left out.`)
  const dates = { published: readDates(entry.published), updated: readDates(entry.updated) }
  for (const { unread } of Object.values(dates)) if (unread !== undefined) complain('feed.date', `The date "${shown(unread)}" cannot be read.`)
  const name = cleanLine(title.text) || shorten(cleanLine(whole), 120) || url || cleanLine(entry.id)
  if (name === '') return { reason: 'This entry has no title, no text, no link and no id, so there is nothing to read in it.' }
  if (cleanLine(title.text) === '') complain('feed.title', 'It has no title. The start of its text, its link or its id stands for it.')

  const links = [title, summary, content].flatMap(({ links: hrefs, base: own }) =>
    hrefs.map(href => resolveLink(href, joinBases([ownBase, entry.textBase, own]))),
  )
  const related = entry.related.map(href => resolveLink(href, ownBase))
  return {
    externalId: identityOf(entry, url, name, whole),
    title: shorten(name, 500),
    summary: summary.text === '' ? shorten(whole, 2_000) : shorten(summary.text, LONGEST_CONTENT),
    url,
    published: dates.published.at ?? null,
    updated: dates.updated.at ?? null,
    cves: [...new Set([title.text, summary.text, content.text].join('\n').match(CVE)?.map(normalCve))],
    severity: null,
    cvssTenths: null,
    products: [],
    kev: null,
    tlp: null,
    withdrawn: false,
    references: [...new Set([url ?? undefined, ...related, ...links].filter(link => link !== undefined))].slice(0, MOST_REFERENCES),
    details: {
      feed,
      authors: [...new Set(entry.authors.map(cleanLine).filter(author => author !== ''))],
      content: content.text === summary.text ? '' : shorten(content.text, LONGEST_CONTENT),
    },
    tags: [
      ...new Set(
        entry.categories.map(category => shorten(cleanLine(wordsOf({ value: category, kind: 'unknown' }).text), 200)).filter(tag => tag !== ''),
      ),
    ],
    faults,
  }
}

function wordsOf(text: FeedText): { readonly text: string; readonly links: readonly string[]; readonly base: string | null } {
  const isHtml = text.kind === 'html' || (text.kind === 'unknown' && looksLikeHtml(text.value))
  return isHtml ? readHtml(text.value) : { text: cleanText(text.value), links: [], base: null }
}

function firstLink(entry: RawEntry, base: string | null): string | null {
  return entry.links.map(href => resolveLink(href, base)).find(link => link !== undefined) ?? null
}

function readDates(texts: readonly string[]): { readonly at: Instant | undefined; readonly unread: string | undefined } {
  const given = texts.filter(text => text.trim() !== '')
  const at = given.map(parseFeedDate).find(date => date !== undefined)
  return { at, unread: at === undefined ? given[0] : undefined }
}

function normalCve(cve: string): string {
  return cve.toUpperCase().replace(/[‐‑–]/g, '-')
}

/** Its own id; without one its address; without that the hash of its title and first date, or of its text. */
function identityOf(entry: RawEntry, url: string | null, name: string, whole: string): string {
  const id = cleanLine(entry.id)
  if (id !== '') return id.length <= 500 ? id : `${id.slice(0, 480).toWellFormed()}#${hashOf(id)}`
  if (url !== null) return url
  return `text:${hashOf(wordsOf(entry.title).text === '' ? whole : `${name}\n${entry.published[0] ?? ''}`)}`
}

/** FNV-1a of 64 bits, in hexadecimal: to tell entries of one feed apart, not to prove anything. */
function hashOf(text: string): string {
  let hash = 0xcbf29ce484222325n
  for (const byte of new TextEncoder().encode(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash.toString(16).padStart(16, '0')
}

function shown(text: string | undefined): string {
  return shorten(cleanLine(text ?? ''), 60)
}
