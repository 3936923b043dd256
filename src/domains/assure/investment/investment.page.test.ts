import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp, type SignedIn } from '../../../../test/support/app.ts'
import { runCommand } from '../../../../test/support/command.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { studyAnswerJob } from './jobs.ts'

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

test('other money is tried without being kept, and each fault comes back at its field', async () => {
  const address = await opened(lead, 'Trying')
  const fields = fieldsOf((await lead.get(address)).body)
  const little = await lead.post(`${address}/preview`, { ...fields, capital: '1,000', revenue: '6,000', fragment: 'yes' })
  assert.equal(little.statusCode, 200)
  assert.match(little.body, /Ring back before money moves/)
  assert.doesNotMatch(little.body, /<html|Old systems replaced/)
  assert.match(
    (await lead.post(`${address}/preview`, { ...fields, capital: 'lots', fragment: 'yes' })).body,
    /Enter the capital that you have, such as/,
  )
  assert.doesNotMatch((await lead.get(address)).body, /This answer is out of date/)

  const faults = await lead.post(`${address}/solve`, { ...fields, capital: '-5', peopleDays: 'many', required: 'call-back', excluded: 'call-back' })
  assert.equal(faults.statusCode, 422)
  assert.match(faults.body, /href="#capital">\s*An amount cannot be below nothing[\s\S]*href="#peopleDays">\s*Enter the days/)
  assert.match(
    (await lead.post(`${address}/solve`, { ...fields, required: 'call-back', excluded: 'call-back' })).body,
    /href="#excluded">\s*The same improvement/,
  )

  const impossible = await lead.follow(await lead.post(`${address}/solve`, { ...fields, capital: '0', revenue: '0' }))
  assert.match(impossible.body, /No choice keeps all of what you ask for[\s\S]*Report breaches in time/)
  assert.match((await lead.post(`${address}/solve`, fields)).body, /A colleague has changed this case since/)
})

test('what is in place counts once: it is not offered again, and what one sees oneself is not lowered by it a second time', async () => {
  const address = await opened(lead, 'In place')
  const first = await lead.get(address)
  const fields = { ...fieldsOf(first.body), inPlace: ['tested-backups', 'legacy-isolation'] }
  const solved = await lead.follow(await lead.post(`${address}/solve`, fields))
  const bought = /What to do<\/caption>[\s\S]*?<\/table>/.exec(solved.body)?.[0] ?? ''
  assert.doesNotMatch(bought, /Backups that cannot be deleted|Old devices behind/)
  const today = (body: string) => /falls from about <span title="£([\d,]+)/.exec(body)?.[1]?.replaceAll(',', '')
  assert.ok(Number(today(solved.body)) < Number(today(first.body)), 'what is in place lowers what is lost today')

  const figure = `${address}/figures/scenario/ransomware/frequency`
  const said = {
    low: '0.05',
    likely: '0.1',
    high: '0.2',
    words: 'Our insurer',
    saidBy: 'Our insurer',
    asOf: '2026-11-01',
    grade: 'published',
    owner: 'The finance director',
  }
  assert.match((await lead.post(figure, { ...said, reason: '' }, { from: figure })).body, /href="#reason">\s*Say why/)
  const different = await lead.follow(await lead.post(figure, { ...said, reason: 'They asked us' }))
  assert.match(different.body, /1<[^>]*> figure|1 figure/)
  assert.match(different.body, /Different[\s\S]*The catalogue|0\.108|0\.1 a year/)
  assert.match((await lead.get(address)).body, /This answer is out of date/)
  const again = await lead.follow(await lead.post(`${address}/solve`, { ...fieldsOf((await lead.get(address)).body) }))
  const row =
    /Ransomware through the whole organisation[\s\S]*?<\/tr>/.exec(again.body.slice(again.body.indexOf('What can happen, and what the plan')))?.[0] ??
    ''
  const seen = /£([\d,.]+)( million)?/.exec(row)
  // (0.05 + 4 × 0.1 + 0.2) / 6 a year, at what one costs with backups that work.
  assert.ok(seen !== null, row)
  assert.match(
    (await lead.get(`${address}/figures.csv?show=different`)).body,
    /ransomware,frequency,events-a-year,0\.05,0\.1,0\.2,0\.12,published,Our insurer,2026-11-01,They asked us,The finance director/,
  )
  const reset = await lead.follow(await lead.post(`${address}/reset`, {}, { from: `${address}/figures` }))
  assert.match(reset.body, /All figures are the catalogue/)
  assert.doesNotMatch((await lead.get(`${address}/figures?show=different`)).body, /They asked us/)
})

