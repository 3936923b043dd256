import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Conflict, Invalid } from '../../kernel/errors.ts'
import type { Database } from '../../platform/db/database.ts'
import { rowsOf, tablesInOrder } from '../../platform/db/portable.ts'
import type { Platform } from '../../platform/platform.ts'
import { may, type Actor } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { DATA, MANIFEST, type Manifest } from './manifest.ts'
import { leavesWith, leavesWithWhole } from './tables.ts'

export interface ExportAsked {
  readonly folder: string
  readonly actor: Actor
  readonly migrations: readonly string[]
  /** What other software reads, each into a folder of its own beside the rows. */
  readonly also: readonly ExportedForm[]
  readonly onProgress: (rows: number) => void
}

/** One form in which others read what we know, such as CSAF. */
export interface ExportedForm {
  /** The name of its folder. */
  readonly name: string
  /** Without it the actor takes away no such folder. */
  readonly permission: string
  /** Before anything is read: makes what is kept for it be as of today. */
  prepare?(platform: Platform): Promise<unknown>
  write(platform: Platform, actor: Actor, folder: string): Promise<unknown>
}

/**
 * Writes what the actor may see into a new folder: the rows of one consistent picture as JSON lines, a file for each table, and beside them the
 * same in the forms that others read. The folder appears whole or not at all, readable by its owner alone. Only the operator of the machine takes
 * the whole. Throws `Conflict` when the folder has something in it.
 */
export async function writeExport(platform: Platform, asked: ExportAsked): Promise<Manifest> {
  const { folder, actor } = asked
  await assertFree(folder)
  // Beside the folder, so that it becomes the folder by its name alone; a name that nobody else has.
  const partial = await mkdtemp(`${resolve(folder)}.`).catch((error: NodeJS.ErrnoException) => {
    throw new Invalid('app.export.folder', `Nothing can be written beside ${folder}. Name a folder where you may write.`, error.code)
  })
  try {
    await mkdir(join(partial, DATA), { mode: 0o700 })
    const forms = asked.also.filter(({ permission }) => may(actor, permission))
    for (const form of forms) await form.prepare?.(platform)
    const isWhole = actor.kind === 'operator'
    const known = await allTables(platform.database)
    const leaves = (table: string) => (isWhole ? leavesWithWhole(table) : leavesWith(actor, table))
    const names = known.filter(leaves)
    const tables = isWhole
      ? await inOnePicture(platform.database, db => writeTables(db, names, partial, asked.onProgress))
      : await readAs<unknown, Manifest['tables']>(platform, actor, db => writeTables(db, names, partial, asked.onProgress), {
          isOnePicture: true,
        })
    for (const form of forms) {
      await mkdir(join(partial, form.name), { mode: 0o700 })
      await form.write(platform, actor, join(partial, form.name))
    }
    const manifest: Manifest = {
      carecert: 1,
      kind: 'export',
      madeAt: platform.clock.now().toISOString(),
      by: actor.name,
      isWhole,
      migrations: [...asked.migrations],
      tables,
      leftOut: known.filter(table => !leaves(table)),
    }
    await writeFile(join(partial, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, { mode: 0o600 })
    // Takes the place of an empty folder, and of nothing else: what somebody has put there meanwhile stays.
    await rename(partial, folder).catch((error: NodeJS.ErrnoException) => {
      throw new Conflict(
        'app.export.folder-in-use',
        `${folder} cannot be replaced: something is in it, or it is no plain folder. Name a new one.`,
        error.code,
      )
    })
    return manifest
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
}

async function assertFree(folder: string): Promise<void> {
  const there = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new Invalid('app.export.folder', `${folder} is no folder that can be written to. Name a new one.`, error.code)
  })
  if (there.length > 0) throw new Conflict('app.export.folder-in-use', `${folder} has something in it. Name a new folder: nothing is written over.`)
}

function allTables(database: Database): Promise<string[]> {
  return tablesInOrder(database.kysely)
}

function inOnePicture<R>(database: Database, body: (db: Reader<unknown>) => Promise<R>): Promise<R> {
  return database.kysely.transaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute(body)
}

async function writeTables(
  db: Reader<unknown>,
  names: readonly string[],
  folder: string,
  onProgress: (rows: number) => void,
): Promise<Manifest['tables']> {
  const tables: Manifest['tables'] = []
  let done = 0
  for (const name of names) {
    const hash = createHash('sha256')
    let rows = 0
    const lines = async function* () {
      for await (const row of rowsOf(db, name)) {
        rows += 1
        if ((done + rows) % 5_000 === 0) onProgress(done + rows)
        const line = `${JSON.stringify(row)}\n`
        hash.update(line)
        yield line
      }
    }
    const path = join(folder, DATA, `${name}.jsonl`)
    await pipeline(lines(), createWriteStream(path, { mode: 0o600 }))
    if (rows === 0) await rm(path)
    else tables.push({ name, rows, sha256: hash.digest('hex') })
    done += rows
  }
  onProgress(done)
  return tables
}
