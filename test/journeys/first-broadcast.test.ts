import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { parse } from 'csv-parse/sync'
import PostalMime from 'postal-mime'
import { addDays, londonDate } from '../../src/kernel/instant.ts'
import { systemClock } from '../../src/platform/clock/clock.ts'
import { createTestApp, type SignedIn } from '../support/app.ts'
import { hasSharedData, sharedData, skipWithoutSharedData } from '../support/shared-data.ts'
import { startSmtpSink } from '../support/smtp-sink.ts'
import { commandLineIn } from '../support/terminal.ts'
import { says, saysNot } from './support/pages.ts'
import { readPractices } from './support/practice-systems.ts'

// The first broadcast, told once from end to end on real files: organisations and a threat feed that nobody here wrote come
// in; a bulletin on one clinical system goes to those who run it and to nobody else; they answer from the link in their
// mail; the centre sees who acts and who is silent. Each test is a chapter and builds on those before it.

const skip = skipWithoutSharedData
const sink = await startSmtpSink()
const app = await createTestApp({ smtpUrl: sink.url })
const { platform, visitor } = app
const { url, dataFolder } = platform.testDatabase.address
/** The command line on the same database, as an operator would have it in another window. */
const carecert = commandLineIn({
  CARECERT_DATA: dataFolder,
  BASE_URL: platform.config.baseUrl,
  LOG_LEVEL: 'fatal',
  ...(url === null ? {} : { DATABASE_URL: url }),
})
// The command line keeps the real time, so the web does too, until a chapter moves it.
platform.clock.set(systemClock.now().toISOString())

