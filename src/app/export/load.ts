import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Conflict, Invalid } from '../../kernel/errors.ts'
import type { Database } from '../../platform/db/database.ts'
import { isUnfit, loadRows, type PortableRow } from '../../platform/db/portable.ts'
import { DATA, MANIFEST, readManifest, type Manifest } from './manifest.ts'

/**
 * Loads an export of the whole into an installation that nobody has used yet: all of it, or nothing. Every file is compared with the hash of the
 * manifest before its first row is trusted. Throws `Invalid` for a folder that is not whole, was changed or is of another version, and `Conflict`
 * for an export of what one person may see, or an installation in use.
 */
export async function loadExport(
  database: Database,
  folder: string,
  migrations: readonly string[],
  onProgress: (rows: number) => void = () => {},
): Promise<number> {
  const manifest = readManifest(await readFile(join(folder, MANIFEST), 'utf8').catch(() => ''))
  assertFits(manifest, migrations)
  for (const table of manifest.tables) await assertUnchanged(folder, table)
  try {
    return await database.kysely
      .transaction()
      .execute(db => loadRows(db, rowsIn(folder, manifest), { unknownTable: changed, onProgress, isElsewhere: true }))
  } catch (error) {
    // The manifest is in nobody's keeping: what it vouches for may still be what no installation has written.
    throw isUnfit(error) || error instanceof SyntaxError ? changed() : error
  }
}

function assertFits(manifest: Manifest, migrations: readonly string[]): void {
  if (!manifest.isWhole)
    throw new Conflict(
      'app.export.partial',
      `This export holds what one person may see (${manifest.by}). Only the whole can be loaded: have it written by the operator, without --as.`,
    )
  if (manifest.migrations.length === migrations.length && manifest.migrations.every((name, at) => name === migrations[at])) return
  throw new Invalid(
    'app.export.other-version',
    'This export was made by another version of CareCERT. Load it with that version, then upgrade.',
    manifest.migrations.at(-1),
  )
}

async function assertUnchanged(folder: string, { name, sha256 }: Manifest['tables'][number]): Promise<void> {
  const hash = createHash('sha256')
  try {
    for await (const part of createReadStream(fileOf(folder, name))) hash.update(part as Buffer)
  } catch {
    throw changed()
  }
  if (hash.digest('hex') !== sha256) throw changed()
}

async function* rowsIn(folder: string, { tables }: Manifest): AsyncGenerator<PortableRow> {
  for (const { name } of tables)
    for await (const line of createInterface({ input: createReadStream(fileOf(folder, name)), crlfDelay: Infinity })) yield [name, JSON.parse(line)]
}

function fileOf(folder: string, table: string): string {
  return join(folder, DATA, `${table}.jsonl`)
}

function changed(): Invalid {
  return new Invalid('app.export.changed', 'A file of this export is missing or was changed since it was written. Nothing was loaded. Take it again.')
}
