import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { v7 as uuidv7 } from 'uuid'
import { webhookTest } from '../../../../../test/support/webhooks.ts'
import { makeId } from '../../../../kernel/id.ts'
import { createFetcher } from '../../../../platform/fetch/fetch.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import { rotateSecret, startWebhook } from '../commands.ts'
import { claimedMessages, type ClaimedMessage } from '../queries.ts'
import { claimMessages, settleMessages } from './commands.ts'
import { sendWebhooksJob } from './jobs.ts'

const { receiver, sink, platform, db, work, bulletin, organisation, leadOf, add, tell, released, send, messages, endpoint } = await webhookTest()

test('a refused message is tried again with the same id, a new time and a signature of its own', async () => {
  const { id, secret } = await add(leadOf(0))
  receiver.answer = (_hook, response) => void response.writeHead(receiver.hooks.length === 1 ? 500 : 200).end()
  await tell(released())
  await send()
  assert.equal((await messages(id))[0]?.state, 'failed')
  assert.ok((await endpoint(id))?.failingSince)
  await send()
  assert.equal(receiver.hooks.length, 1, 'not before its pause is over')
  platform.clock.advanceHours(6 / 3_600)
  await send()
  const [first, second] = receiver.hooks
  assert.ok(first && second && secret)
  assert.equal(first.headers['webhook-id'], second.headers['webhook-id'])
  assert.notEqual(first.headers['webhook-timestamp'], second.headers['webhook-timestamp'])
  assert.equal(first.body, second.body)
  assert.ok(new Webhook(secret.secret).verify(second.body, second.headers as Record<string, string>))
  const [message] = await messages(id)
  assert.deepEqual([message?.state, message?.attempts], ['accepted', 2])
  assert.equal((await endpoint(id))?.failingSince, null)
})

test('410 switches an endpoint off, its owner is told by mail, what happens then waits, and starting it sends that', async () => {
  const lead = leadOf(0)
  await db
    .insertInto('directory_person')
    .values({
      id: lead.id,
      name: 'Ada Lead',
      email: `${lead.id}@trust.example`,
      phone: null,
      out_of_hours_phone: null,
      created_at: platform.clock.now(),
      left_at: null,
    })
    .execute()
  await db
    .insertInto('directory_assignment')
    .values({
      id: makeId('assignment', uuidv7()),
      person_id: lead.id,
      organisation_id: lead.organisationId ?? '',
      role: 'cyber-lead',
      since: platform.clock.now(),
      until: null,
    })
    .execute()
  const { id } = await add(lead)
  receiver.answer = (_hook, response) => void response.writeHead(410).end()
  await tell(released())
  await platform.runJobs()
  assert.deepEqual([(await endpoint(id))?.state, (await messages(id))[0]?.state], ['disabled', 'given-up'])
  const mail = sink.messages.find(({ to }) => to === `${lead.id}@trust.example`)
  assert.match(mail?.bytes.toString() ?? '', /switched off/)
  await tell({ type: 'bulletin.updated', bulletinId: bulletin().bulletinId, update: 'A patch is out.' })
  receiver.answer = (_hook, response) => void response.writeHead(204).end()
  receiver.hooks.length = 0
  await send()
  assert.equal(receiver.hooks.length, 0)
  await work(lead, unit => startWebhook(unit, id))
  await send()
  assert.deepEqual(
    receiver.hooks.map(({ body }) => (JSON.parse(body) as { type: string }).type),
    ['bulletin.updated'],
  )
})

test('after the last of its ten tries a message is given up and the endpoint switched off', async () => {
  const { id } = await add(leadOf(0))
  receiver.answer = (_hook, response) => void response.writeHead(500).end()
  await tell(released())
  for (let attempt = 1; attempt <= 10; attempt += 1) {
    await send()
    assert.equal((await messages(id))[0]?.attempts, attempt)
    platform.clock.advanceHours(27)
  }
  assert.deepEqual([(await endpoint(id))?.state, (await messages(id))[0]?.state, receiver.hooks.length], ['disabled', 'given-up', 10])
})

