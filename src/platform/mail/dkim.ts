import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { Invalid, Unavailable } from '../../kernel/errors.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { HeaderField } from './message.ts'

/** A key with which messages are signed for a domain, under the name of its DNS record (RFC 6376 §3.1). */
export interface DkimKey {
  readonly domain: string
  readonly selector: string
  readonly algorithm: 'rsa-sha256' | 'ed25519-sha256'
  /** The key itself; its public half where it signs elsewhere. */
  readonly key: KeyObject
  /** Signs outside: for RSA the data, for Ed25519 its SHA-256. Without it, `key` signs here. */
  readonly signOutside?: ((bytes: Buffer) => Promise<Buffer>) | undefined
}

/** RFC 8301 §3.2 allows 1024, and says that 2048 is what a signer should use. */
const SHORTEST_RSA_BITS = 2048

/**
 * Reads a key of DKIM in PEM: a private one, or with `signOutside` the public half of one that signs elsewhere. Throws `Invalid` when it is no key,
 * too short, or of another kind.
 */
export function readDkimKey(pem: string, domain: string, selector: string, signOutside?: DkimKey['signOutside']): DkimKey {
  let key: KeyObject
  try {
    key = signOutside === undefined ? createPrivateKey(pem) : createPublicKey(pem)
  } catch {
    throw new Invalid(
      'platform.mail.dkim-key',
      `The DKIM key of the selector ${selector} cannot be read. It must be a ${signOutside === undefined ? 'private key in PEM, without a passphrase' : 'public key in PEM, as a command signs'}.`,
    )
  }
  if (key.asymmetricKeyType === 'ed25519') return { domain, selector, key, signOutside, algorithm: 'ed25519-sha256' }
  if (key.asymmetricKeyType !== 'rsa')
    throw new Invalid('platform.mail.dkim-key', `The DKIM key of the selector ${selector} must be RSA or Ed25519 (RFC 6376, RFC 8463).`)
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < SHORTEST_RSA_BITS)
    throw new Invalid('platform.mail.dkim-key', `The DKIM key of the selector ${selector} is shorter than 2048 bits (RFC 8301). Make a longer one.`)
  return { domain, selector, key, signOutside, algorithm: 'rsa-sha256' }
}

/** The DNS record to publish for a key: its name, and its text (RFC 6376 §3.6.1; RFC 8463 §4 for Ed25519, whose key is bare). */
export function dkimRecord({ domain, selector, algorithm, key }: DkimKey): { readonly name: string; readonly text: string } {
  const der = (key.type === 'public' ? key : createPublicKey(key)).export({ type: 'spki', format: 'der' })
  const bare = algorithm === 'ed25519-sha256' ? der.subarray(-32) : der
  return {
    name: `${selector}._domainkey.${domain}`,
    text: `v=DKIM1; k=${algorithm === 'ed25519-sha256' ? 'ed25519' : 'rsa'}; p=${bare.toString('base64')}`,
  }
}

/** Signed once more than they occur, so that none can be added afterwards (RFC 6376 §8.15); whether a message has them or not. */
const OVERSIGNED = ['From', 'Subject', 'Date', 'To', 'List-Unsubscribe', 'List-Unsubscribe-Post', 'Reply-To', 'MIME-Version', 'Content-Type']
const ALSO_SIGNED = ['Message-ID', 'List-Id', 'Auto-Submitted', 'Feedback-ID']

/**
 * The `DKIM-Signature` fields of a message, one for each key, to stand before its other fields (RFC 6376 §3, relaxed/relaxed, without `l=`;
 * RFC 8463 for Ed25519). It goes on last: whatever is changed afterwards breaks it.
 */
export async function signDkim(
  message: { readonly fields: readonly HeaderField[]; readonly content: string },
  keys: readonly DkimKey[],
  now: Instant,
): Promise<readonly HeaderField[]> {
  if (keys.length === 0) return []
  const present = new Map(message.fields.map(field => [field.name.toLowerCase(), field]))
  const signedOnce = [...OVERSIGNED, ...ALSO_SIGNED].flatMap(name => present.get(name.toLowerCase()) ?? [])
  const names = [...signedOnce.map(({ name }) => name), ...OVERSIGNED].map(name => name.toLowerCase())
  const canonicalFields = signedOnce.map(field => `${relaxedField(field)}\r\n`).join('')
  const bodyHash = createHash('sha256').update(relaxedBody(message.content), 'latin1').digest('base64')
  return Promise.all(
    keys.map(async key => {
      const value = [
        `v=1; a=${key.algorithm}; c=relaxed/relaxed;`,
        `d=${key.domain}; s=${key.selector};`,
        `t=${Math.floor(now.getTime() / 1_000)}; bh=${bodyHash};`,
        `h=${inLines(names, ':')};`,
        'b=',
      ].join('\r\n ')
      const data = Buffer.from(canonicalFields + relaxedField({ name: 'DKIM-Signature', value }), 'latin1')
      const signature = (await signData(key, data)).toString('base64')
      return { name: 'DKIM-Signature', value: value + (signature.match(/.{1,72}/g) ?? []).join('\r\n ') }
    }),
  )
}

/** Over what is signed: for Ed25519 its hash (RFC 8463 §3), which is no more work for a long message. In a thread of Node's pool. */
function signData({ algorithm, key, signOutside, selector }: DkimKey, data: Buffer): Promise<Buffer> {
  const [hash, bytes] = algorithm === 'rsa-sha256' ? ['sha256', data] : [null, createHash('sha256').update(data).digest()]
  if (signOutside !== undefined) return checked(signOutside(bytes))
  return new Promise((resolve, reject) => {
    sign(hash, bytes, key, (error, signature) => (error === null ? resolve(signature) : reject(error)))
  })

  /** What came from outside leaves with a message only when receivers will find that it holds. */
  async function checked(signing: Promise<Buffer>): Promise<Buffer> {
    const signature = await signing
    if (verify(hash, bytes, key, signature)) return signature
    throw new Unavailable('platform.mail.dkim-signature', `What DKIM_SIGNING_COMMAND gave for the selector ${selector} is no signature of its key.`)
  }
}

/** RFC 6376 §3.4.2. */
function relaxedField({ name, value }: HeaderField): string {
  const unfolded = value.replace(/\r\n/g, '').replace(/[ \t]+/g, ' ')
  return `${name.toLowerCase()}:${unfolded.trim()}`
}

/** RFC 6376 §3.4.4: runs of white space are one space, none ends a line, and no empty line ends the body. */
export function relaxedBody(content: string): string {
  const lines = content.replace(/[ \t]{2,}|\t/g, ' ').replaceAll(' \r\n', '\r\n')
  let end = lines.length
  while (lines.startsWith('\r\n', end - 2) && end >= 2) end -= 2
  return end === 0 ? '' : `${lines.slice(0, end)}\r\n`
}

function inLines(names: readonly string[], separator: string): string {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    if (last === undefined || last.length + name.length > 68) lines.push(name)
    else lines[lines.length - 1] = `${last}${separator}${name}`
  }
  return lines.join(`${separator}\r\n `)
}
