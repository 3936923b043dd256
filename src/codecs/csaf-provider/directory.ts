import { gatherFindings } from '../../kernel/findings.ts'
import { parseInstant } from '../../kernel/instant.ts'
import { succeed, type Result } from '../../kernel/problem.ts'
import { cleanLine } from '../../kernel/text.ts'
import { parseWebAddress } from '../../kernel/web-address.ts'

/** One row of a folder's list. */
export interface ListedPath {
  readonly address: string
  /** As the list writes it; `null` in `index.txt`. */
  readonly updated: string | null
}

/**
 * Reads `changes.csv` of the folder `base` (CSAF 2.0 §7.1.13: each row a path and a date, no header; 2.0 quotes both, 2.1 neither).
 * Red Hat's `deletions.csv` has the same form. Each row stands alone: one that cannot be used is left out with a problem
 * (`csaf-provider.changes.row`, `.path`, `.date`).
 */
export function readChanges(text: string, base: string): Result<readonly ListedPath[]> {
  return readRows(text, base, 'changes', line => {
    const match = ROW.exec(line)
    return match === null ? null : { path: match[1] ?? match[2] ?? '', updated: match[3] ?? match[4] ?? '' }
  })
}

/** Reads `index.txt` of the folder `base` (CSAF 2.0 §7.1.12): a path on each line. Problems are `csaf-provider.index.path`. */
export function readIndex(text: string, base: string): Result<readonly ListedPath[]> {
  return readRows(text, base, 'index', line => ({ path: line, updated: null }))
}

/** Whether a text looks like `changes.csv`: its first line is a path to a JSON file, and a date. */
export function recognisesChanges(text: string): boolean {
  const match = ROW.exec(firstLine(text))
  return match !== null && (match[1] ?? match[2] ?? '').endsWith('.json') && parseInstant(match[3] ?? match[4] ?? '') !== undefined
}

const ROW = /^(?:"([^"]*)"|([^",]*)),\s*(?:"([^"]*)"|([^",]*))$/

function firstLine(text: string): string {
  return /[^\r\n\uFEFF]+/.exec(text.slice(0, 2_000))?.[0].trim() ?? ''
}

function readRows(
  text: string,
  base: string,
  file: 'changes' | 'index',
  split: (line: string) => { readonly path: string; readonly updated: string | null } | null,
): Result<readonly ListedPath[]> {
  const { complain, problems } = gatherFindings(`csaf-provider.${file}`)
  const rows: ListedPath[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replaceAll('\uFEFF', '').trim()
    if (line === '') continue
    const row = split(line)
    const pointer = `line ${index + 1}`
    const shown = cleanLine(line).slice(0, 80)
    const address = row === null ? undefined : addressIn(row.path.trim(), base)
    if (row === null) complain('row', pointer, `"${shown}" is not a path and a date.`)
    else if (address === undefined) complain('path', pointer, `"${shown}" is not the path of a JSON file in this folder. It was left out.`)
    else {
      const instant = row.updated === null ? null : parseInstant(row.updated.trim())
      if (instant === undefined) complain('date', pointer, `The date of "${shown}" cannot be read.`)
      rows.push({ address, updated: instant?.toISOString() ?? row.updated })
    }
  }
  return succeed(rows, problems())
}

/** The address of a path inside the folder; `undefined` for one that leads out of it, or to no JSON file. */
function addressIn(path: string, base: string): string | undefined {
  if (!/\.json$/i.test(path) || /^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(path)) return undefined
  const address = parseWebAddress(URL.parse(withoutRepeat(path, base), base)?.href ?? '')
  return address?.startsWith(base) === true ? address : undefined
}

/** CISA writes paths from the head of its repository, so that they repeat the end of the folder's own: at least two folders, to be no accident. */
function withoutRepeat(path: string, base: string): string {
  const folders = path.split('/').slice(0, -1)
  for (let count = folders.length; count >= 2; count--) {
    const head = folders.slice(0, count).join('/')
    if (base.endsWith(`/${head}/`)) return path.slice(head.length + 1)
  }
  return path
}
