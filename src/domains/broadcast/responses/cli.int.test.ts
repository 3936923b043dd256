import assert from 'node:assert/strict'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'
import { NotFound } from '../../../kernel/errors.ts'
import { createOutput } from '../../../platform/cli/output.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { listResponses } from './cli.ts'
import { respond } from './commands.ts'

const platform = await createTestPlatform()
const bulletin = await releasedBulletin(platform, { organisations: 2, prefix: 'A' })

let remarks = ''

async function run(args: readonly string[], options: Readonly<Record<string, unknown>> = {}): Promise<string> {
  let text = ''
  remarks = ''
  const stdout = new Writable({ write: (part: Buffer, _encoding, done) => ((text += part.toString()), done()) })
  const output = createOutput({
    json: options['json'] === true,
    yes: false,
    stdout,
    stderr: new Writable({ write: (part: Buffer, _encoding, done) => ((remarks += part.toString()), done()) }),
    ask: null,
  })
  await listResponses.run({ platform, actor: { ...SYSTEM, kind: 'operator', scope: { kind: 'centre' } }, output }, args, options)
  return text
}

test('the answers to a bulletin come as data with the promised keys, or as lines for a person', async () => {
  assert.equal(await run([`CC-${bulletin.number}`]), 'Nobody has answered yet.\n')
  for (const state of ['acknowledged', 'done'] as const) {
    await runWork<Visible, void>(platform, SYSTEM, work =>
      respond(work, {
        bulletinId: bulletin.bulletinId,
        organisationId: bulletin.organisationIds[0] ?? never(),
        state,
        note: state === 'done' ? 'Patched' : null,
        isShared: true,
        reason: null,
        nextDate: null,
        via: 'command',
      }),
    )
  }
  assert.deepEqual(JSON.parse(await run([`cc-${bulletin.number}`], { json: true })), [
    { organisation: 'A00000', state: 'done', at: platform.clock.now().toISOString(), by: null, note: 'Patched' },
  ])
  assert.equal((JSON.parse(await run([`CC-${bulletin.number}`], { json: true, history: true })) as unknown[]).length, 2)
  assert.match(await run([`CC-${bulletin.number}`]), /^A00000 +Done .*Patched\n$/)
})

test('a program goes on after the last page by the cursor that stands beside the data', async () => {
  const first = JSON.parse(await run([`CC-${bulletin.number}`], { json: true, history: true, limit: '1' })) as unknown[]
  const { next } = JSON.parse(remarks) as { next: string }
  const second = JSON.parse(await run([`CC-${bulletin.number}`], { json: true, history: true, limit: '1', cursor: next })) as unknown[]
  assert.equal(remarks, '')
  const all = JSON.parse(await run([`CC-${bulletin.number}`], { json: true, history: true })) as unknown[]
  assert.deepEqual([...first, ...second], all)
})

test('what is no bulletin’s number is refused with how to write one', async () => {
  await assert.rejects(run(['5001']), (error: unknown) => error instanceof NotFound && /CC-5001/.test(error.message))
  await assert.rejects(run(['CC-9999']), NotFound)
})

function never(): never {
  throw new Error('There is no such organisation.')
}
