import closeWithGrace from 'close-with-grace'
import type { Output } from '../platform/cli/output.ts'
import { compose } from './compose.ts'
import { startWorker } from './worker.ts'

/** Takes up jobs until told to stop. What is in hand is finished first; what cannot be is taken up by another worker. */
export async function work(env: Readonly<Record<string, string | undefined>>, output: Output): Promise<void> {
  const { platform, close } = await compose(env, { migrate: true, sampleWhenEmpty: false, sendsMail: true })
  const worker = await startWorker(platform)
  output.say('Taking up jobs. Stop with Ctrl-C.')
  await new Promise<void>(resolve => {
    closeWithGrace({ delay: 25_000, logger: false }, async ({ err, signal }) => {
      if (err !== undefined) platform.log.fatal({ err }, 'work: stopping because of a fault')
      else platform.log.info({ signal }, 'work: stopping')
      await worker.stop()
      await close()
      resolve()
    })
  })
}
