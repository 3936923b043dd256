import { HEX_DIGITS, readIndicator } from '../../kernel/indicator.ts'
import type { IndicatorType, IntelligenceIndicator } from '../../kernel/intelligence.ts'
import { versionsAmong } from './versions.ts'
import { isKnownDomain, saysNothing, isPublicAddress } from './worth.ts'

/**
 * Indicators of compromise in plain text, defanged or not, each once, in the order in which they stand. Addresses of private networks,
 * version numbers, names of files that look like domain names, and hashes of nothing never count.
 *
 * In prose (an advisory, a news item) a live link is a reference, a live mail address a contact, a file or registry key the part that is
 * broken or the remedy. With `prose`, names and addresses of these kinds count only when they are defanged; IP addresses and hashes always
 * do. In a list of indicators, or what an analyst pastes, all count.
 */
export function indicatorsIn(text: string, options: { readonly prose?: boolean } = {}): readonly IntelligenceIndicator[] {
  const page = new Page(canonical(text))
  const prose = options.prose === true
  for (const find of [urls, registryKeys, emails, ipv6Addresses, words]) find(page, prose)
  const seen = new Set<string>()
  return page.found
    .toSorted((a, b) => a.at - b.at)
    .filter(({ type, value }) => seen.size < seen.add(`${type} ${value}`).size)
    .map(({ type, value }) => ({ type, value, tlp: null, firstSeen: null, lastSeen: null, validUntil: null, note: null }))
}

interface Found {
  readonly at: number
  readonly type: IndicatorType
  readonly value: string
}

/** What has not been read yet: each find takes its part out, so that the host of an address is not read again as a domain name. */
class Page {
  text: string
  readonly found: Found[] = []

  constructor(text: string) {
    this.text = text
  }

  /** Blanks out every match, whether or not it is of use, and keeps those of which `read` makes a value. */
  take(pattern: RegExp, read: (match: string, at: number) => readonly [IndicatorType, string | undefined] | undefined): void {
    this.text = this.text.replace(pattern, (match: string, ...rest: unknown[]) => {
      const at = rest.find(part => typeof part === 'number') ?? 0
      const [type, value] = read(match, at) ?? []
      if (type !== undefined && value !== undefined) this.found.push({ at, type, value })
      return ' '.repeat(match.length)
    })
  }
}

/** Every way of writing a defanged dot or at-sign as one, without the blanks around it. */
function canonical(text: string): string {
  return text
    .replace(/\s{0,2}[[({]\s{0,2}(?:\.|dot)\s{0,2}[\])}]\s{0,2}/gi, '[.]')
    .replace(/\s{0,2}[[({]\s{0,2}(?:@|at)\s{0,2}[\])}]\s{0,2}/gi, '[@]')
}