test('what is of one’s own is added, changes the answer and is taken away', async () => {
  const address = await opened(lead, 'Of our own')
  const own = `${address}/own`
  const faults = await lead.post(
    `${own}/improvement`,
    { name: '', capital: 'x', yearly: '0', days: '0', years: '4', on: '', prevents: '99', softens: '', reason: '' },
    { from: own },
  )
  assert.match(faults.body, /href="#name">[\s\S]*href="#capital">[\s\S]*href="#prevents">\s*Nothing stops or saves more than 95%/)
  const added = await lead.post(`${own}/scenario`, {
    name: 'The chillers are hacked',
    frequency: '0.5',
    loss: '900,000',
    clinicDays: '40',
    like: 'device-tampering',
    reason: 'It nearly happened',
  })
  assert.equal(added.statusCode, 303, added.body)
  await lead.post(`${own}/improvement`, {
    name: 'A guard at the chillers',
    capital: '500',
    yearly: '100',
    days: '1',
    years: '5',
    on: 'device-tampering',
    prevents: '60',
    softens: '',
    reason: 'They say so',
  })
  const solved = await lead.follow(await lead.post(`${address}/solve`, fieldsOf((await lead.get(address)).body)))
  assert.match(/What to do<\/caption>[\s\S]*?<\/table>/.exec(solved.body)?.[0] ?? '', /A guard at the chillers/)
  assert.match(solved.body, /The chillers are hacked/)
  await lead.post(`${own}/own-1/remove`, {})
  assert.doesNotMatch((await lead.get(own)).body, /The chillers/)
})

test('the proof can be taken away and is checked by another path', async () => {
  const address = await opened(lead, 'Proof')
  const answers = /href="([^"]*\/answers\/[^/]*)\/certificate\.json"/.exec((await lead.get(address)).body)?.[1] ?? ''
  const file = await lead.get(`${answers}/certificate.json`)
  const { certificate } = file.json<{ certificate: { isProven: boolean; upper: number; lower: number } }>()
  assert.ok(certificate.isProven && certificate.upper - certificate.lower <= 1e-6 * certificate.upper)
  assert.match((await lead.get(`${answers}/check`)).body, /Checked by an independent checker: agrees/)
  for (const name of ['frontier', 'savings', 'exceedance']) assert.match((await lead.get(`${answers}/${name}.svg`)).body, /^<svg /)
})

const what = (body: string) => body.slice(body.indexOf('id="answer"'))
const MUST_DOS = ['breach-reporting']

test('the study of an answer puts beside it how sure it is, each part with its picture and table, and says of what was cut that it is not known', async () => {
  const address = await opened(lead, 'Studied')
  const fields = fieldsOf((await lead.get(address)).body)
  const all = [...(await lead.get(address)).body.matchAll(/name="excluded"[^>]*value="([^"]*)"/g)].map(([, code]) => code ?? '')
  const few = ['call-back', 'mail-filter', 'tested-backups', ...MUST_DOS]
  const solved = await lead.follow(await lead.post(`${address}/solve`, { ...fields, excluded: all.filter(code => !few.includes(code)) }))
  assert.match(what(solved.body), /Still working/)
  const answers = /href="([^"]*\/answers\/[^/]*)\/certificate\.json"/.exec(solved.body)?.[1] ?? ''
  await studyAnswerJob.handle(app.platform, { answerId: answers.split('/').at(-1) ?? '' }, new AbortController().signal)
  assert.deepEqual((await lead.get(`${answers}/progress`)).json(), { figures: { progress: 'done' }, done: true })
  const body = what((await lead.get(address)).body)
  assert.doesNotMatch(body, /Still working/)
  assert.match(body, /\d+ of \d+<span class="app-cell__hint">futures/)
  assert.match(body, /in 9 of 10 futures[\s\S]*We drew \d+ plausible futures[\s\S]*its average is surer than that/)
  assert.match(body, /You are here[\s\S]*Your budget[\s\S]*After this, a pound saves less than a pound/)
  assert.match(body, /What would change our mind\?<\/h2>\s*<ul/)
  assert.match(body, /Over 3 years[\s\S]*Year 1:/)
  assert.match((await lead.get(`${answers}/frontier.svg`)).body, /After this, a pound saves less than a pound/)
  assert.match((await lead.get(`${answers}/exceedance.svg`)).body, /in 1 of 20/)
  assert.match(body, /Today: more than/, 'the table of the exceedance curve')
})

