import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { Bug } from '../../../kernel/errors.ts'
import type { Instant } from '../../../kernel/instant.ts'

/** A secret that signs, and what the receiver checks with: the same for HMAC, the public key for ed25519. */
export interface NewSecret {
  readonly secret: string
  /** `whpk_…`; `null` for HMAC. */
  readonly publicKey: string | null
}

const HMAC_BYTES = 32
const SEED_BYTES = 32

/** Makes a secret for one endpoint, never shared with another (Standard Webhooks 1.0.0, "Signature scheme"): `whsec_` with 32 random bytes, or `whsk_` with an ed25519 key. */
export function newSecret(kind: 'hmac' | 'ed25519'): NewSecret {
  if (kind === 'hmac') return { secret: `whsec_${randomBytes(HMAC_BYTES).toString('base64')}`, publicKey: null }
  const { d, x } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })
  const seed = Buffer.from(d ?? '', 'base64url')
  const publicKey = Buffer.from(x ?? '', 'base64url')
  return { secret: `whsk_${Buffer.concat([seed, publicKey]).toString('base64')}`, publicKey: `whpk_${publicKey.toString('base64')}` }
}

/**
 * The headers that sign one try: `webhook-id`, the same on every try, `webhook-timestamp` of this one, and `webhook-signature` with one
 * signature for each secret, so that a receiver may know either while they change.
 */
export function signedHeaders(secrets: readonly string[], id: string, at: Instant, body: string): Record<string, string> {
  const seconds = Math.floor(at.getTime() / 1_000)
  return {
    'webhook-id': id,
    'webhook-timestamp': String(seconds),
    'webhook-signature': secrets.map(secret => signatureOf(secret, id, at, seconds, body)).join(' '),
  }
}

function signatureOf(secret: string, id: string, at: Instant, seconds: number, body: string): string {
  if (secret.startsWith('whsec_')) return new Webhook(secret).sign(id, at, body)
  if (!secret.startsWith('whsk_')) throw new Bug('broadcast.webhook.secret', 'A secret of a webhook is of no kind that signs.')
  const key = Buffer.from(secret.slice('whsk_'.length), 'base64')
  const jwk = { kty: 'OKP', crv: 'Ed25519', d: key.subarray(0, SEED_BYTES).toString('base64url'), x: key.subarray(SEED_BYTES).toString('base64url') }
  const signature = sign(null, Buffer.from(`${id}.${seconds}.${body}`), createPrivateKey({ key: jwk, format: 'jwk' }))
  return `v1a,${signature.toString('base64')}`
}
