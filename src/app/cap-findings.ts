import { stat } from 'node:fs/promises'
import { openCapKey } from '../interop/cap/signing.ts'
import { CareCertError } from '../kernel/errors.ts'
import { systemClock } from '../platform/clock/clock.ts'
import type { Config } from '../platform/config/config.ts'
import type { Finding } from './finding.ts'

const ABOUT = 'CAP alerts'
const DAY_MILLIS = 86_400_000
const WARN_DAYS = 30

/** Whether CAP alerts can be signed, and until when. Never prints a key. */
export async function capFindings(config: Config): Promise<readonly Finding[]> {
  const { signing } = config.cap
  if (signing === null)
    return [
      { about: ABOUT, verdict: 'good', words: 'Off: no alert is made of urgent bulletins. CAP_SIGNING_KEY_FILE and its certificate turn them on.' },
    ]
  const key = await openCapKey({ config, sample: false }).catch((error: unknown) => {
    if (error instanceof CareCertError) return error.message
    throw error
  })
  if (typeof key === 'string') return [{ about: ABOUT, verdict: 'bad', words: key }]
  if (((await stat(signing.keyFile)).mode & 0o077) !== 0)
    return [
      {
        about: ABOUT,
        verdict: 'bad',
        words: 'Others on this machine can read the key in CAP_SIGNING_KEY_FILE. Run chmod 600 on it, and make a new key.',
      },
    ]
  const until = key?.validUntil ?? null
  if (until === null) return []
  const days = Math.floor((until.getTime() - systemClock.now().getTime()) / DAY_MILLIS)
  const day = until.toISOString().slice(0, 10)
  if (days < 0) return [{ about: ABOUT, verdict: 'bad', words: `The certificate ran out on ${day}: receivers refuse what it signs. Renew it.` }]
  return [
    {
      about: ABOUT,
      verdict: days < WARN_DAYS ? 'caution' : 'good',
      words: `Urgent bulletins are signed. The certificate holds until ${day}.${days < WARN_DAYS ? ' Renew it now.' : ''}`,
    },
  ]
}
