import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { OPERATOR } from '../../../app/cli.ts'
import { permissionsOf } from '../../../app/modules.ts'
import { createOutput } from '../../../platform/cli/output.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import { personActor } from '../contract.ts'
import { PEOPLE_COMMANDS } from './cli.ts'

const app = await createTestApp()
await app.signIn('administrator', { name: 'Ada Admin' })
const lead = await app.signIn('cyber-lead', { organisation: 'AAA' })

/** Runs `people NAME` and gives what it prints with `--json`. */
async function run(name: string, args: string[], options: Record<string, unknown> = {}, actor: Actor = OPERATOR): Promise<Record<string, unknown>> {
  const stdout = new PassThrough()
  const output = createOutput({ json: true, yes: true, stdout, stderr: new PassThrough(), ask: null })
  const command = PEOPLE_COMMANDS.find(known => known.name === `people ${name}`)
  await command?.run({ platform: app.platform, actor, output }, args, options)
  return JSON.parse(String(stdout.read())) as Record<string, unknown>
}

test('somebody is added with a link that works, and is listed', async () => {
  const made = await run('add', ['New@Test.invalid'], { name: 'Nora New', role: 'duty-manager', organisation: 'test-centre' })
  assert.match(String(made['link']), /\/invitation\/[\w-]{43}$/)
  assert.equal((await app.newVisitor().get(new URL(String(made['link'])).pathname)).statusCode, 200)
  const listed = await run('list', [], { search: 'nora' })
  assert.equal(listed['total'], 1)
  assert.deepEqual(
    (listed['people'] as { email: string; roles: unknown }[]).map(({ email, roles }) => [email, roles]),
    [['new@test.invalid', [{ role: 'duty-manager', organisation: 'TEST-CENTRE' }]]],
  )
})

test('a list is paged, and the pages hold everybody once', async () => {
  const all = await run('list', [], { limit: '500' })
  const seen: string[] = []
  let cursor = ''
  do {
    const page = await run('list', [], { limit: '2', cursor })
    seen.push(...(page['people'] as { id: string }[]).map(person => person.id))
    cursor = typeof page['next'] === 'string' ? page['next'] : ''
  } while (cursor !== '')
  assert.deepEqual(
    seen,
    (all['people'] as { id: string }[]).map(person => person.id),
  )
  assert.equal(seen.length, all['total'])
})

test('a new link for somebody ends the one before', async () => {
  const first = await run('link', ['new@test.invalid'])
  const second = await run('link', ['NEW@test.invalid'])
  assert.equal((await app.newVisitor().get(new URL(String(first['link'])).pathname)).statusCode, 404)
  assert.equal((await app.newVisitor().get(new URL(String(second['link'])).pathname)).statusCode, 200)
})

test('what is wrong is said in words', async () => {
  await assert.rejects(run('add', ['no address'], { name: 'A B', role: 'analyst', organisation: 'TEST-CENTRE' }), {
    code: 'directory.people.invalid',
    message: /right form/,
  })
  await assert.rejects(run('add', ['a@test.invalid'], { name: 'A B', role: 'analyst', organisation: 'NOWHERE' }), {
    code: 'directory.organisation.unknown',
  })
  await assert.rejects(run('add', ['a@test.invalid'], { name: 'A B', role: 'analyst', organisation: 'AAA' }), { code: 'directory.people.role' })
  await assert.rejects(run('link', ['nobody@test.invalid']), { code: 'directory.person.unknown' })
})

test('run as a person, it shows and does what that person may', async () => {
  const actor = await personActor(app.platform, `${lead.personId}@TEST.invalid`, permissionsOf)
  assert.equal(actor.role, 'cyber-lead')
  const listed = await run('list', [], {}, actor)
  assert.equal(listed['total'], 1)
  await assert.rejects(run('link', ['new@test.invalid'], {}, actor), { code: 'directory.people.link' })
  await assert.rejects(personActor(app.platform, 'nobody@test.invalid', permissionsOf), { code: 'directory.person.unknown' })
})
