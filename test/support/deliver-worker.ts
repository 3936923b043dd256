import { compose } from '../../src/app/compose.ts'
import { deliverMailing } from '../../src/domains/broadcast/deliveries/jobs.ts'

/** A worker process of its own that carries one mailing, so that a test can kill it. Where to is said by the environment, as for the product. */
const [mailingId = ''] = process.argv.slice(2)
const { platform, close } = await compose(process.env, { migrate: false, sampleWhenEmpty: false, sendsMail: true })
await deliverMailing(platform, mailingId, new AbortController().signal)
await close()
