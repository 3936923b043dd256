import sanitizeHtml from 'sanitize-html'
import { cleanText } from '../../kernel/text.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'

/** The links in alerts leave out the site that they stand on. */
const SITE = 'https://digital.nhs.uk/'

const BLOCKS = ['p', 'ul', 'ol', 'li', 'h2', 'h3', 'h4', 'blockquote', 'pre', 'table', 'thead', 'tbody', 'tr', 'th', 'td']
const INLINE = ['a', 'strong', 'b', 'em', 'i', 'code', 'br', 'sub', 'sup']

/**
 * The HTML of an alert with everything gone that could run, load, frame, style or post: a few tags of text are left, links among them
 * (http, https, mailto; relative ones resolved against the site). For a page that shows it as HTML.
 */
export function toSafeHtml(html: string): string {
  return sanitizeHtml(cleanText(html), {
    allowedTags: [...BLOCKS, ...INLINE],
    allowedAttributes: { a: ['href', 'rel'], th: ['colspan', 'rowspan'], td: ['colspan', 'rowspan'] },
    allowedSchemes: ['http', 'https', 'mailto'],
    allowProtocolRelative: false,
    nestingLimit: 40,
    transformTags: {
      h1: 'h2',
      a: (_name, attributes) => {
        const href = resolve(attributes['href'] ?? '')
        return { tagName: 'a', attribs: href === undefined ? {} : { href, rel: 'noopener noreferrer' } }
      },
    },
  }).trim()
}

/** The words of an alert's HTML as plain text: one line a block, `- ` before an item of a list. */
export function toPlainText(html: string): string {
  const bare = sanitizeHtml(cleanText(html).replace(/\s+/g, ' '), {
    allowedTags: [...BLOCKS, 'br'],
    allowedAttributes: {},
    nestingLimit: 40,
    transformTags: { h1: 'h2' },
  })
  const text = bare
    .replaceAll('<li>', '\n- ')
    .replace(/<br \/>|<\/?(?:p|ul|ol|h2|h3|h4|blockquote|pre|table|tr)>/g, '\n')
    .replace(/<[^<>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
  return cleanText(text.replace(/[^\S\n]+/g, ' ').replace(/ ?\n[ \n]*/g, '\n'))
}

/** A link made absolute; `undefined` when blank, and unless it leads to the web or to a mail address. */
export function resolve(href: string): string | undefined {
  if (href.trim() === '') return undefined
  if (/^mailto:[^\s]+$/i.test(href)) return href
  if (/^\s*[a-z][a-z0-9+.-]*:/i.test(href)) return parseWebAddress(href)
  return URL.canParse(href, SITE) ? parseWebAddress(new URL(href, SITE).href) : undefined
}
