import { createJsonListReader, type JsonListElement } from '../../../../codecs/json-list/read.ts'
import type { JsonRecord } from '../../../../kernel/json.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { createStixIndex, type StixIndex } from './stix-index.ts'

/**
 * The first look through a large list, from its first byte to its last: what stands beside the list, where each element lies, and what refers to what.
 * Of the elements themselves nothing is kept but the first few.
 */
export interface Survey {
  /** Under which name the list lies; `''` when the document is the list. */
  readonly list: string
  readonly beside: JsonRecord
  /** Where each element begins, and where it has ended. */
  readonly starts: readonly number[]
  readonly ends: readonly number[]
  readonly stix: StixIndex
  /** Why it was not read to its end; `null` when it was. */
  readonly fault: Problem | null
}

/** The names under which the formats that are read here have their lists: STIX and TAXII, KEV and NVD, NHS cyber alerts, MISP. */
const LISTS: readonly string[] = ['objects', 'vulnerabilities', 'items', 'response']

const LIMITS = { elementBytes: 16 * 1024 * 1024, besideBytes: 1024 * 1024, elements: 2_000_000 }

/** Looks through such a document. `undefined` when it has no list, or none that can be found without holding what stands beside it. */
export async function surveyList(pieces: AsyncIterable<Uint8Array>): Promise<Survey | undefined> {
  const reader = createJsonListReader(LISTS, LIMITS)
  const starts: number[] = []
  const ends: number[] = []
  const index = createStixIndex()
  const note = ({ value, start, end }: JsonListElement) => {
    index.add(value, starts.length)
    starts.push(start)
    ends.push(end)
  }
  for await (const piece of pieces) {
    for (const element of reader.take(piece)) note(element)
    if (reader.fault !== null) break
  }
  const { list, beside, fault } = reader.end()
  if (list === null || starts.length === 0) return undefined
  return { list, beside, starts, ends, stix: index.finish(), fault }
}
