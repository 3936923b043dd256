import { z } from 'zod'
import type { LocalDate } from '../../../kernel/instant.ts'

/** Published when what organisations run has changed, so that higher domains can count anew who runs what. */
export const technologyChanged = { name: 'directory.technology-changed', payload: z.strictObject({}) }

/** One product that one organisation runs, as a list told us. */
export interface TechnologyRow {
  /** Where it stands in the list, for the person who must put it right. */
  readonly line: number
  readonly organisationCode: string
  /** Empty when the list does not say who makes it. */
  readonly maker: string
  readonly product: string
  /** Empty when the list does not say. */
  readonly version: string
  /** How many of them. `null` for not known. */
  readonly count: number | null
  readonly cpe: string | null
  readonly purl: string | null
}

export interface TechnologyImport {
  readonly rows: readonly TechnologyRow[]
  /** The name of the list, such as `gp-system-supplier`: the next list of the same name replaces this one. */
  readonly source: string
  /** The day on which the list was true. `null` for not known. */
  readonly asOf: LocalDate | null
  /** Whether the centre may see it. What the centre imports itself is always shared with it. */
  readonly shared: boolean
}
