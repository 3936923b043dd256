import { z } from 'zod'
import type { StixObject } from '../../codecs/stix/writing/object.ts'
import { bulletinNumber, parseBulletinNumber, publishedBulletinNumbered } from '../../domains/broadcast/contract.ts'
import { NotFound } from '../../kernel/errors.ts'
import type { FileReply } from '../../platform/http/reply.ts'
import { route, type Route } from '../../platform/http/route.ts'
import { SERVED } from '../taxii/model.ts'
import type { Visible } from '../taxii/tables.ts'
import { bulletinBundle, threatBundle } from './read.ts'

const STIX = 'application/stix+json;version=2.1'

/** A bulletin for its readers: whoever may open its page, but for RED, which is for named persons and their eyes, and for exercises, which are nobody's intelligence. */
const ofBulletin = route({
  method: 'GET',
  path: '/bulletins/:number/stix.json',
  access: { permission: 'broadcast.bulletin.view' },
  isMachine: true,
  params: z.object({ number: z.string().max(20) }),
  async handle({ params, read, now, platform }) {
    const number = parseBulletinNumber(params.number)
    const bundle = await read<Visible, StixObject | null>(async db => {
      const bulletin = number === undefined ? undefined : await publishedBulletinNumbered<Visible>(db, number)
      const isGiven = bulletin !== undefined && !bulletin.isExercise && SERVED.includes(bulletin.tlp)
      return isGiven ? bulletinBundle(db, bulletin, { now, baseUrl: platform.config.baseUrl }) : null
    })
    if (bundle === null)
      throw new NotFound('interop.stix.no-bulletin', 'There is no such bulletin in STIX. A draft, an exercise and what is TLP:RED are in none.')
    return file(`${bulletinNumber(number ?? 0)}.stix.json`, bundle)
  },
})

const ofThreat = route({
  method: 'GET',
  path: '/threats/:id/stix.json',
  access: { permission: 'watch.threat.view' },
  isMachine: true,
  params: z.object({ id: z.string().max(64) }),
  async handle({ params, read, now, platform }) {
    const bundle = await read<Visible, StixObject>(db => threatBundle(db, params.id, { now, baseUrl: platform.config.baseUrl }))
    return file(`${params.id}.stix.json`, bundle)
  },
})

function file(filename: string, bundle: StixObject): FileReply {
  return { kind: 'file', contentType: STIX, filename, body: Buffer.from(JSON.stringify(bundle), 'utf8') }
}

export const stixRoutes: readonly Route[] = [ofBulletin, ofThreat]
