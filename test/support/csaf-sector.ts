import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { addUpdate, supersedeBulletin, withdrawBulletin } from '../../src/domains/broadcast/bulletins/living/commands.ts'
import type { Visible as Broadcast } from '../../src/domains/broadcast/tables.ts'
import { keepProvider, publishByCsaf } from '../../src/interop/csaf-provider/jobs.ts'
import { SYSTEM } from '../../src/platform/work/actor.ts'
import { runWork, type Work } from '../../src/platform/work/work.ts'
import { createTestApp, type TestApp } from './app.ts'
import { actorAs } from './broadcast.ts'
import type { TestPlatform } from './platform.ts'
import { releasedBulletin, type ReleasedBulletin, type ReleasedBulletinOptions } from './released-bulletin.ts'

export const BASE = 'https://centre.example'
export const OPEN = { '2.0': 'csaf/v2.0/white', '2.1': 'csaf/v2.1/clear' } as const
export const GROUP = { id: '8b2e7f0a-31c4-4c39-9d2e-5f6a7b8c9d0e', name: 'Hospitals in the north' }

export interface Provided extends ReleasedBulletin {
  /** `CC-5001`. */
  readonly id: string
  /** `2026/cc-5001.json`. */
  readonly path: string
}

/**
 * The whole product as a CSAF trusted provider, with a bulletin of each kind: `open` are those that everybody may read. The registers know both weakness and score of
 * CVE-2026-1001, and of CVE-2026-1002 the weakness alone.
 */
export async function createCsafSector() {
  const app: TestApp = await createTestApp({
    sample: true,
    env: { BASE_URL: BASE, CSAF_PUBLISHER_NAME: 'The cyber centre', CSAF_CONTACT: 'mailto:csaf@centre.example' },
  })
  const { platform } = app
  const { kysely: db } = platform.database
  await plantRegister(platform)
  await keepProvider(platform)
  const released = (options: Partial<ReleasedBulletinOptions> = {}) => releaseAndPublish(platform, options)
  const PLATFORMS = [{ platform: 'Larch Records', versions: ['9.0', 'before 8.4'], text: 'All editions' }]
  const clear = await released({
    tlp: 'CLEAR',
    content: { cves: ['CVE-2026-1001'], platforms: PLATFORMS, sources: ['https://larch.example/a b?c=ä|d'] },
  })
  const unscored = await released({ tlp: 'CLEAR', content: { cves: ['CVE-2026-1002'], platforms: PLATFORMS } })
  const informational = await released({ tlp: 'CLEAR', title: 'Räuber — 医療 🏥', content: { steps: [], threatType: 'Intelligence' } })
  const withdrawn = await released({ tlp: 'CLEAR', content: { cves: ['CVE-2026-1001'], platforms: PLATFORMS } })
  await doing(platform, work => withdrawBulletin(work, { number: withdrawn.number, reason: 'It was wrong.' }))
  const superseded = await released({ tlp: 'CLEAR' })
  await sql`insert into broadcast_recipient (bulletin_id, organisation_id, release_id, is_reachable)
    values (${clear.bulletinId}, ${superseded.organisationIds[0] ?? ''}, ${clear.releaseId}, true)`.execute(db)
  await doing(platform, work => supersedeBulletin(work, { number: superseded.number, by: clear.number, reason: 'More is known.' }))
  const holding = await released({ tlp: 'CLEAR' })
  await sql`update broadcast_bulletin set is_holding = true where id = ${holding.bulletinId}`.execute(db)
  await doing(platform, work => addUpdate(work, { number: holding.number, title: 'Still looking', body: 'Soon more.' }))
  const green = await released({ tlp: 'GREEN' })
  const amber = await released({ tlp: 'AMBER', content: { cves: ['CVE-2026-1001'], platforms: PLATFORMS } })
  const strict = await released({ tlp: 'AMBER+STRICT' })
  const red = await released({ tlp: 'RED' })
  const exercise = await released({ tlp: 'CLEAR', isExercise: true })
  await sql`insert into broadcast_sharing_group (id, name, purpose, made_by, made_at) values (${GROUP.id}, ${GROUP.name}, 'To share', 'test', now())`.execute(
    db,
  )
  const grouped = await released({ tlp: 'GREEN', content: { sharingGroup: GROUP } })
  await sql`update broadcast_bulletin set sharing_group_id = ${GROUP.id} where id = ${grouped.bulletinId}`.execute(db)
  await publish(platform, grouped.bulletinId)
  const open = [clear, unscored, informational, withdrawn, superseded, holding]

  return {
    app,
    platform,
    open,
    bulletins: { clear, unscored, informational, withdrawn, superseded, holding, green, amber, strict, red, exercise, grouped },
    get: (path: string, headers: Record<string, string> = {}) =>
      app.server.inject({ method: 'GET', url: path.startsWith('/') ? path : `/${path}`, headers }),
    /** The text of a public file. */
    async body(path: string): Promise<string> {
      const response = await app.server.inject({ method: 'GET', url: path.startsWith('/') ? path : `/${path}` })
      assert.equal(response.statusCode, 200, path)
      return response.body
    },
    async json(path: string): Promise<unknown> {
      return JSON.parse((await app.server.inject({ method: 'GET', url: path.startsWith('/') ? path : `/${path}` })).body)
    },
    /** A browser of somebody at an organisation that the bulletin was sent to. */
    async member(bulletin: Pick<Provided, 'organisationIds'>) {
      const { rows } = await sql<{ code: string }>`select code from directory_organisation where id = ${bulletin.organisationIds[0] ?? ''}`.execute(
        db,
      )
      return overTls(await app.signIn('cyber-lead', { organisation: rows[0]?.code ?? '' }))
    },
    centre: async () => overTls(await app.signIn('analyst')),
  }
}

