import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Webhook } from 'standardwebhooks'
import { v7 as uuidv7 } from 'uuid'
import { actorAs } from '../../../../test/support/broadcast.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { WEBHOOK_CHOICES, webhookTest } from '../../../../test/support/webhooks.ts'
import { makeId, type Id } from '../../../kernel/id.ts'
import { readAs } from '../../../platform/work/read.ts'
import { announce } from '../announce.ts'
import type { Visible } from '../tables.ts'
import { changeWebhook, pauseWebhook, removeWebhook, replayMessages, testWebhook } from './commands.ts'
import { listWebhooks, webhookLog, type Webhook as Endpoint } from './queries.ts'

const {
  receiver,
  platform,
  db,
  work,
  bulletin,
  organisation,
  leadOf,
  add,
  tell,
  released,
  send,
  messages,
  endpoint,
  partner: answersFor,
} = await webhookTest()

test('a release is told to the endpoints of those it went to, signed, and marks the organisation as reached', async () => {
  const added = await add(leadOf(0))
  const outsider = await releasedBulletin(platform, { organisations: 1, prefix: 'X' })
  const other = await add(actorAs('cyber-lead', outsider.organisationIds[0]))
  await db
    .updateTable('broadcast_recipient')
    .set({ delivered_at: null, is_reachable: false })
    .where('bulletin_id', '=', bulletin().bulletinId)
    .execute()
  await tell(released())
  await send()
  assert.equal(receiver.hooks.length, 1)
  const [hook] = receiver.hooks
  assert.ok(hook && added.secret)
  const told = new Webhook(added.secret.secret).verify(hook.body, hook.headers as Record<string, string>) as {
    type: string
    data: { id: string; url: string }
  }
  assert.deepEqual(
    [told.type, told.data.id, told.data.url],
    ['bulletin.released', `CC-${bulletin().number}`, `http://localhost:8080/bulletins/CC-${bulletin().number}`],
  )
  assert.equal(hook.headers['content-type'], 'application/json')
  assert.deepEqual(
    (await messages(added.id)).map(({ state }) => state),
    ['accepted'],
  )
  assert.deepEqual(await messages(other.id), [])
  const rows = await db
    .selectFrom('broadcast_recipient')
    .where('bulletin_id', '=', bulletin().bulletinId)
    .select(['organisation_id', 'delivered_at', 'is_reachable'])
    .execute()
  for (const row of rows) {
    const isTold = row.organisation_id === organisation(0)
    assert.deepEqual([row.delivered_at !== null, row.is_reachable], [isTold, isTold])
  }
})

test('what is told is there only when what it tells of is', async () => {
  const { id } = await add(leadOf(0))
  const failing = work(actorAs('duty-manager'), async unit => {
    await announce(unit, released())
    throw new Error('the release failed after all')
  })
  await assert.rejects(failing, /after all/)
  assert.deepEqual(await messages(id), [])
  assert.equal(
    await db.selectFrom('broadcast_announcement').where('bulletin_id', '=', bulletin().bulletinId).select('id').executeTakeFirst(),
    undefined,
  )
})

test('nothing is written when nobody listens, and an endpoint hears only of what it asked for', async () => {
  await tell(released())
  assert.equal(
    await db.selectFrom('broadcast_announcement').where('bulletin_id', '=', bulletin().bulletinId).select('id').executeTakeFirst(),
    undefined,
  )
  const picky = await add(leadOf(0), { events: ['bulletin.withdrawn'] })
  await tell(released())
  await tell({ type: 'bulletin.withdrawn', bulletinId: bulletin().bulletinId, reason: 'It was wrong.' })
  assert.deepEqual(
    (await messages(picky.id)).map(({ type }) => type),
    ['bulletin.withdrawn'],
  )
  const severe = await add(leadOf(1), { leastSeverity: 'high' })
  await db.updateTable('broadcast_bulletin').set({ severity: 'medium' }).where('id', '=', bulletin().bulletinId).execute()
  await tell(released())
  assert.deepEqual(await messages(severe.id), [])
})

