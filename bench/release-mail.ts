import { execFile } from 'node:child_process'
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { claimedDeliveries, mailingToDeliver } from '../src/domains/broadcast/deliveries/queries.ts'
import { prepareLetter } from '../src/domains/broadcast/deliveries/views.ts'
import type { Visible } from '../src/domains/broadcast/tables.ts'
import type { MailMessage } from '../src/platform/mail/transport.ts'
import type { Platform } from '../src/platform/platform.ts'
import { SYSTEM } from '../src/platform/work/actor.ts'
import { readAs } from '../src/platform/work/read.ts'
import type { Bench } from './support/bench.ts'
import { byTurns } from './support/measure.ts'
import { startCarecert, startSink, type Sink } from './support/processes.ts'
import { processorTimes, usedBetween } from './support/processor.ts'
import { approvedBulletin, environmentOf, openPlatform, releaseNow } from './support/product.ts'
import { describe, note, printHeading, printTable, round, times } from './support/report.ts'
import { plantSector } from './support/sector.ts'
import { serverWords, startServer, withFolder } from './support/server.ts'
import { pairedRatio, summarise } from './support/stats.ts'

/**
 * Carrying a release to 10,000 contacts: `carecert work`, one process and two, each message personalised with its signed link, each
 * outcome on disk in PostgreSQL, into a mail server that takes everything. Messages a second, from the first that arrives to the last.
 *
 * The peer: nodemailer's pool by itself, in one process, sending the very same messages, written beforehand, and recording nothing. Both also
 * with DKIM: nodemailer with RSA-2048, ours with that, and with Ed25519 beside it.
 */
export const releaseMail: Bench = {
  about: 'a release to 10,000 contacts by one worker and by two, beside nodemailer alone with the same messages, signed and not',
  async run({ rounds, small, command }) {
    const server = await startServer()
    const sink = await startSink()
    try {
      await withFolder(async folder => {
        const env = environmentOf(await server.createDatabase(), folder, { SMTP_URL: sink.url })
        const { platform, close } = await openPlatform(env)
        try {
          await plantSector(platform.database, small ? 800 : 8_500)
          await leaveContacts(platform, small ? 500 : CONTACTS)
          await measure({ platform, sink, env, folder }, rounds ?? (small ? 1 : 5), small ? 0 : 1, command)
        } finally {
          await close()
        }
      })
    } finally {
      await sink.stop()
      await server.stop()
    }
  },
}

const CONTACTS = 10_000
const EVERYBODY = { types: ['practice', 'pharmacy', 'care-home', 'dentist', 'trust', 'supplier', 'board', 'support-unit', 'region'] }
const BARE_SENDER = fileURLToPath(new URL('./support/bare-sender.ts', import.meta.url))

interface Setting {
  readonly platform: Platform
  readonly sink: Sink
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
}

