import { after } from 'node:test'
import { HOME, JOB_HANDLERS } from '../../src/app/modules.ts'
import { createSigner } from '../../src/platform/auth/signer.ts'
import type { Clock } from '../../src/platform/clock/clock.ts'
import { readConfig } from '../../src/platform/config/config.ts'
import { openDatabase } from '../../src/platform/db/database.ts'
import { createFetcher } from '../../src/platform/fetch/fetch.ts'
import { openJobs } from '../../src/platform/jobs/jobs.ts'
import { createLog } from '../../src/platform/log/log.ts'
import { openSigning } from '../../src/platform/mail/keys.ts'
import { createMailTransport } from '../../src/platform/mail/transport.ts'
import { createNotify } from '../../src/platform/notify/client.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { createSolve } from '../../src/platform/solve/solve.ts'
import { unconfiguredTexts } from '../../src/platform/texts.ts'
import type { StaticFiles } from '../../src/platform/views.ts'
import { loadAssets } from '../../src/ui/assets.ts'
import { createViews } from '../../src/ui/environment.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'

/** A clock that stands still until a test moves it. */
export interface TestClock extends Clock {
  set(at: string): void
  advanceHours(hours: number): void
}

function createTestClock(start = '2026-11-20T09:00:00Z'): TestClock {
  let now = new Date(start)
  return {
    now: () => new Date(now),
    set: at => void (now = new Date(at)),
    advanceHours: hours => void (now = new Date(now.getTime() + hours * 3_600_000)),
  }
}

export interface TestPlatform extends Platform {
  readonly clock: TestClock
  readonly testDatabase: TestDatabase
  readonly staticFiles: StaticFiles
  /** Runs every job that is waiting, and those that they ask for, until none is left. */
  runJobs(): Promise<void>
}

export interface TestPlatformOptions {
  /** Where mail goes; without it every message fails. */
  readonly smtpUrl?: string
  readonly sample?: boolean
  readonly env?: Readonly<Record<string, string>>
  /** Takes every line that is logged, of whatever level. */
  readonly logs?: string[]
}

/**
 * The real platform on a real database of its own, with a clock that stands still. It is closed after the test file.
 * Call it once a file, in a `before` hook or at the top level.
 */
export async function createTestPlatform(options: TestPlatformOptions = {}): Promise<TestPlatform> {
  const testDatabase = await createTestDatabase()
  const { config, secrets } = readConfig({
    LOG_LEVEL: process.env['TEST_LOG'] ?? 'fatal',
    CARECERT_DATA: testDatabase.address.dataFolder,
    BASE_URL: 'http://localhost:8080',
    ...options.env,
  })
  const { logs } = options
  const log = logs === undefined ? createLog(config.logLevel) : createLog('trace', { write: line => void logs.push(line) })
  const database = await openDatabase(testDatabase.address)
  const jobs = await openJobs(database, log, JOB_HANDLERS, { migrate: true })
  const clock = createTestClock()
  const notify = secrets.notify === null ? null : createNotify(secrets.notify, clock)
  const signing = await openSigning(config.mail, clock, {})
  const mail =
    config.mailBy === 'notify' && notify !== null ? notify.mail : createMailTransport(options.smtpUrl ?? null, config.mailFrom, { signing, clock })
  const staticFiles = loadAssets()
  const platform: TestPlatform = {
    config,
    log,
    database,
    jobs,
    mail,
    staticFiles,
    secrets,
    testDatabase,
    clock,
    mailbox: null,
    texts: notify?.texts ?? unconfiguredTexts,
    fetch: createFetcher({ allowPrivate: [] }),
    outward: createFetcher({ allowPrivate: config.webhookAllowPrivate }),
    solve: createSolve(1),
    views: createViews({ assets: staticFiles, baseContext: {} }),
    signer: createSigner('a secret for tests only, of no worth'),
    home: HOME,
    sample: options.sample ?? false,
    runJobs: () => jobs.drain(platform, JOB_HANDLERS),
  }
  after(async () => {
    mail.close()
    await jobs.stop()
    await platform.solve.close()
    await database.close()
    await testDatabase.remove()
  })
  return platform
}
