import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runCommand } from '../../../../test/support/command.ts'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { runWork } from '../../../platform/work/work.ts'
import { gather } from '../contract.ts'
import type { Visible } from '../tables.ts'
import { actOnThreat } from './triage/commands.ts'

/** The queue from a terminal. */
const platform = await createTestPlatform()

const alerts = ['CC-0001', 'CC-0002'].map((threatId, index) => ({
  threatId,
  title: `Stealer ${index + 1}`,
  severity: 'High',
  threatType: 'Malware',
  cveIdentifiers: [{ cveIdentifier: `CVE-2050-000${index + 1}` }],
  summary: '<p>It calls bad[.]example.</p>',
  publishedDate: '2026-11-01T00:00:00.000Z',
}))
const bytes = Buffer.from(JSON.stringify({ pageSize: 2, total: 2, currentPage: 1, totalPages: 1, items: alerts }))
await gather(platform, SYSTEM, { address: 'alerts.json', bytes })

async function titles(options: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { data } = await runCommand<readonly { title: string }[]>(platform, SYSTEM, 'threats list', [], options)
  return data.map(({ title }) => title)
}

test('the list is narrowed by state and by who has it', async () => {
  const { data } = await runCommand<readonly { id: string; title: string }[]>(platform, SYSTEM, 'threats list')
  const second = data.find(({ title }) => title === 'Stealer 2')
  await runWork<Visible, unknown>(platform, SYSTEM, work => actOnThreat(work, second?.id ?? '', 'watch', ''))
  assert.deepEqual(await titles({ state: 'watching' }), ['Stealer 2'])
  assert.deepEqual(await titles({ who: 'mine' }), ['Stealer 2'])
  assert.deepEqual(await titles({ who: 'nobody' }), ['Stealer 1'])
  await assert.rejects(titles({ state: 'in-hand' }), /open, all, new, triaging, watching, drafting, dismissed, closed/)
  platform.clock.advanceHours(8 * 24)
  const { text } = await runCommand(platform, SYSTEM, 'threats list', [], {}, { json: false })
  assert.match(text, /Stealer 2\n[^\n]*Watching, look again: due, CareCERT has it\.\n[^]*Stealer 1\n[^\n]*New\./)
})

test('a threat is shown with its indicators: plain for a program, defanged on a terminal', async () => {
  const [first] = (await runCommand<readonly { id: string }[]>(platform, SYSTEM, 'threats list', [], { search: 'cc-0001' })).data
  const { data } = await runCommand<{ indicators: readonly { type: string; value: string }[] }>(platform, SYSTEM, 'threats show', [first?.id ?? ''])
  assert.deepEqual(
    data.indicators.map(({ type, value }) => [type, value]),
    [['domain', 'bad.example']],
  )
  const { text } = await runCommand(platform, SYSTEM, 'threats show', [first?.id ?? ''], {}, { json: false })
  assert.match(text, /indicators: \["domain bad\[\.\]example TLP:CLEAR"\]/)
  assert.doesNotMatch(text, /bad\.example/)
})
