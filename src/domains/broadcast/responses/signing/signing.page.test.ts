import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import PostalMime from 'postal-mime'
import { createTestApp, type Browser } from '../../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../../test/support/released-bulletin.ts'
import { startSmtpSink } from '../../../../../test/support/smtp-sink.ts'

const sink = await startSmtpSink()
const { platform, signIn, visitor } = await createTestApp({ smtpUrl: sink.url })
const db = platform.database.kysely

interface Decision {
  readonly number: string
  readonly bulletinId: string
  readonly organisation: string
  readonly contacts: readonly string[]
  readonly lead: Browser
}

/** An organisation that chose not to act, and somebody signed in for it. */
async function decided(prefix: string, options: Partial<Parameters<typeof releasedBulletin>[1]> = {}): Promise<Decision> {
  const bulletin = await releasedBulletin(platform, { organisations: 1, contacts: 3, prefix, ...options })
  const organisation = `${prefix}00000`
  const lead = await signIn('cyber-lead', { organisation, name: `Lead of ${organisation}` })
  const number = `CC-${bulletin.number}`
  const answer = { organisation, state: 'not-acting', more: 'yes', reasonCode: 'clinical-downtime', reason: 'The ward needs it', note: '' }
  assert.equal((await lead.post(`/bulletins/${number}/answer`, answer, { from: `/bulletins/${number}` })).statusCode, 303)
  return { number, bulletinId: bulletin.bulletinId, organisation, contacts: bulletin.contactIds, lead }
}

async function ask({ lead, number, organisation, contacts }: Decision, contact = 0, signer = 'risk-owner') {
  const before = sink.messages.length
  const asked = await lead.post(
    `/bulletins/${number}/decision/ask`,
    { organisation, signer, contact: contacts[contact] ?? '' },
    { from: `/bulletins/${number}/decision` },
  )
  await platform.runJobs()
  const sent = sink.messages.slice(before)
  const mail = sent[0] === undefined ? undefined : await PostalMime.parse(sent[0].bytes)
  return { asked, sent, mail, link: /http:\/\/localhost:8080(\/sign\/\S+)/.exec(mail?.text ?? '')?.[1] ?? '' }
}

const signatures = async (bulletinId: string) =>
  (
    await sql<{ outcome: string | null; signed_name: string | null }>`
      select outcome, signed_name from broadcast_signature where bulletin_id = ${bulletinId} order by id`.execute(db)
  ).rows

test('the policy names who signs; they are mailed a link, read the decision there, and sign it with their name', async () => {
  const decision = await decided('A')
  const page = await decision.lead.get(`/bulletins/${decision.number}/decision`)
  assert.match(page.body, /your sector asks for the signature of: <strong>Senior information risk owner, Medical director<\/strong>/)
  const { sent, mail, link } = await ask(decision)
  assert.deepEqual(
    sent.map(({ to }) => to),
    ['desk0@a00000.example'],
  )
  assert.match(mail?.subject ?? '', /^TLP:GREEN CC-\d+ A decision of Organisation A00000 & Sons waits for your signature$/)
  assert.doesNotMatch(`${mail?.text} ${mail?.html}`, /The ward needs it/, 'the decision is not in the mail')
  const opened = await visitor.get(link)
  assert.match(opened.body, /Downtime is not safe for patients\. The ward needs it/)
  assert.match(opened.body, /sign it as: <strong>Senior information risk owner/)
  const wrong = await visitor.post(link, { outcome: 'signed', name: 'Somebody Else', words: 'Only until Friday' })
  assert.deepEqual([wrong.statusCode, /Type your name as it stands above/.test(wrong.body), /Only until Friday/.test(wrong.body)], [422, true, true])
  const signed = await visitor.follow(await visitor.post(link, { outcome: 'signed', name: ' contact 0 OF a00000 ', words: 'Only until Friday' }))
  assert.match(signed.body, /You signed this as: Senior information risk owner/)
  assert.deepEqual(await signatures(decision.bulletinId), [{ outcome: 'signed', signed_name: 'contact 0 OF a00000' }])
  const after = await decision.lead.get(`/bulletins/${decision.number}/decision`)
  assert.match(after.body, /Signed[^]*Only until Friday/)
  assert.match(after.body, /asks for the signature of: <strong>Medical director</)
  assert.equal((await visitor.post(link, { outcome: 'declined', name: 'Contact 0 of A00000' })).statusCode, 422, 'once')
})

