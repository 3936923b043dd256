import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { ROUTES } from '../src/app/modules.ts'
import { encodeCursor } from '../src/kernel/page.ts'
import { programOf, type Program } from './support/api.ts'
import { createTestApp } from './support/app.ts'

/** What holds of every list of the JSON API, whoever it belongs to. */
const app = await createTestApp()
const programs: readonly Program[] = [await programOf(app, 'administrator'), await programOf(app, 'duty-manager'), await programOf(app, 'cyber-lead')]

const LISTS = ROUTES.filter(
  ({ operation, query, path }) => operation !== null && query instanceof z.ZodObject && 'cursor' in query.shape && !path.includes(':'),
).map(({ path }) => path.replace('/api/v1', ''))

const VALUES = ['x', '', '2026-02-31T00:00:00Z', -1, 0.5, 1e30, Number.MAX_SAFE_INTEGER, null]

test('a cursor that somebody made up is never our fault', async () => {
  assert.ok(LISTS.length > 10)
  const cursors = [1, 2, 3, 4].flatMap(length => VALUES.map(value => encodeCursor(Array.from({ length }, () => value))))
  const broken: string[] = []
  for (const path of LISTS) {
    const asker = await firstWhoMay(path)
    for (const cursor of asker === undefined ? [] : [...cursors, encodeCursor(['x', 1e30]), encodeCursor([1e30, 'x', 'x'])]) {
      const { status } = (await asker?.get(`${path}?cursor=${cursor}`)) ?? { status: 0 }
      if (status >= 500) broken.push(`${path} ${Buffer.from(cursor, 'base64url').toString()}`)
    }
  }
  assert.deepEqual(broken, [])
})

async function firstWhoMay(path: string): Promise<Program | undefined> {
  for (const program of programs) if ((await program.get(path)).status === 200) return program
  return undefined
}
