import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { access, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Bug, Unavailable } from '../../kernel/errors.ts'

/**
 * Signs short texts (links, cookies) with HMAC-SHA-256 (RFC 2104), each purpose under a key of its own (HKDF, RFC 5869),
 * so that what was signed for one purpose never passes for another.
 */
export interface Signer {
  /** The signature, 43 characters of base64url. */
  sign(purpose: string, text: string): string
  /** Whether the signature is ours; compared in constant time. */
  verify(purpose: string, text: string, signature: string): boolean
  /** 96 bits of a signature under a key of its own, 16 characters: for where each counts, and a guess must be asked of us over the network. */
  signShort(purpose: string, text: string): string
  verifyShort(purpose: string, text: string, signature: string): boolean
  /** Encrypts a secret that must be stored and read again (AES-256-GCM), bound to what it belongs to, such as a person's id. */
  seal(purpose: string, text: string, belongsTo: string): string
  /** What was sealed. Throws `Bug` when it was changed, moved to somebody else, or sealed under another secret. */
  open(purpose: string, sealed: string, belongsTo: string): string
}

const IV_BYTES = 12
const TAG_BYTES = 16
const SHORT_BYTES = 12

/** A signer over one secret of at least 32 characters. */
export function createSigner(secret: string): Signer {
  const keys = new Map<string, Buffer>()
  const keyFor = (purpose: string) => {
    const known = keys.get(purpose)
    if (known !== undefined) return known
    const key = Buffer.from(hkdfSync('sha256', secret, 'carecert', purpose, 32))
    keys.set(purpose, key)
    return key
  }
  const mac = (purpose: string, text: string) => createHmac('sha256', keyFor(purpose)).update(text).digest()
  const shortMac = (purpose: string, text: string) => mac(`short:${purpose}`, text).subarray(0, SHORT_BYTES)
  return {
    sign: (purpose, text) => mac(purpose, text).toString('base64url'),
    verify: (purpose, text, signature) => isSame(signature, mac(purpose, text)),
    signShort: (purpose, text) => shortMac(purpose, text).toString('base64url'),
    verifyShort: (purpose, text, signature) => isSame(signature, shortMac(purpose, text)),
    seal: (purpose, text, belongsTo) => {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv('aes-256-gcm', keyFor(`seal:${purpose}`), iv).setAAD(Buffer.from(belongsTo))
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url')
    },
    open: (purpose, sealed, belongsTo) => {
      const bytes = Buffer.from(sealed, 'base64url')
      const iv = bytes.subarray(0, IV_BYTES)
      try {
        const decipher = createDecipheriv('aes-256-gcm', keyFor(`seal:${purpose}`), iv, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(belongsTo))
        decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES))
        return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new Bug(
          'platform.auth.cannot-open',
          'A sealed secret could not be opened: it was changed, or CARECERT_SECRET is not the one it was sealed with.',
          purpose,
          { cause },
        )
      }
    },
  }
}

function isSame(signature: string, right: Buffer): boolean {
  const given = Buffer.from(signature, 'base64url')
  return given.length === right.length && timingSafeEqual(given, right) && given.toString('base64url') === signature
}

const KEY_BYTES = 48
/** The least that CARECERT_SECRET may be, and less than every key file holds. */
const SHORTEST_SECRET = 32

/**
 * The installation's secret: as configured, or from the key file, which is made on first start and readable by its owner alone.
 * The file appears whole: two processes that start together read the same, and none ever signs with a part of it.
 * Throws `Unavailable` when the file was cut or emptied.
 */
export async function installationSecret(configured: string | null, dataFolder: string): Promise<string> {
  if (configured !== null) return configured
  await mkdir(dataFolder, { recursive: true, mode: 0o700 })
  const path = join(dataFolder, 'secret.key')
  const draft = `${path}.${process.pid}.${randomUUID()}`
  if (!(await exists(path))) {
    try {
      await writeFile(draft, randomBytes(KEY_BYTES).toString('base64url'), { mode: 0o600, flag: 'wx', flush: true })
      await link(draft, path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      await rm(draft, { force: true })
    }
  }
  const secret = await readFile(path, 'utf8')
  if (secret.trim().length >= SHORTEST_SECRET) return secret
  throw new Unavailable(
    'platform.auth.key-file',
    `The key file ${path} is empty or cut off. Put back the one of your backup; without one, remove it, and links and authenticator apps must be set up anew.`,
  )
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
