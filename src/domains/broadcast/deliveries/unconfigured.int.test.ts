import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { deliverMailing, resumeDeliveryJob } from './jobs.ts'
import { DELIVER } from './model.ts'

const platform = await createTestPlatform()
const never = new AbortController().signal

async function waiting(): Promise<number> {
  const { rows }: { rows: { count: number }[] } = await platform.database.pool.query(
    `select count(*)::int as count from pgboss.job where name = $1 and state = 'created'`,
    [DELIVER.name],
  )
  return rows[0]?.count ?? 0
}

test('without a mail server the queue does not grow with every minute that passes', async () => {
  const bulletin = await releasedBulletin(platform, { organisations: 1 })
  for (let minute = 0; minute < 3; minute += 1) {
    await deliverMailing(platform, bulletin.mailingId, never)
    assert.equal(await waiting(), 0, 'a job that can do nothing leaves none behind')
  }
  platform.clock.advanceHours(1)
  await resumeDeliveryJob.handle(platform, {}, never)
  assert.equal(await waiting(), 1, 'the clock finds what waits')
})
