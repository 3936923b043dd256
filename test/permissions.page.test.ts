import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { ROUTES } from '../src/app/modules.ts'
import { ALL_ROLES, ROLES, type Role } from '../src/kernel/role.ts'
import type { Route } from '../src/platform/http/route.ts'
import { generatedDocuments, rolesOf } from '../tools/generate/documents.ts'
import { createTestApp, type Browser } from './support/app.ts'

const app = await createTestApp()

/** An address of the route whose parameters name nothing that exists: whoever may come in finds nothing; whoever may not is turned away first. */
function addressOf(route: Route): string {
  return route.path.replace(/:(\w+)/g, (_, name: string) => (name === 'number' ? 'CC-9999999' : 'nothing-of-that-name')).replace('*', 'nothing')
}

async function ask(browser: Browser, route: Route): Promise<'let in' | 'turned away' | 'asked to sign in'> {
  const response = route.method === 'GET' ? await browser.get(addressOf(route)) : await browser.post(addressOf(route), {})
  assert.notEqual(response.statusCode, 429, 'the limit on requests hides what this test asks')
  assert.ok(response.statusCode < 500, `${route.method} ${route.path} broke with ${response.statusCode}: ${response.body.slice(0, 400)}`)
  if (response.statusCode === 403 && response.body.includes('Your role does not include this')) return 'turned away'
  if (response.statusCode === 403 && response.body.includes('platform.permission.missing')) return 'turned away'
  if (response.statusCode === 401 || (response.headers.location ?? '').startsWith('/sign-in?to=')) return 'asked to sign in'
  return 'let in'
}

test('somebody who is not signed in gets the public routes and nothing else', async t => {
  for (const [at, route] of ROUTES.entries()) {
    await t.test(`${route.method} ${route.path}`, async () => {
      const expected = rolesOf(route) === 'anyone' ? 'let in' : 'asked to sign in'
      assert.equal(await ask(app.newVisitor(`127.2.0.${at}`), route), expected)
    })
  }
})

/** So many routes are asked with one session, from one network address, so that no limit on requests is met. */
const ROUTES_A_SESSION = 25

for (const role of ALL_ROLES) {
  test(`a ${ROLES[role].label} gets what the table says, route by route`, async t => {
    const signIn = async (at: number) => {
      const browser = await app.signIn(role, { remoteAddress: `127.1.${ALL_ROLES.indexOf(role)}.${at}` })
      await browser.get('/account')
      return browser
    }
    let browser = await signIn(0)
    for (const [at, route] of ROUTES.entries()) {
      await t.test(`${route.method} ${route.path}`, async () => {
        if (at % ROUTES_A_SESSION === 0) browser = await signIn(at)
        let answer = await ask(browser, route)
        if (answer === 'asked to sign in') {
          // A route before this one may have ended the session.
          browser = await signIn(at)
          answer = await ask(browser, route)
        }
        assert.equal(answer, mayEnter(role, route) ? 'let in' : 'turned away')
      })
    }
  })
}

function mayEnter(role: Role, route: Route): boolean {
  const roles = rolesOf(route)
  return roles === 'anyone' || roles.includes(role)
}

test('the table in docs/generated says the same', async () => {
  for (const [name, text] of generatedDocuments()) {
    const written = await readFile(new URL(`../docs/generated/${name}`, import.meta.url), 'utf8')
    assert.equal(written, text, `docs/generated/${name} is out of date: run "npm run gen"`)
  }
})
