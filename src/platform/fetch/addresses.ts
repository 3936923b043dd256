import { lookup as resolveByDns } from 'node:dns/promises'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { Invalid, Unavailable } from '../../kernel/errors.ts'

/** Addresses that a source must never lead to (RFC 6890): this machine, private networks, link-local, multicast, and the ways to write an IPv4 address as IPv6. */
const PRIVATE = new BlockList()
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv4')
for (const [net, bits] of [
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv6')

/** Whether an IP address is one that the outside world cannot have. */
export function isPrivateAddress(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

interface HostAddress {
  readonly address: string
  readonly family: number
}

/** Finds the addresses of a host name. Rejects, or gives none, for a name that nobody knows. */
export type Resolve = (hostname: string) => Promise<readonly HostAddress[]>

export function resolveHost(hostname: string): Promise<readonly HostAddress[]> {
  return resolveByDns(hostname, { all: true })
}

/**
 * Whether the address may be asked at all: http or https, no user name or password in it, one of `hosts` where they are given (each with
 * its subdomains), and no private network written out in figures. Throws `Invalid`. What a name stands for is judged by `pinnedLookup`.
 */
export function assertMayAsk(url: URL, hosts: readonly string[] | undefined, mayBePrivate: boolean): void {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw new Invalid('platform.fetch.scheme', 'Only http and https addresses can be gathered.')
  if (url.username !== '' || url.password !== '')
    throw new Invalid('platform.fetch.credentials', 'An address must not hold a user name or a password. Give them apart from the address.')
  if (hosts !== undefined && !isAmongHosts(url, hosts))
    throw new Invalid(
      'platform.fetch.host',
      `That address leads to ${url.host}, which this source is not allowed to ask. If that is meant, add the host to the source.`,
    )
  const host = bareHost(url)
  if (!mayBePrivate && isIP(host) !== 0 && isPrivateAddress(host)) throw privateNetwork()
}

/** Whether the address is at one of the hosts, which may name a port, or at a subdomain of one. */
export function isAmongHosts(url: URL, hosts: readonly string[]): boolean {
  return hosts.some(host => url.host === host || url.host.endsWith(`.${host}`))
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '')
}

/**
 * The resolver of one connection: what it judges is what is connected to, so that a name whose address changes between a check and
 * the connection ("DNS rebinding") gains nothing. A name with any private address is refused as a whole.
 */
export function pinnedLookup(resolve: Resolve, mayBePrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    const find = async () => {
      const found = await resolve(hostname).catch(() => [])
      const [first] = found
      if (first === undefined) throw new Unavailable('platform.fetch.unknown-host', 'The host of that address is not known. Check the address.')
      if (!mayBePrivate && found.some(({ address }) => isPrivateAddress(address))) throw privateNetwork()
      return { found, first }
    }
    find().then(
      ({ found, first }) => (options.all === true ? callback(null, [...found]) : callback(null, first.address, first.family)),
      (error: unknown) => callback(error as NodeJS.ErrnoException, '', 0),
    )
  }
}

function privateNetwork(): Invalid {
  return new Invalid('platform.fetch.private', 'That address leads into a private network. If that is meant, name its host in FETCH_ALLOW_PRIVATE.')
}
