import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { sql } from 'kysely'
import { compose } from '../../src/app/compose.ts'
import { createRandom } from '../../src/app/sample/random.ts'
import { LEASE_SECONDS, MOST_IN_DOUBT } from '../../src/domains/broadcast/deliveries/model.ts'
import { verifyChain } from '../../src/platform/audit/verify.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { startHostileSmtp, type HostileSmtp } from './hostile-smtp.ts'
import { createDatabase, dropDatabase, type PostgresServer } from './postgres.ts'
import { releasedBulletin } from './released-bulletin.ts'

export interface StormOptions {
  readonly recipients: number
  /** How often something is killed while the release goes out. */
  readonly kills: number
  readonly seed: number
}

/** What a storm left behind. */
export interface StormResult {
  readonly recipients: number
  readonly kills: Readonly<Record<'worker' | 'database' | 'web', number>>
  /** Recipients that the mail server took no message for, though it would have. */
  readonly lost: number
  /** Messages beyond the first to one recipient, in all. */
  readonly doubled: number
  /** Of those, because the mail server took a message and hung up before it said so. */
  readonly unsaid: number
  /** Of those, because a worker or the database died between the server's word and our writing it down. */
  readonly inDoubt: number
  /** The most that may be in doubt: `MOST_IN_DOUBT` for each worker that was killed. */
  readonly bound: number
  /** Messages that were sent again though nothing was in doubt about them. */
  readonly unexplained: number
  readonly ledger: Readonly<Record<string, number>>
  readonly refused: Readonly<Record<string, number>>
  /** Answers that the web process confirmed before it was killed, and those of them that are recorded, once each. */
  readonly answers: { readonly confirmed: number; readonly recorded: number }
  readonly audit: { readonly ok: boolean; readonly records: number }
  readonly seconds: number
}

const WORKERS = 2
const GONE_EVERY = 50
const WORKER = fileURLToPath(new URL('./storm-worker.ts', import.meta.url))
const CARECERT = fileURLToPath(new URL('../../bin/carecert.mjs', import.meta.url))

/**
 * One release in a storm: a mail server that refuses, stalls and hangs up; workers, the web process and PostgreSQL killed with -9 again and
 * again; then a calm in which workers finish. Counts what came out of it.
 */
