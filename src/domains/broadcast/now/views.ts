import { londonDate, parseLocalDate, type Instant } from '../../../kernel/instant.ts'
import { severityTag } from '../../../ui/labels.ts'
import { withQuery } from '../../../ui/links.ts'
import type { BarSegment, Cell, TableModel } from '../../../ui/models.ts'
import { contactState, REPAIR_REASONS, REPAIRS_PATH, type Contact, type Repair } from '../../directory/contract.ts'
import { isHeld, type FailingSource, type NotificationSummary, type ThreatSummary } from '../../watch/contract.ts'
import type { WaitingVersion } from '../bulletins/living/queries.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import type { WaitingReview } from '../release/after/queries.ts'
import type { MissedRelease } from '../release/schedule/queries.ts'
import { seenField } from '../responses/model.ts'
import { answerChoices } from '../responses/queries.ts'
import { statementLine } from '../services/model.ts'
import type { StandingService } from '../services/queries.ts'
import { needsChasing } from './model.ts'
import type { Changes, LiveBulletin, OwnBulletin, PartnerLine, SafeToUse, WaitingBulletin } from './queries.ts'

/** One thing that needs somebody now: what, and where to go. */
export interface Need {
  readonly text: string
  readonly href: string
  readonly hint?: string | undefined
  readonly at?: Instant | null
}

const CARE_HINTS = {
  affected: 'Care is affected.',
  unknown: 'It is not known yet whether care is affected.',
  'not-affected': 'Care is not affected.',
} as const

export function needsOf(input: {
  readonly live: readonly LiveBulletin[]
  readonly reviews: readonly WaitingBulletin[]
  readonly approved: readonly WaitingBulletin[]
  readonly missed: readonly MissedRelease[]
  readonly after: readonly WaitingReview[]
  readonly versions: { readonly toApprove: readonly WaitingVersion[]; readonly toPublish: readonly WaitingVersion[] }
  readonly sources: readonly FailingSource[]
  readonly repairs: { readonly count: number; readonly isUrgent: boolean }
  readonly notifications: { readonly rows: readonly NotificationSummary[]; readonly total: number }
  /** Whether the silent, and messages that did not arrive, are theirs to see to. */
  readonly mayChase: boolean
  readonly showsDeliveries: boolean
  readonly now: Instant
}): readonly Need[] {
  const organisations = (count: number) => `${count.toLocaleString('en-GB')} ${count === 1 ? 'organisation' : 'organisations'}`
  const chase = input.live.filter(bulletin => input.mayChase && needsChasing(bulletin, input.now))
  const failing = input.live.filter(bulletin => input.mayChase && input.showsDeliveries && bulletin.givenUp > 0)
  const { rows, total } = input.notifications
  return [
    ...rows.map(row => ({
      text: `Ring ${row.organisationName ?? (row.organisationGiven || 'whoever reported it')} about ${row.number}`,
      href: `/incident-notifications/${row.number}`,
      hint: CARE_HINTS[row.care],
    })),
    ...(total > rows.length
      ? [
          {
            text: `${(total - rows.length).toLocaleString('en-GB')} more incidents about which nobody has rung`,
            href: '/incident-notifications?rung=no',
          },
        ]
      : []),
    ...chase.map(bulletin => ({
      text: `${organisations(bulletin.silent)} silent on ${bulletinNumber(bulletin.number)} ${bulletin.title}`,
      href: `/bulletins/${bulletinNumber(bulletin.number)}/recipients?stage=silent`,
      at: bulletin.respondBy,
    })),
    ...input.missed.map(bulletin => ({
      text: `${bulletinNumber(bulletin.number)} ${bulletin.title} did not go out at its time`,
      href: `/bulletins/${bulletinNumber(bulletin.number)}/schedule`,
      hint: bulletin.words ?? undefined,
    })),
    ...input.approved.map(bulletin => ({
      text: `Release ${bulletinNumber(bulletin.number)} ${bulletin.title}`,
      href: `/bulletins/${bulletinNumber(bulletin.number)}/release`,
      hint: 'It is approved. Nobody has been sent it yet.',
    })),
    ...input.reviews.map(review => ({
      text: `Review ${bulletinNumber(review.number)} ${review.title}`,
      href: `/bulletins/${bulletinNumber(review.number)}`,
      hint: 'It waits for a reviewer who wrote none of it.',
    })),
    ...input.versions.toPublish.map(({ number, title }) => ({
      text: `Publish the next version of ${bulletinNumber(number)} ${title}`,
      href: `/bulletins/${bulletinNumber(number)}/publish`,
      hint: 'It is approved. Readers still see the version before.',
    })),
    ...input.versions.toApprove.map(({ number, title }) => ({
      text: `Review the next version of ${bulletinNumber(number)} ${title}`,
      href: `/bulletins/${bulletinNumber(number)}`,
      hint: 'It waits for a reviewer who wrote nothing of what is new.',
    })),
    ...input.after.map(({ number, title, kind }) => ({
      text: `Review after its release ${bulletinNumber(number)} ${title}`,
      href: `/bulletins/${bulletinNumber(number)}`,
      hint:
        kind === 'holding'
          ? 'A holding statement, released by one person. The full version closes this too.'
          : 'Released by one person in an emergency.',
    })),
    ...failing.map(bulletin => ({
      text: `${bulletin.givenUp.toLocaleString('en-GB')} ${bulletin.givenUp === 1 ? 'message' : 'messages'} of ${bulletinNumber(bulletin.number)} given up`,
      href: `/bulletins/${bulletinNumber(bulletin.number)}/deliveries?state=dead`,
      hint: 'The mail server refused them. Mend the contact, or ring.',
    })),
    ...repairNeed(input.repairs),
    ...input.sources.map(source => ({
      text: `${source.name} ${source.health === 'failing' ? 'fails' : 'has gone quiet'}`,
      href: `/sources/${encodeURIComponent(source.code)}`,
      hint: source.failure ?? undefined,
    })),
  ]
}

