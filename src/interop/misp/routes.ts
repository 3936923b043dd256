import { z } from 'zod'
import { writeMispEvent, type MispDraft } from '../../codecs/misp/write.ts'
import { bulletinNumber, earlierContents, parseBulletinNumber, publishedBulletinNumbered } from '../../domains/broadcast/contract.ts'
import type { DirectoryVisible } from '../../domains/directory/contract.ts'
import { threatDossier } from '../../domains/watch/contract.ts'
import { NotFound } from '../../kernel/errors.ts'
import type { FileReply } from '../../platform/http/reply.ts'
import { route, type Route } from '../../platform/http/route.ts'
import { centreIdentity } from '../stix/queries.ts'
import { eventOfBulletin } from './bulletin.ts'
import { eventOfThreat } from './threat.ts'

const ofBulletin = route({
  method: 'GET',
  path: '/bulletins/:number/misp.json',
  access: { permission: 'broadcast.bulletin.view' },
  isMachine: true,
  params: z.object({ number: z.string().max(20) }),
  async handle({ params, read, now, platform }) {
    const number = parseBulletinNumber(params.number)
    const event = await read<DirectoryVisible, MispDraft | undefined>(async db => {
      const bulletin = number === undefined ? undefined : await publishedBulletinNumbered<DirectoryVisible>(db, number)
      if (bulletin === undefined) return undefined
      const earlier = (await earlierContents(db, [bulletin])).get(bulletin.id) ?? []
      return eventOfBulletin(bulletin, earlier, await centreIdentity(db, now), platform.config.baseUrl)
    })
    if (event === undefined)
      throw new NotFound(
        'interop.misp.no-bulletin',
        'There is no such bulletin as an event of MISP. A draft, an exercise and what is TLP:RED are none.',
      )
    return file(`${bulletinNumber(number ?? 0)}.misp.json`, event)
  },
})

const ofThreat = route({
  method: 'GET',
  path: '/threats/:id/misp.json',
  access: { permission: 'watch.threat.view' },
  isMachine: true,
  params: z.object({ id: z.string().max(64) }),
  async handle({ params, read, now, platform }) {
    const event = await read<DirectoryVisible, MispDraft | undefined>(async db => {
      const dossier = await threatDossier<DirectoryVisible>(db, params.id, now)
      return dossier === undefined ? undefined : eventOfThreat(dossier, await centreIdentity(db, now), platform.config.baseUrl)
    })
    if (event === undefined) throw new NotFound('interop.misp.no-threat', 'There is no such threat as an event of MISP. What is TLP:RED is none.')
    return file(`${params.id}.misp.json`, event)
  },
})

function file(filename: string, event: MispDraft): FileReply {
  return { kind: 'file', contentType: 'application/json; charset=utf-8', filename, body: JSON.stringify(writeMispEvent(event)) }
}

export const mispRoutes: readonly Route[] = [ofBulletin, ofThreat]
