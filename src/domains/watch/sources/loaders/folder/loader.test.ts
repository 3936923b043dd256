import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { LOADING_AT, runLoader, startTestServer } from '../../../../../../test/support/loading.ts'
import { folderLoader } from './loader.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'folder-')))
const opened = join(root, 'opened')
after(() => rmSync(root, { recursive: true }))

/** Puts a file there, as of some hours before the run. */
function put(path: string, text: string, hoursBefore = 1): void {
  writeFileSync(join(opened, path), text)
  const at = new Date(LOADING_AT.getTime() - hoursBefore * 3_600_000)
  utimesSync(join(opened, path), at, at)
}

const run = (options: Partial<Parameters<typeof runLoader>[1]> = {}) => runLoader(folderLoader, { url: opened, openedFolder: opened, ...options })

beforeEach(() => {
  rmSync(opened, { recursive: true, force: true })
  mkdirSync(join(opened, 'inner'), { recursive: true })
  put('a.json', 'first')
  put('inner/b', 'second')
})

test('each file is given once, whatever it is called and however deep, and again when it has changed', async () => {
  const first = await run()
  assert.deepEqual(first.documents, [
    { address: join(opened, 'a.json'), text: 'first' },
    { address: join(opened, 'inner/b'), text: 'second' },
  ])
  assert.deepEqual((await run({ cursor: first.cursor })).documents, [])
  put('a.json', 'other', 0.5)
  put('c', 'third')
  const second = await run({ cursor: first.cursor })
  assert.deepEqual(
    second.documents.map(({ text }) => text),
    ['other', 'third'],
  )
})

test('a run that is stopped anywhere goes on there', async () => {
  for (let index = 0; index < 5; index += 1) put(`z${index}`, `file ${index}`)
  const whole = (await run()).documents.map(({ text }) => text)
  for (const most of [1, 2, 3, 4, 5, 6]) {
    const begun = await run({ most })
    const rest = await run({ cursor: begun.cursor })
    assert.deepEqual(
      [...begun.documents, ...rest.documents].map(({ text }) => text),
      whole,
    )
  }
})

test('what somebody may be writing still is left for the next run, and what is taken away is no loss', async () => {
  put('a.json', 'fir', 1 / 3_600)
  const first = await run()
  assert.deepEqual(
    first.documents.map(({ text }) => text),
    ['second'],
  )
  put('a.json', 'first')
  rmSync(join(opened, 'inner/b'))
  const second = await run({ cursor: first.cursor })
  assert.deepEqual([second.documents.map(({ text }) => text), second.gone], [['first'], []])
  put('inner/b', 'second')
  assert.equal((await run({ cursor: second.cursor })).documents.length, 1, 'its mark is forgotten with it')
})

test('only the folder that the operator opened is read', async () => {
  assert.equal((await run({ openedFolder: null })).thrown?.code, 'platform.folder.closed')
  assert.equal((await run({ url: root })).thrown?.code, 'platform.folder.outside')
  assert.equal((await run({ url: join(opened, 'nowhere') })).thrown?.code, 'platform.folder.outside')
  assert.deepEqual((await run({ url: join(opened, 'inner') })).documents.length, 1)
})

test('the links of a message are followed to hosts that a person allowed, and to no page for people', async () => {
  const server = await startTestServer()
  server.answer = ({ path }, response) => void response.end(path === '/advisory' ? '{"document":{}}' : '<!DOCTYPE html><p>read this')
  const links = [`${server.origin}/advisory`, `${server.origin}/page`, 'http://10.0.0.1/secret', 'http://elsewhere.example/x']
  rmSync(join(opened, 'inner/b'))
  put('a.json', `From: a@b.example\nSubject: News\n\n${links.join('\n')}\n`)
  const allowed = await run({ hosts: [server.host], outside: [server.host] })
  assert.deepEqual(
    allowed.documents.map(({ address }) => address),
    [`${server.origin}/advisory`, join(opened, 'a.json')],
  )
  assert.deepEqual(
    server.asked.map(({ path }) => path),
    ['/advisory', '/page'],
  )
  const begun = await run({ hosts: [server.host], outside: [server.host], most: 1 })
  assert.equal((await run({ cursor: begun.cursor })).documents.length, 1, 'the message itself comes though it was cut short after its link')
  server.asked.length = 0
  assert.deepEqual([(await run()).documents.length, server.asked.length], [1, 0])
})

test('a Maildir is read message by message, and one that is marked as seen is the same one under another name', async () => {
  for (const folder of ['cur', 'new', 'tmp']) mkdirSync(join(opened, 'mail', folder), { recursive: true })
  put('mail/new/1.host', 'From: a@b.example\nSubject: 1\n\n')
  put('mail/tmp/2.host', 'From: a@b.exa')
  const first = await run({ url: join(opened, 'mail') })
  assert.equal(first.documents.length, 1)
  renameSync(join(opened, 'mail/new/1.host'), join(opened, 'mail/cur/1.host:2,S'))
  assert.equal((await run({ url: join(opened, 'mail'), cursor: first.cursor })).documents.length, 1, 'whoever takes it in knows its bytes')
})
