import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { runCommand } from '../../../test/support/command.ts'
import { createTestPlatform } from '../../../test/support/platform.ts'
import { SYSTEM } from '../../platform/work/actor.ts'
import { readAs, type Reader } from '../../platform/work/read.ts'
import { runWork } from '../../platform/work/work.ts'
import { gatherFromSource } from './gather-source.ts'
import { gather } from './gather.ts'
import { addSource } from './sources/commands.ts'
import { FOLDER, healthOf } from './sources/model.ts'
import { listSources, sourceStandings } from './sources/queries.ts'
import type { Visible } from './tables.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'gathered-')))
after(() => rmSync(root, { recursive: true }))
const opened = join(root, 'opened')
mkdirSync(join(opened, 'deep/er'), { recursive: true })

const platform = await createTestPlatform({ env: { GATHER_FOLDER: opened } })
const read = <R>(body: (db: Reader<Visible>) => Promise<R>) => readAs<Visible, R>(platform, SYSTEM, body)

interface Counts {
  readonly source: string
  readonly added: number
  readonly unchanged: number
}

const catalogue = (cve: string) =>
  JSON.stringify({
    catalogVersion: '1',
    count: 1,
    vulnerabilities: [
      { cveID: cve, vendorProject: 'Acme', product: 'Gateway', vulnerabilityName: 'A flaw', dateAdded: '2026-01-01', dueDate: '2026-02-01' },
    ],
  })
const record = (cve: string) => JSON.stringify({ dataType: 'CVE_RECORD', cveMetadata: { cveId: cve, state: 'PUBLISHED' }, containers: { cna: {} } })

