/** A piece of XML that is written already. Only `element` makes one, so that no text is taken for markup. */
export interface XmlPiece {
  readonly xml: string
}

type Attributes = Readonly<Record<string, string | undefined>>

/**
 * Writes an element: texts among what it holds are escaped, what is `null` is left out. Every `&` is escaped, whatever follows it: HTML that says
 * `&lt;` as text must say so still after it has been through a feed. What XML 1.0 cannot hold (§2.2) is left out, for a reader refuses all of a
 * document that has it. A carriage return is written as a reference, since a reader would make a line feed of it (§2.11).
 */
export function element(name: string, attributes: Attributes = {}, ...held: readonly (XmlPiece | string | null)[]): XmlPiece {
  const told = Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : [` ${key}="${escape(value)}"`]))
  const inner = held.map(piece => (piece === null ? '' : typeof piece === 'string' ? escape(piece) : piece.xml)).join('')
  return { xml: inner === '' ? `<${name}${told.join('')}/>` : `<${name}${told.join('')}>${inner}</${name}>` }
}

/** A whole document, in UTF-8. */
export function xmlDocument(root: XmlPiece): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${root.xml}\n`
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' }

function escape(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}--[\t\n\r]]|[\uFFFE\uFFFF]/gv, '')
    .replace(/[&<>"\r]/g, sign => ESCAPES[sign] ?? sign)
}
