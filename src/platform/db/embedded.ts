import { createHash, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmod, lstat, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Worker } from 'node:worker_threads'
import lockfile from 'proper-lockfile'
import { Unavailable } from '../../kernel/errors.ts'
import { sleep } from '../clock/clock.ts'

/**
 * The embedded PostgreSQL (PGlite), for a first look, tests and small sites.
 *
 * Invariants:
 * 1. One process at a time holds the folder; it is locked before the database is opened. PGlite itself takes no lock.
 * 2. The folder, and so everything in it, is open to its owner alone (0700); PGlite makes its files world-readable.
 * 3. Any other process of this installation reaches the database through the holder's socket, so commands work while
 *    the server runs.
 *
 * PGlite never calls fsync: a killed process loses nothing, a power cut may lose the last seconds. `doctor` says so.
 */
export interface EmbeddedDatabase {
  /** The folder that holds the socket, as the driver's `host`. */
  readonly socketFolder: string
  /** Whether this process runs the database, or is a guest of the one that does. */
  readonly isHost: boolean
  stop(): Promise<void>
}

const POSTGRES = 'postgres'
const SOCKET = '.s.PGSQL.5432'
/** The longest path that Linux takes for a socket is 107 bytes, macOS 103. */
const LONGEST_SOCKET_PATH = 100
/** A lock that nobody renews counts as abandoned after so long. */
const STALE_LOCK_MILLIS = 30_000
/**
 * Longer than that: in a container every process has the same number, so a lock that a crash left behind looks like a living process's
 * until it is stale.
 */
const GIVE_UP_AFTER_MILLIS = STALE_LOCK_MILLIS + 10_000

/** Whether there is an embedded database in that folder. It makes none. */
export function hasEmbedded(dataFolder: string): Promise<boolean> {
  return stat(join(dataFolder, POSTGRES)).then(
    found => found.isDirectory(),
    () => false,
  )
}

/** Opens the embedded database in `dataFolder`, or joins the process that has it open. Throws `Unavailable` when neither works. */
export async function openEmbedded(dataFolder: string): Promise<EmbeddedDatabase> {
  const home = resolve(dataFolder)
  try {
    await mkdir(home, { recursive: true, mode: 0o700 })
    await chmod(home, 0o700)
  } catch (cause) {
    throw new Unavailable('platform.db.folder', `${dataFolder} cannot be the data folder. Set CARECERT_DATA to a folder of your own.`, undefined, {
      cause,
    })
  }
  const socketFolder = await privateSocketFolder(home)
  const socket = join(socketFolder, SOCKET)

  for (let waited = 0; waited < GIVE_UP_AFTER_MILLIS; waited += 250) {
    if (await answers(socket)) return { socketFolder, isHost: false, stop: async () => {} }
    const release = await tryLock(home)
    if (release !== null) return host(home, socketFolder, socket, release)
    await sleep(250)
  }
  throw new Unavailable(
    'platform.db.folder-in-use',
    `Another process is starting in ${dataFolder} or has hung there. Wait for it, or stop it, then try again.`,
  )
}

async function host(home: string, socketFolder: string, socket: string, release: () => Promise<void>): Promise<EmbeddedDatabase> {
  await rm(socket, { force: true })
  const worker = new Worker(new URL('./embedded-worker.ts', import.meta.url), {
    workerData: { folder: join(home, POSTGRES), socket },
    execArgv: [],
  })
  const said = (word: string) =>
    new Promise<void>((accept, refuse) => {
      worker.on('message', message => message === word && accept())
      worker.once('error', refuse)
      worker.once('exit', code => (code === 0 ? accept() : refuse(new Error(`The database thread ended with code ${code}.`))))
    })
  try {
    await said('ready')
  } catch (cause) {
    await release()
    throw new Unavailable(
      'platform.db.embedded-failed',
      `The embedded database in ${home} does not open. Restore a backup, or move the folder away to start afresh.`,
      undefined,
      { cause },
    )
  }
  await chmod(socket, 0o600)
  let isStopping = false
  const gone = once(worker, 'exit')
  void gone.then(() => {
    // Without its database the process can do nothing right: better that it ends, and is started anew, than that it stays and fails.
    if (!isStopping)
      throw new Unavailable('platform.db.thread-ended', 'The embedded database ended by itself. Start CareCERT again: what was committed is kept.')
  })
  return {
    socketFolder,
    isHost: true,
    stop: async () => {
      isStopping = true
      worker.postMessage('stop')
      await gone
      await rm(socket, { force: true })
      await release()
    },
  }
}

/** Takes the folder's lock. `null` when a living process has it; the lock of a dead one is cleared at once. */
async function tryLock(home: string): Promise<(() => Promise<void>) | null> {
  const holder = join(home, 'holder.pid')
  const lock = join(home, 'lock')
  await clearLockOfDead(holder, lock)
  try {
    const release = await lockfile.lock(home, { lockfilePath: lock, stale: STALE_LOCK_MILLIS, realpath: false, onCompromised: () => {} })
    await writeFile(holder, String(process.pid), { mode: 0o600 })
    return async () => {
      await rm(holder, { force: true })
      await release()
    }
  } catch {
    return null
  }
}

/**
 * Clears away the lock of a process that died. Several may try at once, and a lock is taken a moment before its holder is
 * named, so a lock goes only with the name of its dead holder: the one who can move that name aside removes the lock, and
 * only the very lock that lay there before. Otherwise a newcomer's lock would go, and two would write to one database.
 */
async function clearLockOfDead(holder: string, lock: string): Promise<void> {
  const pid = await pidIn(holder)
  const before = await madeAt(lock)
  if (pid === null || isAlive(pid)) return
  const aside = `${holder}.${process.pid}.${randomUUID()}`
  try {
    await rename(holder, aside)
  } catch {
    return
  }
  if ((await pidIn(aside)) !== pid) return rename(aside, holder)
  if (before !== null && (await madeAt(lock)) === before) await rm(lock, { recursive: true, force: true })
  await rm(aside, { force: true })
}

async function pidIn(path: string): Promise<number | null> {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''))
  return Number.isInteger(pid) && pid > 0 ? pid : null
}

function madeAt(path: string): Promise<number | null> {
  return stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => null,
  )
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise(accept => {
    const attempt = connect(socket)
    attempt.once('connect', () => {
      attempt.destroy()
      accept(true)
    })
    attempt.once('error', () => accept(false))
  })
}

async function privateSocketFolder(home: string): Promise<string> {
  const inside = join(home, 'run')
  const digest = createHash('sha256').update(home).digest('hex').slice(0, 16)
  const folder =
    Buffer.byteLength(join(inside, SOCKET)) <= LONGEST_SOCKET_PATH ? inside : join(tmpdir(), `carecert-${process.getuid?.() ?? 0}-${digest}`)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const found = await lstat(folder)
  if (!found.isDirectory() || (process.getuid !== undefined && found.uid !== process.getuid())) {
    throw new Unavailable('platform.db.foreign-folder', `${folder} belongs to somebody else. Remove it, or set CARECERT_DATA to a shorter path.`)
  }
  await chmod(folder, 0o700)
  return folder
}
