import { parse } from 'csv-parse/sync'
import type { Problem } from '../../../../kernel/problem.ts'
import { cleanLine } from '../../../../kernel/text.ts'

/** A product or group of devices, with how many there are and how many are done. */
export interface CountedAsset {
  readonly label: string
  readonly total: number
  readonly done: number
}

export const MOST_ASSETS = 500
const LONGEST_LABEL = 300
const LARGEST_COUNT = 1_000_000

/** Reads one product's counts as they were typed. Gives the sentence that says what is wrong, or the counts. */
export function readAsset(label: string, total: string, done: string): CountedAsset | string {
  const name = cleanLine(label)
  const [of, ready] = [wholeNumber(total), wholeNumber(done.trim() === '' ? '0' : done)]
  if (name === '') return 'Name the product or group of devices'
  if (name.length > LONGEST_LABEL) return `Use ${LONGEST_LABEL} characters or fewer for the name`
  if (of === undefined) return `${name}: say how many there are, as a whole number`
  if (ready === undefined) return `${name}: say how many are done, as a whole number`
  if (ready > of) return `${name}: ${ready} done is more than the ${of} there are`
  return { label: name, total: of, done: ready }
}

function wholeNumber(text: string): number | undefined {
  const digits = text.trim().replaceAll(',', '')
  return /^\d{1,7}$/.test(digits) && Number(digits) <= LARGEST_COUNT ? Number(digits) : undefined
}

export const ASSET_COLUMNS = ['product', 'total', 'done'] as const

export interface ReadAssets {
  readonly assets: readonly CountedAsset[]
  /** Rows that were not taken, each with why; as CSV they can be put right and sent again. */
  readonly rejected: readonly { readonly line: number; readonly cells: readonly string[]; readonly why: string }[]
}

/** Reads a list as it is downloaded, or pasted from a spreadsheet: with or without its head, by comma, semicolon or tab. */
export function readAssetList(text: string): ReadAssets | Problem {
  let rows: readonly string[][]
  try {
    rows = parse(withOneLineEnd(text), { bom: true, delimiter: delimiterOf(text), relax_column_count: true, skip_empty_lines: true, trim: true })
  } catch {
    return {
      rule: 'broadcast.progress.csv',
      pointer: 'list',
      severity: 'error',
      message: 'This cannot be read as a list. Check that each quotation mark has its pair',
    }
  }
  const assets: CountedAsset[] = []
  const rejected: ReadAssets['rejected'][number][] = []
  for (const [at, cells] of rows.entries()) {
    const [label = '', total = '', done = ''] = cells
    if (at === 0 && label.toLowerCase() === ASSET_COLUMNS[0]) continue
    const read = at > MOST_ASSETS ? `A list has ${MOST_ASSETS} rows at most` : readAsset(label.replace(/^'(?=[=+\-@])/, ''), total, done)
    if (typeof read === 'string') rejected.push({ line: at + 1, cells, why: read })
    else assets.push(read)
  }
  return { assets, rejected }
}

/** A pasted spreadsheet has tabs; a saved one commas, or in some countries semicolons: what there is more of, since a name may hold the other. */
export function delimiterOf(text: string): string {
  const [first = ''] = text.split('\n', 1)
  const count = (sign: string) => first.split(sign).length
  return first.includes('\t') ? '\t' : count(';') > count(',') ? ';' : ','
}

/** A list pasted together from two places may end its lines in two ways. */
export function withOneLineEnd(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n')
}
