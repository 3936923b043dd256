/**
 * A small writer of SVG. Only presentation attributes, never `style`, so that the pictures obey the content security policy
 * wherever they stand; every text and attribute is escaped here and nowhere else.
 */
export type Attributes = Readonly<Record<string, string | number | undefined>>

/** An element already written. Made by `element` and `text` alone, so that a plain text cannot slip in unescaped. */
export interface Markup {
  readonly svg: string
}

/** `<name …>children</name>`; attributes whose value is undefined are left out, numbers are cut to two decimals. */
export function element(name: string, attributes: Attributes, children: readonly Markup[] = []): Markup {
  let written = `<${name}`
  for (const key of Object.keys(attributes)) {
    const value = attributes[key]
    if (value !== undefined) written += ` ${key}="${typeof value === 'number' ? coordinate(value) : escapeXml(value)}"`
  }
  if (children.length === 0) return { svg: `${written}/>` }
  return { svg: `${written}>${children.map(child => child.svg).join('')}</${name}>` }
}

/** An element that holds nothing but text. */
export function text(name: string, attributes: Attributes, words: string): Markup {
  return element(name, attributes, [{ svg: escapeXml(words) }])
}

export interface Picture {
  readonly title: string
  readonly description: string
  readonly width: number
  readonly height: number
}

/** A whole document with its title and description, which is what a screen reader is given. */
export function picture(about: Picture, children: readonly Markup[]): string {
  const { width, height } = about
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${coordinate(width)} ${coordinate(height)}`,
      role: 'img',
      'font-family': 'Arial, Helvetica, sans-serif',
      'font-size': 14,
      fill: INK,
    },
    [text('title', {}, about.title), text('desc', {}, about.description), ...children],
  ).svg
}

/** The text colour of the NHS design system. */
const INK = '#212b32'
/** Lines behind the data. */
export const QUIET = '#aeb7bd'
export const SECONDARY = '#4c6272'

export function coordinate(value: number): string {
  return String(Math.round(value * 100) / 100)
}

// XML 1.0 §2.2 allows no control characters but tab, line feed and return, not even escaped.
// oxlint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g
const MARKUP: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export function escapeXml(words: string): string {
  return words.replace(FORBIDDEN, '').replace(/[&<>"']/g, character => MARKUP[character] ?? '')
}
