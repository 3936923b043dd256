import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

const SMART =
  'Lessons learned review of the WannaCry attack (2018), 4.19: fear of the clinical impact of downtime was the commonest reason not to patch'
const TOOLKIT =
  'Data Security and Protection Toolkit 9.2.3 (2022): a flaw left open is documented, understood and agreed with the senior information risk owner'

/** Code, label, what it says, whether words are needed, days until it is looked at again. */
const REASONS: readonly (readonly [string, string, string, boolean, number])[] = [
  [
    'clinical-downtime',
    'Downtime is not safe for patients',
    'Care would suffer more from the work than from the risk, for the time being',
    false,
    28,
  ],
  ['awaiting-supplier', 'We wait for the supplier', 'The supplier has to act first, or has not cleared the change', false, 28],
  ['not-worth-the-risk', 'The change is riskier than the flaw', 'We weighed both, and other measures hold the risk down', false, 90],
  ['replaced-soon', 'It is replaced soon', 'It leaves service before the work would be done', false, 90],
  ['not-reachable', 'It cannot be reached from outside', 'It stands alone, or behind what keeps an attacker out', false, 90],
  ['other', 'Another reason', 'In your own words', true, 28],
]

const ASKED_TYPES: readonly string[] = ['trust', 'care-trust', 'ambulance-trust', 'welsh-trust']

