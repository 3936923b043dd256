import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { createTestPlatform } from '../../../test/support/platform.ts'
import { endSession, startSession } from '../auth/sessions.ts'
import type { AuthTables } from '../auth/tables.ts'
import { hashToken } from '../auth/tokens.ts'
import { SYSTEM } from '../work/actor.ts'
import { runWork } from '../work/work.ts'
import { createEventStreams, MOST_OF_A_HOLDER, type StreamHolder } from './events.ts'
import { events, type EventSink } from './reply.ts'

const platform = await createTestPlatform()

async function newSession(): Promise<StreamHolder & { kind: 'session' }> {
  const cookie = await runWork<AuthTables, string>(platform, SYSTEM, work =>
    startSession(work, { personId: work.newId('person'), assignmentId: work.newId('assignment'), how: 'passkey', replaces: null }),
  )
  return { kind: 'session', hash: hashToken(cookie) }
}

function watcher() {
  const seen: { sink: EventSink | undefined; isGone: boolean } = { sink: undefined, isGone: false }
  const reply = events(sink => {
    seen.sink = sink
    return () => {
      seen.isGone = true
    }
  })
  return { seen, reply }
}

test('whoever signs out is told nothing more, and whoever has not is kept', async () => {
  const streams = createEventStreams(platform, 20)
  const [leaving, staying] = [await newSession(), await newSession()]
  const [one, other] = [watcher(), watcher()]
  const body = streams.open(leaving, one.reply)
  const kept = streams.open(staying, other.reply)
  kept.resume()
  one.seen.sink?.send({ figures: { silent: 1 } })
  await runWork<AuthTables, void>(platform, SYSTEM, work => endSession(work, leaving.hash))
  const text = (await body.setEncoding('utf8').toArray()).join('')
  assert.match(text, /^retry: 3000\n\n/)
  assert.match(text, /data: {"figures":{"silent":1}}\n\n/)
  assert.match(text, /event: signed-out\ndata: {}\n\n$/)
  assert.equal(one.seen.isGone, true)
  one.seen.sink?.send({ figures: { silent: 2 } })
  assert.equal(other.seen.isGone, false)
  streams.endAll()
  await once(kept, 'close')
  assert.equal(other.seen.isGone, true)
})

test('a session holds so many streams and no more, and one that is closed makes room', async () => {
  const streams = createEventStreams(platform)
  const session = await newSession()
  const open = Array.from({ length: MOST_OF_A_HOLDER }, () => streams.open(session, watcher().reply))
  assert.throws(() => streams.open(session, watcher().reply), { code: 'platform.http.too-many-streams' })
  open[0]?.destroy()
  await once(open[0] ?? assert.fail(), 'close')
  open.push(streams.open(session, watcher().reply))
  for (const body of open) body.destroy()
  await Promise.all(open.slice(1).map(body => once(body, 'close')))
})

test('a program whose token has ended is told nothing more, and holds no more streams than a person', async () => {
  const streams = createEventStreams(platform, 20)
  let works = true
  const holder: StreamHolder = { kind: 'token', hash: hashToken('a token'), stillWorks: async () => works }
  const { seen, reply } = watcher()
  const body = streams.open(holder, reply)
  const others = Array.from({ length: MOST_OF_A_HOLDER - 1 }, () => streams.open(holder, watcher().reply).resume())
  assert.throws(() => streams.open(holder, watcher().reply), { code: 'platform.http.too-many-streams' })
  const reader = body.setEncoding('utf8').iterator()
  let text = ''
  while (!text.includes(': still here')) text += String((await reader.next()).value)
  works = false
  for (let part = await reader.next(); part.done !== true; part = await reader.next()) text += String(part.value)
  assert.match(text, /event: signed-out\ndata: {}\n\n$/)
  assert.equal(seen.isGone, true)
  await Promise.all(others.filter(one => !one.closed).map(one => once(one, 'close')))
})

test('a watcher that takes nothing in is let go', async () => {
  const streams = createEventStreams(platform)
  const { seen, reply } = watcher()
  const body = streams.open(await newSession(), reply)
  for (let count = 0; count < 400; count += 1) seen.sink?.send({ words: 'x'.repeat(1_000) })
  assert.equal(body.destroyed, true)
  await setImmediate()
  assert.equal(seen.isGone, true)
})
