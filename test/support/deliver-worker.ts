import { compose } from '../../src/app/compose.ts'
import { deliverRelease } from '../../src/domains/broadcast/deliveries/jobs.ts'

/** A worker process of its own that carries one release, so that a test can kill it. Where to is said by the environment, as for the product. */
const [releaseId = ''] = process.argv.slice(2)
const { platform, close } = await compose(process.env, { migrate: false, sampleWhenEmpty: false, sendsMail: true })
await deliverRelease(platform, releaseId, new AbortController().signal)
await close()