/**
 * Answers in depth: reasons for not acting as policy, the detail that stays with the organisation unless it shares it, counter-signatures,
 * progress by product, the steps ticked off, and what a machine answered.
 *
 * What the centre and the regions may read of an answer is the row in broadcast_response: words stand there only when they are shared.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table broadcast_response add column reason_code text, add column review_on date,
    add column keeps_detail boolean not null default false`.execute(db)
  await sql`alter table broadcast_recipient add column review_on date`.execute(db)
  await sql`alter table broadcast_delivery add column link_revoked_at timestamptz, add column link_uses integer not null default 0`.execute(db)
  await sql`
    create table broadcast_reason (
      code text not null,
      effective_from date not null,
      ended_on date,
      label text not null,
      says text not null,
      needs_words boolean not null,
      review_days integer not null check (review_days between 1 and 366),
      position integer not null,
      source text not null,
      primary key (code, effective_from)
    )`.execute(db)
  for (const [position, [code, label, says, needsWords, days]] of REASONS.entries()) {
    await sql`
      insert into broadcast_reason (code, effective_from, label, says, needs_words, review_days, position, source)
      values (${code}, '2018-04-01', ${label}, ${says}, ${needsWords}, ${days}, ${position}, ${SMART})`.execute(db)
  }
  // Who is asked to sign a decision not to act: by severity and type of organisation, and where it says so, by the reason.
  await sql`
    create table broadcast_signature_policy (
      id bigint generated always as identity primary key,
      effective_from date not null,
      ended_on date,
      severity text not null,
      organisation_type text not null,
      reason_code text,
      signer text not null,
      title text not null,
      source text not null
    )`.execute(db)
  for (const type of ASKED_TYPES) {
    await sql`
      insert into broadcast_signature_policy (effective_from, severity, organisation_type, reason_code, signer, title, source)
      values ('2022-09-01', 'high', ${type}, null, 'risk-owner', 'Senior information risk owner', ${TOOLKIT}),
        ('2018-04-01', 'high', ${type}, 'clinical-downtime', 'medical-director', 'Medical director', ${SMART})`.execute(db)
  }
  await sql`
    create table broadcast_response_detail (
      response_id text primary key references broadcast_response (id),
      bulletin_id text not null references broadcast_bulletin (id),
      organisation_id text not null references directory_organisation (id),
      is_shared boolean not null,
      note text,
      reason text,
      owner text,
      evidence text,
      evidence_sha256 text check (evidence_sha256 ~ '^[0-9a-f]{64}$'),
      window_from timestamptz,
      window_to timestamptz,
      window_stops text,
      window_agreed_by text,
      check (window_to > window_from)
    )`.execute(db)
  await sql`create index broadcast_response_detail_of on broadcast_response_detail (bulletin_id, organisation_id)`.execute(db)
  // Without a row an organisation shares the state alone.
  await sql`
    create table broadcast_sharing (
      organisation_id text primary key references directory_organisation (id),
      shares_detail boolean not null,
      changed_at timestamptz not null,
      changed_by text not null
    )`.execute(db)
  await sql`
    create table broadcast_signature (
      id text primary key,
      response_id text not null references broadcast_response_detail (response_id),
      bulletin_id text not null references broadcast_bulletin (id),
      organisation_id text not null references directory_organisation (id),
      signer text not null,
      title text not null,
      contact_id text not null references directory_contact (id),
      decision_hash text not null,
      generation integer not null default 1,
      asked_at timestamptz not null,
      asked_by_kind text not null,
      asked_by_id text not null,
      expires_at timestamptz not null,
      answered_at timestamptz,
      outcome text check (outcome in ('signed', 'declined')),
      signed_name text,
      words text,
      revoked_at timestamptz
    )`.execute(db)
  await sql`create index broadcast_signature_of on broadcast_signature (bulletin_id, organisation_id, asked_at)`.execute(db)
  await sql`create unique index broadcast_signature_once on broadcast_signature (response_id, contact_id) where revoked_at is null`.execute(db)
  await sql`
    create table broadcast_asset_progress (
      bulletin_id text not null references broadcast_bulletin (id),
      organisation_id text not null references directory_organisation (id),
      asset_key text not null,
      label text not null,
      total integer not null check (total >= 0),
      done integer not null check (done between 0 and total),
      updated_at timestamptz not null,
      updated_by_kind text not null,
      updated_by_id text not null,
      primary key (bulletin_id, organisation_id, asset_key)
    )`.execute(db)
  await sql`
    create table broadcast_progress_total (
      bulletin_id text not null references broadcast_bulletin (id),
      organisation_id text not null references directory_organisation (id),
      total integer not null,
      done integer not null,
      is_shared boolean not null,
      updated_at timestamptz not null,
      primary key (bulletin_id, organisation_id)
    )`.execute(db)
  await sql`
    create table broadcast_step_tick (
      bulletin_id text not null references broadcast_bulletin (id),
      organisation_id text not null references directory_organisation (id),
      step_key text not null,
      is_done boolean not null,
      delegated_to text,
      updated_at timestamptz not null,
      updated_by_kind text not null,
      updated_by_id text not null,
      primary key (bulletin_id, organisation_id, step_key)
    )`.execute(db)
  await sql`
    create table broadcast_machine_answer (
      organisation_id text not null references directory_organisation (id),
      key_hash text not null,
      request_hash text not null,
      bulletin_id text not null references broadcast_bulletin (id),
      outcome jsonb not null,
      at timestamptz not null,
      primary key (organisation_id, key_hash)
    )`.execute(db)

  const isSystem = sql`(select carecert_scope_kind()) = 'system'`
  // A region's organisations are in carecert_organisations() too, so the kind of scope is asked first: a region oversees, it does not own.
  const isOwn = sql`(select carecert_scope_kind()) in ('organisation', 'partner') and organisation_id in (select carecert_organisations())`
  // AMBER+STRICT and RED stay with the organisation: its partner sees of them only what went to itself (0020).
  const isOwnBulletin = sql`${isOwn} and (organisation_id = (select carecert_scope_id()) or bulletin_id not in (select carecert_strict_bulletins()))`
  const mayKeep = sql`${isSystem} or (${isOwnBulletin})`
  const mayRead = sql`${mayKeep} or (is_shared and ((select carecert_sees_all()) or organisation_id in (select carecert_organisations())))`
  for (const table of ['broadcast_response_detail', 'broadcast_progress_total']) await protect(db, table, mayRead, mayKeep)
  for (const table of ['broadcast_asset_progress', 'broadcast_step_tick', 'broadcast_machine_answer']) await protect(db, table, mayKeep)
  // Who signed is as open as the decision that they signed: what may be read of that table decides.
  await protect(
    db,
    'broadcast_signature',
    sql`exists (select from broadcast_response_detail detail where detail.response_id = broadcast_signature.response_id)`,
    mayKeep,
  )
  // What an organisation shares is its own choice: a partner that answers for it does not make it.
  await protect(
    db,
    'broadcast_sharing',
    sql`${isSystem} or (${isOwn})`,
    sql`${isSystem} or ((select carecert_scope_kind()) = 'organisation' and organisation_id = (select carecert_scope_id()))`,
  )
  for (const table of ['broadcast_reason', 'broadcast_signature_policy'])
    await protect(db, table, sql`(select carecert_scope_kind()) <> 'none'`, sql`(select carecert_sees_all())`)
}
