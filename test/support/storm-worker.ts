import { compose } from '../../src/app/compose.ts'
import { deliverMailing } from '../../src/domains/broadcast/deliveries/jobs.ts'
import { systemClock } from '../../src/platform/clock/clock.ts'

/**
 * A worker process of its own that carries one mailing, so that a storm can kill it. Its clock goes before ours by so many seconds: the
 * leases of the workers that died before it have run out, and no storm waits ten minutes for each.
 */
const [mailingId = '', aheadSeconds = '0'] = process.argv.slice(2)
const clock = { now: () => new Date(systemClock.now().getTime() + Number(aheadSeconds) * 1_000) }
const { platform, close } = await compose(process.env, { migrate: false, sampleWhenEmpty: false, sendsMail: true, clock })
await deliverMailing(platform, mailingId, new AbortController().signal)
await close()
