import { createHash, randomBytes } from 'node:crypto'

/** A secret that cannot be guessed: 256 random bits, 43 characters of base64url. For session ids and one-time links. */
export function newToken(): string {
  return randomBytes(32).toString('base64url')
}

/** What is stored of a token: SHA-256, in hexadecimal. Plain hashing is enough for what has 256 bits to begin with. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
