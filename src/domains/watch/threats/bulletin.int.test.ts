import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { sharedData, skipWithoutSharedData } from '../../../../test/support/shared-data.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { gather, threatForBulletin, threatSummaries, type ThreatForBulletin } from '../contract.ts'
import type { Visible } from '../tables.ts'

const platform = await createTestPlatform()

async function drafted(search: string): Promise<ThreatForBulletin> {
  const found = await readAs<Visible, ThreatForBulletin | undefined>(platform, SYSTEM, async db => {
    const row = await db.selectFrom('watch_threat').select('id').where('search', 'like', `%${search}%`).executeTakeFirst()
    return threatForBulletin(db, row?.id ?? '')
  })
  assert.ok(found)
  return found
}

test('a draft is filled from the catalogue and an advisory about one CVE', { skip: skipWithoutSharedData }, async () => {
  await gather(platform, SYSTEM, { address: sharedData('kev/2025-02-05/known_exploited_vulnerabilities.json') })
  await gather(platform, SYSTEM, { address: sharedData('csaf/cisa-medical/2020/icsma-20-170-01.json') })
  const threat = await drafted('icsma-20-170-01')
  assert.deepEqual(threat.cves[0], 'CVE-2017-0143')
  assert.equal(threat.severity, 'high')
  assert.equal(threat.threatType, 'Vulnerability')
  assert.deepEqual([threat.kev?.since, threat.kev?.ransomware], ['2021-11-03', true])
  assert.deepEqual(new Set(threat.remediation.map(step => step.type)).has('Action'), true)
  assert.ok(threat.remediation.some(step => step.text.startsWith('Apply updates per vendor instructions')))
  assert.ok(threat.affects.some(product => product.maker === 'Microsoft'))
  assert.ok(threat.affects.some(product => product.maker.includes('Baxter')))
  assert.ok(threat.references.every(address => address.startsWith('http')))
  assert.deepEqual(
    threat.sources.map(source => source.name),
    ['CISA known exploited vulnerabilities', 'CISA advisories'],
  )
})

test('the steps of an NHS cyber alert keep their type, and lose their markup', async () => {
  const steps = [
    { type: 'Patch', step: '<p>Install <b>9.3</b> &amp; restart</p>', link: 'https://acme.example/9.3' },
    { type: 'New word', step: '<ul><li>One</li></ul>' },
  ]
  const alert = {
    threatId: 'CC-9001',
    title: 'Acme',
    threatType: 'Malware',
    remediationIntro: '<p>Act soon.</p>',
    remediationSteps: steps,
    publishedDate: 1,
  }
  await gather(platform, SYSTEM, { address: 'alert.json', bytes: Buffer.from(JSON.stringify(alert)) })
  const threat = await drafted('cc-9001')
  assert.deepEqual(threat.remediation, [
    { type: 'Guidance', text: 'Act soon.', link: null },
    { type: 'Patch', text: 'Install 9.3 & restart', link: 'https://acme.example/9.3' },
    { type: 'Guidance', text: '- One', link: null },
  ])
  assert.deepEqual([threat.tlp, threat.threatType, threat.severity], ['CLEAR', 'Malware', 'medium'])
})

test('the most pressing come first for the page of what needs somebody', { skip: skipWithoutSharedData }, async () => {
  const threats = await readAs<Visible, Awaited<ReturnType<typeof threatSummaries>>>(platform, SYSTEM, db =>
    threatSummaries(db, 3, platform.clock.now()),
  )
  assert.deepEqual(
    threats.map(threat => threat.priority),
    ['Act now', 'Act now', 'Act now'],
  )
})

test('there is no draft of a threat that is not there', async () => {
  assert.equal(await readAs<Visible, unknown>(platform, SYSTEM, db => threatForBulletin(db, 'thr_0')), undefined)
})
