import { sql, type Kysely } from 'kysely'
import { v7 as uuidv7 } from 'uuid'
import { buildSector, type SampleOrganisation } from '../../src/app/sample/sector.ts'
import { makeId } from '../../src/kernel/id.ts'
import { nameKey } from '../../src/kernel/name-key.ts'
import type { Database } from '../../src/platform/db/database.ts'

/** The estates of the benchmark: how many products there are, and how many of them each organisation runs. */
export const PRODUCTS = 20_000
export const PRODUCTS_EACH = 200

const AT_ONCE = 5_000

/**
 * Writes the invented sector of that size straight into the tables: organisations and contacts, not what they run. Past every rule
 * and in a few seconds, because what is measured comes after.
 */
export async function plantSector(database: Database, organisations: number): Promise<void> {
  const sector = buildSector({ organisations, seed: 1 })
  for (let start = 0; start < sector.organisations.length; start += AT_ONCE)
    await plant(database.kysely, sector.organisations.slice(start, start + AT_ONCE))
  await sql`vacuum analyze directory_organisation, directory_contact`.execute(database.kysely)
}

async function plant(db: Kysely<unknown>, organisations: readonly SampleOrganisation[]): Promise<void> {
  const rows = organisations.map(organisation => ({ ...organisation, id: makeId('organisation', uuidv7()), nameKey: nameKey(organisation.name) }))
  const contacts = rows.flatMap(({ id, contacts: some }) =>
    some.map(contact => ({ id: makeId('contact', uuidv7()), organisationId: id, ...contact })),
  )
  await sql`
    insert into directory_organisation (id, code, name, name_key, type, country, region_code, board_code, postcode, phone, status, size, source, created_at, updated_at)
    select id, code, name, "nameKey", type, 'England', "regionCode", "boardCode", postcode, phone, 'open', size, 'bench', now(), now()
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as row(id text, code text, name text, "nameKey" text, type text, "regionCode" text, "boardCode" text, postcode text, phone text, size integer)`.execute(
    db,
  )
  await sql`
    insert into directory_contact (id, organisation_id, name, purpose, email, mobile, out_of_hours, last_proved_at, created_at)
    select id, "organisationId", name, purpose, email, mobile, "outOfHours", now() - make_interval(days => "provedDaysAgo"), now()
    from jsonb_to_recordset(${JSON.stringify(contacts)}::jsonb) as row(id text, "organisationId" text, name text, purpose text, email text, mobile text, "outOfHours" boolean, "provedDaysAgo" integer)`.execute(
    db,
  )
}

/**
 * Gives each organisation `PRODUCTS_EACH` lines of technology, drawn from `PRODUCTS` with a steep popularity: nearly everybody runs the
 * first product, next to nobody the last. The same estates every time. One line in twenty is not shared with the centre.
 * Written in bulk, with the indexes built after the rows.
 */
export async function plantTechnology(database: Database): Promise<void> {
  await database.kysely.connection().execute(async db => {
    await sql`set maintenance_work_mem = '512MB'`.execute(db)
    await sql`
      insert into directory_product (maker, product, maker_key, product_key)
      select 'Maker' || number % 4000, 'Product' || number, 'maker' || number % 4000, 'product' || number from generate_series(0, ${PRODUCTS - 1}::int) as number order by number`.execute(
      db,
    )
    const { rows: constraints } = await sql<{ name: string; definition: string }>`
      select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint where conrelid = 'directory_technology'::regclass and contype in ('p', 'f') order by contype desc`.execute(
      db,
    )
    const { rows: indexes } = await sql<{ name: string; definition: string }>`
      select indexname as name, indexdef as definition from pg_indexes where tablename = 'directory_technology' and indexname not in (select conname from pg_constraint)`.execute(
      db,
    )
    for (const { name } of constraints) await sql`alter table directory_technology drop constraint ${sql.ref(name)}`.execute(db)
    for (const { name } of indexes) await sql`drop index ${sql.ref(name)}`.execute(db)
    await sql`select setseed(0.42)`.execute(db)
    // The slot stands in the version, so that no organisation has one line twice.
    await sql`
      insert into directory_technology (organisation_id, product_id, version, source, count, shared, updated_at)
      select organisation.id, first.id + floor(${PRODUCTS}::int * power(random(), 3))::int, 1 + floor(random() * 10)::int || '.' || slot, 'bench',
        1 + floor(random() * 40)::int, random() >= 0.05, now()
      from directory_organisation organisation cross join generate_series(1, ${PRODUCTS_EACH}::int) slot cross join (select min(id) as id from directory_product) first`.execute(
      db,
    )
    for (const { definition } of indexes) await sql.raw(definition).execute(db)
    for (const { name, definition } of constraints.toReversed())
      await sql`alter table directory_technology add constraint ${sql.ref(name)} ${sql.raw(definition)}`.execute(db)
    await sql`vacuum analyze directory_technology, directory_product`.execute(db)
  })
}

