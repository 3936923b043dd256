import { access, stat } from 'node:fs/promises'
import { settingsFrom } from '../interop/csaf-provider/model.ts'
import { issuedElsewhere } from '../interop/csaf-provider/queries.ts'
import { openDocumentSigner, sampleKeyFile } from '../interop/csaf-provider/signing.ts'
import type { Visible } from '../interop/csaf-provider/tables.ts'
import { CareCertError } from '../kernel/errors.ts'
import type { Instant } from '../kernel/instant.ts'
import { systemClock, type Clock } from '../platform/clock/clock.ts'
import type { Config } from '../platform/config/config.ts'
import type { Database } from '../platform/db/database.ts'
import { SYSTEM } from '../platform/work/actor.ts'
import { readAs } from '../platform/work/read.ts'
import type { Finding } from './finding.ts'

const about = 'CSAF'
const DAY_MILLIS = 86_400_000
/** CSAF 2.1 §7.1.19: every signature stays good for 30 days at all times, better 90. */
const LEAST_DAYS = 30
const BETTER_DAYS = 90
const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:|\/|$)/

/** Whether this is a CSAF trusted provider, and what is missing. Never prints a key; makes one trial signature. */
export async function csafFindings(config: Config, clock: Clock = systemClock): Promise<readonly Finding[]> {
  return [...addressFindings(config), ...(await signingFindings(config, clock)), ...nameFindings(config)]
}

/** Whether published documents name another address or publisher than the settings of today. */
export async function issuedFindings(database: Database, config: Config): Promise<readonly Finding[]> {
  const elsewhere = await readAs<Visible, readonly string[]>({ database }, SYSTEM, db => issuedElsewhere(db, settingsFrom(config)))
  if (elsewhere.length === 0) return []
  const bulletins = `${elsewhere.length.toLocaleString('en-GB')} ${elsewhere.length === 1 ? 'bulletin names' : 'bulletins name'}`
  const words = `What is published of ${bulletins} another address or publisher than BASE_URL and CSAF_PUBLISHER_NAME. If the new ones are to last, run: carecert csaf reissue.`
  return [{ about, verdict: 'caution', words }]
}

function addressFindings({ baseUrl }: Config): readonly Finding[] {
  if (baseUrl.startsWith('https:') || LOOPBACK.test(baseUrl)) return []
  return [
    {
      about,
      verdict: 'caution',
      words: 'Documents must not go from one organisation to another without TLS (CSAF §7.1.3). Set BASE_URL to an https address.',
    },
  ]
}

function nameFindings({ csaf }: Config): readonly Finding[] {
  if (csaf.publisherNamespace !== null) return []
  const words = `Documents are issued in the name of ${csaf.publisherName}, and known by BASE_URL. Before the first release set CSAF_PUBLISHER_NAME and CSAF_PUBLISHER_NAMESPACE, which must never change.`
  return [{ about, verdict: 'caution', words }]
}

async function signingFindings(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const { signing } = config.csaf
  if (signing.kind === 'none') return [await unsignedFinding(config.dataFolder)]
  try {
    const signer = await openDocumentSigner({ config, clock, sample: false })
    await signer?.sign(Buffer.from('{}\n'))
    if (signer === null) return []
    const open = signing.kind === 'key' && ((await stat(signing.keyFile)).mode & 0o077) !== 0
    return [
      ...(open
        ? [
            {
              about,
              verdict: 'bad',
              words: 'Others on this machine can read CSAF_SIGNING_KEY_FILE. Run chmod 600 on it, and make a new key.',
            } as const,
          ]
        : []),
      keyFinding(signer.fingerprint, signer.until, clock.now()),
    ]
  } catch (error) {
    if (error instanceof CareCertError) return [{ about, verdict: 'bad', words: error.message }]
    throw error
  }
}

async function unsignedFinding(dataFolder: string): Promise<Finding> {
  const isSample = await access(sampleKeyFile(dataFolder)).then(
    () => true,
    () => false,
  )
  return isSample
    ? { about, verdict: 'good', words: 'The sample signs by a key of its own. A centre sets CSAF_SIGNING_KEY_FILE, or CSAF_SIGNING_COMMAND.' }
    : {
        about,
        verdict: 'caution',
        words:
          'Documents are not signed, so this is a CSAF provider and not a trusted one. Set CSAF_SIGNING_KEY_FILE, or CSAF_SIGNING_COMMAND with CSAF_PUBLIC_KEY_FILE.',
      }
}

function keyFinding(fingerprint: string, until: Instant | null, now: Instant): Finding {
  const key = `A trial was signed by the key ${fingerprint}. Put its public part on a key server too`
  if (until === null) return { about, verdict: 'good', words: `${key}. It has no end.` }
  const days = Math.floor((until.getTime() - now.getTime()) / DAY_MILLIS)
  const day = until.toISOString().slice(0, 10)
  if (days < LEAST_DAYS)
    return {
      about,
      verdict: 'bad',
      words: `The key ${fingerprint} ends on ${day}: readers refuse what is signed by it. Extend it, or set a new one; documents are signed anew by themselves.`,
    }
  return days < BETTER_DAYS
    ? {
        about,
        verdict: 'caution',
        words: `The key ${fingerprint} ends on ${day}, in less than ${BETTER_DAYS} days. Extend it now, or set a new one.`,
      }
    : { about, verdict: 'good', words: `${key}. It holds until ${day}.` }
}
