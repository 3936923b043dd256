import { PassThrough } from 'node:stream'
import { COMMANDS } from '../../src/app/modules.ts'
import { createOutput } from '../../src/platform/cli/output.ts'
import type { Actor } from '../../src/platform/work/actor.ts'
import { assertMay } from '../../src/platform/work/actor.ts'
import type { TestPlatform } from './platform.ts'

/** What a command said: the object of `--json`, or the lines for a person. */
export interface CommandAnswer<T> {
  readonly data: T
  readonly text: string
}

/**
 * Runs a command of the product as an actor, as `carecert NAME … --yes` does; with `json` (otherwise so) its data is parsed.
 * Throws what the command refuses with. `T` is what the command promises to print.
 */
export async function runCommand<T>(
  platform: TestPlatform,
  actor: Actor,
  name: string,
  args: readonly string[] = [],
  options: Readonly<Record<string, unknown>> = {},
  answers: { readonly json?: boolean; readonly yes?: boolean } = {},
): Promise<CommandAnswer<T>> {
  const command = COMMANDS.find(known => known.name === name)
  if (command === undefined) throw new Error(`There is no command ${name}`)
  if (command.permission !== null) assertMay(actor, command.permission)
  const stdout = new PassThrough()
  const json = answers.json ?? true
  const output = createOutput({ json, yes: answers.yes ?? true, stdout, stderr: new PassThrough(), ask: null })
  await command.run({ platform, actor, output }, args, options)
  const text = String(stdout.read() ?? '')
  return { data: (json ? JSON.parse(text) : undefined) as T, text }
}
