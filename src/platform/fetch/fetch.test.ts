import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createSocketServer, type AddressInfo, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { isPrivateAddress } from './addresses.ts'
import { createFetcher, nextStep, readFileLimited, Unsuccessful } from './fetch.ts'

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1')
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise(resolve => server.once('listening', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A server that speaks as it likes, below HTTP. */
async function serveRaw(talk: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createSocketServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    talk(socket)
  }).listen(0, '127.0.0.1')
  after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  await new Promise(resolve => server.once('listening', resolve))
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
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
    'http://0177.1/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::10.0.0.1]/',
    'http://[2002:7f00:1::]/',
    'http://[fe80::1]/',
    'http://100.64.0.1/',
  ]) {
    await assert.rejects(fetcher.get(inside), { code: 'platform.fetch.private' }, inside)
  }
  for (const scheme of ['file:///etc/passwd', 'ftp://example.org/', 'gopher://example.org/', 'data:text/plain,x']) {
    await assert.rejects(fetcher.get(scheme), { code: 'platform.fetch.scheme' }, scheme)
  }
  await assert.rejects(fetcher.get('not an address'), { code: 'platform.fetch.address' })
  await assert.rejects(fetcher.get('https://someone:secret@example.org/'), { code: 'platform.fetch.credentials' })
})

test('public addresses are not taken for private ones', () => {
  for (const address of ['8.8.8.8', '203.0.113.9', '172.32.0.1', '2001:4860:4860::8888']) assert.equal(isPrivateAddress(address), false, address)
})

test('what was judged is what is connected to: a name is looked up once for a connection', async () => {
  const host = await serve((_request, response) => response.end('reached'))
  const port = host.split(':')[1] ?? ''
  const asked: string[] = []
  const fetcher = createFetcher({
    allowPrivate: [`feed.example:${port}`],
    resolve: async name => {
      asked.push(name)
      return [{ address: '127.0.0.1', family: 4 }]
    },
  })
  assert.equal(String((await fetcher.get(`http://feed.example:${port}/`)).bytes), 'reached')
  assert.deepEqual(asked, ['feed.example'])
})

test('a name that turns to the inside after it was judged reaches nothing there', async () => {
  let reached = 0
  const host = await serve((_request, response) => {
    reached += 1
    response.end('secret')
  })
  const answers = ['203.0.113.9', '127.0.0.1', '127.0.0.1', '127.0.0.1']
  const fetcher = createFetcher({ allowPrivate: [], resolve: async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }] })
  const address = `http://rebinding.example:${host.split(':')[1]}/`
  await assert.rejects(fetcher.get(address, { timeoutMillis: 300 }))
  await assert.rejects(fetcher.get(address), { code: 'platform.fetch.private' })
  assert.equal(reached, 0)
})

test('a name with one private address among public ones, and one that nobody knows, are refused', async () => {
  const both = ['203.0.113.9', '10.0.0.1'].map(address => ({ address, family: 4 }))
  await assert.rejects(createFetcher({ allowPrivate: [], resolve: async () => both }).get('https://mixed.example/'), {
    code: 'platform.fetch.private',
  })
  await assert.rejects(createFetcher({ allowPrivate: [], resolve: async () => [] }).get('https://nobody.example/'), {
    code: 'platform.fetch.unknown-host',
  })
})

test('only the hosts that a source names are asked, redirects included', async () => {
  const other = await serve((_request, response) => response.end('elsewhere'))
  const host = await serve((_request, response) => response.writeHead(302, { location: `http://${other}/` }).end())
  const fetcher = createFetcher({ allowPrivate: [host, other] })
  await assert.rejects(fetcher.get(`http://${host}/`, { hosts: [host] }), { code: 'platform.fetch.host' })
  await assert.rejects(fetcher.get(`http://${other}/`, { hosts: [host] }), { code: 'platform.fetch.host' })
  assert.equal(String((await fetcher.get(`http://${host}/`, { hosts: [host, other] })).bytes), 'elsewhere')
  for (const lookalike of ['https://badexample.org/', 'https://example.org.evil.example/', 'https://example.org:8443/', 'https://org/'])
    await assert.rejects(fetcher.get(lookalike, { hosts: ['example.org'] }), { code: 'platform.fetch.host' }, lookalike)
  const nowhere = createFetcher({ allowPrivate: [], resolve: async () => [] })
  await assert.rejects(nowhere.get('https://csaf.example.org/', { hosts: ['example.org'] }), { code: 'platform.fetch.unknown-host' })
})

