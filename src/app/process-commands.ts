import { MIGRATIONS } from '../../migrations/index.ts'
import { Conflict } from '../kernel/errors.ts'
import { verifyChain } from '../platform/audit/verify.ts'
import type { CommandArgument, CommandOption } from '../platform/cli/command.ts'
import { required } from '../platform/cli/command.ts'
import type { Output } from '../platform/cli/output.ts'
import { backup, restore } from '../platform/db/backup.ts'
import { compose } from './compose.ts'
import { runDoctor } from './doctor.ts'
import { loadExport } from './export/load.ts'
import { loadSample } from './sample/load.ts'
import { serve } from './serve.ts'
import { work } from './work.ts'

/** A command about the installation itself, not about a domain: it makes its own platform, or needs none. */
export interface ProcessCommand {
  readonly name: string
  readonly summary: string
  readonly arguments: readonly CommandArgument[]
  readonly options: readonly CommandOption[]
  run(context: ProcessContext, args: readonly string[], options: Readonly<Record<string, unknown>>): Promise<void>
}

export interface ProcessContext {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly output: Output
}

const MIGRATION_NAMES = Object.keys(MIGRATIONS)
const QUIET = { sampleWhenEmpty: false, sendsMail: false }

/** Shows how many rows went by while it runs. */
async function counting(output: Output, run: (onRows: (rows: number) => void) => Promise<number>): Promise<number> {
  const progress = output.progress('Rows', 0)
  try {
    return await run(rows => progress.update(rows))
  } finally {
    progress.stop()
  }
}

export const PROCESS_COMMANDS: readonly ProcessCommand[] = [
  {
    name: 'serve',
    summary: 'run the web server; on the embedded database the worker too',
    arguments: [],
    options: [
      { flags: '--empty', meaning: 'start without the sample sector, and print a link that makes the first administrator' },
      { flags: '--work', meaning: 'take up jobs in this process too, when the database is a server' },
    ],
    run: ({ env, output }, _args, options) => serve(env, output, { empty: options['empty'] === true, work: options['work'] === true }),
  },
  {
    name: 'work',
    summary: 'take up jobs: hand out mail, gather sources; run as many as you like',
    arguments: [],
    options: [],
    run: ({ env, output }) => work(env, output),
  },
  {
    name: 'migrate',
    summary: 'bring the database up to date',
    arguments: [],
    options: [],
    async run({ env, output }) {
      const { platform, close } = await compose(env, { migrate: true, ...QUIET })
      await close()
      output.result({ migrations: MIGRATION_NAMES, engine: platform.database.engine }, ['The database is up to date.'])
    },
  },
  {
    name: 'doctor',
    summary: 'say what is fit for what, in words',
    arguments: [],
    options: [{ flags: '--config', meaning: 'explain every setting' }],
    run: ({ env, output }, _args, options) => runDoctor(env, output, options['config'] === true),
  },
  {
    name: 'backup',
    summary: 'write everything into one file',
    arguments: [required('file', 'the file to write; it holds everything, so keep it as private as the database')],
    options: [],
    async run({ env, output }, [file = '']) {
      const { platform, close } = await compose(env, { migrate: false, onExisting: true, ...QUIET })
      try {
        const rows = await counting(output, onRows => backup(platform.database, file, MIGRATION_NAMES, onRows))
        output.result({ file, rows }, [`Wrote ${rows} rows to ${file}.`])
      } finally {
        await close()
      }
    },
  },
  {
    name: 'restore',
    summary: 'load a backup into an empty database, embedded or a server',
    arguments: [required('file', 'a file written by "carecert backup"')],
    options: [],
    async run({ env, output }, [file = '']) {
      const { platform, close } = await compose(env, { migrate: true, ...QUIET })
      try {
        const rows = await counting(output, onRows => restore(platform.database, file, MIGRATION_NAMES, onRows))
        output.result({ file, rows }, [
          `Loaded ${rows} rows. Everybody signs in anew.`,
          'What was still to go out is held back: before you start the workers, see docs/operator.md, "After a restore".',
        ])
      } finally {
        await close()
      }
    },
  },
  {
    name: 'import',
    summary: 'load an export of the whole into an empty installation',
    arguments: [required('dir', 'a folder written by "carecert export all"')],
    options: [],
    async run({ env, output }, [folder = '']) {
      const { platform, close } = await compose(env, { migrate: true, ...QUIET })
      try {
        const rows = await counting(output, onRows => loadExport(platform.database, folder, MIGRATION_NAMES, onRows))
        output.result({ folder, rows }, [
          `Loaded ${rows} rows. Give people links to sign in ("carecert people link"); webhooks, tokens and feed addresses are made anew.`,
          'What was still to go out is held back: before you start the workers, see docs/operator.md, "After a restore".',
        ])
      } finally {
        await close()
      }
    },
  },
  {
    name: 'audit verify',
    summary: 'check that no record was altered or removed',
    arguments: [],
    options: [{ flags: '--head <hash>', meaning: 'a head noted earlier: proves that nothing was cut off the end since' }],
    async run({ env, output }, _args, options) {
      const { platform, close } = await compose(env, { migrate: false, onExisting: true, ...QUIET })
      try {
        const head = typeof options['head'] === 'string' ? options['head'] : null
        const verdict = await verifyChain(platform.database.kysely, head)
        const lines = verdict.ok
          ? [`All ${verdict.records} records are whole. Head: ${verdict.head}`]
          : [`The chain is broken at record ${verdict.firstBroken}. The ${verdict.records} before it are whole.`]
        output.result({ records: verdict.records, ok: verdict.ok, firstBroken: verdict.firstBroken, head: verdict.head }, lines)
        if (!verdict.ok)
          throw new Conflict('platform.audit.broken', 'Treat this as an incident: keep the database as it is, and compare it with the last backup.')
      } finally {
        await close()
      }
    },
  },
  {
    name: 'sample',
    summary: 'fill an empty database with an invented sector',
    arguments: [],
    options: [
      { flags: '--organisations <number>', meaning: 'how many, 200 to 50000 (2000)' },
      { flags: '--seed <number>', meaning: 'the same seed gives the same sector (1)' },
    ],
    async run({ env, output }, _args, options) {
      const { platform, close } = await compose(env, { migrate: true, ...QUIET })
      try {
        await loadSample(platform, output, { organisations: Number(options['organisations'] ?? 2000), seed: Number(options['seed'] ?? 1) })
      } finally {
        await close()
      }
    },
  },
]
