import { z } from 'zod'
import { instant, instantText } from '../../../platform/http/api-schemas.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { bulletinName } from '../api.ts'
import type { Visible } from '../tables.ts'
import { changesSince, partnerLines, search } from './queries.ts'
import { readHome, readOverseersNow, sinceOf } from './routes.ts'

const about = { number: bulletinName, title: z.string() }
const marked = { ...about, severity: z.string(), tlp: z.string() }
const Waiting = z.array(z.object({ ...about, severity: z.string(), since: instant }))
const Versions = z.array(z.object(about))
const Own = z.object({
  ...marked,
  isExercise: z.boolean(),
  respondBy: instant.nullable(),
  response: z.string().nullable(),
  responseAt: instant.nullable(),
  nextDate: z.string().nullable(),
  reviewOn: z.string().nullable(),
  isAskedAgain: z.boolean().describe('It answered before everybody was asked to answer again'),
})

const Now = z.object({
  asOf: instant,
  since: instant,
  changes: z.object({ released: z.int(), withdrawn: z.int(), answers: z.int(), threats: z.int() }).describe('Since then, without exercises'),
  overseer: z
    .object({
      live: z.array(
        z.object({
          ...marked,
          isExercise: z.boolean(),
          respondBy: instant.nullable(),
          organisations: z.int(),
          answered: z.int(),
          silent: z.int(),
          unreachable: z.int(),
          givenUp: z.int().nullable().describe('Messages; for those who may read the ledger'),
        }),
      ),
      toReview: Waiting,
      toRelease: Waiting,
      missed: z.array(z.object({ ...about, words: z.string().nullable() })).describe('Scheduled releases that came to nothing'),
      toReviewAfter: z.array(z.object({ ...about, kind: z.enum(['holding', 'emergency']), at: instant })),
      versionsToApprove: Versions,
      versionsToPublish: Versions,
    })
    .nullable()
    .describe('For the centre and regions'),
  organisation: z
    .object({ toAnswer: z.array(Own), toAnswerTotal: z.int(), promised: z.array(Own) })
    .nullable()
    .describe('For a member of an organisation'),
  partner: z
    .array(z.object({ ...marked, respondBy: instant.nullable(), undecided: z.int(), organisations: z.int() }))
    .nullable()
    .describe('For an IT delivery partner: what waits for its answer'),
})

const now = operation({
  id: 'getNow',
  summary: 'Say what is live and what waits for you',
  method: 'GET',
  path: '/api/v1/now',
  page: { none: 'The first page is open to everybody, and shows this to whoever is signed in.' },
  // Every role holds it; a token without it is told of no bulletin.
  access: { permission: 'broadcast.bulletin.list' },
  query: z.object({ since: instantText.optional().describe('From when changes are counted; without it, for a day') }),
  answer: Now,
  async read(db: Reader<Visible>, request) {
    const { actor, query } = request
    const { scope, organisationId } = actor
    const since = query.since ?? sinceOf(request)
    const overseer = scope.kind === 'centre' || scope.kind === 'region' ? await readOverseersNow(db, request, since) : null
    const home = scope.kind === 'organisation' && organisationId !== null ? await readHome(db, organisationId) : null
    return {
      asOf: request.now,
      since,
      changes: overseer?.changes ?? (await changesSince(db, scope, since)),
      overseer:
        overseer === null
          ? null
          : {
              // Who acts and who is silent is more than what is live: a token may hold less than its role.
              live: (may(actor, 'broadcast.picture.view') ? overseer.live : []).map(row => ({
                ...row,
                givenUp: may(actor, 'broadcast.delivery.view') ? row.givenUp : null,
              })),
              toReview: [...overseer.reviews],
              toRelease: [...overseer.approved],
              missed: [...overseer.missed],
              toReviewAfter: [...overseer.after],
              versionsToApprove: [...overseer.versions.toApprove],
              versionsToPublish: [...overseer.versions.toPublish],
            },
      organisation: home === null ? null : { toAnswer: [...home.open.rows], toAnswerTotal: home.open.total, promised: [...home.plans] },
      partner: scope.kind === 'partner' ? [...(await partnerLines(db, scope))] : null,
    }
  },
})

const find = operation({
  id: 'search',
  summary: 'Search bulletins, threats and organisations, ten of each at most',
  method: 'GET',
  path: '/api/v1/search',
  page: 'GET /search',
  access: { signedIn: 'It finds only what the reader may see anyway.' },
  query: z.object({ q: z.string().trim().min(1).max(200) }),
  answer: z.object({
    bulletins: z.array(z.object({ ...marked, state: z.string() })),
    threats: z.array(z.object({ id: z.string(), title: z.string(), reason: z.string() })),
    organisations: z.array(z.object({ code: z.string(), name: z.string(), type: z.string(), status: z.string() })),
  }),
  async read(db: Reader<Visible>, { actor, query }) {
    const found = await search(db, actor, query.q)
    // The page is for every role, but a token may hold less than its role.
    const shown = <Row>(permission: string, rows: readonly Row[]) => (may(actor, permission) ? [...rows] : [])
    return {
      bulletins: shown('broadcast.bulletin.list', found.bulletins),
      threats: shown('watch.threat.view', found.threats),
      organisations: shown('directory.organisation.view', found.organisations),
    }
  },
})

export const nowOperations: readonly Route[] = [now, find]
