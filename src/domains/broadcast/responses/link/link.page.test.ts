import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAnswerLinks } from '../../../../../test/support/answer-links.ts'
import { createTestApp } from '../../../../../test/support/app.ts'
import type { ReleasedBulletin } from '../../../../../test/support/released-bulletin.ts'
import { startSmtpSink } from '../../../../../test/support/smtp-sink.ts'
import { parseId, type Id } from '../../../../kernel/id.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { checkCode, shortAnswerAddress } from '../../deliveries/answer-link/model.ts'
import type { Visible } from '../../tables.ts'
import type { GivenAnswer } from '../model.ts'
import { answersOf } from '../queries.ts'

const sink = await startSmtpSink()
const app = await createTestApp({ smtpUrl: sink.url })
const { platform, visitor } = app
const { linkIn, mailed } = createAnswerLinks(platform, sink)

function answers(bulletin: ReleasedBulletin, index = 0): Promise<readonly GivenAnswer[]> {
  return readAs<Visible, readonly GivenAnswer[]>(platform, SYSTEM, db => answersOf(db, bulletin.bulletinId, bulletin.organisationIds[index] ?? ''))
}

test('one tap on the link and one on an answer: recorded, with who and how', async () => {
  const {
    bulletin,
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'A' })
  const opened = await visitor.get(link)
  assert.equal(opened.statusCode, 200)
  assert.match(opened.body, new RegExp(`CC-${bulletin.number}`))
  assert.match(opened.body, /Organisation A00000 &amp; Sons/)
  assert.match(opened.body, /Install version 2/)
  for (const label of ['Acknowledged', 'Assessing', 'Not applicable', 'In progress', 'Done', 'We choose not to act'])
    assert.match(opened.body, new RegExp(`>\\s*${label}\\s*<`))
  const recorded = await visitor.follow(await visitor.post(link, { state: 'done', note: 'Patched <all>' }))
  assert.match(recorded.body, /Thank you\. Recorded: Done/)
  assert.match(recorded.body, /Note: Patched &lt;all&gt;/)
  const [answer, ...more] = await answers(bulletin)
  assert.deepEqual([answer?.state, answer?.via, answer?.by, answer?.note, more.length], ['done', 'link', 'Contact 0 of A00000', 'Patched <all>', 0])
})

test('opening a link spends nothing, however often a scanner does', async () => {
  const {
    bulletin,
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'B' })
  for (let visit = 0; visit < 5; visit += 1) assert.match((await visitor.get(link)).body, /Your answer/)
  await visitor.post(link, { state: 'acknowledged' })
  assert.equal((await answers(bulletin)).length, 1)
})

test('a link is used once: the second time it says what is recorded, and records nothing', async () => {
  const {
    bulletin,
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'C' })
  await visitor.post(link, { state: 'acknowledged' })
  const again = await visitor.post(link, { state: 'not-acting', reason: 'Typed at length' })
  assert.match(again.body, /What you wrote was not recorded[^]*>Typed at length</)
  assert.match(again.body, /Acknowledged/)
  assert.match(again.body, /Send me a new link/)
  assert.doesNotMatch(again.body, /name="state"/)
  assert.deepEqual(
    (await answers(bulletin)).map(({ state }) => state),
    ['acknowledged'],
  )
})

test('two taps at once on one link record one answer', async () => {
  const {
    bulletin,
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'D' })
  const both = await Promise.all([visitor.post(link, { state: 'done' }), visitor.post(link, { state: 'assessing' })])
  assert.ok(
    both.every(({ statusCode }) => statusCode === 303 || statusCode === 409),
    both.map(({ statusCode }) => statusCode).join(),
  )
  assert.equal((await answers(bulletin)).length, 1)
})

test('a second tap with the same note is no loss, and says none', async () => {
  const {
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'Q' })
  const answer = { state: 'done', note: 'By <Friday>' }
  await visitor.post(link, answer)
  assert.doesNotMatch((await visitor.post(link, answer)).body, /was not recorded/)
})

