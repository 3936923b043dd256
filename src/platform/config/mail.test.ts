import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readConfig } from './config.ts'

test('the pace of mail domains is one number, or one for each with * for the others; what is neither is refused by name', () => {
  const allowances = (text?: string) => readConfig({ MAIL_PER_DOMAIN_PER_MINUTE: text }).config.mail.allowances
  assert.deepEqual(allowances(), { named: new Map(), others: null })
  assert.deepEqual(allowances('600'), { named: new Map(), others: 600 })
  assert.deepEqual(allowances('NHS.example=3000, *=60'), { named: new Map([['nhs.example', 3_000]]), others: 60 })
  for (const text of ['fast', '0', 'a.example=', 'a.example=1,,', '-5']) assert.throws(() => allowances(text), /MAIL_PER_DOMAIN_PER_MINUTE/, text)
})