test('an answer is told to the organisation itself and to its partner, by the answerer who sees neither endpoint, and to nobody else', async () => {
  const own = await add(leadOf(0))
  const stranger = await add(leadOf(1))
  const partnerId = organisation(2)
  await answersFor(partnerId, organisation(0))
  const partner = await add(actorAs('partner-responder', partnerId))
  const centre = await add(actorAs('administrator', await centreId()))
  await tell({ type: 'response.recorded', bulletinId: bulletin().bulletinId, organisationId: organisation(0), state: 'done' }, leadOf(0))
  assert.deepEqual(
    [(await messages(own.id)).length, (await messages(partner.id)).length, (await messages(stranger.id)).length, (await messages(centre.id)).length],
    [1, 1, 0, 0],
  )
  await tell(released())
  assert.deepEqual([(await messages(stranger.id)).length, (await messages(partner.id)).length, (await messages(centre.id)).length], [1, 2, 1])
})

test('a partner hears of what was sent to those it answers for, but for AMBER+STRICT and RED only of what was sent to itself', async () => {
  const [itself, organisationPartner] = [await add(leadOf(0)), organisation(2)]
  const outside = await releasedBulletin(platform, { organisations: 1, prefix: 'P' })
  const outsider = outside.organisationIds[0] ?? organisationPartner
  await answersFor(outsider, organisation(0))
  await answersFor(organisationPartner, organisation(0))
  const [partner, partnerAndRecipient] = [
    await add(actorAs('partner-responder', outsider)),
    await add(actorAs('partner-responder', organisationPartner)),
  ]
  const told = async () => {
    await tell(released())
    await tell({ type: 'bulletin.released', bulletinId: bulletin().bulletinId, organisationIds: [organisation(0)] })
    await tell({ type: 'response.recorded', bulletinId: bulletin().bulletinId, organisationId: organisation(0), state: 'done' }, leadOf(0))
    return [(await messages(itself.id)).length, (await messages(partner.id)).length, (await messages(partnerAndRecipient.id)).length]
  }
  assert.deepEqual(await told(), [3, 3, 3])
  for (const [round, tlp] of ['AMBER+STRICT', 'RED'].entries()) {
    await db.updateTable('broadcast_bulletin').set({ tlp }).where('id', '=', bulletin().bulletinId).execute()
    assert.deepEqual(await told(), [6 + 3 * round, 3, 4 + round], tlp)
  }
})

async function centreId(): Promise<Id<'organisation'>> {
  const found = await db.selectFrom('directory_organisation').where('type', '=', 'centre').select('id').executeTakeFirst()
  if (found !== undefined) return found.id as Id<'organisation'>
  const id = makeId('organisation', uuidv7())
  const row = await db.selectFrom('directory_organisation').where('id', '=', organisation(0)).selectAll().executeTakeFirstOrThrow()
  await db
    .insertInto('directory_organisation')
    .values({ ...row, address: '[]', id, code: 'CENTRE', name: 'The centre', type: 'centre' })
    .execute()
  return id
}

test('who joins the audience late is told alone: not those who were told before, nor the centre again', async () => {
  const [early, late] = [await add(leadOf(0)), await add(leadOf(1))]
  const centre = await add(actorAs('administrator', await centreId()))
  await tell({ type: 'bulletin.released', bulletinId: bulletin().bulletinId, organisationIds: [organisation(1)] })
  assert.deepEqual([(await messages(early.id)).length, (await messages(late.id)).length, (await messages(centre.id)).length], [0, 1, 0])
})

test('an exercise is told only to who asked for exercises', async () => {
  const plain = await add(leadOf(0))
  const trained = await add(leadOf(1), { takesExercises: true })
  await db.updateTable('broadcast_bulletin').set({ is_exercise: true }).where('id', '=', bulletin().bulletinId).execute()
  await tell(released())
  assert.deepEqual([(await messages(plain.id)).length, (await messages(trained.id)).length], [0, 1])
})