/** Behind TLS the session's cookie has a prefix. */
function overTls<B extends { cookie(name: string): string | undefined; setCookie(name: string, value: string): void }>(browser: B): B {
  browser.setCookie('__Host-carecert', browser.cookie('carecert') ?? '')
  return browser
}

let organisations = 0
async function releaseAndPublish(platform: TestPlatform, options: Partial<ReleasedBulletinOptions>): Promise<Provided> {
  platform.clock.advanceHours(1)
  organisations += 1
  const bulletin = await releasedBulletin(platform, { organisations: 1, prefix: `Q${organisations}X`, ...options })
  await publish(platform, bulletin.bulletinId)
  return { ...bulletin, id: `CC-${bulletin.number}`, path: `2026/cc-${bulletin.number}.json` }
}

async function publish(platform: TestPlatform, bulletinId: string): Promise<void> {
  await runWork<object, void>(platform, SYSTEM, async work => work.enqueue(publishByCsaf, { bulletinId }))
  await platform.runJobs()
}

async function doing(platform: TestPlatform, step: (work: Work<Broadcast>) => Promise<void>): Promise<void> {
  platform.clock.advanceHours(1)
  await runWork<Broadcast, void>(platform, actorAs('duty-manager'), step)
  await platform.runJobs()
}

/** What the registers say of one vulnerability, as gathered. */
async function plantRegister({ database: { kysely: db } }: TestPlatform): Promise<void> {
  await sql`insert into watch_source (id, code, name, format, url, created_at) values ('src_1', 'nvd', 'NVD', 'nvd', 'https://nvd.example', now())
    on conflict do nothing`.execute(db)
  await sql`insert into watch_gathering (id, source_id, at, address, outcome)
    select 'gat_1', id, now(), 'https://nvd.example', 'taken' from watch_source where code = 'nvd'`.execute(db)
  const assessments = [
    {
      cve: 'CVE-2026-1001',
      cwes: ['CWE-79'],
      ssvc: null,
      cvss: [
        { version: '3.1', vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', baseTenths: 98, statedTenths: null, by: null },
        { version: '4.0', vector: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', baseTenths: 93, statedTenths: null, by: null },
      ],
    },
    { cve: 'CVE-2026-1002', cwes: ['CWE-89'], ssvc: null, cvss: [] },
  ]
  const content = JSON.stringify({ cves: ['CVE-2026-1001', 'CVE-2026-1002'], assessments })
  await sql`insert into watch_item (id, source_id, external_id, title, summary, content, content_hash, bytes_hash, gathering_id, first_gathered_at, last_gathered_at)
    select 'itm_1', source_id, 'CVE-2026-1001', 'x', '', ${content}::jsonb, 'h', 'h', id, now(), now() from watch_gathering where id = 'gat_1'`.execute(
    db,
  )
}
