import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql, type RawBuilder } from 'kysely'
import PostalMime from 'postal-mime'
import { actorAs } from '../../../../test/support/broadcast.ts'
import { startNotify } from '../../../../test/support/notify-stand-in.ts'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin, type ReleasedBulletin, type ReleasedBulletinOptions } from '../../../../test/support/released-bulletin.ts'
import { startSmtpSink } from '../../../../test/support/smtp-sink.ts'
import { parseId } from '../../../kernel/id.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { renewLink } from '../responses/link/commands.ts'
import type { Visible } from '../tables.ts'
import { parseLinkToken } from './answer-link/model.ts'
import { retryDeliveries } from './commands.ts'
import { deliverMailing } from './jobs.ts'
import { pauseMailing, resumeMailing, startMailing } from './mailings.ts'
import { MOST_IN_A_MESSAGE, type MailingKind } from './model.ts'
import { recordBounce } from './outcomes.ts'
import { linkedDelivery } from './queries.ts'

/** Whom a mailing is for beyond a bulletin's own contacts, and what its letters say when there is more to say. */
const BASE_URL = 'http://localhost:8080'
const sink = await startSmtpSink()
const notify = await startNotify()
const platform = await createTestPlatform({ smtpUrl: sink.url, env: { ...notify.env, SMTP_URL: sink.url, MAIL_BY: 'smtp' } })
const manager = actorAs('duty-manager')
const fallback = { hasTexts: true, baseUrl: BASE_URL }

const doing = <R>(body: (work: Work<Visible>) => Promise<R>) => runWork<Visible, R>(platform, SYSTEM, body)
const deliver = (mailingId: string) => deliverMailing(platform, mailingId, new AbortController().signal)
const mails = (address: RegExp) => sink.messages.filter(({ to }) => address.test(to))

async function released(options: ReleasedBulletinOptions): Promise<ReleasedBulletin> {
  sink.manner = () => 'take'
  return releasedBulletin(platform, options)
}

const started = (
  { bulletinId, organisationIds }: ReleasedBulletin,
  kind: MailingKind,
  more: { contactIds?: readonly string[]; updateId?: number } = {},
) => doing(work => startMailing(work, { bulletinId, kind, organisationIds, baseUrl: BASE_URL, ...more }))

async function rows(mailingId: string) {
  const found = await sql<{ id: string; organisation_id: string; channel: string; state: string; carried_by: string | null }>`
    select id, organisation_id, channel, state, carried_by from broadcast_delivery where mailing_id = ${mailingId} order by channel, id`.execute(
    platform.database.kysely,
  )
  return found.rows
}

async function giveMobile(bulletin: ReleasedBulletin, mobile: string): Promise<void> {
  await sql`update directory_contact set mobile = ${mobile} where id = any(${[...bulletin.contactIds]}::text[])`.execute(platform.database.kysely)
}

test('a region that is silent itself hears of those that it looks after too, and its region’s contact hears of many in one message', async () => {
  const bulletin = await released({ organisations: MOST_IN_A_MESSAGE + 5, prefix: 'P' })
  const [region = '', second = ''] = bulletin.organisationIds
  const [lead = '', other = ''] = bulletin.contactIds
  await sql`update directory_organisation set code = 'P-REGION' where id = ${region}`.execute(platform.database.kysely)
  await sql`update broadcast_recipient set looked_after_by = 'P-REGION' where bulletin_id = ${bulletin.bulletinId} and organisation_id <> ${second}`.execute(
    platform.database.kysely,
  )
  const { mailingId, contacts } = await started(bulletin, 'escalation', { contactIds: [lead, other] })
  assert.equal(contacts, MOST_IN_A_MESSAGE + 4 + 1, 'a senior of one organisation hears of that one alone')
  await deliver(mailingId)
  const [sent, ...more] = mails(/@p00000\.example$/)
  assert.equal(more.length, 0)
  const { text, html } = await PostalMime.parse(sent?.bytes ?? '')
  assert.match(
    text ?? '',
    /^No answer has come to CC-\d+ since [^:]*:00am GMT from 104 organisations\.\s+See which \(sign in\): http:\/\/localhost:8080\/bulletins\/CC-\d+\/recipients\?stage=silent/,
  )
  assert.match(html ?? '', /from 104 organisations\./)
  for (const body of [text, html]) assert.doesNotMatch(body ?? '', /Organisation P0|\/r\/del_/)
  assert.equal((await rows(mailingId)).filter(({ state }) => state === 'sent').length, 105)
  const own = mails(/@p00001\.example$/)
  assert.equal(own.length, 1)
  assert.match((await PostalMime.parse(own[0]?.bytes ?? '')).text ?? '', /from:\s+- Organisation P00001 & Sons[\s\S]*\/r\/del_/)
})

