import { readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { sharedData } from '../../support/shared-data.ts'

/** A practice as the two public files have it, read here without any code of the product. */
export interface Practice {
  readonly code: string
  readonly name: string
  readonly isOpen: boolean
  /** `null` for a practice that the list of systems does not name. */
  readonly supplier: string | null
}

/** Columns of the file of practices, counted from 0: the closing date is empty while it is open. */
const [CODE, NAME, CLOSED_ON] = [0, 1, 11]

/** Every practice of `epraccur`, with its supplier from `gp-system-supplier`. */
export function readPractices(): readonly Practice[] {
  const suppliers = new Map(
    rowsOf('ods/gp-system-supplier.csv')
      .slice(1)
      .map(([code = '', supplier = '']) => [code, supplier]),
  )
  return rowsOf('ods/epraccur-2019-12.csv').map(row => {
    const code = row[CODE] ?? ''
    return { code, name: row[NAME] ?? '', isOpen: row[CLOSED_ON] === '', supplier: suppliers.get(code) ?? null }
  })
}

function rowsOf(path: string): string[][] {
  return parse(readFileSync(sharedData(path), 'utf8'), { bom: true })
}
