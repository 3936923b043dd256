import { z } from 'zod'
import { londonDate } from '../../../kernel/instant.ts'
import { SEVERITIES } from '../../../kernel/severity.ts'
import { TLP } from '../../../kernel/tlp.ts'
import { changedSinceQuery, dayText, instant, instantText } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import { epssOf, newestScoreDate } from '../enrichment/queries.ts'
import type { Visible } from '../tables.ts'
import { mergeCandidates } from './grouping/queries.ts'
import { THREAT_ACTIONS, THREAT_STATES, type ThreatAction } from './model.ts'
import { PRIORITY_WORDS } from './priority.ts'
import { listThreats } from './queries/list.ts'
import { matchedProducts } from './queries/reach.ts'
import { mergedIntoOf, productsOfThreat, requireThreat, timelineOfThreat, type ThreatRecord, type TimelineRow } from './queries/show.ts'
import { filterOf, RELATED_SHOWN, takeStep, threatsQuery } from './routes.ts'
import { colleagues } from './triage/queries.ts'

const params = z.object({ id: z.string().max(64) })
const listAccess = { permission: 'watch.threat.list' }

/** What several operations about threats answer alike. */
export const ThreatName = z.object({ id: z.string(), title: z.string(), tlp: z.enum(TLP) })

export const RelatedThreat = z.object({ id: z.string(), title: z.string(), reason: z.string(), cves: z.array(z.string()), items: z.int() })

/** One line of what happened to a threat. */
export const EventAnswer = z.object({
  at: instant,
  kind: z.enum(['change', 'note']),
  action: z.string(),
  item: z.object({ id: z.string(), externalId: z.string(), source: z.string() }).nullable(),
  fields: z.array(z.string()),
  actorName: z.string().nullable(),
  givenTo: z.string().nullable(),
  note: z.string().nullable(),
})

export function eventAnswer(row: TimelineRow): z.input<typeof EventAnswer> {
  return { ...row, fields: [...row.fields] }
}

const ONLY = z.enum(['kev', 'ransomware', 'run'])

const list = listOperation({
  id: 'listThreats',
  summary: 'List threats',
  description:
    'The queue, most pressing first. `who` is `mine`, `nobody` or the id of a person. `since` leaves what came before out; `changedSince` what has not changed since.',
  page: 'GET /threats',
  path: '/api/v1/threats',
  access: listAccess,
  query: filtersOf(threatsQuery).extend({
    state: z.enum([...THREAT_STATES, 'open', 'all']).default('open'),
    only: z.union([ONLY.transform(only => [only]), z.array(ONLY)]).default([]),
    since: instantText.nullable().default(null),
    ...changedSinceQuery,
  }),
  item: ThreatName.extend({
    cves: z.array(z.string()),
    state: z.enum(THREAT_STATES),
    priority: z.enum(PRIORITY_WORDS),
    reason: z.string(),
    runs: z.int(),
    mayRun: z.int(),
    publishedAt: instant.nullable(),
    createdAt: instant,
    isWithdrawn: z.boolean(),
    holder: z.string().nullable(),
    lookAgainOn: z.string().nullable(),
    sources: z.array(z.object({ code: z.string(), name: z.string() })),
  }),
  async list(db: Reader<Visible>, page, { actor, query, now }) {
    const filter = { ...filterOf(query, actor), changedSince: query.changedSince }
    const { rows, ...rest } = await listThreats(db, filter, query.sort, page, londonDate(now))
    return { ...rest, rows: rows.map(row => ({ ...row, cves: [...row.cves], sources: [...row.sources], priority: wordOf(row.priority) })) }
  },
})

const Named = z.object({ maker: z.string(), product: z.string() })

const ThreatAnswer = ThreatName.extend({
  summary: z.string(),
  cves: z.array(z.string()),
  state: z.enum(THREAT_STATES),
  priority: z.enum(PRIORITY_WORDS),
  reason: z.string(),
  holder: z.object({ id: z.string(), name: z.string().nullable() }).nullable(),
  lookAgainOn: z.string().nullable(),
  severity: z.enum(SEVERITIES).nullable(),
  cvss: z.number().nullable(),
  knownExploitedSince: z.string().nullable(),
  knownExploitedDue: z.string().nullable(),
  isUsedInRansomware: z.boolean().nullable(),
  exploitation: z.enum(['none', 'poc', 'active']).nullable(),
  isAutomatable: z.boolean().nullable(),
  technicalImpact: z.enum(['partial', 'total']).nullable(),
  epssDate: z.string().nullable(),
  epss: z.array(z.object({ cve: z.string(), score: z.number(), percentile: z.number().nullable() })),
  isCareAffected: z.boolean(),
  mayHarmPatients: z.boolean(),
  runs: z.int(),
  mayRun: z.int(),
  reach: z.array(z.object({ type: z.string(), runs: z.int(), mayRun: z.int() })),
  publishedAt: instant.nullable(),
  createdAt: instant,
  updatedAt: instant,
  withdrawnAt: instant.nullable(),
  named: z.array(Named),
  matched: z.array(Named.extend({ productId: z.int(), isExact: z.boolean(), why: z.string() })),
  related: z.array(RelatedThreat),
  timeline: z.array(EventAnswer),
})

