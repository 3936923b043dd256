import MarkdownIt from 'markdown-it'
import { parseWebAddress } from '../../kernel/web-address.ts'

/**
 * Markdown that people write (bulletins, notes) to HTML that is safe to show.
 *
 * 1. Raw HTML is shown as text, never passed on.
 * 2. Only links with a scheme are made clickable: a bulletin that lists `evil.example` must not offer a link to it.
 * 3. No images: they would need the network, and tell a stranger who reads.
 * 4. Headings start below the page's own, so that headings stay in order.
 */
const writer = new MarkdownIt({ html: false, linkify: true, typographer: false, breaks: false })
writer.disable('image')
writer.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false })
writer.validateLink = isSafeLink

/** Browsers read both `//` and `/\` as the start of another site's address. */
const OWN_PLACE = /^(?:mailto:|tel:|#|\/(?![/\\]))/i

/** Whether a link may be offered: the web, mail, telephone, or a place in this product. */
export function isSafeLink(address: string): boolean {
  return parseWebAddress(address) !== undefined || OWN_PLACE.test(address.trim())
}

const CLASSES: Readonly<Record<string, string>> = {
  link_open: 'nhsuk-link',
  bullet_list_open: 'nhsuk-list nhsuk-list--bullet',
  ordered_list_open: 'nhsuk-list nhsuk-list--number',
  table_open: 'nhsuk-table',
  thead_open: 'nhsuk-table__head',
  tbody_open: 'nhsuk-table__body',
  tr_open: 'nhsuk-table__row',
  th_open: 'nhsuk-table__header',
  td_open: 'nhsuk-table__cell',
  hr: 'nhsuk-section-break nhsuk-section-break--visible',
  blockquote_open: 'nhsuk-inset-text',
}

const HEADING_CLASSES = ['nhsuk-heading-l', 'nhsuk-heading-m', 'nhsuk-heading-s', 'nhsuk-heading-xs']

/** HTML for a Markdown text. `level` is the heading level that `#` becomes (2 to 6). Nothing gives an empty text. */
export function markdownToHtml(text: string | null | undefined, level = 2): string {
  if (text === null || text === undefined) return ''
  const tokens = writer.parse(text, {})
  for (const token of tokens.flatMap(block => [block, ...(block.children ?? [])])) {
    const classes = CLASSES[token.type]
    if (classes !== undefined) token.attrSet('class', classes)
    if (token.type === 'link_open') token.attrSet('rel', 'noopener nofollow')
    // Alignment comes as a style attribute, which the content security policy refuses.
    if (token.type === 'th_open' || token.type === 'td_open') alignByClass(token)
    if (token.type === 'heading_open' || token.type === 'heading_close') shiftHeading(token, level)
  }
  return writer.renderer.render(tokens, writer.options, {})
}

type Token = ReturnType<typeof writer.parse>[number]

function alignByClass(token: Token): void {
  const style = token.attrGet('style')
  if (typeof style !== 'string') return
  token.attrs = (token.attrs ?? []).filter(([name]) => name !== 'style')
  const align = /text-align:(left|center|right)/.exec(style)?.[1]
  if (align !== undefined) token.attrJoin('class', `nhsuk-u-text-align-${align === 'center' ? 'centre' : align}`)
}

function shiftHeading(token: Token, level: number): void {
  const depth = Number(token.tag.slice(1)) - 1
  if (token.type === 'heading_open') token.attrSet('class', HEADING_CLASSES[Math.min(depth, HEADING_CLASSES.length - 1)] ?? '')
  token.tag = `h${Math.min(level + depth, 6)}`
}
