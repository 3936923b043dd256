import { lookup } from 'node:dns/promises'
import { open } from 'node:fs/promises'
import { BlockList, isIP } from 'node:net'
import { Invalid, Unavailable } from '../../kernel/errors.ts'

/** The one way out to the network: only http and https, never to a private address, with a limit on size, time and redirects. */
export interface Fetcher {
  /** The bytes at an address. Throws `Invalid` for one that must not be asked, `Unavailable` when it gives nothing. */
  get(url: string): Promise<{ readonly bytes: Buffer; readonly type: string | null }>
}

const LARGEST_DOCUMENT_BYTES = 64 * 1024 * 1024
const TIMEOUT_MILLIS = 60_000
const MOST_REDIRECTS = 5

/** Addresses that a source must never lead to (RFC 6890): this machine, private networks, link-local, multicast. An IPv4 address written as IPv6 is judged as IPv4. */
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
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  PRIVATE.addSubnet(net, bits, 'ipv6')

/** Whether an IP address is one that the outside world cannot have. */
export function isPrivateAddress(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/** `allowPrivate` is for tests and for a source inside the centre's own network, which the operator names. */
export function createFetcher(options: { allowPrivate: readonly string[] } = { allowPrivate: [] }): Fetcher {
  async function assertAllowed(url: URL): Promise<void> {
    if (url.protocol !== 'https:' && url.protocol !== 'http:')
      throw new Invalid('platform.fetch.scheme', 'Only http and https addresses can be gathered.')
    if (options.allowPrivate.includes(url.host)) return
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const found = isIP(host) === 0 ? await lookup(host, { all: true }).catch(() => []) : [{ address: host }]
    if (found.length === 0) throw new Unavailable('platform.fetch.unknown-host', `The host of that address is not known. Check the address.`)
    if (found.some(({ address }) => isPrivateAddress(address)))
      throw new Invalid(
        'platform.fetch.private',
        'That address leads into a private network. If that is meant, name its host in FETCH_ALLOW_PRIVATE.',
      )
  }

  return {
    async get(address) {
      let url = parseUrl(address)
      for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
        await assertAllowed(url)
        const response = await fetch(url, {
          redirect: 'manual',
          signal: AbortSignal.timeout(TIMEOUT_MILLIS),
          headers: { 'user-agent': 'CareCERT' },
        }).catch((cause: unknown) => {
          throw new Unavailable('platform.fetch.failed', 'That address gave no answer. Try again later.', undefined, { cause })
        })
        const location = response.headers.get('location')
        if (response.status >= 300 && response.status < 400 && location !== null) {
          url = parseUrl(URL.parse(location, url.href)?.href ?? location)
          continue
        }
        if (!response.ok) throw new Unavailable('platform.fetch.status', `That address answered ${response.status}. Check it, or try again later.`)
        return { bytes: await readLimited(response), type: response.headers.get('content-type') }
      }
      throw new Unavailable('platform.fetch.redirects', 'That address leads round in circles.')
    },
  }
}

/** Reads a file, up to the same limit as a download. Throws `Invalid` when it is missing, no file, or too large. */
export async function readFileLimited(path: string, largest = LARGEST_DOCUMENT_BYTES): Promise<Buffer> {
  const file = await open(path, 'r').catch(() => {
    throw new Invalid('platform.file.missing', `The file ${path} is not there or cannot be read. Check the path.`)
  })
  try {
    const { size } = await file.stat().then(stat => (stat.isFile() ? stat : { size: -1 }))
    if (size < 0) throw new Invalid('platform.file.not-a-file', `${path} is not a file. Name the file itself.`)
    if (size > largest) throw new Invalid('platform.file.too-large', `${path} is larger than ${Math.round(largest / 1_048_576)} MB. Split it.`)
    return await file.readFile()
  } finally {
    await file.close()
  }
}

function parseUrl(address: string): URL {
  const url = URL.parse(address)
  if (url === null) throw new Invalid('platform.fetch.address', 'That is not an address. It must look like https://example.org/feed.json.')
  return url
}

async function readLimited(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  // The types of a response's body do not say what the chunks are; the Fetch standard does.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > LARGEST_DOCUMENT_BYTES)
      throw new Invalid('platform.fetch.too-large', `That document is larger than ${LARGEST_DOCUMENT_BYTES / 1_048_576} MB.`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
