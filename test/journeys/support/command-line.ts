import { PassThrough } from 'node:stream'
import { runCommandLine } from '../../../src/app/cli.ts'
import type { TestPlatform } from '../../support/platform.ts'

/** What one command line gave: its exit code, and what it wrote for programs and for people. */
export interface Said {
  readonly exit: number
  readonly out: string
  readonly err: string
}

/** The product's command line beside a running test app: on the same database, as `carecert …` in another terminal would be. */
export interface CommandLine {
  run(...args: string[]): Promise<Said>
  /** The same with `--json`: the object of each line. Throws what the command said when it refused. */
  data<T>(...args: string[]): Promise<readonly T[]>
  /** The one object. */
  one<T>(...args: string[]): Promise<T>
}

export function commandLineOf(platform: TestPlatform): CommandLine {
  const { url, dataFolder } = platform.testDatabase.address
  const env = { CARECERT_DATA: dataFolder, BASE_URL: platform.config.baseUrl, LOG_LEVEL: 'fatal', ...(url === null ? {} : { DATABASE_URL: url }) }

  async function run(...args: string[]): Promise<Said> {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
    const said = Promise.all([textOf(stdout), textOf(stderr)])
    // Nobody sits at this terminal; the product asks of its streams only what a plain stream has.
    const exit = await runCommandLine(args, { env, stdin, stdout, stderr } as unknown as Parameters<typeof runCommandLine>[1])
    stdout.end()
    stderr.end()
    const [out, err] = await said
    return { exit, out, err }
  }

  async function data<T>(...args: string[]): Promise<readonly T[]> {
    const { exit, out, err } = await run(...args, '--json')
    if (exit !== 0) throw new Error(`carecert ${args.join(' ')} ended with ${exit}: ${out}${err}`)
    return out
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as T)
  }

  async function one<T>(...args: string[]): Promise<T> {
    const [first, ...more] = await data<T>(...args)
    if (first === undefined || more.length > 0) throw new Error(`carecert ${args.join(' ')} gave ${more.length + 1} objects`)
    return first
  }

  return { run, data, one }
}

async function textOf(stream: PassThrough): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
