import assert from 'node:assert/strict'
import { test } from 'node:test'
import { programOf } from '../../../../test/support/api.ts'
import { createTestApp } from '../../../../test/support/app.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import type { Catalogue } from './model.ts'
import { catalogueAt, versionsInUse } from './queries.ts'

const app = await createTestApp()

test('the catalogue that ships is whole: every code that it names is in it, and every figure says who said it', async () => {
  const { improvements, scenarios, overlap, size } = await readAs<Visible, Catalogue>(app.platform, SYSTEM, async db =>
    catalogueAt(db, await versionsInUse(db)),
  )
  assert.ok(improvements.length >= 25 && scenarios.length >= 8, `${improvements.length} and ${scenarios.length}`)
  const codes = new Set(improvements.map(({ code }) => code))
  const happen = new Set(scenarios.map(({ code }) => code))
  const kinds = new Set(overlap.content.groups.map(({ code }) => code))
  for (const { code, content } of improvements) {
    for (const need of content.needs) assert.ok(codes.has(need), `${code} needs ${need}`)
    for (const { on } of content.effects) assert.ok(happen.has(on), `${code} has an effect on ${on}`)
    assert.ok(kinds.has(content.group), `${code} is of the kind ${content.group}`)
    assert.ok(content.outcomes.length > 0, `${code} serves an outcome`)
    assert.match(content.capital.source.asOf, /^\d{4}(-\d\d){0,2}$/)
    assert.ok(Number.isInteger(content.capital.likely) && Number.isInteger(content.yearly.likely), `${code} is in whole pence`)
  }
  for (const { code } of scenarios)
    assert.ok(
      improvements.some(({ content }) => content.effects.some(({ on }) => on === code)),
      `something helps against ${code}`,
    )
  for (const band of size.content.sizes)
    assert.ok(
      improvements.some(({ content }) => content.sizes.includes(band.code)),
      band.code,
    )
})

test('everybody reads it, with its judgement named, and it is found by search and taken as CSV', async () => {
  const lead = await app.signIn('cyber-lead')
  const list = await lead.get('/catalogue/improvements')
  assert.match(list.body, /33<[^>]*> improvements|33 improvements/)
  assert.match((await lead.get('/catalogue/improvements?q=backups')).body, /Backups that cannot be deleted/)
  assert.match((await lead.get('/catalogue/improvements?q=zzz')).body, /Nothing fits/)
  const entry = await lead.get('/catalogue/improvements/patch-seven-days')
  assert.match(entry.body, /Marsh McLennan[\s\S]*CAF 3\.2 B4\.d|CAF 3\.2 B4\.d[\s\S]*Marsh McLennan/)
  assert.match(entry.body, /Judgement/)
  assert.match((await lead.get('/catalogue/scenarios/ransomware')).body, /clinic-days[\s\S]*Synnovis|pathology supplier/)
  assert.match((await lead.get('/catalogue/rules/size')).body, /Up to 50 staff/)
  assert.match(
    (await lead.get('/catalogue/improvements/all.csv')).body,
    /patch-seven-days,[^\n]*effects\.worm\.prevents,share,0\.4,0\.65,0\.85,published/,
  )
  assert.equal((await lead.get('/catalogue/improvements/nothing-of-the-kind')).statusCode, 404)
  assert.equal((await lead.get('/catalogue/improvements/second-factor/figures/capital')).statusCode, 403, 'only the centre changes it')
})

test('the centre changes a figure with a reason, the old version stays, and each fault comes back at its field', async () => {
  const assessor = await app.signIn('assessor')
  const address = '/catalogue/improvements/second-factor'
  const form = {
    low: '15,000',
    likely: '35000',
    high: '60,000',
    words: 'Asked three hospitals',
    saidBy: 'CareCERT',
    asOf: '2026-11-20',
    grade: 'measured',
    seen: '1',
  }
  const send = (changes: object) => assessor.post(`${address}/figures/capital`, { ...form, ...changes }, { from: `${address}/figures/capital` })
  const faults = await send({ low: '90000', saidBy: '', asOf: 'soon', reason: '' })
  assert.equal(faults.statusCode, 422)
  assert.match(faults.body, /href="#saidBy">\s*Say who[\s\S]*href="#asOf">[\s\S]*href="#reason">\s*Say why/)
  assert.match((await send({ low: '90000', reason: 'x' })).body, /low end cannot be above/)
  assert.match((await send({ low: '-5', reason: 'x' })).body, /href="#low">\s*Enter an amount/)
  const done = await assessor.follow(await send({ reason: 'Three hospitals told us what they paid' }))
  assert.match(done.body, /It is version 2[\s\S]*£35,000[\s\S]*Measured[\s\S]*Three hospitals told us/)
  assert.match((await assessor.get(`${address}?version=1`)).body, /This is version 1, as it was[\s\S]*£30,000/)
  assert.match((await send({ reason: 'Again' })).body, /Somebody has changed it since/)
  assert.match(
    (await assessor.post(`${address}/figures/effects.ransomware.prevents`, { ...form, low: '50', likely: '99', high: '99' })).body,
    /more than 95%/,
  )
})

test('a program reads and changes whole entries, and what is no entry is refused', async () => {
  const program = await programOf(app, 'cicso')
  assert.equal((await program.all('/catalogue/improvements', 10)).length, 33)
  const found = await program.get('/catalogue/scenarios/worm')
  const content = found.at('content') as object
  const changed = await program.post('/catalogue/scenarios/worm', { seen: 1, name: 'A worm', content, reason: 'A shorter name' })
  assert.equal(changed.at('version'), 2)
  const stale = await program.post('/catalogue/scenarios/worm', { seen: 1, name: 'A worm', content, reason: 'Again' })
  assert.equal(stale.status, 409)
  const wrong = await program.post('/catalogue/scenarios/worm', { seen: 2, name: 'A worm', content: { ...content, frequency: 'often' }, reason: 'x' })
  assert.equal(wrong.status, 400)
  assert.equal((await program.post('/catalogue/scenarios/worm/withdraw', { reason: 'It is one with ransomware' })).status, 204)
  assert.equal((await program.all('/catalogue/scenarios', 50)).length, 10)
})
