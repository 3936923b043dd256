import { SingleBar, Presets } from 'cli-progress'

/** Where a command speaks: data on standard output, everything else on standard error, so that output can be piped. */
export interface Output {
  /** Whether `--json` was given. */
  readonly json: boolean
  /** A result. With `--json`, the object itself; without, the lines for a person. */
  result(data: unknown, lines: readonly string[]): void
  /** A remark for the person. Silent with `--json`. */
  say(line: string): void
  /** Says how to go on with a list whose data is nothing but its rows. On standard error, for a program too: `{"next": …}`. */
  more(next: string | null): void
  /** A bar on a terminal, nothing elsewhere. With a total of 0, which nobody knows yet, it counts. */
  progress(label: string, total: number): Progress
  /** Asks yes or no. `--yes` answers; where nobody can be asked the answer is no. */
  confirm(question: string): Promise<boolean>
}

export interface Progress {
  update(done: number, total?: number): void
  stop(): void
}

const SILENT: Progress = { update: () => {}, stop: () => {} }

export function createOutput(options: {
  json: boolean
  yes: boolean
  stdout: NodeJS.WritableStream
  stderr: NodeJS.WriteStream | NodeJS.WritableStream
  ask: ((question: string) => Promise<string>) | null
}): Output {
  const { stdout, stderr } = options
  return {
    json: options.json,
    result(data, lines) {
      stdout.write(options.json ? `${JSON.stringify(data)}\n` : lines.map(line => `${line}\n`).join(''))
    },
    say(line) {
      if (!options.json) stderr.write(`${line}\n`)
    },
    more(next) {
      if (next !== null) stderr.write(options.json ? `${JSON.stringify({ next })}\n` : `There are more: --cursor ${next}\n`)
    },
    progress(label, total) {
      return !options.json && 'isTTY' in stderr && stderr.isTTY ? bar(label, total, stderr) : SILENT
    },
    async confirm(question) {
      if (options.yes) return true
      if (options.ask === null) return false
      return /^y(es)?$/i.test((await options.ask(`${question} [y/N] `)).trim())
    },
  }
}

function bar(label: string, total: number, stream: NodeJS.WritableStream): Progress {
  const drawn = new SingleBar(
    {
      format: total === 0 ? `${label} {value}` : `${label} {bar} {percentage} % · {value}/{total}`,
      stream,
      clearOnComplete: false,
      hideCursor: true,
    },
    Presets.shades_classic,
  )
  drawn.start(total, 0)
  return {
    update: (done, newTotal) => {
      if (newTotal !== undefined) drawn.setTotal(newTotal)
      drawn.update(done)
    },
    stop: () => drawn.stop(),
  }
}