test('nobody but its organisation sees an endpoint, its log or what it is told: not a partner, not the region, not the centre', async () => {
  const mine = await add(leadOf(0))
  await tell(released())
  const partnerId = organisation(2)
  await answersFor(partnerId, organisation(0))
  const others = [leadOf(1), actorAs('partner-responder', partnerId), actorAs('administrator', await centreId()), actorAs('duty-manager')]
  for (const actor of others) {
    const seen = await readAs<Visible, readonly [readonly Endpoint[], number, number]>(platform, actor, async reader => [
      await listWebhooks(reader),
      (await webhookLog(reader, mine.id, null, { limit: 10, cursor: null })).total,
      (await reader.selectFrom('broadcast_announcement').where('bulletin_id', '=', bulletin().bulletinId).select('id').execute()).length,
    ])
    assert.deepEqual([seen[0].some(({ id }) => id === mine.id), seen[1], seen[2]], [false, 0, 0], actor.role ?? '')
    if (actor.role !== 'duty-manager')
      await assert.rejects(
        work(actor, unit => pauseWebhook(unit, mine.id)),
        { code: 'broadcast.webhook.unknown' },
      )
  }
  await assert.rejects(
    work(actorAs('duty-manager'), unit => pauseWebhook(unit, mine.id)),
    { code: 'platform.permission.missing' },
  )
  const foreign = add(leadOf(1), { organisationId: organisation(0) })
  await assert.rejects(foreign, { code: 'broadcast.webhook.not-yours' })
  const seen = await readAs<Visible, readonly Endpoint[]>(platform, leadOf(0), reader => listWebhooks(reader))
  assert.deepEqual(
    seen.map(({ id }) => id),
    [mine.id],
  )
})

test('addresses and secrets lie sealed, and removing an endpoint erases them', async () => {
  const lead = leadOf(0)
  const { id, secret } = await add(lead, { address: `${receiver.url}/token-in-the-path` })
  const row = JSON.stringify(await db.selectFrom('broadcast_webhook').where('id', '=', id).selectAll().executeTakeFirst())
  assert.doesNotMatch(row, /token-in-the-path|whsec_/)
  assert.equal(row.includes(secret?.secret.slice(6) ?? '?'), false)
  const audit = JSON.stringify((await platform.database.pool.query(`select * from audit_record where subject_id = $1`, [id])).rows)
  assert.doesNotMatch(audit, /token-in-the-path|whsec_/)
  await tell(released())
  await work(lead, unit => removeWebhook(unit, id))
  await send()
  assert.deepEqual([receiver.hooks.length, await endpoint(id)], [0, undefined])
  const gone = await db.selectFrom('broadcast_webhook').where('id', '=', id).select(['address_sealed', 'secret_sealed']).executeTakeFirst()
  assert.deepEqual(gone, { address_sealed: '', secret_sealed: '' })
})

test('a test goes to that endpoint alone; one message and a range can be sent again under their own ids', async () => {
  const lead = leadOf(0)
  const { id } = await add(lead)
  const other = await add(lead)
  await work(lead, unit => testWebhook(unit, id))
  await assert.rejects(
    work(lead, unit => testWebhook(unit, id)),
    { code: 'broadcast.webhook.test-too-soon' },
  )
  await send()
  assert.deepEqual([receiver.hooks.length, (await messages(other.id)).length], [1, 0])
  await work(lead, unit => changeWebhook(unit, other.id, { ...WEBHOOK_CHOICES, events: ['response.recorded'] }))
  await tell(released())
  await send()
  const ids = receiver.hooks.map(({ headers }) => headers['webhook-id'])
  assert.equal(await work(lead, unit => replayMessages(unit, id, { messageId: String(ids[1]) })), 1)
  await send()
  assert.equal(receiver.hooks.at(-1)?.headers['webhook-id'], ids[1])
  const range = { from: new Date(platform.clock.now().getTime() - 1_000), until: new Date(platform.clock.now().getTime() + 1_000) }
  assert.equal(await work(lead, unit => replayMessages(unit, id, { ...range, which: 'given-up' })), 0)
  assert.equal(await work(lead, unit => replayMessages(unit, id, { ...range, which: 'all' })), 2)
  await send()
  assert.deepEqual(
    receiver.hooks
      .slice(-2)
      .map(({ headers }) => headers['webhook-id'])
      .toSorted(),
    ids.toSorted(),
  )
})
