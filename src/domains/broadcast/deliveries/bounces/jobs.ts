import { handles } from '../../../../platform/jobs/job.ts'
import { startMailListener } from '../../../../platform/mail/listener.ts'
import { unreadMail } from '../../../../platform/mail/mail-folder.ts'
import type { Service } from '../../../../platform/module.ts'
import type { Platform } from '../../../../platform/platform.ts'
import { returnedTo } from '../../envelope.ts'
import { READ_BOUNCES } from './model.ts'
import { receiveReturned } from './receive.ts'

export const readBouncesJob = handles<Platform, object>(READ_BOUNCES, {
  purpose: 'Reads what came back to the folder of bounces',
  retries: 0,
  retryAfterSeconds: 60,
  expireAfterSeconds: 600,
  cron: '* * * * *',
  handle: (platform, _, signal) => readBounceFolder(platform, signal),
})

/** Reads what is new in the folder. What could not be taken in stays, and is read again by the clock. */
async function readBounceFolder(platform: Platform, signal: AbortSignal): Promise<void> {
  const { bounceFolder } = platform.config.mail
  if (bounceFolder === null) return
  for await (const file of unreadMail(bounceFolder)) {
    if (signal.aborted) return
    try {
      await receiveReturned(platform, await file.read())
      await file.markRead()
    } catch (error) {
      platform.log.error({ err: error }, 'mail: what came back could not be taken in')
    }
  }
}

/** Takes bounces from a mail server, where the configuration names a port for it. */
export const bounceListener: Service = {
  async start(platform) {
    const { bounceListen } = platform.config.mail
    if (bounceListen === null) return null
    try {
      return await startMailListener({
        ...bounceListen,
        log: platform.log,
        accepts: address => returnedTo(platform, address) !== undefined || isComplaintAddress(platform, address),
        take: async (bytes, to) => void (await receiveReturned(platform, bytes, { envelopeTo: to })),
      })
    } catch (error) {
      // Another worker on this machine has the port: one is enough.
      platform.log.warn({ err: error }, 'mail: this worker listens for no bounces')
      return null
    }
  },
}

/** Where complaints come to: the address for bounces itself, which an operator gives to the feedback loops of large receivers. */
function isComplaintAddress({ config }: Platform, address: string): boolean {
  return address.toLowerCase() === config.mail.bounceAddress
}
