import { beforeEach } from 'node:test'
import type { Kysely } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import { announce, type BroadcastEvent } from '../../src/domains/broadcast/announce.ts'
import type { Visible } from '../../src/domains/broadcast/tables.ts'
import { addWebhook } from '../../src/domains/broadcast/webhooks/commands.ts'
import { webhookById, type Webhook } from '../../src/domains/broadcast/webhooks/queries.ts'
import { sendWebhooksJob } from '../../src/domains/broadcast/webhooks/sending/jobs.ts'
import { makeId, type Id } from '../../src/kernel/id.ts'
import { systemClock } from '../../src/platform/clock/clock.ts'
import { SYSTEM, type Actor } from '../../src/platform/work/actor.ts'
import { readAs } from '../../src/platform/work/read.ts'
import { runWork, type Work } from '../../src/platform/work/work.ts'
import { actorAs } from './broadcast.ts'
import { createTestPlatform } from './platform.ts'
import { releasedBulletin, type ReleasedBulletin } from './released-bulletin.ts'
import { startSmtpSink } from './smtp-sink.ts'
import { startWebhookReceiver } from './webhook-receiver.ts'

export const WEBHOOK_CHOICES = {
  name: 'Service desk',
  events: ['bulletin.released', 'bulletin.updated', 'bulletin.withdrawn', 'response.recorded'],
  leastSeverity: 'information',
  takesExercises: false,
} as const

/**
 * A platform whose webhooks may go to a receiver on this machine, and before each test a bulletin at TLP:CLEAR that was released to three
 * organisations. Its clock shows the true time, since receivers refuse old messages.
 */
export async function webhookTest() {
  const receiver = await startWebhookReceiver()
  const sink = await startSmtpSink()
  const platform = await createTestPlatform({ smtpUrl: sink.url, env: { WEBHOOK_ALLOW_PRIVATE: receiver.host } })
  const db = platform.database.kysely as Kysely<Visible>
  const current: { bulletin: ReleasedBulletin | null; rounds: number } = { bulletin: null, rounds: 0 }

  beforeEach(async () => {
    // The endpoints of the test before this one hear nothing of it.
    await db.updateTable('broadcast_webhook').set({ state: 'removed' }).execute()
    platform.clock.set(systemClock.now().toISOString())
    receiver.hooks.length = 0
    receiver.answer = (_hook, response) => void response.writeHead(204).end()
    current.rounds += 1
    current.bulletin = await releasedBulletin(platform, { organisations: 3, prefix: `W${current.rounds}`, tlp: 'CLEAR' })
  })

  const bulletin = () => {
    if (current.bulletin === null) throw new Error('Only within a test')
    return current.bulletin
  }
  const organisation = (index: number): Id<'organisation'> => bulletin().organisationIds[index] ?? makeId('organisation', uuidv7())

  function work<R>(actor: Actor, body: (unit: Work<Visible>) => Promise<R>): Promise<R> {
    return runWork<Visible, R>(platform, actor, body)
  }

  return {
    receiver,
    sink,
    platform,
    db,
    work,
    bulletin,
    organisation,
    /** The cyber lead of one of its organisations, another person each time. */
    leadOf: (index: number): Actor => actorAs('cyber-lead', organisation(index)),
    add(actor: Actor, changes: Partial<Parameters<typeof addWebhook>[3]> = {}) {
      const organisationId = actor.organisationId ?? makeId('organisation', uuidv7())
      const address = `${receiver.url}/${organisationId}`
      return work(actor, unit =>
        addWebhook(unit, platform.signer, platform.config.webhookAllowPrivate, {
          ...WEBHOOK_CHOICES,
          organisationId,
          kind: 'hmac',
          address,
          ...changes,
        }),
      )
    },
    /** Tells of an event, as the command that brings it about would. */
    tell(event: BroadcastEvent, actor: Actor = actorAs('duty-manager')): Promise<void> {
      return work(actor, async unit => {
        await announce(unit, event)
        unit.record({ verb: 'test.told', subject: { kind: 'bulletin', id: event.bulletinId } })
      })
    },
    released: (): BroadcastEvent => ({ type: 'bulletin.released', bulletinId: bulletin().bulletinId }),
    send: () => sendWebhooksJob.handle(platform, {}, new AbortController().signal),
    messages: (webhookId: string) =>
      db.selectFrom('broadcast_webhook_message').where('webhook_id', '=', webhookId).orderBy('queued_at').selectAll().execute(),
    endpoint: (id: string) => readAs<Visible, Webhook | undefined>(platform, SYSTEM, reader => webhookById(reader, id)),
    /** Lets a partner answer for an organisation. */
    partner: (partnerId: string, organisationId: string) =>
      db
        .insertInto('directory_partnership')
        .values({
          id: makeId('partnership', uuidv7()),
          partner_id: partnerId,
          organisation_id: organisationId,
          since: platform.clock.now(),
          until: null,
        })
        .execute(),
  }
}
