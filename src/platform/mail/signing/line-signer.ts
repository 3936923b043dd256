import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import { Unavailable } from '../../../kernel/errors.ts'

/** Signs many small things by a command outside that stays running: a release has a signature for each recipient. */
export interface LineSigner {
  /** The signature of those bytes by the key of that name. */
  sign(name: string, bytes: Buffer): Promise<Buffer>
  close(): void
}

interface Waiting {
  readonly resolve: (signature: Buffer) => void
  readonly reject: (error: Error) => void
}

const TIMEOUT_MILLIS = 20_000
const LARGEST_LINE = 8_192

/**
 * Starts the command at the first signature, and again after it has ended. Each line that it is given is a name, a space and what to sign in Base64;
 * it answers each by one line, the signature in Base64, in the same order. No shell reads it, and none of our secrets is in its environment.
 * A command that ends, is silent for too long or says what is no Base64 fails all that wait for it: their messages are tried again.
 */
export function lineSigner(argv: readonly string[], environment: Readonly<Record<string, string>>): LineSigner {
  let running: { readonly child: ChildProcessWithoutNullStreams; readonly waiting: Waiting[] } | null = null

  function start(): NonNullable<typeof running> {
    const [command = '', ...args] = argv
    const child = spawn(command, args, { env: environment, stdio: ['pipe', 'pipe', 'ignore'] }) as unknown as ChildProcessWithoutNullStreams
    const started = { child, waiting: [] as Waiting[] }
    const end = (why: string) => {
      if (running === started) running = null
      child.kill('SIGKILL')
      for (const { reject } of started.waiting.splice(0)) reject(failed(why))
    }
    child.on('error', error => end(error.message))
    child.on('close', code => end(`exit ${code ?? ''}`))
    child.stdin.on('error', () => {})
    createInterface({ input: child.stdout }).on('line', line => {
      const next = started.waiting.shift()
      if (next === undefined || line.length > LARGEST_LINE || !/^[A-Za-z0-9+/]+=*$/.test(line)) {
        if (next !== undefined) started.waiting.unshift(next)
        end('said what is no signature')
      } else next.resolve(Buffer.from(line, 'base64'))
    })
    return started
  }

  return {
    sign(name, bytes) {
      running ??= start()
      const { child, waiting } = running
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MILLIS)
        const settled =
          <T>(settle: (value: T) => void) =>
          (value: T) => {
            clearTimeout(timer)
            settle(value)
          }
        waiting.push({ resolve: settled(resolve), reject: settled(reject) })
        child.stdin.write(`${name} ${bytes.toString('base64')}\n`)
      })
    },
    close() {
      running?.child.stdin.end()
      running?.child.kill()
    },
  }
}

function failed(detail: string): Unavailable {
  return new Unavailable(
    'platform.mail.dkim-command',
    'The command that signs for DKIM gave no signature. Try it by hand; see DKIM_SIGNING_COMMAND.',
    detail,
  )
}
