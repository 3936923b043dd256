import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorAs, plantOrganisations, SOUND_CONTENT } from '../../../test/support/broadcast.ts'
import { webhookTest } from '../../../test/support/webhooks.ts'
import { readAs } from '../../platform/work/read.ts'
import { saveAudience } from './audience/commands.ts'
import { AudienceRule } from './audience/model.ts'
import { ruleOf, summariseAudience } from './audience/queries.ts'
import { approveBulletin, draftBulletin, sendForReview } from './bulletins/commands.ts'
import { addUpdate, changeSeverity, withdrawBulletin } from './bulletins/living/commands.ts'
import { BulletinContent } from './bulletins/model.ts'
import { releaseBulletin } from './release/commands.ts'
import { respond } from './responses/commands.ts'
import type { Visible } from './tables.ts'

const { receiver, platform, work, add, send } = await webhookTest()
const organisations = await plantOrganisations(platform, [{ code: 'AN1' }])
const lead = actorAs('cyber-lead', organisations.get('AN1'))
const manager = actorAs('duty-manager')
const baseUrl = 'http://localhost:8080'

test('a release, a material change, an answer and a withdrawal are each told by the command that does it; a note is not', async () => {
  await add(lead)
  const analyst = actorAs('analyst')
  const content = BulletinContent.parse(SOUND_CONTENT)
  const { id, number: text } = await work(analyst, unit => draftBulletin(unit, { threatId: null, content }))
  const number = Number(text.slice(3))
  await work(analyst, unit => saveAudience(unit, { number, rule: AudienceRule.parse({ organisations: ['AN1'] }) }))
  await work(analyst, unit => sendForReview(unit, { number, version: 1 }))
  await work(manager, unit => approveBulletin(unit, { number, version: 1 }))
  const { hash } = await readAs<Visible, { hash: string }>(platform, manager, async db => summariseAudience(db, await ruleOf(db, id)))
  await work(manager, unit => releaseBulletin(unit, { number, version: 1, audienceHash: hash, baseUrl }))
  await work(analyst, unit => addUpdate(unit, { number, title: 'A note', body: 'For the record.' }))
  await work(manager, unit => changeSeverity(unit, { number, severity: 'medium', reason: 'Less than we thought.', tells: { baseUrl } }))
  const organisationId = organisations.get('AN1')
  assert.ok(organisationId)
  await work(lead, unit =>
    respond(unit, { bulletinId: id, organisationId, state: 'acknowledged', note: null, reason: null, nextDate: null, via: 'portal' }),
  )
  await work(manager, unit => withdrawBulletin(unit, { number, reason: 'It was wrong.' }))
  await send()
  const told = receiver.hooks.map(({ body }) => (JSON.parse(body) as { type: string }).type)
  assert.deepEqual(told.toSorted(), ['bulletin.released', 'bulletin.updated', 'bulletin.withdrawn', 'response.recorded'])
})
