import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createMessage, enums, generateKey, readKey, readPrivateKey, readSignature, sign, verify, type Key, type PrivateKey } from 'openpgp'
import { Invalid, Unavailable } from '../../kernel/errors.ts'
import type { Instant } from '../../kernel/instant.ts'
import { runSigningCommand } from '../../platform/mail/signing/command.ts'
import type { Platform } from '../../platform/platform.ts'

/** What signs documents: by a key of ours, or by a command outside. */
export interface DocumentSigner {
  /** In upper case. */
  readonly fingerprint: string
  /** Armoured. */
  readonly publicKey: string
  /** Until when its signatures are good; `null` for a key without an end. */
  readonly until: Instant | null
  /** An armoured detached signature over exactly these bytes, verified before it is given. Throws `Unavailable`. */
  sign(bytes: Uint8Array): Promise<string>
}

type SigningPlatform = Pick<Platform, 'config' | 'clock' | 'sample'>

/** Where the sample keeps the key that it makes for itself. */
export function sampleKeyFile(dataFolder: string): string {
  return join(dataFolder, 'csaf-signing-key.asc')
}

/**
 * Opens what the configuration names for signing; `null` where there is nothing, except in the sample, which makes itself a key in its data folder. Throws `Invalid`
 * for a key that cannot be used: locked, run out, or not of version 4, since the standard refers to RFC 4880 and readers know no other (§7.1.19).
 */
export async function openDocumentSigner({ config, clock, sample }: SigningPlatform): Promise<DocumentSigner | null> {
  const { signing } = config.csaf
  const now = clock.now()
  if (signing.kind === 'command') {
    const key = await usableKey(
      await readKey({ armoredKey: await readKeyFile('CSAF_PUBLIC_KEY_FILE', signing.publicKeyFile) }).catch(unreadable),
      now,
    )
    return signerOf(key, now, async bytes => (await runSigningCommand(signing.argv, Buffer.from(bytes), signing.environment)).toString('latin1'))
  }
  const armoredKey =
    signing.kind === 'key' ? await readKeyFile('CSAF_SIGNING_KEY_FILE', signing.keyFile) : sample ? await sampleKey(config.dataFolder, now) : null
  if (armoredKey === null) return null
  const key = await readPrivateKey({ armoredKey }).catch(unreadable)
  if (!key.isDecrypted())
    throw new Invalid(
      'interop.csaf.key-locked',
      'The OpenPGP key for CSAF is locked by a passphrase. Store it without one in a file that only the worker reads, or sign by CSAF_SIGNING_COMMAND.',
    )
  await usableKey(key, now)
  return signerOf(key.toPublic(), now, bytes => signBy(key, bytes, now))
}

async function signBy(key: PrivateKey, bytes: Uint8Array, date: Instant): Promise<string> {
  const armored: unknown = await sign({
    message: await createMessage({ binary: bytes }),
    signingKeys: key,
    detached: true,
    format: 'armored',
    date,
    config: { preferredHashAlgorithm: enums.hash.sha512, showComment: false, showVersion: false },
  })
  return String(armored)
}

async function signerOf(key: Key, now: Instant, make: (bytes: Uint8Array) => Promise<string>): Promise<DocumentSigner> {
  const until = await key.getExpirationTime()
  return {
    fingerprint: key.getFingerprint().toUpperCase(),
    publicKey: key.armor(),
    until: until instanceof Date ? until : null,
    async sign(bytes) {
      const armored = await make(bytes)
      await assertGood(armored, bytes, key)
      return armored
    },
  }

  /** What a command prints may be anything, and a document with a bad signature is one that every reader refuses. */
  async function assertGood(armoredSignature: string, bytes: Uint8Array, verificationKeys: Key): Promise<void> {
    try {
      const signature = await readSignature({ armoredSignature })
      const { signatures } = await verify({
        message: await createMessage({ binary: bytes }),
        signature,
        verificationKeys,
        date: signature.packets[0]?.created ?? now,
      })
      await signatures[0]?.verified
      if (signatures.length > 0) return
    } catch {
      // It is said below what is wrong.
    }
    throw new Unavailable('interop.csaf.signature', 'What was given for a signature of a CSAF document is none by the key that is published with it.')
  }
}

async function usableKey<K extends Key>(key: K, now: Instant): Promise<K> {
  if (key.keyPacket.version !== 4)
    throw new Invalid('interop.csaf.key-version', 'The OpenPGP key for CSAF is not of version 4, which the standard asks for. Make one with GnuPG.')
  await key.getSigningKey(undefined, now).catch((cause: unknown) => {
    throw new Invalid(
      'interop.csaf.key-over',
      'The OpenPGP key for CSAF cannot sign: it has run out, was revoked, or has no part that signs.',
      undefined,
      {
        cause,
      },
    )
  })
  return key
}

/** Invented data needs no secret: the key lies open in the data folder, and every process of the sample finds the same. */
async function sampleKey(dataFolder: string, date: Instant): Promise<string> {
  const path = sampleKeyFile(dataFolder)
  const known = await readFile(path, 'utf8').catch(() => null)
  if (known !== null) return known
  const { privateKey } = await generateKey({ type: 'ecc', curve: 'ed25519Legacy', userIDs: [{ name: 'CareCERT sample' }], date, format: 'armored' })
  const draft = `${path}.${process.pid}.${randomUUID()}`
  await mkdir(dataFolder, { recursive: true, mode: 0o700 })
  try {
    await writeFile(draft, privateKey, { mode: 0o600, flag: 'wx' })
    await link(draft, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(draft, { force: true })
  }
  return readFile(path, 'utf8')
}

function readKeyFile(setting: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new Invalid('interop.csaf.key-file', `${setting} names a file that is not there or cannot be read by this process.`)
  })
}

function unreadable(): never {
  throw new Invalid('interop.csaf.key', 'The OpenPGP key for CSAF cannot be read. It must be armoured, as gpg --armor --export writes it.')
}
