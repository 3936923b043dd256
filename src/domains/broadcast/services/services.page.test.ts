import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql } from 'kysely'
import { createTestApp } from '../../../../test/support/app.ts'
import { releasedBulletin } from '../../../../test/support/released-bulletin.ts'

const { platform, visitor, signIn } = await createTestApp()
const manager = await signIn('duty-manager', { name: 'Dana Duty' })

async function add(name: string): Promise<void> {
  const response = await manager.post('/safe-to-use/add', { name, purpose: 'What everybody uses' }, { from: '/safe-to-use/add' })
  assert.equal(response.statusCode, 303, response.body)
}
const say = (code: string, form: Record<string, string>) => manager.post(`/safe-to-use/${code}/say`, form, { from: `/safe-to-use/${code}/say` })
const standing = async () => (await visitor.get('/safe-to-use')).body

test('an empty page says who fills it, and offers that only to those who may', async () => {
  assert.match(await standing(), /No service stands here yet/)
  assert.doesNotMatch(await standing(), /Add a service/)
  assert.match((await manager.get('/safe-to-use')).body, /Add a service/)
})

test('anybody reads what is said, with its time and the role that said it, and no name', async () => {
  await add('National mail')
  await add('Records exchange')
  await say('national-mail', { state: 'stay-connected', words: 'Mail is safe. Leave it on.', moreBy: '4', bulletin: '' })
  const body = await standing()
  assert.match(body, /National mail[\s\S]*Safe to use: do not disconnect[\s\S]*Mail is safe\. Leave it on\.[\s\S]*Duty manager/)
  assert.match(body, /More is promised by/)
  assert.doesNotMatch(body, /Dana Duty/)
  assert.match((await manager.get('/safe-to-use')).body, /Dana Duty/)
})

