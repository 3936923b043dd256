/**
 * The tables that may be written without an audit record, each with the reason. Everything else must be recorded
 * (guard 2 of `Work`). What they hold is bookkeeping that the product can lose without anybody's answer changing.
 */
export const UNRECORDED_TABLES: Readonly<Record<string, string>> = {
  auth_session: 'When a session was last used changes with every visit; its start and end are recorded.',
  auth_token: 'When a token was last used changes with its use; its making and its end are recorded.',
  auth_attempt: 'Counters of failed sign-ins; the lock-out that they lead to is recorded.',
  auth_challenge: 'A random number that lives for five minutes.',
  broadcast_tally: 'Sums of what stands in broadcast_recipient; merging them changes no figure.',
  broadcast_answer_time: 'The same, by when they answered.',
  broadcast_delivery_tally: 'The same, of what stands in broadcast_delivery.',
  broadcast_pace: 'How fast each mail domain is written to this minute; losing it costs a little haste.',
  broadcast_notify_callback: 'Counters; what a callback changes is recorded with the delivery.',
  watch_matching: 'Worked out by the matching from what is recorded; it can be worked out again.',
  watch_known_product: 'The same.',
  watch_affected_name: 'The same.',
  watch_name_match: 'The same.',
  watch_match: 'The same; how many run what a threat is about is recorded with the recount.',
  watch_matched_threat: 'The same.',
  platform_answered: 'What a program was answered, for a day, should it ask the same again; what was done is recorded.',
  interop_taxii_clock: 'The number given out last; what takes numbers is recorded.',
  interop_feed_stamp: 'A number that grows; what is logged for the feeds is recorded.',
  interop_feed_use: 'When a feed address was last read by; its making and its end are recorded.',
  platform_worker: 'When each worker last showed life.',
}
