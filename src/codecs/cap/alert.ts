import { Bug } from '../../kernel/errors.ts'
import type { Instant } from '../../kernel/instant.ts'
import { element, xmlDocument, type XmlPiece } from '../../kernel/xml.ts'

/** The words of the Common Alerting Protocol 1.2 (OASIS, CAP-v1.2-os §3.2). */
export type CapStatus = 'Actual' | 'Exercise' | 'System' | 'Test' | 'Draft'
export type CapMessageType = 'Alert' | 'Update' | 'Cancel' | 'Ack' | 'Error'
export type CapUrgency = 'Immediate' | 'Expected' | 'Future' | 'Past' | 'Unknown'
export type CapSeverity = 'Extreme' | 'Severe' | 'Moderate' | 'Minor' | 'Unknown'
export type CapCertainty = 'Observed' | 'Likely' | 'Possible' | 'Unlikely' | 'Unknown'

/** For whom an alert is (§3.2.1): a rule or a list of addressees stands with it where it is not for everybody. */
export type CapScope =
  | { readonly kind: 'Public' }
  | { readonly kind: 'Restricted'; readonly restriction: string }
  | { readonly kind: 'Private'; readonly addresses: readonly string[] }

/** What tells one message from all others (§3.2.1): `sent` as it is written there. */
export interface CapReference {
  readonly sender: string
  readonly identifier: string
  readonly sent: string
}

export interface CapAlert {
  readonly identifier: string
  readonly sender: string
  readonly sent: Instant
  readonly status: CapStatus
  readonly messageType: CapMessageType
  readonly scope: CapScope
  readonly note: string | null
  /** The earlier messages that this one changes or ends. */
  readonly references: readonly CapReference[]
  readonly info: CapInfo
}

export interface CapInfo {
  readonly language: string
  readonly categories: readonly ('Infra' | 'Health' | 'Security' | 'Safety' | 'Other')[]
  readonly event: string
  readonly responseType: 'Execute' | 'Monitor' | 'Assess' | 'AllClear' | 'None'
  readonly urgency: CapUrgency
  readonly severity: CapSeverity
  readonly certainty: CapCertainty
  readonly audience: string | null
  readonly effective: Instant
  readonly senderName: string
  readonly headline: string
  readonly description: string
  readonly instruction: string | null
  readonly web: string
  readonly parameters: readonly { readonly name: string; readonly value: string }[]
  readonly area: string
}

const NAMESPACE = 'urn:oasis:names:tc:emergency:cap:1.2'
/** An identifier and a sender hold no blank, comma, `<` or `&` (§3.2.1). */
const NAME = /^[^\s,<&]+$/

function isCapName(text: string): boolean {
  return NAME.test(text)
}

/** A time as CAP writes it (§3.2.1, §3.3.2): whole seconds and a numeric offset, which for UTC is `-00:00` and never `Z`. */
export function capTime(at: Instant): string {
  return `${at.toISOString().slice(0, 19)}-00:00`
}

/**
 * Writes an alert, in the order of its schema. Throws `Bug` where it would not be valid: a name that holds what it may not, or an update or a
 * cancellation of nothing.
 */
export function writeCapAlert(alert: CapAlert): string {
  const { identifier, sender, messageType, scope, references } = alert
  if (!isCapName(identifier) || !isCapName(sender)) throw new Bug('cap.name', `"${identifier}" or "${sender}" cannot name an alert.`)
  if (messageType !== 'Alert' && references.length === 0) throw new Bug('cap.references', `An ${messageType} must refer to what it is about.`)
  return xmlDocument(
    element(
      'alert',
      { xmlns: NAMESPACE },
      element('identifier', {}, identifier),
      element('sender', {}, sender),
      element('sent', {}, capTime(alert.sent)),
      element('status', {}, alert.status),
      element('msgType', {}, messageType),
      element('scope', {}, scope.kind),
      scope.kind === 'Restricted' ? element('restriction', {}, scope.restriction) : null,
      scope.kind === 'Private' ? element('addresses', {}, scope.addresses.map(addressee).join(' ')) : null,
      optional('note', alert.note),
      references.length === 0 ? null : element('references', {}, references.map(referenceText).join(' ')),
      infoElement(alert.info),
    ),
  )
}

function infoElement(info: CapInfo): XmlPiece {
  return element(
    'info',
    {},
    element('language', {}, info.language),
    ...info.categories.map(category => element('category', {}, category)),
    element('event', {}, info.event),
    element('responseType', {}, info.responseType),
    element('urgency', {}, info.urgency),
    element('severity', {}, info.severity),
    element('certainty', {}, info.certainty),
    optional('audience', info.audience),
    element('effective', {}, capTime(info.effective)),
    element('senderName', {}, info.senderName),
    element('headline', {}, info.headline),
    element('description', {}, info.description),
    optional('instruction', info.instruction),
    element('web', {}, info.web),
    ...info.parameters.map(({ name, value }) => element('parameter', {}, element('valueName', {}, name), element('value', {}, value))),
    element('area', {}, element('areaDesc', {}, info.area)),
  )
}

function optional(name: string, text: string | null): XmlPiece | null {
  return text === null || text === '' ? null : element(name, {}, text)
}

function referenceText({ sender, identifier, sent }: CapReference): string {
  return `${sender},${identifier},${sent}`
}

/** Addressees are parted by blanks: one that holds a blank stands in quotes (§3.2.1). */
function addressee(text: string): string {
  return /\s/.test(text) ? `"${text.replaceAll('"', "'")}"` : text
}