function message(subject: string, attachments: readonly (readonly [string, string | Buffer])[]): string {
  const parts = attachments.map(([name, content]) =>
    [
      'Content-Type: application/octet-stream',
      'Content-Transfer-Encoding: base64',
      `Content-Disposition: attachment; filename="${name}"`,
      '',
      Buffer.from(content).toString('base64'),
    ].join('\r\n'),
  )
  const text = `Content-Type: text/plain\r\n\r\nCVE-1900-0009 is exploited. See https://partner.example/a for more.`
  return [
    'From: Partner CERT <cert@partner.example>',
    `Subject: ${subject}`,
    'Date: Mon, 5 Jan 2026 10:00:00 +0000',
    `Message-ID: <${subject.replace(/\W/g, '')}@partner.example>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="x"',
    '',
    ...[text, ...parts].map(part => `--x\r\n${part}`),
    '--x--',
    '',
  ].join('\r\n')
}

const itemsOf = (code: string) =>
  read(db =>
    db
      .selectFrom('watch_item as item')
      .innerJoin('watch_source as source', 'source.id', 'item.source_id')
      .where('source.code', '=', code)
      .where('item.withdrawn_at', 'is', null)
      .select(['item.external_id as id', 'item.title', 'item.content'])
      .orderBy('item.external_id')
      .execute(),
  )

test('a folder named on the command line gives every file in it, each to its own source, and each once', async () => {
  const folder = join(root, 'named')
  mkdirSync(join(folder, 'a/b'), { recursive: true })
  writeFileSync(join(folder, 'one.txt'), catalogue('CVE-1900-0001'))
  writeFileSync(join(folder, 'a/two'), record('CVE-1900-0002'))
  writeFileSync(join(folder, 'a/b/three.gz'), gzipSync(record('CVE-1900-0003')))
  const first = await runCommand(platform, SYSTEM, 'gather', [folder], {}, { json: false })
  assert.match(first.text, /cisa-kev[\s\S]*1 added/)
  assert.match(first.text, /cve: 2 documents\n {2}2 added/)
  const counts = async () => (await read(db => listSources(db))).map(source => [source.code, source.items])
  assert.deepEqual(await counts(), [
    ['cisa-kev', 1],
    ['cve', 2],
  ])
  const gatherings = async () => (await read(db => db.selectFrom('watch_gathering').select('id').execute())).length
  const before = await gatherings()
  assert.equal((await runCommand(platform, SYSTEM, 'gather', [folder], {}, { json: false })).text, '')
  assert.equal(await gatherings(), before)
  writeFileSync(join(folder, 'again'), record('CVE-1900-0002'))
  writeFileSync(join(folder, 'a/four'), record('CVE-1900-0004'))
  const { data } = await runCommand<Counts>(platform, SYSTEM, 'gather', [folder])
  assert.deepEqual([data.source, data.added, data.unchanged], ['cve', 1, 0])
  await assert.rejects(runCommand(platform, SYSTEM, 'gather', [join(root, 'opened/deep/er')]), /no file in the folder/)
})

test('a message is an item of its sender’s, and its attachments are documents that change nothing of their publisher’s', async () => {
  const kev = Buffer.from(catalogue('CVE-1900-0001'))
  await gather(platform, SYSTEM, { address: 'kev.json', bytes: kev })
  const forged = message('[TLP:AMBER] Forged', [
    ['kev.json', catalogue('CVE-1900-0077')],
    ['record.json.gz', gzipSync(record('CVE-1900-0078'))],
    ['logo.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 1, 2])],
    ['signature.txt', 'Yours'],
    ['page.html', '<html><p>no feed</p></html>'],
    ['scores.csv', 'cve,epss\nCVE-1900-0001,0.9\n'],
  ])
  const result = await gather(platform, SYSTEM, { address: 'forged.eml', bytes: Buffer.from(forged) })
  assert.deepEqual([result.source, result.added, result.label], ['feed-mail-partner.example', 1, 'Mail "[TLP:AMBER] Forged"'])
  assert.deepEqual(
    result.parts?.map(({ source, added, address }) => [source, added, address]),
    [
      ['kev-json-mail-partner.example', 1, 'forged.eml#kev.json'],
      ['cve-mail-partner.example', 1, 'forged.eml#record.json.gz'],
    ],
  )
  assert.match(result.remarks.join(' '), /scores are not taken from mail/)
  assert.deepEqual(
    (await itemsOf('cisa-kev')).map(({ id }) => id),
    ['CVE-1900-0001'],
  )
  const [text] = await itemsOf('feed-mail-partner.example')
  assert.deepEqual(
    [text?.id, text?.title, text?.content.cves, text?.content.references, text?.content.tlp, text?.content.details['feed']],
    ['TLPAMBERForged@partner.example', '[TLP:AMBER] Forged', ['CVE-1900-0009'], ['https://partner.example/a'], 'AMBER', 'Mail'],
  )
  const [attached] = await itemsOf('kev-json-mail-partner.example')
  assert.equal(attached?.content.tlp, 'AMBER', 'what is attached is no wider than its message')
})

test('a file that came attached to a message before is read all the same when it comes by itself', async () => {
  const folder = join(root, 'again')
  mkdirSync(folder)
  writeFileSync(join(folder, 'mail'), message('With a record', [['r.json', record('CVE-1900-0300')]]))
  await runCommand(platform, SYSTEM, 'gather', [folder], {}, { json: false })
  writeFileSync(join(folder, 'r.json'), record('CVE-1900-0300'))
  const { data } = await runCommand<Counts>(platform, SYSTEM, 'gather', [folder])
  assert.deepEqual([data.source, data.added], ['cve', 1])
  assert.equal((await runCommand(platform, SYSTEM, 'gather', [folder], {}, { json: false })).text, '')
})

test('a message in a message is read, and not without end', async () => {
  let inner = message('Level 0', [['record.json', record('CVE-1900-0100')]])
  for (let level = 1; level < 8; level += 1) inner = message(`Level ${level}`, [['inner.eml', inner]])
  const result = await gather(platform, SYSTEM, { address: 'nested.eml', bytes: Buffer.from(inner) })
  let depth = 0
  for (let part = result.parts?.[0]; part !== undefined; part = part.parts?.[0]) depth += 1
  assert.equal(depth, 4)
})

test('a folder that the operator opened is gathered by the clock: what is put in is taken in, what cannot be read is put aside', async () => {
  const standing = async () => (await read(db => sourceStandings(db, 'drop')))[0] ?? assert.fail()
  await runWork<Visible, unknown>(platform, SYSTEM, work => addSource(work, { code: 'drop', name: 'Drop folder', format: FOLDER, url: opened }))
  await gatherFromSource(platform, SYSTEM, 'drop')
  assert.equal(healthOf(await standing(), platform.clock.now()), 'working', 'an empty folder is no broken one')
  writeFileSync(join(opened, 'deep/er/r.json'), record('CVE-1900-0200'))
  writeFileSync(join(opened, 'odd'), 'neither this nor that')
  writeFileSync(join(opened, 'mail.eml'), message('Dropped', [['r.json', record('CVE-1900-0201')]]))
  const first = await gatherFromSource(platform, SYSTEM, 'drop')
  assert.deepEqual([first.added, first.quarantined, first.failure], [3, 1, null])
  assert.equal(healthOf(await standing(), platform.clock.now()), 'working')
  assert.match((await standing()).remarks.join(' '), /odd: /)
  assert.equal(
    (await itemsOf('cve')).some(({ id }) => id === 'CVE-1900-0200'),
    true,
  )
  const second = await gatherFromSource(platform, SYSTEM, 'drop')
  assert.deepEqual([second.added, second.unchanged, second.quarantined], [0, 0, 0])
  const [label] = await read(db =>
    db.selectFrom('watch_gathering').where('address', '=', opened).where('label', 'is not', null).select('label').orderBy('id', 'desc').execute(),
  )
  assert.equal(label?.label, '0 new files')
})

test('a folder that is not opened is not gathered, and says why', async () => {
  await runWork<Visible, unknown>(platform, SYSTEM, work => addSource(work, { code: 'outside', name: 'Outside', format: FOLDER, url: root }))
  assert.match((await gatherFromSource(platform, SYSTEM, 'outside')).failure ?? '', /not inside/)
})
