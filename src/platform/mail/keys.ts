import { X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { Bug, Invalid } from '../../kernel/errors.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Clock } from '../clock/clock.ts'
import type { MailConfig, SigningConfig } from '../config/mail.ts'
import { dkimRecord, readDkimKey, type DkimKey } from './dkim.ts'
import { commandSigner } from './signing/command.ts'
import { lineSigner } from './signing/line-signer.ts'
import { openPgpSigner } from './signing/openpgp.ts'
import type { DetachedSigner } from './signing/signer.ts'
import { smimeSigner } from './signing/smime.ts'

/** All that is put on a message besides its text. */
export interface MailSigning {
  readonly body: DetachedSigner | null
  readonly dkim: readonly DkimKey[]
  /** Ends the command that signs for DKIM, where there is one. */
  close(): void
}

/**
 * Reads the keys that the configuration names. Throws `Invalid`, saying which setting is wrong: a message must not go out unsigned because a file
 * was moved. `environment` is what a signing command is given.
 */
export async function openSigning(config: MailConfig, clock: Clock, environment: Readonly<Record<string, string>>): Promise<MailSigning> {
  const signer = config.dkimCommand === null ? null : lineSigner(config.dkimCommand, environment)
  const dkim: DkimKey[] = []
  for (const { setting, domain, selector, keyFile } of config.dkim) {
    const signOutside = signer === null ? undefined : (bytes: Buffer) => signer.sign(selector, bytes)
    dkim.push(readDkimKey(await readKeyFile(setting, keyFile), domain, selector, signOutside))
  }
  return { dkim, body: await bodySigner(config.signing, clock, environment), close: () => signer?.close() }
}

async function bodySigner(config: SigningConfig, clock: Clock, environment: Readonly<Record<string, string>>): Promise<DetachedSigner | null> {
  switch (config.kind) {
    case 'none':
      return null
    case 'command':
      return commandSigner(config.signs, config.argv, environment)
    case 'openpgp':
      return openPgpSigner(await readKeyFile('MAIL_SIGNING_KEY_FILE', config.keyFile))
    case 'smime':
      return smimeSigner(
        await readKeyFile('MAIL_SIGNING_KEY_FILE', config.keyFile),
        await readKeyFile('MAIL_SIGNING_CERTIFICATE_FILE', config.certificateFile),
        clock,
      )
  }
}

/** What an operator needs to know of the keys: the DNS record of each, and whether others on the machine may read its file. */
export async function describeKeys(
  config: MailConfig,
): Promise<readonly { readonly name: string; readonly text: string; readonly isOpenToOthers: boolean }[]> {
  return Promise.all(
    config.dkim.map(async ({ setting, domain, selector, keyFile }) => ({
      ...dkimRecord(readDkimKey(await readKeyFile(setting, keyFile), domain, selector, config.dkimCommand === null ? undefined : unsigned)),
      // A public key is for everybody.
      isOpenToOthers: config.dkimCommand === null && ((await stat(keyFile)).mode & 0o077) !== 0,
    })),
  )
}

/** Until when the S/MIME certificate holds, and whether it names that address as readers' programs ask (RFC 8550 §3); `null` without one. */
export async function describeCertificate(
  { signing }: MailConfig,
  address: string,
): Promise<{ readonly validUntil: Instant; readonly namesAddress: boolean } | null> {
  if (signing.kind !== 'smime') return null
  const certificate = new X509Certificate(await readKeyFile('MAIL_SIGNING_CERTIFICATE_FILE', signing.certificateFile))
  return { validUntil: certificate.validToDate, namesAddress: certificate.checkEmail(address) !== undefined }
}

/** For a key of which only the record is wanted. */
function unsigned(): Promise<Buffer> {
  throw new Bug('platform.mail.unsigned', 'Nothing is signed to describe a key.')
}

function readKeyFile(setting: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new Invalid('platform.mail.key-file', `${setting} names a file that is not there or cannot be read by this process.`)
  })
}
