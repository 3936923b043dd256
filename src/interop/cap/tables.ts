import type { CapMessageType, CapSeverity, CapUrgency } from '../../codecs/cap/alert.ts'
import type { BulletinSeverity } from '../../domains/broadcast/contract.ts'
import type { Instant, LocalDate } from '../../kernel/instant.ts'
import type { Tlp } from '../../kernel/tlp.ts'

/** Which bulletins are urgent, from a day on until the next row of the same severity, and what their alerts say. */
export interface CapPolicyTable {
  severity: BulletinSeverity
  effective_from: LocalDate
  is_urgent: boolean
  cap_urgency: CapUrgency
  cap_severity: CapSeverity
  /** Who decided so. */
  source: string
}

/** An alert as it was published, with its signature. Never changed. */
export interface CapAlertTable {
  identifier: string
  bulletin_id: string
  /** Which of its bulletin's alerts it is, from 1. */
  position: number
  message_type: CapMessageType
  tlp: Tlp
  sender: string
  /** As it stands in the alert. */
  sent: string
  /** When the change was made that it tells of. */
  changed_at: Instant
  /** Empty where the index may not say it. */
  headline: string
  xml: string
}

export interface CapTables {
  interop_cap_policy: CapPolicyTable
  interop_cap_alert: CapAlertTable
}
