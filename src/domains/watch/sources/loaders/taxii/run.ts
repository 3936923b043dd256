import { z } from 'zod'
import { recognisesStix1Xml } from '../../../../../codecs/stix/stix1.ts'
import { decodeText } from '../../../../../kernel/encoding.ts'
import { CareCertError, Invalid, Unavailable } from '../../../../../kernel/errors.ts'
import { parseJson } from '../../../../../kernel/json.ts'
import type { Problem } from '../../../../../kernel/problem.ts'
import { Unsuccessful, type Fetched } from '../../../../../platform/fetch/fetch.ts'
import type { CursorAfter, Outbound, SourceToLoad } from '../../loader.ts'
import type { TaxiiState } from './state.ts'

/** What a person may choose for a STIX source. */
export interface TaxiiSettings {
  /** The ids, aliases or titles of the collections to gather. Empty for each that may be read. */
  readonly collections: readonly string[]
  /** A day, such as `2024-01-01`: what was added before is left out. Empty for all. */
  readonly since: string
}

export const taxiiSettings = z.object({
  collections: z.array(z.string()).catch([]).default([]),
  since: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}$/)
    .catch('')
    .default(''),
})

/** One run of the loader over one source. */
export interface Run {
  readonly source: SourceToLoad
  readonly out: Outbound
  readonly settings: TaxiiSettings
  readonly state: TaxiiState
  readonly cursor: CursorAfter
}

/** TAXII 2.1 §1.6.8.1. Servers compare it letter by letter. */
const TAXII = 'application/taxii+json;version=2.1'
const ANYTHING = 'application/stix+json;version=2.1, application/json;q=0.9, */*;q=0.1'

/** Asks as TAXII 2.1 wants to be asked. Throws as `Outbound.get`, in words that fit a server of TAXII. */
export async function askTaxii(run: Run, address: string, wishes: { readonly intoFile?: boolean } = {}): Promise<Fetched> {
  try {
    return await run.out.get(address, { ...wishes, headers: { accept: TAXII } })
  } catch (error) {
    throw inWords(error, run.out.hasCredentials)
  }
}

/** Asks for a file. */
export function askFile(run: Run, address: string): Promise<Fetched> {
  return run.out.get(address, {
    intoFile: true,
    headers: { accept: ANYTHING },
    ...(run.state.document === null ? {} : { validators: run.state.document }),
  })
}

function inWords(error: unknown, hasCredentials: boolean): unknown {
  if (!(error instanceof Unsuccessful)) return error
  const words = WORDS[error.status]?.(hasCredentials)
  return words === undefined ? error : new Unavailable(`watch.taxii.${error.status}`, `${words} (${error.status})`, undefined, { cause: error })
}

const TOO_OLD = () => 'This server does not speak TAXII 2.1. TAXII 1 and 2.0 are not read: ask its owner for an address of TAXII 2.1.'

const WORDS: Readonly<Record<number, (hasCredentials: boolean) => string>> = {
  401: hasCredentials =>
    hasCredentials
      ? 'The server does not accept the user name and password, or the token, of this source. Check its entry in SOURCE_CREDENTIALS.'
      : 'The server wants to know who asks. Give the source an Authorization header in SOURCE_CREDENTIALS.',
  403: () => 'The server does not let us read this. Ask its owner for the right to read the collection.',
  404: () => 'The server has nothing there, or does not show it to us. Check the address, and whether the collection still exists.',
  405: TOO_OLD,
  406: TOO_OLD,
  415: TOO_OLD,
}

/** The status that a server refused with, whatever words it was put into. */
export function statusOf(error: unknown): number | null {
  const cause = error instanceof CareCertError && error.cause !== undefined ? error.cause : error
  return cause instanceof Unsuccessful ? cause.status : null
}

/** The answer as JSON. Throws `Invalid` for anything else, and says when it is a server of TAXII 1. */
export function jsonOf({ bytes }: Fetched): unknown {
  const text = decodeText(bytes)
  if (text.ok && /^\s*</.test(text.value)) {
    if (recognisesStix1Xml(text.value)) throw new Invalid('watch.taxii.version-1', `This is TAXII 1, in XML. ${TOO_OLD()}`)
    throw new Invalid('watch.taxii.web-page', 'At this address is a web page, and no server of TAXII. Its owner knows the address of its discovery.')
  }
  const json = text.ok ? parseJson(text.value) : text
  if (json.ok) return json.value
  throw new Invalid('watch.taxii.not-json', `The server's answer cannot be read. ${json.problems[0]?.message ?? ''}`)
}

export function remarkOf(rule: string, message: string): Problem {
  return { rule, pointer: '', severity: 'warning', message }
}