/**
 * Lets every release run its course: most messages arrive, a few fail or are given up, six organisations in ten answer, one way or another.
 * The same every time.
 */
export async function answerSome(database: Database): Promise<void> {
  await database.kysely.connection().execute(async db => {
    await sql`select setseed(0.42)`.execute(db)
    // One bulletin a day, the last of them two days ago.
    await sql`
      update broadcast_bulletin set released_at = released_at - make_interval(days => 2 + age), respond_by = respond_by - make_interval(days => 2 + age)
      from (select id as aged_id, (row_number() over (order by number desc))::int - 1 as age from broadcast_bulletin where released_at is not null) as aged where id = aged_id`.execute(
      db,
    )
    await sql`update broadcast_release release set released_at = bulletin.released_at from broadcast_bulletin bulletin where bulletin.id = release.bulletin_id`.execute(
      db,
    )
    await sql`update broadcast_delivery delivery set queued_at = release.released_at from broadcast_release release where release.bulletin_id = delivery.bulletin_id`.execute(
      db,
    )
    await sql`
      update broadcast_delivery set state = fate, attempts = 1, attempted_at = queued_at, words = case when fate = 'sent' then '250 2.0.0 taken' else '450 4.2.1 busy' end,
        due_at = case when fate = 'failed' then now() + interval '1 hour' end, sent_at = case when fate = 'sent' then queued_at end
      from (select id as delivery_id, case when dice < 0.97 then 'sent' when dice < 0.98 then 'failed' else 'given-up' end as fate from (select id, random() as dice from broadcast_delivery order by id) as rolled) as rolled
      where delivery_id = id`.execute(db)
    await sql`
      insert into broadcast_response (id, bulletin_id, organisation_id, state, at, by_kind, by_id, via, reason, next_date)
      select 'res_' || md5(bulletin_id || organisation_id), bulletin_id, organisation_id, answer, released_at + (now() - released_at) * power(random(), 2), 'contact', 'bench', 'link', case when answer = 'not-acting' then 'We do not run it.' end, case when answer = 'in-progress' then current_date + 7 end
      from (
        select recipient.bulletin_id, organisation_id, released_at, (array['acknowledged', 'assessing', 'not-applicable', 'in-progress', 'done', 'not-acting'])[1 + floor(random() * 6)::int] as answer
        from broadcast_recipient recipient join broadcast_release release on release.id = recipient.release_id where is_reachable order by recipient.bulletin_id, organisation_id
      ) as rolled where random() < 0.6`.execute(db)
    await sql`
      update broadcast_recipient recipient set delivered_at = answer.at, response = answer.state, response_at = answer.at, acknowledged_at = answer.at, next_date = answer.next_date,
        decided_at = case when answer.state not in ('acknowledged', 'assessing') then answer.at end, done_at = case when answer.state = 'done' then answer.at end
      from broadcast_response answer where answer.bulletin_id = recipient.bulletin_id and answer.organisation_id = recipient.organisation_id`.execute(
      db,
    )
    await sql`update broadcast_recipient set delivered_at = now() where is_reachable and delivered_at is null`.execute(db)
    await sql`vacuum analyze`.execute(db)
  })
}
