import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp, type SignedIn } from '../../../../test/support/app.ts'

const app = await createTestApp()
const lead = await app.signIn('cyber-lead', { organisation: 'RX1' })

async function opened(who: SignedIn, name: string): Promise<string> {
  const reply = await who.post('/investment', { name }, { from: '/investment' })
  assert.equal(reply.statusCode, 303, reply.body)
  return String(reply.headers.location)
}

/** The fields of the case's form, as a browser would send them. */
function fieldsOf(body: string): Record<string, string | string[]> {
  const value = (name: string) => new RegExp(`name="${name}"[^>]*value="([^"]*)"`).exec(body)?.[1] ?? ''
  const checked = (name: string) =>
    [...body.matchAll(new RegExp(`<input[^>]*name="${name}"[^>]*value="([^"]*)"[^>]*checked`, 'g'))].map(([, code]) => code ?? '')
  return {
    seen: value('seen'),
    capital: value('capital'),
    revenue: value('revenue'),
    peopleDays: value('peopleDays'),
    dayRate: value('dayRate'),
    size: /<option value="([^"]*)" selected/.exec(body)?.[1] ?? '',
    years: '3',
    inPlace: checked('inPlace'),
    required: checked('required'),
    excluded: checked('excluded'),
  }
}

test('a first answer stands as soon as a case is opened, with what it costs, what it saves and what the law asks for', async () => {
  assert.match((await lead.get('/investment')).body, /Start here/)
  assert.match((await lead.post('/investment', { name: ' ' }, { from: '/investment' })).body, /href="#name">\s*Give the case a name/)
  const address = await opened(lead, 'Budget 2027-28')
  const { body } = await lead.get(address)
  assert.match(body, /a year<\/strong>, do these \d+ things/)
  assert.match(body, /clinic-days<\/strong> of care a year are not lost/)
  assert.match(body, /UK GDPR Article 33/)
  assert.match(body, /<span title="£[\d,]+\.\d\d">£[\d,]+<\/span>|<span title="£[\d,.]+">£[\d.]+ million<\/span>/)
  assert.match(body, /What we chose not to buy, and why/)
  assert.match(body, /cannot be added up/)
  assert.match(body, /No other choice within these limits loses less/)
  assert.match((await lead.get('/investment.csv')).body, /Budget 2027-28/)
})
