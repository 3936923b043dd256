import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ROUTES } from '../src/app/modules.ts'
import type { Route } from '../src/platform/http/route.ts'
import { FOR_PEOPLE, NEEDS_NONE, NO_OPERATIONS } from './api-coverage.ts'

const nameOf = ({ method, path }: Pick<Route, 'method' | 'path'>) => `${method} ${path}`
const byName = new Map(ROUTES.map(route => [nameOf(route), route]))
const operations = ROUTES.flatMap(route => (route.operation === null ? [] : [{ route, operation: route.operation }]))
const covered = new Set(operations.flatMap(({ operation: { page } }) => (typeof page === 'string' ? [page] : [])))

/** What is asked of who comes in: one thing to compare. */
function needOf({ access }: Route): string {
  return 'permission' in access ? access.permission : 'public' in access ? 'public' : 'signed in'
}

/** The form of what a POST does and the CSV of a list need nothing of their own: they follow those. */
function follows(name: string): string | null {
  if (!name.startsWith('GET ')) return null
  const posted = name.replace(/^GET /, 'POST ')
  // What can be had as CSV is a list, whatever is posted beside it.
  if (byName.has(posted) && !byName.has(`${name}.csv`)) return posted
  const above = posted.replace(/[/](?:add|new)$/, '')
  if (above !== posted && byName.has(above)) return above
  const list = name.replace(/[.]csv$/, '')
  return list !== name && byName.has(list) ? list : null
}

function isSettled(name: string): boolean {
  return covered.has(name) || NEEDS_NONE[name] !== undefined
}

test('each operation asks for what the page asks for whose work it does', () => {
  for (const { route, operation } of operations) {
    if (typeof operation.page !== 'string') continue
    const page = byName.get(operation.page)
    assert.ok(page !== undefined, `${operation.id} stands for ${operation.page}, which is no page`)
    assert.ok(!page.isMachine, `${operation.id} stands for ${operation.page}, which is for programs itself`)
    assert.equal(needOf(route), needOf(page), `${operation.id} and ${operation.page}`)
  }
})

test('each operation has a name of its own, in camelCase, and says in words what it does', () => {
  const names = operations.map(({ operation }) => operation.id)
  assert.deepEqual(
    names.filter((name, at) => names.indexOf(name) !== at),
    [],
  )
  for (const { operation } of operations) {
    assert.match(operation.id, /^[a-z][A-Za-z0-9]+$/)
    assert.match(operation.summary, /^[A-Z].*[^.]$/, operation.id)
  }
})

test('whatever a page can do, an operation can do, or it stands with its reason why not', () => {
  const isForPeople = ({ path }: Route) =>
    Object.keys(FOR_PEOPLE).some(prefix => path === prefix || path.startsWith(`${prefix}/`) || path.startsWith(`${prefix}.`))
  const pages = ROUTES.filter(route => !route.isMachine && !isForPeople(route)).map(nameOf)
  const missing = pages.filter(name => !isSettled(name) && !isSettled(follows(name) ?? name))
  assert.deepEqual(missing, [], 'give it an operation in api.ts, or its reason in test/api-coverage.ts')
})

test('the lists of what has no operation hold nothing that has one, and nothing that is no page', () => {
  const listed = [...Object.keys(NEEDS_NONE), ...Object.keys(NO_OPERATIONS)]
  assert.deepEqual(
    listed.filter(name => !byName.has(name)),
    [],
    'no such page',
  )
  assert.deepEqual(
    listed.filter(name => covered.has(name) || (byName.get(name)?.operation ?? null) !== null),
    [],
    'an operation does it: take the line away',
  )
})

test('everything under /api/v1 is an operation, or stands with its reason why not', () => {
  const others = ROUTES.filter(({ path, operation }) => path.startsWith('/api/v1/') && operation === null).map(nameOf)
  assert.deepEqual(
    others.filter(name => NO_OPERATIONS[name] === undefined),
    [],
  )
})
