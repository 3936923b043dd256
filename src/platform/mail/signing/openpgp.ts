import { createMessage, enums, readPrivateKey, readSignature, sign, type PrivateKey } from 'openpgp'
import { Invalid, Unavailable } from '../../../kernel/errors.ts'
import { openPgpPart, type DetachedSigner } from './signer.ts'

/** Signs with an OpenPGP key of ours (RFC 3156 §5, RFC 9580). Throws `Invalid` when the key cannot be read, is locked, or has run out. */
export async function openPgpSigner(armoredKey: string): Promise<DetachedSigner> {
  const key = await readKey(armoredKey)
  return {
    kind: 'openpgp',
    async sign(entity) {
      // RFC 3156 wants the hash named beforehand: SHA-512, which every key that is read here may use.
      const armored: unknown = await sign({
        message: await createMessage({ binary: entity }),
        signingKeys: key,
        detached: true,
        format: 'armored',
        config: { preferredHashAlgorithm: enums.hash.sha512, showComment: false, showVersion: false },
      })
      return describeOpenPgp(String(armored))
    },
  }
}

/** A detached signature as a part, with the hash that it really uses. Throws `Unavailable` when it is none: a command may print anything. */
export async function describeOpenPgp(armored: string): Promise<Awaited<ReturnType<DetachedSigner['sign']>>> {
  const read = await readSignature({ armoredSignature: armored }).catch(() => undefined)
  const algorithm = read?.packets[0]?.hashAlgorithm
  if (algorithm === undefined || algorithm === null)
    throw new Unavailable('platform.mail.signature', 'What was given for an OpenPGP signature is not an armoured detached signature.')
  return { part: openPgpPart(armored), micalg: `pgp-${enums.read(enums.hash, algorithm)}` }
}

async function readKey(armoredKey: string): Promise<PrivateKey> {
  const key = await readPrivateKey({ armoredKey }).catch(() => {
    throw new Invalid('platform.mail.signing-key', 'The OpenPGP key cannot be read. It must be an armoured private key.')
  })
  if (!key.isDecrypted())
    throw new Invalid(
      'platform.mail.signing-key',
      'The OpenPGP key is locked by a passphrase. Store it without one in a file that only CareCERT reads, or sign by MAIL_SIGNING_COMMAND.',
    )
  await key.getSigningKey().catch((cause: unknown) => {
    throw new Invalid(
      'platform.mail.signing-key',
      'The OpenPGP key cannot sign: it has run out, was revoked, or has no part that signs.',
      undefined,
      { cause },
    )
  })
  return key
}
