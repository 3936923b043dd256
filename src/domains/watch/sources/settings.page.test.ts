import assert from 'node:assert/strict'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { runCommand } from '../../../../test/support/command.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { gather } from '../contract.ts'
import type { Visible } from '../tables.ts'
import { keepCursor } from './commands.ts'
import { sourceToGather } from './queries.ts'

const opened = realpathSync(mkdtempSync(join(tmpdir(), 'opened-')))
after(() => rmSync(opened, { recursive: true }))
const env = { GATHER_FOLDER: opened, SOURCE_CREDENTIALS: '{"the-nvd": {"apiKey": "do-not-show"}}' }
const app = await createTestApp({ env })
const analyst = await app.signIn('analyst')

const kept = async (code: string) =>
  (await readAs<Visible, Awaited<ReturnType<typeof sourceToGather>>>(app.platform, SYSTEM, db => sourceToGather(db, code))) ?? assert.fail()

const nvd = { name: 'The NVD', code: 'the-nvd', format: 'nvd', url: 'https://nvd.example/rest/json/cves/2.0' }

test('a source is added with what is chosen for its format, and its page says so', async () => {
  const chosen = {
    'nvd-since': '2025-01-31',
    'nvd-all': 'yes',
    'stix-collections': 'not for it',
    everyMinutes: '120',
    tlp: 'GREEN',
    opensThreats: 'yes',
  }
  const added = await analyst.post('/sources/add', { ...nvd, ...chosen, hosts: 'mirror.example' }, { from: '/sources/add' })
  assert.equal(added.statusCode, 303, added.body)
  const { settings, everyMinutes } = await kept('the-nvd')
  assert.deepEqual([settings, everyMinutes], [{ since: '2025-01-31', all: true, hosts: ['mirror.example'], tlp: 'GREEN' }, 120])
  const { body } = await analyst.get('/sources/the-nvd')
  for (const words of ['Every 2 hours', '2025-01-31', 'mirror.example', 'TLP:GREEN', 'apiKey', 'Open threats', 'Within five minutes'])
    assert.match(body, new RegExp(words), words)
  assert.doesNotMatch(body, /do-not-show/)
})

test('what will not do comes back beside its own field, with all that was typed', async () => {
  const typed = { ...nvd, code: 'other', 'nvd-since': 'soon', hosts: 'no host!', everyMinutes: '4' }
  const { statusCode, body } = await analyst.post('/sources/add', typed, { from: '/sources/add' })
  assert.equal(statusCode, 422)
  for (const [name, message] of [
    ['nvd-since', 'Enter a day such as 2024-01-31'],
    ['hosts', 'is not a host'],
    ['everyMinutes', 'Enter a number of minutes from 5'],
  ] as const) {
    assert.match(body, new RegExp(`href="#${name}"[^>]*>[^<]*${message}`), name)
  }
  assert.match(body, /value="soon"[\s\S]*no host!/)
  for (const url of ['ftp://a.example/', 'a.example', 'javascript:alert(1)'])
    assert.match((await analyst.post('/sources/add', { ...nvd, code: 'other', url }, { from: '/sources/add' })).body, /href="#url"/)
})

test('a change is shown, kept and asked at once; another address begins anew, and so does who wishes it', async () => {
  const { id } = await kept('the-nvd')
  const place = (at: string) => runWork<Visible, void>(app.platform, SYSTEM, work => keepCursor(work, id, { at }))
  await place('one')
  const form = await analyst.get('/sources/the-nvd/change')
  assert.match(form.body, /value="2025-01-31"[\s\S]*mirror\.example/)
  const changes = { name: 'The NVD again', url: nvd.url, everyMinutes: '60', opensThreats: 'no', 'nvd-since': '', tlp: '', hosts: '' }
  const saved = await analyst.post('/sources/the-nvd/change', changes, { from: '/sources/the-nvd/change' })
  assert.equal(saved.statusCode, 303, saved.body)
  const now = await kept('the-nvd')
  assert.deepEqual([now.settings, now.everyMinutes, now.cursor], [{}, 60, { at: 'one' }])
  await analyst.post('/sources/the-nvd/change', { ...changes, url: 'https://nvd.example/other' }, { from: '/sources/the-nvd/change' })
  assert.equal((await kept('the-nvd')).cursor, null)
  await place('two')
  await analyst.post('/sources/the-nvd/start-anew', {}, { from: '/sources/the-nvd' })
  assert.equal((await kept('the-nvd')).cursor, null)
  const wrong = await analyst.post('/sources/the-nvd/change', { ...changes, name: '', 'nvd-since': 'x' }, { from: '/sources/the-nvd/change' })
  assert.match(wrong.body, /href="#name"[\s\S]*href="#nvd-since"/)
})

