import { parse } from 'tldts'

/**
 * Which values may be kept as indicators when they are found in text. Addresses and names set aside for documentation (RFC 5737, RFC 3849,
 * `.example` of RFC 2606) count: exercises and samples are written with them, and nobody else can be harmed by them.
 */

/** Networks that are never an attacker's on the internet (RFC 6890): this machine, private, shared, link-local, multicast, reserved. */
const NOT_PUBLIC_IPV4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
]

/** Whether an address, or a network with its prefix, in the form that `readIndicator` gives, lies on the public internet. */
export function isPublicAddress(value: string): boolean {
  const address = value.replace(/\/\d+$/, '')
  // Of IPv6 only 2000::/3 is given out (RFC 4291 §2.4).
  if (address.includes(':')) return /^[23][0-9a-f]{3}:/.test(address)
  const number = numberOf(address)
  return !NOT_PUBLIC_IPV4.some(([network, bits]) => Math.floor(number / 2 ** (32 - bits)) === Math.floor(numberOf(network) / 2 ** (32 - bits)))
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

/** Whether a domain name, in plain form, stands under a suffix that exists and has a name of its own before it. */
export function isKnownDomain(domain: string): boolean {
  if (/\.(?:example|onion|i2p)$/.test(domain)) return true
  const { isIcann, isPrivate, domain: registered } = parse(domain, { allowPrivateDomains: false, validateHostname: false })
  return (isIcann === true || isPrivate === true) && registered !== null
}

/** Hashes of an empty file, in MD5, SHA-1, SHA-256 and SHA-512: every list that was made by a machine holds one. */
const OF_NOTHING: ReadonlySet<string> = new Set([
  'd41d8cd98f00b204e9800998ecf8427e',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
])

/** Whether a hash says nothing about a file: of an empty one, of one digit, or with a word before it that says what else it is. */
export function saysNothing(hash: string, before: string): boolean {
  return OF_NOTHING.has(hash) || /^(.)\1+$/.test(hash) || /(?:commit|revision|fingerprint|key(?: id)?|etag|uuid)\W{0,3}$/i.test(before)
}
