import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../../test/support/app.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { readAs } from '../../../../platform/work/read.ts'
import { gather } from '../../gather.ts'
import type { Visible } from '../../tables.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst', { name: 'Ada Analyst' })

const entry = (number: number) => ({
  cveID: `CVE-1900-000${number}`,
  vendorProject: 'Invented',
  product: `Thing ${number}`,
  vulnerabilityName: `Invented thing ${number} flaw`,
  dateAdded: '2024-01-02',
  shortDescription: 'Invented.',
  requiredAction: 'Update.',
  dueDate: '2024-01-23',
  knownRansomwareCampaignUse: 'Unknown',
  notes: '',
})
const catalogue = { title: 'C', catalogVersion: '1', dateReleased: '2024-01-02T00:00:00Z', count: 2, vulnerabilities: [entry(1), entry(2)] }
await gather(app.platform, SYSTEM, { address: 'kev.json', bytes: Buffer.from(JSON.stringify(catalogue)) })
const [first = '', second = ''] = await readAs<Visible, string[]>(app.platform, SYSTEM, async db =>
  (await db.selectFrom('watch_threat').select('id').orderBy('title').execute()).map(row => row.id),
)

test('an analyst merges two threats from the page, and the address of the one leads to the other', async () => {
  const found = await analyst.get(`/threats/${first}/merge?q=thing+2`)
  assert.match(found.body, new RegExp(`value="${second}"`))
  const merged = await analyst.post(`/threats/${first}/merge`, { into: second, reason: 'One firmware.' })
  assert.equal(merged.headers.location, `/threats/${second}`)
  assert.equal((await analyst.get(`/threats/${first}`)).headers.location, `/threats/${second}`)
  assert.match((await analyst.get(`/threats/${second}/items`)).body, /Merged into this threat \(one item\)[\s\S]*Ada Analyst[\s\S]*One firmware\./)
})

test('the merge is undone from the page of what belongs to the threat', async () => {
  const page = (await analyst.get(`/threats/${second}/items`)).body
  const undo = /action="(\/regroupings\/[^"]+\/undo)"/.exec(page)?.[1] ?? ''
  assert.equal((await analyst.post(undo, { reason: 'Two after all.' })).headers.location, `/threats/${first}/items`)
  assert.equal((await analyst.get(`/threats/${first}`)).statusCode, 200)
  assert.match((await analyst.get(`/threats/${second}/items`)).body, /Undone since/)
})

test('what was ticked and typed comes back when it cannot be taken', async () => {
  await analyst.post(`/threats/${first}/merge`, { into: second, reason: 'One firmware.' })
  const items = [...(await analyst.get(`/threats/${second}/items`)).body.matchAll(/name="items"[^>]*value="([^"]+)"/g)].map(match => match[1] ?? '')
  assert.equal(items.length, 2)
  const withoutReason = await analyst.post(`/threats/${second}/split`, { items: items[0] ?? '', reason: '' })
  assert.equal(withoutReason.statusCode, 422)
  assert.match(withoutReason.body, new RegExp(`value="${items[0] ?? ''}"[^>]*checked`))
  const withoutItems = await analyst.post(`/threats/${second}/split`, { reason: 'Another <b>device</b>.' })
  assert.match(withoutItems.body, /Tick the items[\s\S]*Another &lt;b&gt;device&lt;\/b&gt;\./)
  const withoutGoal = await analyst.post(`/threats/${second}/merge`, { reason: 'Kept.' })
  assert.match(withoutGoal.body, /Choose the threat[\s\S]*Kept\./)
  const split = await analyst.post(`/threats/${second}/split`, { items: items[0] ?? '', reason: 'Another device.' })
  assert.match((await analyst.follow(split)).body, /a threat of their own/)
})

test('who may only look sees what belongs together, and cannot move it', async () => {
  const assessor = await app.signIn('assessor')
  const page = await assessor.get(`/threats/${second}/items`)
  assert.equal(page.statusCode, 200)
  assert.doesNotMatch(page.body, /action="\/threats\/[^"]+\/split"|Merge this threat/)
  assert.equal((await assessor.post(`/threats/${second}/split`, { items: 'x', reason: 'x' })).statusCode, 403)
})

test('a threat names others about the same product, and an item says where it departs from its format', async () => {
  const twin = { ...entry(3), product: 'Thing 1', cveID: 'CVE-1900-0003' }
  const more = { ...catalogue, catalogVersion: '2', dateReleased: '2024-01-03T00:00:00Z', count: 3, vulnerabilities: [entry(1), entry(2), twin] }
  await gather(app.platform, SYSTEM, { address: 'kev.json', bytes: Buffer.from(JSON.stringify(more)) })
  const page = (await analyst.get('/threats?q=CVE-1900-0003')).body
  const twinThreat = /href="(\/threats\/thr_[0-9a-f]{32})"/.exec(page)?.[1] ?? ''
  assert.match((await analyst.get(twinThreat)).body, /Related threats[\s\S]*Invented thing 1 flaw/)
  const advisory = {
    document: {
      category: 'csaf_security_advisory',
      csaf_version: '2.0',
      publisher: { category: 'vendor', name: 'Invented', namespace: 'https://invented.example' },
      title: 'Invented advisory',
      tracking: {
        id: 'INV-1',
        status: 'final',
        version: '1',
        initial_release_date: '2024-01-02',
        current_release_date: '2024-01-02',
        revision_history: [],
      },
    },
    vulnerabilities: [{ cve: 'CVE-1900-0009', cwe: { id: 'seventy-nine', name: 'x' } }],
  }
  await gather(app.platform, SYSTEM, { address: 'advisory.json', bytes: Buffer.from(JSON.stringify(advisory)) })
  const id = await readAs<Visible, string>(
    app.platform,
    SYSTEM,
    async db => (await db.selectFrom('watch_item').select('id').where('external_id', '=', 'INV-1').executeTakeFirstOrThrow()).id,
  )
  assert.match((await analyst.get(`/items/${id}`)).body, /Where it departs from its own format/)
})