test('a folder is a source only inside the one that the operator opened', async () => {
  const folder = { name: 'Drop', code: 'drop', format: 'folder' }
  for (const [url, words] of [
    ['relative', 'Enter the whole path'],
    ['/', 'not inside'],
    [join(opened, 'none'), 'not there'],
    ['', 'Enter the whole path'],
  ] as const)
    assert.match(
      (await analyst.post('/sources/add', { ...folder, url }, { from: '/sources/add' })).body,
      new RegExp(`href="#url"[^>]*>[^<]*${words}`),
      url,
    )
  assert.equal((await analyst.post('/sources/add', { ...folder, url: opened }, { from: '/sources/add' })).statusCode, 303)
  const { body } = await analyst.get('/sources/drop')
  assert.match(body, new RegExp(`Folder[\\s\\S]*${opened}`))
  assert.doesNotMatch(body, /Signs in with/)
  const closed = await createTestApp()
  const other = await closed.signIn('analyst')
  assert.doesNotMatch((await other.get('/sources/add')).body, /value="folder"/)
  assert.match((await other.post('/sources/add', { ...folder, url: opened }, { from: '/sources/add' })).body, /GATHER_FOLDER/)
})

test('the command line adds and changes with the same choices', async () => {
  const options = { format: 'stix', url: 'https://taxii.example/taxii2/', collection: ['One', 'Two'], every: '30', threats: 'add', tlp: 'AMBER' }
  await runCommand(app.platform, SYSTEM, 'sources add', ['taxii'], options)
  const added = await kept('taxii')
  assert.deepEqual([added.settings, added.everyMinutes], [{ collections: ['One', 'Two'], tlp: 'AMBER' }, 30])
  await runCommand(app.platform, SYSTEM, 'sources change', ['taxii'], { without: ['collections'], since: '2025-01-01' })
  const changed = await kept('taxii')
  assert.deepEqual([changed.settings, changed.everyMinutes, changed.url], [{ tlp: 'AMBER', since: '2025-01-01' }, 30, options.url])
  const refused = (name: string, args: string[], given: object) => runCommand(app.platform, SYSTEM, name, args, { ...given })
  await assert.rejects(refused('sources change', ['taxii'], { integrity: 'strict' }), /--integrity is for csaf only/)
  await assert.rejects(refused('sources change', ['taxii'], { since: 'x' }), /Enter a day/)
  await assert.rejects(refused('sources change', ['taxii'], { every: '1' }), /every 5 to/)
  await assert.rejects(refused('sources add', ['other'], {}), /--format/)
  await assert.rejects(refused('sources add', ['other'], { format: 'folder', url: '/' }), /not inside/)
  await runCommand(app.platform, SYSTEM, 'sources start-anew', ['taxii'])
})

test('what is not marked carries the label that was chosen for its source, and what is keeps its own', async () => {
  await runCommand(app.platform, SYSTEM, 'sources add', ['marked'], { format: 'stix', tlp: 'AMBER' })
  const report = (number: number, marks: object) => ({
    type: 'report',
    spec_version: '2.1',
    id: `report--00000000-0000-4000-8000-00000000000${number}`,
    created: '2026-01-01T00:00:00.000Z',
    modified: '2026-01-01T00:00:00.000Z',
    name: `Report ${number}`,
    published: '2026-01-01T00:00:00Z',
    object_refs: [],
    ...marks,
  })
  const green = { object_marking_refs: ['marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da'] }
  const bundle = { type: 'bundle', id: 'bundle--00000000-0000-4000-8000-000000000000', objects: [report(1, {}), report(2, green)] }
  await gather(app.platform, SYSTEM, { address: 'bundle.json', source: 'marked', bytes: Buffer.from(JSON.stringify(bundle)) })
  const labels = await readAs<Visible, readonly (string | null)[]>(app.platform, SYSTEM, async db =>
    (await db.selectFrom('watch_item').select('content').where('title', 'like', 'Report%').orderBy('title').execute()).map(
      ({ content }) => content.tlp,
    ),
  )
  assert.deepEqual(labels, ['AMBER', 'GREEN'])
})
