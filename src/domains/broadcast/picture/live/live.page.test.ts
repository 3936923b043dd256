import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { sql } from 'kysely'
import { createTestApp, type Browser } from '../../../../../test/support/app.ts'
import { releasedBulletin, type ReleasedBulletin } from '../../../../../test/support/released-bulletin.ts'
import type { Id } from '../../../../kernel/id.ts'
import { SYSTEM } from '../../../../platform/work/actor.ts'
import { runWork } from '../../../../platform/work/work.ts'
import { respond } from '../../responses/commands.ts'
import type { Visible } from '../../tables.ts'

const app = await createTestApp()
const { platform, server, signIn } = app
const base = await server.listen({ host: '127.0.0.1', port: 0 })
const manager = await signIn('duty-manager')
const released = await releasedBulletin(platform, { organisations: 10, prefix: 'E' })
const address = `/api/v1/bulletins/CC-${released.number}`

interface Told {
  readonly figures: Readonly<Record<string, number>>
  readonly done: boolean
}

/** Listens as a browser does; `next` waits for the next message. */
async function listen(browser: Browser, query = '') {
  const stop = new AbortController()
  const response = await fetch(`${base}${address}/events${query}`, {
    headers: { cookie: `carecert=${browser.cookie('carecert') ?? ''}` },
    signal: stop.signal,
  })
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  return {
    response,
    close: () => stop.abort(),
    async next(): Promise<Told | 'ended'> {
      for (;;) {
        const end = rest.indexOf('\n\n')
        if (end >= 0) {
          const message = rest.slice(0, end)
          rest = rest.slice(end + 2)
          if (message.startsWith('data: ')) return JSON.parse(message.slice(6)) as Told
          continue
        }
        const { value, done } = (await reader?.read()) ?? { value: undefined, done: true }
        if (done) return 'ended'
        rest += value
      }
    },
  }
}

function answer({ bulletinId, organisationIds }: ReleasedBulletin, index: number, state: 'acknowledged' | 'done'): Promise<void> {
  const organisationId: Id<'organisation'> = organisationIds[index] ?? assert.fail()
  return runWork<Visible, void>(platform, SYSTEM, work =>
    respond(work, { bulletinId, organisationId, state, note: null, reason: null, nextDate: null, via: 'portal' }),
  )
}

test('figures are pushed at once and when they change, those of all and of each group, and not otherwise', async () => {
  const stream = await listen(manager, '?by=type')
  assert.equal(stream.response.headers.get('content-type'), 'text/event-stream')
  assert.equal(stream.response.headers.get('cache-control'), 'no-store')
  const first = await stream.next()
  assert.ok(first !== 'ended')
  assert.deepEqual([first.figures['silent'], first.figures['acknowledged'], first.figures['type:trust.silent'], first.done], [10, 0, 4, false])
  const waiting = stream.next()
  assert.equal(await Promise.race([waiting, wait(2_500, 'nothing')]), 'nothing', 'what does not change is not told again')
  await answer(released, 0, 'acknowledged')
  const second = await waiting
  assert.ok(second !== 'ended')
  assert.deepEqual([second.figures['silent'], second.figures['acknowledged'], second.figures['type:trust.silent']], [9, 1, 3])
  stream.close()
})

test('the same figures are there for a browser that cannot listen', async () => {
  const { figures } = (await manager.get(`${address}/progress?by=region`)).json<Told>()
  const stream = await listen(manager, '?by=region')
  const told = await stream.next()
  assert.deepEqual(told !== 'ended' && told.figures, figures)
  stream.close()
})

test('there is more to tell until everybody has finished: an answer that promises something is not the last', async () => {
  const small = await releasedBulletin(platform, { organisations: 2, reachable: 2, prefix: 'F' })
  await sql`update broadcast_delivery set state = 'sent' where bulletin_id = ${small.bulletinId}`.execute(platform.database.kysely)
  const isDone = async () => (await manager.get(`/api/v1/bulletins/CC-${small.number}/progress`)).json<Told>().done
  for (const index of [0, 1]) await answer(small, index, 'acknowledged')
  assert.equal(await isDone(), false)
  for (const index of [0, 1]) await answer(small, index, 'done')
  assert.equal(await isDone(), true)
})

test('all who watch share one look at the database a second', async () => {
  let looks = 0
  const { database } = platform
  const original = database.transactions.transaction.bind(database.transactions)
  database.transactions.transaction = () => {
    looks += 1
    return original()
  }
  const roles = ['duty-manager', 'analyst', 'cicso', 'incident-commander'] as const
  const others = await Promise.all(roles.map(role => signIn(role)))
  const streams = await Promise.all(others.map(browser => listen(browser)))
  await Promise.all(streams.map(stream => stream.next()))
  looks = 0
  await wait(3_000)
  database.transactions.transaction = original
  for (const stream of streams) stream.close()
  assert.ok(looks >= 2 && looks <= 4, `${looks} looks in three seconds for four who watch`)
})

test('a region is told of its own organisations, and who may not see the picture of nothing', async () => {
  const lead = await signIn('regional-lead', { organisation: 'Y63' })
  const stream = await listen(lead)
  const told = await stream.next()
  assert.equal(told !== 'ended' && told.figures['audience'], 5)
  stream.close()
  assert.equal((await listen(await signIn('cyber-lead'))).response.status, 403)
  assert.equal((await listen(app.newVisitor())).response.status, 401)
})

test('the page says when its figures are of and how to refresh them without a script', async () => {
  const { body } = await manager.get(`/bulletins/CC-${released.number}?by=board`)
  assert.match(body, new RegExp(`data-live="${address}/progress\\?by=board"[^>]*data-live-events="${address}/events\\?by=board"`))
  assert.match(body, /As of [^<]+\. <a class="nhsuk-link" href="\/bulletins\/CC-\d+\?by=board#picture">Refresh<\/a>/)
  assert.match(body, /<span data-figure="board:QHM.silent">/)
})

test('a server that closes ends what it pushes, and does not wait for those who watch', async () => {
  const stream = await listen(manager)
  assert.notEqual(await stream.next(), 'ended')
  const closed = server.close()
  assert.equal(await stream.next(), 'ended')
  await closed
})
