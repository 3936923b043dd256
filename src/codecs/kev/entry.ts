import { parseCveId } from '../../kernel/identifiers.ts'
import { parseInstant, parseLocalDate, type LocalDate } from '../../kernel/instant.ts'
import type { IntelligenceItem, KevEntry } from '../../kernel/intelligence.ts'
import { isRecord, lineAt, linesAt, memberOf, textAt, type JsonRecord } from '../../kernel/json.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'

/** An entry that was read, with what it lacked; or why it cannot be taken in. */
export type EntryReading = { readonly item: IntelligenceItem; readonly warnings: readonly string[] } | { readonly reason: string }

/** The CVE of an entry when it can be made out, however bad the rest of it is. */
export function cveOf(entry: unknown): string | null {
  return parseCveId(lineAt(entry, 'cveID') ?? '') ?? null
}

/**
 * Reads one entry of the catalogue (CISA's `known_exploited_vulnerabilities_schema.json`). What identifies it, names the product or
 * sets a date must be right, or the entry is refused; what older catalogues lack (`cwes`, `knownRansomwareCampaignUse`) may be absent.
 */
export function readEntry(entry: unknown): EntryReading {
  if (!isRecord(entry)) return { reason: 'This entry is not an object with named fields.' }
  const cve = cveOf(entry)
  if (cve === null) return { reason: `The entry's CVE cannot be read: "cveID" should look like CVE-2024-12345, and is ${shown(entry, 'cveID')}.` }
  const maker = lineAt(entry, 'vendorProject')
  const product = lineAt(entry, 'product')
  const title = lineAt(entry, 'vulnerabilityName')
  if (maker === undefined || product === undefined || title === undefined) {
    const missing = ['vendorProject', 'product', 'vulnerabilityName'].filter(name => lineAt(entry, name) === undefined)
    return { reason: `${cve} lacks ${missing.join(' and ')}, so it cannot be matched with what organisations run.` }
  }
  const kev = readDuty(entry)
  if (typeof kev === 'string') return { reason: `${cve}: ${kev}` }

  const { references, rest } = readNotes(textAt(entry, 'notes') ?? '')
  const summary = textAt(entry, 'shortDescription')
  const item: IntelligenceItem = {
    externalId: cve,
    title,
    summary: summary ?? '',
    url: references.find(address => address.startsWith('https://nvd.nist.gov/')) ?? null,
    published: parseInstant(`${kev.dateAdded}T00:00:00Z`) ?? null,
    updated: null,
    cves: [cve],
    severity: null,
    cvssTenths: null,
    products: [{ maker, product, version: null, cpe: null, purl: null, affected: true }],
    kev,
    tlp: null,
    withdrawn: false,
    references,
    details: { cwes: [...new Set(linesAt(entry, 'cwes'))], notes: rest },
  }
  const warnings = [
    ...(summary === undefined ? [`${cve} has no description.`] : []),
    ...(kev.requiredAction === '' ? [`${cve} does not say what to do.`] : []),
    ...(kev.dueDate === null ? [`${cve} has no due date.`] : []),
  ]
  return { item, warnings }
}

/** The dates and the action, or what is wrong with them: a date is never guessed, because people are held to it. */
function readDuty(entry: JsonRecord): KevEntry | string {
  const dateAdded = dateAt(entry, 'dateAdded')
  if (dateAdded === undefined) return `the date it was added should look like 2024-01-31, and is ${shown(entry, 'dateAdded')}.`
  const hasDueDate = (memberOf(entry, 'dueDate') ?? '') !== ''
  const dueDate = dateAt(entry, 'dueDate')
  if (hasDueDate && dueDate === undefined) return `the due date should look like 2024-01-31, and is ${shown(entry, 'dueDate')}.`
  const use = lineAt(entry, 'knownRansomwareCampaignUse')?.toLowerCase()
  return {
    dateAdded,
    dueDate: dueDate ?? null,
    knownRansomwareUse: use === 'known' ? true : use === 'unknown' ? false : null,
    requiredAction: textAt(entry, 'requiredAction') ?? '',
  }
}

function dateAt(entry: JsonRecord, name: string): LocalDate | undefined {
  return parseLocalDate(lineAt(entry, name) ?? '')
}

/** `notes` joins links with " ; ", and here and there says something in words. */
function readNotes(notes: string): { references: readonly string[]; rest: string } {
  const parts = notes.split(/[;\s]+/)
  const references = parts.map(parseWebAddress).filter(address => address !== undefined)
  const words = notes
    .split(/\s*;\s*/)
    .map(part => part.replace(/https?:\/\/\S+/gi, '').trim())
    .filter(part => part !== '')
  return { references: [...new Set(references)], rest: words.join('; ') }
}

function shown(entry: JsonRecord, name: string): string {
  const member = memberOf(entry, name)
  if (member === undefined) return 'missing'
  const line = lineAt(entry, name)
  return line === undefined ? 'not text' : `"${line.slice(0, 60)}"`
}
