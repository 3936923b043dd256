import type { Complain } from '../../kernel/findings.ts'
import { parseInstant, type Instant } from '../../kernel/instant.ts'
import { isRecord, lineAt, listAt, recordAt, textAt, type JsonRecord } from '../../kernel/json.ts'

/** What one organisation says in a record. */
export interface Container {
  /** Its short name, as the CVE Program knows it: `microsoft`, `CISA-ADP`. */
  readonly by: string
  /** Whether it is that of the authority that numbered the vulnerability. */
  readonly isCna: boolean
  readonly title: string | null
  readonly updated: Instant | undefined
  /** JSON Pointer to it. */
  readonly pointer: string
  readonly content: JsonRecord
}

/** The containers of a record, that of the numbering authority first. */
export function containersOf(json: unknown): readonly Container[] {
  const containers = recordAt(json, 'containers')
  const cna = recordAt(containers, 'cna')
  const adp = listAt(containers, 'adp').flatMap((content, index) => containerOf(content, false, `/containers/adp/${index}`))
  return cna === undefined ? adp : [...containerOf(cna, true, '/containers/cna'), ...adp]
}

function containerOf(content: unknown, isCna: boolean, pointer: string): Container[] {
  if (!isRecord(content)) return []
  const provider = recordAt(content, 'providerMetadata')
  const by = lineAt(provider, 'shortName') ?? lineAt(provider, 'orgId') ?? (isCna ? 'CNA' : 'ADP')
  return [{ by, isCna, title: lineAt(content, 'title') ?? null, updated: readInstant(lineAt(provider, 'dateUpdated')), pointer, content }]
}

/** The text of that name in English, else in the first language that it has; several texts are joined by empty lines. */
export function englishOf(content: unknown, name: string): string | undefined {
  const texts = listAt(content, name)
  const english = texts.filter(text => /^en\b/i.test(lineAt(text, 'lang') ?? 'en'))
  const first = lineAt(texts[0], 'lang')
  const chosen = english.length > 0 ? english : texts.filter(text => lineAt(text, 'lang') === first)
  const values = chosen.map(text => textAt(text, 'value')).filter(value => value !== undefined)
  return values.length === 0 ? undefined : [...new Set(values)].join('\n\n')
}

/** What the container says to do, in the words of CSAF (`vulnerabilities[].remediations`). */
export function remediationsOf({ content }: Container) {
  return [
    { category: 'vendor_fix', details: englishOf(content, 'solutions') ?? '', url: null },
    { category: 'workaround', details: englishOf(content, 'workarounds') ?? '', url: null },
  ].filter(remediation => remediation.details !== '')
}

/** Reads a date of the record. One that is there and cannot be read is complained of. */
export function instantOf(value: unknown, name: string, pointer: string, complain: Complain): Instant | undefined {
  const text = lineAt(value, name)
  const instant = readInstant(text)
  if (text !== undefined && instant === undefined) complain('date', `${pointer}/${name}`, `The date "${text.slice(0, 40)}" cannot be read.`)
  return instant
}

/** The format says that a date without a zone is in UTC (`timestamp`). */
function readInstant(text: string | undefined): Instant | undefined {
  return text === undefined ? undefined : (parseInstant(text) ?? parseInstant(`${text}Z`))
}

export function latest(instants: readonly (Instant | undefined)[]): Instant | null {
  return instants.reduce<Instant | null>((newest, at) => (at !== undefined && (newest === null || at > newest) ? at : newest), null)
}
