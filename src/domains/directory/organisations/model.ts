import { Invalid } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import type { Instant, LocalDate } from '../../../kernel/instant.ts'

export interface OrganisationSummary {
  readonly id: Id<'organisation'>
  readonly code: string
  readonly name: string
  readonly type: string
  readonly country: string
  readonly regionCode: string | null
  readonly boardCode: string | null
  readonly postcode: string | null
  readonly status: 'open' | 'closed'
}

/** The page of the organisation: its own people see it as theirs, others under its code. */
export function organisationPath(code: string, isOwn: boolean): string {
  return isOwn ? '/our-organisation' : `/organisations/${encodeURIComponent(code)}`
}

/** A type of organisation. Types are rows, so that the sector can name its own. */
export interface OrganisationType {
  readonly code: string
  readonly name: string
  readonly plural: string
}

/** A region or board, for a choice. `name` is its code when nobody told us the name. */
export interface Area {
  readonly code: string
  readonly name: string
}

/** One organisation as a file tells of it. */
export interface OrganisationRow {
  readonly code: string
  readonly name: string
  readonly type: string
  /** `null` when the file does not say. */
  readonly country: string | null
  readonly regionCode: string | null
  readonly boardCode: string | null
  readonly parentCode: string | null
  readonly addressLines: readonly string[]
  readonly postcode: string | null
  readonly phone: string | null
  readonly openedOn: LocalDate | null
  readonly closedOn: LocalDate | null
  readonly status: 'open' | 'closed'
}

/** One file, read. */
export interface OrganisationImport {
  readonly rows: readonly OrganisationRow[]
  /** Which file it is, such as `epraccur`: the next file of this kind has the say about what this one told. */
  readonly fileKind: string
  /** Whether it is a list that names organisations and says little of them. It adds, and fills in what is blank, but a blank of its own means nothing. */
  readonly isOutline: boolean
  /** The file's name, for the history. */
  readonly source: string
  /** SHA-256 of the file's bytes, in hexadecimal. */
  readonly digest: string
}

/**
 * What importing a list did. `read` counts the rows of the list. `closed` are organisations that it closes, or lines that a list of
 * technology no longer has.
 */
export interface ImportCounts {
  readonly read: number
  readonly added: number
  readonly changed: number
  readonly closed: number
  readonly unchanged: number
  readonly refused: number
}

export const NOTHING_IMPORTED: ImportCounts = { read: 0, added: 0, changed: 0, closed: 0, unchanged: 0, refused: 0 }

export function addCounts(one: ImportCounts, other: ImportCounts): ImportCounts {
  return {
    read: one.read + other.read,
    added: one.added + other.added,
    changed: one.changed + other.changed,
    closed: one.closed + other.closed,
    unchanged: one.unchanged + other.unchanged,
    refused: one.refused + other.refused,
  }
}

/** Throws `Invalid` when every row of a list was refused, so that whoever runs the import by a script does not take it for done. */
export function assertSomeTaken(counts: ImportCounts, list: string): void {
  if (counts.refused === 0 || counts.refused < counts.read) return
  throw new Invalid('directory.import.nothing-taken', `Nothing of ${list} was imported: every row was refused.`)
}

/** One line of an organisation's history. */
export interface OrganisationChange {
  readonly at: Instant
  readonly kind: 'added' | 'renamed' | 'moved' | 'closed' | 'reopened' | 'corrected'
  readonly field: string
  readonly before: string | null
  readonly after: string | null
  readonly source: string
}

/** The counts as a person reads them: "Read 14,357: 3 added, 1 changed, …". */
export function describeCounts(counts: ImportCounts): string {
  const { read, added, changed, closed, unchanged, refused } = counts
  const number = (count: number) => count.toLocaleString('en-GB')
  return `Read ${number(read)}: ${number(added)} added, ${number(changed)} changed, ${number(closed)} closed, ${number(unchanged)} unchanged, ${number(refused)} refused.`
}