test('a redirect to the inside is refused, and so is one without an end, or out of the encryption', async () => {
  const inside = await serve((_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/secret' }).end())
  await assert.rejects(createFetcher({ allowPrivate: [inside] }).get(`http://${inside}/`), { code: 'platform.fetch.private' })
  const file = await serve((_request, response) => response.writeHead(301, { location: 'file:///etc/passwd' }).end())
  await assert.rejects(createFetcher({ allowPrivate: [file] }).get(`http://${file}/`), { code: 'platform.fetch.scheme' })
  let steps = 0
  const circle = await serve((_request, response) => {
    steps += 1
    response.writeHead(302, { location: '/again' }).end()
  })
  await assert.rejects(createFetcher({ allowPrivate: [circle] }).get(`http://${circle}/`), { code: 'platform.fetch.redirects' })
  assert.equal(steps, 6)
  assert.throws(() => nextStep(new URL('https://example.org/a'), 'http://example.org/a'), { code: 'platform.fetch.downgrade' })
  assert.equal(nextStep(new URL('https://example.org/a/b'), '../c').href, 'https://example.org/c')
})

test('a key goes to its own host only', async () => {
  const seen: (string | undefined)[] = []
  const other = await serve((request, response) => {
    seen.push(request.headers['x-api-key'] as string | undefined)
    response.end()
  })
  const host = await serve((request, response) => {
    seen.push(request.headers['x-api-key'] as string | undefined)
    response.writeHead(307, { location: `http://${other}/` }).end()
  })
  await createFetcher({ allowPrivate: [host, other] }).get(`http://${host}/`, { headers: { 'x-api-key': 'k' } })
  assert.deepEqual(seen, ['k', undefined])
})

test('a document without an end is cut off at the limit, and so is one that announces too much', async () => {
  const endless = await serve((_request, response) => {
    const chunk = Buffer.alloc(1_048_576)
    const pour = () => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', pour)
    }
    pour()
  })
  await assert.rejects(createFetcher({ allowPrivate: [endless] }).get(`http://${endless}/`), { code: 'platform.fetch.too-large' })
  const announced = await serve((_request, response) => response.writeHead(200, { 'content-length': '5000' }).flushHeaders())
  await assert.rejects(createFetcher({ allowPrivate: [announced] }).get(`http://${announced}/`, { largestBytes: 4_999 }), {
    code: 'platform.fetch.too-large',
    message: 'That document is larger than 5 KB.',
  })
})

test('a small answer that unpacks to a large one is stopped at the limit, however it is packed', async () => {
  const zeros = Buffer.alloc(20 * 1_048_576)
  const bombs: Record<string, Buffer> = { gzip: gzipSync(zeros), br: brotliCompressSync(zeros), deflate: deflateSync(zeros) }
  const host = await serve((request, response) => {
    const encoding = (request.url ?? '').slice(1)
    response.setHeader('content-encoding', encoding).end(bombs[encoding])
  })
  for (const encoding of Object.keys(bombs)) {
    const bomb = createFetcher({ allowPrivate: [host] }).get(`http://${host}/${encoding}`, { largestBytes: 1_048_576 })
    await assert.rejects(bomb, { code: 'platform.fetch.too-large' }, encoding)
  }
})

test('a large answer goes to a file where that is wished, unpacked and hashed, within its own limit; a small one never does', async () => {
  const large = Buffer.alloc(9 * 1_048_576, 'invented ')
  const bodies: Record<string, () => Buffer> = {
    gzip: () => gzipSync(large),
    br: () => brotliCompressSync(large, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
    damaged: () => gzipSync(large).subarray(0, 5_000),
  }
  const host = await serve((request, response) => {
    const encoding = (request.url ?? '').slice(1)
    const body = bodies[encoding]?.()
    if (body !== undefined) response.setHeader('content-encoding', encoding.replace('damaged', 'gzip')).end(body)
    else response.end(encoding === 'small' ? 'small' : large)
  })
  const fetcher = createFetcher({ allowPrivate: [host], largestFileBytes: large.length })
  for (const way of ['gzip', 'br', 'plain']) {
    const { bytes, file } = await fetcher.get(`http://${host}/${way}`, { intoFile: true })
    assert.ok(file !== null && bytes.length === 0)
    assert.ok(readFileSync(file.path).equals(large))
    assert.deepEqual([file.bytes, file.hash], [large.length, createHash('sha256').update(large).digest('hex')])
    await file.discard()
    assert.equal(existsSync(file.path), false)
  }
  const small = await fetcher.get(`http://${host}/small`, { intoFile: true })
  assert.deepEqual([small.file, small.bytes.toString()], [null, 'small'])
  await assert.rejects(fetcher.get(`http://${host}/damaged`, { intoFile: true }), { code: 'platform.fetch.damaged' })
  const narrow = createFetcher({ allowPrivate: [host], largestFileBytes: large.length - 1 })
  for (const way of ['gzip', 'br', 'plain'])
    await assert.rejects(narrow.get(`http://${host}/${way}`, { intoFile: true }), { code: 'platform.fetch.too-large' }, way)
})

test('packed answers are unpacked; damaged ones and unknown packings are said to be so', async () => {
  const text = Buffer.from('{"one":1}')
  const packed: Record<string, [string, Buffer]> = {
    gzip: ['gzip', gzipSync(text)],
    br: ['br', brotliCompressSync(text)],
    deflate: ['deflate', deflateSync(text)],
    raw: ['deflate', deflateRawSync(text)],
    damaged: ['gzip', gzipSync(text).subarray(0, 12)],
    twice: ['gzip, gzip', gzipSync(gzipSync(text))],
  }
  const host = await serve((request, response) => {
    const [encoding, bytes] = packed[(request.url ?? '').slice(1)] ?? ['', text]
    response.setHeader('content-encoding', encoding).end(bytes)
  })
  const fetcher = createFetcher({ allowPrivate: [host] })
  for (const path of ['gzip', 'br', 'deflate', 'raw']) assert.deepEqual((await fetcher.get(`http://${host}/${path}`)).bytes, text, path)
  await assert.rejects(fetcher.get(`http://${host}/damaged`), { code: 'platform.fetch.damaged' })
  await assert.rejects(fetcher.get(`http://${host}/twice`), { code: 'platform.fetch.encoding' })
})

test('a host that answers a byte at a time, or not at all, is given up in time', async () => {
  const drip = await serveRaw(socket => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n')
    const timer = setInterval(() => socket.write('x'), 20)
    socket.on('close', () => clearInterval(timer))
  })
  const silent = await serveRaw(() => {})
  for (const host of [drip, silent])
    await assert.rejects(createFetcher({ allowPrivate: [host] }).get(`http://${host}/`, { timeoutMillis: 200 }), { code: 'platform.fetch.time' })
})

test('an answer that is cut off, that is no HTTP, or whose head has no end, is no document', async () => {
  const cut = await serveRaw(socket => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'))
  const noise = await serveRaw(socket => socket.end('SSH-2.0-OpenSSH_9.6\r\n'))
  const endless = await serveRaw(socket => {
    socket.write('HTTP/1.1 200 OK\r\n')
    socket.write(`x: ${'y'.repeat(1_000)}\r\n`.repeat(1_000))
  })
  for (const host of [cut, noise, endless, '127.0.0.1:1'])
    await assert.rejects(createFetcher({ allowPrivate: [host] }).get(`http://${host}/`), { code: 'platform.fetch.failed' }, host)
})

test('a document is not sent again while it is the same', async () => {
  let body = 'one'
  const host = await serve((request, response) => {
    const etag = `"${body}"`
    if (request.headers['if-none-match'] === etag) response.writeHead(304).end()
    else response.writeHead(200, { etag, 'last-modified': 'Tue, 24 Jan 2025 10:00:00 GMT' }).end(body)
  })
  const fetcher = createFetcher({ allowPrivate: [host] })
  const first = await fetcher.get(`http://${host}/`)
  assert.deepEqual([first.isUnchanged, String(first.bytes), first.validators.etag], [false, 'one', '"one"'])
  const second = await fetcher.get(`http://${host}/`, { validators: first.validators })
  assert.deepEqual([second.isUnchanged, second.bytes.length, second.validators], [true, 0, first.validators])
  body = 'two'
  assert.equal(String((await fetcher.get(`http://${host}/`, { validators: second.validators })).bytes), 'two')
})

test('an answer of "unchanged" that nobody asked for is an error', async () => {
  const host = await serve((_request, response) => response.writeHead(304).end())
  await assert.rejects(createFetcher({ allowPrivate: [host] }).get(`http://${host}/`), { code: 'platform.fetch.status' })
})

test('an answer that is no success says which, and how long to wait; a good one gives its bytes', async () => {
  const host = await serve((request, response) => {
    if (request.url === '/good') response.setHeader('content-type', 'application/json').end('{}')
    else if (request.url === '/date') {
      response.setHeader('date', 'Tue, 24 Jan 2025 10:00:00 GMT').setHeader('retry-after', 'Tue, 24 Jan 2025 10:02:00 GMT').writeHead(503).end()
    } else response.writeHead(Number((request.url ?? '').slice(1)), { 'retry-after': '30' }).end('no')
  })
  const fetcher = createFetcher({ allowPrivate: [host] })
  const codes = { 500: 'status', 404: 'missing', 410: 'missing', 401: 'not-allowed', 403: 'not-allowed', 429: 'busy', 503: 'busy' }
  for (const [status, code] of Object.entries(codes))
    await assert.rejects(fetcher.get(`http://${host}/${status}`), { code: `platform.fetch.${code}`, status: Number(status), retryAfterSeconds: 30 })
  await assert.rejects(fetcher.get(`http://${host}/date`), error => error instanceof Unsuccessful && error.retryAfterSeconds === 120)
  const good = await fetcher.get(`http://${host}/good`)
  assert.deepEqual(
    [String(good.bytes), good.type, good.address, good.header('Content-Length')],
    ['{}', 'application/json', `http://${host}/good`, '2'],
  )
})

test('what is asked by POST is sent as JSON, and no redirect carries it on', async () => {
  const host = await serve((request, response) => {
    if (request.url === '/moved') response.writeHead(307, { location: '/' }).end()
    else void bodyOf(request).then(body => response.end(`${request.method} ${request.headers['content-type']} ${body}`))
  })
  const fetcher = createFetcher({ allowPrivate: [host] })
  assert.equal(
    String((await fetcher.get(`http://${host}/`, { body: { page: 1, word: 'Größe' } })).bytes),
    'POST application/json {"page":1,"word":"Größe"}',
  )
  await assert.rejects(fetcher.get(`http://${host}/moved`, { body: {} }), { code: 'platform.fetch.status' })
})

test('a connection that the other end closed meanwhile is opened again', async () => {
  let connections = 0
  const host = await serveRaw(socket => {
    connections += 1
    let questions = 0
    socket.on('data', () => {
      questions += 1
      // The first answer promises to keep the connection; the second question on it is met with a reset.
      if (questions === 1) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok')
      else socket.resetAndDestroy()
    })
  })
  const fetcher = createFetcher({ allowPrivate: [host] })
  for (let times = 0; times < 3; times++) assert.equal(String((await fetcher.get(`http://${host}/`)).bytes), 'ok')
  assert.ok(connections > 1)
})

test('a file that is missing, a folder, or too large is refused with a sentence', async () => {
  const here = fileURLToPath(import.meta.url)
  await assert.rejects(readFileLimited(`${here}-missing`), { code: 'platform.file.missing' })
  await assert.rejects(readFileLimited(fileURLToPath(new URL('.', import.meta.url))), { code: 'platform.file.not-a-file' })
  await assert.rejects(readFileLimited(here, 10), { code: 'platform.file.too-large' })
  assert.ok((await readFileLimited(here)).includes('readFileLimited'))
})
