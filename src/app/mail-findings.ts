import { CareCertError } from '../kernel/errors.ts'
import { systemClock } from '../platform/clock/clock.ts'
import type { Config } from '../platform/config/config.ts'
import { signDkim } from '../platform/mail/dkim.ts'
import { describeCertificate, describeKeys, openSigning } from '../platform/mail/keys.ts'
import type { Finding } from './finding.ts'

/** How mail is signed and what comes back: whether each key can be used, with the DNS record to publish for it. Never prints a key. */
export async function mailFindings(config: Config, environment: Readonly<Record<string, string>>): Promise<readonly Finding[]> {
  const signature = await signatureFinding(config, environment)
  return [
    ...(await dkimFindings(config, environment)),
    signature,
    ...(signature.verdict === 'bad' ? [] : await certificateFindings(config)),
    bounceFinding(config),
  ]
}

async function dkimFindings(config: Config, environment: Readonly<Record<string, string>>): Promise<readonly Finding[]> {
  const { mail, mailFrom } = config
  const about = 'DKIM'
  if (mail.dkim.length === 0)
    return [{ about, verdict: 'caution', words: 'Messages are not signed here. Have the mail server sign them, or set DKIM_DOMAIN and a key.' }]
  const keys = await describeKeys(mail).catch(refused)
  if (typeof keys === 'string') return [{ about, verdict: 'bad', words: keys }]
  const from = mailFrom.slice(mailFrom.lastIndexOf('@') + 1).toLowerCase()
  const trial = await trialOf(config, environment)
  if (trial !== null) return [{ about, verdict: 'bad', words: trial }]
  const isAligned = mail.dkim.every(({ domain }) => from === domain.toLowerCase() || from.endsWith(`.${domain.toLowerCase()}`))
  return [
    ...keys.map(({ name, text, isOpenToOthers }): Finding =>
      isOpenToOthers
        ? { about, verdict: 'bad', words: `Others on this machine can read the key of ${name}. Run chmod 600 on its file, and make a new key.` }
        : { about, verdict: 'good', words: `The key can be used. Publish this TXT record: ${name} "${text}"` },
    ),
    ...(isAligned
      ? []
      : [
          {
            about,
            verdict: 'bad',
            words: `MAIL_FROM is not at DKIM_DOMAIN or below it, so the signatures do not count for DMARC (RFC 7489).`,
          } as const,
        ]),
  ]
}

/** What is wrong with the signatures of a trial by the command outside; `null` when they hold, or when no command signs. */
async function trialOf({ mail }: Config, environment: Readonly<Record<string, string>>): Promise<string | null> {
  if (mail.dkimCommand === null) return null
  const signing = await openSigning({ ...mail, signing: { kind: 'none' } }, systemClock, environment)
  try {
    await signDkim({ fields: [{ name: 'From', value: 'trial@example.invalid' }], content: 'A trial.\r\n' }, signing.dkim, systemClock.now())
    return null
  } catch (error) {
    return refused(error)
  } finally {
    signing.close()
  }
}

async function signatureFinding({ mail }: Config, environment: Readonly<Record<string, string>>): Promise<Finding> {
  const about = 'Signed text'
  if (mail.signing.kind === 'none')
    return { about, verdict: 'good', words: 'Off: readers cannot prove who wrote a message. MAIL_SIGNING turns it on.' }
  const signed = await openSigning({ ...mail, dkim: [] }, systemClock, environment)
    .then(({ body }) => body?.sign(Buffer.from('Content-Type: text/plain\r\n\r\nA trial.\r\n')))
    .catch(refused)
  if (typeof signed === 'string') return { about, verdict: 'bad', words: signed }
  return { about, verdict: 'good', words: `A trial was signed (${signed?.micalg ?? ''}). Publish the key or certificate where readers find it.` }
}

const DAY_MILLIS = 86_400_000
const WARN_DAYS = 30

/** A certificate that runs out, or names somebody else, makes every message look forged. */
async function certificateFindings({ mail, mailFrom }: Config): Promise<readonly Finding[]> {
  const about = 'S/MIME certificate'
  const certificate = await describeCertificate(mail, mailFrom)
  if (certificate === null) return []
  const days = Math.floor((certificate.validUntil.getTime() - systemClock.now().getTime()) / DAY_MILLIS)
  const until = certificate.validUntil.toISOString().slice(0, 10)
  if (days < 0) return [{ about, verdict: 'bad', words: `It ran out on ${until}: readers are warned of every message. Renew it.` }]
  if (!certificate.namesAddress)
    return [{ about, verdict: 'bad', words: `It does not name ${mailFrom}, so readers are warned of every message. Have one made for that address.` }]
  return [{ about, verdict: days < WARN_DAYS ? 'caution' : 'good', words: `It holds until ${until}.${days < WARN_DAYS ? ' Renew it now.' : ''}` }]
}

function bounceFinding({ mail }: Config): Finding {
  const about = 'Bounces'
  if (mail.bounceAddress === null)
    return { about, verdict: 'caution', words: 'Nobody reads what comes back: dead addresses stay. Set MAIL_BOUNCE_ADDRESS.' }
  if (mail.bounceListen === null && mail.bounceFolder === null)
    return { about, verdict: 'caution', words: `Bounces go to ${mail.bounceAddress}, and nothing reads them. Set BOUNCE_LISTEN or BOUNCE_FOLDER.` }
  return { about, verdict: 'good', words: `What comes back to ${mail.bounceAddress} is read.` }
}

function refused(error: unknown): string {
  if (error instanceof CareCertError) return error.message
  throw error
}
