import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { IntelligenceItem } from '../../../kernel/intelligence.ts'

/** An item as it is kept in `watch_item.content`: JSON, so its instants are ISO texts. */
export interface StoredItem extends Omit<IntelligenceItem, 'published' | 'updated'> {
  readonly published: string | null
  readonly updated: string | null
}

export function toStored(item: IntelligenceItem): StoredItem {
  return { ...item, published: item.published?.toISOString() ?? null, updated: item.updated?.toISOString() ?? null }
}

/** The SHA-256 of what an item says, whatever the order of its members: two items with one hash say the same. */
export function contentHash(item: StoredItem): string {
  return sha256(JSON.stringify(sorted(item)))
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** The names of the fields in which two states of an item differ; inside `kev` and `details` by member, such as `kev.dueDate`. */
export function changedFields(before: StoredItem, after: StoredItem): readonly string[] {
  const [earlier, later] = [fieldsOf(before), fieldsOf(after)]
  const names = [...new Set([...earlier.keys(), ...later.keys()])]
  return names.filter(name => JSON.stringify(sorted(earlier.get(name))) !== JSON.stringify(sorted(later.get(name))))
}

function fieldsOf(item: StoredItem): Map<string, unknown> {
  const { kev, details, ...rest } = item
  const inner = (prefix: string, members: object) => Object.entries(members).map(([name, value]) => [`${prefix}.${name}`, value] as const)
  return new Map<string, unknown>([...Object.entries(rest), ...inner('kev', kev ?? {}), ...inner('details', details)])
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value ?? null
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  )
}

/** What each field is called on pages. A field that is not here is shown by its own name. */
const FIELD_WORDS: Readonly<Record<string, string>> = {
  title: 'title',
  summary: 'summary',
  url: 'address',
  published: 'date of publication',
  updated: 'date of change',
  cves: 'CVEs',
  severity: 'severity',
  cvssTenths: 'CVSS score',
  products: 'products',
  tlp: 'TLP label',
  withdrawn: 'withdrawn',
  references: 'references',
  'kev.dateAdded': 'date added to the catalogue',
  'kev.dueDate': 'due date',
  'kev.knownRansomwareUse': 'known ransomware use',
  'kev.requiredAction': 'required action',
  'details.remediationSteps': 'remediation steps',
  'details.vulnerabilities': 'vulnerabilities and remedies',
  'details.updates': 'updates',
  'details.notes': 'notes',
}

export function fieldWord(field: string): string {
  return FIELD_WORDS[field] ?? field.replace(/^details\./, '')
}

/** The fields of which people must hear when they change (broadcast.md §2 row 52: stay silent unless what to do has changed). */
export const MATERIAL_FIELDS: ReadonlySet<string> = new Set([
  'cves',
  'severity',
  'cvssTenths',
  'products',
  'tlp',
  'withdrawn',
  'kev.dateAdded',
  'kev.dueDate',
  'kev.knownRansomwareUse',
  'kev.requiredAction',
  'details.remediationSteps',
  'details.vulnerabilities',
  'details.updates',
])

/** Whether a change of these fields alters what an organisation should do, or how soon. */
export function isMaterial(fields: readonly string[]): boolean {
  return fields.some(field => MATERIAL_FIELDS.has(field))
}

/** How many items of one document, or of several of one source, went which way. */
export interface GatherCounts {
  readonly added: number
  readonly changed: number
  readonly withdrawn: number
  readonly unchanged: number
  readonly quarantined: number
}

export const NO_COUNTS: GatherCounts = { added: 0, changed: 0, withdrawn: 0, unchanged: 0, quarantined: 0 }

export function addCounts(a: GatherCounts, b: GatherCounts): GatherCounts {
  return {
    added: a.added + b.added,
    changed: a.changed + b.changed,
    withdrawn: a.withdrawn + b.withdrawn,
    unchanged: a.unchanged + b.unchanged,
    quarantined: a.quarantined + b.quarantined,
  }
}

export function countsInWords(counts: GatherCounts): string {
  const { added, changed, withdrawn, unchanged, quarantined } = counts
  return `${added} added, ${changed} changed, ${withdrawn} withdrawn, ${unchanged} unchanged, ${quarantined} quarantined`
}

/** What is already held of an item, as far as telling a change needs. */
export interface HeldItem {
  readonly id: string
  readonly externalId: string
  readonly contentHash: string
  /** When the source had last changed what is held, if it said. */
  readonly changedAt: Date | null
  readonly isWithdrawn: boolean
}

export type ItemFate = 'added' | 'changed' | 'withdrawn' | 'returned' | 'unchanged'

/**
 * What becomes of an item that was read, beside what is held. What the source says it changed earlier than what is held is an old
 * copy, and changes nothing. An item is withdrawn when it says so itself, or when a complete document lacks it (see `takeIn`).
 */
export function fateOf(item: IntelligenceItem, hash: string, held: HeldItem | undefined): ItemFate {
  if (held === undefined) return 'added'
  if (item.updated !== null && held.changedAt !== null && item.updated < held.changedAt) return 'unchanged'
  if (item.withdrawn && !held.isWithdrawn) return 'withdrawn'
  if (!item.withdrawn && held.isWithdrawn) return 'returned'
  return held.contentHash === hash ? 'unchanged' : 'changed'
}

/** Gathers one source from its address. */
export const gatherSource = { name: 'watch.gather-source', payload: z.strictObject({ source: z.string() }), atMostOneWaiting: true }

/** Asks for the gathering of every source that is due. */
export const gatherDue = { name: 'watch.gather-due', payload: z.object({}) }
