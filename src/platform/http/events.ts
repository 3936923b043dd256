import { PassThrough, type Readable } from 'node:stream'
import { TooMany } from '../../kernel/errors.ts'
import { livingSessions } from '../auth/sessions.ts'
import type { AuthTables } from '../auth/tables.ts'
import type { Platform } from '../platform.ts'
import { SYSTEM } from '../work/actor.ts'
import { readAs } from '../work/read.ts'
import type { EventsReply } from './reply.ts'

/** Who watches: a person, by the hash of the session; or a program, of whose token it can be asked whether it still works. */
export type StreamHolder =
  | { readonly kind: 'session'; readonly hash: string }
  | { readonly kind: 'token'; readonly hash: string; readonly stillWorks: () => Promise<boolean> }

/** The streams of server-sent events (HTML Standard §9.2) that this process holds open. */
export interface EventStreams {
  /** Opens one. Throws `TooMany`: whoever is refused asks now and then instead. */
  open(holder: StreamHolder, reply: EventsReply): Readable
  /** Ends all of them, so that the server can close. */
  endAll(): void
}

const HEARTBEAT_MILLIS = 15_000
/** A browser opens at most six connections to a host over HTTP/1.1: more streams than pages are a fault or an attack. */
export const MOST_OF_A_HOLDER = 6
const MOST_OF_A_PROCESS = 500
/** A watcher that takes nothing in is let go before its backlog is a burden. */
const MOST_WAITING_BYTES = 262_144

interface Open {
  readonly holder: StreamHolder
  readonly body: PassThrough
}

export function createEventStreams(platform: Pick<Platform, 'database' | 'clock' | 'log'>, heartbeatMillis = HEARTBEAT_MILLIS): EventStreams {
  const streams = new Set<Open>()
  let timer: NodeJS.Timeout | undefined

  /** Keeps proxies from closing what is quiet, and ends the streams of those who have signed out or whose token has ended. */
  async function beat(): Promise<void> {
    // Only those that are asked about: one that opens meanwhile is asked about the next time.
    const open = [...streams]
    try {
      const living = await livingHolders(open.map(({ holder }) => holder))
      for (const { holder, body } of open)
        if (living.has(holder.hash)) write(body, ': still here\n\n')
        else body.end('event: signed-out\ndata: {}\n\n')
    } catch (error) {
      // Whether they may still watch cannot be said, so they do not.
      platform.log.warn({ err: error }, 'http: who watches could not be looked at, so event streams are ended')
      endAll()
    }
  }

  async function livingHolders(holders: readonly StreamHolder[]): Promise<ReadonlySet<string>> {
    const sessions = [...new Set(holders.flatMap(({ kind, hash }) => (kind === 'session' ? [hash] : [])))]
    const living = new Set(await readAs<AuthTables, ReadonlySet<string>>(platform, SYSTEM, db => livingSessions(db, sessions, platform.clock.now())))
    const tokens = new Map<string, () => Promise<boolean>>()
    for (const holder of holders) if (holder.kind === 'token') tokens.set(holder.hash, holder.stillWorks)
    for (const [hash, stillWorks] of tokens) if (await stillWorks()) living.add(hash)
    return living
  }

  function endAll(): void {
    for (const { body } of streams) body.end()
  }

  return {
    endAll,
    open(holder, reply) {
      const held = [...streams].filter(one => one.holder.hash === holder.hash).length
      if (streams.size >= MOST_OF_A_PROCESS || held >= MOST_OF_A_HOLDER)
        throw new TooMany('platform.http.too-many-streams', 'Too many pages watch at once. Figures are still refreshed every few seconds.')
      const body = new PassThrough()
      const stream: Open = { holder, body }
      streams.add(stream)
      timer ??= setInterval(() => void beat(), heartbeatMillis)
      body.write('retry: 3000\n\n')
      const stop = reply.start({ send: data => write(body, `data: ${JSON.stringify(data)}\n\n`), end: () => body.end() })
      body.once('close', () => {
        streams.delete(stream)
        if (streams.size === 0) {
          clearInterval(timer)
          timer = undefined
        }
        stop()
      })
      return body
    },
  }
}

function write(body: PassThrough, text: string): void {
  if (body.destroyed || body.writableEnded) return
  body.write(text)
  if (body.readableLength + body.writableLength > MOST_WAITING_BYTES) body.destroy()
}
