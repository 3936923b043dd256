import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { delimiter, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'

/**
 * A private PostgreSQL server for a test run: a new cluster in a temporary folder, on a loopback port of its own, gone
 * when the run ends, however it ends.
 */
export interface PostgresServer {
  /** Where a superuser makes databases; handed to the test processes as TEST_DATABASE_URL. */
  readonly adminUrl: string
  /** Kills every process of the server at once, as `kill -9` does, and waits until it is up again. Only where `startPostgres` was told so. */
  crash(): Promise<void>
  stop(): Promise<void>
}

// No crash is survived and none needs to be: the folder is deleted at the end.
const SETTINGS = {
  autovacuum: 'off',
  fsync: 'off',
  full_page_writes: 'off',
  listen_addresses: '127.0.0.1',
  max_connections: '200',
  max_wal_size: '2GB',
  shared_buffers: '128MB',
  synchronous_commit: 'off',
  timezone: 'UTC',
}

/**
 * The shell that holds the server. It waits for its standard input to end, which the system sees to when this process
 * dies, even by SIGKILL; then it ends the server at once and deletes the folder.
 */
const HOLD = `
"$1/postgres" -D "$2/data" >"$2/log" 2>&1 &
cat >/dev/null
kill -QUIT $!
wait
rm -rf "$2"
`

/** The same, of a server that is started again whenever it dies. */
const HOLD_UP = `
while [ ! -e "$2/ended" ]; do "$1/postgres" -D "$2/data" >>"$2/log" 2>&1; sleep 0.2; done &
cat >/dev/null
touch "$2/ended"
kill -QUIT "$(head -n 1 "$2/data/postmaster.pid")"
wait
rm -rf "$2"
`

/** The folder of the newest PostgreSQL server programs on this machine, or `undefined`. */
export function findPostgres(): string | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : []
  const candidates = [...versions.map(version => `${debian}/${version}/bin`), ...(process.env['PATH'] ?? '').split(delimiter)]
  return candidates.find(folder => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
}

/**
 * Makes a cluster and starts it, with settings that come before those of a test run. Takes about two seconds. With `mayCrash` what was
 * committed survives `crash()`. Throws with the server's own words when it does not come up.
 */
export async function startPostgres(
  overrides: Readonly<Record<string, string>> = {},
  { mayCrash = false }: { readonly mayCrash?: boolean } = {},
): Promise<PostgresServer> {
  const programs = findPostgres()
  if (programs === undefined)
    throw new Error('There is no PostgreSQL server on this machine. `npm test` installs one; on Debian: apt-get install postgresql.')
  const folder = mkdtempSync('/tmp/carecert-postgres-')
  const password = randomBytes(16).toString('hex')
  const port = await freePort()
  const user = unprivilegedUser()
  writeFileSync(`${folder}/password`, password)
  chmodSync(folder, 0o700)
  if (user !== undefined) for (const path of [folder, `${folder}/password`]) chownSync(path, user.uid, user.gid)

  const options = { ...user, cwd: folder, env: { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' } }
  const how = [
    '--pgdata',
    `${folder}/data`,
    '--username=postgres',
    `--pwfile=${folder}/password`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--no-sync',
  ]
  execFileSync(join(programs, 'initdb'), how, { ...options, stdio: ['ignore', 'ignore', 'inherit'] })
  const settings = Object.entries({
    ...SETTINGS,
    ...(mayCrash ? { synchronous_commit: 'on' } : {}),
    ...overrides,
    port: String(port),
    unix_socket_directories: folder,
  })
  writeFileSync(`${folder}/data/postgresql.auto.conf`, settings.map(([name, value]) => `${name} = '${value}'\n`).join(''))

  // In a session of its own, so that Ctrl-C in the terminal reaches us first and the shell tidies up after us.
  const holder = spawn('sh', ['-c', mayCrash ? HOLD_UP : HOLD, 'sh', programs, folder], {
    ...options,
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  holder.stdin.on('error', () => {})
  const adminUrl = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  const stop = () => end(holder)
  try {
    await untilReady(adminUrl)
  } catch (cause) {
    const log = existsSync(`${folder}/log`) ? readFileSync(`${folder}/log`, 'utf8') : ''
    await stop()
    throw new Error(`PostgreSQL did not start. It says:\n${log}`, { cause })
  }
  const crash = async () => {
    if (!mayCrash) throw new Error('This server was not started to be killed.')
    killServer(Number(readFileSync(`${folder}/data/postmaster.pid`, 'utf8').split('\n')[0]))
    await untilReady(adminUrl)
  }
  return { adminUrl, crash, stop }
}

/** The postmaster first, so that it starts no new process for one that died. */
function killServer(postmaster: number): void {
  const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(postmaster)], { encoding: 'utf8' })
  for (const pid of [postmaster, ...children.trim().split(/\s+/).map(Number)]) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It ended by itself meanwhile.
    }
  }
}

/** Makes a new database, empty or a copy of `template`, and gives its address. It goes with the server, or with `dropDatabase`. */
export async function createDatabase(adminUrl: string, template = 'template1'): Promise<string> {
  const name = `test_${randomBytes(8).toString('hex')}`
  await asAdmin(adminUrl, client => client.query(`create database ${name} template ${pg.escapeIdentifier(template)}`))
  const url = new URL(adminUrl)
  url.pathname = `/${name}`
  return url.href
}

/** Removes a database made by `createDatabase`, ending what is still connected to it. */
export async function dropDatabase(adminUrl: string, url: string): Promise<void> {
  const name = new URL(url).pathname.slice(1)
  await asAdmin(adminUrl, client => client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`))
}

async function asAdmin(adminUrl: string, act: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl })
  await client.connect()
  try {
    await act(client)
  } finally {
    await client.end()
  }
}

async function untilReady(adminUrl: string): Promise<void> {
  const tries = 100
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await asAdmin(adminUrl, client => client.query('select 1'))
    } catch (error) {
      if (attempt === tries) throw error
      await pause(100)
    }
  }
}

async function end(holder: ChildProcess): Promise<void> {
  if (holder.exitCode !== null || holder.signalCode !== null) return
  const gone = once(holder, 'exit')
  holder.stdin?.end()
  await gone
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  if (address === null || typeof address === 'string') throw new Error('No free port.')
  return address.port
}

/** PostgreSQL refuses to run as root. Root lends it the postgres user, or else nobody; anyone else runs it as themselves. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined
  const accounts = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))
  const account = accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody')
  if (account === undefined) throw new Error('PostgreSQL must not run as root, and there is neither a postgres nor a nobody user.')
  return { uid: Number(account[2]), gid: Number(account[3]) }
}
