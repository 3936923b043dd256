import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../../test/support/released-bulletin.ts'
import { startSmtpSink } from '../../../../../test/support/smtp-sink.ts'
import type { Id } from '../../../../kernel/id.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { failContact } from '../../../directory/contract.ts'
import type { Visible } from '../../tables.ts'
import { startMailing } from '../mailings.ts'
import { STREAM_PURPOSE, stopAddress, streamHeaders } from './model.ts'

const sink = await startSmtpSink()
const app = await createTestApp({ smtpUrl: sink.url, env: { BASE_URL: 'https://carecert.example' } })
const { platform, server } = app
const sign = (purpose: string, text: string) => platform.signer.sign(purpose, text)

async function contacts(prefix: string, count = 1): Promise<readonly Id<'contact'>[]> {
  return (await releasedBulletin(platform, { organisations: count, prefix })).contactIds
}

const pathFor = (id: Id<'contact'>) => new URL(stopAddress('https://carecert.example', { stream: 'bulletins', id }, sign)).pathname

async function standing(id: string): Promise<string> {
  const { rows } = await platform.database.pool.query<{ text: string }>(
    `select case when contact.receives_bulletins then 'on' else 'off' end || ' ' || coalesce(repair.reason, '-') as text from directory_contact contact
     left join directory_contact_repair repair on repair.contact_id = contact.id and repair.closed_at is null where contact.id = $1`,
    [id],
  )
  return rows[0]?.text ?? ''
}

/** As a mail program posts it: no cookie, and from wherever it runs. */
function oneClick(path: string, contentType = 'application/x-www-form-urlencoded', payload = 'List-Unsubscribe=One-Click') {
  return server.inject({ method: 'POST', url: path, payload, headers: { 'content-type': contentType } })
}

const words = (body: string) => body.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')

test('opening the link changes nothing, however often; its page has a button that works without a script', async () => {
  const [id] = await contacts('A')
  assert.ok(id)
  for (let time = 0; time < 3; time += 1) {
    const { statusCode, body } = await app.visitor.get(pathFor(id))
    assert.equal(statusCode, 200)
    assert.match(words(body), /Stop bulletins\?.*name somebody else.*Stop bulletins/)
    assert.match(body, new RegExp(`<form method="post" action="${pathFor(id)}"`))
  }
  assert.equal((await server.inject({ method: 'HEAD', url: pathFor(id) })).statusCode < 500, true)
  assert.equal(await standing(id), 'on -')
})

test('one click stops it at once: without cookie, token, sign-in or redirect, and from another site too', async () => {
  const [first, second, third, fourth] = await contacts('B', 4)
  assert.ok(first && second && third && fourth)
  const plain = await oneClick(pathFor(first))
  assert.deepEqual([plain.statusCode, plain.headers['set-cookie'], plain.headers.location], [200, undefined, undefined])
  const form = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
  assert.equal((await oneClick(pathFor(second), 'multipart/form-data; boundary=x', form)).statusCode, 200, 'RFC 8058 §3.2')
  const elsewhere = { 'sec-fetch-site': 'cross-site', origin: 'https://mail.example', 'content-type': 'application/x-www-form-urlencoded' }
  assert.equal(
    (await server.inject({ method: 'POST', url: pathFor(third), payload: 'List-Unsubscribe=One-Click', headers: elsewhere })).statusCode,
    200,
  )
  assert.equal((await server.inject({ method: 'POST', url: pathFor(fourth) })).statusCode, 200, 'nor does it need a body')
  for (const id of [first, second, third, fourth]) assert.equal(await standing(id), 'off unsubscribed')
  assert.equal((await oneClick(pathFor(first))).statusCode, 200, 'again is no fault')
})

test('what other sites may post here is that alone', async () => {
  const [id] = await contacts('C')
  assert.ok(id)
  await oneClick(pathFor(id))
  const elsewhere = { 'sec-fetch-site': 'cross-site', origin: 'https://mail.example', 'content-type': 'application/x-www-form-urlencoded' }
  assert.equal((await server.inject({ method: 'POST', url: `${pathFor(id)}/undo`, payload: '', headers: elsewhere })).statusCode, 403)
  assert.equal((await oneClick('/sign-in', 'multipart/form-data; boundary=x', '--x--')).statusCode, 415)
})

test('it can be taken back from the same page, and then nobody is asked for another contact', async () => {
  const [id] = await contacts('D')
  assert.ok(id)
  const stopped = await app.visitor.post(pathFor(id), {})
  assert.equal(stopped.statusCode, 200)
  assert.match(words(stopped.body), /You no longer get bulletins.*We have asked your organisation and its region.*Undo: send me bulletins again/)
  const back = await app.visitor.post(`${pathFor(id)}/undo`, {})
  assert.match(words(back.body), /Stop bulletins\?/)
  assert.equal(await standing(id), 'on -')
})