test('what needs attention stands first, and of what nothing was said is not known', async () => {
  const order = (body: string) =>
    [...body.matchAll(/aria-labelledby="service-\d"[\s\S]*?nhsuk-link" href="\/safe-to-use\/([\w-]+)"/g)].map(match => match[1])
  assert.deepEqual(order(await standing()), ['records-exchange', 'national-mail'])
  assert.match(await standing(), /Not known yet[\s\S]*Nothing has been said of it yet/)
  await say('records-exchange', { state: 'safe', words: 'Safe.', moreBy: '', bulletin: '' })
  await say('national-mail', { state: 'do-not-use', words: 'Stop for now.', moreBy: '', bulletin: '' })
  assert.deepEqual(order(await standing()), ['national-mail', 'records-exchange'])
})

test('the newest stands, and what was said before stays to be read', async () => {
  const { body } = await visitor.get('/safe-to-use/national-mail')
  assert.match(body, /Stop for now[\s\S]*Said before[\s\S]*Mail is safe\. Leave it on\./)
  const data = (await visitor.get('/api/v1/safe-to-use')).json<{ services: { code: string; state: string; saidBy: string }[] }>()
  assert.deepEqual(
    data.services.map(({ code, state, saidBy }) => [code, state, saidBy]),
    [
      ['national-mail', 'do-not-use', 'Duty manager'],
      ['records-exchange', 'safe', 'Duty manager'],
    ],
  )
})

test('a promise that was not kept is marked as such', async () => {
  await say('records-exchange', { state: 'not-known', words: 'We are finding out.', moreBy: '1', bulletin: '' })
  assert.doesNotMatch(await standing(), /More was promised by/)
  await sql`update broadcast_service_statement set more_by = at - interval '1 minute' where words = 'We are finding out.'`.execute(
    platform.database.kysely,
  )
  assert.match(await standing(), /More was promised by/)
})

test('what is said within an exercise is not said to the world', async () => {
  const { number, bulletinId } = await releasedBulletin(platform, { organisations: 1, prefix: 'X' })
  await sql`update broadcast_bulletin set is_exercise = true where id = ${bulletinId}`.execute(platform.database.kysely)
  const said = await say('national-mail', { state: 'safe', words: 'In the exercise it is safe.', moreBy: '', bulletin: `CC-${number}` })
  assert.match((await manager.follow(said)).body, /Said within the exercise alone/)
  assert.doesNotMatch(await standing(), /In the exercise/)
  assert.match(await standing(), /Stop for now/)
  assert.doesNotMatch((await visitor.get('/safe-to-use/national-mail')).body, /In the exercise/)
})

test('a bulletin that the reader may not see is not named', async () => {
  const { number } = await releasedBulletin(platform, { organisations: 1, prefix: 'Y' })
  await say('national-mail', { state: 'take-care', words: 'Read the bulletin.', moreBy: '', bulletin: `CC-${number}` })
  assert.match((await manager.get('/safe-to-use')).body, new RegExp(`/bulletins/CC-${number}`))
  assert.doesNotMatch(await standing(), new RegExp(`CC-${number}`))
})

test('what cannot be taken comes back with all that was typed and what to do', async () => {
  const response = await say('national-mail', { state: '', words: 'These words stay', moreBy: '', bulletin: 'CC-9999999' })
  assert.equal(response.statusCode, 422)
  assert.match(response.body, /Choose what to say/)
  assert.match(response.body, /These words stay/)
  const unknown = await say('national-mail', { state: 'safe', words: 'Safe.', moreBy: '', bulletin: 'CC-9999999' })
  assert.match(unknown.body, /There is no bulletin CC-9999999/)
  const again = await manager.post('/safe-to-use/add', { name: 'National  MAIL', purpose: 'Twice' }, { from: '/safe-to-use/add' })
  assert.match(again.body, /A service of this name is there already/)
})

test('only those who release bulletins say it', async () => {
  for (const role of ['analyst', 'cyber-lead', 'regional-lead'] as const) {
    const person = await signIn(role)
    const response = await person.post('/safe-to-use/national-mail/say', { state: 'safe', words: 'Safe.' }, { from: '/safe-to-use' })
    assert.equal(response.statusCode, 403, role)
  }
})

test('a service that is taken off the page is gone, needs a reason, and can come back', async () => {
  const without = await manager.post('/safe-to-use/records-exchange/end', { reason: '' }, { from: '/safe-to-use/records-exchange' })
  assert.match(without.body, /Say why it is taken off the page/)
  await manager.post('/safe-to-use/records-exchange/end', { reason: 'It was replaced' }, { from: '/safe-to-use/records-exchange' })
  assert.equal((await visitor.get('/safe-to-use/records-exchange')).statusCode, 404)
  platform.clock.advanceHours(1)
  await add('Records exchange')
  const back = (await visitor.get('/safe-to-use/records-exchange')).body
  assert.match(back, /Nothing has been said of it yet/, 'what was said before it was taken off does not stand again')
})

test('a bulletin shows what stands now of the services that were spoken of with it, also when it was said since', async () => {
  const { number } = await releasedBulletin(platform, { organisations: 1, prefix: 'Z' })
  await say('national-mail', { state: 'stay-connected', words: 'Leave it on.', moreBy: '', bulletin: `CC-${number}` })
  assert.match((await manager.get(`/bulletins/CC-${number}`)).body, /National services now[\s\S]*Leave it on\./)
  await say('national-mail', { state: 'do-not-use', words: 'Now turn it off.', moreBy: '', bulletin: '' })
  const { body } = await manager.get(`/bulletins/CC-${number}`)
  assert.match(body, /National services now[\s\S]*Do not use for now[\s\S]*Now turn it off\./)
  assert.doesNotMatch(body, /Leave it on\./)
  await say('national-mail', { state: 'take-care', words: 'Read the bulletin.', moreBy: '', bulletin: '' })
})

test('an organisation’s home says it too', async () => {
  const lead = await signIn('cyber-lead')
  assert.match((await lead.get('/')).body, /National services now[\s\S]*Use with care[\s\S]*National mail[\s\S]*Read the bulletin\./)
})
