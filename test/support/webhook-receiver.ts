import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'

/** One request that came. */
export interface ReceivedHook {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  /** The very bytes, as text. */
  readonly body: string
}

export interface WebhookReceiver {
  /** `127.0.0.1:port`, for WEBHOOK_ALLOW_PRIVATE. */
  readonly host: string
  readonly url: string
  readonly hooks: ReceivedHook[]
  /** What it answers, by the path; 204 unless told otherwise. May be replaced while it runs. */
  answer: (hook: ReceivedHook, response: ServerResponse) => void
}

/** A real web server on a loopback port that keeps what is posted to it, closed after the test file. */
export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const hooks: ReceivedHook[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const hook = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() }
      hooks.push(hook)
      receiver.answer(hook, response)
    })
  }).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  after(() => {
    server.close()
    server.closeAllConnections()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const receiver: WebhookReceiver = { host, url: `http://${host}`, hooks, answer: (_hook, response) => void response.writeHead(204).end() }
  return receiver
}
