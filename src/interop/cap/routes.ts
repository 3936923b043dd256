import { createHash } from 'node:crypto'
import { z } from 'zod'
import { writeAtom } from '../../codecs/feed/write.ts'
import { parseBulletinNumber } from '../../domains/broadcast/contract.ts'
import { NotFound } from '../../kernel/errors.ts'
import { instantFromMillis, type Instant } from '../../kernel/instant.ts'
import { freshFile } from '../../platform/http/reply.ts'
import { route, type Route } from '../../platform/http/route.ts'
import { ANONYMOUS, may, type Actor } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { alertText, newestAlerts, type PublishedAlert } from './queries.ts'
import { publishedCertificate } from './signing.ts'
import type { CapTables } from './tables.ts'

const ANYBODY = { public: 'Alerts of what is TLP:CLEAR are for everybody; the others are found by who may read their bulletin.' }
const CERTIFICATE = { public: 'Whoever checks a signature needs the certificate.' }
const INDEX_ALERTS = 200
const FILE = /^(?<number>CC-[1-9]\d{3,6})(?:-(?<position>[1-9]\d{0,4}))?\.xml$/

/** The same address says more to some: what a proxy keeps for everybody is for nobody who says who they are. */
const BY_READER = { vary: 'authorization, cookie' }

/** In whose scope alerts are read: whoever may not open a bulletin's page reads what anybody reads. */
function readerOf(actor: Actor): Actor {
  return may(actor, 'broadcast.bulletin.view') ? actor : ANONYMOUS
}

function etagOf(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 32)
}

const index = route({
  method: 'GET',
  path: '/cap',
  access: ANYBODY,
  isMachine: true,
  async handle({ platform, actor }) {
    const reader = readerOf(actor)
    const { baseUrl, cap } = platform.config
    const alerts = await readAs<CapTables, readonly PublishedAlert[]>(platform, reader, db => newestAlerts(db, INDEX_ALERTS))
    const body = writeAtom({
      id: `${baseUrl}/cap`,
      title: 'CareCERT alerts',
      subtitle: 'Urgent bulletins in the Common Alerting Protocol 1.2, signed.',
      author: cap.senderName,
      updated: alerts[0]?.changedAt ?? instantFromMillis(0) ?? platform.clock.now(),
      self: `${baseUrl}/cap`,
      home: `${baseUrl}/public`,
      isArchive: false,
      links: {},
      entries: alerts.map(({ identifier, changedAt, headline, messageType }) => ({
        id: `${baseUrl}/cap/${identifier}.xml`,
        title: headline,
        link: `${baseUrl}/cap/${identifier}.xml`,
        linkType: 'application/cap+xml',
        published: changedAt,
        updated: changedAt,
        summary: headline,
        html: null,
        categories: [{ scheme: 'urn:oasis:names:tc:emergency:cap:1.2', term: messageType, label: messageType }],
      })),
    })
    const freshness = {
      etag: etagOf(body),
      lastModified: null,
      cacheControl: reader.kind === 'anonymous' ? 'public, max-age=60' : 'private, max-age=60',
    }
    return freshFile('application/atom+xml; charset=utf-8', body, freshness, BY_READER)
  },
})

const alert = route({
  method: 'GET',
  path: '/cap/:file',
  access: ANYBODY,
  isMachine: true,
  params: z.object({ file: z.string().max(40) }),
  async handle({ platform, actor, params }) {
    const { number = '', position } = FILE.exec(params.file)?.groups ?? {}
    const reader = readerOf(actor)
    const found =
      parseBulletinNumber(number) === undefined
        ? undefined
        : await readAs<CapTables, { xml: string; changedAt: Instant } | undefined>(platform, reader, db =>
            alertText(db, number, position === undefined ? null : Number(position)),
          )
    if (found === undefined) throw new NotFound('interop.cap.not-found', 'There is no such alert. Those that there are stand at /cap.')
    const whose = reader.kind === 'anonymous' ? 'public' : 'private'
    const freshness = {
      etag: etagOf(found.xml),
      lastModified: found.changedAt,
      // One with its position is never changed; the newest of a bulletin becomes another.
      cacheControl: position === undefined ? `${whose}, max-age=60` : `${whose}, max-age=86400, immutable`,
    }
    return freshFile('application/cap+xml; charset=utf-8', found.xml, freshness, BY_READER)
  },
})

const certificate = route({
  method: 'GET',
  path: '/cap/certificate.pem',
  access: CERTIFICATE,
  async handle({ platform }) {
    const pem = await publishedCertificate(platform)
    if (pem === null) throw new NotFound('interop.cap.no-certificate', 'No certificate signs alerts here.')
    return freshFile('application/x-pem-file', pem, { etag: etagOf(pem), lastModified: null, cacheControl: 'public, max-age=3600' })
  },
})

export const capRoutes: readonly Route[] = [index, certificate, alert]
