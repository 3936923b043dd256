import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import PostalMime from 'postal-mime'
import { actorAs } from '../../../../test/support/broadcast.ts'
import { startNotify } from '../../../../test/support/notify-stand-in.ts'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin, type ReleasedBulletin, type ReleasedBulletinOptions } from '../../../../test/support/released-bulletin.ts'
import { startSmtpSink } from '../../../../test/support/smtp-sink.ts'
import { Conflict, Forbidden, Invalid } from '../../../kernel/errors.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { retryDeliveries } from './commands.ts'
import { deliverMailing } from './jobs.ts'
import { pauseMailing, resumeMailing, startMailing } from './mailings.ts'
import { MOST_IN_A_MESSAGE, type MailingKind } from './model.ts'
import { recordArrival, recordBounce } from './outcomes.ts'
import { countsByState, deliveryCounts, linkedDelivery } from './queries.ts'

const sink = await startSmtpSink()
const notify = await startNotify()
const platform = await createTestPlatform({ smtpUrl: sink.url, env: { ...notify.env, SMTP_URL: sink.url, MAIL_BY: 'smtp' } })
const never = new AbortController().signal
const manager = actorAs('duty-manager')
const fallback = { hasTexts: true, baseUrl: 'http://localhost:8080' }

const doing = <R>(body: (work: Work<Visible>) => Promise<R>) => runWork<Visible, R>(platform, SYSTEM, body)
const deliver = (mailingId: string) => deliverMailing(platform, mailingId, never)
const mails = (address: RegExp) => sink.messages.filter(({ to }) => address.test(to))

async function released(options: ReleasedBulletinOptions): Promise<ReleasedBulletin> {
  sink.manner = () => 'take'
  return releasedBulletin(platform, options)
}

async function started(bulletin: ReleasedBulletin, kind: MailingKind, more: { contactIds?: readonly string[]; updateId?: number } = {}) {
  return doing(work =>
    startMailing(work, {
      bulletinId: bulletin.bulletinId,
      kind,
      organisationIds: bulletin.organisationIds,
      baseUrl: 'http://localhost:8080',
      ...more,
    }),
  )
}

interface Row {
  readonly id: string
  readonly organisation_id: string
  readonly channel: string
  readonly state: string
  readonly words: string | null
  readonly carried_by: string | null
  readonly due_at: Date | null
  readonly message_id: string
}

async function rows(mailingId: string): Promise<readonly Row[]> {
  const found = await sql<Row>`select id, organisation_id, channel, state, words, carried_by, due_at, message_id from broadcast_delivery
    where mailing_id = ${mailingId} order by channel, id`.execute(platform.database.kysely)
  return found.rows
}

async function standing(bulletin: ReleasedBulletin) {
  const found = await sql<{ is_reachable: boolean; told: boolean }>`select is_reachable, delivered_at is not null as told from broadcast_recipient
    where bulletin_id = ${bulletin.bulletinId} order by organisation_id`.execute(platform.database.kysely)
  return found.rows.map(({ is_reachable: isReachable, told }) => [isReachable, told])
}

async function giveMobile(bulletin: ReleasedBulletin, mobile: string): Promise<void> {
  await sql`update directory_contact set mobile = ${mobile} where id = any(${[...bulletin.contactIds]}::text[])`.execute(platform.database.kysely)
}

test('one person who stands for several organisations gets one message that names them all, with a link for each', async () => {
  const bulletin = await released({ organisations: 3, prefix: 'A' })
  await sql`update directory_contact set email = case when id = ${bulletin.contactIds[1] ?? ''} then 'One@hub.example' else 'one@HUB.example' end
    where id = any(${[...bulletin.contactIds]}::text[])`.execute(platform.database.kysely)
  const { mailingId, contacts } = await started(bulletin, 'catch-up')
  await deliver(mailingId)
  assert.equal(contacts, 3)
  const sent = mails(/^one@hub\.example$/i)
  assert.equal(sent.length, 1)
  const mail = await PostalMime.parse(sent[0]?.bytes ?? '')
  for (const code of ['A00000', 'A00001', 'A00002']) {
    assert.match(mail.text ?? '', new RegExp(`Organisation ${code} & Sons:\\s+http://localhost:8080/r/del_`))
    assert.match(mail.html ?? '', new RegExp(`Answer for Organisation ${code} &amp; Sons`))
  }
  const links = [...(mail.text ?? '').matchAll(/\/r\/(del_[0-9a-f]{32})\./g)].map(match => match[1] ?? '')
  const found = await rows(mailingId)
  assert.deepEqual(links.toSorted(), found.map(({ id }) => id).toSorted())
  assert.deepEqual(
    found.map(({ state, carried_by: by }) => [state, by === null]),
    [
      ['sent', true],
      ['sent', false],
      ['sent', false],
    ],
    'they are settled together',
  )
  assert.equal(new Set(found.map(row => row.message_id)).size, 1)
})