export async function storm(postgres: PostgresServer, options: StormOptions): Promise<StormResult> {
  const { recipients, kills, seed } = options
  const startedAt = performance.now()
  const random = createRandom(seed)
  const smtp = await startHostileSmtp(random)
  const databaseUrl = await createDatabase(postgres.adminUrl)
  const folder = mkdtempSync('/tmp/carecert-storm-')
  const env = {
    PATH: process.env['PATH'],
    LOG_LEVEL: 'silent',
    DATABASE_URL: databaseUrl,
    CARECERT_DATA: folder,
    CARECERT_SECRET: 'a secret for tests only, of no worth',
    SMTP_URL: smtp.url,
    PORT: String(20_000 + Math.floor(random.next() * 20_000)),
  }
  const { platform, close } = await compose(env, { migrate: true, sampleWhenEmpty: false, sendsMail: false })
  const processes = new Set<ChildProcess>()
  const start = (args: readonly string[]) => startProcess(args, env, processes)
  try {
    const bulletin = await releasedBulletin(platform, {
      organisations: recipients,
      prefix: 'S',
      mailbox: index => (index % GONE_EVERY === 0 ? 'gone' : 'desk'),
    })
    const weather = { platform, smtp, postgres, start, mailingId: bulletin.mailingId }
    const inDoubt = new Set<string>()
    const killed = { worker: 0, database: 0, web: 0 }
    const confirmed: string[] = []
    let ahead = 0
    let web = start([CARECERT, 'serve'])
    for (let kill = 0; kill < kills; kill += 1) {
      ahead += LEASE_SECONDS + 60
      const workers = startWorkers(weather, ahead)
      await untilTaken(smtp, workers, ((0.5 + 0.5 * random.next()) * recipients) / (kills + 2))
      confirmed.push(...(await answerSome(smtp, env.PORT, confirmed)))
      const target = (['worker', 'database', 'web'] as const)[kill % 3] ?? 'worker'
      killed[target] += 1
      if (target === 'worker') await end(workers[0])
      if (target === 'database') await postgres.crash()
      if (target === 'web') {
        await end(web)
        web = start([CARECERT, 'serve'])
      }
      await untilTaken(smtp, workers, random.next() * Math.min(200, recipients / (4 * kills)))
      killed.worker += workers.filter(isRunning).length
      for (const worker of workers) await end(worker)
      for (const id of await unwritten(weather)) inDoubt.add(id)
    }
    smtp.calm()
    for (let calm = 0; calm < 20 && (await openDeliveries(weather)) > 0; calm += 1) {
      ahead += LEASE_SECONDS + 60
      await Promise.all(startWorkers(weather, ahead).map(worker => once(worker, 'exit')))
    }
    return {
      recipients,
      kills: killed,
      bound: killed.worker * MOST_IN_DOUBT,
      ...(await reckon(weather, recipients, inDoubt)),
      answers: { confirmed: confirmed.length, recorded: await recordedOf(platform, confirmed) },
      audit: await patiently(() => verifyChain(platform.database.kysely, null)),
      refused: Object.fromEntries(smtp.refused),
      seconds: Math.round((performance.now() - startedAt) / 1_000),
    }
  } finally {
    for (const child of processes) await end(child)
    await close()
    await smtp.close()
    await dropDatabase(postgres.adminUrl, databaseUrl)
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Weather {
  readonly platform: Platform
  readonly smtp: HostileSmtp
  readonly start: (args: readonly string[]) => ChildProcess
  readonly mailingId: string
}

function startProcess(args: readonly string[], env: NodeJS.ProcessEnv, processes: Set<ChildProcess>): ChildProcess {
  const child = spawn(process.execPath, [...args], { env, stdio: 'ignore' })
  processes.add(child)
  child.once('exit', () => processes.delete(child))
  return child
}

function startWorkers({ start, mailingId }: Weather, aheadSeconds: number): readonly ChildProcess[] {
  return Array.from({ length: WORKERS }, () => start([WORKER, mailingId, String(aheadSeconds)]))
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || !isRunning(child)) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

const LONGEST_WAIT_MILLIS = 60_000

/** Waits until the mail server took so many more, or the workers have nothing left to do. */
async function untilTaken({ messageIds }: HostileSmtp, workers: readonly ChildProcess[], more: number): Promise<void> {
  const goal = messageIds.size + more
  for (let waited = 0; messageIds.size < goal && waited < LONGEST_WAIT_MILLIS && workers.some(isRunning); waited += 5) await pause(5)
}

/** Answers by the links of messages that arrived, as their readers would. Gives the deliveries whose answer the web process confirmed. */
async function answerSome({ links }: HostileSmtp, port: string, known: readonly string[]): Promise<readonly string[]> {
  const confirmed: string[] = []
  for (const link of links.filter(token => !known.includes(token.slice(0, 36))).slice(0, 4)) {
    const address = `http://127.0.0.1:${port}/r/${link}`
    try {
      const reply = await fetch(address, {
        method: 'POST',
        redirect: 'manual',
        headers: { origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' },
        body: new URLSearchParams({ state: 'acknowledged' }),
        signal: AbortSignal.timeout(5_000),
      })
      if (reply.status === 303 || reply.status === 302) confirmed.push(link.slice(0, 36))
    } catch {
      // It is down, or was killed before it answered: then it confirmed nothing.
    }
  }
  return confirmed
}

/** What we hold to be still with a worker, now that all are dead: the mail server may have it, or may be about to. */
async function unwritten({ platform, mailingId }: Weather): Promise<readonly string[]> {
  const { rows } = await patiently(() =>
    sql<{
      messageId: string
    }>`select message_id as "messageId" from broadcast_delivery where mailing_id = ${mailingId} and state = 'sending'`.execute(
      platform.database.kysely,
    ),
  )
  return rows.map(({ messageId }) => messageId)
}

async function openDeliveries({ platform, mailingId }: Weather): Promise<number> {
  const { rows } = await patiently(() =>
    sql<{
      open: number
    }>`select count(*)::int as open from broadcast_delivery where mailing_id = ${mailingId} and state in ('queued', 'sending', 'failed')`.execute(
      platform.database.kysely,
    ),
  )
  return rows[0]?.open ?? 0
}

async function reckon({ platform, smtp, mailingId }: Weather, recipients: number, inDoubtIds: ReadonlySet<string>) {
  const { rows } = await sql<{ address: string; state: string; messageId: string }>`
    select address, state, message_id as "messageId" from broadcast_delivery where mailing_id = ${mailingId}`.execute(platform.database.kysely)
  if (rows.length !== recipients) throw new Error(`The ledger has ${rows.length} deliveries for ${recipients} recipients.`)
  const mailable = rows.filter(({ address }) => !address.startsWith('gone'))
  const ledger = Object.fromEntries([...Map.groupBy(rows, ({ state }) => state)].map(([state, list]) => [state, list.length]))
  const sum = { lost: 0, doubled: 0, unsaid: 0, inDoubt: 0, unexplained: 0 }
  for (const { address, messageId } of mailable) {
    const times = smtp.taken.get(address) ?? 0
    if (times === 0) sum.lost += 1
    const excess = Math.max(times - 1, 0)
    const unsaid = Math.min(excess, smtp.unsaid.get(address) ?? 0)
    const inDoubt = inDoubtIds.has(messageId) ? excess - unsaid : 0
    sum.doubled += excess
    sum.unsaid += unsaid
    sum.inDoubt += inDoubt
    sum.unexplained += excess - unsaid - inDoubt
  }
  return { ...sum, ledger }
}

/** How many of those deliveries led to exactly one answer. */
async function recordedOf(platform: Platform, deliveryIds: readonly string[]): Promise<number> {
  const { rows } = await sql<{ recorded: number }>`
    select count(*)::int as recorded from broadcast_delivery delivery where id = any(${[...deliveryIds]}::text[])
      and (select count(*) from broadcast_response answer where answer.bulletin_id = delivery.bulletin_id and answer.organisation_id = delivery.organisation_id) = 1`.execute(
    platform.database.kysely,
  )
  return rows[0]?.recorded ?? 0
}

/** The storm's own connections die with the database too. */
async function patiently<R>(ask: () => Promise<R>): Promise<R> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask()
    } catch (error) {
      if (attempt === 20) throw error
      await pause(250)
    }
  }
}
