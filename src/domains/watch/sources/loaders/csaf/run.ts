import { z } from 'zod'
import { normaliseFingerprint } from '../../../../../codecs/csaf-provider/metadata.ts'
import type { VerificationKey } from '../../../../../codecs/csaf-provider/signature.ts'
import { Invalid } from '../../../../../kernel/errors.ts'
import type { Problem } from '../../../../../kernel/problem.ts'
import { Unsuccessful, type Fetched } from '../../../../../platform/fetch/fetch.ts'
import type { CursorAfter, Outbound, SourceToLoad } from '../../loader.ts'
import { snapshot, type CsafState } from './state.ts'

/** What a person may choose for a CSAF source. */
export interface CsafSettings {
  /** When not empty, only keys with these fingerprints prove anything. */
  readonly fingerprints: readonly string[]
  /**
   * `strict`: what a trusted provider gives without a signature that holds is refused. `lenient`: it is taken in with a remark. One that
   * is wrong is refused either way.
   */
  readonly integrity: 'strict' | 'lenient'
}

const settings = z.object({
  fingerprints: z.array(z.string()).catch([]).default([]),
  integrity: z.enum(['strict', 'lenient']).catch('strict').default('strict'),
})

/** One run of the loader over one source. */
export interface Run {
  readonly source: SourceToLoad
  readonly out: Outbound
  readonly settings: CsafSettings
  readonly state: CsafState
  readonly cursor: CursorAfter
  /** The provider's keys, once they were fetched. */
  keys: readonly VerificationKey[] | null
  /** Faults of the network since the last answer: several in a row are the host's, not the documents'. */
  failuresInARow: number
}

export function beginRun(source: SourceToLoad, out: Outbound, state: CsafState): Run {
  const chosen = settings.parse(source.settings)
  return {
    source,
    out,
    settings: { ...chosen, fingerprints: chosen.fingerprints.flatMap(text => normaliseFingerprint(text) ?? []) },
    state,
    cursor: () => snapshot(state),
    keys: null,
    failuresInARow: 0,
  }
}

/** Asks for something of the source. CSAF 2.0 §7.1.3: what begins encrypted stays so. Throws as `Outbound.get`. */
export async function ask(run: Run, address: string, wishes?: Parameters<Outbound['get']>[1]): Promise<Fetched> {
  if (run.source.url.startsWith('https:') && !address.startsWith('https:'))
    throw new Invalid('watch.csaf.open', `The provider names an address that is not encrypted (${address.slice(0, 200)}). It was not asked.`)
  return run.out.get(address, wishes)
}

/** Whether a server answers that there is no such file. Stores of objects say "forbidden" of what they do not have. */
export function isMissing(error: unknown): boolean {
  return error instanceof Unsuccessful && [403, 404, 410].includes(error.status)
}

export function remarkOf(rule: string, message: string): Problem {
  return { rule, pointer: '', severity: 'warning', message }
}