const show = operation({
  id: 'showThreat',
  summary: 'Show a threat',
  description:
    'A threat that was merged into another answers as that other, whose `id` says which. Its items, indicators, matches and organisations have operations of their own. `timeline` holds the latest 100 changes of its sources and acts of people, newest first.',
  page: 'GET /threats/:id',
  method: 'GET',
  path: '/api/v1/threats/:id',
  access: { permission: 'watch.threat.view' },
  params,
  answer: ThreatAnswer,
  async read(db: Reader<Visible>, { params: { id: asked } }) {
    const id = (await mergedIntoOf(db, asked)) ?? asked
    const threat = await requireThreat(db, id)
    return {
      ...factsOf(threat),
      epssDate: await newestScoreDate(db),
      epss: (await epssOf(db, threat.cves)).map(({ cve, scoreMillionths, percentileMillionths }) => ({
        cve,
        score: scoreMillionths / 1_000_000,
        percentile: percentileMillionths === null ? null : percentileMillionths / 1_000_000,
      })),
      named: [...(await productsOfThreat(db, id))],
      matched: (await matchedProducts(db, id)).map(({ exact, ...product }) => ({ ...product, isExact: exact })),
      related: (await mergeCandidates(db, id, '')).slice(0, RELATED_SHOWN).map(one => ({ ...one, cves: [...one.cves] })),
      timeline: (await timelineOfThreat(db, id)).map(eventAnswer),
    }
  },
})

function factsOf(threat: ThreatRecord) {
  return {
    ...threat,
    priority: wordOf(threat.priority_word),
    holder: threat.holder_id === null ? null : { id: threat.holder_id, name: threat.holder_name },
    lookAgainOn: threat.look_again_on,
    cvss: threat.cvss_tenths === null ? null : threat.cvss_tenths / 10,
    knownExploitedSince: threat.kev_since,
    knownExploitedDue: threat.kev_due,
    isUsedInRansomware: threat.ransomware,
    isAutomatable: threat.automatable,
    technicalImpact: threat.technical_impact,
    isCareAffected: threat.care_affected,
    mayHarmPatients: threat.clinical_safety,
    mayRun: threat.may_run,
    reach: [...threat.reach],
    publishedAt: threat.published_at,
    createdAt: threat.created_at,
    updatedAt: threat.updated_at,
    withdrawnAt: threat.withdrawn_at,
  }
}

/** What the rules of priority write is one of their words. */
function wordOf(text: string) {
  return text as (typeof PRIORITY_WORDS)[number]
}

/** All but the draft, which a bulletin makes. */
const STEPS = [
  ...THREAT_ACTIONS.filter((action): action is Exclude<ThreatAction, 'draft'> => action !== 'draft'),
  'flag-harm',
  'unflag-harm',
] as const

const act = operation({
  id: 'actOnThreat',
  summary: 'Take up, assign, watch, dismiss, close, put back or open a threat again, or say that patients may come to harm by it',
  description:
    '`person` is to whom `assign` gives it; `lookAgainOn` the day for `watch`, a week from today when left out. `dismiss`, `flag-harm` and `unflag-harm` need a `reason`.',
  page: 'POST /threats/:id/:action',
  method: 'POST',
  path: '/api/v1/threats/:id/:action',
  access: { permission: 'watch.threat.triage' },
  params: params.extend({ action: z.enum(STEPS) }),
  body: z.object({
    reason: z.string().max(10_000).default(''),
    person: z.string().max(64).nullable().default(null),
    lookAgainOn: dayText.optional(),
  }),
  answer: z.object({ state: z.enum(THREAT_STATES), holder: z.string().nullable(), lookAgainOn: z.string().nullable(), mayHarmPatients: z.boolean() }),
  async write(work: Work<Visible>, { params: { id, action }, body }) {
    await takeStep(work, id, action, body.reason, { person: body.person ?? '', lookAgainOn: body.lookAgainOn })
    const { state, holder_id: holder, look_again_on: lookAgainOn, clinical_safety: mayHarmPatients } = await requireThreat(work.db, id)
    return { state, holder, lookAgainOn, mayHarmPatients }
  },
})

const assignees = operation({
  id: 'listThreatColleagues',
  summary: 'List those to whom a threat may be given',
  page: 'GET /threats',
  method: 'GET',
  path: '/api/v1/threats/colleagues',
  access: listAccess,
  answer: z.object({ colleagues: z.array(z.object({ id: z.string(), name: z.string() })) }),
  read: async (db: Reader<Visible>) => ({ colleagues: [...(await colleagues(db))] }),
})

export const threatOperations: readonly Route[] = [list, show, act, assignees]