test('what the organisation turned off, or was reported as unwanted, is not turned on by a link', async () => {
  const [stopped, turnedOff, reported, taken] = await contacts('U', 4)
  assert.ok(stopped && turnedOff && reported && taken)
  const ids = [stopped, turnedOff, reported, taken]
  const set = (text: string, values: readonly unknown[]) => platform.database.pool.query(text, [...values])
  await set(`update directory_contact set email = 'one@desk.example' where id = any($1)`, [ids])
  await set(`update directory_contact set receives_bulletins = false where id = $1`, [turnedOff])
  await oneClick(pathFor(stopped))
  await set(`update directory_contact_repair set reason = 'complained' where contact_id = $1`, [reported])
  // The organisation has seen to this one: it turned them on and off again.
  await set(`update directory_contact_repair set closed_at = now(), closed_by = 'x', outcome = 'changed' where contact_id = $1`, [taken])
  const states = () => Promise.all(ids.map(standing))
  assert.deepEqual(await states(), ['off unsubscribed', 'off unsubscribed', 'off complained', 'off -'])
  assert.equal((await app.visitor.post(`${pathFor(turnedOff)}/undo`, {})).statusCode, 200)
  assert.deepEqual(await states(), ['on -', 'off unsubscribed', 'off complained', 'off -'])
  await set(`update directory_contact set email = 'two@desk.example' where id = $1`, [turnedOff])
  const page = await app.visitor.get(pathFor(turnedOff))
  assert.match(words(page.body), /You no longer get bulletins.*Ask your organisation: it decides who gets bulletins/)
  assert.doesNotMatch(page.body, /\/undo"/)
})

test('a senior who gets no bulletins stops what is written when nobody answers, and is named for no message after', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 2, prefix: 'V' })
  const [senior, other] = bulletin.contactIds
  assert.ok(senior && other)
  await platform.database.pool.query(`update directory_contact set receives_bulletins = false where id = any($1)`, [[senior, other]])
  // Its address was dead once, and was asked to be put right.
  await runWork<Visible, void>(platform, SYSTEM, work => failContact(work.lend(), { contactId: senior, words: '550 full' }))
  const escalated = () =>
    runWork<Visible, { contacts: number }>(platform, SYSTEM, work =>
      startMailing(work, { ...bulletin, kind: 'escalation', contactIds: bulletin.contactIds, baseUrl: 'https://carecert.example' }),
    )
  assert.equal((await escalated()).contacts, 2)
  const page = await app.visitor.get(pathFor(senior))
  assert.match(words(page.body), /You get no bulletins.*When a bulletin stays unanswered, we may still write.*Stop these messages too/)
  assert.equal((await oneClick(pathFor(senior))).statusCode, 200)
  assert.deepEqual([await standing(senior), await standing(other)], ['off unsubscribed', 'off -'])
  assert.equal((await escalated()).contacts, 1)
  assert.match(words((await app.visitor.post(`${pathFor(senior)}/undo`, {})).body), /You no longer get bulletins/)
  assert.equal(await standing(senior), 'off unsubscribed', 'nothing is turned on that was not on before')
})

test('whoever stands for several organisations stops them together, each is asked for another, and nobody else is touched', async () => {
  const [first, second, third] = await contacts('E', 3)
  assert.ok(first && second && third)
  await platform.database.pool.query(`update directory_contact set email = 'Both@Partner.example' where id = $1`, [first])
  await platform.database.pool.query(`update directory_contact set email = 'both@partner.example' where id = $1`, [second])
  await oneClick(pathFor(first))
  assert.deepEqual([await standing(first), await standing(second), await standing(third)], ['off unsubscribed', 'off unsubscribed', 'on -'])
})

test('a link that is not ours, or was signed for something else, changes nothing and says so', async () => {
  const [id, other] = await contacts('F', 2)
  assert.ok(id && other)
  const good = pathFor(id)
  const bad = [
    `${good.slice(0, -1)}${good.endsWith('A') ? 'B' : 'A'}`,
    good.replace(id, other),
    `/u/${id}.${platform.signer.sign('answer-link', id)}`,
    `/u/${id}`,
    '/u/x',
    `/u/let_${'0'.repeat(32)}.${platform.signer.sign(STREAM_PURPOSE, `let_${'0'.repeat(32)}`)}`,
  ]
  for (const path of bad) {
    assert.equal((await oneClick(path)).statusCode, 404, path)
    assert.equal((await app.visitor.get(path)).statusCode, 404, path)
  }
  assert.deepEqual([await standing(id), await standing(other)], ['on -', 'on -'])
})

test('the digest can be stopped by itself', async () => {
  const [id] = await contacts('G')
  assert.ok(id)
  const { rows } = await platform.database.pool.query<{ email: string }>(`select email from directory_contact where id = $1`, [id])
  const address = rows[0]?.email ?? ''
  await platform.database.pool.query(`insert into broadcast_digest (id, week, made_at, letters) values ('dig_1', '2026-11-16', now(), 1)`)
  const letter = `let_${'a'.repeat(32)}` as Id<'letter'>
  await platform.database.pool.query(
    `insert into broadcast_digest_letter (id, digest_id, address, name, state) values ($1, 'dig_1', lower($2), 'x', 'sent')`,
    [letter, address],
  )
  const path = new URL(stopAddress('https://carecert.example', { stream: 'digest', id: letter }, sign)).pathname
  assert.equal((await oneClick(path)).statusCode, 200)
  const stops = async () => (await platform.database.pool.query(`select 1 from broadcast_digest_stop where contact_id = $1`, [id])).rows.length
  assert.deepEqual([await standing(id), await stops()], ['on -', 1], 'bulletins still come')
  await app.visitor.post(`${path}/undo`, {}, { from: path })
  assert.equal(await stops(), 0)
})

test('one click is offered over TLS alone, since mail programs take no other address', () => {
  const reader = { stream: 'bulletins', id: `con_${'0'.repeat(32)}` as Id<'contact'> } as const
  const plain = streamHeaders('http://localhost:8080', reader, ['CC-5001', 'release'], sign)
  assert.equal(plain['List-Unsubscribe-Post'], undefined)
  assert.equal(plain['Feedback-ID'], 'CC-5001:release:bulletins:localhost')
  assert.equal(plain['List-Id'], 'Bulletins <bulletins.localhost>')
})
