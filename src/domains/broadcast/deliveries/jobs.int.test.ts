import assert from 'node:assert/strict'
import { test } from 'node:test'
import PostalMime from 'postal-mime'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin, type ReleasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { startSmtpSink } from '../../../../test/support/smtp-sink.ts'
import { createMailTransport } from '../../../platform/mail/transport.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { BulletinContent } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import { LINK_PURPOSE, parseLinkToken } from './answer-link/model.ts'
import { claimDeliveries } from './commands.ts'
import { deliverMailing, resumeDeliveryJob } from './jobs.ts'
import { DELIVER, MOST_ATTEMPTS } from './model.ts'
import { claimedDeliveries, deliveryCounts, mailingToDeliver, type ClaimedDelivery, type MailingToDeliver } from './queries.ts'
import { prepareText } from './views.ts'

const sink = await startSmtpSink()
const platform = await createTestPlatform({ smtpUrl: sink.url })
const UNBOUNDED = { channels: ['email'], allowances: { named: new Map<string, number>(), others: null } } as const
const never = new AbortController().signal

function counts(bulletin: ReleasedBulletin) {
  return readAs<Visible, Awaited<ReturnType<typeof deliveryCounts>>>(platform, SYSTEM, db => deliveryCounts(db, bulletin.bulletinId))
}

function deliveries(bulletin: ReleasedBulletin) {
  return readAs<Visible, { id: string; state: string; words: string | null; attempts: number; due_at: Date | null; address: string }[]>(
    platform,
    SYSTEM,
    db =>
      db
        .selectFrom('broadcast_delivery')
        .where('bulletin_id', '=', bulletin.bulletinId)
        .orderBy('id')
        .select(['id', 'state', 'words', 'attempts', 'due_at', 'address'])
        .execute(),
  )
}

function recipients(bulletin: ReleasedBulletin) {
  return readAs<Visible, { organisation_id: string; is_reachable: boolean; delivered_at: Date | null }[]>(platform, SYSTEM, db =>
    db
      .selectFrom('broadcast_recipient')
      .where('bulletin_id', '=', bulletin.bulletinId)
      .orderBy('organisation_id')
      .select(['organisation_id', 'is_reachable', 'delivered_at'])
      .execute(),
  )
}

function sentTo(bulletin: ReleasedBulletin) {
  const ids = new Set<string>(bulletin.deliveryIds)
  return sink.messages.filter(({ messageId }) => ids.has(messageId.split('.')[0] ?? ''))
}

test('every contact gets one message of its own, and the ledger says so in the words of the server', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 130, contacts: 2, prefix: 'A' })
  await deliverMailing(platform, bulletin.mailingId, never)
  assert.deepEqual(await counts(bulletin), { queued: 0, sent: 260, failed: 0, givenUp: 0, total: 260 })
  const sent = sentTo(bulletin)
  assert.equal(new Set(sent.map(({ to }) => to)).size, 260)
  assert.equal(sent.length, 260)
  assert.match((await deliveries(bulletin))[0]?.words ?? '', /queued/)
  assert.ok((await recipients(bulletin)).every(row => row.delivered_at !== null))
})

test('a message says first what to do and by when, names the organisation, and carries a link of its own', async () => {
  const bulletin = await releasedBulletin(platform, {
    organisations: 2,
    prefix: 'B',
    title: 'A flaw in <b>records</b>',
    respondBy: '2026-11-22T09:00:00Z',
  })
  await deliverMailing(platform, bulletin.mailingId, never)
  const [first, second] = await Promise.all(sentTo(bulletin).map(({ bytes }) => PostalMime.parse(bytes)))
  assert.equal(first?.subject, `TLP:GREEN High CC-${bulletin.number} A flaw in <b>records</b>`)
  assert.match(first?.text ?? '', /^Install version 2\.\s+Answer by Sunday 22 November 2026, 9:00am GMT\./)
  assert.match(first?.text ?? '', /Organisation B0000\d & Sons/)
  assert.match(first?.html ?? '', /Organisation B0000\d &amp; Sons/)
  assert.doesNotMatch(first?.html ?? '', /<b>records|<img|<script/)
  const tokens = [first, second].map(mail => /\/r\/(\S+)/.exec(mail?.text ?? '')?.[1] ?? '')
  assert.notEqual(tokens[0], tokens[1])
  for (const token of tokens) {
    const parsed = parseLinkToken(token)
    assert.ok(parsed !== undefined && bulletin.deliveryIds.includes(parsed.link.deliveryId))
    assert.ok(platform.signer.verify(LINK_PURPOSE, parsed.text, parsed.signature))
  }
})