async function measure(setting: Setting, rounds: number, warmUps: number, command: string): Promise<void> {
  const { platform, sink, folder } = setting
  const file = join(folder, 'messages.json')
  const messages = await writtenMessages(platform)
  // Without the composed body: the peer composes each message itself.
  await writeFile(file, JSON.stringify(messages.map(({ to, subject, text, html, messageId }) => ({ to, subject, text, html, messageId }))))
  printHeading(`A release to ${messages.length.toLocaleString('en-GB')} contacts`, command)
  const delays: number[] = []
  const { rsa, both, rsaFile, rsaKey } = await dkimKeys(folder)
  const parts = new Map<string, Costs[]>()
  const bare = async (...more: readonly string[]) => {
    await sink.reset()
    await promisify(execFile)(process.execPath, [BARE_SENDER, sink.url, file, ...more])
    return rateOf(sink, messages.length)
  }
  const ours = async (workers: number, more: Readonly<Record<string, string>>, name: string) => {
    const { rate, costs } = await delivered({ ...setting, env: { ...setting.env, ...more } }, workers, messages.length, delays)
    parts.set(name, [...(parts.get(name) ?? []), costs])
    return rate
  }
  const figures = await byTurns(
    {
      one: () => ours(1, {}, 'one process'),
      oneRsa: () => ours(1, rsa, 'one process, RSA-2048'),
      oneBoth: () => ours(1, both, 'one process, RSA-2048 and Ed25519'),
      two: () => ours(2, {}, 'two processes'),
      twoBoth: () => ours(2, both, 'two processes, RSA-2048 and Ed25519'),
      bare: () => bare(),
      bareRsa: () => bare(rsaFile),
    },
    rounds,
    warmUps,
  )
  const { bytes } = await sink.count()
  console.log(
    `\n${await serverWords(platform.database)}; messages of ${round(bytes / messages.length / 1_000)} kB; from the release's commit to the first message ${describe(summarise(delays))} ms`,
  )
  const line = (words: string, name: keyof typeof figures, peer: 'bare' | 'bareRsa') => [
    words,
    describe(summarise(figures[name])),
    name === peer ? '' : times(pairedRatio(figures[name], figures[peer])),
  ]
  printTable(
    ['who sends', 'messages a second', 'of nodemailer’s rate with the same signing'],
    [
      line('carecert work, one process', 'one', 'bare'),
      line('the same, DKIM with RSA-2048', 'oneRsa', 'bareRsa'),
      line('the same, DKIM with RSA-2048 and Ed25519', 'oneBoth', 'bareRsa'),
      line('carecert work, two processes', 'two', 'bare'),
      line('the same, DKIM with RSA-2048 and Ed25519', 'twoBoth', 'bareRsa'),
      line('nodemailer alone, one process, nothing recorded', 'bare', 'bare'),
      line('the same, DKIM with RSA-2048', 'bareRsa', 'bareRsa'),
    ],
  )
  printCosts(parts, signingCost(rsaKey))
}

/** Milliseconds of processor time for one message, by who used them, and milliseconds from one message to the next. */
interface Costs {
  readonly workers: number
  readonly database: number
  readonly sink: number
  readonly apart: number
}

/** Where the processor's time goes: when the parts come to as much as all cores have from one message to the next, the processor is the limit. */
function printCosts(parts: ReadonlyMap<string, readonly Costs[]>, signing: number): void {
  const cores = availableParallelism()
  const median = (all: readonly Costs[], part: (costs: Costs) => number) => summarise(all.map(part)).median
  printTable(
    ['CPU a message, ms', 'carecert work', 'PostgreSQL', 'the mail server', 'together', `of what ${cores} cores have`],
    [...parts].map(([name, all]) => [
      name,
      round(median(all, ({ workers }) => workers)),
      round(median(all, ({ database }) => database)),
      round(median(all, ({ sink }) => sink)),
      round(median(all, ({ workers, database, sink }) => workers + database + sink)),
      `${round(median(all, ({ workers, database, sink, apart }) => ((workers + database + sink) / (apart * cores)) * 100))} %`,
    ]),
  )
  console.log(`One RSA-2048 signature, made alone in this process, takes ${round(signing)} ms of it.`)
}

const SIGNATURES = 300

function signingCost(key: KeyObject): number {
  const data = Buffer.alloc(1_000, 'x')
  for (let warmUp = 0; warmUp < 50; warmUp += 1) sign('sha256', data, key)
  const before = process.cpuUsage()
  for (let made = 0; made < SIGNATURES; made += 1) sign('sha256', data, key)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000 / SIGNATURES
}

