import type { IntelligenceItem, IntelligenceProduct } from '../../kernel/intelligence.ts'
import { severityOfCvss } from '../../kernel/severity.ts'
import { cleanLine } from '../../kernel/text.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'
import type { RawEntry } from './entry.ts'

/**
 * The vulnerability module of Japan's Vulnerability Notes (http://jvn.jp/rss/mod_sec/): what their RDF feeds say of an entry beyond its
 * title, which no library of feeds reads: its number, CVEs, CVSS scores, affected products by CPE, and references.
 */
const NAMESPACE = 'http://jvn.jp/rss/mod_sec/'

/** How to complete items of this feed; `undefined` when it does not use the module. */
export function withSecurityData(text: string): ((entry: RawEntry, item: IntelligenceItem) => IntelligenceItem) | undefined {
  const prefix = new RegExp(`xmlns:([\\w-]{1,20})\\s*=\\s*["']${NAMESPACE.replaceAll('.', '\\.')}["']`).exec(text.slice(0, 5_000))?.[1]
  if (prefix === undefined) return undefined
  const bodies = bodiesByAbout(text)
  return (entry, item) => {
    const body = bodies.get(entry.id)
    return body === undefined ? item : complete(item, elementsOf(body, prefix))
  }
}

interface Element {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly text: string
}

function complete(item: IntelligenceItem, elements: readonly Element[]): IntelligenceItem {
  const named = (name: string) => elements.filter(element => element.name === name)
  const tenths = named('cvss').flatMap(({ attributes }) => {
    const score = Number(attributes.get('score') ?? Number.NaN)
    return score >= 0 && score <= 10 ? [Math.round(score * 10)] : []
  })
  const cvssTenths = tenths.length === 0 ? item.cvssTenths : Math.max(...tenths)
  const cves = named('references').map(({ attributes }) => attributes.get('id')?.toUpperCase() ?? '')
  const references = named('references').map(({ text }) => parseWebAddress(text))
  return {
    ...item,
    externalId: named('identifier')[0]?.text || item.externalId,
    cves: [...new Set([...item.cves, ...cves.filter(cve => /^CVE-\d{4}-\d{4,19}$/.test(cve))])],
    cvssTenths,
    severity: cvssTenths === null ? item.severity : severityOfCvss(cvssTenths),
    products: named('cpe').map(productOf),
    references: [...new Set([...item.references, ...references.filter(address => address !== undefined)])],
    details: {
      ...item.details,
      weaknesses: [...new Set(named('references').flatMap(({ attributes }) => /^CWE-\d+$/.exec(attributes.get('id') ?? '')?.[0] ?? []))],
      cvssVectors: named('cvss').flatMap(({ attributes }) => attributes.get('vector') ?? []),
    },
  }
}

function productOf({ attributes, text }: Element): IntelligenceProduct {
  return {
    maker: attributes.get('vendor') ?? '',
    product: attributes.get('product') ?? text,
    version: null,
    cpe: text === '' ? null : text,
    purl: null,
    affected: true,
  }
}

/** The inside of each `<item rdf:about="…">`. */
function bodiesByAbout(text: string): ReadonlyMap<string, string> {
  const bodies = new Map<string, string>()
  let end = 0
  for (let at = text.indexOf('<item '); at !== -1; at = text.indexOf('<item ', end)) {
    end = text.indexOf('</item>', at)
    if (end === -1) break
    const body = text.slice(at, end)
    const about = /^<item [^>]*?rdf:about\s*=\s*["']([^"'>]*)["']/.exec(body)?.[1]
    if (about !== undefined) bodies.set(plain(about), body)
  }
  return bodies
}

function elementsOf(body: string, prefix: string): readonly Element[] {
  const pattern = new RegExp(`<${prefix}:([\\w-]+)((?:\\s+[\\w:-]+\\s*=\\s*(?:"[^"]*"|'[^']*'))*)\\s*(?:/>|>([^<]*)<)`, 'g')
  return [...body.matchAll(pattern)].map(([, name = '', attributes = '', text = '']) => ({
    name: name.toLowerCase(),
    attributes: new Map([...attributes.matchAll(/([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)].map(([, key = '', a, b]) => [key, plain(a ?? b ?? '')])),
    text: plain(text),
  }))
}

/** What stands for a character in XML, undone. */
function plain(text: string): string {
  return cleanLine(
    text
      .replace(/&#(?:x([\da-f]{1,6})|(\d{1,7}));/gi, (_, hexadecimal?: string, decimal?: string) => {
        const point = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16)
        return point <= 0x10ffff ? String.fromCodePoint(point) : ''
      })
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&apos;', "'")
      .replaceAll('&amp;', '&'),
  )
}
