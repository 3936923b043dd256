import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import lockfile from 'proper-lockfile'
import { MIGRATIONS } from '../../migrations/index.ts'
import { JOB_HANDLERS } from '../../src/app/modules.ts'
import { openDatabase, type Database } from '../../src/platform/db/database.ts'
import { migrate } from '../../src/platform/db/migrate.ts'
import { openJobs } from '../../src/platform/jobs/jobs.ts'
import { createLog } from '../../src/platform/log/log.ts'
import { createDatabase, dropDatabase } from './postgres.ts'

/** A database for one test file: real, migrated, empty, and gone afterwards. */
export interface TestDatabase {
  /** How `openDatabase` reaches it: the same place may be opened by other processes of the test. */
  readonly address: { readonly url: string | null; readonly dataFolder: string }
  readonly engine: 'embedded' | 'server'
  remove(): Promise<void>
}

/**
 * Makes one from a template that is migrated once a run: a copy takes a tenth of a second, a migration six.
 * On that server (the one that TEST_DATABASE_URL names, when none is given), or with `null` on the embedded database.
 */
export async function createTestDatabase(adminUrl = process.env['TEST_DATABASE_URL'] ?? null): Promise<TestDatabase> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'carecert-test-'))
  if (adminUrl === null) {
    await cp(await embeddedTemplate(), dataFolder, { recursive: true })
    return { address: { url: null, dataFolder }, engine: 'embedded', remove: () => rm(dataFolder, { recursive: true, force: true }) }
  }
  const url = await createDatabase(adminUrl, await serverTemplate(adminUrl))
  const remove = async () => {
    await dropDatabase(adminUrl, url)
    await rm(dataFolder, { recursive: true, force: true })
  }
  return { address: { url, dataFolder }, engine: 'server', remove }
}

async function embeddedTemplate(): Promise<string> {
  const name = `carecert-template-${await schemaDigest()}`
  return template(name, Infinity, async dataFolder => prepare(await openDatabase({ url: null, dataFolder })))
}

/** A copy of the template of that name; made now where there is none, or it is older than that. Of several who ask at once, one makes it. */
export async function copyOfTemplate(name: string, oldestMillis: number, make: (dataFolder: string) => Promise<void>): Promise<string> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'carecert-test-'))
  await cp(await template(name, oldestMillis, make), dataFolder, { recursive: true })
  return dataFolder
}

async function template(name: string, oldestMillis: number, make: (dataFolder: string) => Promise<void>): Promise<string> {
  const folder = join(tmpdir(), name)
  const release = await lockfile.lock(folder, { realpath: false, stale: 60_000, retries: { retries: 240, minTimeout: 250, maxTimeout: 500 } })
  try {
    const made = await stat(folder).catch(() => null)
    if (made !== null && made.mtimeMs > Date.now() - oldestMillis) return folder
    const building = `${folder}-building`
    await rm(building, { recursive: true, force: true })
    await mkdir(building, { mode: 0o700 })
    await make(building)
    await rm(folder, { recursive: true, force: true })
    await rename(building, folder)
    return folder
  } finally {
    await release()
  }
}

async function serverTemplate(adminUrl: string): Promise<string> {
  const name = `carecert_template_${await schemaDigest()}`
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    await client.query('select pg_advisory_lock(7305001)')
    const { rowCount } = await client.query('select from pg_database where datname = $1', [name])
    if (rowCount === 0) {
      const building = `${name}_building`
      await client.query(`drop database if exists ${building}`)
      await client.query(`create database ${building}`)
      const url = new URL(adminUrl)
      url.pathname = `/${building}`
      await prepare(await openDatabase({ url: url.href, dataFolder: tmpdir() }))
      await client.query(`alter database ${building} rename to ${name}`)
    }
    return name
  } finally {
    await client.end()
  }
}

async function prepare(database: Database): Promise<void> {
  await migrate(database.kysely, MIGRATIONS)
  const jobs = await openJobs(database, createLog('silent'), JOB_HANDLERS, { migrate: true })
  await jobs.stop()
  await database.close()
}

/** Changes when the schema does, so that a stale template is never used. */
export async function schemaDigest(): Promise<string> {
  const folder = fileURLToPath(new URL('../../migrations/', import.meta.url))
  const hash = createHash('sha256').update(JOB_HANDLERS.map(handler => handler.kind.name).join())
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile())
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).toSorted()) hash.update(await readFile(path))
  return hash.digest('hex').slice(0, 16)
}
