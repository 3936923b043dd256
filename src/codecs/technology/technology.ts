import type { LocalDate } from '../../kernel/instant.ts'

/** One product that one organisation runs, as a file says it. */
export interface TechnologyRow {
  /** Where it stood: `line 12` of a CSV file, or a JSON Pointer. */
  readonly position: string
  /** ODS code, in capitals; `null` where the whole file is about one organisation, which the caller knows. */
  readonly organisationCode: string | null
  /** Empty when the file names none. Compare by `nameKey`. */
  readonly maker: string
  readonly product: string
  readonly version: string | null
  /** How many of it the organisation runs; `null` when the file does not say. Never 0. */
  readonly count: number | null
  /** The day for which this is true; `null` when the file does not say. */
  readonly asOf: LocalDate | null
  /** Package URL, as given. */
  readonly purl: string | null
  /** CPE name, as given. */
  readonly cpe: string | null
}

/** What a file says of the technology that organisations run. Each row that cannot be used is in `rejected`, the rest counts. */
export interface TechnologyFile {
  readonly format: 'csv' | 'cyclonedx'
  /** For a person. */
  readonly label: string
  readonly rows: readonly TechnologyRow[]
  readonly rejected: readonly RejectedRow[]
}

export interface RejectedRow {
  readonly position: string
  /** A sentence for a person. */
  readonly reason: string
  /** The start of the row as it stood, at most 2,000 characters. */
  readonly excerpt: string
}
