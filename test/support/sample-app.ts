import { createHash } from 'node:crypto'
import { readdir, rm, stat } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Kysely } from 'kysely'
import { compose } from '../../src/app/compose.ts'
import { loadSample } from '../../src/app/sample/load.ts'
import { createWeb } from '../../src/app/web.ts'
import { startWorker } from '../../src/app/worker.ts'
import { sampleSignInLinks } from '../../src/domains/directory/contract.ts'
import type { DirectoryTables } from '../../src/domains/directory/tables.ts'
import type { Role } from '../../src/kernel/role.ts'
import { createOutput } from '../../src/platform/cli/output.ts'
import type { Mailbox } from '../../src/platform/mail/mailbox.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { copyOfTemplate, schemaDigest } from './database.ts'

/** The product as `carecert serve` runs it, on the embedded database: web server, worker and mailbox, with a small invented sector. */
export interface SampleApp {
  readonly address: string
  readonly platform: Platform
  readonly mailbox: Mailbox
  /** The address that signs somebody with this role in. */
  signInAddress(role: Role): string
  /** The address that signs in somebody of the sample by their e-mail address, or by the beginning of it up to where several have the same. */
  signInAddressOf(email: string): Promise<string>
  stop(): Promise<void>
}

/** Starts it on a free port. The same seed gives the same sector. The caller stops it. */
export async function startSampleApp(options: { organisations?: number; env?: Readonly<Record<string, string>> } = {}): Promise<SampleApp> {
  const port = await freePort()
  const dataFolder = await inventedSector(options.organisations ?? 250)
  const env = { PORT: String(port), CARECERT_DATA: dataFolder, LOG_LEVEL: process.env['TEST_LOG'] ?? 'fatal', ...options.env }
  const { platform, staticFiles, close } = await compose(env, { migrate: true, sampleWhenEmpty: true, sendsMail: true })
  const web = await createWeb(platform, staticFiles)
  await web.listen({ host: platform.config.host, port })
  const worker = await startWorker(platform)
  const links = await sampleSignInLinks(platform)
  const { mailbox } = platform
  if (mailbox === null) throw new Error('The sample has a mailbox')
  return {
    address: platform.config.baseUrl,
    platform,
    mailbox,
    signInAddress(role) {
      const link = links.find(candidate => candidate.role === role)
      if (link === undefined) throw new Error(`The sample has nobody who is ${role}`)
      return link.url
    },
    async signInAddressOf(email) {
      const { id } = await (platform.database.kysely as Kysely<DirectoryTables>)
        .selectFrom('directory_person')
        .where('email', 'like', `${email}%`)
        .select('id')
        .orderBy('email')
        .executeTakeFirstOrThrow()
      return `${platform.config.baseUrl}/sign-in/sample/${id}.${platform.signer.sign('sample-sign-in', id)}`
    },
    async stop() {
      web.server.closeAllConnections()
      await web.close()
      await worker.stop()
      await close()
      await rm(dataFolder, { recursive: true, force: true })
    },
  }
}

/** What the sample says happened minutes ago must still be so. */
const FRESH_MILLIS = 15 * 60_000

/** A data folder with the sector in it: invented once for all test files of a run, and copied. */
async function inventedSector(organisations: number): Promise<string> {
  return copyOfTemplate(`carecert-sample-${organisations}-${await schemaDigest()}-${await sourcesDigest()}`, FRESH_MILLIS, async dataFolder => {
    const env = { CARECERT_DATA: dataFolder, LOG_LEVEL: process.env['TEST_LOG'] ?? 'fatal' }
    const { platform, close } = await compose(env, { migrate: true, sampleWhenEmpty: true, sendsMail: true })
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
    await loadSample(platform, createOutput({ json: true, yes: true, stdout: silent, stderr: silent, ask: null }), { organisations, seed: 1 })
    await close()
  })
}

/** Changes when any source file does. */
async function sourcesDigest(): Promise<string> {
  const folder = fileURLToPath(new URL('../../src/', import.meta.url))
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile())
  const marks = await Promise.all(
    files.map(async ({ parentPath, name }) => {
      const { mtimeMs, size } = await stat(join(parentPath, name))
      return `${parentPath}/${name} ${mtimeMs} ${size}`
    }),
  )
  return createHash('sha256').update(marks.toSorted().join('\n')).digest('hex').slice(0, 16)
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>(resolve => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as AddressInfo
  await new Promise<void>(resolve => probe.close(() => resolve()))
  return port
}
