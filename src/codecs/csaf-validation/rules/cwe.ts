import { textAt } from '../../../kernel/json.ts'
import type { Fault, Rule } from '../model.ts'
import { each, newestRevision, vulnerabilities } from './walk.ts'

/** When each version of the CWE list came out (https://cwe.mitre.org/news/archives/). */
const RELEASED: readonly (readonly [version: string, day: string])[] = [
  ['4.0', '2020-02-24'],
  ['4.1', '2020-06-25'],
  ['4.2', '2020-08-20'],
  ['4.3', '2020-12-10'],
  ['4.4', '2021-03-15'],
  ['4.5', '2021-07-20'],
  ['4.6', '2021-10-28'],
  ['4.7', '2022-04-28'],
  ['4.8', '2022-06-28'],
  ['4.9', '2022-10-13'],
  ['4.10', '2023-01-31'],
  ['4.11', '2023-04-27'],
  ['4.12', '2023-06-29'],
  ['4.13', '2023-10-26'],
  ['4.14', '2024-02-29'],
  ['4.15', '2024-07-16'],
  ['4.16', '2024-11-19'],
  ['4.17', '2025-04-03'],
]

/** Rules of CSAF 2.1 about the weaknesses that are named: whether a newer list was there, and whether they are meant to be named of a vulnerability. */
export const CWE_RULES: Readonly<Record<string, Rule>> = {
  *'6.2.24'(document) {
    const made = newestRevision(document)?.toISOString().slice(0, 10)
    if (made === undefined) return
    const latest = RELEASED.findLast(([, day]) => day <= made)?.[0]
    if (latest === undefined) return
    for (const { value, pointer } of weaknesses(document)) {
      const version = textAt(value, 'version') ?? ''
      const released = RELEASED.find(([known]) => known === version)?.[1]
      if (isOlder(version, latest)) yield { pointer: `${pointer}/version`, message: `CWE ${latest} was there by then` }
      else if (released !== undefined && released > made)
        yield { pointer: `${pointer}/version`, message: `It came out on ${released}, after the newest revision` }
    }
  },
  '6.2.25': document => usage(document, ['Prohibited', 'Discouraged'], 'CWE does not want it named of a vulnerability'),
  '6.2.26': document => usage(document, ['Allowed-with-Review'], 'CWE wants it looked at again before it is named of a vulnerability'),
}

function* weaknesses(document: unknown) {
  for (const { value, pointer } of vulnerabilities(document)) yield* each(value, 'cwes', pointer)
}

function isOlder(version: string, latest: string): boolean {
  const [left, right] = [version, latest].map(text => text.split('.').map(Number))
  return (left?.[0] ?? 0) === (right?.[0] ?? 0) ? (left?.[1] ?? 0) < (right?.[1] ?? 0) : (left?.[0] ?? 0) < (right?.[0] ?? 0)
}

interface Catalogue {
  readonly weaknesses: readonly { readonly id: string; readonly usage?: string }[]
}

async function usage(document: unknown, kinds: readonly string[], message: string): Promise<readonly Fault[]> {
  const found: Fault[] = []
  for (const { value, pointer } of weaknesses(document)) {
    const weakness = (await catalogue(textAt(value, 'version') ?? ''))?.weaknesses.find(({ id }) => id === textAt(value, 'id'))
    if (weakness !== undefined && kinds.includes(weakness.usage ?? '')) found.push({ pointer, message })
  }
  return found
}

/** The list of that version, which the library holds. */
async function catalogue(version: string): Promise<Catalogue | undefined> {
  const { cwecMap } = (await import('@secvisogram/csaf-validator-lib/lib/cwec.js')) as unknown as {
    cwecMap: ReadonlyMap<string, () => Promise<{ default: Catalogue }>>
  }
  return (await cwecMap.get(version)?.())?.default
}
