import { z } from 'zod'
import { decodeText } from '../../../../../kernel/encoding.ts'
import { Invalid, Unavailable } from '../../../../../kernel/errors.ts'
import { parseJson, type Json } from '../../../../../kernel/json.ts'
import type { Problem } from '../../../../../kernel/problem.ts'
import { Unsuccessful, type Fetched, type Validators } from '../../../../../platform/fetch/fetch.ts'
import type { CursorAfter, Outbound, SourceToLoad } from '../../loader.ts'
import type { MispState } from './state.ts'

/** What a person may choose for a MISP source. */
export interface MispSettings {
  /** Of an instance: a day, such as `2024-01-01`; events that changed last before are left out. Empty for all. */
  readonly since: string
  /** Of an instance: whether events that nobody has published yet are gathered too. */
  readonly unpublished: boolean
  /** Of an instance: days after which all events are looked at again, which finds those that came late from another server. */
  readonly wholeEveryDays: number
}

export const mispSettings = z.object({
  since: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .catch('')
    .default(''),
  unpublished: z.boolean().catch(false).default(false),
  wholeEveryDays: z.number().int().min(1).max(90).catch(30).default(30),
})

/** One run of the loader over one source. */
export interface Run {
  readonly source: SourceToLoad
  readonly out: Outbound
  readonly settings: MispSettings
  readonly state: MispState
  readonly cursor: CursorAfter
}

export interface MispWishes {
  readonly validators?: Validators
  /** Sent by POST. */
  readonly body?: Json
}

/** A search that finds much takes MISP a while. */
const TIMEOUT_MILLIS = 120_000

/** Asks for JSON. Throws as `Outbound.get`, in words that fit MISP. */
export async function ask(run: Run, address: string, wishes: MispWishes = {}): Promise<Fetched> {
  try {
    return await run.out.get(address, { ...wishes, headers: { accept: 'application/json' }, timeoutMillis: TIMEOUT_MILLIS })
  } catch (error) {
    if (!(error instanceof Unsuccessful) || !REFUSED.has(error.status)) throw error
    const why = run.out.hasCredentials
      ? 'MISP does not accept the key of this source, or the key may not search. Check its entry in SOURCE_CREDENTIALS.'
      : 'MISP wants to know who asks. Give the source its key as the header Authorization in SOURCE_CREDENTIALS.'
    throw new Unavailable('watch.misp.refused', `${why} (${error.status})`, undefined, { cause: error })
  }
}

/** MISP answers 405 to some questions of strangers. */
const REFUSED: ReadonlySet<number> = new Set([401, 403, 405])

export function jsonOf({ bytes }: Fetched): unknown {
  const text = decodeText(bytes)
  const json = text.ok ? parseJson(text.value) : text
  if (json.ok) return json.value
  throw new Invalid('watch.misp.not-json', `What is at this address cannot be read. ${json.problems[0]?.message ?? ''}`)
}

export function remarkOf(rule: string, message: string): Problem {
  return { rule, pointer: '', severity: 'warning', message }
}