test('a message that names many stays small enough: the rest of them get one more', async () => {
  const bulletin = await released({ organisations: MOST_IN_A_MESSAGE + 1, prefix: 'B' })
  await sql`update directory_contact set email = 'all@hub.example' where id = any(${[...bulletin.contactIds]}::text[])`.execute(
    platform.database.kysely,
  )
  const { mailingId } = await started(bulletin, 'catch-up')
  await deliver(mailingId)
  assert.equal(mails(/^all@hub/).length, 2)
  assert.equal((await rows(mailingId)).filter(({ state }) => state === 'sent').length, MOST_IN_A_MESSAGE + 1)
})

test('a refused message is refused for all that it carries, and is tried again whole', async () => {
  const bulletin = await released({ organisations: 2, prefix: 'C' })
  await sql`update directory_contact set email = 'gone@hub.example' where id = any(${[...bulletin.contactIds]}::text[])`.execute(
    platform.database.kysely,
  )
  const { mailingId } = await started(bulletin, 'catch-up')
  sink.manner = () => ({ code: 550, words: 'No such mailbox' })
  await deliver(mailingId)
  const dead = await rows(mailingId)
  assert.deepEqual(
    dead.map(({ state }) => state),
    ['given-up', 'given-up'],
  )
  sink.manner = () => 'take'
  const carried = dead.find(row => row.carried_by !== null)?.id ?? ''
  assert.equal(await runWork<Visible, number>(platform, manager, work => retryDeliveries(work, bulletin.bulletinId, [carried])), 2)
  await deliver(mailingId)
  assert.deepEqual(
    (await rows(mailingId)).map(({ state }) => state),
    ['sent', 'sent'],
  )
  assert.equal(mails(/^gone@hub/).length, 1)
})

