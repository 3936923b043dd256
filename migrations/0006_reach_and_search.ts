import { sql, type Kysely, type RawBuilder } from 'kysely'

/**
 * How many contacts of each organisation can be mailed, kept by the database, so that an audience of fifty thousand is counted, hashed and
 * listed without a look at its contacts. And the words of each version of a bulletin, to be found by.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  await countMailable(db)

  // Audiences are listed and hashed in this order, which no locale changes, from the index alone.
  await sql`drop index directory_organisation_code`.execute(db)
  await sql`create index directory_organisation_code on directory_organisation (code collate "C")
    include (id, type, region_code, board_code, country, status, mailable_contacts)`.execute(db)
  await sql`create index directory_organisation_country on directory_organisation (country)`.execute(db)

  await indexWords(db)
}

async function countMailable(db: Kysely<unknown>): Promise<void> {
  const mailable = sql`ended_at is null and email is not null and receives_bulletins`
  await sql`alter table directory_organisation add column mailable_contacts integer not null default 0`.execute(db)
  await sql`
    update directory_organisation organisation set mailable_contacts = counted.contacts
    from (select organisation_id, count(*) as contacts from directory_contact where ${mailable} group by 1) as counted
    where organisation.id = counted.organisation_id`.execute(db)

  // An organisation is new before its contacts are: whatever count it comes with (from a backup) would be counted twice.
  await sql`
    create function directory_organisation_unreached() returns trigger language plpgsql
    as $$ begin new.mailable_contacts := 0; return new; end $$`.execute(db)
  await sql`
    create trigger directory_organisation_unreached before insert on directory_organisation for each row when (new.mailable_contacts <> 0)
      execute function directory_organisation_unreached()`.execute(db)

  const gained = sql`select organisation_id, 1 as sign from after_change where ${mailable}`
  const lost = sql`select organisation_id, -1 as sign from before_change where ${mailable}`
  const follow = async (verb: 'insert' | 'update' | 'delete', changes: RawBuilder<unknown>, named: RawBuilder<unknown>) => {
    const name = sql.ref(`directory_contact_${verb}_counted`)
    // Whoever may change a contact need not be allowed to change the organisation. Rows are locked in one order, so that two files of contacts do not wait for each other.
    await sql`
      create function ${name}() returns trigger language plpgsql security definer set search_path = public, pg_temp
      as $$ begin
        with changed as (select organisation_id, sum(sign)::integer as difference from (${changes}) as contact group by 1 having sum(sign) <> 0),
        held as (select id, difference from directory_organisation join changed on changed.organisation_id = id order by id for no key update of directory_organisation)
        update directory_organisation organisation set mailable_contacts = mailable_contacts + held.difference from held where held.id = organisation.id;
        return null;
      end $$`.execute(db)
    await sql`
      create trigger ${name} after ${sql.raw(verb)} on directory_contact referencing ${named} for each statement execute function ${name}()`.execute(
      db,
    )
  }
  await follow('insert', gained, sql`new table as after_change`)
  await follow('update', sql`${gained} union all ${lost}`, sql`new table as after_change old table as before_change`)
  await follow('delete', lost, sql`old table as before_change`)
}

async function indexWords(db: Kysely<unknown>): Promise<void> {
  // What readers look for first stands first: a vector holds a megabyte at most, and the longest bulletins hold more. With a blank for each
  // slash, because PostgreSQL would take "GP/EMIS" for the path of a file.
  await sql`
    create function broadcast_words(content jsonb) returns text language sql immutable
    as $$
      select left(translate(concat_ws(' ', content ->> 'title', content ->> 'shortSummary', content ->> 'cves', content ->> 'summary', (
        select string_agg(value #>> '{}', ' ') from jsonb_path_query(content - '{title,shortSummary,cves,summary,severity,tlp,confidence,respondBy}'::text[], 'strict $.**') as value
        where jsonb_typeof(value) = 'string')), '/', ' '), 100000)
    $$`.execute(db)
  await sql`
    alter table broadcast_version add column search tsvector not null generated always as (to_tsvector('english', broadcast_words(content))) stored`.execute(
    db,
  )
  await sql`create index broadcast_version_search on broadcast_version using gin (search)`.execute(db)
  // Security definer: under row-level security PostgreSQL would not use the index. It gives ids alone, and finds in the newest version, which
  // once there is a release must be the one released; whether the reader may see a bulletin of that id, the query says that asks.
  await sql`
    create function broadcast_search(words tsquery) returns setof text language sql stable security definer rows 100 set search_path = public, pg_temp
    as $$
      select bulletin.id from broadcast_version found join broadcast_bulletin bulletin on bulletin.id = found.bulletin_id and bulletin.version = found.version
      where found.search @@ words
        and not exists (select from broadcast_release release where release.bulletin_id = bulletin.id and release.version <> found.version)
    $$`.execute(db)
}
