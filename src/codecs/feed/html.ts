import sanitizeHtml from 'sanitize-html'
import { cleanText } from '../../kernel/text.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'

/** What is kept of a piece of HTML: its words, and where its links lead as they were written. */
export interface HtmlReading {
  /** Plain text: one line a block, `- ` before an item of a list. No HTML is left, so nothing can run. */
  readonly text: string
  readonly links: readonly string[]
  /** The address of a `<base>` in it, against which its links are meant. */
  readonly base: string | null
}

const BLOCKS = [
  'p',
  'div',
  'ul',
  'ol',
  'li',
  'h1',
  'h2',
  'h3',
  'h4',
  'h5',
  'h6',
  'blockquote',
  'pre',
  'table',
  'tr',
  'section',
  'article',
  'dl',
  'dt',
  'dd',
]

/** Reads HTML from a feed. Scripts, styles and forms lose what they hold too. */
export function readHtml(html: string): HtmlReading {
  const links: string[] = []
  let base: string | null = null
  const bare = sanitizeHtml(cleanText(html).replace(/\s+/g, ' '), {
    allowedTags: [...BLOCKS, 'br', 'td', 'th'],
    allowedAttributes: {},
    nestingLimit: 40,
    transformTags: {
      a: (_name, { href = '' }) => {
        links.push(href)
        return { tagName: 'span', attribs: {} }
      },
      base: (_name, { href = '' }) => {
        base ??= href
        return { tagName: 'span', attribs: {} }
      },
    },
  })
  const text = bare
    .replaceAll('<li>', '\n- ')
    .replace(/<br \/>|<\/?[a-z0-9]+>/g, tag => (/t[dh]>/.test(tag) ? ' ' : '\n'))
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
  return { text: cleanText(text.replace(/[^\S\n]+/g, ' ').replace(/ ?\n[ \n]*/g, '\n')), links, base }
}

/** Whether a text that may or may not be HTML is: RSS does not say which of the two its texts are. */
export function looksLikeHtml(text: string): boolean {
  return /<[!/]?[a-z][^<>]*>|<!--|&(?:#\d{1,7}|#x[\da-f]{1,6}|[a-z]{2,8}\d?);/i.test(text)
}

/** An address made absolute; `undefined` unless it leads to the web. `base` is absolute, or `null` where none is known. */
export function resolveLink(href: string, base: string | null): string | undefined {
  const trimmed = href.trim()
  if (trimmed === '') return undefined
  if (/^[a-z][a-z0-9+.-]*:/i.test(trimmed)) return parseWebAddress(trimmed)
  const from = base ?? (trimmed.startsWith('//') ? 'https://invalid.invalid/' : undefined)
  return from !== undefined && URL.canParse(trimmed, from) ? parseWebAddress(new URL(trimmed, from).href) : undefined
}

/** The base that results from several, outermost first, each of which may be relative to the one before. */
export function joinBases(bases: readonly (string | null | undefined)[]): string | null {
  return bases.reduce<string | null>((outer, inner) => (inner === null || inner === undefined ? outer : (resolveLink(inner, outer) ?? outer)), null)
}