test('in progress asks by when, not acting asks why; what is missing is said and what was typed stays', async () => {
  const {
    bulletin,
    links: [first = '', second = ''],
  } = await mailed({ organisations: 2, prefix: 'E' })
  const asked = await visitor.post(first, { state: 'in-progress', note: 'Ward by ward' })
  assert.equal(asked.statusCode, 200)
  assert.match(asked.body, /When will you say more\?/)
  assert.match(asked.body, /value="2026-11-23"/)
  const wrong = await visitor.post(first, {
    state: 'in-progress',
    more: 'yes',
    'nextDate-day': '31',
    'nextDate-month': '2',
    'nextDate-year': '2027',
    note: 'Ward by ward',
  })
  assert.equal(wrong.statusCode, 422)
  assert.match(wrong.body, /Enter a date that exists/)
  assert.match(wrong.body, /value="31"/)
  assert.match(wrong.body, />Ward by ward<\/textarea>/)
  assert.equal((await answers(bulletin)).length, 0, 'nothing was recorded and the link is not spent')
  await visitor.post(first, { state: 'in-progress', nextDate: '2026-11-23', note: 'Ward by ward' })
  assert.deepEqual(
    (await answers(bulletin)).map(({ state, nextDate, note }) => [state, nextDate, note]),
    [['in-progress', '2026-11-23', 'Ward by ward']],
  )

  const why = await visitor.post(second, { state: 'not-acting', more: 'yes', reason: '', note: 'Board agreed' })
  assert.equal(why.statusCode, 422)
  assert.match(why.body, /Say why you choose not to act/)
  assert.match(why.body, />Board agreed<\/textarea>/)
  const done = await visitor.follow(await visitor.post(second, { state: 'not-acting', more: 'yes', reason: 'It is retired next week', note: '' }))
  assert.match(done.body, /Because: It is retired next week/)
})

test('forged, cut and foreign links get the same page that helps, and nothing is recorded', async () => {
  const {
    bulletin,
    links: [link = '', other = ''],
  } = await mailed({ organisations: 2, prefix: 'F' })
  const [, otherSignature = ''] = /\.([\w-]{43})$/.exec(other) ?? []
  const text = /\/r\/(.*)\.[\w-]{43}$/.exec(link)?.[1] ?? ''
  const forged = [
    link.slice(0, -1),
    `${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`,
    `/r/${text}.${otherSignature}`,
    `/r/${text.replace('.1.', '.2.')}${link.slice(-44)}`,
    `/r/${text}.${platform.signer.sign('notice', text)}`,
    '/r/del_00000000000000000000000000000000.1.1999999999.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa',
    '/r/x',
  ]
  for (const address of forged) {
    const get = await visitor.get(address)
    assert.deepEqual([get.statusCode, /This answer link does not work/.test(get.body)], [404, true], address)
    assert.equal((await visitor.post(address, { state: 'done' })).statusCode, 404, address)
    assert.equal((await visitor.post(`${address}/new`, {})).statusCode, 404, address)
  }
  assert.equal((await answers(bulletin)).length, 0)
})

test('the short link of a text message answers once, and is as hard to forge', async () => {
  const {
    bulletin,
    links: [long = ''],
  } = await mailed({ organisations: 1, prefix: 'T' })
  const id = parseId('delivery', bulletin.deliveryIds[0] ?? '')
  assert.ok(id !== undefined)
  const of = (generation: number) => shortAnswerAddress('', platform.signer.signShort, { id, generation }, platform.clock.now())
  const [link, newer] = [of(1), of(2)]
  assert.ok(link.length < long.length * 0.6, link)
  const forged = [
    `${link.slice(0, -1)}${link.endsWith('A') ? 'B' : 'A'}`,
    `${link.slice(0, 8)}${link[8] === 'A' ? 'B' : 'A'}${link.slice(9)}`,
    `${newer.slice(0, -16)}${link.slice(-16)}`,
    `${link.slice(0, -16)}${long.slice(-43, -27)}`,
    link.slice(0, -1),
  ]
  for (const address of forged) {
    assert.equal((await visitor.get(address)).statusCode, 404, address)
    assert.equal((await visitor.post(address, { state: 'done' })).statusCode, 404, address)
  }
  assert.equal((await visitor.get(link)).statusCode, 200)
  assert.match((await visitor.follow(await visitor.post(link, { state: 'assessing' }))).body, /Thank you\. Recorded: Assessing/)
  assert.match((await visitor.get(link)).body, /Send me a new link/)
  assert.equal((await answers(bulletin)).length, 1)
})

test('the code of a text message stands on the page of the organisation that it is for, and of no other', async () => {
  const { bulletin } = await mailed({ organisations: 2, prefix: 'M' })
  const codes = bulletin.organisationIds.map(organisationId => checkCode(platform.signer.sign, bulletin.bulletinId, organisationId))
  assert.ok(codes.every(code => /^\d{6}$/.test(code)) && codes[0] !== codes[1])
  const lead = await app.signIn('cyber-lead', { organisation: 'M00000' })
  const { body } = await lead.get(`/bulletins/CC-${bulletin.number}/links`)
  assert.match(body, new RegExp(`check code <strong>${codes[0]}</strong>`))
  const caller = await app.signIn('duty-manager')
  assert.match((await caller.get(`/bulletins/CC-${bulletin.number}/telephone/M00001`)).body, new RegExp(`check code <strong>${codes[1]}</strong>`))
})

