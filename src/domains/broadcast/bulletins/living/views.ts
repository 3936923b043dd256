import type { Instant } from '../../../../kernel/instant.ts'
import { exactTime } from '../../../../ui/filters/dates.ts'
import { severityTag } from '../../../../ui/labels.ts'
import type { Field } from '../../../../ui/models.ts'
import { aloneFields } from '../../alone-fields.ts'
import { canRelease, type PolicyActor } from '../../policy.ts'
import { changesInWords } from '../difference.ts'
import { REVISION_LIFECYCLE } from '../lifecycle.ts'
import { revisionFindings, stateLabel } from '../model.ts'
import type { Bulletin, Review, Revision, Version } from '../queries.ts'
import { addressOf, headOf, whoWords } from '../views.ts'
import type { Reach } from './queries.ts'

/** The choice whether a change is material: told with how many it goes to. Nothing is chosen beforehand. */
export function tellsField(reach: Reach, value: string, error: string | undefined): Field {
  return {
    name: 'tells',
    label: 'Is it material: must those who got the bulletin be told?',
    kind: 'radios',
    options: [
      { value: 'yes', text: `Yes. Tell ${reachWords(reach)}` },
      { value: 'no', text: 'No. It stands on the page, and nobody is sent anything' },
    ],
    value,
    error,
  }
}

function reachWords({ organisations, contacts }: Reach): string {
  const count = (number: number, one: string) => `${number.toLocaleString('en-GB')} ${one}${number === 1 ? '' : 's'}`
  return `${count(contacts, 'contact')} of ${count(organisations, 'organisation')}`
}

export interface PublishFacts {
  readonly bulletin: Bulletin
  readonly revision: Revision
  readonly live: Version
  readonly next: Version
  readonly reviews: readonly Review[]
  readonly reach: Reach
}

/** The check before a version is published: everything that the publisher agrees to, and the button only where nothing stands in the way. */
export function publishView(
  facts: PublishFacts,
  by: {
    readonly actor: PolicyActor
    readonly now: Instant
    readonly isAlone: boolean
    readonly reason: string
    readonly errors: Readonly<Record<string, string>>
  },
) {
  const { bulletin, revision, next, reach } = facts
  const { news } = next.content
  const action = by.isAlone ? 'publish-alone' : 'publish'
  const isOffered = action in REVISION_LIFECYCLE[revision.state]
  const decision = by.isAlone ? { ok: true as const } : canRelease(by.actor, revision)
  const obstacles = [
    ...(isOffered ? [] : [`This version is ${stateLabel(revision.state).toLowerCase()}, so it cannot be published ${by.isAlone ? 'alone' : 'yet'}.`]),
    ...(isOffered && !decision.ok ? [decision.reason] : []),
    ...revisionFindings(next.content, by.now)
      .filter(({ severity }) => severity === 'error')
      .map(({ message }) => message),
  ]
  const approval = facts.reviews.find(review => review.decision === 'approved' && review.version === revision.approvedVersion)
  const isMaterial = news?.isMaterial === true
  const label = isMaterial ? `Publish and tell ${reachWords(reach)}` : 'Publish and tell nobody'
  return {
    bulletin: headOf(bulletin),
    isAlone: by.isAlone,
    obstacles,
    changes: changesInWords({ ...facts.live.content, severity: bulletin.severity }, next.content),
    news: news ?? null,
    checks: [
      { key: 'Version', value: { text: `Version ${revision.version}`, href: addressOf(bulletin, `/versions/${revision.version}`) } },
      {
        key: 'Approved by',
        value: approval === undefined ? { text: 'Nobody' } : { text: whoWords(approval.by, approval.byId), hint: exactTime(approval.at) },
      },
      { key: 'Severity', value: { tags: [severityTag(next.content.severity)] } },
      { key: 'Material', value: isMaterial ? `Yes: ${reachWords(reach)} are told` : 'No: nobody is sent anything' },
      { key: 'Answers given before', value: news?.asksAgain === true ? 'They stand, and who gave them is asked to answer again' : 'They stand' },
    ],
    press:
      obstacles.length > 0
        ? null
        : {
            action: addressOf(bulletin, `/${action}`),
            label,
            values: { version: String(revision.version) },
            fields: by.isAlone ? aloneFields(by.reason, by.errors) : [],
          },
  }
}
