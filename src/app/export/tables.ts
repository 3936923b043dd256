import { may, type Actor } from '../../platform/work/actor.ts'

/**
 * What of the database a person takes away, by table: the permissions of the pages that show it, of which one is enough. Row-level security then
 * leaves the rows of that person's scope. A table that stands here in no list leaves only with the whole, by the hand of whoever runs the machine.
 */
export const SHOWN_BY: Readonly<Record<string, readonly string[]>> = {
  ...shown(['operations.audit.list'], ['audit_record']),
  ...shown(
    ['directory.organisation.list'],
    [
      'directory_organisation',
      'directory_organisation_change',
      'directory_organisation_type',
      'directory_partnership',
      'directory_product',
      'directory_successor',
    ],
  ),
  ...shown(['directory.organisation.view'], ['directory_contact']),
  ...shown(['directory.contact.change'], ['directory_contact_repair']),
  ...shown(['directory.people.view'], ['directory_assignment', 'directory_person']),
  ...shown(['directory.technology.view', 'directory.organisation.list'], ['directory_technology']),
  ...shown(
    ['watch.threat.view'],
    [
      'watch_affected_name',
      'watch_epss',
      'watch_epss_file',
      'watch_indicator',
      'watch_item',
      'watch_item_change',
      'watch_item_key',
      'watch_known_product',
      'watch_maker_alias',
      'watch_match',
      'watch_matched_threat',
      'watch_matching',
      'watch_name_match',
      'watch_product_verdict',
      'watch_sighting',
      'watch_sighting_writer',
      'watch_threat',
      'watch_threat_filter',
      'watch_threat_item',
      'watch_threat_note',
      'watch_threat_product',
      'watch_threat_regrouping',
    ],
  ),
  ...shown(['watch.source.view'], ['watch_document', 'watch_document_piece', 'watch_gathering', 'watch_quarantine', 'watch_source']),
  ...shown(['watch.notification.view'], ['watch_notification']),
  ...shown(['watch.notification.handle'], ['watch_notification_note', 'watch_notification_sender']),
  ...shown(
    ['broadcast.bulletin.view'],
    [
      'broadcast_bulletin',
      'broadcast_release',
      'broadcast_service',
      'broadcast_service_statement',
      'broadcast_severity',
      'broadcast_update',
      'broadcast_version',
    ],
  ),
  ...shown(
    ['broadcast.bulletin.work'],
    ['broadcast_alone', 'broadcast_holding', 'broadcast_holding_template', 'broadcast_review', 'broadcast_revision', 'broadcast_schedule'],
  ),
  ...shown(
    ['broadcast.audience.view'],
    [
      'broadcast_audience',
      'broadcast_catch_up',
      'broadcast_clearance',
      'broadcast_clearance_override',
      'broadcast_saved_audience',
      'broadcast_stale_contact',
    ],
  ),
  ...shown(['broadcast.sharing-group.view'], ['broadcast_sharing_group', 'broadcast_sharing_group_member']),
  ...shown(
    ['broadcast.response.view'],
    [
      'broadcast_asset_progress',
      'broadcast_progress_total',
      'broadcast_reason',
      'broadcast_recipient',
      'broadcast_response',
      'broadcast_response_deadline',
      'broadcast_response_detail',
      'broadcast_sharing',
      'broadcast_signature',
      'broadcast_signature_policy',
      'broadcast_step_tick',
    ],
  ),
  ...shown(
    ['broadcast.delivery.view'],
    [
      'broadcast_bounce',
      'broadcast_delivery',
      'broadcast_delivery_tally',
      'broadcast_digest',
      'broadcast_digest_letter',
      'broadcast_digest_policy',
      'broadcast_digest_stop',
      'broadcast_mailing',
      'broadcast_pace',
    ],
  ),
  ...shown(['broadcast.picture.view'], ['broadcast_answer_time']),
  ...shown(['broadcast.impact.view'], ['broadcast_impact_report']),
  ...shown(['broadcast.chase.view'], ['broadcast_chase_policy', 'broadcast_chase_step', 'broadcast_closed_day']),
  ...shown(['interop.cap-policy.view'], ['interop_cap_policy']),
  ...shown(['broadcast.call.make'], ['broadcast_call', 'broadcast_call_hold']),
  ...shown(
    ['assure.plan.view'],
    [
      'assure_action',
      'assure_action_date',
      'assure_action_event',
      'assure_action_retest',
      'assure_funding_status',
      'assure_need_pool',
      'assure_plan',
      'assure_plan_reminder',
      'assure_plan_signature',
      'assure_proposal_left',
    ],
  ),
  ...shown(['assure.benchmark.contribute'], ['assure_contribution']),
  ...shown(
    ['assure.benchmark.view'],
    ['assure_benchmark_cohort', 'assure_benchmark_policy', 'assure_figure', 'assure_freeze', 'assure_freeze_cohort', 'assure_size_band'],
  ),
  ...shown(
    ['assure.framework.view'],
    [
      'assure_crosswalk',
      'assure_crosswalk_pair',
      'assure_framework',
      'assure_framework_node',
      'assure_indicator',
      'assure_profile',
      'assure_profile_level',
      'assure_risk_rule',
    ],
  ),
  ...shown(['assure.catalogue.view'], ['assure_catalogue_entry']),
  ...shown(['assure.practice.view'], ['assure_practice_offer', 'assure_evidence_grade']),
  ...shown(['assure.investment.view'], ['assure_case', 'assure_case_answer', 'assure_case_decision', 'assure_case_entry', 'assure_case_override']),
  ...shown(['assure.plan.view', 'assure.sector.view'], ['assure_need_figure', 'assure_need_freeze']),
}

/** What proves who somebody is stays where it is: people sign in anew elsewhere, and tokens and addresses that hold one are made anew. */
const CREDENTIALS = /^auth_(?!token_policy$)|^interop_feed_(?:address|use)$/

/** Whether a table leaves with the whole. */
export function leavesWithWhole(table: string): boolean {
  return !CREDENTIALS.test(table)
}

/** Whether a person takes rows of that table away. */
export function leavesWith(actor: Actor, table: string): boolean {
  return (SHOWN_BY[table] ?? []).some(permission => may(actor, permission))
}

function shown(permissions: readonly string[], tables: readonly string[]): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(tables.map(table => [table, permissions]))
}