test('after thirty days a link says that it has run out, and a new one comes to the same address alone', async () => {
  const {
    bulletin,
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'G' })
  platform.clock.advanceHours(31 * 24)
  const late = await visitor.get(link)
  assert.equal(late.statusCode, 410)
  assert.match(late.body, /This link has run out/)
  assert.equal((await visitor.post(link, { state: 'done' })).statusCode, 303)
  assert.equal((await answers(bulletin)).length, 0)

  const before = sink.messages.length
  assert.match((await visitor.follow(await visitor.post(`${link}/new`, {}))).body, /A new link is on its way/)
  await platform.runJobs()
  // A message of its own. Where the clock of the machine passes a full minute, reminders may come beside it.
  const sent = sink.messages.slice(before).filter(({ messageId }) => messageId.endsWith('.2@localhost'))
  assert.deepEqual(
    sent.map(({ to }) => to),
    ['desk0@g00000.example'],
  )
  const fresh = await linkIn(sent[0]?.bytes ?? Buffer.alloc(0))
  assert.match((await visitor.get(link)).body, /There is a newer link/)
  await visitor.post(fresh, { state: 'assessing' })
  assert.deepEqual(
    (await answers(bulletin)).map(({ state }) => state),
    ['assessing'],
  )
})

test('a new link is sent once a minute at most', async () => {
  const {
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'H' })
  assert.equal((await visitor.post(`${link}/new`, {})).statusCode, 429)
  platform.clock.advanceHours(1)
  assert.equal((await visitor.post(`${link}/new`, {})).statusCode, 303)
  assert.equal((await visitor.post(`${link}/new`, {})).statusCode, 429)
})

test('above GREEN the page of a link shows nothing of the bulletin', async () => {
  const {
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'I', tlp: 'AMBER+STRICT', title: 'Zanzibar flaw' })
  const opened = await visitor.get(link)
  assert.doesNotMatch(opened.body, /Zanzibar|Install version 2|mended a flaw/)
  assert.match(opened.body, /sign in and read/)
  assert.equal((await visitor.post(link, { state: 'acknowledged' })).statusCode, 303)
})

test('an answer from a link proves the contact', async () => {
  const {
    bulletin,
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'J' })
  const proved = () =>
    readAs<Visible, Date | null | undefined>(
      platform,
      SYSTEM,
      async db =>
        (
          await db
            .selectFrom('directory_contact')
            .where('id', '=', bulletin.contactIds[0] ?? '')
            .select('last_proved_at')
            .executeTakeFirst()
        )?.last_proved_at,
    )
  assert.equal(await proved(), null)
  await visitor.post(link, { state: 'done' })
  assert.deepEqual(await proved(), platform.clock.now())
})

test('a link lets nobody do more than answer that one bulletin for that one organisation', async () => {
  const {
    bulletin,
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'K' })
  await visitor.get(link)
  for (const address of [`/bulletins/CC-${bulletin.number}`, '/answers', `/bulletins/CC-${bulletin.number}/recipients`])
    assert.equal((await visitor.get(address)).statusCode, 303, address)
})

test('the contact of a delivery is the actor in the audit', async () => {
  const {
    bulletin,
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'L' })
  await visitor.post(link, { state: 'done' })
  const rows = await platform.database.pool.query<{ actor_kind: string; actor_id: string; on_behalf_of: string }>(
    `select actor_kind, actor_id, on_behalf_of from audit_record where verb = 'broadcast.response.recorded' and organisation_id = $1`,
    [bulletin.organisationIds[0]],
  )
  assert.deepEqual(
    rows.rows.map(row => [row.actor_kind, parseId('contact', row.actor_id), row.on_behalf_of]),
    [['contact', bulletin.contactIds[0] as Id<'contact'>, bulletin.organisationIds[0]]],
  )
})