test('above GREEN nothing of the bulletin is in the bytes, its title neither', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 1, prefix: 'C', tlp: 'AMBER', title: 'Zanzibar flaw' })
  await deliverMailing(platform, bulletin.mailingId, never)
  const [mail] = sentTo(bulletin)
  const read = await PostalMime.parse(mail?.bytes ?? '')
  const everything = [read.subject, read.text, read.html, mail?.bytes.toString('latin1')].join('\n')
  assert.doesNotMatch(everything, /Zanzibar|Install version 2|lets anybody|maker\.example/)
  assert.match(read.subject ?? '', /^TLP:AMBER High CC-\d+ Sign in to read it$/)
  assert.match(read.text ?? '', /\/r\/del_/)
})

test('an exercise says so in the first word and the last', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 1, prefix: 'D', isExercise: true })
  await deliverMailing(platform, bulletin.mailingId, never)
  const read = await PostalMime.parse(sentTo(bulletin)[0]?.bytes ?? '')
  assert.match(read.subject ?? '', /^EXERCISE .* EXERCISE$/)
  assert.match(read.text ?? '', /^EXERCISE\b[\s\S]*\bEXERCISE\s*$/)
})

test('a refusal for good is given up at once, one for now is tried again after a pause, and each keeps the words', async () => {
  sink.manner = address =>
    address.startsWith('gone')
      ? { code: 550, words: 'No such mailbox here' }
      : address.startsWith('busy')
        ? { code: 451, words: 'Try later' }
        : 'take'
  const bulletin = await releasedBulletin(platform, {
    organisations: 12,
    prefix: 'E',
    mailbox: index => (index === 0 ? 'gone' : index === 1 ? 'busy' : 'desk'),
  })
  await deliverMailing(platform, bulletin.mailingId, never)
  const [gone, busy, taken] = await deliveries(bulletin)
  assert.deepEqual([gone?.state, busy?.state, taken?.state], ['given-up', 'failed', 'sent'])
  assert.match(gone?.words ?? '', /550 No such mailbox here/)
  assert.match(busy?.words ?? '', /451 Try later/)
  assert.equal(busy?.due_at?.getTime(), platform.clock.now().getTime() + 60_000)
  const [first, second] = await recipients(bulletin)
  assert.deepEqual([first?.is_reachable, first?.delivered_at], [false, null])
  assert.deepEqual([second?.is_reachable, second?.delivered_at], [true, null])

  await deliverMailing(platform, bulletin.mailingId, never)
  assert.equal((await deliveries(bulletin))[1]?.attempts, 1, 'before its pause is over it is left alone')
  sink.manner = () => 'take'
  platform.clock.advanceHours(1)
  await deliverMailing(platform, bulletin.mailingId, never)
  assert.deepEqual(await counts(bulletin), { queued: 0, sent: 11, failed: 0, givenUp: 1, total: 12 })
})

test('after the last try a message is given up', async () => {
  sink.manner = address => (address.startsWith('busy') ? { code: 451, words: 'Try later' } : 'take')
  const bulletin = await releasedBulletin(platform, { organisations: 1, prefix: 'F', mailbox: () => 'busy' })
  for (let attempt = 0; attempt < MOST_ATTEMPTS + 2; attempt += 1) {
    await deliverMailing(platform, bulletin.mailingId, never)
    platform.clock.advanceHours(5)
  }
  const [only] = await deliveries(bulletin)
  assert.deepEqual([only?.state, only?.attempts], ['given-up', MOST_ATTEMPTS])
  assert.equal((await recipients(bulletin))[0]?.is_reachable, false)
  sink.manner = () => 'take'
})

