import { z } from 'zod'
import { instant } from '../../../../platform/http/api-schemas.ts'
import { filtersOf } from '../../../../platform/http/list-operation.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { RelatedThreat } from '../api.ts'
import { itemsOfThreat, nameOf, requireThreat } from '../queries/show.ts'
import { mergeThreats, splitThreat, undoRegrouping } from './commands.ts'
import { mergeCandidates, regroupingsOf } from './queries.ts'
import { mergeQuery } from './routes.ts'

const TRIAGE = { permission: 'watch.threat.triage' }
const params = z.object({ id: z.string().max(64) })
const reason = z.string('Say why, so that the next person understands.').max(10_000)

const items = operation({
  id: 'listThreatItems',
  summary: 'List the items of a threat, and what people merged into it or split from it',
  description: 'Those gathered first in front, each with why it belongs there.',
  page: 'GET /threats/:id/items',
  method: 'GET',
  path: '/api/v1/threats/:id/items',
  access: { permission: 'watch.threat.view' },
  params,
  answer: z.object({
    items: z.array(
      z.object({
        id: z.string(),
        externalId: z.string(),
        title: z.string(),
        url: z.string().nullable(),
        source: z.string(),
        sourceName: z.string(),
        format: z.string(),
        why: z.string(),
        publishedAt: instant.nullable(),
        changedAt: instant.nullable(),
        firstGatheredAt: instant,
        lastGatheredAt: instant,
        withdrawnAt: instant.nullable(),
      }),
    ),
    regroupings: z.array(
      z.object({
        id: z.string(),
        kind: z.enum(['merged', 'split']),
        at: instant,
        actorName: z.string(),
        reason: z.string(),
        fromThreatId: z.string(),
        fromTitle: z.string(),
        toThreatId: z.string(),
        toTitle: z.string(),
        items: z.array(z.string()),
        undoneAt: instant.nullable(),
      }),
    ),
  }),
  async read(db: Reader<Visible>, { params: { id } }) {
    await requireThreat(db, id)
    return {
      items: (await itemsOfThreat(db, id)).map(item => ({
        ...item,
        externalId: item.external_id,
        publishedAt: item.published_at,
        changedAt: item.changed_at,
        firstGatheredAt: item.first_gathered_at,
        lastGatheredAt: item.last_gathered_at,
        withdrawnAt: item.withdrawn_at,
      })),
      regroupings: (await regroupingsOf(db, id)).map(one => ({
        ...one,
        actorName: one.actorName ?? nameOf(one.actorId),
        items: one.items.map(item => item.id),
      })),
    }
  },
})

const split = operation({
  id: 'splitThreat',
  summary: 'Make some items of a threat a threat of their own',
  page: 'POST /threats/:id/split',
  method: 'POST',
  path: '/api/v1/threats/:id/split',
  access: TRIAGE,
  params,
  body: z.object({ items: z.array(z.string().max(64)).max(1_000), reason }),
  answer: z.object({ id: z.string() }),
  status: 201,
  write: async (work: Work<Visible>, { params: { id }, body }) => ({ id: await splitThreat(work, { threat: id, ...body }) }),
})

const chooseMerge = operation({
  id: 'listMergeCandidates',
  summary: 'List the threats into which a threat may be merged',
  description: 'By the words of `q`; without words, those about the same CVEs or products. At most 20, most pressing first.',
  page: 'GET /threats/:id/merge',
  method: 'GET',
  path: '/api/v1/threats/:id/merge',
  access: TRIAGE,
  params,
  query: filtersOf(mergeQuery),
  answer: z.object({ candidates: z.array(RelatedThreat) }),
  async read(db: Reader<Visible>, { params: { id }, query }) {
    await requireThreat(db, id)
    return { candidates: (await mergeCandidates(db, id, query.q)).map(one => ({ ...one, cves: [...one.cves] })) }
  },
})

const merge = operation({
  id: 'mergeThreats',
  summary: 'Merge a threat into another',
  description: 'Answers the id of the regrouping, by which it can be undone.',
  page: 'POST /threats/:id/merge',
  method: 'POST',
  path: '/api/v1/threats/:id/merge',
  access: TRIAGE,
  params,
  body: z.object({ into: z.string('Choose the threat to merge this one into.').min(1, 'Choose the threat to merge this one into.').max(64), reason }),
  answer: z.object({ regrouping: z.string() }),
  write: async (work: Work<Visible>, { params: { id }, body }) => ({ regrouping: await mergeThreats(work, { from: id, ...body }) }),
})

const undo = operation({
  id: 'undoRegrouping',
  summary: 'Undo a merge or a split',
  description: 'Answers the id of the threat to which the items went back.',
  page: 'POST /regroupings/:id/undo',
  method: 'POST',
  path: '/api/v1/regroupings/:id/undo',
  access: TRIAGE,
  params,
  body: z.object({ reason }),
  answer: z.object({ threat: z.string() }),
  write: async (work: Work<Visible>, { params: { id }, body }) => ({ threat: await undoRegrouping(work, id, body.reason) }),
})

export const groupingOperations: readonly Route[] = [items, split, chooseMerge, merge, undo]
