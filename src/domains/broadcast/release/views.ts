import type { Instant } from '../../../kernel/instant.ts'
import { date, exactTime } from '../../../ui/filters/dates.ts'
import { severityTag } from '../../../ui/labels.ts'
import type { TableModel } from '../../../ui/models.ts'
import { ruleSentence, type AudienceRule, type RuleNames } from '../audience/model.ts'
import type { AudienceSummary } from '../audience/queries.ts'
import { BULLETIN_LIFECYCLE } from '../bulletins/lifecycle.ts'
import { bulletinNumber, deadlineFor, findingsOf, respondByAt, severityLabel, stateLabel, type ResponseDeadline } from '../bulletins/model.ts'
import type { Bulletin, Review, Version } from '../bulletins/queries.ts'
import { canRelease, type PolicyActor } from '../policy.ts'
import { channelsOf, judgeRelease, silenceWords } from './model.ts'

export interface ReleaseFacts {
  readonly bulletin: Bulletin
  readonly version: Version
  /** The fields in which it differs from the version before; `null` for the first. */
  readonly changed: readonly string[] | null
  readonly reviews: readonly Review[]
  readonly rule: AudienceRule
  readonly names: RuleNames
  readonly audience: AudienceSummary
  readonly deadlines: readonly ResponseDeadline[]
}

/** The check before a release: everything that the releaser agrees to, and the button only where nothing stands in the way. */
export function releaseCheckView(facts: ReleaseFacts, by: { readonly actor: PolicyActor; readonly now: Instant; readonly isMailReady: boolean }) {
  const { bulletin, version, audience } = facts
  const number = bulletinNumber(bulletin.number)
  const address = `/bulletins/${number}`
  const { organisations, contacts, unreachable } = audience
  const problems = judgeRelease({
    organisations,
    contacts,
    unreachable,
    audienceProblems: audience.problems,
    isMailReady: by.isMailReady,
    contentFindings: findingsOf(version.content, by.now),
  })
  const isOffered = 'release' in BULLETIN_LIFECYCLE[bulletin.state]
  const decision = canRelease(by.actor, bulletin)
  const obstacles = [
    ...(isOffered ? [] : [`This bulletin is ${stateLabel(bulletin.state).toLowerCase()}. Only an approved one can be released.`]),
    ...(isOffered && !decision.ok ? [decision.reason] : []),
    ...problems.filter(({ severity }) => severity === 'error').map(({ message }) => message),
  ]
  const approval = facts.reviews.find(review => review.decision === 'approved' && review.version === bulletin.approvedVersion)
  const respondBy = respondByAt(version.content, by.now, facts.deadlines)
  return {
    number,
    address,
    title: bulletin.title,
    tlp: bulletin.tlp,
    isExercise: bulletin.isExercise,
    obstacles,
    warnings: problems.filter(({ severity }) => severity === 'warning').map(({ message }) => message),
    checks: [
      {
        key: 'Version',
        value: {
          text: `Version ${bulletin.version}`,
          href: `${address}/versions/${bulletin.version}`,
          hint: changedWords(bulletin.version, facts.changed),
        },
      },
      {
        key: 'Approved by',
        value:
          approval === undefined
            ? { text: 'Nobody yet' }
            : {
                text: approval.by ?? 'The operator of this machine',
                hint: `${exactTime(approval.at)}.${approval.byId === by.actor.id ? ' That is you. You may release it too.' : ''}`,
              },
      },
      { key: 'Severity', value: { tags: [severityTag(bulletin.severity)] } },
      { key: 'Who gets it', value: { text: ruleSentence(facts.rule, facts.names), href: `${address}/audience` } },
      { key: 'Organisations', value: { number: organisations, href: `${address}/audience` } },
      { key: 'Contacts to be mailed', value: contacts },
      { key: 'Cannot be mailed', value: { number: unreachable, href: unreachable > 0 ? `${address}/audience?list=unreachable` : undefined } },
      { key: 'Hash of the audience', value: audience.hash },
      {
        key: 'Answer by',
        value:
          respondBy === null
            ? 'No time is asked for'
            : {
                text: exactTime(respondBy),
                hint: version.content.respondBy === null ? policyWords(version, by.now, facts.deadlines) : 'As the author set it',
              },
      },
      { key: 'If they stay silent', value: silenceWords(version.content.severity, respondBy) },
      { key: 'When', value: { text: 'At once', hint: 'Or let it wait for a time', href: `${address}/schedule` } },
    ],
    channels: {
      caption: 'Channels',
      head: [{ text: 'Channel' }, { text: 'Ready?' }, { text: `What TLP:${bulletin.tlp} lets it carry` }],
      rows: channelsOf(bulletin.tlp, by.isMailReady).map(({ name, readiness, carries }) => [name, readiness, carries]),
    } satisfies TableModel,
    press:
      obstacles.length > 0
        ? null
        : {
            action: `${address}/release`,
            label: `Release to ${organisations.toLocaleString('en-GB')} ${organisations === 1 ? 'organisation' : 'organisations'}`,
            values: { version: String(bulletin.version), audienceHash: audience.hash },
          },
  }
}

function changedWords(version: number, changed: readonly string[] | null): string {
  if (changed === null) return 'The first version: there is none before it.'
  return changed.length === 0
    ? `It says the same as version ${version - 1}.`
    : `Changed since version ${version - 1}: ${changed.join(', ')}. Open it to compare.`
}

/** The row of the table of deadlines by which the time is found. */
function policyWords({ content }: Version, now: Instant, deadlines: readonly ResponseDeadline[]): string {
  const deadline = deadlineFor(content.severity, now, deadlines)
  if (deadline === undefined) return ''
  const { hours, effectiveFrom, severity } = deadline
  return `By the policy, counted from now: ${hours} hours for ${severityLabel(severity).toLowerCase()} severity, since ${date(effectiveFrom)}`
}