function repairNeed({ count, isUrgent }: { readonly count: number; readonly isUrgent: boolean }): readonly Need[] {
  if (count === 0) return []
  const text = `${count.toLocaleString('en-GB')} ${count === 1 ? 'contact' : 'contacts'} to put right${isUrgent ? ', and nobody else can be mailed there' : ''}`
  const href = withQuery(REPAIRS_PATH, { urgent: isUrgent ? 'yes' : '' })
  return [{ text, href, hint: 'Messages came back, or their readers stopped them. Name another contact.' }]
}

/** What an organisation is to put right about its contacts. */
export function repairLines(repairs: readonly Repair[]) {
  return repairs.map(repair => ({ ...repair, ...REPAIR_REASONS[repair.reason] }))
}

export function threatLines(threats: readonly ThreatSummary[]): readonly {
  readonly title: string
  readonly href: string
  readonly reason: string
  readonly priority: string
  readonly tlp: string
  readonly holder: string | null
}[] {
  return threats.map(({ id, title, reason, priority, tlp, state, holder }) => ({
    title,
    reason,
    priority,
    tlp,
    holder: isHeld(state) ? holder : null,
    href: `/threats/${id}`,
  }))
}

export function liveTable(live: readonly LiveBulletin[], now: Instant): TableModel {
  return {
    caption: 'Live bulletins',
    captionHidden: true,
    head: [
      { text: 'Bulletin' },
      { text: 'Answered', format: 'numeric' },
      { text: 'Silent', format: 'numeric' },
      { text: 'Cannot be reached', format: 'numeric' },
      { text: 'Answered, silent, cannot be reached' },
      { text: 'Answer by' },
    ],
    rows: live.map((bulletin): readonly Cell[] => {
      const number = bulletinNumber(bulletin.number)
      const behind = (count: number, query: string): Cell => (count === 0 ? 0 : { number: count, href: `/bulletins/${number}/recipients?${query}` })
      return [
        {
          text: `${number} ${bulletin.title}`,
          href: `/bulletins/${number}`,
          tags: [severityTag(bulletin.severity)],
          tlp: bulletin.tlp === 'CLEAR' ? undefined : bulletin.tlp,
        },
        behind(bulletin.answered, 'stage=acknowledged'),
        behind(bulletin.silent, 'stage=silent'),
        behind(bulletin.unreachable, 'stage=unreachable'),
        { text: '', bar: liveBar(bulletin) },
        bulletin.respondBy === null ? 'No time is set' : { at: bulletin.respondBy, hint: bulletin.respondBy < now ? 'the time is over' : undefined },
      ]
    }),
  }
}

