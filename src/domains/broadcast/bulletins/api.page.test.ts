import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pointersOf, programOf } from '../../../../test/support/api.ts'
import { createTestApp } from '../../../../test/support/app.ts'
import { plantOrganisations } from '../../../../test/support/broadcast.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'

const app = await createTestApp()
await plantOrganisations(app.platform, [
  { code: 'T1', type: 'trust' },
  { code: 'T2', type: 'trust' },
])
const analyst = await programOf(app, 'analyst')
const manager = await programOf(app, 'duty-manager')
const lead = await programOf(app, 'cyber-lead', { organisation: 'T1' })

const content = { title: 'A flaw', severity: 'high', shortSummary: 'A flaw.', remediationIntro: 'Mend it.', confidence: 'confirmed' }

async function drafted(more: object = {}): Promise<string> {
  const made = await analyst.post('/bulletins', { content, ...more })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  return `/bulletins/${made.text('number')}`
}

async function released(): Promise<string> {
  const path = await drafted({ next: 'review' })
  await manager.post(`${path}/approve`, { version: 1 })
  await analyst.post(`${path}/audience`, { types: ['trust'] })
  const audienceHash = (await manager.get(`${path}/release`)).at('audienceHash')
  const { status, body } = await manager.post(`${path}/release`, { version: 1, audienceHash })
  assert.deepEqual([status, body.organisations], [200, 2], JSON.stringify(body))
  return path
}

test('a bulletin goes from draft to release by operations alone, bound to what was seen as on the pages', async () => {
  const path = await drafted()
  const second = { ...content, cves: ['CVE-2026-1000'], boardWords: null }
  const saved = await analyst.post(`${path}/versions`, { baseVersion: 1, content: second, next: 'review' })
  assert.deepEqual([saved.status, saved.body.state, saved.body.version], [200, 'in-review', 2])
  assert.equal((await analyst.post(`${path}/versions`, { baseVersion: 1, content })).status, 409, 'somebody saved meanwhile')
  assert.equal((await analyst.post(`${path}/approve`, { version: 2 })).status, 403)
  assert.equal((await manager.post(`${path}/approve`, { version: 1 })).status, 409, 'what was seen is not the newest')
  assert.equal((await manager.post(`${path}/approve`, { version: 2 })).body.state, 'approved')
  await analyst.post(`${path}/audience`, { types: ['trust'] })
  const reached = await analyst.all(`${path}/audience/organisations`, 1)
  assert.deepEqual(
    reached.map(({ code, why }) => [code, why]),
    [
      ['T1', null],
      ['T2', null],
    ],
  )
  const check = (await manager.get(`${path}/release`)).body
  assert.deepEqual([check.organisations, check.obstacles], [2, []])
  assert.equal((await manager.post(`${path}/release`, { version: 2, audienceHash: 'a'.repeat(64) })).status, 409)
  const wrong = await manager.post(`${path}/release`, { version: 'two', audienceHash: 'none', more: 1 })
  assert.deepEqual(pointersOf(wrong), ['#/version', '#/audienceHash', '#/more'])
  assert.equal((await manager.post(`${path}/release`, { version: 2, audienceHash: check.audienceHash })).status, 200)
  const seen = await lead.get(path)
  assert.deepEqual([seen.status, seen.body.state, seen.body.desk, seen.body.version], [200, 'released', null, 2])
  assert.equal((await lead.get(`${path}/versions`)).status, 403)
})

test('nobody approves their own, alone or not, and one person who releases alone says so', async () => {
  const own = await manager.post('/bulletins', { content, next: 'review' })
  const path = `/bulletins/${own.text('number')}`
  assert.equal((await manager.post(`${path}/approve`, { version: 1 })).status, 403)
  await analyst.post(`${path}/audience`, { types: ['trust'] })
  const { audienceHash } = (await manager.get(`${path}/release-alone`)).body
  assert.deepEqual(pointersOf(await manager.post(`${path}/release-alone`, { version: 1, audienceHash, reason: 'It spreads' })), ['#/confirm'])
  assert.equal((await manager.post(`${path}/release-alone`, { version: 1, audienceHash, reason: 'It spreads', confirm: true })).status, 200)
  assert.equal((await manager.post(`${path}/review-after`, { findings: 'All well' })).status, 403)
  const another = await programOf(app, 'duty-manager')
  assert.equal((await another.post(`${path}/review-after`, { findings: 'All well' })).status, 200)
  assert.deepEqual(
    (await another.get(path)).list('desk.alone').map(({ findings }) => findings),
    ['All well'],
  )
})