test('a choice goes to the plan with what it is expected to save; another choice than the answer says why', async () => {
  const address = await opened(lead, 'Deciding')
  const { body } = await lead.get(address)
  const answer = /name="answer" value="([^"]*)"/.exec(body)?.[1] ?? ''
  const decide = (chosen: readonly string[], reason = '') => lead.post(`${address}/decide`, { answer, chosen, reason }, { from: address })
  assert.match((await decide([])).body, /href="#chosen">\s*Choose at least one/)
  assert.match((await decide(['call-back'])).body, /href="#reason">\s*Say in a sentence why you choose otherwise/)
  const decided = await lead.follow(await decide(['call-back', 'mail-filter'], 'We have people for these two'))
  assert.match(decided.body, /2 actions are new in your plan[\s\S]*Ring back before money moves/)
  assert.match((await lead.get(address)).body, /What was decided[\s\S]*We have people for these two/)
})

test('nobody else reads a case: another organisation does not find it, the centre may not, and the audit says nothing of what is in it', async () => {
  const address = await opened(lead, 'Our secret budget')
  const other = await app.signIn('cyber-lead', { organisation: 'RX2' })
  for (const place of [address, `${address}/figures`, `${address}/own`]) assert.equal((await other.get(place)).statusCode, 404, place)
  assert.equal((await other.post(`${address}/reset`, {}, { from: '/investment' })).statusCode, 404)
  assert.doesNotMatch((await other.get('/investment')).body, /secret/)
  for (const role of ['administrator', 'assessor', 'cicso', 'regional-lead', 'analyst'] as const)
    assert.equal((await (await app.signIn(role)).get(address)).statusCode, 403, role)
  const board = await app.signIn('board-member', { organisation: 'RX1' })
  assert.match((await board.get(address)).body, /What to do/)
  assert.equal((await board.post(`${address}/reset`, {}, { from: '/investment' })).statusCode, 403)
  const rows = await readAs<{ audit_record: { verb: string } }, { text: string }[]>(app.platform, SYSTEM, db =>
    db
      .selectFrom('audit_record')
      .where('verb', 'like', 'assure.investment.%')
      .select(sql<string>`audit_record::text`.as('text'))
      .execute(),
  )
  assert.ok(rows.length > 0)
  for (const { text } of rows) assert.doesNotMatch(text, /secret|ransomware|insurer|chillers|call-back|people for these/)
})

test('a stranger solves a problem of a file, checks it, and is told what is wrong with a bad one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'investment-'))
  after(() => rm(folder, { recursive: true }))
  const run = async <T>(name: string, value: unknown) => {
    const file = join(folder, `${name.replace(' ', '-')}.json`)
    await writeFile(file, typeof value === 'string' ? value : JSON.stringify(value))
    return runCommand<T>(app.platform, SYSTEM, name, [file])
  }
  const problem = {
    improvements: [
      { id: 'backups', name: 'Backups', capital: 0, yearly: 40_000, peopleDays: 0, life: 1 },
      { id: 'training', name: 'Training', capital: 0, yearly: 20_000, peopleDays: 0, life: 1 },
    ],
    scenarios: [
      {
        id: 'r',
        name: 'Ransomware',
        frequency: { low: 0.2, likely: 0.2, high: 0.2 },
        losses: [{ id: 'all-of-it', size: { low: 2.5e6, mean: 2.5e6, high: 2.5e6 } }],
      },
    ],
    effects: [
      {
        improvement: 'backups',
        scenario: 'r',
        channel: 'all',
        prevention: { low: 0.5, likely: 0.5, high: 0.5 },
        mitigation: { low: 0, likely: 0, high: 0 },
      },
      {
        improvement: 'training',
        scenario: 'r',
        channel: 'all',
        prevention: { low: 0.15, likely: 0.15, high: 0.15 },
        mitigation: { low: 0, likely: 0, high: 0 },
      },
    ],
    limits: { annualCost: 45_000 },
  }
  const solved = await run<{ plan: { chosen: string[]; after: number }; certificate: object }>('investment solve', problem)
  assert.deepEqual(solved.data.plan.chosen, ['backups'])
  assert.ok(Math.abs(solved.data.plan.after - 250_000) < 1e-6)
  assert.equal((await run<{ agrees: boolean }>('investment check', solved.data)).data.agrees, true)
  const lied = { ...solved.data, certificate: { ...solved.data.certificate, upper: 1 } }
  await assert.rejects(run('investment check', lied), /does not agree/)
  await assert.rejects(run('investment solve', { ...problem, improvements: [{ ...problem.improvements[0], yearly: -1 }] }), /Backups/)
  await assert.rejects(run('investment solve', '{"improvements":'), /cut off|not JSON|JSON/)
  await assert.rejects(run('investment solve', { improvements: 'none' }), /This is no problem\. \/improvements/)
  await assert.rejects(runCommand(app.platform, SYSTEM, 'investment solve', [join(folder, 'none.json')]), { code: 'platform.file.missing' })
})
