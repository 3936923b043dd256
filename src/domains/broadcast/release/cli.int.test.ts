import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { actorAs, plantOrganisations, SOUND_CONTENT } from '../../../../test/support/broadcast.ts'
import { runCommand } from '../../../../test/support/command.ts'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { startSmtpSink } from '../../../../test/support/smtp-sink.ts'

const { url: smtpUrl } = await startSmtpSink()
const platform = await createTestPlatform({ smtpUrl })
const folder = await mkdtemp(join(tmpdir(), 'carecert-cli-'))
after(() => rm(folder, { recursive: true }))
const analyst = actorAs('analyst')
const manager = actorAs('duty-manager')
await plantOrganisations(platform, [
  { code: 'P1', region: 'YN', runs: [['Larch', 'Larch Records']] },
  { code: 'P2', region: 'YN', runs: [['Larch', 'Larch Records']], contacts: [] },
  { code: 'P3', region: 'YS', runs: [['Birch', 'Birch Post']] },
])

interface AudienceAnswer {
  readonly organisations: readonly string[]
  readonly contacts: number
  readonly unreachable: readonly string[]
  readonly hash: string
  readonly problems?: readonly string[]
}

async function drafted(): Promise<string> {
  const path = join(folder, 'bulletin.json')
  await writeFile(path, JSON.stringify(SOUND_CONTENT))
  return (await runCommand<{ number: string }>(platform, analyst, 'bulletins draft', [], { fromFile: path })).data.number
}

test('a bulletin goes from a file to its readers by commands alone', async () => {
  const number = await drafted()
  const { data: audience } = await runCommand<AudienceAnswer>(platform, analyst, 'bulletins audience', [number], { technology: ['larch'] })
  assert.deepEqual({ ...audience, hash: '' }, { organisations: ['P1', 'P2'], contacts: 1, unreachable: ['P2'], hash: '' })
  assert.match(audience.hash, /^[0-9a-f]{64}$/)
  await runCommand(platform, analyst, 'bulletins review', [number])
  await assert.rejects(runCommand(platform, analyst, 'bulletins approve', [number]), { name: 'Forbidden' })
  assert.deepEqual((await runCommand(platform, manager, 'bulletins approve', [number])).data, { number, version: 1, state: 'approved' })
  await assert.rejects(runCommand(platform, manager, 'bulletins release', [number], {}, { yes: false }), {
    name: 'Invalid',
    message: /Nothing was released/,
  })
  await assert.rejects(runCommand(platform, manager, 'bulletins release', [number], { hash: 'f'.repeat(64) }), {
    code: 'broadcast.release.audience-changed',
  })
  const waiting = runCommand<{ organisations: number; contacts: number; hash: string; delivery: { sent: number } }>(
    platform,
    manager,
    'bulletins release',
    [number],
    { wait: true },
  )
  // The worker of this test: it finds the job once the release is committed, while the command waits and looks.
  const isReleased = async () => (await runCommand<{ state: string }>(platform, analyst, 'bulletins show', [number])).data.state === 'released'
  while (!(await isReleased())) await setTimeout(20)
  await platform.runJobs()
  const { data: released } = await waiting
  assert.deepEqual([released.organisations, released.contacts, released.hash, released.delivery.sent], [2, 1, audience.hash, 1])
  const { data: shown } = await runCommand<{ state: string; release: { organisations: number } }>(platform, analyst, 'bulletins show', [number])
  assert.deepEqual([shown.state, shown.release.organisations], ['released', 2])
  assert.match(
    (await runCommand(platform, analyst, 'bulletins list', [], {}, { json: false })).text,
    new RegExp(`${number}  High +Released +Sign-in flaw in Larch Records  \\(0 of 2 answered\\)`),
  )
  await runCommand(platform, manager, 'bulletins withdraw', [number], { reason: 'A false alarm.' })
  await assert.rejects(runCommand(platform, manager, 'bulletins release', [number]), { name: 'Conflict' })
})

test('an empty or failing rule is said, and a preview saves nothing', async () => {
  const number = await drafted()
  const { data: empty } = await runCommand<AudienceAnswer>(platform, analyst, 'bulletins audience', [number])
  assert.deepEqual([empty.organisations, empty.contacts, empty.unreachable], [[], 0, []])
  assert.match(String(empty.problems), /reaches nobody/)
  const { data: failing } = await runCommand<AudienceAnswer>(platform, analyst, 'bulletins audience', [number], {
    technology: ['larch'],
    exclude: ['P9'],
    preview: true,
  })
  assert.deepEqual(failing.organisations, [])
  assert.match(String(failing.problems), /no organisation P9/)
  const { data: preview } = await runCommand<AudienceAnswer>(platform, analyst, 'bulletins audience', [number], {
    region: ['YN', 'YS'],
    exclude: ['P1'],
    preview: true,
  })
  assert.deepEqual(preview.organisations, ['P2', 'P3'])
  assert.deepEqual((await runCommand<AudienceAnswer>(platform, analyst, 'bulletins audience', [number])).data.organisations, [])
})

test('what cannot be drafted is refused with the field that is at fault', async () => {
  const path = join(folder, 'wrong.json')
  const draft = async (text: string) => {
    await writeFile(path, text)
    return runCommand(platform, analyst, 'bulletins draft', [], { fromFile: path })
  }
  await assert.rejects(draft('{"title": "T", "severity": "critical"}'), { name: 'Invalid', message: /severity/ })
  await assert.rejects(draft('{"title": "T", "colour": "red"}'), { name: 'Invalid', message: /colour/ })
  await assert.rejects(draft('{"title": "T"'), { name: 'Invalid', message: /cut off/ })
  await assert.rejects(draft('[]'), { name: 'Invalid', message: /one JSON object/ })
  await assert.rejects(runCommand(platform, analyst, 'bulletins draft'), { name: 'Invalid', message: /--threat/ })
  await assert.rejects(runCommand(platform, analyst, 'bulletins show', ['CC-99']), { name: 'NotFound' })
})