test('each kind of message says why it is sent', async () => {
  const bulletin = await released({ organisations: 1, prefix: 'D', title: 'Zeppelin flaw', respondBy: '2026-11-22T09:00:00Z' })
  const { rows: updates } = await sql<{ id: number }>`insert into broadcast_update (bulletin_id, at, title, body, by_id)
    values (${bulletin.bulletinId}, '2026-11-20T10:00:00Z', 'A patch is out', 'Install **version 3** now.', 'test') returning id::int`.execute(
    platform.database.kysely,
  )
  const said = async (kind: MailingKind, updateId?: number) => {
    const before = sink.messages.length
    const { mailingId } = await started(bulletin, kind, updateId === undefined ? {} : { updateId })
    await deliver(mailingId)
    return PostalMime.parse(sink.messages[before]?.bytes ?? '')
  }
  const update = await said('update', updates[0]?.id)
  assert.match(update.subject ?? '', /Updated: A patch is out$/)
  assert.match(update.text ?? '', /^Updated: A patch is out\s+Install \*\*version 3\*\* now\.\s+Install version 2\./)
  assert.match(update.html ?? '', /Install <strong>version 3<\/strong> now/)
  assert.match((await said('catch-up')).text ?? '', /^CC-\d+ is live since Friday 20 November 2026, 9:00am GMT\./)
  const reminder = await said('reminder')
  assert.match(reminder.text ?? '', /^We have no answer yet to CC-\d+, sent Friday 20 November[\s\S]*Answer by Sunday 22 November[\s\S]*\/r\/del_/)
  assert.match(reminder.subject ?? '', /Please answer: Zeppelin flaw$/)
  const escalation = await said('escalation')
  assert.match(escalation.text ?? '', /^No answer has come to CC-\d+ since Friday 20 November[^:]*:00am GMT from:\s+- Organisation D00000 & Sons/)
  assert.match(escalation.text ?? '', /What they do is their decision/)
  await sql`update broadcast_bulletin set state = 'withdrawn', withdrawn_at = now(), withdrawn_reason = 'It was wrong.' where id = ${bulletin.bulletinId}`.execute(
    platform.database.kysely,
  )
  const withdrawal = await said('withdrawal')
  assert.match(
    withdrawal.text ?? '',
    /^CC-\d+ is withdrawn\. You need do nothing more for it\.\s+It was: Zeppelin flaw\s+Why it is withdrawn: It was wrong\./,
  )
  assert.doesNotMatch(withdrawal.text ?? '', /\/r\//)
  await assert.rejects(started(bulletin, 'reminder'), Conflict, 'nobody is reminded of what was withdrawn')
})

test('above GREEN no kind of message holds what the bulletin, its update or its withdrawal says', async () => {
  const bulletin = await released({ organisations: 1, prefix: 'E', title: 'Zanzibar flaw', tlp: 'AMBER' })
  const { rows: updates } = await sql<{ id: number }>`insert into broadcast_update (bulletin_id, at, title, body, by_id)
    values (${bulletin.bulletinId}, now(), 'Quokka patch', 'Install version 33.', 'test') returning id::int`.execute(platform.database.kysely)
  const from = sink.messages.length
  for (const kind of ['release', 'update', 'catch-up', 'reminder', 'escalation'] as const)
    await deliver((await started(bulletin, kind, { updateId: updates[0]?.id ?? 0 })).mailingId)
  await sql`update broadcast_bulletin set state = 'withdrawn', withdrawn_at = now(), withdrawn_reason = 'Xylophone.' where id = ${bulletin.bulletinId}`.execute(
    platform.database.kysely,
  )
  await deliver((await started(bulletin, 'withdrawal', { updateId: updates[0]?.id ?? 0 })).mailingId)
  const sent = sink.messages.slice(from)
  assert.equal(sent.length, 6)
  for (const { bytes } of sent) {
    const { subject, text, html } = await PostalMime.parse(bytes)
    assert.doesNotMatch([subject, text, html, bytes.toString('latin1')].join('\n'), /Zanzibar|Quokka|version (2|33)|Xylophone|lets anybody/)
    assert.match(subject ?? '', /Sign in to read it$/)
  }
})

test('an exercise says so first and last in every kind, and chases nobody', async () => {
  const bulletin = await released({ organisations: 1, prefix: 'F', isExercise: true })
  await giveMobile(bulletin, '07700 900100')
  for (const kind of ['reminder', 'escalation'] as const) await assert.rejects(started(bulletin, kind), Conflict)
  const { mailingId } = await started(bulletin, 'catch-up')
  await deliver(mailingId)
  const mail = await PostalMime.parse(sink.messages.at(-1)?.bytes ?? '')
  assert.match(mail.subject ?? '', /^EXERCISE .* EXERCISE$/)
  assert.match(mail.text ?? '', /^EXERCISE\b[\s\S]*\bEXERCISE\s*$/)
  const [only] = await rows(mailingId)
  assert.equal(await doing(work => recordBounce(work, { deliveryId: only?.id ?? '', words: '550 gone', ...fallback })), true)
  assert.equal((await rows(mailingId)).length, 1, 'no telephone rings for it')
})

test('a mailing reaches only the frozen audience; a contact elsewhere is told of all of them, and cannot answer for them', async () => {
  const bulletin = await released({ organisations: 2, prefix: 'G' })
  const other = await released({ organisations: 1, prefix: 'H', mailbox: () => 'region' })
  const outside = await doing(work =>
    startMailing(work, { bulletinId: bulletin.bulletinId, kind: 'catch-up', organisationIds: other.organisationIds, baseUrl: '' }),
  )
  assert.equal(outside.contacts, 0)
  assert.equal((await started(bulletin, 'reminder', { contactIds: other.contactIds })).contacts, 0, 'only an escalation goes elsewhere')
  const { mailingId, contacts } = await started(bulletin, 'escalation', { contactIds: other.contactIds })
  assert.equal(contacts, 2)
  await deliver(mailingId)
  const sent = mails(/^region@h/)
  assert.equal(sent.length, 1)
  const { text } = await PostalMime.parse(sent[0]?.bytes ?? '')
  assert.match(text ?? '', /- Organisation G00000 & Sons\n- Organisation G00001 & Sons/)
  assert.doesNotMatch(text ?? '', /\/r\/del_/)
  for (const { id } of await rows(mailingId))
    assert.equal(await readAs<Visible, unknown>(platform, SYSTEM, db => linkedDelivery(db, id as never)), undefined)
  assert.deepEqual(
    await standing(bulletin),
    [
      [true, false],
      [true, false],
    ],
    'telling a senior is not telling the organisation',
  )
})

test('mail that is refused for good goes on as a text message where there is a mobile number, once', async () => {
  const bulletin = await released({ organisations: 2, prefix: 'I', title: 'Text flaw' })
  await sql`update directory_contact set mobile = '07700 900123' where id = ${bulletin.contactIds[0] ?? ''}`.execute(platform.database.kysely)
  sink.manner = () => ({ code: 550, words: 'No such mailbox' })
  const before = notify.messages.length
  await deliver(bulletin.mailingId)
  await platform.runJobs()
  const found = await rows(bulletin.mailingId)
  assert.deepEqual(
    found.map(({ channel, state }) => [channel, state]),
    [
      ['email', 'given-up'],
      ['email', 'given-up'],
      ['text', 'sent'],
    ],
  )
  const [text] = notify.messages.slice(before)
  assert.equal(notify.messages.length, before + 1)
  assert.match(
    text?.body ?? '',
    new RegExp(`^CareCERT CC-${bulletin.number} High TLP:GREEN: Text flaw\\..*http://localhost:8080/r/[\\w-]{47} Check code \\d{6}\\.$`),
  )
  assert.equal(text?.reference, found[2]?.id)
  assert.deepEqual(await standing(bulletin), [
    [true, true],
    [false, false],
  ])
  const states = await readAs<Visible, ReadonlyMap<string, number>>(platform, SYSTEM, db => countsByState(db, bulletin.bulletinId))
  assert.deepEqual([states.get('sent'), states.get('given-up')], [1, 2], 'the figures count it')
})

test('what arrives and what comes back is written down; what came back reached nobody, until the text message does', async () => {
  const bulletin = await released({ organisations: 3, prefix: 'J' })
  await deliver(bulletin.mailingId)
  const [first, second, third] = bulletin.deliveryIds
  assert.equal(await doing(work => recordArrival(work, { deliveryId: first ?? '', words: 'delivered' })), true)
  assert.equal(await doing(work => recordArrival(work, { deliveryId: first ?? '', words: 'delivered' })), false, 'once')
  await sql`update directory_contact set mobile = '07700 900124' where id = ${bulletin.contactIds[2] ?? ''}`.execute(platform.database.kysely)
  for (const deliveryId of [second, third])
    await doing(work => recordBounce(work, { deliveryId: deliveryId ?? '', words: '550 5.1.1 gone', ...fallback }))
  assert.equal(await doing(work => recordBounce(work, { deliveryId: second ?? '', words: 'again', ...fallback })), false, 'once')
  assert.deepEqual(
    (await rows(bulletin.mailingId)).map(({ state, words }) => [state, words]),
    [
      ['delivered', 'delivered'],
      ['bounced', '550 5.1.1 gone'],
      ['bounced', '550 5.1.1 gone'],
      ['queued', null],
    ],
  )
  assert.deepEqual(await standing(bulletin), [
    [true, true],
    [false, false],
    [true, false],
  ])
  await platform.runJobs()
  assert.deepEqual((await standing(bulletin))[2], [true, true])
  const counts = await readAs<Visible, Awaited<ReturnType<typeof deliveryCounts>>>(platform, SYSTEM, db => deliveryCounts(db, bulletin.bulletinId))
  assert.deepEqual(counts, { queued: 0, sent: 2, failed: 0, givenUp: 2, total: 4 })
})

test('what is paused sends nothing until it is resumed; pausing needs the right and a reason, and is recorded', async () => {
  const bulletin = await released({ organisations: 3, prefix: 'K' })
  const { mailingId } = bulletin
  const pause = (reason: string) => runWork<Visible, void>(platform, manager, work => pauseMailing(work, { mailingId, reason }))
  await assert.rejects(
    runWork<Visible, void>(platform, actorAs('analyst'), work => pauseMailing(work, { mailingId, reason: 'x' })),
    Forbidden,
  )
  await assert.rejects(pause(' '), Invalid)
  await pause('The link is wrong.')
  await assert.rejects(pause('Again.'), Conflict)
  await deliver(mailingId)
  platform.clock.advanceHours(1)
  await platform.runJobs()
  assert.equal(mails(/@k0/).length, 0)
  await runWork<Visible, void>(platform, manager, work => resumeMailing(work, mailingId))
  await platform.runJobs()
  assert.equal(mails(/@k0/).length, 3)
  await assert.rejects(
    runWork<Visible, void>(platform, manager, work => resumeMailing(work, mailingId)),
    Conflict,
  )
  await assert.rejects(pause('Too late.'), Conflict)
  const { rows: recorded } = await sql<{ verb: string; reason: string | null }>`select verb, reason from audit_record
    where subject_id = ${`CC-${bulletin.number}`} and verb like 'broadcast.mailing.%' order by id`.execute(platform.database.kysely)
  assert.deepEqual(recorded, [
    { verb: 'broadcast.mailing.paused', reason: 'The link is wrong.' },
    { verb: 'broadcast.mailing.resumed', reason: null },
  ])
})

test('a domain that asks for patience is left alone, longer each time, and no other waits with it', async () => {
  const bulletin = await released({ organisations: 20, prefix: 'L' })
  await sql`update broadcast_delivery set address = case when row % 2 = 0 then 'a' || row || '@busy.example' else 'a' || row || '@free.example' end
    from (select id as row_id, row_number() over (order by id) as row from broadcast_delivery where mailing_id = ${bulletin.mailingId}) as numbered
    where row_id = id`.execute(platform.database.kysely)
  let asked = 0
  sink.manner = address => {
    if (!address.endsWith('@busy.example')) return 'take'
    asked += 1
    return { code: 451, words: 'Try later' }
  }
  await deliver(bulletin.mailingId)
  assert.deepEqual([mails(/@free\.example/).length, asked], [10, 10])
  const later = await started(bulletin, 'reminder', { contactIds: [] })
  assert.equal(later.contacts, 0)
  const again = await released({ organisations: 2, prefix: 'M' })
  await sql`update broadcast_delivery set address = 'new@busy.example' where id = ${again.deliveryIds[0] ?? ''}`.execute(platform.database.kysely)
  sink.manner = address => (address.endsWith('@busy.example') ? { code: 451, words: 'Try later' } : 'take')
  await deliver(again.mailingId)
  const [held] = await rows(again.mailingId)
  assert.deepEqual([held?.state, held?.due_at?.getTime()], ['queued', platform.clock.now().getTime() + 60_000], 'not asked at all')
  sink.manner = () => 'take'
  platform.clock.advanceHours(1)
  await deliver(again.mailingId)
  await deliver(bulletin.mailingId)
  assert.equal(mails(/@busy\.example/).length, 11)
})

test('a mail domain gets no more a minute than it is allowed, whoever sends it', async () => {
  const bulletin = await released({ organisations: 40, prefix: 'N' })
  await sql`update broadcast_delivery set address = case when row <= 25 then 'a' || row || '@Slow.example' else 'a' || row || '@fast.example' end
    from (select id as row_id, row_number() over (order by id) as row from broadcast_delivery where mailing_id = ${bulletin.mailingId}) as numbered
    where row_id = id`.execute(platform.database.kysely)
  const allowances = { named: new Map([['slow.example', 10]]), others: null }
  const bounded = { ...platform, config: { ...platform.config, mail: { ...platform.config.mail, allowances } } }
  const slow = () => mails(/@slow\.example/i).length
  await Promise.all([1, 2].map(() => deliverMailing(bounded, bulletin.mailingId, never)))
  assert.deepEqual([slow(), mails(/@fast\.example/).length], [10, 15])
  await deliverMailing(bounded, bulletin.mailingId, never)
  assert.equal(slow(), 10, 'in the same minute no more')
  for (const total of [20, 25]) {
    platform.clock.advanceHours(1 / 60)
    await deliverMailing(bounded, bulletin.mailingId, never)
    assert.equal(slow(), total)
  }
})