test('any change of the decision leaves the signature void, in sight of both sides, and the link signs nothing more', async () => {
  const decision = await decided('B')
  const first = await ask(decision)
  await visitor.post(first.link, { outcome: 'signed', name: 'Contact 0 of B00000' })
  const second = await ask(decision, 1, 'medical-director')
  const { lead, number, organisation } = decision
  await lead.post(`/bulletins/${number}/answer`, {
    organisation,
    state: 'not-acting',
    more: 'yes',
    reasonCode: 'clinical-downtime',
    reason: 'The ward needs it',
    note: 'One word more',
  })
  assert.match((await lead.get(`/bulletins/${number}`)).body, /Void: the decision changed[^]*Void: the decision changed/)
  for (const link of [first.link, second.link]) {
    const opened = await visitor.get(link)
    assert.deepEqual([opened.statusCode, /The decision was changed/.test(opened.body), /One word more/.test(opened.body)], [410, true, false])
    assert.match((await visitor.post(link, { outcome: 'signed', name: 'Contact 1 of B00000' })).body, /The decision was changed|Type your name/)
  }
  assert.deepEqual(
    (await signatures(decision.bulletinId)).map(({ outcome }) => outcome),
    ['signed', null],
  )
})

test('words changed behind our back, or a link of another decision, sign nothing', async () => {
  const decision = await decided('C')
  const { link } = await ask(decision)
  await sql`update broadcast_response_detail set reason = 'Forged' where bulletin_id = ${decision.bulletinId}`.execute(db)
  const signed = await visitor.post(link, { outcome: 'signed', name: 'Contact 0 of C00000' })
  assert.match(signed.body, /The decision was changed, so there is nothing to sign/)
  const other = await ask(await decided('D'))
  const [, signature = ''] = /\.([\w-]{43})$/.exec(other.link) ?? []
  for (const forged of [link.replace(/[\w-]{43}$/, signature), link.slice(0, -1), link.replace('.1.', '.2.'), '/sign/x']) {
    const refused = await visitor.get(forged)
    assert.deepEqual([refused.statusCode, /This link to sign does not work.*ask whoever asked you to sign/s.test(refused.body)], [404, true], forged)
    assert.equal((await visitor.post(forged, { outcome: 'signed', name: 'Contact 0 of C00000' })).statusCode, 404, forged)
  }
})

test('a request is taken back, runs out, and is not asked of whoever decided or was asked before', async () => {
  const decision = await decided('E')
  const { link } = await ask(decision)
  assert.match((await ask(decision)).asked.body, /They were asked to sign this already/)
  const { rows } = await sql<{ id: string }>`select id from broadcast_signature where bulletin_id = ${decision.bulletinId}`.execute(db)
  const { lead, number, organisation } = decision
  await lead.post(`/bulletins/${number}/decision/revoke`, { organisation, signature: rows[0]?.id ?? '' })
  assert.match((await visitor.get(link)).body, /This request was taken back/)
  assert.match((await visitor.post(link, { outcome: 'signed', name: 'Contact 0 of E00000' })).body, /taken back/)
  await sql`update directory_contact set person_id = (select id from directory_person where name = 'Lead of E00000') where id = ${decision.contacts[2]}`.execute(
    db,
  )
  assert.match((await ask(decision, 2)).asked.body, /Whoever gave this answer cannot sign it too/)
  const again = await ask(decision, 0)
  platform.clock.advanceHours(15 * 24)
  const late = await visitor.get(again.link)
  assert.deepEqual([late.statusCode, /This link has run out/.test(late.body)], [410, true])
  assert.match((await visitor.post(again.link, { outcome: 'signed', name: 'Contact 0 of E00000' })).body, /ran out|run out/)
})

