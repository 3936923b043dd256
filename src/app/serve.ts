import { createServer } from 'node:net'
import closeWithGrace from 'close-with-grace'
import { makeFirstAdministrator, sampleSignInLinks } from '../domains/directory/contract.ts'
import { Conflict, Unavailable } from '../kernel/errors.ts'
import type { Output } from '../platform/cli/output.ts'
import type { Platform } from '../platform/platform.ts'
import { isEmpty } from '../platform/settings.ts'
import { compose } from './compose.ts'
import { startSampleLife } from './sample/life.ts'
import { loadSample } from './sample/load.ts'
import { createWeb } from './web.ts'
import { startWorker } from './worker.ts'

export interface ServeOptions {
  readonly empty: boolean
  readonly work: boolean
}

const SHUTDOWN_MILLIS = 25_000

/** Runs the web server until told to stop; on the embedded database the worker too, so that one command runs everything. */
export async function serve(env: Readonly<Record<string, string | undefined>>, output: Output, options: ServeOptions): Promise<void> {
  const settled = env['PORT'] === '0' ? { ...env, PORT: String(await freePort()) } : env
  const { platform, staticFiles, close } = await compose(settled, { migrate: true, sampleWhenEmpty: !options.empty, sendsMail: true })
  const undo: (() => Promise<void> | void)[] = [close]
  const stop = async () => {
    for (const step of undo.toReversed()) await step()
  }
  try {
    if (platform.database.engine === 'embedded' && !platform.database.isHost) {
      throw new Conflict(
        'app.serve.already-running',
        'Another CareCERT is running on this data folder. Stop it first, or name another CARECERT_DATA.',
      )
    }
    if (platform.sample && (await isEmpty(platform.database))) await loadSample(platform, output, { organisations: 2000, seed: 1 })
    const web = await createWeb(platform, staticFiles)
    await web.listen({ host: platform.config.host, port: platform.config.port }).catch((cause: unknown) => {
      throw new Unavailable('app.serve.port', `Port ${platform.config.port} cannot be used. Set PORT to another.`, undefined, { cause })
    })
    undo.push(() => web.close())
    if (platform.database.engine === 'embedded' || options.work) {
      const worker = await startWorker(platform)
      undo.push(() => worker.stop())
    }
    if (platform.sample) {
      const life = startSampleLife(platform)
      undo.push(() => life.stop())
    }
    await greet(platform, output)
  } catch (error) {
    await stop()
    throw error
  }
  await untilStopped(platform, stop)
}

async function greet(platform: Platform, output: Output): Promise<void> {
  output.result({ url: platform.config.baseUrl }, [`CareCERT runs at ${platform.config.baseUrl}`])
  if (platform.sample) {
    const signIn = await sampleSignInLinks(platform)
    const mailbox = platform.mailbox === null ? null : `${platform.config.baseUrl}/mailbox`
    output.result({ signIn, mailbox }, [
      '',
      'An invented sector. Sign in with one click as:',
      ...signIn.map(({ label, name, url }) => `  ${`${label} (${name})`.padEnd(64)} ${url}`),
      ...(mailbox === null ? [] : ['', `Mail stays on this machine: ${mailbox}`]),
    ])
    return
  }
  const link = await makeFirstAdministrator(platform)
  if (link !== null)
    output.result({ firstAdministrator: link }, ['', 'Nobody can sign in yet. Make the first administrator within 24 hours at:', `  ${link}`])
}

function untilStopped(platform: Platform, stop: () => Promise<void>): Promise<void> {
  return new Promise(resolve => {
    closeWithGrace({ delay: SHUTDOWN_MILLIS, logger: false }, async ({ err, signal }) => {
      if (err !== undefined) platform.log.fatal({ err }, 'serve: stopping because of a fault')
      else platform.log.info({ signal }, 'serve: stopping')
      await stop()
      resolve()
    })
  })
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise<void>(resolve => probe.close(() => resolve()))
  return typeof address === 'object' && address !== null ? address.port : 0
}