function isDefanged(match: string): boolean {
  return /\[[.@:]|^h(?:xx|tx|xt|\*\*|__)p/i.test(match)
}

const URL_LIKE =
  /(?<![\p{L}\p{N}])(?:https?|h(?:xx|tx|xt|\*\*|__)ps?|ftps?|sftp|wss?|tcp|udp|ldaps?|rmi|smb)(?::|\[:\])?(?:\/\/|\[:\/\/\])[^\s<>"'`{}|\\^]+/giu

function urls(page: Page, prose: boolean): void {
  page.take(URL_LIKE, match => {
    if (prose && !isDefanged(match)) return undefined
    const value = readIndicator('url', withoutTrailing(match))
    const host = value === undefined ? '' : new URL(value).hostname
    return value !== undefined && isWorthyHost(host) ? ['url', value] : undefined
  })
}

/** Without what ends the sentence or the bracket around it. */
function withoutTrailing(match: string): string {
  let text = match
  for (;;) {
    const last = text.at(-1) ?? ''
    const opens = { ')': '(', ']': '[' }[last]
    const isStray = opens === undefined ? /[.,;:!?*]/.test(last) : countOf(text, last) > countOf(text, opens)
    if (!isStray) return text
    text = text.slice(0, -1)
  }
}

function countOf(text: string, character: string): number {
  return text.split(character).length - 1
}

function isWorthyHost(host: string): boolean {
  if (host.startsWith('[')) return isPublicAddress(host.slice(1, -1))
  return /^[\d.]+$/.test(host) ? isPublicAddress(host) : isKnownDomain(host)
}

/** A part of a key may hold blanks when another part follows: `HKLM\Software\Microsoft\Windows NT\CurrentVersion`. */
const REGISTRY_KEY =
  /\b(?:HKLM|HKCU|HKCR|HKU|HKCC|HKEY_[A-Z_]{4,20}):?(?:\\{1,2}[^\s\\"'<>|,;]{1,100}(?: [^\s\\"'<>|,;]{1,100}){0,4}(?=\\))*\\{1,2}[^\s\\"'<>|,;]{1,100}/gi

function registryKeys(page: Page, prose: boolean): void {
  if (prose) return
  page.take(REGISTRY_KEY, match => ['registry-key', readIndicator('registry-key', match.replace(/[.)\]:]+$/, ''))])
}

const EMAIL_LIKE = /(?:[\p{L}\p{N}_%+-]|\.|\[\.\]){1,64}(?:@|\[@\])(?:[\p{L}\p{N}_-]|\.|\[\.\]){3,253}/gu

function emails(page: Page, prose: boolean): void {
  page.take(EMAIL_LIKE, match => {
    if (prose && !isDefanged(match)) return undefined
    const value = readIndicator('email', withoutTrailing(match))
    return value !== undefined && isKnownDomain(value.slice(value.indexOf('@') + 1)) ? ['email', value] : undefined
  })
}

const IPV6_LIKE = /(?<![\p{L}\p{N}_:.])(?:[0-9a-f]{0,4}(?::|\[:\])){2,8}[0-9a-f]{0,4}(?![\p{L}\p{N}_:])/giu

function ipv6Addresses(page: Page): void {
  page.take(IPV6_LIKE, match => {
    const value = readIndicator('ipv6', match)
    return value !== undefined && isPublicAddress(value) ? ['ipv6', value] : undefined
  })
}

const WORD = /(?:[\p{L}\p{N}_-]|\.|\[\.\])+/gu

/** What is left and is one word: IPv4 addresses, hashes, domain names and names of files. */
function words(page: Page, prose: boolean): void {
  const versions = versionsAmong(page.text)
  page.take(WORD, (match, at) => {
    const word = match.replace(/^(?:[.-]|\[\.\])+|(?:[.-]|\[\.\])+$/g, '')
    const hash = HASH_TYPES.find(type => word.length === HEX_DIGITS[type])
    const hashed = hash === undefined ? undefined : readIndicator(hash, word)
    if (hash !== undefined && hashed !== undefined) return saysNothing(hashed, page.text.slice(Math.max(0, at - 30), at)) ? undefined : [hash, hashed]
    if (!word.includes('.')) return undefined
    const prefix = /^\/\d{1,2}(?!\d)/.exec(page.text.slice(at + match.length, at + match.length + 4))?.[0] ?? ''
    const address = readIndicator('ipv4', word + prefix) ?? readIndicator('ipv4', word)
    if (address !== undefined) {
      // A number that ends in nought is a version or a network, and a network has its prefix.
      const isVersion = !isDefanged(word) && (versions.has(word) || address.endsWith('.0'))
      return isVersion || !isPublicAddress(address) ? undefined : ['ipv4', address]
    }
    if (!/\p{L}/u.test(word)) return undefined
    const domain = isDefanged(word) || (!prose && !looksLikeProse(word)) ? readIndicator('domain', word) : undefined
    if (domain !== undefined && isKnownDomain(domain) && (isDefanged(word) || !isFileName(word))) return ['domain', domain]
    return isFileName(word) && (isDefanged(word) || !prose) ? ['file-name', readIndicator('file-name', word)] : undefined
  })
}

const HASH_TYPES = ['md5', 'sha1', 'sha256', 'sha512'] as const

/** Extensions of what runs, carries what runs, or packs it. Some are also domains of countries: `install.sh` is a file until it is defanged. */
const FILE_EXTENSION =
  /\.(?:exe|dll|sys|ocx|cpl|scr|bat|cmd|ps1|psm1|vbs|vbe|js|jse|wsf|hta|lnk|msi|msp|jar|war|jsp|jspx|asp|aspx|ashx|php|py|pl|sh|elf|so|bin|dat|tmp|iso|img|vhd|vhdx|cab|zip|rar|7z|gz|tgz|tar|doc|docm|docx|dotm|xls|xlsm|xlsx|xlsb|xll|ppt|pptm|pptx|rtf|one|chm|apk|dmg|pkg|dylib|ko|rs|md|ps|mov)$/i

/** Prose and documentation, not evidence of an attack. */
const HARMLESS_EXTENSION = /\.(?:rs|md|ps|mov|gz|tgz|tar)$/i

function isFileName(word: string): boolean {
  return FILE_EXTENSION.test(word.replaceAll('[.]', '.')) && !HARMLESS_EXTENSION.test(word) && word.length <= 255
}

/** `ASP.NET`, `java.io`, `com.vendor.product`, and a full stop without a blank after it (`systems.The`). */
function looksLikeProse(word: string): boolean {
  const labels = word.split('.')
  const last = labels.at(-1) ?? ''
  const isSentence = /^\p{Lu}\p{Ll}*$/u.test(last) && last.length > 1 && /\p{Ll}/u.test(word)
  const isPackage = labels.length > 2 && /^(?:com|org|net|io|gov|edu|uk)$/i.test(labels[0] ?? '')
  const isTechnology = /^(?:(?:asp|vb|ado|ml|paint)\.net|(?:java|javax|system)\.(?:io|net)|socket\.io|draw\.io)$/i.test(word)
  return isSentence || isPackage || isTechnology || FILE_EXTENSION.test(word)
}
