import type { Instant } from '../../../kernel/instant.ts'
import { date, exactTime } from '../../../ui/filters/dates.ts'
import { severityTag } from '../../../ui/labels.ts'
import type { TableModel } from '../../../ui/models.ts'
import { aloneFields } from '../alone-fields.ts'
import { ruleSentence } from '../audience/model.ts'
import { BULLETIN_LIFECYCLE } from '../bulletins/lifecycle.ts'
import { bulletinNumber, deadlineFor, findingsOf, respondByAt, severityLabel, stateLabel, type ResponseDeadline } from '../bulletins/model.ts'
import type { Bulletin, Version } from '../bulletins/queries.ts'
import { policiesFor, policySentence } from '../chase/model.ts'
import { canRelease, canReleaseTo, type PolicyActor } from '../policy.ts'
import { channelsOf, judgeRelease } from './model.ts'
import type { LateChange } from './queries.ts'
import type { ReleaseFacts } from './queries/check.ts'

export interface ReleaseReader {
  readonly actor: PolicyActor
  readonly now: Instant
  readonly isMailReady: boolean
  readonly areTextsReady: boolean
  /** For a release by one person: what was typed of it. `null` for one that another person approved. */
  readonly alone: { readonly reason: string; readonly errors: Readonly<Record<string, string>> } | null
}

/** The check before a release: everything that the releaser agrees to, and the button only where nothing stands in the way. */
export function releaseCheckView(facts: ReleaseFacts, by: ReleaseReader) {
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
  const { alone } = by
  const action = alone === null ? 'release' : 'release-alone'
  const isOffered = action in BULLETIN_LIFECYCLE[bulletin.state]
  const late = alone === null ? facts.lateChange : undefined
  const decisions = alone === null ? [canRelease(by.actor, bulletin), canReleaseTo(by.actor, late)] : []
  const obstacles = [
    ...(isOffered ? [] : [notOffered(bulletin.state, alone !== null)]),
    ...(isOffered ? decisions.flatMap(decision => (decision.ok ? [] : [decision.reason])) : []),
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
    isAlone: alone !== null,
    obstacles,
    warnings: [
      ...(late === undefined ? [] : [lateWords(late)]),
      ...problems.filter(({ severity }) => severity === 'warning').map(({ message }) => message),
    ],
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
      {
        key: 'Contacts to be mailed',
        value: {
          number: contacts,
          hint:
            facts.reasons.addresses === contacts
              ? undefined
              : `By ${facts.reasons.addresses.toLocaleString('en-GB')} messages: a person who stands for several organisations gets one that names them all`,
        },
      },
      ...(facts.reasons.inDoubt === 0
        ? []
        : [
            {
              key: 'In doubt',
              value: { number: facts.reasons.inDoubt, href: `${address}/audience?list=doubtful`, hint: 'Nothing says that a message gets there' },
            },
          ]),
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
      { key: 'If they stay silent', value: silenceWords(facts, by.now) },
      {
        key: 'When',
        value:
          facts.schedule?.state === 'waiting'
            ? { text: 'At once', hint: `It waits for ${exactTime(facts.schedule.releaseAt)}: this is sooner` }
            : 'At once',
        change: { href: `${address}/schedule`, label: 'Let it wait for a time instead' },
      },
    ],
    channels: {
      caption: 'Channels',
      head: [{ text: 'Channel' }, { text: 'Ready?' }, { text: `What TLP:${bulletin.tlp} lets it carry` }],
      rows: channelsOf(bulletin.tlp, { mail: by.isMailReady, texts: by.areTextsReady }).map(({ name, readiness, carries }) => [
        name,
        readiness,
        carries,
      ]),
    } satisfies TableModel,
    press:
      obstacles.length > 0
        ? null
        : {
            action: `${address}/${action}`,
            fields: alone === null ? [] : aloneFields(alone.reason, alone.errors),
            label: `Release to ${organisations.toLocaleString('en-GB')} ${organisations === 1 ? 'organisation' : 'organisations'}`,
            values: { version: String(bulletin.version), audienceHash: audience.hash },
          },
  }
}

function lateWords({ at, by }: LateChange): string {
  return `Who gets it was changed after the approval, by ${by ?? 'the operator of this machine'}, ${exactTime(at)}. Whoever approved it has not seen that.`
}

function notOffered(state: Bulletin['state'], isAlone: boolean): string {
  const words = `This bulletin is ${stateLabel(state).toLowerCase()}.`
  return isAlone ? `${words} Only one that nobody else approved is released alone.` : `${words} Only an approved one can be released.`
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

/** What happens about silence, by the policies of today: those of the day of release hold. */
function silenceWords({ bulletin, version, policies }: ReleaseFacts, now: Instant) {
  if (bulletin.isExercise) return { text: 'Nobody is chased for an exercise', href: '/chase-policies' }
  const inForce = [...policiesFor(policies, version.content.severity, now).values()]
  const words = inForce.filter(({ organisationType }) => organisationType === null).map(policySentence)
  const own = inForce.length - words.length
  return {
    text: words.join(' ') || 'Nobody is reminded by itself',
    href: '/chase-policies',
    hint:
      own === 0
        ? 'What they do is their choice: silence is shown as silence'
        : `${own} ${own === 1 ? 'type has a policy' : 'types have policies'} of their own`,
  }
}
