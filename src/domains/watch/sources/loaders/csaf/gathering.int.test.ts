import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSigningKey, startCsafProvider, writeFeed, writeMetadata, METADATA } from '../../../../../../test/support/csaf-provider.ts'
import { createTestPlatform } from '../../../../../../test/support/platform.ts'
import { createFetcher } from '../../../../../platform/fetch/fetch.ts'
import { SYSTEM } from '../../../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../../../platform/work/read.ts'
import { runWork } from '../../../../../platform/work/work.ts'
import { gatherFromSource } from '../../../gather-source.ts'
import type { Visible } from '../../../tables.ts'
import { addSource } from '../../commands.ts'

const platform = await createTestPlatform()
const key = await createSigningKey()
const provider = await startCsafProvider()
const outside = { ...platform, fetch: createFetcher({ allowPrivate: [provider.host] }) }

function advisory(id: string, changes: object = {}, tracking: object = {}): Buffer {
  return Buffer.from(
    JSON.stringify({
      $schema: 'https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json',
      document: {
        category: 'csaf_security_advisory',
        csaf_version: '2.1',
        title: `Invented flaw ${id}`,
        distribution: { tlp: { label: 'CLEAR' } },
        publisher: { category: 'vendor', name: 'Acme', namespace: 'https://acme.example' },
        tracking: {
          id,
          status: 'final',
          version: '1',
          initial_release_date: '2025-01-01T00:00:00Z',
          current_release_date: '2025-01-01T00:00:00Z',
          ...tracking,
        },
        ...changes,
      },
      vulnerabilities: [{ cve: `CVE-1900-000${id.slice(-1)}` }],
    }),
  )
}

const path = (id: string) => `/csaf/2025/${id.toLowerCase()}.json`
const updated: Record<string, string> = {}

async function publish(id: string, bytes: Buffer, at: string): Promise<void> {
  await provider.publish(path(id), bytes, key)
  updated[id] = at
  writeFeed(
    provider,
    Object.entries(updated).map(([name, date]) => ({ path: path(name), updated: date })),
  )
}

const items = () =>
  readAs(platform, SYSTEM, async (db: Reader<Visible>) => {
    const rows = await db.selectFrom('watch_item').select(['external_id', 'withdrawn_at', 'content']).orderBy('external_id').execute()
    return rows.map(row => [row.external_id, row.withdrawn_at !== null, row.content.faults?.length ?? 0] as const)
  })

for (const id of ['ACME-1', 'ACME-2', 'ACME-3']) await publish(id, advisory(id), `2025-0${id.slice(-1)}-01T00:00:00Z`)
writeMetadata(provider, key)
await runWork<Visible, unknown>(platform, SYSTEM, work =>
  addSource(work, { code: 'acme', name: 'Acme', format: 'csaf', url: provider.origin + METADATA }),
)

test('a provider’s advisories become items, what was tampered with does not, and nothing new is asked for', async () => {
  provider.files.set(path('ACME-2'), advisory('ACME-2', { title: 'Tampered' }))
  const first = await gatherFromSource(outside, SYSTEM, 'acme')
  assert.equal(first.added, 2)
  assert.ok(first.remarks.some(remark => /hash/.test(remark)))
  assert.deepEqual(await items(), [
    ['ACME-1', false, 0],
    ['ACME-3', false, 0],
  ])
  provider.asked.length = 0
  const second = await gatherFromSource(outside, SYSTEM, 'acme')
  assert.deepEqual([second.added, second.changed, provider.asked.length], [0, 0, 2])
})

test('what is mended comes in later, a tombstone withdraws, and faults are kept with the item', async () => {
  platform.clock.advanceHours(1)
  await provider.publish(path('ACME-2'), advisory('ACME-2', { distribution: {} }), key)
  const current = { current_release_date: '2025-06-01T00:00:00Z' }
  await publish('ACME-3', advisory('ACME-3', { category: 'csaf_withdrawn' }, current), '2025-06-01T00:00:00Z')
  const result = await gatherFromSource(outside, SYSTEM, 'acme')
  assert.deepEqual([result.added, result.withdrawn, result.failure], [1, 1, null])
  assert.deepEqual(await items(), [
    ['ACME-1', false, 0],
    ['ACME-2', false, 1],
    ['ACME-3', true, 0],
  ])
})
