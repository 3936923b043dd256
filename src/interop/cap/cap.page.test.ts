import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { parseAtomFeed } from 'feedsmith'
import { sql } from 'kysely'
import { SignedXml } from 'xml-crypto'
import { programOf } from '../../../test/support/api.ts'
import { createTestApp } from '../../../test/support/app.ts'
import { actorAs } from '../../../test/support/broadcast.ts'
import { releasedBulletin, type ReleasedBulletin } from '../../../test/support/released-bulletin.ts'
import { addUpdate, changeSeverity, withdrawBulletin } from '../../domains/broadcast/bulletins/living/commands.ts'
import type { Visible } from '../../domains/broadcast/tables.ts'
import { londonDate } from '../../kernel/instant.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { runWork } from '../../platform/work/work.ts'
import { alertByCap, catchUpCap } from './jobs.ts'
import { openCapKey, signAlert } from './signing.ts'

const has = (command: string, ...words: string[]) =>
  promisify(execFile)(command, words).then(
    () => true,
    () => false,
  )
const hasOpenSsl = await has('openssl', 'version')
const hasXmlsec = await has('xmlsec1', '--version')
const skip = hasOpenSsl ? false : 'openssl is not here'

const folder = mkdtempSync(join(tmpdir(), 'cap-'))
after(() => rm(folder, { recursive: true, force: true }))
const [keyFile, certificateFile] = [join(folder, 'cap.key'), join(folder, 'cap.pem')]
if (hasOpenSsl)
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', keyFile, '-out', certificateFile, '-days', '2', '-subj', '/CN=The centre'],
    { stdio: 'ignore' },
  )
const app = await createTestApp(
  hasOpenSsl
    ? {
        env: {
          CAP_SIGNING_KEY_FILE: keyFile,
          CAP_SIGNING_CERTIFICATE_FILE: certificateFile,
          CAP_SENDER: 'alerts@centre.example',
          CAP_AREA: 'Larchshire',
        },
      }
    : {},
)
const { platform, visitor } = app
const manager = actorAs('duty-manager')
const doing = (body: Parameters<typeof runWork<Visible, void>>[2]) => runWork<Visible, void>(platform, manager, body).then(() => platform.runJobs())

let made = 0
async function released(over: Partial<Parameters<typeof releasedBulletin>[1]> = {}): Promise<ReleasedBulletin> {
  platform.clock.advanceHours(1)
  made += 1
  const bulletin = await releasedBulletin(platform, {
    organisations: 1,
    prefix: `C${String(made).padStart(3, '0')}`,
    tlp: 'CLEAR',
    title: `About ${made}`,
    ...over,
  })
  await runWork<object, void>(platform, SYSTEM, async work => work.enqueue(alertByCap, { bulletinId: bulletin.bulletinId }))
  await platform.runJobs()
  return bulletin
}

/** What stands in the first element of that name. */
function valueOf(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
}

/** Checks the signature with the certificate that we publish. Gives what was signed. */
function verified(xml: string): string {
  const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(xml)?.[0] ?? assert.fail('no signature')
  const check = new SignedXml({ publicCert: readFileSync(certificateFile, 'utf8'), getCertFromKeyInfo: () => null })
  check.loadSignature(signature)
  assert.equal(check.checkSignature(xml), true)
  return check.getSignedReferences()[0] ?? assert.fail('nothing was signed')
}

async function alert(address: string, reader = visitor): Promise<string> {
  const answer = await reader.get(address)
  assert.equal(answer.statusCode, 200, `${address} ${answer.body}`)
  assert.equal(answer.headers['content-type'], 'application/cap+xml; charset=utf-8')
  return answer.body
}

