import type { Instant } from '../../../../kernel/instant.ts'
import { nameKey } from '../../../../kernel/name-key.ts'

/** What of an item decides with which others it belongs. */
export interface ItemTraits {
  readonly id: string
  readonly title: string
  readonly cves: readonly string[]
  readonly publishedAt: Instant | null
  /** Keys under which others may speak of it: its own page, its own id. */
  readonly identities: readonly string[]
  /** Keys of the pages that it refers to. */
  readonly references: readonly string[]
  /** What it names as affected; the first few are enough. */
  readonly products: readonly { readonly maker: string; readonly product: string }[]
}

export const MOST_PRODUCTS = 20
const MOST_REFERENCES = 60

/** An item that names more is a roll-up, such as a month of patches: each of its CVEs is a threat of its own. */
const MOST_CVES_OF_ONE_THREAT = 10

export function isRollUp(item: Pick<ItemTraits, 'cves'>): boolean {
  return item.cves.length > MOST_CVES_OF_ONE_THREAT
}

interface Described {
  readonly externalId: string
  readonly title: string
  readonly cves: readonly string[]
  readonly url: string | null
  readonly references: readonly string[]
  readonly products: readonly { readonly maker: string; readonly product: string; readonly affected: boolean | null }[]
}

export function traitsOf(id: string, publishedAt: Instant | null, item: Described): ItemTraits {
  const own = [...(item.url === null ? [] : addressKeys(item.url).slice(0, 1)), ...idKey(item.externalId)]
  const identities = [...new Set(own)]
  const references = [...new Set(item.references.slice(0, MOST_REFERENCES).flatMap(addressKeys))].filter(key => !identities.includes(key))
  const products = item.products.filter(({ affected }) => affected !== false).slice(0, MOST_PRODUCTS)
  return { id, title: item.title, cves: item.cves, publishedAt, identities, references, products }
}

/** The page itself, less what says nothing (`www`, a trailing slash, the fragment, who sent the reader); and the id that stands last in its path. */
function addressKeys(address: string): readonly string[] {
  if (!URL.canParse(address)) return []
  const url = new URL(address)
  const path = url.pathname.replace(/\/+$/, '')
  for (const name of Array.from(url.searchParams.keys())) if (/^utm_|^ref$|^source$/i.test(name)) url.searchParams.delete(name)
  url.searchParams.sort()
  const query = url.searchParams.toString()
  // The front page of a site is nobody's page in particular.
  if (path === '' && query === '') return []
  const last = decodeLast(path)
  return [`page:${url.hostname.replace(/^www\./, '')}${path}${query === '' ? '' : `?${query}`}`, ...idKey(last)]
}

function decodeLast(path: string): string {
  const last = path.slice(path.lastIndexOf('/') + 1).replace(/\.(html?|json|pdf|php|aspx?)$/i, '')
  try {
    return decodeURIComponent(last)
  } catch {
    return last
  }
}

/** An id that is told from a word: long enough, of letters and digits in several parts, such as `ICSMA-24-165-01`. A CVE is compared as a CVE. */
function idKey(id: string): readonly string[] {
  const key = id.toLowerCase()
  const isDistinct = key.length >= 7 && key.length <= 80 && /\d/.test(key) && /[a-z]/.test(key) && /[-_.:]/.test(key) && !key.startsWith('cve-')
  return isDistinct ? [`id:${key}`] : []
}

/** The words of a title that tell one from another, those with a figure apart: a version, a model or a year must not differ. */
export interface TitleWords {
  readonly words: ReadonlySet<string>
  readonly figures: ReadonlySet<string>
}

export function titleWords(title: string): TitleWords {
  const all = nameKey(title.replace(/\bCVE-\d{4}-\d{4,}\b/gi, ' '))
    .split(' ')
    .filter(word => word !== '' && !SAYS_LITTLE.has(word))
  return { words: new Set(all.filter(word => !/\d/.test(word))), figures: new Set(all.filter(word => /\d/.test(word))) }
}

/** Grammar, and what nearly every title of this kind says. */
const SAYS_LITTLE: ReadonlySet<string> = new Set(
  (
    'a an the in on of for to and or with from by at is are be as its this that via new ' +
    'vulnerability vulnerabilities flaw flaws bug bugs security advisory advisories alert alerts bulletin update updates updated patch patches ' +
    'released release releases fixes fix fixed addresses multiple several various critical high medium low severity severe issue issues ' +
    'could can may allow allows allowing affecting affects affected exploit exploited exploits exploitation attack attacks attackers cyber'
  ).split(' '),
)

/** Whether all words of the name stand in the title, in order and together. A name of one short word proves nothing. */
export function namesProduct(title: string, maker: string, product: string): boolean {
  const [makerKey, productKey] = [nameKey(maker), nameKey(product)]
  if (makerKey === '' || productKey.length < 4) return false
  const words = ` ${nameKey(title)} `
  const bare = productKey.startsWith(`${makerKey} `) ? productKey.slice(makerKey.length + 1) : productKey
  return words.includes(` ${makerKey} `) && bare.length >= 4 && words.includes(` ${bare} `)
}