/** Keys for DKIM as files, and the settings that use one or both. */
async function dkimKeys(folder: string) {
  const write = async (name: string, key: KeyObject) => {
    const path = join(folder, name)
    await writeFile(path, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    return path
  }
  const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  const rsaFile = await write('rsa.pem', rsaKey)
  const edFile = await write('ed25519.pem', generateKeyPairSync('ed25519').privateKey)
  const rsa = { DKIM_DOMAIN: 'carecert.example', DKIM_SELECTOR: 'rsa', DKIM_KEY_FILE: rsaFile }
  return { rsaKey, rsaFile, rsa, both: { ...rsa, DKIM_ED25519_SELECTOR: 'ed', DKIM_ED25519_KEY_FILE: edFile } }
}

/** Releases a bulletin with so many workers up, and waits for the last message. Gives messages a second, and what one cost. */
async function delivered(
  { platform, sink, env }: Setting,
  workers: number,
  messages: number,
  delays: number[],
): Promise<{ readonly rate: number; readonly costs: Costs }> {
  const number = await approvedBulletin(platform, EVERYBODY)
  const running = []
  for (let worker = 0; worker < workers; worker += 1) running.push(await startCarecert(['work'], env, 'Taking up jobs'))
  try {
    await sink.reset()
    const { mailingId, contacts } = await releaseNow(platform, number)
    const releasedAt = Number(process.hrtime.bigint()) / 1e6
    const pids = { workers: running.map(({ pid }) => pid), database: await backends(platform), sink: [sink.pid] }
    const before = { workers: processorTimes(pids.workers), database: processorTimes(pids.database), sink: processorTimes(pids.sink) }
    if (contacts !== messages) throw new Error(`The release reached ${contacts} contacts, not ${messages}.`)
    await untilSettled(platform, mailingId, messages)
    delays.push((await sink.count()).firstAt - releasedAt)
    const used = (part: keyof typeof pids) => usedBetween(before[part], processorTimes(pids[part])) / messages
    const rate = await rateOf(sink, messages)
    return { rate, costs: { workers: used('workers'), database: used('database'), sink: used('sink'), apart: 1_000 / rate } }
  } finally {
    for (const worker of running) await worker.stop()
  }
}

async function backends(platform: Platform): Promise<readonly number[]> {
  const { rows } = await sql<{
    pid: number
  }>`select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'`.execute(platform.database.kysely)
  return rows.map(({ pid }) => pid)
}

async function untilSettled(platform: Platform, mailingId: string, messages: number): Promise<void> {
  for (let waited = 0; waited < 600; waited += 1) {
    const { rows } = await sql<{
      sent: number
    }>`select count(*)::int as sent from broadcast_delivery where mailing_id = ${mailingId} and state = 'sent'`.execute(platform.database.kysely)
    if (rows[0]?.sent === messages) return
    await pause(500)
  }
  throw new Error('Five minutes passed, and not every message was sent.')
}

async function rateOf(sink: Sink, expected: number): Promise<number> {
  const { messages, recipients, firstAt, lastAt } = await sink.count()
  if (messages !== expected || recipients !== expected) throw new Error(`${messages} messages to ${recipients} recipients came in, not ${expected}.`)
  return ((messages - 1) / (lastAt - firstAt)) * 1_000
}

/** Ends contacts until so many are left that receive bulletins. */
async function leaveContacts(platform: Platform, contacts: number): Promise<void> {
  await sql`update directory_contact set ended_at = now() where id not in (select id from directory_contact order by id limit ${contacts})`.execute(
    platform.database.kysely,
  )
  await sql`vacuum analyze directory_contact`.execute(platform.database.kysely)
}

/** The messages of one release as our worker would write them, with a stand-in for the link that is as long. */
async function writtenMessages(platform: Platform): Promise<readonly MailMessage[]> {
  const { mailingId } = await releaseNow(platform, await approvedBulletin(platform, EVERYBODY))
  const messages = await readAs<Visible, readonly MailMessage[]>(platform, SYSTEM, async db => {
    const mailing = await mailingToDeliver(db, mailingId)
    const ids = await db.selectFrom('broadcast_delivery').select('id').where('mailing_id', '=', mailingId).orderBy('id').execute()
    if (mailing === undefined) throw new Error('The mailing is gone.')
    const letter = prepareLetter(platform.views, mailing, platform.config.baseUrl)
    return (
      await claimedDeliveries(
        db,
        ids.map(({ id }) => id),
      )
    ).map(delivery => letter(delivery, told => `${platform.config.baseUrl}/r/${told.id}.1.1800000000.${'x'.repeat(43)}`))
  })
  // This one is not for the workers.
  await sql`update broadcast_delivery set state = 'given-up' where mailing_id = ${mailingId}`.execute(platform.database.kysely)
  await sql`delete from pgboss.job where name = 'broadcast.deliver'`.execute(platform.database.kysely)
  note(`${messages.length} messages written`)
  return messages
}
