import { z } from 'zod'
import type { LocalDate } from '../../../kernel/instant.ts'
import { nameKey } from '../../../kernel/name-key.ts'
import type { Problem } from '../../../kernel/problem.ts'

/** Published when what organisations run has changed, so that higher domains can count anew who runs what. */
export const technologyChanged = { name: 'directory.technology-changed', payload: z.strictObject({}), atMostOneWaiting: true }

/** One product that one organisation runs, as a list told us. */
export interface ImportedTechnology {
  /** Where it stands in the list, such as `line 12`, for the person who must put it right. */
  readonly position: string
  readonly organisationCode: string
  /** Empty when the list does not say who makes it. */
  readonly maker: string
  readonly product: string
  /** `null` when the list does not say. */
  readonly version: string | null
  /** How many of them. `null` for not known. */
  readonly count: number | null
  /** The day on which this was true. `null` for not known. */
  readonly asOf: LocalDate | null
  readonly cpe: string | null
  readonly purl: string | null
}

export interface TechnologyImport {
  readonly rows: readonly ImportedTechnology[]
  /** The rows that could not be read. */
  readonly rejected: readonly Problem[]
  /** The name of the list, such as `gp-system-supplier`: for the organisations that it names, the next of the same name replaces it. */
  readonly source: string
  /** Whether the centre may see it. What the centre imports itself is always shared with it. */
  readonly shared: boolean
  /** SHA-256 of the file's bytes, in hexadecimal. */
  readonly digest: string
}

/** The keys under which a product is one and the same, whatever the spelling. A name of signs alone is its own key. */
export function productKeys(maker: string, product: string): { readonly makerKey: string; readonly productKey: string } {
  return { makerKey: nameKey(maker) || maker, productKey: nameKey(product) || product }
}

/** One line of what an organisation runs. */
export interface Technology {
  readonly productId: number
  readonly maker: string
  readonly product: string
  readonly version: string
  readonly count: number | null
  readonly source: string
  readonly asOf: LocalDate | null
  readonly isShared: boolean
  readonly toldBy: 'organisation' | 'centre'
}