test('an urgent bulletin for everybody is an alert that holds by its signature, and does not once a letter is changed', { skip }, async () => {
  const { number } = await released({ title: 'A flaw & a fix' })
  const xml = await alert(`/cap/CC-${number}.xml`)
  const signed = verified(xml)
  assert.match(signed, /<identifier>/, 'the whole alert is signed')
  assert.throws(() => verified(xml.replace('A flaw', 'A flax')))
  assert.deepEqual(
    ['identifier', 'sender', 'sent', 'status', 'msgType', 'scope', 'references', 'urgency', 'severity', 'certainty', 'areaDesc', 'web'].map(name =>
      valueOf(xml, name),
    ),
    [
      `CC-${number}-1`,
      'alerts@centre.example',
      `${platform.clock.now().toISOString().slice(0, 19)}-00:00`,
      'Actual',
      'Alert',
      'Public',
      undefined,
      'Immediate',
      'Severe',
      'Observed',
      'Larchshire',
      `http://localhost:8080/public/CC-${number}`,
    ],
  )
  assert.match(xml, /<headline>CC-\d+: A flaw &amp; a fix<\/headline>/)
  assert.match((await visitor.get('/cap/certificate.pem')).body, /^-----BEGIN CERTIFICATE-----/)
})

test('xmlsec1 takes the signature too', { skip: skip || (hasXmlsec ? false : 'xmlsec1 is not here') }, async () => {
  const { number } = await released()
  const file = join(folder, 'alert.xml')
  writeFileSync(file, await alert(`/cap/CC-${number}.xml`))
  assert.equal(await has('xmlsec1', '--verify', '--trusted-pem', certificateFile, file), true)
})

test(
  'what matters follows as an update that refers to all before it, the end as a cancellation, and what does not matter not at all',
  { skip },
  async () => {
    const { number } = await released({ title: 'It changes' })
    const first = await alert(`/cap/CC-${number}-1.xml`)
    platform.clock.advanceHours(1)
    await doing(work => addUpdate(work, { number, title: 'A word on backups', body: 'Check them.' }))
    assert.equal((await visitor.get(`/cap/CC-${number}-2.xml`)).statusCode, 404, 'nobody is told of a note')
    await doing(work => changeSeverity(work, { number, severity: 'low', reason: 'Few run it.', tells: { baseUrl: 'http://localhost:8080' } }))
    const update = await alert(`/cap/CC-${number}.xml`)
    verified(update)
    const triple = (xml: string) => `alerts@centre.example,${valueOf(xml, 'identifier')},${valueOf(xml, 'sent')}`
    assert.deepEqual(
      ['msgType', 'references', 'severity'].map(name => valueOf(update, name)),
      ['Update', triple(first), 'Minor'],
      'once there is an alert it is followed, whatever the severity',
    )
    platform.clock.advanceHours(1)
    await doing(work => withdrawBulletin(work, { number, reason: 'It was wrong.' }))
    const end = await alert(`/cap/CC-${number}-3.xml`)
    verified(end)
    assert.deepEqual(
      ['msgType', 'references', 'note', 'responseType'].map(name => valueOf(end, name)),
      ['Cancel', `${triple(first)} ${triple(update)}`, 'It was wrong.', 'None'],
    )
    assert.equal(await alert(`/cap/CC-${number}-1.xml`), first, 'what was published is never changed')
  },
)

test('what is not urgent has no alert, until the policy or the severity says that it is', { skip }, async () => {
  const medium = await released({ content: { severity: 'medium' } })
  await sql`update broadcast_bulletin set severity = 'medium' where id = ${medium.bulletinId}`.execute(platform.database.kysely)
  await sql`delete from interop_cap_alert where bulletin_id = ${medium.bulletinId}`.execute(platform.database.kysely)
  const again = () =>
    runWork<object, void>(platform, SYSTEM, async work => work.enqueue(alertByCap, { bulletinId: medium.bulletinId })).then(() => platform.runJobs())
  await again()
  assert.equal((await visitor.get(`/cap/CC-${medium.number}.xml`)).statusCode, 404)
  await sql`insert into interop_cap_policy (severity, effective_from, is_urgent, cap_urgency, cap_severity, source)
    values ('medium', '2026-01-01', true, 'Expected', 'Moderate', 'test')`.execute(platform.database.kysely)
  await again()
  assert.equal(valueOf(await alert(`/cap/CC-${medium.number}.xml`), 'severity'), 'Moderate')
  await sql`delete from interop_cap_policy where source = 'test'`.execute(platform.database.kysely)
})

