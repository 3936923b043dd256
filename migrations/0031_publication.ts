import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/** What is published of bulletins to machines, and the files of the CSAF provider. */
export async function up(db: Kysely<unknown>): Promise<void> {
  // Published bulletins are read newest change first.
  await sql`create index broadcast_bulletin_changed on broadcast_bulletin (updated_at desc, number desc) where released_at is not null`.execute(db)

  await keepNarrowerWords(db)

  // The document of a bulletin in each version of CSAF. Its hash files are written from the hashes.
  await sql`
    create table interop_csaf_document (
      bulletin_id text not null references broadcast_bulletin (id),
      csaf text not null check (csaf in ('2.0', '2.1')),
      tracking_id text not null,
      tlp text not null,
      is_public boolean not null check (is_public = (tlp = 'CLEAR')),
      folder text not null,
      path text not null,
      title text not null,
      summary text not null,
      terms jsonb not null,
      body text not null,
      sha256 text not null,
      sha512 text not null,
      signature text,
      signed_by text,
      signed_until timestamptz,
      published_at timestamptz not null,
      updated_at timestamptz not null,
      changed_at timestamptz not null,
      primary key (bulletin_id, csaf),
      unique (csaf, folder, path)
    )`.execute(db)
  // The public files that list documents, written anew with each change of one.
  await sql`
    create table interop_csaf_file (
      path text primary key,
      content_type text not null,
      body text not null,
      hash text not null,
      at timestamptz not null
    )`.execute(db)
  // One row: whoever writes files holds it until the commit, so that lists and documents always agree.
  await sql`create table interop_csaf_state (is_only boolean primary key default true check (is_only), since timestamptz)`.execute(db)
  await sql`insert into interop_csaf_state default values`.execute(db)

  const isSystem = sql`(select carecert_scope_kind()) = 'system'`
  await protect(db, 'interop_csaf_document', sql`is_public or (select carecert_sees_all()) or bulletin_id in (select carecert_bulletins())`, isSystem)
  await protect(db, 'interop_csaf_file', sql`true`, isSystem)
  await protect(db, 'interop_csaf_state', isSystem)
}

/**
 * What was said of a bulletin while its label was narrower stays with the centre, as the versions of that time do (0025): those whom the wider label let in were not
 * meant. A released bulletin's label only ever widens.
 */
async function keepNarrowerWords(db: Kysely<unknown>): Promise<void> {
  // The update that gave a bulletin the label which it has today; 0 where it was released with it.
  await sql`
    create function broadcast_opened_by(bulletin text) returns bigint language sql stable security definer set search_path = public, pg_temp
    as $$
      select min(published.id) from broadcast_bulletin today
      cross join lateral (
        select 0::bigint as id, release.version from broadcast_release release where release.bulletin_id = today.id
        union all
        select written.id, written.version from broadcast_update written where written.bulletin_id = today.id and written.version is not null
      ) published
      join broadcast_version version on version.bulletin_id = today.id and version.version = published.version
      where today.id = bulletin
        and array_position(array['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED'], version.content ->> 'tlp')
          <= array_position(array['CLEAR', 'GREEN', 'AMBER', 'AMBER+STRICT', 'RED'], today.tlp)
    $$`.execute(db)
  const isCentre = sql`(select carecert_sees_all())`
  await sql`
    alter policy broadcast_update_read on broadcast_update
      using (${isCentre} or (bulletin_id in (select id from broadcast_bulletin) and id >= broadcast_opened_by(bulletin_id)))`.execute(db)
  await sql`
    alter policy broadcast_severity_read on broadcast_severity
      using (${isCentre} or (bulletin_id in (select id from broadcast_bulletin) and (
        reason is null or broadcast_opened_by(bulletin_id) = 0
        or at >= (select opened.at from broadcast_update opened where opened.id = broadcast_opened_by(broadcast_severity.bulletin_id))
      )))`.execute(db)
}