test('what is written is refused where it stands, and what is read can be sent back as it is', async () => {
  const broken = { ...content, title: '', steps: [{ type: 'Patch', text: '' }], sources: ['not an address'] }
  const pointers = pointersOf(await analyst.post('/bulletins', { content: broken }))
  assert.deepEqual(pointers, ['#/content/title', '#/content/steps/0/text', '#/content/sources/0'])
  assert.deepEqual(pointersOf(await analyst.post('/bulletins', {})), ['#/content'])
  const path = await drafted()
  const read = (await analyst.get(path)).at('content') as object
  const again = await analyst.post(`${path}/versions`, { baseVersion: 1, content: read })
  assert.deepEqual([again.status, again.body.version], [200, 1], 'nothing was changed')
  assert.equal((await analyst.post(`${path}/versions`, { baseVersion: 1, content: { ...read, title: 'Another' } })).body.version, 2)
  assert.deepEqual((await analyst.get(`${path}/versions/2`)).at('differences'), [{ field: 'Title', before: 'A flaw', after: 'Another' }])
  assert.equal((await analyst.get(`${path}/versions/7`)).status, 404)
  assert.deepEqual(pointersOf(await analyst.post(`${path}/abandon`, { reason: ' ' })), ['#/reason'])
  assert.equal((await analyst.post(`${path}/abandon`, { reason: 'A false alarm' })).body.state, 'withdrawn')
})

test('what happens after a release is dated, told only where that is said, and seen by readers', async () => {
  const path = await released()
  assert.equal((await analyst.post(`${path}/update`, { title: 'More is known', body: 'It is **mended**.' })).status, 200)
  assert.deepEqual(pointersOf(await manager.post(`${path}/severity`, { severity: 'worst', reason: 'It spreads' })), ['#/tells', '#/severity'])
  assert.equal((await manager.post(`${path}/severity`, { severity: 'medium', reason: 'It is slow', tells: false })).body.severity, 'medium')
  const news = { title: 'A better mend', body: '', isMaterial: true, asksAgain: false }
  await analyst.post(`${path}/versions`, { baseVersion: 1, content: { ...content, title: 'A flaw, mended', news }, next: 'review' })
  assert.equal((await manager.post(`${path}/publish`, { version: 2 })).status, 409)
  await manager.post(`${path}/approve`, { version: 2 })
  assert.deepEqual((await manager.get(`${path}/publish`)).body.obstacles, [])
  assert.equal((await manager.post(`${path}/publish`, { version: 2 })).body.version, 2)
  assert.ok((await lead.get(`${path}/changes/2`)).list('changes').some(({ field }) => field === 'Title'))
  const by = await released()
  assert.deepEqual(pointersOf(await manager.post(`${path}/supersede`, { by: 'soon', reason: 'Newer', tells: true })), ['#/by'])
  assert.equal((await manager.post(`${path}/supersede`, { by: by.split('/').at(-1), reason: 'Newer', tells: true })).body.state, 'withdrawn')
  const shown = await lead.get(path)
  assert.deepEqual(
    shown.list('updates').map(({ kind }) => kind),
    ['replacement', 'version', 'severity', 'note'],
  )
  assert.equal(shown.at('replacedBy.number'), by.split('/').at(-1))
  assert.equal((await manager.post(`${by}/withdraw`, { reason: 'A false alarm', tells: false })).body.state, 'withdrawn')
})

