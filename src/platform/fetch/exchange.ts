import { Agent as HttpAgent, request as requestHttp, type ClientRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { CareCertError, Unavailable } from '../../kernel/errors.ts'
import { spool, type SpooledFile } from './spool.ts'
import { tooLarge, unpackPieces } from './unpack.ts'

export interface Question {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Sent by POST; without it the question is a GET. */
  readonly body: string | null
  readonly lookup: LookupFunction
  readonly signal: AbortSignal
  /** Most bytes of an answer that is a success, as they come over the network. */
  readonly largestBytes: number
  /** Whether the body of a success goes to a temporary file, unpacked. */
  readonly intoFile: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** As it came: still packed where the headers say so. Empty when it went to a file. */
  readonly body: Buffer
  readonly file: SpooledFile | null
}

export type Exchange = (question: Question) => Promise<Answer>

/** What comes with a redirect or a refusal is not used: enough of it is read to keep the connection, and no more. */
const LARGEST_ASIDE_BYTES = 64 * 1024
const IDLE_MILLIS = 10_000
const MOST_CONNECTIONS_PER_HOST = 4

/** One question and its answer over HTTP, on connections that are kept for the next. No redirects, no judgement of addresses: see `createFetcher`. */
export function createExchange(): Exchange {
  const options = { keepAlive: true, maxSockets: MOST_CONNECTIONS_PER_HOST, timeout: IDLE_MILLIS }
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) }
  return async question => {
    try {
      return await once(question, agents)
    } catch (error) {
      // The other end may close a kept connection at the moment at which it is used again: no fault of the question.
      if (error instanceof ClosedMeanwhile && question.body === null) return once(question, agents)
      throw error
    }
  }
}

class ClosedMeanwhile extends Unavailable {}

async function once(question: Question, agents: { readonly http: HttpAgent; readonly https: HttpsAgent }): Promise<Answer> {
  const { url, body, lookup, signal } = question
  const headers = body === null ? question.headers : { ...question.headers, 'content-length': String(Buffer.byteLength(body)) }
  const options = { method: body === null ? 'GET' : 'POST', headers, lookup, signal }
  const request =
    url.protocol === 'https:' ? requestHttps(url, { ...options, agent: agents.https }) : requestHttp(url, { ...options, agent: agents.http })
  try {
    const response = await answerTo(request, body)
    const status = response.statusCode ?? 0
    const { headers: answered } = response
    if (question.intoFile && isSuccess(status)) {
      assertFits(response, question.largestBytes)
      const file = await spool(unpackPieces(response, answered['content-encoding'] ?? ''), question.largestBytes)
      return { status, headers: answered, body: Buffer.alloc(0), file }
    }
    return { status, headers: answered, body: await readBody(response, isSuccess(status), question.largestBytes), file: null }
  } catch (cause) {
    request.destroy()
    throw explained(cause, signal, request)
  }
}

function answerTo(request: ClientRequest, body: string | null): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve)
    // Stays for as long as the request lives: an error after the answer began is told by the answer's own stream.
    request.on('error', reject)
    request.end(body ?? undefined)
  })
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

function assertFits(response: IncomingMessage, largest: number): void {
  if (Number(response.headers['content-length'] ?? 0) > largest) throw tooLarge(largest)
}

async function readBody(response: IncomingMessage, isWanted: boolean, largestBytes: number): Promise<Buffer> {
  const largest = isWanted ? largestBytes : LARGEST_ASIDE_BYTES
  if (isWanted) assertFits(response, largest)
  const chunks: Buffer[] = []
  let size = 0
  // A response without an encoding set yields buffers.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largest) {
      if (isWanted) throw tooLarge(largest)
      break
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function explained(cause: unknown, signal: AbortSignal, request: ClientRequest): CareCertError {
  if (cause instanceof CareCertError) return cause
  if (signal.aborted) return new Unavailable('platform.fetch.time', 'That address did not answer in time. Try again later.', undefined, { cause })
  const { code } = cause as { code?: unknown }
  if (request.reusedSocket && code === 'ECONNRESET') return new ClosedMeanwhile('platform.fetch.failed', NO_ANSWER, undefined, { cause })
  if (typeof code === 'string' && /CERT|UNABLE_TO|ERR_TLS|ERR_SSL/.test(code)) {
    const message = 'That host could not prove who it is: its certificate is missing, expired or for another name.'
    return new Unavailable('platform.fetch.certificate', message, code, { cause })
  }
  return new Unavailable('platform.fetch.failed', NO_ANSWER, typeof code === 'string' ? code : undefined, { cause })
}

const NO_ANSWER = 'That address gave no answer. Try again later.'
