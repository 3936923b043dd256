import { MIGRATIONS } from '../../migrations/index.ts'
import { Conflict } from '../kernel/errors.ts'
import { createSigner, installationSecret } from '../platform/auth/signer.ts'
import { systemClock, type Clock } from '../platform/clock/clock.ts'
import { readConfig, withoutSecrets } from '../platform/config/config.ts'
import { openDatabase, type Database } from '../platform/db/database.ts'
import { hasEmbedded } from '../platform/db/embedded.ts'
import { assertNotNewer, migrate, migrationStatus } from '../platform/db/migrate.ts'
import { createFetcher } from '../platform/fetch/fetch.ts'
import { openJobs } from '../platform/jobs/jobs.ts'
import { createLog } from '../platform/log/log.ts'
import { openSigning } from '../platform/mail/keys.ts'
import { startMailbox } from '../platform/mail/mailbox.ts'
import { createMailTransport, UNSIGNED } from '../platform/mail/transport.ts'
import { createNotify } from '../platform/notify/client.ts'
import type { Platform } from '../platform/platform.ts'
import { isEmpty, readSetting } from '../platform/settings.ts'
import { createSolve } from '../platform/solve/solve.ts'
import { unconfiguredTexts } from '../platform/texts.ts'
import type { StaticFiles } from '../platform/views.ts'
import { loadAssets } from '../ui/assets.ts'
import { createViews } from '../ui/environment.ts'
import { HOME, JOB_HANDLERS } from './modules.ts'

export interface Composition {
  readonly platform: Platform
  readonly staticFiles: StaticFiles
  /** Closes everything, the database last. */
  close(): Promise<void>
}

export interface ComposeOptions {
  /** Whether this process may change the schema: `serve`, `work` and `migrate` do; another command refuses on an old one. */
  readonly migrate: boolean
  /** Whether a database must be there: what looks at one, or copies it, makes none where somebody mistook the folder. */
  readonly onExisting?: boolean
  /** Whether an empty embedded database becomes the invented sample sector: what `serve` does on a first start. */
  readonly sampleWhenEmpty: boolean
  /** Whether this process hands out mail, and so needs the built-in mailbox where the sample has no mail server. */
  readonly sendsMail: boolean
  readonly clock?: Clock
}

/** Makes the platform from the environment: the one place where effects are created. */
export async function compose(env: Readonly<Record<string, string | undefined>>, options: ComposeOptions): Promise<Composition> {
  const { config, secrets } = readConfig(env)
  const log = createLog(config.logLevel)
  const clock = options.clock ?? systemClock
  if (options.onExisting === true && secrets.databaseUrl === null && !(await hasEmbedded(config.dataFolder)))
    throw new Conflict('app.no-database', `There is no database in ${config.dataFolder}. Set CARECERT_DATA or DATABASE_URL to yours.`)
  const database = await openDatabase({ url: secrets.databaseUrl, dataFolder: config.dataFolder })
  const undo: (() => Promise<void> | void)[] = [() => database.close()]
  const close = async () => {
    for (const step of undo.toReversed()) await step()
  }
  try {
    if (options.migrate || database.isHost) await migrate(database.kysely, MIGRATIONS)
    else await assertMigrated(database)
    const secret = await installationSecret(secrets.signing, config.dataFolder)
    const sample = await isSample(database, options.sampleWhenEmpty)
    // Somebody who looks at the sample reads the terminal: the sign-in links should not scroll away under a line for each request.
    if (sample && (env['LOG_LEVEL'] ?? '') === '') log.level = 'warn'
    const mailbox = sample && options.sendsMail && secrets.smtpUrl === null ? await startMailbox() : null
    if (mailbox !== null) undo.push(() => mailbox.close())
    // The invented sector never writes to real people: GOV.UK Notify has no part in it.
    const notify = secrets.notify === null || sample ? null : createNotify(secrets.notify, clock)
    const smtpUrl = secrets.smtpUrl ?? mailbox?.url ?? null
    const signing = options.sendsMail ? await openSigning(config.mail, clock, withoutSecrets(env)) : UNSIGNED
    const mail = config.mailBy === 'notify' && notify !== null ? notify.mail : createMailTransport(smtpUrl, config.mailFrom, { signing, clock })
    undo.push(() => mail.close())
    // Opened after the mail, so that on the way down the jobs end first and no message is cut off.
    const jobs = await openJobs(database, log, JOB_HANDLERS, { migrate: true })
    undo.push(() => jobs.stop())
    const solve = createSolve()
    undo.push(() => solve.close())
    const staticFiles = loadAssets()
    const views = createViews({ assets: staticFiles, baseContext: {} })
    const platform: Platform = {
      config,
      log,
      clock,
      database,
      jobs,
      mail,
      mailbox,
      texts: notify?.texts ?? unconfiguredTexts,
      fetch: createFetcher({ allowPrivate: config.fetchAllowPrivate, largestFileBytes: config.gatherLargestBytes }),
      outward: createFetcher({ allowPrivate: config.webhookAllowPrivate }),
      solve,
      views,
      signer: createSigner(secret),
      secrets,
      home: HOME,
      sample,
    }
    return { platform, staticFiles, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function isSample(database: Database, sampleWhenEmpty: boolean): Promise<boolean> {
  if ((await readSetting(database, 'sample')) === true) return true
  return sampleWhenEmpty && database.engine === 'embedded' && (await isEmpty(database))
}

async function assertMigrated(database: Database): Promise<void> {
  const status = await migrationStatus(database.kysely, MIGRATIONS)
  assertNotNewer(status)
  if (status.pending.length > 0)
    throw new Conflict('app.migrations-pending', 'The database is older than this program. Run "carecert migrate" first.', status.pending.join(', '))
}
