import { generateSecret, generateURI, verify } from 'otplib'
import { toDataURL } from 'qrcode'
import type { Instant } from '../../kernel/instant.ts'

const STEP_SECONDS = 30
const TOTP_CODE = /^\d{6}$/

/** A new secret for an authenticator app: 160 random bits in base32 (RFC 4226 §4). */
export function newTotpSecret(): string {
  return generateSecret()
}

/** The secret as an authenticator app takes it: an `otpauth:` address, and the same as a QR code in a `data:` PNG. */
export async function totpSetUp(secret: string, email: string): Promise<{ address: string; qrCode: string; typed: string }> {
  const address = generateURI({ issuer: 'CareCERT', label: email, secret })
  return { address, qrCode: await toDataURL(address, { margin: 2, scale: 5 }), typed: secret.replace(/(.{4})(?=.)/g, '$1 ') }
}

/** The code as typed, without the spaces that apps show. */
function tidyCode(typed: string): string {
  return typed.replace(/\s/g, '')
}

export function looksLikeTotpCode(typed: string): boolean {
  return TOTP_CODE.test(tidyCode(typed))
}

/**
 * The time step that the code belongs to, or `null` when it is wrong (RFC 6238). One step of drift either way is
 * accepted; a step up to `lastStep`, the last one accepted, is not: a code works once.
 */
export async function totpStep(secret: string, code: string, lastStep: number | null, now: Instant): Promise<number | null> {
  if (!looksLikeTotpCode(code)) return null
  const epoch = Math.floor(now.getTime() / 1000)
  // Only after the clock was put back; the library would throw.
  if (lastStep !== null && lastStep > Math.floor(epoch / STEP_SECONDS)) return null
  const result = await verify({
    secret,
    token: tidyCode(code),
    epoch,
    epochTolerance: STEP_SECONDS,
    ...(lastStep === null ? {} : { afterTimeStep: lastStep }),
  })
  return result.valid && 'timeStep' in result ? result.timeStep : null
}
