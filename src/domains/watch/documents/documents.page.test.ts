import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { gather } from '../gather.ts'
import type { Visible } from '../tables.ts'

const app = await createTestApp()
const analyst = await app.signIn('analyst')

const entry = {
  cveID: 'CVE-1900-0001',
  vendorProject: 'Invented',
  product: 'Thing <script>alert(1)</script>',
  vulnerabilityName: 'Invented thing flaw',
  dateAdded: '2024-01-02',
  shortDescription: 'Invented.',
  requiredAction: 'Update.',
  dueDate: '2024-01-23',
  knownRansomwareCampaignUse: 'Unknown',
  notes: '',
}
const bytes = Buffer.from(
  JSON.stringify(
    { title: 'Catalogue', catalogVersion: '2024.01.02', dateReleased: '2024-01-02T00:00:00Z', count: 1, vulnerabilities: [entry] },
    null,
    3,
  ),
)
const hash = createHash('sha256').update(bytes).digest('hex')

test('from an item a person saves the very bytes that it came in, as a file that no browser shows', async () => {
  const result = await gather(app.platform, SYSTEM, { address: 'kev.json', bytes })
  assert.equal(result.added, 1)
  const item = await readAs<Visible, string>(
    app.platform,
    SYSTEM,
    async db => (await db.selectFrom('watch_item').select('id').executeTakeFirstOrThrow()).id,
  )
  assert.match((await analyst.get(`/items/${item}`)).body, new RegExp(`href="/documents/${hash}"`))
  const saved = await analyst.get(`/documents/${hash}`)
  assert.equal(saved.statusCode, 200)
  assert.deepEqual(saved.rawPayload, bytes)
  assert.equal(saved.headers['content-type'], 'application/octet-stream')
  assert.match(String(saved.headers['content-disposition']), /^attachment/)
  assert.equal(saved.headers['x-content-type-options'], 'nosniff')
})

test('what could not be read is kept too, and once', async () => {
  const unreadable = Buffer.from('{"neither":"this nor that"}')
  for (let time = 0; time < 2; time += 1) await gather(app.platform, SYSTEM, { address: 'odd.json', bytes: unreadable })
  const unreadableHash = createHash('sha256').update(unreadable).digest('hex')
  assert.deepEqual((await analyst.get(`/documents/${unreadableHash}`)).rawPayload, unreadable)
})

test('what lies in quarantine is read again from the kept bytes, and says what came of it', async () => {
  const odd = Buffer.from(JSON.stringify({ ...JSON.parse(bytes.toString()), count: 2, vulnerabilities: [entry, { cveID: 'odd' }] }))
  await gather(app.platform, SYSTEM, { address: 'again.json', bytes: odd })
  const gathering = await readAs<Visible, string>(app.platform, SYSTEM, async db => {
    const row = await db
      .selectFrom('watch_gathering')
      .select('id')
      .where('address', '=', 'again.json')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow()
    return row.id
  })
  assert.match((await analyst.get(`/gatherings/${gathering}`)).body, new RegExp(`action="/gatherings/${gathering}/read-again"`))
  const again = await analyst.post(`/gatherings/${gathering}/read-again`, {})
  assert.match((await analyst.follow(again)).body, /1 of its entries still cannot be read\./)
  assert.equal((await analyst.post('/gatherings/gat_x/read-again', {})).statusCode, 404)
  const assessor = await app.signIn('assessor')
  assert.doesNotMatch((await assessor.get(`/gatherings/${gathering}`)).body, /read-again/)
  assert.equal((await assessor.post(`/gatherings/${gathering}/read-again`, {})).statusCode, 403)
})

test('documents are for those who see threats, and the application cannot change or remove one', async () => {
  const lead = await app.signIn('cyber-lead', { organisation: 'AAA' })
  assert.equal((await lead.get(`/documents/${hash}`)).statusCode, 403)
  assert.equal((await analyst.get('/documents/0000')).statusCode, 404)
  await assert.rejects(
    runWork<Visible, unknown>(app.platform, SYSTEM, work => work.db.deleteFrom('watch_document').execute()),
    /permission denied/,
  )
})
