import { createMessage, readKeys, readSignature, verify, type Key } from 'openpgp'
import type { Instant } from '../../kernel/instant.ts'
import { fail, succeed, type Result } from '../../kernel/problem.ts'

/** A provider's public key, ready to verify with. */
export interface VerificationKey {
  /** In upper case. */
  readonly fingerprint: string
  readonly key: Key
}

/**
 * Reads the public keys in a file (OpenPGP, armoured or not; CSAF 2.0 §7.1.20). A private key is read as the public one that it holds.
 * Fails with `csaf-provider.key.unreadable`.
 */
export async function readVerificationKeys(bytes: Uint8Array): Promise<Result<readonly VerificationKey[]>> {
  const isArmoured = new TextDecoder().decode(bytes.subarray(0, 1_000)).includes('-----BEGIN PGP')
  const keys = await (isArmoured ? readKeys({ armoredKeys: new TextDecoder().decode(bytes) }) : readKeys({ binaryKeys: bytes })).catch(() => [])
  if (keys.length === 0)
    return fail({ rule: 'csaf-provider.key.unreadable', pointer: '', severity: 'error', message: 'What was fetched is not a public OpenPGP key.' })
  return succeed(keys.map(key => ({ fingerprint: key.getFingerprint().toUpperCase(), key: key.toPublic() })))
}

/**
 * Proves that one of the keys signed exactly these bytes, by a detached signature (CSAF 2.0 §7.1.19), and gives that key's fingerprint.
 * `now` bounds when it can have been made. A key that has expired since still proves what it signed before; one that was revoked as
 * compromised proves nothing. Fails with `csaf-provider.signature.unreadable`, `.unknown-key` or `.wrong`.
 */
export async function verifySignature(
  bytes: Uint8Array,
  signatureFile: Uint8Array,
  keys: readonly VerificationKey[],
  now: Instant,
): Promise<Result<string>> {
  const text = new TextDecoder().decode(signatureFile)
  const signature = await (
    text.includes('-----BEGIN PGP') ? readSignature({ armoredSignature: text }) : readSignature({ binarySignature: signatureFile })
  ).catch(() => null)
  if (signature === null || signature.packets.length === 0)
    return fail(wrong('unreadable', 'The signature of this document cannot be read: it is damaged, or no OpenPGP signature.'))
  const { signatures } = await verify({
    message: await createMessage({ binary: bytes }),
    signature,
    verificationKeys: keys.map(({ key }) => key),
    date: now,
  })
  let isKnown = false
  for (const { keyID, verified } of signatures) {
    const signer = keys.find(({ key }) => key.getKeys(keyID).length > 0)
    const holds = await verified.then(
      () => true,
      () => false,
    )
    if (signer !== undefined && holds) return succeed(signer.fingerprint)
    isKnown ||= signer !== undefined
  }
  if (isKnown) return fail(wrong('wrong', 'The signature of this document does not hold: the document is not what its publisher signed.'))
  const ids = signatures.map(({ keyID }) => keyID.toHex().toUpperCase()).join(', ')
  return fail(wrong('unknown-key', `This document was signed with a key (${ids}) that is none of its provider's.`))
}

function wrong(rule: string, message: string) {
  return { rule: `csaf-provider.signature.${rule}`, pointer: '', severity: 'error', message } as const
}
