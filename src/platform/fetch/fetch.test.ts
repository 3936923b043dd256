import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createFetcher, isPrivateAddress, readFileLimited } from './fetch.ts'

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  after(() => server.close())
  await new Promise(resolve => server.once('listening', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('an address inside is refused, however it is written', async () => {
  const fetcher = createFetcher()
  for (const inside of [
    'http://127.0.0.1/',
    'http://localhost/',
    'http://[::1]/',
    'http://169.254.169.254/latest/meta-data',
    'http://10.0.0.1/',
    'http://192.168.1.1/',
    'http://0x7f000001/',
    'http://2130706433/',
    'http://[::ffff:127.0.0.1]/',
    'http://100.64.0.1/',
  ]) {
    await assert.rejects(fetcher.get(inside), { code: 'platform.fetch.private' }, inside)
  }
  for (const scheme of ['file:///etc/passwd', 'ftp://example.org/', 'gopher://example.org/', 'data:text/plain,x']) {
    await assert.rejects(fetcher.get(scheme), { code: 'platform.fetch.scheme' }, scheme)
  }
  await assert.rejects(fetcher.get('not an address'), { code: 'platform.fetch.address' })
})

test('public addresses are not taken for private ones', () => {
  for (const address of ['8.8.8.8', '203.0.113.9', '172.32.0.1', '2001:4860:4860::8888']) assert.equal(isPrivateAddress(address), false, address)
})

test('a redirect to the inside is refused, and so is one without an end', async () => {
  const inside = await serve((_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/secret' }).end())
  await assert.rejects(createFetcher({ allowPrivate: [inside] }).get(`http://${inside}/`), { code: 'platform.fetch.private' })
  const circle = await serve((_request, response) => response.writeHead(302, { location: '/again' }).end())
  await assert.rejects(createFetcher({ allowPrivate: [circle] }).get(`http://${circle}/`), { code: 'platform.fetch.redirects' })
})

test('a document without an end is cut off at the limit', async () => {
  const endless = await serve((_request, response) => {
    const chunk = Buffer.alloc(1_048_576)
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', pour)
    }
    pour()
  })
  await assert.rejects(createFetcher({ allowPrivate: [endless] }).get(`http://${endless}/`), { code: 'platform.fetch.too-large' })
})

test('an answer that is no success says so; a good one gives its bytes', async () => {
  const host = await serve((request, response) => {
    if (request.url === '/good') response.setHeader('content-type', 'application/json').end('{}')
    else response.writeHead(500).end('no')
  })
  const fetcher = createFetcher({ allowPrivate: [host] })
  await assert.rejects(fetcher.get(`http://${host}/bad`), { code: 'platform.fetch.status' })
  assert.deepEqual(await fetcher.get(`http://${host}/good`), { bytes: Buffer.from('{}'), type: 'application/json' })
})

test('a file that is missing, a folder, or too large is refused with a sentence', async () => {
  const here = fileURLToPath(import.meta.url)
  await assert.rejects(readFileLimited(`${here}-missing`), { code: 'platform.file.missing' })
  await assert.rejects(readFileLimited(fileURLToPath(new URL('.', import.meta.url))), { code: 'platform.file.not-a-file' })
  await assert.rejects(readFileLimited(here, 10), { code: 'platform.file.too-large' })
  assert.ok((await readFileLimited(here)).includes('readFileLimited'))
})
