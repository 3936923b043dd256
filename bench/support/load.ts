import autocannon from 'autocannon'
import { quantile } from './stats.ts'

export interface LoadFigures {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly perSecond: number
  readonly requests: number
}

const CONNECTIONS = 4

/**
 * Asks for one page over four connections, or so many, each as soon as the answer before has come: for so many seconds, or so many times.
 * Milliseconds from asking to the last byte. Throws when an answer is not 200, or not of the status that is expected. Each request says that it comes from another address
 * behind the proxy that we play: the limit on requests from one address is not what is measured.
 */
export async function load(
  url: string,
  cookie: string | null,
  extent: { seconds: number } | { requests: number },
  {
    headers = {},
    status: expected = 200,
    connections = CONNECTIONS,
  }: { readonly headers?: Readonly<Record<string, string>>; readonly status?: number; readonly connections?: number } = {},
): Promise<LoadFigures> {
  const times: number[] = []
  const statuses = new Map<number, number>()
  let sequence = 0
  const options: autocannon.Options = {
    url,
    connections,
    timeout: 60,
    ...('seconds' in extent ? { duration: extent.seconds } : { amount: extent.requests }),
    headers: cookie === null ? { ...headers } : { ...headers, cookie: `carecert=${cookie}` },
    requests: [
      {
        setupRequest: request => {
          sequence += 1
          return {
            ...request,
            headers: { ...request.headers, 'x-forwarded-for': `10.${(sequence >> 16) & 255}.${(sequence >> 8) & 255}.${sequence & 255}` },
          }
        },
      },
    ],
  }
  const begun = performance.now()
  const { errors, timeouts } = await new Promise<autocannon.Result>((accept, refuse) => {
    const run = autocannon(options, (error: Error | null, result) => (error === null ? accept(result) : refuse(error)))
    run.on('response', (_client, status, _bytes, milliseconds) => {
      times.push(milliseconds)
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    })
  })
  const seconds = (performance.now() - begun) / 1_000
  if (times.length === 0 || errors + timeouts > 0 || [...statuses.keys()].some(status => status !== expected)) {
    throw new Error(
      `${url}: ${errors} errors, ${timeouts} timeouts, answers: ${[...statuses].map(([status, count]) => `${count} × ${status}`).join(', ') || 'none'}`,
    )
  }
  return {
    p50: quantile(times, 0.5),
    p95: quantile(times, 0.95),
    p99: quantile(times, 0.99),
    perSecond: times.length / seconds,
    requests: times.length,
  }
}
