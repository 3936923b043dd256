import { z } from 'zod'
import { SEVERITIES } from '../../../kernel/severity.ts'
import { TLP } from '../../../kernel/tlp.ts'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { gatherAgain } from '../gather-again.ts'
import type { Visible } from '../tables.ts'
import { listQuarantine } from './quarantine/queries.ts'
import { filterOf, quarantineQuery } from './quarantine/routes.ts'
import { itemChanges } from './queries.ts'
import { askedItem, askToGather } from './routes.ts'

const ofId = z.object({ id: z.string().max(64) })
const gather = { permission: 'watch.source.gather' }
const unchecked = z.record(z.string(), z.unknown())

/** What a source says, as its codec read it (kernel/intelligence.ts). */
const Content = z.object({
  cves: z.array(z.string()),
  severity: z.enum(SEVERITIES).nullable(),
  cvssTenths: z.int().nullable(),
  kev: unchecked.nullable(),
  products: z.array(unchecked),
  references: z.array(z.string()),
  assessments: z.array(unchecked).default([]),
  indicators: z.array(unchecked).default([]),
  tags: z.array(z.string()).default([]),
  faults: z.array(z.object({ rule: z.string(), pointer: z.string(), message: z.string() })).default([]),
  details: unchecked,
})

const item = operation({
  id: 'showItem',
  summary: 'Show an item of intelligence as its source gave it',
  description: '`content` is what was read of it; `details` differs by the format of the source. `changes` holds the latest 100, newest first.',
  page: 'GET /items/:id',
  method: 'GET',
  path: '/api/v1/items/:id',
  access: { permission: 'watch.threat.view' },
  params: ofId,
  answer: z.object({
    id: z.string(),
    externalId: z.string(),
    title: z.string(),
    summary: z.string(),
    url: z.string().nullable(),
    tlp: z.enum(TLP).nullable(),
    publishedAt: instant.nullable(),
    changedAt: instant.nullable(),
    firstGatheredAt: instant,
    lastGatheredAt: instant,
    withdrawnAt: instant.nullable(),
    source: z.string(),
    sourceName: z.string(),
    format: z.string(),
    address: z.string(),
    contentSha256: z.string(),
    sha256: z.string(),
    document: z.string().nullable(),
    threat: z.object({ id: z.string(), title: z.string(), tlp: z.enum(TLP), why: z.string() }).nullable(),
    content: Content,
    changes: z.array(
      z.object({ at: instant, kind: z.enum(['added', 'changed', 'withdrawn', 'returned']), fields: z.array(z.string()), address: z.string() }),
    ),
  }),
  async read(db: Reader<Visible>, { params: { id } }) {
    const found = await askedItem(db, id)
    const { threatId, threatTitle, tlp, why } = found
    return {
      ...found,
      externalId: found.external_id,
      tlp: found.content.tlp,
      publishedAt: found.published_at,
      changedAt: found.changed_at,
      firstGatheredAt: found.first_gathered_at,
      lastGatheredAt: found.last_gathered_at,
      withdrawnAt: found.withdrawn_at,
      contentSha256: found.content_hash,
      sha256: found.bytes_hash,
      threat: threatId === null || threatTitle === null || tlp === null ? null : { id: threatId, title: threatTitle, tlp, why: why ?? '' },
      // Stored as JSON of this shape: the schema looks at it again.
      content: found.content as unknown as z.input<typeof Content>,
      changes: await itemChanges(db, id),
    }
  },
})

const gatherNow = operation({
  id: 'gatherSource',
  summary: 'Gather a source at once',
  description: 'It is done by a job: what came of it stands among its gatherings.',
  page: 'POST /sources/:code/gather',
  method: 'POST',
  path: '/api/v1/sources/:code/gather',
  access: gather,
  params: z.object({ code: z.string().max(64) }),
  answer: z.object({ source: z.string() }),
  status: 202,
  async write(work: Work<Visible>, { params: { code } }) {
    await askToGather(work, code)
    return { source: code }
  },
})

const readAgain = operation({
  id: 'readGatheringAgain',
  summary: 'Read the bytes of a gathering again',
  page: 'POST /gatherings/:id/read-again',
  method: 'POST',
  path: '/api/v1/gatherings/:id/read-again',
  access: gather,
  params: ofId,
  answer: z.object({
    source: z.string(),
    added: z.int(),
    changed: z.int(),
    withdrawn: z.int(),
    unchanged: z.int(),
    quarantined: z.int(),
    failure: z.string().nullable(),
  }),
  handle: ({ platform, actor, params: { id } }) => gatherAgain(platform, actor, id),
})

const quarantine = listOperation({
  id: 'listQuarantine',
  summary: 'List what could not be read',
  page: 'GET /quarantine',
  path: '/api/v1/quarantine',
  access: { permission: 'watch.source.view' },
  query: filtersOf(quarantineQuery),
  item: z.object({
    id: z.string(),
    gathering: z.string(),
    source: z.string(),
    sourceName: z.string(),
    address: z.string(),
    position: z.string(),
    externalId: z.string().nullable(),
    reason: z.string(),
    excerpt: z.string(),
    at: instant,
    resolvedAt: instant.nullable(),
  }),
  async list(db: Reader<Visible>, page, { query }) {
    const { rows, ...rest } = await listQuarantine(db, filterOf(query), query.sort, page)
    return { ...rest, rows: rows.map(row => ({ ...row, externalId: row.external_id, resolvedAt: row.resolved_at })) }
  },
})

export const gatheringOperations: readonly Route[] = [item, gatherNow, readAgain, quarantine]