test('a time is chosen, shown with what speaks against it, and taken away', async () => {
  const path = await drafted({ next: 'review' })
  await manager.post(`${path}/approve`, { version: 1 })
  await analyst.post(`${path}/audience`, { types: ['trust'] })
  const releaseAt = new Date(app.platform.clock.now().getTime() + 48 * 3_600_000).toISOString()
  assert.deepEqual(pointersOf(await manager.post(`${path}/schedule`, { version: 1, releaseAt: 'soon' })), ['#/releaseAt'])
  const chosen = await manager.post(`${path}/schedule`, { version: 1, releaseAt })
  assert.deepEqual([chosen.at('schedule.state'), chosen.at('schedule.releaseAt'), chosen.list('warnings').length > 0], ['waiting', releaseAt, true])
  assert.equal((await analyst.get(`${path}/schedule`)).status, 403)
  const inCalendar = (await analyst.get('/bulletins/calendar')).list('items').filter(({ kind }) => kind === 'release')
  assert.deepEqual([inCalendar.length, inCalendar[0]?.['at']], [1, releaseAt])
  assert.equal((await manager.post(`${path}/schedule/cancel`, { reason: 'Not yet' })).at('schedule.state'), 'cancelled')
})

test('a holding statement is previewed, and released once for a key, in the words of an approved template', async () => {
  const words = { name: 'A flaw', title: '{what}', what: 'We look into {what}. It may concern {who}.', toDo: '{do}.' }
  assert.deepEqual(pointersOf(await analyst.post('/bulletins/templates', { ...words, what: 'Nothing {soon} {what}' })), ['#/what'])
  const code = (await analyst.post('/bulletins/templates', words)).text('items.0.code')
  assert.equal((await analyst.post(`/bulletins/templates/${code}/approve`, { version: 1 })).status, 403)
  assert.equal((await manager.post(`/bulletins/templates/${code}/approve`, { version: 1 })).at('items.0.isInForce'), true)
  assert.ok((await analyst.get('/bulletins/templates')).list('items').some(one => one['code'] === code))
  const given = {
    template: code,
    templateVersion: 1,
    what: 'a flaw in Larch',
    who: 'anyone who runs it',
    do: 'Look here at 15:00',
    severity: 'high',
    tlp: 'GREEN',
    to: 'types',
    types: ['trust'],
  }
  assert.deepEqual(pointersOf(await manager.post('/bulletins/holding/preview', { ...given, template: 'none', what: ' ', types: [] })), [
    '#/template',
    '#/what',
    '#/types',
  ])
  const preview = (await manager.post('/bulletins/holding/preview', given)).body
  assert.deepEqual([preview.title, preview.organisations], ['HOLDING: A flaw in Larch', 2])
  const asked = { ...given, audienceHash: preview.audienceHash }
  const first = await manager.post('/bulletins/holding', asked, { 'idempotency-key': 'one' })
  const again = await manager.post('/bulletins/holding', asked, { 'idempotency-key': 'one' })
  assert.deepEqual([first.status, again.body.number], [201, first.body.number])
  assert.equal((await analyst.post('/bulletins/holding', asked)).status, 403)
  assert.equal((await lead.get(`/bulletins/${first.text('number')}`)).at('isHolding'), true)
  assert.equal((await manager.post(`/bulletins/templates/${code}/end`, { reason: 'A better one is there' })).at('items.0.isInForce'), false)
})

test('what was not sent to an organisation is not there for its program, and a list walks everything exactly once', async () => {
  for (const prefix of ['L', 'M', 'N']) await releasedBulletin(app.platform, { organisations: 1, prefix })
  const other = await releasedBulletin(app.platform, { organisations: 1, prefix: 'O', title: 'For others' })
  const [hidden, none] = [await lead.get(`/bulletins/CC-${other.number}`), await lead.get('/bulletins/CC-999999')]
  assert.deepEqual([hidden.status, hidden.body.detail], [404, none.body.detail])
  const whole = await manager.all('/bulletins', 500)
  assert.deepEqual(await manager.all('/bulletins', 2), whole)
  assert.ok((await lead.all('/bulletins', 1)).length < whole.length)
  const [newest] = whole
  assert.ok((await manager.all(`/bulletins?sort=updated&changedSince=${encodeURIComponent(String(newest?.['updatedAt']))}`, 3)).length >= 1)
  assert.equal((await manager.get('/bulletins?stat=draft')).status, 400)
  assert.equal((await manager.get('/bulletins?state=drafts')).status, 400)
})
