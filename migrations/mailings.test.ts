import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Kysely, PostgresDialect, sql } from 'kysely'
import { Migrator, type Migration } from 'kysely/migration'
import pg from 'pg'
import { createDatabase, findPostgres, startPostgres } from '../test/support/postgres.ts'
import { MIGRATIONS } from './index.ts'

const MISSING = findPostgres() === undefined ? 'there is no PostgreSQL server on this machine' : false

test(
  'what was delivered before there were mailings belongs to the mailing of its release, and what waited is queued',
  { skip: MISSING },
  async () => {
    const server = await startPostgres()
    after(() => server.stop())
    const pool = new pg.Pool({ connectionString: await createDatabase(server.adminUrl) })
    const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) })
    const migrate = async (migrations: Readonly<Record<string, Migration>>) => {
      const { error } = await new Migrator({ db, provider: { getMigrations: async () => migrations } }).migrateToLatest()
      assert.equal(error, undefined)
    }
    await migrate(Object.fromEntries(Object.entries(MIGRATIONS).filter(([name]) => name < '0019')))
    await sql`insert into directory_organisation (id, code, name, name_key, type, status, source, created_at, updated_at)
    values ('org_1', 'A', 'A', 'a', 'trust', 'open', 'test', now(), now())`.execute(db)
    await sql`insert into directory_contact (id, organisation_id, name, purpose, email, created_at) values ('con_1', 'org_1', 'A', 'Lead', 'a@b.example', now())`.execute(
      db,
    )
    await sql`insert into broadcast_bulletin (id, state, version, author_id, title, severity, tlp, created_at, updated_at)
    values ('bul_1', 'released', 1, 'test', 'A', 'high', 'GREEN', now(), now())`.execute(db)
    await sql`insert into broadcast_release (id, bulletin_id, version, released_by, released_at, rule, audience_hash, organisations, contacts, unreachable)
    values ('rel_1', 'bul_1', 1, 'test', now(), '{}', 'hash', 1, 1, 0)`.execute(db)
    await sql`insert into broadcast_delivery (id, release_id, bulletin_id, organisation_id, contact_id, channel, address, state, queued_at, message_id)
    values ('del_1', 'rel_1', 'bul_1', 'org_1', 'con_1', 'email', 'a@b.example', 'waiting', now(), 'test')`.execute(db)
    await migrate(MIGRATIONS)
    const { rows } = await sql`select delivery.state, mailing.kind, mailing.deliveries, mailing.release_id from broadcast_delivery as delivery
    join broadcast_mailing as mailing on mailing.id = delivery.mailing_id`.execute(db)
    assert.deepEqual(rows, [{ state: 'queued', kind: 'release', deliveries: 1, release_id: 'rel_1' }])
    await db.destroy()
  },
)
