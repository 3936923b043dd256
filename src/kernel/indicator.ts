import type { IndicatorType } from './intelligence.ts'
import { cleanLine } from './text.ts'

/**
 * Indicators of compromise as values: how each type is written so that two that mean the same are equal, how one is shown so that nobody
 * opens it by accident (defanged), and back. Where a value stood, and whether it is worth keeping, is for the codecs.
 */

/**
 * Reads a value of that type, defanged or not, in its plain form: lower case where the type knows no case, domain names as the DNS
 * carries them (punycode), IPv6 in its short form, addresses of a network with their prefix (`198.51.100.0/24`), registry hives in full.
 * Gives `undefined` for what is no value of the type. A value never holds a defanged part.
 */
export function readIndicator(type: IndicatorType, text: string): string | undefined {
  const value = refangWhole(cleanLine(text))
  if (value === '' || value.length > LONGEST) return undefined
  switch (type) {
    case 'ipv4':
      return readNetwork(value, 32, readIpv4)
    case 'ipv6':
      return readNetwork(value, 128, readIpv6)
    case 'domain':
      return readDomain(value)
    case 'url':
      return readUrl(value)
    case 'email':
      return readEmail(value)
    case 'md5':
    case 'sha1':
    case 'sha256':
    case 'sha512':
      return new RegExp(`^[0-9a-f]{${HEX_DIGITS[type]}}$`, 'i').test(value) ? value.toLowerCase() : undefined
    case 'file-name':
      return readFileName(value)
    case 'registry-key':
      return readRegistryKey(value)
  }
}

/** A value as it is shown: no part of it is a link for a mail program, a browser or a telephone. `refang` undoes it. */
export function defang(value: string): string {
  return value.replace(/^h(?:tt)(ps?):/i, 'hxx$1:').replace(/[.:@]/g, '[$&]')
}

/** Text with the usual ways of defanging undone: `hxxp`, `[.]`, `(dot)`, `[@]`, `{at}`, `[:]`, `[://]`. Blanks around them stay. */
export function refang(text: string): string {
  return text.replace(DEFANGED, (found: string) => {
    if (/^h/i.test(found)) return `http${found.slice(4).toLowerCase()}`
    if (found.includes('//')) return '://'
    if (found.includes(':')) return ':'
    return /@|at/i.test(found) ? '@' : '.'
  })
}

const DEFANGED = /\bh(?:xx|tx|xt|\*\*|__)ps?(?=\s?(?::|\[:))|\[:\/\/\]|\[:\]|[[({]\s{0,2}(?:\.|dot|@|at)\s{0,2}[\])}]/gi

/** How many hexadecimal digits each kind of hash has. */
export const HEX_DIGITS = { md5: 32, sha1: 40, sha256: 64, sha512: 128 } as const

/** Longer than any value that means something: the longest addresses that browsers take are about this long. */
const LONGEST = 4_096

/** What is left may itself be a defanged form, `[[.].]`; each round makes the text shorter, so there are few. */
function refangWhole(text: string): string {
  let value = text
  for (let round = 0; round < 8; round++) {
    const next = refang(value)
    if (next === value) return value
    value = next
  }
  return ''
}

function readNetwork(text: string, widest: number, readAddress: (text: string) => string | undefined): string | undefined {
  const [address = '', prefix, ...rest] = text.split('/')
  const read = readAddress(address)
  if (read === undefined || rest.length > 0) return undefined
  if (prefix === undefined) return read
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > widest) return undefined
  return Number(prefix) === widest ? read : `${read}/${Number(prefix)}`
}

/** A leading zero is refused: some programs read 010 as eight. */
function readIpv4(text: string): string | undefined {
  const parts = text.split('.')
  return parts.length === 4 && parts.every(part => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255) ? text : undefined
}

function readIpv6(text: string): string | undefined {
  if (!text.includes(':') || !/^[0-9a-f:.]+$/i.test(text) || !URL.canParse(`http://[${text}]`)) return undefined
  return new URL(`http://[${text}]`).hostname.slice(1, -1)
}

function readDomain(text: string): string | undefined {
  const bare = text.replace(/\.$/, '')
  if (!/^[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)+$/u.test(bare) || !/\p{L}/u.test(bare.slice(bare.lastIndexOf('.')))) return undefined
  if (!URL.canParse(`http://${bare}`)) return undefined
  const host = new URL(`http://${bare}`).hostname
  const labels = host.split('.')
  return host.length <= 253 && labels.length > 1 && labels.every(label => /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/.test(label)) ? host : undefined
}

const SCHEMES = /^(?:https?|ftps?|sftp|wss?|tcp|udp|ldaps?|rmi|smb):\/\//i

/** With its scheme, or without one when it has a host and a path: reports often leave the scheme off. */
function readUrl(text: string): string | undefined {
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
  if (hasScheme && !SCHEMES.test(text)) return undefined
  if (!hasScheme && !/^[^/?#@:]+(?::\d{1,5})?\/./.test(text)) return undefined
  // A blank in a path was one of an address that somebody decoded; elsewhere it makes the address unreadable.
  const whole = (hasScheme ? text : `http://${text}`).replaceAll(' ', '%20')
  if (!URL.canParse(whole)) return undefined
  const url = new URL(whole)
  const host = url.hostname.toLowerCase()
  if (readIpv4(host) === undefined && readDomain(host) === undefined && !host.startsWith('[')) return undefined
  const tail = `${url.pathname}${url.search}${url.hash}`
  const front = url.href.slice(0, url.href.length - tail.length).replace(url.hostname, host)
  // A bracket in the path could be read as defanging.
  const value = front + tail.replaceAll('[', '%5B').replaceAll(']', '%5D')
  return hasScheme ? value : value.slice('http://'.length)
}

function readEmail(text: string): string | undefined {
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at).toLowerCase()
  const domain = readDomain(text.slice(at + 1))
  return at > 0 && domain !== undefined && /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]{1,64}$/u.test(local) ? `${local}@${domain}` : undefined
}

/** A bare name: the folder that it was seen in says little elsewhere. */
function readFileName(text: string): string | undefined {
  const name = text.slice(Math.max(text.lastIndexOf('\\'), text.lastIndexOf('/')) + 1).trim()
  return name !== '' && name.length <= 255 && !/^\.+$/.test(name) ? name : undefined
}

const HIVES: Readonly<Record<string, string>> = {
  hklm: 'hkey_local_machine',
  hkcu: 'hkey_current_user',
  hkcr: 'hkey_classes_root',
  hku: 'hkey_users',
  hkcc: 'hkey_current_config',
}

function readRegistryKey(text: string): string | undefined {
  const key = text
    .toLowerCase()
    .replace(/\\{2,}/g, '\\')
    .replace(/\\+$/, '')
  const hive = /^[a-z_]+/.exec(key)?.[0] ?? ''
  const rest = key.slice(hive.length).replace(/^:/, '')
  const full = HIVES[hive] ?? hive
  return rest.startsWith('\\') && Object.values(HIVES).includes(full) ? full + rest : undefined
}
