import { spawn } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { runCommandLine } from '../../src/app/cli.ts'

/** What one command line gave: its exit code, and what it wrote for programs and for people. */
export interface Said {
  readonly exit: number
  readonly out: string
  readonly err: string
}

/** The product's command line in one environment, as `carecert …` in a terminal. */
export interface Terminal {
  run(...args: string[]): Promise<Said>
  /** The same with `--json`: the object of each line. Throws what the command said when it refused. */
  lines<T>(...args: string[]): Promise<readonly T[]>
  /** The one object. */
  one<T>(...args: string[]): Promise<T>
}

const EXECUTABLE = fileURLToPath(new URL('../../bin/carecert.mjs', import.meta.url))

/** The real executable, in a process of its own for each command. */
export function executableIn(env: Readonly<Record<string, string>>): Terminal {
  return terminal(async args => {
    const child = spawn(process.execPath, [EXECUTABLE, ...args], { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    const ended = new Promise<number>(resolve => void child.once('exit', code => resolve(code ?? -1)))
    const [out, err, exit] = await Promise.all([textOf(child.stdout), textOf(child.stderr), ended])
    return { exit, out, err }
  })
}

/** The same in this process, which is quicker. */
export function commandLineIn(env: Readonly<Record<string, string>>): Terminal {
  return terminal(async args => {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
    const said = Promise.all([textOf(stdout), textOf(stderr)])
    // Nobody sits at this terminal; the product asks of its streams only what a plain stream has.
    const exit = await runCommandLine(args, { env, stdin, stdout, stderr } as unknown as Parameters<typeof runCommandLine>[1])
    stdout.end()
    stderr.end()
    const [out, err] = await said
    return { exit, out, err }
  })
}

function terminal(run: (args: readonly string[]) => Promise<Said>): Terminal {
  async function lines<T>(...args: string[]): Promise<readonly T[]> {
    const { exit, out, err } = await run([...args, '--json'])
    if (exit !== 0) throw new Error(`carecert ${args.join(' ')} ended with ${exit}: ${out}${err}`)
    return jsonLines(out) as readonly T[]
  }
  async function one<T>(...args: string[]): Promise<T> {
    const [first, ...more] = await lines<T>(...args)
    if (first === undefined || more.length > 0) throw new Error(`carecert ${args.join(' ')} gave ${more.length + 1} objects`)
    return first
  }
  return { run: (...args) => run(args), lines, one }
}

/** What `--json` printed: one object a line. */
export function jsonLines(out: string): readonly unknown[] {
  return out
    .split('\n')
    .filter(line => line !== '')
    .map((line): unknown => JSON.parse(line))
}

async function textOf(stream: AsyncIterable<unknown>): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