test('whoever answered goes on from the page that follows, one answer a page, for an hour and no longer', async () => {
  const {
    bulletin,
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'R' })
  const first = await visitor.post(link, { state: 'acknowledged' })
  const second = String(first.headers.location)
  assert.notEqual(second, link)
  assert.match((await visitor.get(second)).body, /What next\?[^]*Does it concern you\?/)
  const detail = await visitor.get(`${second}?state=acknowledged`)
  assert.match(detail.body, /Add detail, if you want/)
  const third = String(
    (await visitor.post(second, { state: 'in-progress', more: 'yes', nextDate: '2027-03-01', owner: 'The service desk' })).headers.location,
  )
  assert.match((await visitor.get(third)).body, /Seen to by: The service desk/)
  for (const used of [link, second]) assert.doesNotMatch((await visitor.get(used)).body, /name="state"/, used)
  await visitor.post(second, { state: 'not-applicable' })
  assert.deepEqual(
    (await answers(bulletin)).map(({ state }) => state),
    ['in-progress', 'acknowledged'],
  )
  platform.clock.advanceHours(2)
  assert.match((await visitor.get(third)).body, /Send me a new link/)
  await visitor.post(third, { state: 'done' })
  assert.equal((await answers(bulletin)).length, 2)
})

test('from the page after an answer somebody else of the organisation is asked to sign; from the link of the message nobody is', async () => {
  const {
    bulletin,
    links: [link = ''],
  } = await mailed({ organisations: 1, contacts: 2, prefix: 'U' })
  assert.doesNotMatch((await visitor.get(link)).body, /Contact 1 of U00000/)
  const after = String((await visitor.post(link, { state: 'not-acting', more: 'yes', reasonCode: 'awaiting-supplier' })).headers.location)
  const page = await visitor.get(after)
  assert.match(page.body, /asks for the signature of: <strong>Senior information risk owner</)
  assert.match(page.body, /Contact 1 of U00000/)
  assert.doesNotMatch(page.body, /<option[^>]*>Contact 0 of U00000/, 'nobody signs their own decision')
  const before = sink.messages.length
  await visitor.post(`${after}/ask`, { signer: 'risk-owner', contact: bulletin.contactIds[1] ?? '' })
  await platform.runJobs()
  assert.deepEqual(
    sink.messages.slice(before).flatMap(({ to }) => (to.endsWith('@u00000.example') ? [to] : [])),
    ['desk1@u00000.example'],
  )
})

test('a link that was taken back takes no answer, and sends no new one', async () => {
  const {
    bulletin,
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'V' })
  const number = `CC-${bulletin.number}`
  const duty = await app.signIn('duty-manager')
  const shown = await duty.get(`/bulletins/${number}/links?organisation=V00000`)
  assert.match(shown.body, /Contact 0 of V00000<\/strong>, Cyber lead: live/)
  await duty.post(`/bulletins/${number}/links`, { organisation: 'V00000', link: bulletin.deliveryIds[0] ?? '' })
  const opened = await visitor.get(link)
  assert.deepEqual([opened.statusCode, /This link was taken back/.test(opened.body), /Send me a new link/.test(opened.body)], [410, true, false])
  await visitor.post(link, { state: 'done' })
  platform.clock.advanceHours(1)
  assert.equal((await app.newVisitor('127.0.0.9').post(`${link}/new`, {})).statusCode, 409)
  assert.equal((await answers(bulletin)).length, 0)
  const stranger = await app.signIn('cyber-lead', { organisation: 'ELSEWHERE' })
  assert.equal((await stranger.get(`/bulletins/${number}/links?organisation=V00000`)).statusCode, 404)
})

test('a scanner that follows every link and presses every button by GET, or asks by HEAD, answers nothing and spends nothing', async () => {
  const {
    bulletin,
    links: [link = ''],
  } = await mailed({ organisations: 1, prefix: 'W' })
  const seen = new Set<string>()
  const queue = [link]
  for (let address = queue.pop(); address !== undefined && seen.size < 80; address = queue.pop()) {
    if (seen.has(address)) continue
    seen.add(address)
    const { body } = await visitor.get(address, { 'sec-purpose': 'prefetch' })
    await app.server.inject({ method: 'HEAD', url: address })
    for (const [, href = ''] of body.matchAll(/(?:href|action|formaction)="(\/r\/[^"]*)"/g)) queue.push(href.replaceAll('&amp;', '&'))
    for (const [, name = '', value = ''] of body.matchAll(/<button[^>]*name="([^"]+)"[^>]*value="([^"]+)"/g)) {
      queue.push(`${link}?${name}=${value}`, `${link}?${name}=${value}&more=yes&nextDate=2027-06-01`)
    }
  }
  assert.ok(seen.size > 6, 'it found the buttons')
  assert.equal((await answers(bulletin)).length, 0)
  assert.match((await visitor.get(link)).body, /name="state"/, 'the link still works')
})
