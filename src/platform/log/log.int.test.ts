import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../test/support/app.ts'
import { createWeb } from '../../app/web.ts'
import { createLog } from './log.ts'

const NAME = 'Wilhelmina Personal'
const ADDRESS = 'wilhelmina@personal.invalid'
const app = await createTestApp()

function capture() {
  const lines: string[] = []
  return { lines, log: createLog('debug', { write: line => void lines.push(line) }) }
}

test('what the database says of a failed statement is logged without the values in it', async () => {
  const { lines, log } = capture()
  const insert = () =>
    app.platform.database.pool.query('insert into directory_person (id, name, email, created_at) values ($1, $2, $3, now())', [
      'per_1',
      NAME,
      ADDRESS,
    ])
  await insert()
  const error: unknown = await insert().catch((reason: unknown) => reason)
  log.error({ err: error, email: ADDRESS, nested: { password: 'hunter2', token: 'secret-token' } }, 'it failed')
  const text = lines.join('')
  assert.match(text, /"code":"23505"/)
  for (const personal of [NAME, ADDRESS, 'hunter2', 'secret-token']) assert.ok(!text.includes(personal), `the log says ${personal}: ${text}`)
})

test('a visit is logged by its route, without who came, from where, or what was asked for', async () => {
  const { lines, log } = capture()
  const server = await createWeb({ ...app.platform, log }, app.platform.staticFiles)
  await server.inject({
    url: `/search?q=${encodeURIComponent(NAME)}`,
    remoteAddress: '203.0.113.77',
    headers: { 'user-agent': 'a browser of its own kind', cookie: 'carecert=a-secret-session' },
  })
  const form = new URLSearchParams({ email: ADDRESS, password: 'correct horse battery' })
  await server.inject({
    method: 'POST',
    url: '/sign-in',
    payload: form.toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
  })
  await server.close()
  const text = lines.join('')
  assert.match(text, /"route":"\/search"/)
  assert.match(text, /"route":"\/sign-in"/)
  for (const personal of ['Wilhelmina', ADDRESS, 'correct horse', '203.0.113.77', 'a-secret-session', 'own kind'])
    assert.ok(!text.includes(personal), `the log says ${personal}`)
})