test('a server that is down for days has its messages given up, and no contact is blamed for it, as for its own refusals one is', async () => {
  const blamed = async ({ bulletinId }: ReleasedBulletin) => {
    const { rows }: { rows: { failed: boolean; repair: string | null }[] } = await platform.database.pool.query(
      `select contact.last_failed_at is not null as failed, repair.reason as repair from broadcast_delivery delivery
       join directory_contact contact on contact.id = delivery.contact_id left join directory_contact_repair repair on repair.contact_id = contact.id
       where delivery.bulletin_id = $1`,
      [bulletinId],
    )
    return rows
  }
  const down = await releasedBulletin(platform, { organisations: 1, prefix: 'P' })
  const mail = createMailTransport('smtp://127.0.0.1:1', 'centre@example.org')
  const busy = await releasedBulletin(platform, { organisations: 1, prefix: 'Q', mailbox: () => 'full' })
  sink.manner = address => (address.startsWith('full') ? { code: 452, words: '4.2.2 Mailbox full' } : 'take')
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt += 1) {
    await deliverMailing({ ...platform, mail }, down.mailingId, never)
    await deliverMailing(platform, busy.mailingId, never)
    platform.clock.advanceHours(5)
  }
  mail.close()
  sink.manner = () => 'take'
  assert.deepEqual([(await deliveries(down))[0]?.state, (await deliveries(busy))[0]?.state], ['given-up', 'given-up'])
  assert.deepEqual(await blamed(down), [{ failed: false, repair: null }])
  assert.deepEqual(await blamed(busy), [{ failed: true, repair: 'failed' }])
})

test('what a server says is written down whatever it holds, and takes no other message with it', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 3, prefix: 'R', mailbox: index => (index === 1 ? 'odd' : 'desk') })
  sink.manner = address => (address.startsWith('odd') ? { code: 550, words: `Nobody ${'\u{1F494}'.repeat(400)}` } : 'take')
  await deliverMailing(platform, bulletin.mailingId, never)
  sink.manner = () => 'take'
  const found = await deliveries(bulletin)
  assert.deepEqual(
    found.map(({ state }) => state),
    ['sent', 'given-up', 'sent'],
  )
  assert.match(found[1]?.words ?? '', /^550 Nobody \u{1F494}+…$/u)
})

test('a server that hangs up, or answers slowly, loses nothing', async () => {
  sink.manner = address => (address.startsWith('hang') ? 'hang-up' : address.startsWith('slow') ? { waitMillis: 300 } : 'take')
  const bulletin = await releasedBulletin(platform, {
    organisations: 10,
    prefix: 'G',
    mailbox: index => (index === 3 ? 'hang' : index === 4 ? 'slow' : 'desk'),
  })
  await deliverMailing(platform, bulletin.mailingId, never)
  const found = await counts(bulletin)
  assert.equal(found.sent + found.failed, 10)
  assert.ok(found.failed >= 1)
  sink.manner = () => 'take'
  platform.clock.advanceHours(1)
  await deliverMailing(platform, bulletin.mailingId, never)
  assert.equal((await counts(bulletin)).sent, 10)
  assert.equal(new Set(sentTo(bulletin).map(({ to }) => to)).size, 10)
})

test('two workers at one release share it and double nothing', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 700, prefix: 'H' })
  await Promise.all([1, 2, 3].map(() => deliverMailing(platform, bulletin.mailingId, never)))
  assert.equal((await counts(bulletin)).sent, 700)
  assert.equal(sentTo(bulletin).length, 700)
})

test('what a dead worker held is taken up when its lease is over, and not before', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 5, prefix: 'I' })
  await runWork<Visible, unknown>(platform, SYSTEM, work => claimDeliveries(work, bulletin.mailingId, UNBOUNDED))
  await deliverMailing(platform, bulletin.mailingId, never)
  assert.equal(sentTo(bulletin).length, 0)
  platform.clock.advanceHours(1)
  await deliverMailing(platform, bulletin.mailingId, never)
  assert.equal(sentTo(bulletin).length, 5)
})

test('told to stop, a worker puts back what it has not begun, and the next goes on', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 60, prefix: 'J' })
  const stop = new AbortController()
  sink.manner = () => {
    stop.abort()
    return 'take'
  }
  await deliverMailing(platform, bulletin.mailingId, stop.signal)
  sink.manner = () => 'take'
  const halfway = await counts(bulletin)
  assert.ok(halfway.sent > 0 && halfway.queued > 0)
  assert.equal(halfway.sent, sentTo(bulletin).length)
  await deliverMailing(platform, bulletin.mailingId, never)
  assert.equal((await counts(bulletin)).sent, 60)
  assert.equal(sentTo(bulletin).length, 60)
})

test('a bulletin that is withdrawn sends nothing more', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 3, prefix: 'K' })
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    await work.db
      .updateTable('broadcast_bulletin')
      .where('id', '=', bulletin.bulletinId)
      .set({ state: 'withdrawn', withdrawn_at: work.now })
      .execute()
    work.record({ verb: 'test.withdrawn', subject: { kind: 'bulletin', id: bulletin.bulletinId } })
  })
  await deliverMailing(platform, bulletin.mailingId, never)
  assert.equal(sentTo(bulletin).length, 0)
  assert.equal((await counts(bulletin)).givenUp, 3)
})

