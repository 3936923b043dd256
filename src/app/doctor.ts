import { stat } from 'node:fs/promises'
import { MIGRATIONS } from '../../migrations/index.ts'
import { Conflict } from '../kernel/errors.ts'
import type { Output } from '../platform/cli/output.ts'
import { readConfig, SETTINGS, withoutSecrets, type Config, type Secrets } from '../platform/config/config.ts'
import { openDatabase, type Database } from '../platform/db/database.ts'
import { hasEmbedded } from '../platform/db/embedded.ts'
import { inspectServer } from '../platform/db/inspect.ts'
import { migrationStatus } from '../platform/db/migrate.ts'
import { areWorkersAlive } from '../platform/jobs/heartbeat.ts'
import { capFindings } from './cap-findings.ts'
import { csafFindings, issuedFindings } from './csaf-findings.ts'
import type { Finding } from './finding.ts'
import { mailFindings } from './mail-findings.ts'

/** The SQL of the product is that of PostgreSQL 15. */
const OLDEST_SERVER = 150_000

/** Says what this installation is fit for. Refuses (exit 1) when something is broken. `explain` prints every setting instead. */
export async function runDoctor(env: Readonly<Record<string, string | undefined>>, output: Output, explain: boolean): Promise<void> {
  if (explain) {
    const rows = SETTINGS.map(({ name, fallback, meaning, secret }) => ({ name, set: (env[name] ?? '') !== '', fallback, meaning, secret }))
    output.result(
      rows,
      rows.flatMap(row => [
        `${row.name}${row.set ? ' (set)' : ''}`,
        `    ${row.meaning}`,
        `    Unset: ${row.fallback}.${row.secret ? ' Secret: never printed.' : ''}`,
      ]),
    )
    return
  }
  const { config, secrets } = readConfig(env)
  const findings: Finding[] = [
    { about: 'Node', verdict: 'good', words: `Runs on Node ${process.versions.node}.` },
    ...(await databaseFindings(config, secrets)),
  ]
  const isHttps = config.baseUrl.startsWith('https:')
  findings.push(
    isHttps
      ? { about: 'Address', verdict: 'good', words: `People reach it at ${config.baseUrl}, over TLS.` }
      : {
          about: 'Address',
          verdict: 'caution',
          words: `${config.baseUrl} is not over TLS: fit for this machine only. Put a proxy with TLS in front and set BASE_URL.`,
        },
    mailFinding(config.mailBy),
    textsFinding(secrets),
    ...(config.mailBy === 'smtp' ? await mailFindings(config, withoutSecrets(env)) : []),
    ...(await capFindings(config)),
    ...(await csafFindings(config)),
  )
  const bad = findings.filter(finding => finding.verdict === 'bad')
  output.result(
    findings,
    findings.map(({ about, verdict, words }) => `${{ good: ' ok ', caution: ' !! ', bad: 'BAD ' }[verdict]} ${about}: ${words}`),
  )
  if (bad.length > 0) throw new Conflict('app.doctor.bad', `${bad.length} of these must be mended before CareCERT can be relied on.`)
}

function mailFinding(mailBy: 'smtp' | 'notify' | null): Finding {
  if (mailBy === null)
    return {
      about: 'Mail',
      verdict: 'caution',
      words: 'No mail server is set up. The sample has a mailbox of its own; a real centre needs SMTP_URL before it releases anything.',
    }
  const way = mailBy === 'smtp' ? 'A mail server is set up' : 'Mail goes by GOV.UK Notify'
  return { about: 'Mail', verdict: 'good', words: `${way}. Release to a named test organisation to see that it delivers.` }
}

/** Text messages, and whether what becomes of them is heard. */
function textsFinding({ notify, notifyCallbackToken }: Pick<Secrets, 'notify' | 'notifyCallbackToken'>): Finding {
  const about = 'Text messages'
  if (notify === null || notify.textTemplate === null)
    return { about, verdict: 'caution', words: 'None are sent. Set NOTIFY_API_KEY and NOTIFY_TEXT_TEMPLATE to reach people whose mail fails.' }
  return notifyCallbackToken === null
    ? {
        about,
        verdict: 'caution',
        words: 'They go by GOV.UK Notify, but nobody hears what became of them. Set NOTIFY_CALLBACK_TOKEN, and the same token at Notify.',
      }
    : { about, verdict: 'good', words: 'They go by GOV.UK Notify, and what becomes of them is heard.' }
}