test('one person who is two contacts, or reads at one address as two, does not sign what they decided as the other', async () => {
  const decision = await decided('H')
  const [first = '', second = '', third = ''] = decision.contacts
  const same = /Whoever gave this answer cannot sign it too/
  const decidedBy = (kind: string, id: string) =>
    sql`update broadcast_response set by_kind = ${kind}, by_id = ${id} where bulletin_id = ${decision.bulletinId}`.execute(db)
  const lead = sql<{ id: string }>`select id from directory_person where name = 'Lead of H00000'`
  const person = (await lead.execute(db)).rows[0]?.id ?? ''

  await decidedBy('contact', first)
  await sql`update directory_contact set person_id = ${person} where id in (${first}, ${second})`.execute(db)
  assert.match((await ask(decision, 1)).asked.body, same, 'two contacts of one person')
  await sql`update directory_contact set person_id = null where organisation_id = (select organisation_id from directory_contact where id = ${first})`.execute(
    db,
  )
  await sql`update directory_contact set email = 'Desk0@H00000.example' where id = ${second}`.execute(db)
  assert.match((await ask(decision, 1)).asked.body, same, 'two contacts at one address')

  await decidedBy('person', person)
  await sql`update directory_contact set email = (select upper(email) from directory_person where id = ${person}) where id = ${second}`.execute(db)
  assert.match((await ask(decision, 1)).asked.body, same, 'a contact at the address by which the person signs in')

  const { asked, link } = await ask(decision, 2)
  assert.equal(asked.statusCode, 303, 'another is asked')
  await decidedBy('contact', first)
  await sql`update directory_contact set email = 'desk0@h00000.example' where id = ${third}`.execute(db)
  assert.match((await visitor.post(link, { outcome: 'signed', name: 'Contact 2 of H00000' })).body, same, 'who became the same since')
})

test('a scanner that follows every link and presses every button by GET or HEAD signs nothing and answers nothing', async () => {
  const decision = await decided('F')
  const { link } = await ask(decision)
  const seen = new Set<string>()
  const queue = [link]
  for (let address = queue.pop(); address !== undefined && seen.size < 60; address = queue.pop()) {
    if (seen.has(address)) continue
    seen.add(address)
    const { body } = await visitor.get(address, { 'sec-purpose': 'prefetch' })
    for (const [, href = ''] of body.matchAll(/(?:href|action|formaction)="(\/[^"]*)"/g))
      if (/^\/(sign|r)\//.test(href)) queue.push(href.replaceAll('&amp;', '&'))
    for (const [, name = '', value = ''] of body.matchAll(/<button[^>]*name="([^"]+)"[^>]*value="([^"]+)"/g))
      queue.push(`${link}?${name}=${value}&name=Contact+0+of+F00000`)
  }
  assert.ok(seen.size > 2, 'it found the buttons')
  assert.deepEqual(await signatures(decision.bulletinId), [{ outcome: null, signed_name: null }])
})

test('above GREEN the message and the page hold nothing of the bulletin, and an exercise says so first and last', async () => {
  const { mail, link } = await ask(await decided('G', { tlp: 'AMBER', title: 'Zanzibar flaw', isExercise: true }))
  assert.match(mail?.subject ?? '', /^EXERCISE TLP:AMBER .* EXERCISE$/)
  assert.match(mail?.text ?? '', /^EXERCISE[^]*EXERCISE\s*$/)
  assert.doesNotMatch(`${mail?.subject} ${mail?.text} ${mail?.html} ${(await visitor.get(link)).body}`, /Zanzibar/)
})