test('a receiver that asks for patience is left alone as a whole, and another is not', async () => {
  const busy = await add(leadOf(0))
  const quick = await add(leadOf(1))
  receiver.answer = (hook, response) =>
    void (hook.path.endsWith(organisation(0)) ? response.writeHead(429, { 'retry-after': '600' }).end() : response.writeHead(200).end())
  await tell(released())
  await send()
  await tell({ type: 'bulletin.updated', bulletinId: bulletin().bulletinId, update: 'more' })
  await send()
  assert.deepEqual(
    [(await messages(busy.id)).map(({ state }) => state), (await messages(quick.id)).map(({ state }) => state)],
    [
      ['failed', 'waiting'],
      ['accepted', 'accepted'],
    ],
  )
  platform.clock.advanceHours(0.15)
  await send()
  assert.equal(receiver.hooks.filter(({ path }) => path.endsWith(organisation(0))).length, 1)
})

test('a message that was accepted beside the one that asked for patience takes no pause back', async () => {
  const { id } = await add(leadOf(0))
  receiver.answer = ({ body }, response) => void response.writeHead(/bulletin\.released/.test(body) ? 429 : 200, { 'retry-after': '600' }).end()
  await tell(released())
  await tell({ type: 'bulletin.updated', bulletinId: bulletin().bulletinId, update: 'more' })
  await send()
  assert.deepEqual((await messages(id)).map(({ state }) => state).toSorted(), ['accepted', 'failed'])
  assert.ok(((await endpoint(id))?.throttledUntil ?? new Date(0)) > platform.clock.now())
})

test('where all who looked after an endpoint have left, the contacts of its organisation hear that it was switched off', async () => {
  await add(leadOf(1))
  receiver.answer = (_hook, response) => void response.writeHead(410).end()
  await tell(released())
  await platform.runJobs()
  const { rows } = await platform.database.pool.query<{ email: string }>(`select email from directory_contact where organisation_id = $1`, [
    organisation(1),
  ])
  assert.match(sink.messages.find(({ to }) => to === rows[0]?.email)?.bytes.toString() ?? '', /switched off/)
})

test('a redirect is a failure and is not followed', async () => {
  const { id } = await add(leadOf(0))
  receiver.answer = (_hook, response) => void response.writeHead(307, { location: `${receiver.url}/elsewhere` }).end()
  await tell(released())
  await send()
  assert.deepEqual(
    receiver.hooks.map(({ path }) => path),
    [`/${organisation(0)}`],
  )
  const [message] = await messages(id)
  assert.deepEqual([message?.state, message?.status], ['failed', 307])
})

test('an address inside is refused when it is added, and a name that leads inside at every try', async () => {
  for (const address of ['https://127.0.0.1/', 'https://169.254.169.254/latest', 'https://[::1]/', 'https://10.1.2.3/', 'https://[::ffff:10.1.2.3]/'])
    await assert.rejects(add(leadOf(0), { address }), { code: 'platform.fetch.private' }, address)
  await assert.rejects(add(leadOf(0), { address: 'http://hook.example/' }), { code: 'broadcast.webhook.address' })
  await assert.rejects(add(leadOf(0), { address: 'https://someone:secret@hook.example/' }), { code: 'platform.fetch.credentials' })
  const { id } = await add(leadOf(0), { address: `https://rebinding.example:${receiver.host.split(':')[1]}/` })
  await tell(released())
  const asked: string[] = []
  const outward = createFetcher({
    allowPrivate: [receiver.host],
    resolve: async name => {
      asked.push(name)
      return [{ address: '127.0.0.1', family: 4 }]
    },
  })
  const guarded = { ...platform, outward }
  await sendWebhooksJob.handle(guarded, {}, new AbortController().signal)
  platform.clock.advanceHours(6 / 3_600)
  await sendWebhooksJob.handle(guarded, {}, new AbortController().signal)
  assert.deepEqual([asked.length, receiver.hooks.length], [2, 0])
  const [message] = await messages(id)
  assert.deepEqual([message?.state, message?.attempts], ['failed', 2])
  assert.match(message?.words ?? '', /private network/)
})