const folder = mkdtempSync(join(tmpdir(), 'carecert-journey-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const practices = hasSharedData ? readPractices() : []
const openEmis = practices
  .filter(({ isOpen, supplier }) => isOpen && supplier === 'EMIS')
  .map(({ code }) => code)
  .toSorted()
/** Those whose mail address the centre knows: 190 whom the bulletin concerns, and 20 whom it does not. */
const written = openEmis.slice(0, 190)
const closedEmis = practices.filter(({ isOpen, supplier }) => !isOpen && supplier === 'EMIS').map(({ code }) => code)
const openTpp = practices.filter(({ isOpen, supplier }) => isOpen && supplier === 'TPP').map(({ code }) => code)
const notConcerned = [...closedEmis.slice(0, 10), ...openTpp.slice(0, 10)]
const addressOf = (code: string) => `desk@${code.toLowerCase()}.example.invalid`
/** The one whose mail server refuses our mail for good. */
const refusing = written[189] ?? ''

let analyst: SignedIn
let manager: SignedIn
let bulletin = ''
const links = new Map<string, string>()

test('organisations come in from the files of the Organisation Data Service', { skip }, async () => {
  const files = ['etr-2025.csv', 'epraccur-2019-12.csv', 'sub-icb_icb_region_2023.csv', 'icb_names_codes_dec_2024.csv'].map(name =>
    sharedData(`ods/${name}`),
  )
  // 273 trusts, 14,357 practices, and 106 sub-boards in 42 boards in 7 regions; the list of boards repeats the 42.
  assert.deepEqual(await carecert.one('organisations', 'import', ...files), {
    read: 14_827,
    added: 14_785,
    changed: 0,
    closed: 0,
    unchanged: 42,
    refused: 0,
  })
  const practice = await carecert.one<{ status: string; type: string; boardCode: string }>('organisations', 'show', 'A81001')
  assert.deepEqual([practice.type, practice.status], ['practice', 'open'])
  const welsh = await carecert.one<{ organisations: { code: string }[] }>('organisations', 'list', '--type', 'welsh-trust', '--limit', '500')
  const trusts = await carecert.one<{ organisations: { code: string }[] }>('organisations', 'list', '--type', 'trust', '--limit', '500')
  assert.ok(welsh.organisations.length > 0)
  assert.equal(trusts.organisations.length + welsh.organisations.length, 205, 'the open trusts of the file, the Welsh among them counted apart')
})

test('what practices run comes in through the named mapping, and rows about nobody are named', { skip }, async () => {
  const list = sharedData('ods/gp-system-supplier.csv')
  const { exit, out, err } = await carecert.run('technology', 'import', list, '--format', 'csv', '--map', 'gp-system-supplier')
  assert.equal(exit, 0, err)
  assert.match(out, /Read 6,640: 6,637 added, .* 3 refused\./)
  for (const unknown of ['G82731', 'P85619', 'P91632']) assert.match(err, new RegExp(`no organisation that you look after has the code "${unknown}"`))
  assert.deepEqual(await carecert.one('technology', 'import', list, '--map', 'gp-system-supplier'), {
    read: 6_640,
    added: 0,
    changed: 0,
    closed: 0,
    unchanged: 6_637,
    refused: 3,
  })
})

test('a newer catalogue of exploited vulnerabilities adds exactly what is new', { skip }, async () => {
  const catalogue = (version: string) => sharedData(`kev/${version}/known_exploited_vulnerabilities.json`)
  const cves = async () =>
    new Set((await carecert.one<readonly { cves: string[] }[]>('threats', 'list', '--state', 'all')).flatMap(threat => threat.cves))
  const expected = JSON.parse(readFileSync(sharedData('kev/EXPECTED-delta-2025-01-24_2025-02-05.json'), 'utf8')) as {
    added: string[]
    from_count: number
    to_count: number
  }

  const first = await carecert.one('gather', catalogue('2025-01-24'))
  assert.deepEqual(first, { source: 'cisa-kev', added: expected.from_count, changed: 0, withdrawn: 0, unchanged: 0, quarantined: 0 })
  await platform.runJobs()
  const before = await cves()
  const second = await carecert.one('gather', catalogue('2025-02-05'))
  assert.deepEqual(second, {
    source: 'cisa-kev',
    added: expected.added.length,
    changed: 0,
    withdrawn: 0,
    unchanged: expected.from_count,
    quarantined: 0,
  })
  await platform.runJobs()
  assert.deepEqual([...(await cves())].filter(cve => !before.has(cve)).toSorted(), expected.added.toSorted())
  const again = await carecert.one('gather', catalogue('2025-02-05'))
  assert.deepEqual(again, { source: 'cisa-kev', added: 0, changed: 0, withdrawn: 0, unchanged: expected.to_count, quarantined: 0 })
})

test('the medical advisories come in beside them', { skip }, async () => {
  const root = sharedData('csaf/cisa-medical')
  const advisories = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.json'))
    .map(name => join(root, name))
  assert.ok(advisories.length > 50)
  assert.deepEqual(await carecert.one('gather', ...advisories), {
    source: 'csaf-cisa.gov',
    added: advisories.length,
    changed: 0,
    withdrawn: 0,
    unchanged: 0,
    quarantined: 0,
  })
  await platform.runJobs()
  analyst = await app.signIn('analyst', { name: 'Ana Lyst' })
  manager = await app.signIn('duty-manager', { name: 'Duty Manager' })
  const threats = await analyst.get('/threats')
  assert.equal(threats.statusCode, 200)
  says(threats, /exploited flaws since 17 December 2024; used in ransomware attacks/)
})

test('contacts come in from a list, and those who are nobody’s are refused', { skip }, async () => {
  const rows = [...written, ...notConcerned].map(code => `${code},Desk of ${code},Cyber lead,${addressOf(code)}`)
  const file = join(folder, 'contacts.csv')
  writeFileSync(file, ['organisation,name,purpose,email', ...rows, 'ZZ999,Nobody,Cyber lead,nobody@example.invalid'].join('\n'))
  const counts = await carecert.one<{ read: number; added: number; refused: number }>('contacts', 'import', file)
  assert.deepEqual([counts.read, counts.added, counts.refused], [rows.length + 1, rows.length, 1])
})

test('an analyst drafts a bulletin on EMIS, and sees that exactly the open EMIS practices would get it', { skip }, async () => {
  const typed = {
    title: 'Check the sign-in settings of EMIS',
    severity: 'high',
    tlp: 'GREEN',
    threatType: 'Vulnerability',
    confidence: 'likely',
    shortSummary: 'An exercise of the whole chain, told as a bulletin.',
    summary: 'Look at **who can sign in** from outside.',
    'step-1-type': 'Action',
    'step-1-text': 'Look at the list of users, and end those who have left.',
    'platform-1-platform': 'EMIS',
  }
  const drafted = await analyst.post('/bulletins/new', typed, { from: '/bulletins/new' })
  assert.equal(drafted.statusCode, 303, drafted.body)
  bulletin = String(drafted.headers.location)
  assert.equal((await analyst.post(`${bulletin}/audience`, { technology: 'Emis' }, { from: `${bulletin}/audience` })).statusCode, 303)

  const page = await analyst.get(`${bulletin}/audience`)
  says(page, /Open organisations of every type that run Emis\./)
  says(page, new RegExp(`Reached \\(${written.length}\\)`))
  const file: string[][] = parse((await analyst.get(`${bulletin}/audience.csv`)).body, { bom: true })
  assert.deepEqual(
    file.slice(1).map(([code]) => code),
    openEmis,
  )

  interface Preview {
    readonly organisations: string[]
    readonly contacts: number
    readonly unreachable: string[]
    readonly hash: string
  }
  const preview = await carecert.one<Preview>('bulletins', 'audience', numberOf(bulletin))
  assert.deepEqual(Object.keys(preview), ['organisations', 'contacts', 'unreachable', 'hash'])
  assert.deepEqual(preview.organisations, openEmis, 'read from the two files by hand and found by the rule')
  assert.equal(preview.contacts, written.length)
  assert.deepEqual(preview.unreachable, openEmis.slice(written.length))
  const mistyped = await carecert.one<Preview>('bulletins', 'audience', numberOf(bulletin), '--technology', 'EMSI', '--preview')
  assert.deepEqual(mistyped.organisations, [], 'a rule that names nothing reaches nobody')
})

test('another person approves it, and it is released to the number in the button', { skip }, async () => {
  await analyst.post(`${bulletin}/send-for-review`, { version: '1' }, { from: bulletin })
  assert.equal((await analyst.post(`${bulletin}/approve`, { version: '1' })).statusCode, 403)
  const early = await carecert.run('bulletins', 'release', numberOf(bulletin), '--yes')
  assert.equal(early.exit, 1)
  assert.match(early.err, /in review/)
  assert.equal((await manager.post(`${bulletin}/approve`, { version: '1' }, { from: bulletin })).statusCode, 303)

  const check = await manager.get(`${bulletin}/release`)
  assert.ok(check.body.includes(`Release to ${openEmis.length.toLocaleString('en-GB')} organisations`))
  const audienceHash = /name="audienceHash" value="([0-9a-f]{64})"/.exec(check.body)?.[1] ?? ''
  const released = await manager.follow(await manager.post(`${bulletin}/release`, { version: '1', audienceHash }))
  says(released, new RegExp(`${written.length} messages are on the way`))
  assert.equal(sink.messages.length, 0, 'the release only writes them down; the worker hands them over')
})

test('the worker hands one message to each contact of the audience over SMTP, and none to anybody else', { skip }, async () => {
  sink.manner = address => (address === addressOf(refusing) ? { code: 550, words: 'No such user here' } : 'take')
  await platform.runJobs()
  const reached = written.filter(code => code !== refusing)
  assert.deepEqual(sink.messages.map(({ to }) => to).toSorted(), reached.map(addressOf).toSorted())

  for (const { to, bytes } of sink.messages) {
    const { subject, text = '' } = await PostalMime.parse(bytes)
    assert.match(subject ?? '', new RegExp(`TLP:GREEN.*${numberOf(bulletin)}.*EMIS`))
    const [link, ...more] = text.match(/http:\/\/localhost:8080\/r\/\S+/g) ?? []
    assert.ok(link !== undefined && more.length === 0, text)
    links.set(to, new URL(link).pathname)
  }
  assert.equal(new Set(links.values()).size, reached.length, 'every link is its own')
  says(await manager.get(`${bulletin}/deliveries?state=given-up`), /No such user here/)
})

test('a practice answers from its link: opening it spends nothing, the answer counts once', { skip }, async () => {
  const link = linkOf(0)
  for (let visit = 0; visit < 3; visit += 1) says(await visitor.get(link), /Your answer/)
  assert.deepEqual(await carecert.one('responses', 'list', numberOf(bulletin)), [])

  const recorded = await visitor.follow(await visitor.post(link, { state: 'done', note: 'Two leavers ended', share: 'yes' }, { from: link }))
  says(recorded, /Thank you\. Recorded: Done/)
  const again = await visitor.follow(await visitor.post(link, { state: 'not-applicable' }))
  says(again, /Note: Two leavers ended/)
  says(again, /This link was used, and works once/)
  assert.deepEqual(
    (await answers()).map(({ organisation, state, note }) => [organisation, state, note]),
    [[written[0], 'done', 'Two leavers ended']],
  )
})

test('each kind of answer is taken, choosing not to act among them', { skip }, async () => {
  const tomorrow = londonDate(addDays(platform.clock.now(), 1))
  const given: readonly Record<string, string>[] = [
    { state: 'acknowledged' },
    { state: 'assessing' },
    { state: 'not-applicable' },
    { state: 'in-progress', nextDate: tomorrow },
    { state: 'not-acting', reason: 'We change systems next week' },
  ]
  for (const [at, answer] of given.entries())
    assert.equal((await visitor.post(linkOf(at + 1), answer, { from: linkOf(at + 1) })).statusCode, 303, answer['state'])
})

test('a forged link opens nothing, and one that has run out records nothing', { skip }, async () => {
  const link = linkOf(10)
  const forged = `${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`
  assert.equal((await visitor.get(forged)).statusCode, 404)
  assert.equal((await visitor.post(forged, { state: 'done' })).statusCode, 404)
  const borrowed = `${link.slice(0, link.lastIndexOf('.'))}${linkOf(11).slice(linkOf(11).lastIndexOf('.'))}`
  assert.equal((await visitor.get(borrowed)).statusCode, 404, 'the signature of another link')

  const today = platform.clock.now().toISOString()
  platform.clock.advanceHours(31 * 24)
  const late = await visitor.get(link)
  assert.equal(late.statusCode, 410)
  says(late, /This link has run out/)
  await visitor.post(link, { state: 'done' })
  platform.clock.set(today)
  assert.equal((await answers()).length, 6)
})

/** Those for whom the partner answers: six with a contact, six without. */
const partnered = [...written.slice(20, 26), ...openEmis.slice(-6)]

test('a delivery partner answers for many at once, and for nobody else’s', { skip }, async () => {
  const partner = await app.signIn('partner-responder', { organisation: 'ZZP1', name: 'Pat Partner' })
  assert.equal((await carecert.run('organisations', 'partner', 'ZZP1', ...partnered.flatMap(code => ['--for', code]))).exit, 0)
  const list = await partner.get('/answers')
  says(list, /<strong[^>]*>12 answers asked for/)
  const recorded = await partner.follow(await partner.post('/answers', { all: 'yes', state: 'done', note: 'Done from the service desk' }))
  says(recorded, /Recorded for 12 organisations: Done/)
  says(await partner.get('/answers'), /Nothing to answer/)
})

test('a practice that signs in finds what concerns it, and one that runs another system finds nothing', { skip }, async () => {
  const concerned = await app.signIn('cyber-lead', { organisation: written[30] ?? '' })
  says(await concerned.get('/'), /Check the sign-in settings of EMIS/)
  const other = await app.signIn('cyber-lead', { organisation: notConcerned.at(-1) ?? '' })
  saysNot(await other.get('/'), /Check the sign-in settings of EMIS/)
  assert.equal((await other.get(bulletin)).statusCode, 404)
})

test('the funnel on the page is what happened, and each figure opens the list behind it', { skip }, async () => {
  const reached = written.length - 1
  const answered = 6 + partnered.length
  const expected = {
    silent: reached - 6 - 6,
    unreachable: openEmis.length - reached - 6,
    sent: reached,
    delivered: reached,
    acknowledged: answered,
    decided: answered - 2,
    done: 1 + partnered.length,
  }
  const page = await manager.get(bulletin)
  for (const [stage, count] of Object.entries(expected)) {
    says(page, new RegExp(`data-figure="${stage}">${count.toLocaleString('en-GB')}<`))
    const list: string[][] = parse((await manager.get(`${bulletin}/recipients.csv?stage=${stage}`)).body, { bom: true })
    assert.equal(list.length - 1, count, `the list behind ${stage}`)
  }
  const progress = await manager.get(`/api/v1${bulletin}/progress`)
  assert.equal(progress.json<{ audience: number }>().audience, openEmis.length)

  const whole: string[][] = parse((await manager.get(`${bulletin}/recipients.csv`)).body, { bom: true })
  assert.deepEqual(
    whole
      .slice(1)
      .map(([code]) => code)
      .toSorted(),
    openEmis,
  )
})

test('the list of answers on the command line is the same', { skip }, async () => {
  const list = await answers()
  assert.deepEqual(Object.keys(list[0] ?? {}), ['organisation', 'state', 'at', 'by', 'note'])
  const states = new Map(list.map(({ organisation, state }) => [organisation, state]))
  assert.deepEqual(
    written.slice(0, 6).map(code => states.get(code)),
    ['done', 'acknowledged', 'assessing', 'not-applicable', 'in-progress', 'not-acting'],
  )
  assert.deepEqual(new Set(partnered.map(code => states.get(code))), new Set(['done']))
  assert.equal(list.length, 6 + partnered.length)
})

test('the audit holds all of it, and names the first row that was altered', { skip }, async () => {
  const sound = await carecert.one<{ records: number; ok: boolean; firstBroken: number | null }>('audit', 'verify')
  assert.equal(sound.ok, true)
  assert.ok(sound.records > 30)
  const { rows } = await platform.database.pool.query<{ seq: number }>(
    `select seq from audit_record where verb = 'broadcast.response.recorded' order by seq limit 1`,
  )
  await platform.database.pool.query('alter table audit_record disable trigger audit_no_change')
  await platform.database.pool.query(`update audit_record set actor_id = 'somebody-else' where seq = $1`, [rows[0]?.seq])
  const { exit, out } = await carecert.run('audit', 'verify', '--json')
  assert.equal(exit, 1)
  const verdict = JSON.parse(out.split('\n')[0] ?? '') as { ok: boolean; firstBroken: number }
  assert.deepEqual([verdict.ok, verdict.firstBroken], [false, rows[0]?.seq])
})

interface ListedAnswer {
  readonly organisation: string
  readonly state: string
  readonly note: string | null
}

function answers(): Promise<readonly ListedAnswer[]> {
  return carecert.one<readonly ListedAnswer[]>('responses', 'list', numberOf(bulletin))
}

function numberOf(address: string): string {
  return address.split('/').at(-1) ?? ''
}

function linkOf(at: number): string {
  const link = links.get(addressOf(written[at] ?? ''))
  assert.ok(link !== undefined)
  return link
}
