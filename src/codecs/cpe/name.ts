/**
 * Names of the Common Platform Enumeration (NISTIR 7695, CPE naming 2.3), read from either of their two written forms:
 * the formatted string `cpe:2.3:a:vendor:product:1.0:*:*:*:*:*:*:*` (§6.2) and the URI of CPE 2.2, `cpe:/a:vendor:product:1.0` (§6.1).
 */
export const CPE_ATTRIBUTES = [
  'part',
  'vendor',
  'product',
  'version',
  'update',
  'edition',
  'language',
  'swEdition',
  'targetSw',
  'targetHw',
  'other',
] as const
export type CpeAttribute = (typeof CPE_ATTRIBUTES)[number]

/** A value: plain text between the wildcards that it may begin and end with. `*` stands for any characters, each `?` for at most one. */
export interface CpeText {
  readonly before: string
  /** Lower case, without escapes. */
  readonly text: string
  readonly after: string
}

/** `ANY`: whatever it is. `NA`: there is none. */
export type CpeValue = 'ANY' | 'NA' | CpeText

export type CpeName = Readonly<Record<CpeAttribute, CpeValue>>

/**
 * Reads a CPE name, or gives `undefined` when it is none. Case does not count. A formatted string that ends early, as some makers
 * write it, is read as if `*` stood for what is missing, so long as it names a product.
 */
export function parseCpe(written: string): CpeName | undefined {
  const text = written.trim().toLowerCase()
  if (text.startsWith('cpe:2.3:')) return fromFormattedString(text.slice('cpe:2.3:'.length))
  if (text.startsWith('cpe:/')) return fromUri(text.slice('cpe:/'.length))
  return undefined
}

const FEWEST = 3

function fromFormattedString(text: string): CpeName | undefined {
  const components = splitUnescaped(text)
  if (components.length < FEWEST || components.length > CPE_ATTRIBUTES.length) return undefined
  return nameOf(components.map(valueOfFormatted))
}

/** At each colon that no backslash escapes. */
function splitUnescaped(text: string): string[] {
  return text.match(/(?:^|:)(?:\\.|[^\\:])*/g)?.map((part, index) => (index === 0 ? part : part.slice(1))) ?? []
}

/** NISTIR 7695 figure 6-3: letters, digits, `-`, `.` and `_` stand for themselves, every other sign after a backslash. */
const FORMATTED = /^(?<before>\*|\?*)(?<text>(?:[a-z0-9\-._]|\\[\x21-\x7e])+)(?<after>\*|\?*)$/

function valueOfFormatted(component: string): CpeValue | undefined {
  if (component === '*') return 'ANY'
  if (component === '-') return 'NA'
  const { before, text, after } = FORMATTED.exec(component)?.groups ?? {}
  return text === undefined ? undefined : { before: before ?? '', text: text.replace(/\\(.)/g, '$1'), after: after ?? '' }
}

const URI_COMPONENTS = 7

function fromUri(text: string): CpeName | undefined {
  const components = text.split(':')
  if (components.length > URI_COMPONENTS) return undefined
  const [part = '', vendor = '', product = '', version = '', update = '', edition = '', language = ''] = components
  // §6.1.2.4: the four attributes that 2.2 does not know are packed into the edition between tildes.
  const packed = edition.startsWith('~') ? edition.slice(1).split('~') : [edition]
  if (packed.length !== 1 && packed.length !== 5) return undefined
  const [ownEdition = '', swEdition = '', targetSw = '', targetHw = '', other = ''] = packed
  return nameOf([part, vendor, product, version, update, ownEdition, language, swEdition, targetSw, targetHw, other].map(valueOfUri))
}

/** §6.1.2.1.1 and figure 6-1: a sign is percent-encoded; `%01` is the wildcard `?` and `%02` the wildcard `*`. */
const URI_VALUE = /^(?<before>%02|(?:%01)*)(?<text>(?:[a-z0-9\-._~]|%(?!0)[0-9a-f]{2})+)(?<after>%02|(?:%01)*)$/

function valueOfUri(component: string): CpeValue | undefined {
  if (component === '') return 'ANY'
  if (component === '-') return 'NA'
  const { before, text, after } = URI_VALUE.exec(component)?.groups ?? {}
  if (text === undefined) return undefined
  const wildcards = (written = '') => written.replaceAll('%01', '?').replaceAll('%02', '*')
  const plain = text.replace(/%([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))).toLowerCase()
  return { before: wildcards(before), text: plain, after: wildcards(after) }
}

function nameOf(values: readonly (CpeValue | undefined)[]): CpeName | undefined {
  if (values.includes(undefined)) return undefined
  const [part] = values
  const isPart = part === 'ANY' || part === 'NA' || (part !== undefined && part.before + part.after === '' && /^[aoh]$/.test(part.text))
  if (!isPart) return undefined
  const value = (attribute: CpeAttribute) => values[CPE_ATTRIBUTES.indexOf(attribute)] ?? 'ANY'
  return {
    part: value('part'),
    vendor: value('vendor'),
    product: value('product'),
    version: value('version'),
    update: value('update'),
    edition: value('edition'),
    language: value('language'),
    swEdition: value('swEdition'),
    targetSw: value('targetSw'),
    targetHw: value('targetHw'),
    other: value('other'),
  }
}