test('a wider label given later does not let out the text of the version before it', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 2, prefix: 'M', tlp: 'AMBER', title: 'Zanzibar flaw' })
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    const sanitised = BulletinContent.parse({ title: 'A flaw in records', severity: 'high', tlp: 'GREEN', shortSummary: 'Somebody mended a flaw.' })
    await work.db
      .insertInto('broadcast_version')
      .values({
        bulletin_id: bulletin.bulletinId,
        version: 2,
        content: JSON.stringify(sanitised),
        content_hash: 'test',
        saved_by: 'test',
        saved_at: work.now,
      })
      .execute()
    await work.db
      .updateTable('broadcast_bulletin')
      .where('id', '=', bulletin.bulletinId)
      .set({ version: 2, tlp: 'GREEN', title: sanitised.title })
      .execute()
    work.record({ verb: 'test.published', subject: { kind: 'bulletin', id: bulletin.bulletinId } })
  })
  await deliverMailing(platform, bulletin.mailingId, never)
  const sent = sentTo(bulletin)
  assert.equal(sent.length, 2)
  for (const { bytes } of sent) {
    const { subject, text, html } = await PostalMime.parse(bytes)
    assert.doesNotMatch([subject, text, html, bytes.toString('latin1')].join('\n'), /Zanzibar|Install version 2|lets anybody|maker\.example/)
    assert.match(subject ?? '', /^TLP:AMBER High CC-\d+ Sign in to read it$/)
  }
  const mailing = await readAs<Visible, MailingToDeliver | undefined>(platform, SYSTEM, db => mailingToDeliver(db, bulletin.mailingId))
  const [delivery] = await readAs<Visible, readonly ClaimedDelivery[]>(platform, SYSTEM, db => claimedDeliveries(db, bulletin.deliveryIds))
  assert.ok(mailing !== undefined && delivery !== undefined)
  assert.match(
    prepareText(mailing, 'http://localhost:8080', () => '042042')(delivery, () => 'LINK').text,
    /^CareCERT CC-\d+ High TLP:AMBER: Sign in to read it\..* LINK Check code 042042\.$/,
  )
})

test('a bulletin that is withdrawn while a dead worker held some of it leaves nothing open, and asks for no job', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 3, prefix: 'N' })
  await runWork<Visible, unknown>(platform, SYSTEM, work => claimDeliveries(work, bulletin.mailingId, UNBOUNDED))
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    await work.db
      .updateTable('broadcast_bulletin')
      .where('id', '=', bulletin.bulletinId)
      .set({ state: 'withdrawn', withdrawn_at: work.now })
      .execute()
    work.record({ verb: 'test.withdrawn', subject: { kind: 'bulletin', id: bulletin.bulletinId } })
  })
  await deliverMailing(platform, bulletin.mailingId, never)
  assert.deepEqual([(await counts(bulletin)).queued, await waiting(bulletin)], [3, 0], 'they may still be on the wire: the clock comes back')
  platform.clock.advanceHours(1)
  await resumeDeliveryJob.handle(platform, {}, never)
  await platform.runJobs()
  assert.deepEqual([(await counts(bulletin)).givenUp, sentTo(bulletin).length], [3, 0])
  await resumeDeliveryJob.handle(platform, {}, never)
  assert.equal(await waiting(bulletin), 0)
})

test('text messages that nothing carries any more make no job ask for its like', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 2, prefix: 'O' })
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    await work.db.updateTable('broadcast_delivery').where('bulletin_id', '=', bulletin.bulletinId).set({ channel: 'text' }).execute()
    work.record({ verb: 'test.texts', subject: { kind: 'bulletin', id: bulletin.bulletinId } })
  })
  await deliverMailing(platform, bulletin.mailingId, never)
  assert.equal(await waiting(bulletin), 0)
})

async function waiting({ mailingId }: ReleasedBulletin): Promise<number> {
  const { rows }: { rows: { count: number }[] } = await platform.database.pool.query(
    `select count(*)::int as count from pgboss.job where name = $1 and state = 'created' and data->>'mailingId' = $2`,
    [DELIVER.name, mailingId],
  )
  return rows[0]?.count ?? 0
}

test('the job of a release runs to the end from the queue', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 150, prefix: 'L' })
  await runWork<Visible, void>(platform, SYSTEM, async work => work.enqueue(DELIVER, { mailingId: bulletin.mailingId }))
  await platform.runJobs()
  assert.equal((await counts(bulletin)).sent, 150)
})
