import assert from 'node:assert/strict'
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createTestApp } from '../../../test/support/app.ts'
import { actorAs } from '../../../test/support/broadcast.ts'
import { runCommand } from '../../../test/support/command.ts'
import { METADATA, runCsafLoader, type CsafProvider } from '../../../test/support/csaf-provider.ts'
import { releasedBulletin, type ReleasedBulletinOptions } from '../../../test/support/released-bulletin.ts'
import { readChanges, readIndex } from '../../codecs/csaf-provider/directory.ts'
import type { Tlp } from '../../kernel/tlp.ts'

const folder = await mkdtemp(join(tmpdir(), 'carecert-csaf-'))
const site = join(folder, 'site')

/** A plain web server over a folder: it knows nothing of CSAF. */
const server = createServer((request, response) => {
  const path = decodeURIComponent(request.url ?? '/').replace(/\/$/, '/index.html')
  readFile(join(site, path)).then(
    bytes => response.writeHead(200).end(bytes),
    () => response.writeHead(404).end(),
  )
}).listen(0, '127.0.0.1')
await new Promise(resolve => server.once('listening', resolve))
const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
const origin = `http://${host}`
after(async () => {
  server.close()
  server.closeAllConnections()
  await rm(folder, { recursive: true })
})

const { platform } = await createTestApp({ sample: true, env: { BASE_URL: origin } })
let count = 0
async function released(tlp: Tlp, options: Partial<ReleasedBulletinOptions> = {}) {
  platform.clock.advanceHours(1)
  count += 1
  const bulletin = await releasedBulletin(platform, { organisations: 1, prefix: `X${count}Y`, tlp, title: `Bulletin ${count}`, ...options })
  return { ...bulletin, path: `2026/cc-${bulletin.number}.json` }
}
const open = [await released('CLEAR'), await released('CLEAR'), await released('CLEAR')]
const amber = await released('AMBER')
const red = await released('RED')

const exported = (to: string, tlp?: readonly string[]) =>
  runCommand<{ files: number; labels: string[]; written: number }>(
    platform,
    actorAs('duty-manager'),
    'export csaf',
    [to],
    tlp === undefined ? {} : { tlp },
  )
const provider: CsafProvider = { origin, host, files: new Map(), asked: [], publish: () => Promise.reject(new Error('it is exported')) }
/** With something that proves who asks, without which a gatherer leaves out what is not for everybody. */
const walk = (path: string) =>
  runCsafLoader(provider, { url: origin + path, now: platform.clock.now(), credentials: { authorization: 'Bearer one' } })
const filesUnder = async (path: string) => (await readdir(path, { recursive: true, withFileTypes: true })).filter(entry => entry.isFile())

test('an exported folder, behind any web server, is a trusted provider to a program that gathers', async () => {
  const said = (await exported(site)).data
  assert.deepEqual([said.labels, said.written], [['CLEAR'], 4], 'what was released before is written first')
  assert.equal(said.files, (await filesUnder(site)).length)

  for (const version of ['2.0', '2.1']) {
    const label = version === '2.0' ? 'white' : 'clear'
    const outcome = await walk(`/.well-known/csaf/v${version}/provider-metadata.json`)
    assert.equal(outcome.thrown, null)
    assert.deepEqual(outcome.failed, [])
    assert.deepEqual(
      outcome.documents.toSorted(),
      open.map(({ path }) => `/csaf/v${version}/${label}/${path}`),
    )
    for (const given of outcome.given) {
      if (given.kind !== 'document') continue
      assert.deepEqual([given.tlp, given.integrity?.hash, given.integrity?.signedBy?.length], ['CLEAR', 'sha512', 40])
    }
  }
})

test('a program that knows folders alone finds the same by index.txt and changes.csv', async () => {
  for (const [version, label] of [
    ['2.0', 'white'],
    ['2.1', 'clear'],
  ] as const) {
    const base = `${origin}/csaf/v${version}/${label}/`
    const index = readIndex(await readFile(join(site, `csaf/v${version}/${label}/index.txt`), 'utf8'), base)
    const changes = readChanges(await readFile(join(site, `csaf/v${version}/${label}/changes.csv`), 'utf8'), base)
    assert.ok(index.ok && changes.ok)
    const wanted = open.map(({ path }) => base + path)
    assert.deepEqual(index.value.map(({ address }) => address).toSorted(), wanted)
    assert.deepEqual(
      changes.value.map(({ address }) => address),
      wanted.toReversed(),
    )
    assert.deepEqual([...index.problems, ...changes.problems], [])
  }
})

