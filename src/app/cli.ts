import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { Command as Program, CommanderError, InvalidArgumentError, Option } from 'commander'
import about from '../../package.json' with { type: 'json' }
import { personActor } from '../domains/directory/contract.ts'
import { Bug, CareCertError } from '../kernel/errors.ts'
import type { Command, CommandOption } from '../platform/cli/command.ts'
import { createOutput, type Output } from '../platform/cli/output.ts'
import { describeError } from '../platform/log/log.ts'
import { assertMay, type Actor } from '../platform/work/actor.ts'
import { compose } from './compose.ts'
import { COMMANDS, PERMISSIONS, permissionsOf } from './modules.ts'
import { PROCESS_COMMANDS, type ProcessCommand } from './process-commands.ts'

/** What the process ends with: done, refused with a reason, wrong usage. */
const EXIT = { done: 0, refused: 1, usage: 2 } as const

/** Whoever may run commands on this machine holds its database and key file: all permissions, under a name of its own in the audit. */
export const OPERATOR: Actor = {
  kind: 'operator',
  id: 'operator',
  name: 'Operator',
  role: 'operator',
  organisationId: null,
  scope: { kind: 'centre' },
  permissions: new Set(Object.keys(PERMISSIONS)),
}

export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdin: NodeJS.ReadStream
  readonly stdout: NodeJS.WritableStream
  readonly stderr: NodeJS.WriteStream
}

/** Runs one command line and gives the exit code. It never throws: what went wrong is said on standard error. */
export async function runCommandLine(args: readonly string[], terminal: Terminal): Promise<number> {
  let exit: number = EXIT.done
  const program = new Program('carecert')
    .description('Gather threats, broadcast them to those concerned, see who acts.')
    .version(about.version, '--version', 'print the version')
    .exitOverride()
    .configureOutput({ writeOut: text => void terminal.stdout.write(text), writeErr: text => void terminal.stderr.write(text) })
    .showHelpAfterError('Run it with --help to see how.')
  for (const command of PROCESS_COMMANDS) {
    addCommand(program, command, async (values, options) => {
      exit = await guarded(terminal, options, output => command.run({ env: terminal.env, output }, values, options))
    })
  }
  for (const command of COMMANDS) {
    addCommand(program, command, async (values, options) => {
      exit = await guarded(terminal, options, output => runDomainCommand(command, terminal, output, values, options))
    })
  }
  try {
    await program.parseAsync([...args], { from: 'user' })
    return exit
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    throw error
  }
}

type Action = (values: readonly string[], options: Readonly<Record<string, unknown>>) => Promise<void>

function addCommand(program: Program, command: Pick<Command, 'name' | 'summary' | 'arguments' | 'options'> | ProcessCommand, action: Action): void {
  const words = command.name.split(' ')
  const last = words.at(-1) ?? command.name
  let parent = program
  for (const word of words.slice(0, -1)) {
    parent = parent.commands.find(known => known.name() === word) ?? parent.command(word).description(`Everything about ${word}`)
  }
  const made = parent.command(last).description(command.summary)
  for (const argument of command.arguments) {
    const dots = argument.many ? '...' : ''
    made.argument(argument.required ? `<${argument.name}${dots}>` : `[${argument.name}${dots}]`, argument.meaning)
  }
  for (const option of command.options) made.addOption(optionOf(option))
  made.option('--json', 'print data for a program to read')
  if ('permission' in command) made.option('--as <email>', 'act as this person, with that person’s permissions')
  if (!command.options.some(option => option.flags.includes('--yes'))) made.option('--yes', 'answer yes to every question')
  made.action(async (...given: unknown[]) => {
    const values = given
      .slice(0, command.arguments.length)
      .flat()
      .filter(value => value !== undefined)
      .map(String)
    await action(values, made.opts())
  })
}

function optionOf({ flags, meaning, repeats, choices }: CommandOption): Option {
  const option = new Option(flags, meaning)
  if (choices !== undefined) return option.choices(choices)
  if (repeats === true) return option.argParser((value: string, previous: string[] | undefined) => [...(previous ?? []), value])
  if (flags.endsWith('<number>')) return option.argParser(wholeNumber)
  return option
}

function wholeNumber(text: string): string {
  if (/^\d{1,9}$/.test(text)) return text
  throw new InvalidArgumentError('It must be a whole number.')
}

async function runDomainCommand(
  command: Command,
  terminal: Terminal,
  output: Output,
  values: readonly string[],
  options: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { platform, close } = await compose(terminal.env, { migrate: false, sampleWhenEmpty: false, sendsMail: false })
  try {
    const actor =
      typeof options['as'] === 'string'
        ? { ...(await personActor(platform, options['as'], permissionsOf)), through: 'command-line' as const }
        : OPERATOR
    if (command.permission !== null) assertMay(actor, command.permission)
    await command.run({ platform, actor, output }, values, options)
  } finally {
    await close()
  }
}

async function guarded(terminal: Terminal, options: Readonly<Record<string, unknown>>, body: (output: Output) => Promise<void>): Promise<number> {
  const isTerminal = terminal.stdin.isTTY
  const ask = isTerminal
    ? async (question: string) => {
        const lines = createInterface({ input: terminal.stdin, output: terminal.stderr })
        try {
          // Whoever closes the input has not said yes.
          return await Promise.race([lines.question(question), once(lines, 'close').then(() => '')])
        } finally {
          lines.close()
        }
      }
    : null
  const output = createOutput({ json: options['json'] === true, yes: options['yes'] === true, stdout: terminal.stdout, stderr: terminal.stderr, ask })
  try {
    await body(output)
    return EXIT.done
  } catch (error) {
    // Standard output holds data alone, so that whoever parses it never meets an error there.
    const said = whatWasWrong(error)
    const { message, cause } = said
    terminal.stderr.write(`${output.json ? JSON.stringify({ error: said }) : `${message}${cause === undefined ? '' : ` (${cause})`}`}\n`)
    if (!isExplained(error)) terminal.stderr.write(`${JSON.stringify(describeError(error))}\n`)
    return EXIT.refused
  }
}

function isExplained(error: unknown): error is CareCertError {
  return error instanceof CareCertError && !(error instanceof Bug)
}

/** `cause` is what stood in the way outside, such as a server that refuses, in its own words: whoever runs the command must mend it. */
function whatWasWrong(error: unknown): { readonly code: string; readonly message: string; readonly cause?: string } {
  if (!isExplained(error)) return { code: error instanceof Bug ? error.code : 'app.command.broken', message: 'Sorry, this is a fault of ours.' }
  const { code, message, cause } = error
  if (!(cause instanceof Error)) return { code, message }
  return { code, message, cause: cause.message === '' && 'code' in cause ? String(cause.code) : cause.message }
}