test('a message about very many organisations that is refused goes on as one text message', async () => {
  const bulletin = await released({ organisations: 5_600, prefix: 'Q', contacts: 0 })
  const outside = await released({ organisations: 1, prefix: 'R' })
  await giveMobile(outside, '07700 900126')
  const { mailingId } = await started(bulletin, 'escalation', { contactIds: outside.contactIds })
  sink.manner = () => ({ code: 550, words: 'No such mailbox' })
  const before = notify.messages.length
  await deliver(mailingId)
  await deliver(mailingId)
  assert.equal(notify.messages.length, before + 1)
  assert.equal((await rows(mailingId)).filter(({ channel, state }) => channel === 'text' && state === 'sent').length, 5_600)
})

test('who stopped bulletins, or reported one as unwanted, is named for no message; who only was never sent any is', async () => {
  const bulletin = await released({ organisations: 4, prefix: 'S' })
  await sql`update directory_contact set receives_bulletins = false where id = any(${[...bulletin.contactIds]}::text[])`.execute(
    platform.database.kysely,
  )
  for (const [index, reason] of (['unsubscribed', 'complained', 'failed'] as const).entries())
    await sql`insert into directory_contact_repair (id, organisation_id, contact_id, reason, opened_at)
      values (${`rep-s${index}`}, ${bulletin.organisationIds[index]}, ${bulletin.contactIds[index]}, ${reason}, now())`.execute(
      platform.database.kysely,
    )
  const { mailingId } = await started(bulletin, 'escalation', { contactIds: bulletin.contactIds })
  assert.deepEqual((await rows(mailingId)).map(row => row.organisation_id).toSorted(), bulletin.organisationIds.slice(2).toSorted())
})

test('who joined later is not told while the release is held back', async () => {
  const bulletin = await released({ organisations: 2, prefix: 'U' })
  await runWork<Visible, void>(platform, manager, work => pauseMailing(work, { mailingId: bulletin.mailingId, reason: 'The link is wrong.' }))
  await assert.rejects(started(bulletin, 'catch-up'), { code: 'broadcast.mailing.release-paused' })
  await runWork<Visible, void>(platform, manager, work => resumeMailing(work, bulletin.mailingId))
  assert.equal((await started(bulletin, 'catch-up')).contacts, 2)
})

test('those who are asked again are told since when, not that they gave no answer', async () => {
  const bulletin = await released({ organisations: 1, prefix: 'V', title: 'Zeppelin flaw' })
  await sql`update broadcast_bulletin set answer_again_at = '2026-11-21T14:00:00Z' where id = ${bulletin.bulletinId}`.execute(
    platform.database.kysely,
  )
  const said = async (kind: MailingKind) => {
    const before = sink.messages.length
    await deliver((await started(bulletin, kind)).mailingId)
    return PostalMime.parse(sink.messages[before]?.bytes ?? '')
  }
  const reminder = await said('reminder')
  assert.match(reminder.text ?? '', /^We ask you again to answer CC-\d+, since it changed on Saturday 21 November 2026, 2:00pm GMT\./)
  const escalation = await said('escalation')
  assert.match(escalation.subject ?? '', /No answer since it changed: Zeppelin flaw$/)
  assert.match(
    escalation.text ?? '',
    /^CC-\d+ changed on Saturday 21 November[^,]*, 2:00pm GMT, and we asked again\. No answer has come since then from these:/,
  )
  for (const { subject, text, html } of [reminder, escalation])
    assert.doesNotMatch([subject, text, html].join('\n'), /no answer yet|no answer has come to/i)
})

