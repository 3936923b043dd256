import { sql, type Kysely } from 'kysely'
import { protect } from './protect.ts'

/** Days between Monday and Friday on which nobody works: policies that count working hours leave them out. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`
    create table broadcast_closed_day (
      id bigint generated always as identity primary key,
      day date not null,
      name text not null,
      source text not null,
      set_by text not null,
      set_at timestamptz not null,
      removed_by text,
      removed_at timestamptz
    )`.execute(db)
  await sql`create unique index broadcast_closed_day_of on broadcast_closed_day (day) where removed_at is null`.execute(db)
  await sql`
    insert into broadcast_closed_day (day, name, source, set_by, set_at)
    select day::date, name, 'As delivered: bank holidays in England and Wales, Banking and Financial Dealings Act 1971', 'system', now()
    from (values
      ('2026-12-25', 'Christmas Day'), ('2026-12-28', 'Boxing Day (substitute day)'),
      ('2027-01-01', 'New Year’s Day'), ('2027-03-26', 'Good Friday'), ('2027-03-29', 'Easter Monday'), ('2027-05-03', 'Early May bank holiday'),
      ('2027-05-31', 'Spring bank holiday'), ('2027-08-30', 'Summer bank holiday'), ('2027-12-27', 'Christmas Day (substitute day)'),
      ('2027-12-28', 'Boxing Day (substitute day)')
    ) as holiday (day, name)`.execute(db)
  const callers = sql`(select carecert_sees_all()) or (select carecert_scope_kind()) = 'region'`
  await protect(db, 'broadcast_closed_day', callers, sql`(select carecert_sees_all())`)
}
