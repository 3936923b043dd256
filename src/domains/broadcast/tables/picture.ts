import type { Instant } from '../../../kernel/instant.ts'

/**
 * How many more recipients, or fewer, first did `event` within so many minutes of being told. The database adds rows as recipients answer
 * (migration 0027); the count of a key is the sum of its rows. The centre and the regions read it: others count their own recipients.
 */
export interface AnswerTimeTable {
  bulletin_id: string
  event: 'acknowledged' | 'decided' | 'done'
  /** The newest answer of those who decided; `null` with the other events. */
  response: string | null
  /** The end of the step of time in which it happened (`broadcast_step_end`). */
  within_minutes: number
  type: string | null
  region_code: string | null
  looked_after_by: string | null
  change: number
}

/**
 * How many more deliveries of a mailing, or fewer, are about organisations that a region looks after. The database adds rows as deliveries are
 * made and as organisations move (migration 0035); the count of a key is the sum of its rows.
 */
export interface DeliveryTallyTable {
  bulletin_id: string
  mailing_id: string
  looked_after_by: string | null
  change: number
}

/** A person's word on one reported incident: of the kind of the bulletin, or not although its words name it. */
export interface ImpactReportTable {
  bulletin_id: string
  notification_id: string
  is_of_kind: boolean
  by_id: string
  at: Instant
}

export interface PictureTables {
  broadcast_answer_time: AnswerTimeTable
  broadcast_delivery_tally: DeliveryTallyTable
  broadcast_impact_report: ImpactReportTable
}