/** Looks at the database, and makes none. */
async function databaseFindings(config: Config, { databaseUrl }: Secrets): Promise<readonly Finding[]> {
  const { dataFolder } = config
  if (databaseUrl === null && !(await hasEmbedded(dataFolder)))
    return [{ about: 'Database', verdict: 'caution', words: `There is none in ${dataFolder} yet. Run: carecert serve, or set DATABASE_URL.` }]
  const database = await openDatabase({ url: databaseUrl, dataFolder })
  try {
    const engine = await (database.engine === 'embedded' ? embeddedFindings(database, dataFolder) : serverFindings(database))
    const schema = await schemaFindings(database)
    const issued = schema.every(({ verdict }) => verdict !== 'bad') ? await issuedFindings(database, config) : []
    return [...engine, ...schema, ...issued]
  } finally {
    await database.close()
  }
}

async function embeddedFindings(database: Database, folder: string): Promise<Finding[]> {
  const mode = (await stat(folder)).mode & 0o777
  return [
    {
      about: 'Database',
      verdict: 'caution',
      words: `Embedded${database.isHost ? '' : ', in use by a running server that this command speaks through'}. Fit for a first look, for tests and for a small site. One query runs at a time, a long one is not cut off, and a power cut may lose the last seconds (a killed process loses nothing). For a centre, set DATABASE_URL to a PostgreSQL server.`,
    },
    mode === 0o700
      ? { about: 'Data folder', verdict: 'good', words: `${folder} is open to its owner alone.` }
      : { about: 'Data folder', verdict: 'bad', words: `${folder} is open to others (mode ${mode.toString(8)}). Run: chmod 700 ${folder}` },
  ]
}

async function serverFindings(database: Database): Promise<Finding[]> {
  const server = await inspectServer(database)
  const isOld = server.version < OLDEST_SERVER
  const isSafe = server.fsync && server.synchronousCommit
  return [
    {
      about: 'Database',
      verdict: isOld ? 'bad' : 'good',
      words: isOld
        ? 'This PostgreSQL is older than 15. Upgrade it.'
        : `PostgreSQL ${Math.floor(server.version / 10_000)}. Fit for a centre: as many web and worker processes as you like.`,
    },
    isSafe
      ? { about: 'Durability', verdict: 'good', words: 'A power cut loses nothing that was committed.' }
      : { about: 'Durability', verdict: 'bad', words: 'fsync or synchronous_commit is off: a power cut may lose answers. Turn them on.' },
    ...(server.isSuperuser
      ? [
          {
            about: 'Database role',
            verdict: 'caution',
            words: 'CareCERT signs in as a superuser. It needs only its own database, and the right to act as carecert_app.',
          } as const,
        ]
      : []),
  ]
}

async function schemaFindings(database: Database): Promise<Finding[]> {
  const { pending, unknown } = await migrationStatus(database.kysely, MIGRATIONS)
  if (unknown.length > 0) return [{ about: 'Schema', verdict: 'bad', words: 'It is that of a newer CareCERT than this one. Run that version.' }]
  if (pending.length > 0) return [{ about: 'Schema', verdict: 'bad', words: `${pending.length} migrations wait. Run: carecert migrate` }]
  const isAlive = await areWorkersAlive(database.kysely)
  return [
    { about: 'Schema', verdict: 'good', words: 'Up to date.' },
    isAlive
      ? { about: 'Workers', verdict: 'good', words: 'At least one takes up jobs.' }
      : {
          about: 'Workers',
          verdict: 'caution',
          words: 'None is running just now, so nothing is gathered or sent. Run: carecert serve, or carecert work.',
        },
  ]
}