test('a message whose worker died is taken up by another once its lease is over, and what the first says late undoes nothing', async () => {
  const { id } = await add(leadOf(0))
  await tell(released())
  const claimed = await work(SYSTEM, unit => claimMessages(unit))
  assert.equal(claimed.length, 1)
  await send()
  assert.equal(receiver.hooks.length, 0)
  platform.clock.advanceHours(0.2)
  const again = await work(SYSTEM, unit => claimMessages(unit))
  assert.deepEqual(
    again.map(({ attempts }) => attempts),
    [2],
  )
  const outcome = (status: number | null) => ({ isAccepted: status === null, status, words: 'said', retryAfterSeconds: null })
  const said = (messages: typeof claimed, status: number | null) =>
    work(SYSTEM, unit =>
      settleMessages(
        unit,
        messages.map(message => ({ message, attempted: outcome(status), milliseconds: 1, chance: 0 })),
      ),
    )
  await said(claimed, 410)
  assert.deepEqual([(await messages(id))[0]?.state, (await endpoint(id))?.state], ['sending', 'active'])
  await said(again, null)
  await said(claimed, 410)
  assert.deepEqual([(await messages(id))[0]?.state, (await endpoint(id))?.state], ['accepted', 'active'])
})

test('a new secret signs at once and the old one beside it for a day', async () => {
  const lead = leadOf(0)
  const { id, secret: old } = await add(lead)
  const fresh = await work(lead, unit => rotateSecret(unit, platform.signer, id))
  await tell(released())
  await send()
  const verified = (secret: string) =>
    new Webhook(secret).verify(receiver.hooks.at(-1)?.body ?? '', receiver.hooks.at(-1)?.headers as Record<string, string>)
  assert.ok(old && verified(old.secret) && verified(fresh.secret))
  await db.updateTable('broadcast_webhook').set({ previous_until: platform.clock.now() }).where('id', '=', id).execute()
  await tell({ type: 'bulletin.updated', bulletinId: bulletin().bulletinId, update: 'more' })
  await send()
  assert.ok(verified(fresh.secret))
  assert.throws(() => verified(old.secret))
})

test('a second new secret within the day leaves the first one good: its receiver may not have changed over yet', async () => {
  const lead = leadOf(0)
  const { id, secret: first } = await add(lead)
  const second = await work(lead, unit => rotateSecret(unit, platform.signer, id))
  const third = await work(lead, unit => rotateSecret(unit, platform.signer, id))
  await tell(released())
  await send()
  const { body = '', headers } = receiver.hooks.at(-1) ?? {}
  for (const secret of [first?.secret ?? '', second.secret, third.secret])
    assert.ok(new Webhook(secret).verify(body, headers as Record<string, string>))
  platform.clock.advanceHours(25)
  await work(lead, unit => rotateSecret(unit, platform.signer, id))
  const sent = (await messages(id)).map(message => message.id)
  const [claimed] = await readAs<Visible, readonly ClaimedMessage[]>(platform, SYSTEM, reader => claimedMessages(reader, sent, platform.clock.now()))
  assert.equal(claimed?.secretsSealed.length, 2, 'what its day is over signs no more')
})

test('a channel of Teams gets a card and no signature', async () => {
  await add(leadOf(0), { kind: 'teams' })
  await tell(released())
  await send()
  const [hook] = receiver.hooks
  assert.ok(hook)
  assert.equal(hook.headers['webhook-signature'], undefined)
  assert.equal(
    (JSON.parse(hook.body) as { attachments: { contentType: string }[] }).attachments[0]?.contentType,
    'application/vnd.microsoft.card.adaptive',
  )
})
