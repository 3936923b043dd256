import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { SinkCount } from './sink.ts'

const CARECERT = fileURLToPath(new URL('../../bin/carecert.mjs', import.meta.url))
const PATIENCE_MILLIS = 60_000

export interface RunningProcess {
  readonly pid: number
  stop(): Promise<void>
}

/** Starts `carecert …` as anyone would, and resolves when it has printed the words that say it is up. */
export async function startCarecert(command: readonly string[], env: Readonly<Record<string, string>>, untilItSays: string): Promise<RunningProcess> {
  const child = spawn(process.execPath, [CARECERT, ...command], { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  let isUp = false
  await new Promise<void>((accept, refuse) => {
    const hear = (part: Buffer) => {
      if (isUp) return void process.stderr.write(part)
      said += part.toString()
      isUp = said.includes(untilItSays)
      if (isUp) accept()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('exit', () => refuse(new Error(`carecert ${command.join(' ')} ended before it was up:\n${said}`)))
    setTimeout(() => refuse(new Error(`carecert ${command.join(' ')} did not come up in a minute:\n${said}`)), PATIENCE_MILLIS).unref()
  })
  return { pid: child.pid ?? 0, stop: () => end(child, 'SIGTERM') }
}

export interface Sink {
  readonly url: string
  readonly pid: number
  count(): Promise<SinkCount>
  reset(): Promise<void>
  stop(): Promise<void>
}

/** Starts the mail server that takes everything (`sink.ts`), in a process of its own so that it shares no thread with what is measured. */
export async function startSink(): Promise<Sink> {
  const child = fork(fileURLToPath(new URL('./sink.ts', import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const answer = async <T>(): Promise<T> => (await once(child, 'message'))[0] as T
  const { port } = await answer<{ port: number }>()
  const ask = (word: string): Promise<SinkCount> => {
    const reply = answer<SinkCount>()
    child.send(word)
    return reply
  }
  return {
    url: `smtp://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    count: () => ask('count'),
    reset: async () => void (await ask('reset')),
    stop: () => end(child, 'SIGKILL'),
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}
