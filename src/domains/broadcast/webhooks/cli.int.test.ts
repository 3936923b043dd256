import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCommand } from '../../../../test/support/command.ts'
import { webhookTest } from '../../../../test/support/webhooks.ts'

const { receiver, platform, leadOf, tell, released, send } = await webhookTest()

test('a webhook is added, tested and its messages sent again by commands alone', async () => {
  const lead = leadOf(0)
  const { data: added } = await runCommand<{ id: string; secret: string }>(platform, lead, 'webhooks add', [`${receiver.url}/hook`], {
    event: ['bulletin.released'],
  })
  assert.match(added.secret, /^whsec_/)
  await runCommand(platform, lead, 'webhooks test', [added.id])
  await tell(released())
  await send()
  assert.deepEqual(receiver.hooks.length, 2)
  const { data: listed } = await runCommand<{ id: string; health: string; waiting: number }[]>(platform, lead, 'webhooks list')
  assert.deepEqual(
    listed.map(({ id, health, waiting }) => [id, health, waiting]),
    [[added.id, 'Working', 0]],
  )
  const message = String(receiver.hooks[0]?.headers['webhook-id'])
  assert.deepEqual((await runCommand(platform, lead, 'webhooks replay', [added.id], { message })).data, { id: added.id, queued: 1 })
  const from = new Date(platform.clock.now().getTime() - 60_000).toISOString()
  platform.clock.advanceHours(1)
  assert.deepEqual((await runCommand(platform, lead, 'webhooks replay', [added.id], { from, all: true })).data, { id: added.id, queued: 1 })
})

test('a command refuses what the page refuses', async () => {
  const lead = leadOf(0)
  await assert.rejects(runCommand(platform, lead, 'webhooks add', ['https://10.0.0.1/']), { code: 'platform.fetch.private' })
  await assert.rejects(runCommand(platform, lead, 'webhooks add', ['http://hook.example/']), { code: 'broadcast.webhook.address' })
  await assert.rejects(runCommand(platform, lead, 'webhooks replay', ['whk_x'], { from: 'yesterday' }), { code: 'broadcast.webhook.time' })
  await assert.rejects(runCommand(platform, leadOf(1), 'webhooks test', ['whk_x']), { code: 'broadcast.webhook.unknown' })
})