test('what failed is tried again at the address that its contact has by then, together with whom still has it too', async () => {
  const bulletin = await released({ organisations: 4, prefix: 'NA' })
  const [first, second, gone, last] = bulletin.contactIds
  const change = (what: RawBuilder<unknown>, id = '') => sql`update directory_contact set ${what} where id = ${id}`.execute(platform.database.kysely)
  for (const id of bulletin.contactIds) await change(sql`email = 'all@dead.example'`, id)
  const { mailingId } = await started(bulletin, 'catch-up')
  sink.manner = () => ({ code: 550, words: 'No such mailbox' })
  await deliver(mailingId)
  sink.manner = () => 'take'
  await change(sql`email = 'new@desk.example'`, first)
  await change(sql`email = 'New@Desk.example'`, second)
  await change(sql`ended_at = now()`, gone)
  const retried = () => runWork<Visible, number>(platform, manager, work => retryDeliveries(work, bulletin.bulletinId, 'all'))
  assert.equal(await retried(), 3)
  await deliver(mailingId)
  const named = async (address: RegExp) => {
    const sent = mails(address)
    assert.equal(sent.length, 1, String(address))
    const { text = '' } = await PostalMime.parse(sent[0]?.bytes ?? '')
    return [...text.matchAll(/Organisation (NA0000\d)/g)].map(match => match[1]).filter((code, index, all) => all.indexOf(code) === index)
  }
  assert.deepEqual([await named(/^new@desk\.example$/i), await named(/^all@dead\.example$/)], [['NA00000', 'NA00001'], ['NA00003']])
  assert.deepEqual(
    (await rows(mailingId)).map(({ state, carried_by: by }) => [state, by === null]),
    [
      ['sent', true],
      ['sent', false],
      ['given-up', true],
      ['sent', true],
    ],
  )
  assert.equal(await retried(), 0, 'who has gone gets nothing more')
  assert.ok(last)
})

test('a reminder that failed is not tried again for who has answered, nor anything for who stopped our messages', async () => {
  const bulletin = await released({ organisations: 3, prefix: 'NB' })
  const { mailingId } = await started(bulletin, 'reminder')
  sink.manner = () => ({ code: 550, words: 'No such mailbox' })
  await deliver(mailingId)
  sink.manner = () => 'take'
  const [answered, stopped] = bulletin.organisationIds
  await sql`update broadcast_recipient set response = 'done', response_at = now() where bulletin_id = ${bulletin.bulletinId} and organisation_id = ${answered}`.execute(
    platform.database.kysely,
  )
  await sql`update directory_contact_repair set reason = 'unsubscribed' where organisation_id = ${stopped}`.execute(platform.database.kysely)
  assert.equal(await runWork<Visible, number>(platform, manager, work => retryDeliveries(work, bulletin.bulletinId, 'all')), 1)
  await deliver(mailingId)
  assert.deepEqual(
    (await rows(mailingId)).map(({ state }) => state),
    ['given-up', 'given-up', 'sent'],
  )
})

test('a fresh link goes the way that the first came: to a mobile number as a text message', async () => {
  const bulletin = await released({ organisations: 1, prefix: 'NC' })
  await giveMobile(bulletin, '07700 900128')
  sink.manner = () => ({ code: 550, words: 'No such mailbox' })
  await deliver(bulletin.mailingId)
  await deliver(bulletin.mailingId)
  const [, text] = await rows(bulletin.mailingId)
  assert.deepEqual([text?.channel, text?.state], ['text', 'sent'])
  platform.clock.advanceHours(1)
  const id = parseId('delivery', text?.id ?? '')
  assert.ok(id)
  await doing(async work => {
    const linked = await linkedDelivery(work.db, id)
    assert.ok(linked)
    await renewLink(work, linked)
  })
  sink.manner = () => 'take'
  await platform.runJobs()
  const [, fresh, ...more] = notify.messages.filter(({ to }) => to === '07700 900128')
  assert.deepEqual([fresh?.reference, more.length, mails(/07700/).length], [`${id}.2`, 0, 0])
  const [, token = ''] =
    new RegExp(`^CareCERT CC-${bulletin.number}: your new answer link\\..* http://localhost:8080/r/(\\S+)$`).exec(fresh?.body ?? '') ?? []
  const link = parseLinkToken(token)?.link
  assert.deepEqual([link?.deliveryId, link?.generation], [id, 2])
})

