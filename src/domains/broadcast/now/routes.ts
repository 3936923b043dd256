import { z } from 'zod'
import { SignInNeeded } from '../../../kernel/errors.ts'
import { addHours, type Instant } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import type { HomeLine, HomePart } from '../../../platform/home.ts'
import { page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { withQuery } from '../../../ui/links.ts'
import { contactsOf, countRepairs, organisationById, organisationInScope, repairsOf, type Contact, type Repair } from '../../directory/contract.ts'
import {
  failingSources,
  notificationAddress,
  threatSummaries,
  unrungNotifications,
  type FailingSource,
  type NotificationSummary,
  type ThreatSummary,
} from '../../watch/contract.ts'
import { versionsToApprove, versionsToPublish, type WaitingVersion } from '../bulletins/living/queries.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import { reviewsAfterFor, type WaitingReview } from '../release/after/queries.ts'
import { missedReleases, type MissedRelease } from '../release/schedule/queries.ts'
import { STANDING_PAGE } from '../services/model.ts'
import { standingServices, type StandingService } from '../services/queries.ts'
import type { Visible } from '../tables.ts'
import { searchTarget } from './model.ts'
import {
  approvedBulletins,
  bulletinExists,
  changesSince,
  liveBulletins,
  partnerLines,
  promised,
  reviewsFor,
  safeToUse,
  search,
  toAnswer,
  type Changes,
  type Found,
  type LiveBulletin,
  type OwnBulletin,
  type PartnerLine,
  type SafeToUse,
  type WaitingBulletin,
} from './queries.ts'
import {
  changeLines,
  contactsToProve,
  liveTable,
  needsOf,
  noticeLines,
  ownLine,
  serviceLines,
  partnerTable,
  repairLines,
  threatLines,
} from './views.ts'

const THREATS_SHOWN = 3
/** What was given to them of their organisation's review: bulletins are answered by others. */
const CONTRIBUTORS_HOME = '/assessments'
const NOTIFICATIONS_SHOWN = 3
/** What "since your last visit" means on the first one. */
const FIRST_VISIT_HOURS = 24

const now = route({
  method: 'GET',
  path: '/',
  access: { public: 'Where everybody arrives: it sends those who are not signed in to sign in, and shows nothing before.' },
  async handle(request) {
    const { scope } = request.actor
    switch (scope.kind) {
      case 'none':
      case 'system':
        return redirect('/sign-in')
      case 'centre':
      case 'region':
        return overseersNow(request)
      case 'partner':
        return partnersNow(request)
      case 'organisation':
        return request.actor.role === 'contributor' ? redirect(CONTRIBUTORS_HOME) : organisationsHome(request)
    }
  },
})

interface OverseersNow {
  readonly live: readonly LiveBulletin[]
  readonly reviews: readonly WaitingBulletin[]
  readonly approved: readonly WaitingBulletin[]
  readonly missed: readonly MissedRelease[]
  readonly after: readonly WaitingReview[]
  readonly versions: { readonly toApprove: readonly WaitingVersion[]; readonly toPublish: readonly WaitingVersion[] }
  readonly sources: readonly FailingSource[]
  readonly repairs: { readonly count: number; readonly isUrgent: boolean }
  readonly threats: readonly ThreatSummary[]
  readonly notifications: Pick<Page<NotificationSummary>, 'rows' | 'total'>
  readonly changes: Changes
}

/** Reads what the first page of the centre and of a region shows: of each thing only what the actor may see or do. */
export async function readOverseersNow(
  db: Reader<Visible>,
  { actor, now: at }: Pick<RouteRequest, 'actor' | 'now'>,
  since: Instant,
): Promise<OverseersNow> {
  return {
    live: await liveBulletins(db, actor.scope, at),
    reviews: may(actor, 'broadcast.bulletin.approve') ? await reviewsFor(db, actor) : [],
    approved: may(actor, 'broadcast.bulletin.release') ? await approvedBulletins(db) : [],
    missed: may(actor, 'broadcast.bulletin.release') ? await missedReleases(db) : [],
    after: may(actor, 'broadcast.bulletin.review-after') ? await reviewsAfterFor(db, actor.id) : [],
    versions: {
      toApprove: may(actor, 'broadcast.bulletin.approve') ? await versionsToApprove(db, actor.id) : [],
      toPublish: may(actor, 'broadcast.bulletin.release') ? await versionsToPublish(db) : [],
    },
    sources: may(actor, 'watch.source.view') ? await failingSources(db, at) : [],
    // A region sees to all of its own; the centre only where nobody is left.
    repairs: {
      isUrgent: actor.scope.kind === 'centre',
      count: may(actor, 'directory.contact.change') ? await countRepairs(db, actor.scope, { isUrgent: actor.scope.kind === 'centre' }) : 0,
    },
    threats: may(actor, 'watch.threat.view') ? await threatSummaries(db, THREATS_SHOWN, at) : [],
    notifications: may(actor, 'watch.notification.handle') ? await unrungNotifications(db, NOTIFICATIONS_SHOWN) : { rows: [], total: 0 },
    changes: await changesSince(db, actor.scope, since),
  }
}

/** The centre's page; a region's is the same less what only the centre does, and of its own organisations. */
async function overseersNow(request: RouteRequest): Promise<Reply> {
  const { actor } = request
  const since = sinceOf(request)
  const { nextSteps, ...found } = await request.read<Visible, OverseersNow & Pick<HomeParts, 'nextSteps'>>(async db => ({
    ...(await readOverseersNow(db, request, since)),
    nextSteps: (await homeParts(request.platform.home, db, actor, request.now)).nextSteps,
  }))
  // Silence is for those who ring, and for those who answer for the release.
  const mayChase = may(actor, 'broadcast.call.make') || may(actor, 'broadcast.bulletin.approve')
  const model = {
    needs: [
      ...nextSteps.map(step => ({ ...step, hint: step.hint ?? undefined })),
      ...needsOf({ ...found, mayChase, showsDeliveries: may(actor, 'broadcast.delivery.view'), now: request.now }),
    ],
    showsThreats: may(actor, 'watch.threat.view'),
    threats: threatLines(found.threats),
    live: found.live.length === 0 ? null : liveTable(found.live, request.now),
    mayDraft: may(actor, 'broadcast.bulletin.draft'),
    since,
    changes: changeLines(found.changes, since),
    threatChangesHref: withQuery('/threats/changes', { since: since.toISOString() }),
  }
  return page('broadcast/now/views/centre.njk', 'Now', model, { isExercise: found.live.some(({ isExercise }) => isExercise) })
}

async function partnersNow(request: RouteRequest): Promise<Reply> {
  const since = sinceOf(request)
  const { lines, changes } = await request.read<Visible, { lines: readonly PartnerLine[]; changes: Changes }>(async db => ({
    lines: await partnerLines(db, request.actor.scope),
    changes: await changesSince(db, request.actor.scope, since),
  }))
  return page('broadcast/now/views/partner.njk', 'Home', {
    table: lines.length === 0 ? null : partnerTable(lines),
    since,
    changes: changeLines(changes, since),
  })
}

interface OrganisationsHome {
  readonly open: { readonly rows: readonly OwnBulletin[]; readonly total: number }
  readonly plans: readonly OwnBulletin[]
  readonly notices: readonly SafeToUse[]
  readonly services: readonly StandingService[]
  readonly contacts: readonly Contact[]
  readonly repairs: readonly Repair[]
  /** The organisation's code. */
  readonly code: string
}

async function organisationsHome(request: RouteRequest): Promise<Reply> {
  const { organisationId } = request.actor
  if (organisationId === null) throw new SignInNeeded('broadcast.home.for-whom', 'Sign in, and choose for whom you act.')
  const { actor, now: at, platform } = request
  const {
    found,
    promised: promises,
    nextSteps,
  } = await request.read<Visible, { found: OrganisationsHome } & HomeParts>(async db => ({
    found: await readHome(db, organisationId),
    ...(await homeParts(platform.home, db, actor, at)),
  }))
  const model = {
    promises,
    nextSteps,
    acting: request.session?.actingFor ?? '',
    open: found.open.rows.map(row => ownLine(row, request.now)),
    openTotal: found.open.total,
    plans: found.plans.map(row => ownLine(row, request.now)),
    notices: noticeLines(found.notices),
    services: serviceLines(found.services, request.now),
    servicesHref: STANDING_PAGE,
    contacts: contactsToProve(found.contacts.filter(({ id }) => found.repairs.every(({ contactId }) => contactId !== id))),
    repairs: repairLines(found.repairs),
    ownAddress: `/organisations/${encodeURIComponent(found.code)}`,
    hasContacts: found.contacts.length > 0,
    mayAnswer: may(request.actor, 'broadcast.response.answer'),
  }
  return page('broadcast/now/views/organisation.njk', 'Home', model, {
    isExercise: [...found.open.rows, ...found.plans].some(({ isExercise }) => isExercise),
  })
}

interface HomeParts {
  readonly promised: readonly HomeLine[]
  readonly nextSteps: readonly HomeLine[]
}

/** What the domains above add to the page, as far as the actor may see it. */
async function homeParts(parts: readonly HomePart[], db: Reader<Visible>, actor: RouteRequest['actor'], at: Instant): Promise<HomeParts> {
  const lines = { promised: [] as HomeLine[], 'next-step': [] as HomeLine[] }
  for (const part of parts) {
    // Each reads its own tables by the same connection, as `asBroadcast` of the contract does.
    if (may(actor, part.permission)) lines[part.place].push(...(await part.read(db as unknown as Reader<never>, actor, at)))
  }
  return { promised: lines.promised, nextSteps: lines['next-step'] }
}

/** Reads what the first page of an organisation shows. */
export async function readHome(
  db: Reader<Visible>,
  organisationId: NonNullable<RouteRequest['actor']['organisationId']>,
): Promise<OrganisationsHome> {
  return {
    open: await toAnswer(db, organisationId),
    plans: await promised(db, organisationId),
    notices: await safeToUse(db, organisationId),
    services: await standingServices(db),
    contacts: await contactsOf(db, organisationId),
    repairs: await repairsOf(db, organisationId),
    code: (await organisationById(db, organisationId))?.code ?? '',
  }
}

/** Since when changes are counted: the last visit, or for the first one, and for a program, a day ago. */
export function sinceOf({ session, now: at }: Pick<RouteRequest, 'session' | 'now'>): Instant {
  return session?.previousVisitAt ?? addHours(at, -FIRST_VISIT_HOURS)
}

const searchEverything = route({
  method: 'GET',
  path: '/search',
  access: { signedIn: 'It finds only what the reader may see anyway.' },
  query: z.object({ q: z.string().trim().max(200).catch('').default('') }),
  async handle({ query, actor, read }) {
    const target = searchTarget(query.q)
    const { to, found } = await read<Visible, { to: string | null; found: Found }>(async db => ({
      to: await exactly(db, actor, target),
      found: await search(db, actor, query.q),
    }))
    if (to !== null) return redirect(to)
    if (target.kind === 'cve' && may(actor, 'watch.threat.list') && found.bulletins.length === 0)
      return redirect(withQuery('/threats', { q: target.cve }))
    const model = {
      words: query.q,
      bulletins: query.q === '' ? [] : found.bulletins.map(row => ({ ...row, number: bulletinNumber(row.number) })),
      threats: query.q === '' ? [] : found.threats,
      organisations: query.q === '' ? [] : found.organisations,
      allBulletins: withQuery('/bulletins', { q: query.q }),
      allThreats: withQuery('/threats', { q: query.q }),
      allOrganisations: may(actor, 'directory.organisation.list') ? withQuery('/organisations', { q: query.q }) : null,
    }
    return page('broadcast/now/views/search.njk', query.q === '' ? 'Search' : `Search: ${query.q}`, model)
  },
})

/** Where a search leads that names one thing: a bulletin or an incident by its number, an organisation by its code. */
async function exactly(db: Reader<Visible>, actor: RouteRequest['actor'], target: ReturnType<typeof searchTarget>): Promise<string | null> {
  if (target.kind === 'bulletin') return (await bulletinExists(db, target.number)) ? `/bulletins/${bulletinNumber(target.number)}` : null
  if (target.kind !== 'words' || target.words === '' || target.words.includes(' ')) return null
  const notification = may(actor, 'watch.notification.view') ? await notificationAddress(db, target.words) : null
  if (notification !== null) return notification
  const organisation = await organisationInScope(db, actor.scope, target.words)
  return organisation === undefined ? null : `/organisations/${encodeURIComponent(organisation.code)}`
}

export const nowRoutes: readonly Route[] = [now, searchEverything]
