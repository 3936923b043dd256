import type { Complain } from '../../kernel/findings.ts'
import type { IntelligenceProduct } from '../../kernel/intelligence.ts'
import { lineAt, listAt, memberOf } from '../../kernel/json.ts'

/**
 * The products of `configurations`: what is vulnerable, by CPE 2.3 name and range of versions. Of what it must run on or with to be
 * vulnerable (`vulnerable: false`) only hardware is kept, without a word on whether it is affected: people list a pump, not its firmware.
 */
export function readConfigurations(vulnerability: unknown, position: string, complain: Complain): readonly IntelligenceProduct[] {
  const matches = listAt(vulnerability, 'configurations')
    .flatMap(configuration => listAt(configuration, 'nodes'))
    .filter(node => memberOf(node, 'negate') !== true)
    .flatMap(node => listAt(node, 'cpeMatch'))
  const products = new Map<string, IntelligenceProduct>()
  for (const match of matches) {
    const criteria = lineAt(match, 'criteria') ?? ''
    const cpe = partsOf(criteria)
    if (cpe === undefined) {
      complain('cpe', `${position}/configurations`, `"${criteria.slice(0, 80)}" is not a CPE 2.3 name, and was left out.`)
      continue
    }
    const isVulnerable = memberOf(match, 'vulnerable') === true
    if (!isVulnerable && cpe.part !== 'h') continue
    const product = {
      maker: cpe.vendor,
      product: cpe.product,
      version: isVulnerable ? versionOf(match, cpe) : null,
      cpe: criteria,
      purl: null,
      affected: isVulnerable ? true : null,
    }
    products.set(JSON.stringify(product), product)
  }
  return [...products.values()]
}

interface CpeParts {
  /** `a` application, `o` operating system or firmware, `h` hardware. */
  readonly part: string
  readonly vendor: string
  readonly product: string
  readonly version: string
  readonly update: string
}

/** The attributes of a formatted string (CPE 2.3 Naming §6.2): a backslash hides punctuation, an underscore stands for a blank. */
function partsOf(criteria: string): CpeParts | undefined {
  const attributes = criteria.split(/(?<!\\):/)
  const [scheme, version23, part = '', vendor = '', product = '', version = '', update = ''] = attributes
  if (scheme !== 'cpe' || version23 !== '2.3' || attributes.length !== 13) return undefined
  const named = { part, vendor: wordsOf(vendor), product: wordsOf(product), version: plain(version), update: plain(update) }
  return /^[aoh]$/.test(part) && named.product !== '' && named.product !== ANY ? named : undefined
}

const ANY = '*'
const NOT_APPLICABLE = '-'

function plain(attribute: string): string {
  return attribute.replace(/\\(.)/g, '$1')
}

function wordsOf(attribute: string): string {
  const words = plain(attribute.replaceAll('_', ' ')).trim()
  return words === NOT_APPLICABLE ? '' : words
}

/** `>= 5.0, < 5.0.12`, `<= 9.33`, `9.8 p7`, `All versions`; `null` when versions do not apply. */
function versionOf(match: unknown, { version, update }: CpeParts): string | null {
  const bounds = BOUNDS.flatMap(([name, sign]) => {
    const bound = lineAt(match, name)
    return bound === undefined ? [] : [`${sign} ${bound}`]
  })
  if (bounds.length > 0) return bounds.join(', ')
  if (version === ANY) return 'All versions'
  if (version === NOT_APPLICABLE || version === '') return null
  return update === ANY || update === NOT_APPLICABLE || update === '' ? version : `${version} ${update}`
}

const BOUNDS = [
  ['versionStartIncluding', '>='],
  ['versionStartExcluding', '>'],
  ['versionEndIncluding', '<='],
  ['versionEndExcluding', '<'],
] as const
