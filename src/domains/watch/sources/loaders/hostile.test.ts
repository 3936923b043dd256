import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { runLoader, startTestServer } from '../../../../../test/support/loading.ts'
import { csafLoader } from './csaf/loader.ts'
import { mispLoader } from './misp/loader.ts'
import { nhsCyberAlertsLoader } from './nhs-cyber-alerts/loader.ts'
import { nvdLoader } from './nvd/loader.ts'
import { oneDocumentLoader } from './one-document/loader.ts'
import { taxiiLoader } from './taxii/loader.ts'

const server = await startTestServer()
const LOADERS = [nvdLoader, nhsCyberAlertsLoader, taxiiLoader, mispLoader, csafLoader, oneDocumentLoader('feed')]
/** Those that look at what comes; the other gives it on as it is. */
const READERS = LOADERS.slice(0, 5)

const url = `${server.origin}/here`
const run = (loader: (typeof LOADERS)[number]) => runLoader(loader, { url, timeoutMillis: 300, largestFileBytes: 64 * 1024 * 1024 })

const bomb = gzipSync(Buffer.alloc(80 * 1024 * 1024))

const HOSTILE: readonly (readonly [what: string, answer: (response: ServerResponse) => void, refused: RegExp])[] = [
  ['that never answers', () => {}, /in time/],
  ['that stops in the middle', response => void response.writeHead(200).write('{"objects":['), /in time/],
  ['that gives a letter at a time', trickle, /in time/],
  ['that hangs up', response => void response.destroy(), /no answer/],
  [
    'that says how much too large it is',
    response => void response.writeHead(200, { 'content-length': String(1e10) }).end('{'),
    /larger than \d\d MB/,
  ],
  ['that packs too much into little', response => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb), /larger than \d\d MB/],
  ['that leads into a private network', response => void response.writeHead(302, { location: 'http://10.0.0.1/' }).end(), /not allowed|private/],
  ['that leads to another scheme', response => void response.writeHead(302, { location: 'file:///etc/passwd' }).end(), /http and https/],
  ['that leads round in circles', response => void response.writeHead(302, { location: '/here' }).end(), /in circles/],
]

function trickle(response: ServerResponse): void {
  response.writeHead(200)
  const timer = setInterval(() => response.write(' '), 50)
  response.on('close', () => clearInterval(timer))
}

for (const [what, answer, refused] of HOSTILE) {
  test(`no loader is held up or led astray by a server ${what}`, async () => {
    server.answer = (_, response) => answer(response)
    for (const loader of LOADERS) {
      const { thrown, documents } = await run(loader)
      assert.match(thrown?.message ?? '', refused, loader.format)
      assert.deepEqual(documents, [])
    }
  })
}

test('what nests without end, is no text, or is empty is refused in words by whoever looks at it', async () => {
  for (const body of [`{"objects":${'['.repeat(1_000_000)}`, Buffer.from([0, 1, 2, 0xff]), '', 'null', '[]', '7']) {
    server.answer = (_, response) => void response.end(body)
    for (const loader of READERS) {
      const { thrown } = await run(loader)
      assert.notEqual(thrown, null, `${loader.format}: ${String(body).slice(0, 20)}`)
      assert.match(thrown?.code ?? '', /^watch\./)
    }
  }
})
