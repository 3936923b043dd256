import assert from 'node:assert/strict'
import { parse } from 'csv-parse/sync'
import type { Browser } from './app.ts'

/** A list as a person turns its pages. */
export interface WalkedList {
  /** What `row` caught, in the order shown, of all pages. */
  readonly rows: readonly string[]
  /** The count that each of its pages showed. */
  readonly total: number
  readonly pages: number
}

/**
 * Turns the pages of a list from `address` on, by their own links, and takes from each what `row` catches once a row. Asserts that every page
 * shows one and the same count, that the count is of the rows, and that no row comes twice.
 */
export async function walkList(browser: Browser, address: string, row: RegExp): Promise<WalkedList> {
  const rows: string[] = []
  const totals = new Set<number>()
  let pages = 0
  for (let next: string | undefined = address; next !== undefined; pages += 1) {
    assert.ok(pages < 50, `${address} never ends`)
    const { statusCode, body } = await browser.get(next)
    assert.equal(statusCode, 200, `${next}: ${body}`)
    const table = /<tbody[\s\S]*?<\/tbody>/.exec(body.slice(body.indexOf('app-count')))?.[0] ?? ''
    rows.push(...[...table.matchAll(new RegExp(row, 'g'))].map(match => match[1] ?? ''))
    totals.add(countShown(body))
    const link = /<a class="nhsuk-pagination__next"[^>]*href="([^"]+)"|href="([^"]+)"[^>]*rel="next"/.exec(body)
    next = (link?.[1] ?? link?.[2])?.replaceAll('&amp;', '&')
  }
  assert.deepEqual([...totals], [rows.length], `${address}: the counts that the pages show, and the rows that there are`)
  assert.equal(new Set(rows).size, rows.length, `${address}: a row comes twice`)
  return { rows, total: rows.length, pages }
}

/** The count above a list; 0 where there is none. */
export function countShown(body: string): number {
  return Number((/class="app-count"[^>]*><strong>([\d,]+) /.exec(body)?.[1] ?? '0').replaceAll(',', ''))
}

/** A download read as its own heading names the columns. */
export async function readCsv(browser: Browser, address: string): Promise<readonly Readonly<Record<string, string>>[]> {
  const { statusCode, headers, body } = await browser.get(address)
  assert.equal(statusCode, 200, `${address}: ${body}`)
  assert.match(headers['content-type'] ?? '', /^text\/csv/)
  assert.match(String(headers['content-disposition']), /attachment; filename="[\w.-]+\.csv"/)
  assert.equal(body.lastIndexOf('\uFEFF'), 0, 'one byte order mark, in front')
  return parse(body, { bom: true, columns: true })
}
