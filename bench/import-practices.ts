import { sql } from 'kysely'
import { importOrganisations } from '../src/domains/directory/organisations/commands.ts'
import type { ImportCounts } from '../src/domains/directory/organisations/model.ts'
import { readOrganisationFile } from '../src/domains/directory/organisations/read-file.ts'
import type { DirectoryTables } from '../src/domains/directory/tables.ts'
import { systemClock } from '../src/platform/clock/clock.ts'
import type { Database } from '../src/platform/db/database.ts'
import { readFileLimited } from '../src/platform/fetch/fetch.ts'
import { SYSTEM } from '../src/platform/work/actor.ts'
import { runWork } from '../src/platform/work/work.ts'
import { hasSharedData, sharedData } from '../test/support/shared-data.ts'
import type { Bench } from './support/bench.ts'
import { CopyIn } from './support/copy.ts'
import { withEngines, type Engine } from './support/engines.ts'
import { byTurns, timed } from './support/measure.ts'
import { describe, note, printHeading, printTable, times } from './support/report.ts'
import { serverWords } from './support/server.ts'
import { pairedRatio, summarise } from './support/stats.ts'

const FILE = 'ods/epraccur-2019-12.csv'
const ROWS = 14_357

/**
 * Importing every GP practice of England: from the bytes of the file to the commit, with the history of each organisation and the
 * audit record; then the same file again, which changes nothing. On both engines, each time into an empty database.
 *
 * The limit: the same 14,357 rows into the same table of the same engine, ready-made, in one statement and one commit:
 * one multi-row insert on both; COPY as well on the server, whose protocol the embedded engine does not take.
 */
export const importPractices: Bench = {
  about: '14,357 practices from an ODS file, first and again, beside a bare insert of the same rows',
  async run({ rounds, small, command }) {
    if (!hasSharedData) return note(`needs ../shared/data/${FILE}`)
    await withEngines(async engines => {
      printHeading('Import of 14,357 practices', command)
      const rows: string[][] = []
      for (const engine of engines) rows.push(...(await measure(engine, rounds ?? (small ? 1 : 5), small ? 0 : 1)))
      printTable(['what is done', 'milliseconds', 'rows a second', 'ours ÷ bare insert'], rows)
    })
  },
}

async function measure(engine: Engine, rounds: number, warmUps: number): Promise<string[][]> {
  const readyMade = await engine.withDatabase(async database => {
    console.log(`\n${await serverWords(database)}`)
    await importFile(database)
    const { rows } = await sql<{ all: string }>`select json_agg(organisation)::text as all from directory_organisation organisation`.execute(
      database.kysely,
    )
    const { rows: lines } = await sql<{ line: string }>`select ${sql.join(
      COLUMNS.map(column => sql`coalesce(replace(${sql.ref(column)}::text, chr(92), chr(92) || chr(92)), chr(92) || 'N')`),
      sql` || chr(9) || `,
    )} as line from directory_organisation`.execute(database.kysely)
    return { json: rows[0]?.all ?? '', text: Buffer.from(lines.map(({ line }) => `${line}\n`).join('')) }
  })
  note(engine.name)
  const isServer = engine.name === 'PostgreSQL'
  const figures = await byTurns(
    {
      // Each new process compiles what it runs: the first import of a process is slower than these.
      first: () => engine.withDatabase(database => timed(() => importFile(database))),
      again: () =>
        engine.withDatabase(async database => {
          await importFile(database)
          return timed(() => importFile(database, 'unchanged'))
        }),
      insert: () =>
        engine.withDatabase(database =>
          timed(() =>
            sql`insert into directory_organisation select * from json_populate_recordset(null::directory_organisation, ${readyMade.json}::json)`.execute(
              database.kysely,
            ),
          ),
        ),
      copy: () => (isServer ? engine.withDatabase(database => timed(() => copy(database, readyMade.text))) : Promise.resolve(NaN)),
    },
    rounds,
    warmUps,
  )
  const row = (name: string, taken: readonly number[], isOurs: boolean) => {
    const summary = summarise(taken)
    return [
      `${engine.name}: ${name}`,
      describe(summary),
      Math.round((ROWS / summary.median) * 1_000).toLocaleString('en-GB'),
      isOurs ? times(pairedRatio(taken, figures.insert)) : '',
    ]
  }
  return [
    row('import, all new', figures.first, true),
    row('import again, nothing changed', figures.again, true),
    row('bare insert (the limit)', figures.insert, false),
    ...(isServer ? [row('bare COPY', figures.copy, false)] : []),
  ]
}

const COLUMNS = [
  'id',
  'code',
  'name',
  'name_key',
  'type',
  'country',
  'region_code',
  'board_code',
  'parent_code',
  'address',
  'postcode',
  'phone',
  'opened_on',
  'closed_on',
  'status',
  'size',
  'source',
  'created_at',
  'updated_at',
] as const

/** What the command does, but for starting the process. */
async function importFile(database: Database, expected: 'added' | 'unchanged' = 'added'): Promise<void> {
  const path = sharedData(FILE)
  const file = readOrganisationFile(await readFileLimited(path), path)
  const counts = await runWork<DirectoryTables, ImportCounts>({ database, clock: systemClock, jobs: { store: async () => {} } }, SYSTEM, work =>
    importOrganisations(work, file.import),
  )
  if (counts[expected] !== ROWS) throw new Error(`Expected ${ROWS} ${expected}, but it was ${JSON.stringify(counts)}.`)
}

async function copy(database: Database, text: Buffer): Promise<void> {
  const client = await database.pool.connect()
  try {
    await client.query(new CopyIn(`copy directory_organisation (${COLUMNS.join(', ')}) from stdin`, text)).done
  } finally {
    client.release()
  }
}
