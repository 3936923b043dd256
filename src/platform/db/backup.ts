import { createReadStream, createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { Transaction } from 'kysely'
import { Invalid } from '../../kernel/errors.ts'
import { isFolder } from '../fetch/folder.ts'
import type { Database } from './database.ts'
import { isUnfit, loadRows, rowsOf, tablesInOrder, type PortableRow } from './portable.ts'

/**
 * A backup is one gzipped file of JSON lines: a header, then every row of every table of ours in the order of their
 * foreign keys. It is read in one consistent picture, and loads into either engine, so it is also the way from the
 * embedded database to a server. Jobs are not in it: what waits is found again from the rows (deliveries that are not sent).
 */
interface Header {
  readonly carecert: 1
  readonly migrations: readonly string[]
}

const FORMAT = 1

/** Writes a backup. The file appears whole or not at all, readable by its owner alone. Gives the number of rows. Throws `Invalid` where no file can be. */
export async function backup(
  database: Database,
  path: string,
  migrations: readonly string[],
  onProgress: (rows: number) => void = () => {},
): Promise<number> {
  if (await isFolder(path)) throw new Invalid('platform.backup.folder', `${path} is a folder. Name the file that is to be written.`)
  let rows = 0
  const partial = `${path}.partial`
  async function* lines(db: Transaction<unknown>): AsyncGenerator<string> {
    yield `${JSON.stringify({ carecert: FORMAT, migrations } satisfies Header)}\n`
    for (const table of await tablesInOrder(db)) {
      for await (const row of rowsOf(db, table)) {
        rows += 1
        if (rows % 5_000 === 0) onProgress(rows)
        yield `${JSON.stringify([table, row])}\n`
      }
    }
  }
  try {
    await database.kysely
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute(async db => {
        await pipeline(lines(db), createGzip(), createWriteStream(partial, { mode: 0o600 }))
      })
    await rename(partial, path)
  } catch (error) {
    if (!isOfFiles(error)) throw error
    throw new Invalid('platform.backup.file', `${path} cannot be written (${error.code}). Name a file in a folder where there is room.`)
  } finally {
    await rm(partial, { force: true })
  }
  return rows
}

/**
 * Loads a backup into a database that nobody has used yet: all of it, or nothing. What was still to go out is held back for a person to look
 * at. Throws `Conflict` or `Invalid` otherwise.
 */
export async function restore(
  database: Database,
  path: string,
  migrations: readonly string[],
  onProgress: (rows: number) => void = () => {},
): Promise<number> {
  async function* pairs(): AsyncGenerator<PortableRow> {
    let isFirst = true
    for await (const line of linesOf(path)) {
      const value = parseLine(line)
      if (isFirst) assertHeader(value, migrations)
      else {
        const [table, row] = asPair(value)
        if (typeof table !== 'string') throw damaged()
        yield [table, row]
      }
      isFirst = false
    }
    if (isFirst) throw damaged()
  }
  try {
    return await database.kysely.transaction().execute(db => loadRows(db, pairs(), { unknownTable: damaged, onProgress }))
  } catch (error) {
    if (isOfFiles(error)) throw new Invalid('platform.restore.missing', `The file ${path} is not there or cannot be read. Check the path.`)
    if (isUnfit(error) || (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))) throw damaged()
    throw error
  }
}

/** What the file system says of a place that cannot be read or written. */
const OF_FILES: ReadonlySet<unknown> = new Set(['ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'EISDIR', 'ENOTDIR', 'ENAMETOOLONG'])

function isOfFiles(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'code' in error && OF_FILES.has(error.code)
}

function linesOf(path: string): AsyncIterable<string> {
  const file = createReadStream(path)
  const unzipped = file.pipe(createGunzip())
  file.on('error', error => unzipped.destroy(error))
  return createInterface({ input: unzipped, crlfDelay: Infinity })
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw damaged()
  }
}

function asPair(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function damaged(): Invalid {
  return new Invalid('platform.restore.damaged', 'This is not a whole backup of CareCERT. Nothing was loaded. Take another one.')
}

function assertHeader(value: unknown, migrations: readonly string[]): void {
  const header = value as Partial<Record<keyof Header, unknown>> | null
  if (header?.carecert !== FORMAT || !Array.isArray(header.migrations)) throw damaged()
  const made: readonly unknown[] = header.migrations
  const same = made.length === migrations.length && made.every((name, index) => name === migrations[index])
  if (!same)
    throw new Invalid(
      'platform.restore.other-version',
      'This backup was made by another version of CareCERT. Load it with that version, then upgrade.',
      String(made.at(-1)),
    )
}
