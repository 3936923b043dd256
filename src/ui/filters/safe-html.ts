import sanitizeHtml from 'sanitize-html'
import { isSafeLink } from './markdown.ts'

/**
 * HTML that came from outside (an advisory, a feed) cut down to what is safe to show: text, lists, tables and links.
 * No images, frames, forms, styles or classes; a link of another scheme loses its address.
 */
export function cleanHtml(html: string | null | undefined): string {
  if (html === null || html === undefined) return ''
  return sanitizeHtml(html, {
    allowedTags: [
      'p',
      'br',
      'hr',
      'ul',
      'ol',
      'li',
      'dl',
      'dt',
      'dd',
      'strong',
      'b',
      'em',
      'i',
      'sub',
      'sup',
      'code',
      'pre',
      'blockquote',
      'h3',
      'h4',
      'h5',
      'h6',
      'a',
      ...TABLE,
    ],
    allowedAttributes: { a: ['href', 'rel', 'class'], th: ['colspan', 'rowspan', 'scope'], td: ['colspan', 'rowspan'] },
    allowedSchemes: ['http', 'https', 'mailto', 'tel'],
    allowProtocolRelative: false,
    nestingLimit: 40,
    transformTags: {
      h1: 'h3',
      h2: 'h3',
      // Addresses within the sender's own site would point into ours, so only whole ones are kept.
      a: (_name, { href = '' }) => ({
        tagName: 'a',
        attribs: isSafeLink(href) && !/^[/#]/.test(href) ? { href, rel: 'noopener nofollow', class: 'nhsuk-link' } : {},
      }),
    },
  })
}

const TABLE = ['table', 'caption', 'thead', 'tbody', 'tr', 'th', 'td']