function liveBar(bulletin: LiveBulletin): readonly BarSegment[] {
  return [
    { label: 'answered', count: bulletin.answered, tone: 'seen' },
    { label: 'silent', count: bulletin.silent, tone: 'silent' },
    { label: 'cannot be reached', count: bulletin.unreachable, tone: 'unreachable' },
  ]
}

/** Each line leads to exactly what it counts. */
export function changeLines(changes: Changes, since: Instant): readonly Need[] {
  const at = since.toISOString()
  const line = (count: number, one: string, many: string, href: string): readonly Need[] =>
    count === 0 ? [] : [{ text: `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`, href }]
  return [
    ...line(changes.released, 'bulletin released', 'bulletins released', withQuery('/bulletins', { releasedSince: at, exercise: 'no' })),
    ...line(changes.answers, 'answer came in', 'answers came in', withQuery('/responses', { since: at, exercise: 'no' })),
    ...line(changes.threats, 'new threat', 'new threats', withQuery('/threats', { state: 'all', since: at, sort: 'newest' })),
    ...line(changes.withdrawn, 'bulletin withdrawn', 'bulletins withdrawn', withQuery('/bulletins', { withdrawnSince: at, exercise: 'no' })),
  ]
}

/** A bulletin of one's own with the answers that one tap gives. */
export function ownLine(bulletin: OwnBulletin, now: Instant) {
  const number = bulletinNumber(bulletin.number)
  const nextDate = parseLocalDate(bulletin.nextDate ?? bulletin.reviewOn ?? '')
  return {
    ...bulletin,
    number,
    href: `/bulletins/${number}`,
    action: `/bulletins/${number}/answer`,
    values: { back: 'home', ...seenField(bulletin) },
    tag: severityTag(bulletin.severity),
    // Asked again, it may say the same again.
    choices: answerChoices(bulletin.isAskedAgain ? null : bulletin.response),
    isOverdue: nextDate !== undefined && nextDate < londonDate(now),
  }
}

export function noticeLines(notices: readonly SafeToUse[]) {
  return notices.map(notice => ({ ...notice, number: bulletinNumber(notice.number) }))
}

/** What is said of the services that everybody uses; of what nothing was said, nothing stands here. */
export function serviceLines(services: readonly StandingService[], now: Instant) {
  return services.flatMap(({ standing }) => (standing === null ? [] : [statementLine(standing, now)]))
}

/** The contacts that are not known to work, those that failed first. */
export function contactsToProve(contacts: readonly Contact[]) {
  return contacts
    .map(contact => ({ name: contact.name, purpose: contact.purpose, state: contactState(contact), failure: contact.lastFailure }))
    .filter(({ state }) => state !== 'works')
    .toSorted((a, b) => a.state.localeCompare(b.state) || a.name.localeCompare(b.name))
}

export function partnerTable(lines: readonly PartnerLine[]): TableModel {
  return {
    caption: 'Bulletins that wait for your answer',
    captionHidden: true,
    head: [
      { text: 'Bulletin' },
      { text: 'Wait for your answer', format: 'numeric' },
      { text: 'Your organisations', format: 'numeric' },
      { text: 'Answer by' },
    ],
    rows: lines.map((line): readonly Cell[] => {
      const number = bulletinNumber(line.number)
      return [
        {
          text: `${number} ${line.title}`,
          href: `/bulletins/${number}`,
          tags: [severityTag(line.severity)],
          tlp: line.tlp === 'CLEAR' ? undefined : line.tlp,
        },
        { number: line.undecided, href: `/answers?bulletin=${number}` },
        line.organisations,
        line.respondBy === null ? 'No time is set' : { at: line.respondBy },
      ]
    }),
  }
}
