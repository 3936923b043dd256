import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generate } from 'otplib'
import { createTestApp } from '../../../../test/support/app.ts'
import { makeFirstAdministrator } from './commands.ts'

const app = await createTestApp()

test('an empty installation prints a link; whoever holds it says who they are, sets up sign-in, and is the administrator', async () => {
  const first = await makeFirstAdministrator(app.platform)
  const second = await makeFirstAdministrator(app.platform)
  assert.ok(first !== null && second !== null)
  const path = new URL(second).pathname
  const browser = app.newVisitor()
  assert.equal((await browser.get(new URL(first).pathname)).statusCode, 404, 'a second start makes a new link')
  assert.match((await browser.get(path)).body, /Who are you\?/)
  assert.equal((await browser.get(`${path}/password`)).statusCode, 404, 'a name comes first')

  assert.equal((await browser.post(`${path}/person`, { name: '', email: 'x' })).statusCode, 422)
  assert.equal((await browser.post(`${path}/person`, { name: 'Ada Admin', email: 'Ada@Centre.invalid' })).headers.location, path)
  const { body } = await browser.get(`${path}/password`)
  const secret = (/<code>([A-Z2-7 ]+)<\/code>/.exec(body)?.[1] ?? '').replaceAll(' ', '')
  const code = await generate({ secret, epoch: Math.floor(app.platform.clock.now().getTime() / 1000) })
  assert.equal((await browser.post(`${path}/password`, { password: 'lantern gravel teacup', code })).statusCode, 303)
  assert.match((await browser.get('/account')).body, /ada@centre\.invalid[^]*Cyber centre<\/strong>, Administrator/)
  assert.equal((await browser.get('/people')).statusCode, 200)
})

test('once somebody can sign in, starting prints no link', async () => {
  assert.equal(await makeFirstAdministrator(app.platform), null)
})
