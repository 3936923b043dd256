import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Invalid } from '../../kernel/errors.ts'
import { readConfig, SETTINGS } from './config.ts'

test('with nothing set it runs on this machine alone, on the embedded database', () => {
  const { config, secrets } = readConfig({})
  assert.deepEqual(
    { host: config.host, port: config.port, baseUrl: config.baseUrl, server: config.hasDatabaseServer },
    { host: '127.0.0.1', port: 8080, baseUrl: 'http://localhost:8080', server: false },
  )
  assert.equal(secrets.databaseUrl, null)
})

test('what is wrong is named, with what would be right, and never shown', () => {
  const wrong = { PORT: 'eighty', DATABASE_URL: 'mysql://secret@host/db', CARECERT_SECRET: 'short-secret', LOG_LEVEL: 'loud' }
  assert.throws(
    () => readConfig(wrong),
    (error: unknown) =>
      error instanceof Invalid && Object.keys(wrong).every(name => error.message.includes(name)) && !/secret@|short-secret/.test(error.message),
  )
})

test('an outside sign-in needs all three of its settings', () => {
  assert.throws(() => readConfig({ OIDC_ISSUER: 'https://id.example' }), { code: 'platform.config.oidc-incomplete' })
})

test('an empty value is no value, and an address loses its trailing slash', () => {
  assert.equal(readConfig({ PORT: '', BASE_URL: 'https://carecert.example/' }).config.baseUrl, 'https://carecert.example')
})

test('a secret never stands in the configuration that may be printed', () => {
  const { config } = readConfig({
    DATABASE_URL: 'postgres://u:hunter2@h/d',
    SMTP_URL: 'smtp://u:hunter2@h',
    CARECERT_SECRET: 'hunter2-hunter2-hunter2-hunter2-hunter2',
  })
  assert.doesNotMatch(JSON.stringify(config), /hunter2/)
})

test('every setting that holds a credential is marked as a secret', () => {
  for (const setting of SETTINGS)
    assert.equal(setting.secret, /SECRET|CREDENTIALS|_KEY$|_TOKEN$|DATABASE_URL|SMTP_URL/.test(setting.name), setting.name)
})