test('the well-known address is a copy, and folders list what they hold', async () => {
  assert.equal(await readFile(join(site, METADATA), 'utf8'), await readFile(join(site, '.well-known/csaf/v2.0/provider-metadata.json'), 'utf8'))
  assert.match(await readFile(join(site, '.well-known/security.txt'), 'utf8'), /^CSAF: /m)
  const listing = await (await fetch(`${origin}/csaf/v2.1/clear/`)).text()
  for (const name of ['2026/', 'index.txt', 'changes.csv']) assert.ok(listing.includes(`href="/csaf/v2.1/clear/${name}"`), name)
})

test('no narrower label is in a file unless it is asked for by name, and RED never', async () => {
  const texts = async () => Promise.all((await filesUnder(site)).map(entry => readFile(join(entry.parentPath, entry.name), 'utf8')))
  const names = async () => (await filesUnder(site)).map(entry => join(entry.parentPath, entry.name))
  const isIn = async ({ number }: { readonly number: number }) =>
    [...(await names()), ...(await texts())].some(text => new RegExp(`cc-${number}\\b`, 'i').test(text))
  assert.deepEqual([await isIn(amber), await isIn(red)], [false, false])
  await exported(site, ['CLEAR', 'amber'])
  assert.deepEqual([await isIn(amber), await isIn(red)], [true, false])
  const outcome = await walk('/csaf/members/v2.1/provider-metadata.json')
  assert.deepEqual(
    outcome.documents.filter(path => path.includes('/amber/')),
    [`/csaf/members/v2.1/amber/${amber.path}`],
  )
  await exported(site)
  assert.deepEqual([await isIn(amber), (await walk(METADATA)).documents.length], [false, 3], 'an earlier export is replaced whole')
})

test('a label that is not written is refused, and a folder with something else in it', async () => {
  for (const label of ['RED', 'PURPLE']) {
    await assert.rejects(exported(site, [label]), /is not a label that is written/)
  }
  const other = join(folder, 'other')
  await mkdir(other)
  await writeFile(join(other, 'diary.txt'), 'mine')
  await assert.rejects(exported(other), /holds something else/)
  assert.deepEqual(await readdir(other), ['diary.txt'])
})

test('a command whose BASE_URL is not the server’s writes nothing, and leaves the public lists as they are', async () => {
  const elsewhere = { ...platform, config: { ...platform.config, baseUrl: 'http://localhost:1' } }
  const before = await readFile(join(site, METADATA), 'utf8')
  await assert.rejects(runCommand(elsewhere, actorAs('duty-manager'), 'export csaf', [join(folder, 'wrong')]), {
    code: 'interop.csaf.other-address',
    message: new RegExp(`stands at ${origin}, and BASE_URL is http://localhost:1 here`),
  })
  await exported(site)
  assert.equal(await readFile(join(site, METADATA), 'utf8'), before)
})

test('a folder behind a link is replaced there, neighbours of like names are left alone, and a place that cannot be written to is said', async () => {
  const [real, link, before] = [join(folder, 'real'), join(folder, 'link'), join(folder, 'link.old')]
  await mkdir(real)
  await symlink(real, link)
  for (const mine of [before, join(folder, 'real.old'), join(folder, 'real.partial')]) {
    await mkdir(mine)
    await writeFile(join(mine, 'diary.txt'), 'mine')
  }
  await exported(link)
  assert.ok((await lstat(link)).isSymbolicLink())
  assert.deepEqual((await readdir(real)).toSorted(), ['.well-known', 'csaf'])
  for (const mine of [before, join(folder, 'real.old'), join(folder, 'real.partial')]) assert.deepEqual(await readdir(mine), ['diary.txt'])
  await mkdir(`${real}.carecert-partial`)
  await exported(real)
  assert.deepEqual(
    (await readdir(folder)).filter(name => name.includes('carecert-')),
    [],
    'what an interrupted export left is taken away',
  )
  await writeFile(join(folder, 'file'), '')
  for (const place of [join(folder, 'file'), join(folder, 'file', 'site')])
    await assert.rejects(exported(place), { code: 'interop.csaf.export-folder' })
  await assert.rejects(exported('/'), /holds something else/)
})
