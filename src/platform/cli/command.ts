import type { Platform } from '../platform.ts'
import type { Actor } from '../work/actor.ts'
import type { Output } from './output.ts'

/** What a command is handed: the platform, who runs it, and where to say things. */
export interface CommandContext {
  readonly platform: Platform
  /** The operator of this machine, or with `--as EMAIL` a person with that person's permissions. */
  readonly actor: Actor
  readonly output: Output
}

/** One positional argument. `many` takes the rest of the line. */
export interface CommandArgument {
  readonly name: string
  readonly meaning: string
  readonly required: boolean
  readonly many: boolean
}

export interface CommandOption {
  /** As commander reads it: `--format <format>`, `--yes`. */
  readonly flags: string
  readonly meaning: string
  /** May be given more than once; its values come as a list. */
  readonly repeats?: boolean
  /** The only values that it takes; anything else is wrong usage. An option whose flags say `<number>` takes whole numbers alone. */
  readonly choices?: readonly string[]
}

/**
 * One command, as data: `carecert <name>`, where name may be two words (`organisations import`). The help, the manual and
 * the parsing are derived from it. It refuses by throwing one of the kernel's errors.
 */
export interface Command {
  readonly name: string
  readonly summary: string
  readonly arguments: readonly CommandArgument[]
  readonly options: readonly CommandOption[]
  /** The permission that the actor needs; `null` for what anyone on this machine may do. */
  readonly permission: string | null
  run(context: CommandContext, args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<void>
}

export function required(name: string, meaning: string): CommandArgument {
  return { name, meaning, required: true, many: false }
}

export function many(name: string, meaning: string): CommandArgument {
  return { name, meaning, required: true, many: true }
}