test('which bulletins are urgent is set on a page or by a program, from today or a later day on, and never changed after', async () => {
  const set = await app.signIn('duty-manager')
  const day = (date: string) => {
    const [year = '', month = '', dayOfMonth = ''] = date.split('-')
    return { 'effectiveFrom-day': dayOfMonth, 'effectiveFrom-month': month, 'effectiveFrom-year': year }
  }
  const today = londonDate(platform.clock.now())
  const form = { severity: 'low', isUrgent: 'yes', urgency: 'Future', capSeverity: 'Minor', source: 'The board, minute 3', ...day(today) }
  const post = (over: Record<string, string> = {}) => set.post('/cap-policies/add', { ...form, ...over }, { from: '/cap-policies/add' })
  assert.equal((await post()).statusCode, 303)
  const { body } = await set.get('/cap-policies')
  assert.match(body, /urgency Future, severity Minor[\s\S]*In force[\s\S]*The board, minute 3[\s\S]*No alert is made[\s\S]*Replaced/)
  assert.equal(/there is no key to sign with/.test(body), !hasOpenSsl)
  for (const [over, words] of [
    [{}, /begins on that day already/],
    [day('2020-01-01'), /Choose today or a later day/],
    [day('2027-02-30'), /Enter a day that exists/],
    [{ isUrgent: '', capSeverity: '', source: ' ' }, /Say whether alerts are made[\s\S]*Choose how bad alerts say it is[\s\S]*Say who decided so/],
  ] as const) {
    const refused = await post(over)
    assert.deepEqual([refused.statusCode, words.test(refused.body)], [422, true], String(words))
  }
  const analyst = await app.signIn('analyst')
  assert.doesNotMatch((await analyst.get('/cap-policies')).body, /Set a policy</)
  assert.equal((await analyst.get('/cap-policies/add')).statusCode, 403)
  assert.equal((await (await app.signIn('cyber-lead')).get('/cap-policies')).statusCode, 403)
  const program = await programOf(app, 'duty-manager')
  const policy = { severity: 'low', isUrgent: false, urgency: 'Future', capSeverity: 'Minor', effectiveFrom: '2050-01-01', source: form.source }
  assert.deepEqual((await program.post('/cap-policies', policy)).list('items')[2], policy, 'by severity, the newest first')
  assert.equal((await program.post('/cap-policies', policy)).status, 409)
  await sql`delete from interop_cap_policy where source = ${form.source}`.execute(platform.database.kysely)
})

test('above CLEAR, and of an exercise, an alert is for those to whom the bulletin was sent; of RED there is none', { skip }, async () => {
  const { rows } = await sql<{ code: string; id: string }>`select code, id from directory_organisation limit 1`.execute(platform.database.kysely)
  const stranger = await app.signIn('cyber-lead')
  for (const [over, scope, status] of [
    [{ tlp: 'GREEN' }, 'Restricted', 'Actual'],
    [{ tlp: 'AMBER' }, 'Private', 'Actual'],
    [{ tlp: 'AMBER+STRICT' }, 'Private', 'Actual'],
    [{ isExercise: true }, 'Private', 'Exercise'],
  ] as const) {
    const { bulletinId, number } = await released(over)
    await sql`update broadcast_recipient set organisation_id = ${rows[0]?.id ?? ''} where bulletin_id = ${bulletinId}`.execute(
      platform.database.kysely,
    )
    const lead = await app.signIn('cyber-lead', { organisation: rows[0]?.code ?? '' })
    const address = `/cap/CC-${number}.xml`
    for (const reader of [visitor, stranger]) {
      assert.equal((await reader.get(address)).statusCode, 404, scope)
      assert.ok(!(await reader.get('/cap')).body.includes(`CC-${number}`))
    }
    const xml = await alert(address, lead)
    verified(xml)
    assert.deepEqual([valueOf(xml, 'scope'), valueOf(xml, 'status')], [scope, status])
    assert.equal(xml.includes('EXERCISE: '), status === 'Exercise')
    assert.ok((await lead.get('/cap')).body.includes(`CC-${number}`))
    assert.equal((await lead.get(address)).headers['cache-control'], 'private, max-age=60')
  }
  const red = await released({ tlp: 'RED' })
  const analyst = await app.signIn('analyst')
  for (const reader of [visitor, analyst]) assert.equal((await reader.get(`/cap/CC-${red.number}.xml`)).statusCode, 404)
})