test('a bulletin that is replaced leads to the one that replaces it, whatever its label and by text message too', async () => {
  for (const [prefix, tlp] of [
    ['W', 'GREEN'],
    ['X', 'AMBER'],
  ] as const) {
    const bulletin = await released({ organisations: 1, prefix, tlp, title: 'Zanzibar flaw' })
    const young = await released({ organisations: 1, prefix: `${prefix}Y` })
    await sql`update broadcast_bulletin set state = 'withdrawn', withdrawn_at = now(), withdrawn_reason = 'There is more.', superseded_by = ${young.bulletinId}
      where id = ${bulletin.bulletinId}`.execute(platform.database.kysely)
    const before = sink.messages.length
    const { mailingId } = await started(bulletin, 'withdrawal')
    await deliver(mailingId)
    const { subject, text, html } = await PostalMime.parse(sink.messages[before]?.bytes ?? '')
    const successor = `CC-${young.number}`
    assert.match(subject ?? '', new RegExp(`CC-${bulletin.number} Replaced: `))
    assert.match(
      text ?? '',
      new RegExp(`^CC-\\d+ is replaced by ${successor}: read that one \\(sign in\\): http://localhost:8080/bulletins/${successor}\\s`),
    )
    assert.match(html ?? '', new RegExp(`is replaced by ${successor}:</strong> <a href="http://localhost:8080/bulletins/${successor}">`))
    const texts = notify.messages.length
    await giveMobile(bulletin, '07700 900127')
    const [only] = await rows(mailingId)
    await doing(work => recordBounce(work, { deliveryId: only?.id ?? '', words: '550 gone', ...fallback }))
    await deliver(mailingId)
    const body = notify.messages[texts]?.body ?? ''
    assert.match(
      body,
      new RegExp(`^CareCERT CC-${bulletin.number} is replaced by ${successor}: read that one\\. http://localhost:8080/bulletins/${successor}$`),
    )
    for (const said of [text, html, body]) assert.doesNotMatch(said ?? '', /is withdrawn|nothing more/)
  }
})

test('advice is in the mail whole, and a withdrawal says why once', async () => {
  const advice = 'Take the gateway off the network.\n\nThen ring your supplier.'
  const bulletin = await released({ organisations: 1, prefix: 'Y', content: { remediationIntro: advice, steps: [] } })
  const said = async (mailingId: string) => {
    const before = sink.messages.length
    await deliver(mailingId)
    const { text = '', html = '' } = await PostalMime.parse(sink.messages[before]?.bytes ?? '')
    return { text, html }
  }
  const release = await said(bulletin.mailingId)
  assert.match(release.text, /^Take the gateway off the network\.\s[^]*What to do:\s+Take the gateway off the network\.\s+Then ring your supplier\./)
  assert.match(release.html, /What to do<\/h2>\s*<p>Take the gateway off the network\.<\/p>\s*<p>Then ring your supplier\.<\/p>/)

  const { rows: updates } = await sql<{ id: number }>`
    insert into broadcast_update (bulletin_id, at, title, body, by_id, kind, is_material)
    values (${bulletin.bulletinId}, now(), 'Withdrawn', 'A false alarm.', 'test', 'withdrawal', true) returning id`.execute(platform.database.kysely)
  await sql`update broadcast_bulletin set state = 'withdrawn', withdrawn_at = now(), withdrawn_reason = 'A false alarm.' where id = ${bulletin.bulletinId}`.execute(
    platform.database.kysely,
  )
  const withdrawal = await said((await started(bulletin, 'withdrawal', { updateId: Number(updates[0]?.id) })).mailingId)
  for (const body of [withdrawal.text, withdrawal.html]) assert.equal(body.split('A false alarm.').length, 2, body)
})
