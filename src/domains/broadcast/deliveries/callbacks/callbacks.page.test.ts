import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { before, test } from 'node:test'
import type { Kysely } from 'kysely'
import { createTestApp } from '../../../../../test/support/app.ts'
import { startNotify } from '../../../../../test/support/notify-stand-in.ts'
import { releasedBulletin, type ReleasedBulletin } from '../../../../../test/support/released-bulletin.ts'
import type { Visible } from '../../tables.ts'
import { deliverMailing } from '../jobs.ts'

const TOKEN = 'a token of twenty characters and more'.replaceAll(' ', '-')
const notify = await startNotify()
const app = await createTestApp({ env: { ...notify.env, NOTIFY_CALLBACK_TOKEN: TOKEN } })
const db = app.platform.database.kysely as Kysely<Visible>
let address = ''

before(async () => {
  await app.server.listen({ port: 0, host: '127.0.0.1' })
  address = `http://127.0.0.1:${(app.server.server.address() as AddressInfo).port}/api/v1/hooks/notify`
})

/** A bulletin that went out by Notify, to one contact of one organisation. */
async function sent(prefix: string): Promise<ReleasedBulletin> {
  const bulletin = await releasedBulletin(app.platform, { organisations: 1, prefix, tlp: 'CLEAR' })
  await deliverMailing(app.platform, bulletin.mailingId, new AbortController().signal)
  return bulletin
}

function delivery(bulletin: ReleasedBulletin) {
  return db
    .selectFrom('broadcast_delivery')
    .where('bulletin_id', '=', bulletin.bulletinId)
    .where('channel', '=', 'email')
    .selectAll()
    .executeTakeFirstOrThrow()
}

function messageOf(bulletin: ReleasedBulletin) {
  const found = notify.messages.find(({ reference }) => reference?.startsWith(bulletin.deliveryIds[0] ?? '?'))
  assert.ok(found, 'Notify has a message with the delivery as its reference')
  return found
}

async function isReached(bulletin: ReleasedBulletin): Promise<boolean> {
  const row = await db
    .selectFrom('broadcast_recipient')
    .where('bulletin_id', '=', bulletin.bulletinId)
    .select('delivered_at')
    .executeTakeFirstOrThrow()
  return row.delivered_at !== null
}

test('a release goes out by Notify, and its callback says that it arrived, however often it comes', async () => {
  const bulletin = await sent('NA')
  assert.equal((await delivery(bulletin)).state, 'sent')
  assert.deepEqual(await notify.tell(address, TOKEN, messageOf(bulletin), 'delivered'), [200])
  const first = await delivery(bulletin)
  assert.deepEqual([first.state, first.delivered_at !== null], ['delivered', true])
  app.platform.clock.advanceHours(1)
  assert.deepEqual(await notify.tell(address, TOKEN, messageOf(bulletin), 'delivered'), [200])
  assert.deepEqual(await delivery(bulletin), first)
})

test('a permanent failure sends the message back: the contact is known to fail and the organisation is not reached', async () => {
  const bulletin = await sent('NB')
  assert.equal(await isReached(bulletin), true)
  assert.deepEqual(await notify.tell(address, TOKEN, messageOf(bulletin), 'permanent-failure'), [200])
  const row = await delivery(bulletin)
  assert.deepEqual([row.state, await isReached(bulletin)], ['bounced', false])
  assert.match(row.words ?? '', /no such address/)
  const contact = await db.selectFrom('directory_contact').where('id', '=', row.contact_id).select('last_failed_at').executeTakeFirst()
  assert.ok(contact?.last_failed_at)
})

test('a passing failure of either kind is tried again by us, and the organisation counts as reached only once it works', async () => {
  for (const [index, status] of ['temporary-failure', 'technical-failure'].entries()) {
    const bulletin = await sent(`NC${index}`)
    assert.deepEqual(await notify.tell(address, TOKEN, messageOf(bulletin), status), [200])
    const row = await delivery(bulletin)
    assert.deepEqual([row.state, row.due_at !== null, await isReached(bulletin)], ['failed', true, false], status)
    const before = notify.messages.length
    app.platform.clock.advanceHours(1)
    await deliverMailing(app.platform, bulletin.mailingId, new AbortController().signal)
    assert.deepEqual([(await delivery(bulletin)).state, notify.messages.length - before, await isReached(bulletin)], ['sent', 1, true], status)
  }
})

test('what names no delivery of ours, or says what is new to us, is taken and counted, and never said again', async () => {
  const bulletin = await sent('ND')
  const stranger = { ...messageOf(bulletin), reference: 'somebody-elses' }
  assert.deepEqual(await notify.tell(address, TOKEN, stranger, 'delivered'), [200])
  assert.deepEqual(await notify.tell(address, TOKEN, { ...stranger, reference: null }, 'delivered'), [200])
  assert.deepEqual(await notify.tell(address, TOKEN, messageOf(bulletin), 'sent-to-the-moon'), [200])
  assert.equal((await delivery(bulletin)).state, 'sent')
  const counted = await db.selectFrom('broadcast_notify_callback').where('is_known', '=', false).select(['status', 'count']).execute()
  assert.deepEqual(counted, [{ status: 'delivered', count: 2 }])
})

test('a callback without the token, or with another, changes nothing', async () => {
  const bulletin = await sent('NE')
  for (const token of ['', 'x', `${TOKEN}x`, TOKEN.slice(0, -1)])
    assert.equal((await notify.tell(address, token, messageOf(bulletin), 'delivered'))[0], 403, token)
  assert.equal((await delivery(bulletin)).state, 'sent')
  const closed = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    body: '{}',
  })
  assert.equal(closed.status, 400)
})

test('a failure that is told while the message is still being sent is asked for again, so that it is not lost', async () => {
  const bulletin = await sent('NF')
  await db.updateTable('broadcast_delivery').set({ state: 'sending' }).where('bulletin_id', '=', bulletin.bulletinId).execute()
  const answers = await notify.tell(address, TOKEN, messageOf(bulletin), 'technical-failure')
  assert.deepEqual(new Set(answers), new Set([503]))
})

test('a worker that dies after Notify took its message leaves it to another, which finds that it was taken', async () => {
  const bulletin = await sent('NG')
  const died = { state: 'sending', sent_at: null, due_at: app.platform.clock.now() } as const
  await db.updateTable('broadcast_delivery').set(died).where('bulletin_id', '=', bulletin.bulletinId).execute()
  const before = notify.messages.length
  await deliverMailing(app.platform, bulletin.mailingId, new AbortController().signal)
  const row = await delivery(bulletin)
  assert.deepEqual([row.state, row.attempts, notify.messages.length - before], ['sent', 2, 0])
  assert.match(row.words ?? '', /when it was tried before/)
})

test('what arrives before its sending is written down was sent all the same', async () => {
  const bulletin = await sent('NH')
  await db.updateTable('broadcast_delivery').set({ state: 'sending', sent_at: null }).where('bulletin_id', '=', bulletin.bulletinId).execute()
  await notify.tell(address, TOKEN, messageOf(bulletin), 'delivered')
  const row = await delivery(bulletin)
  assert.deepEqual([row.state, row.sent_at !== null], ['delivered', true])
})