test('the index is a feed of alerts, each with its address and type, and says when nothing has changed', { skip }, async () => {
  const answer = await visitor.get('/cap')
  const read = parseAtomFeed(answer.body)
  const link = read.entries?.[0]?.links?.[0]
  assert.equal(link?.type, 'application/cap+xml')
  assert.match(await alert(String(link?.href).replace('http://localhost:8080', '')), /<status>Actual</)
  assert.equal((await visitor.get('/cap', { 'if-none-match': String(answer.headers.etag) })).statusCode, 304)
  for (const wrong of ['/cap/CC-5001', '/cap/CC-5001-0.xml', '/cap/CC-1.xml', '/cap/nonsense.xml', '/cap/CC-5001%25-1.xml'])
    assert.equal((await visitor.get(wrong)).statusCode, 404, wrong)
})

test(
  'without a key there is no alert, the sample makes itself one, and a key that cannot be used says which setting is wrong',
  { skip },
  async () => {
    const { config } = platform
    const none = { ...config, cap: { ...config.cap, signing: null } }
    assert.equal(await openCapKey({ config: none, sample: false }), null)
    const sample = await openCapKey({ config: { ...none, dataFolder: folder }, sample: true })
    const again = await openCapKey({ config: { ...none, dataFolder: folder }, sample: true })
    assert.ok(sample !== null && again !== null && sample.privateKey.equals(again.privateKey))
    const signed = signAlert('<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><note>invented</note></alert>', sample)
    assert.match(signed, /<ds:RSAKeyValue><ds:Modulus>/)
    const check = new SignedXml({
      publicCert: createPublicKey(sample.privateKey.export({ type: 'pkcs8', format: 'pem' })),
      getCertFromKeyInfo: () => null,
    })
    check.loadSignature(/<ds:Signature[\s\S]*<\/ds:Signature>/.exec(signed)?.[0] ?? '')
    assert.equal(check.checkSignature(signed), true)
    const ec = join(folder, 'ec.key')
    execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', ec], { stdio: 'ignore' })
    const wrong = (signing: { keyFile: string; certificateFile: string }) =>
      openCapKey({ config: { ...config, cap: { ...config.cap, signing } }, sample: false })
    await assert.rejects(wrong({ keyFile: ec, certificateFile }), { code: 'interop.cap.key-kind' })
    await assert.rejects(wrong({ keyFile: certificateFile, certificateFile }), { code: 'interop.cap.key' })
    await assert.rejects(wrong({ keyFile, certificateFile: keyFile }), { code: 'interop.cap.certificate' })
    await assert.rejects(wrong({ keyFile: join(folder, 'none'), certificateFile }), { code: 'interop.cap.key-file' })
  },
)

test('an alert that was missed within the last day is caught up on, and what is older alerts nobody', { skip }, async () => {
  const bulletin = () => {
    made += 1
    return releasedBulletin(platform, { organisations: 1, prefix: `C${String(made).padStart(3, '0')}`, tlp: 'CLEAR', title: `About ${made}` })
  }
  const old = await bulletin()
  platform.clock.advanceHours(25)
  const missed = await bulletin()
  const catchUp = async () => {
    await runWork<object, void>(platform, SYSTEM, async work => work.enqueue(catchUpCap, {}))
    await platform.runJobs()
  }
  await catchUp()
  assert.equal((await visitor.get(`/cap/CC-${missed.number}-1.xml`)).statusCode, 200)
  await catchUp()
  assert.equal((await visitor.get(`/cap/CC-${missed.number}-2.xml`)).statusCode, 404)
  assert.equal((await visitor.get(`/cap/CC-${old.number}.xml`)).statusCode, 404)
})

test('what is kept for everybody is kept for nobody who says who they are', { skip }, async () => {
  const { number } = await released()
  for (const path of ['/cap', `/cap/CC-${number}.xml`, `/cap/CC-${number}-1.xml`]) {
    const { headers } = await visitor.get(path)
    assert.deepEqual([headers.vary, String(headers['cache-control']).startsWith('public')], ['authorization, cookie', true], path)
  }
})
