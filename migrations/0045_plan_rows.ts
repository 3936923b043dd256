import { sql, type Kysely } from 'kysely'

/**
 * A row of a plan and what it belongs to are of one organisation, whoever writes it: the keys say so, where before only the commands did. Somebody who learned
 * the id of an action could otherwise have put a date, an event or a reminder beside it under their own organisation.
 */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const table of ['assure_plan', 'assure_action'])
    await sql`alter table ${sql.table(table)} add constraint ${sql.ref(`${table}_whose`)} unique (id, organisation_id)`.execute(db)
  for (const table of ['assure_action_date', 'assure_action_event', 'assure_action_retest', 'assure_action_reminded'])
    await together(db, table, 'action_id', 'assure_action')
  await together(db, 'assure_action', 'reopened_from', 'assure_action')
  for (const table of ['assure_action', 'assure_plan_signature']) await together(db, table, 'plan_id', 'assure_plan')
}

async function together(db: Kysely<unknown>, table: string, column: string, parent: string): Promise<void> {
  const key = sql.ref(`${table}_${column}_fkey`)
  await sql`
    alter table ${sql.table(table)} drop constraint ${key},
      add constraint ${key} foreign key (${sql.ref(column)}, organisation_id) references ${sql.table(parent)} (id, organisation_id)`.execute(db)
}
