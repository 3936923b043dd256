import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { SignInTables } from '../tables.ts'
import { sampleSignInLinks } from './queries.ts'

const app = await createTestApp({ sample: true })
const analyst = await app.signIn('analyst', { name: 'Anna Analyst' })
const lead = await app.signIn('cyber-lead', { name: 'Lena Lead' })
await runWork<SignInTables, void>(app.platform, SYSTEM, async work => {
  await work.db.updateTable('directory_person').set({ email: 'analyst@centre.sample.invalid' }).where('id', '=', analyst.personId).execute()
  await work.db.updateTable('directory_person').set({ email: 'cyber-lead@mersey.sample.invalid' }).where('id', '=', lead.personId).execute()
  work.record({ verb: 'test', subject: { kind: 'test', id: 'test' } })
})
await app.signIn('duty-manager', { name: 'Not of the sample' })

test('there is one link for each role of the sample, in the order of the roles', async () => {
  const links = await sampleSignInLinks(app.platform)
  assert.deepEqual(
    links.map(({ role, label, name }) => [role, label, name]),
    [
      ['analyst', 'Analyst', 'Anna Analyst'],
      ['cyber-lead', 'Cyber or IT lead', 'Lena Lead'],
    ],
  )
})

test('one click signs in, as often as one likes', async () => {
  const [link] = await sampleSignInLinks(app.platform)
  const path = new URL(link?.url ?? '').pathname
  for (let turn = 0; turn < 2; turn += 1) {
    const browser = app.newVisitor()
    assert.equal((await browser.get(path)).headers.location, '/')
    assert.match((await browser.get('/account')).body, /Anna Analyst/)
  }
})

test('the page for signing in offers them to a visitor at this machine, and to no other', async () => {
  assert.match((await app.newVisitor('127.0.0.1').get('/sign-in')).body, /sign-in\/sample\/per_/)
  assert.doesNotMatch((await app.newVisitor('192.0.2.9').get('/sign-in')).body, /sign-in\/sample/)
})

test('a link does not work from elsewhere, changed, for another person, or on a real installation', async () => {
  const [link] = await sampleSignInLinks(app.platform)
  const path = new URL(link?.url ?? '').pathname
  const signature = path.split('.')[1] ?? ''
  assert.equal((await app.newVisitor('192.0.2.9').get(path)).statusCode, 404)
  assert.equal((await app.newVisitor().get(`${path}x`)).statusCode, 404)
  assert.equal((await app.newVisitor().get(`/sign-in/sample/${lead.personId}.${signature}`)).statusCode, 404)
  const real = await createTestApp()
  const { personId } = await real.signIn('analyst')
  assert.deepEqual(await sampleSignInLinks(real.platform), [])
  assert.equal((await real.newVisitor().get(`/sign-in/sample/${personId}.${real.platform.signer.sign('sample-sign-in', personId)}`)).statusCode, 404)
})
