import {
  capTime,
  type CapAlert,
  type CapCertainty,
  type CapReference,
  type CapScope,
  type CapSeverity,
  type CapUrgency,
} from '../../codecs/cap/alert.ts'
import { bulletinNumber, fiveLines, severityLabel, type BulletinContent, type PublishedBulletin } from '../../domains/broadcast/contract.ts'
import type { Instant } from '../../kernel/instant.ts'
import { lastMaterialChange } from '../published.ts'

/**
 * Alerts in the Common Alerting Protocol 1.2 for bulletins that are urgent.
 *
 * Invariants:
 * 1. An alert is made and signed once, when its bulletin is published or changes in a way that matters, and never changed.
 * 2. Once there is an alert, each change that matters follows as an Update and the end as a Cancel, whatever the severity is by then.
 * 3. An exercise leaves us here and nowhere else, as an alert of status Exercise, to those to whom it was sent.
 * 4. RED has no alert. Who may read one is whoever may read its bulletin.
 */
export interface CapPolicy {
  readonly isUrgent: boolean
  readonly urgency: CapUrgency
  readonly severity: CapSeverity
}

/** An alert that was published for the same bulletin before. */
export interface EarlierAlert extends CapReference {
  readonly position: number
  readonly changedAt: Instant
  readonly messageType: 'Alert' | 'Update' | 'Cancel'
}

/** From whom, for where, and as of when alerts are sent. */
export interface CapHead {
  readonly sender: string
  readonly senderName: string
  readonly area: string
  readonly baseUrl: string
  readonly now: Instant
  /** Whether all of it is invented: receivers are told to disregard it. */
  readonly isSample: boolean
}

/** What comes next for a bulletin: an alert, or nothing. `earlier` is oldest first. */
export function nextMessage(bulletin: PublishedBulletin, policy: CapPolicy, earlier: readonly EarlierAlert[]): 'Alert' | 'Update' | 'Cancel' | null {
  if (bulletin.tlp === 'RED') return null
  const last = earlier.at(-1)
  // Nobody was alerted to what has ended, and what was ended needs no end.
  if (last === undefined) return policy.isUrgent && bulletin.state === 'live' ? 'Alert' : null
  if (last.messageType === 'Cancel' || last.changedAt >= lastMaterialChange(bulletin)) return null
  return bulletin.state === 'live' ? 'Update' : 'Cancel'
}

const CERTAINTY: Readonly<Record<BulletinContent['confidence'], CapCertainty>> = {
  confirmed: 'Observed',
  likely: 'Likely',
  possible: 'Possible',
  unknown: 'Unknown',
}

/** The alert that tells of a bulletin as it stands. */
export function alertOf(
  bulletin: PublishedBulletin,
  messageType: 'Alert' | 'Update' | 'Cancel',
  policy: CapPolicy,
  earlier: readonly EarlierAlert[],
  head: CapHead,
): CapAlert {
  const { content, tlp, isExercise, state } = bulletin
  const number = bulletinNumber(bulletin.number)
  const isEnd = messageType === 'Cancel'
  const lines = fiveLines(content)
  const exercise = isExercise ? 'EXERCISE: ' : ''
  return {
    identifier: `${number}-${(earlier.at(-1)?.position ?? 0) + 1}`,
    sender: head.sender,
    sent: head.now,
    status: isExercise ? 'Exercise' : head.isSample ? 'Test' : 'Actual',
    messageType,
    scope: scopeOf(bulletin),
    note: noteOf(bulletin),
    references: earlier.map(({ sender, identifier, sent }) => ({ sender, identifier, sent })),
    info: {
      language: 'en-GB',
      categories: ['Infra', 'Health'],
      event: content.threatType,
      responseType: isEnd ? 'None' : content.steps.length > 0 ? 'Execute' : 'Monitor',
      urgency: isEnd ? 'Past' : policy.urgency,
      severity: policy.severity,
      certainty: CERTAINTY[content.confidence],
      audience: lines.who,
      effective: bulletin.changedAt,
      senderName: head.senderName,
      headline: `${exercise}${isEnd ? (state === 'superseded' ? 'Replaced: ' : 'Withdrawn: ') : ''}${number}: ${content.title}`,
      description: `${exercise}${content.summary === '' ? lines.what : content.summary}`,
      instruction: isEnd ? null : instructionOf(content),
      web: `${head.baseUrl}${tlp === 'CLEAR' && !isExercise ? '/public' : '/bulletins'}/${number}`,
      parameters: [
        { name: 'TLP', value: `TLP:${tlp}` },
        { name: 'Severity', value: severityLabel(content.severity) },
        { name: 'Version', value: String(bulletin.version) },
        ...(bulletin.respondBy === null || isEnd ? [] : [{ name: 'AnswerBy', value: capTime(bulletin.respondBy) }]),
        ...content.cves.map(cve => ({ name: 'CVE', value: cve })),
      ],
      area: head.area,
    },
  }
}

/** CLEAR is for everybody, GREEN for the community, and above it the addressees are those to whom it was sent: who they are is not for each other. */
function scopeOf({ tlp, isExercise, sharingGroup, number }: PublishedBulletin): CapScope {
  if (sharingGroup !== null) return { kind: 'Private', addresses: [`urn:uuid:${sharingGroup.id}`] }
  if (tlp === 'GREEN')
    return { kind: 'Restricted', restriction: 'TLP:GREEN: within the health and care community, and not in public (FIRST TLP 2.0)' }
  if (tlp === 'CLEAR' && !isExercise) return { kind: 'Public' }
  return { kind: 'Private', addresses: [`recipients-of-${bulletinNumber(number)}`] }
}

function noteOf({ isExercise, state, reason, supersededBy }: PublishedBulletin): string | null {
  if (state !== 'live') return `${reason ?? 'It no longer holds.'}${supersededBy === null ? '' : ` Read ${bulletinNumber(supersededBy)} instead.`}`
  // A note is asked for with an exercise, to say which (§3.2.1).
  return isExercise ? 'This is an exercise. It is not happening.' : null
}

function instructionOf({ remediationIntro, steps, safeToUse }: BulletinContent): string {
  return [
    remediationIntro,
    ...steps.map(({ type, text, link }, at) => `${at + 1}. ${type}: ${text}${link === '' ? '' : ` ${link}`}`),
    safeToUse === '' ? '' : `Safe to use: ${safeToUse}`,
  ]
    .filter(part => part !== '')
    .join('\n')
}
