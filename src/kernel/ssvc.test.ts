import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SsvcStatement } from './intelligence.ts'
import {
  CISA_COORDINATOR,
  latestSsvc,
  MISSION_IMPACTS,
  readSsvcDecision,
  REMEDIATION_DEADLINES,
  SSVC_OUTCOMES,
  remediationDeadlines,
  ssvcOutcome,
} from './ssvc.ts'

const IMPACTS = ['partial', 'total'] as const

/** The 36 outcomes of the published table, whose rows count up with mission impact turning fastest: t track, s track*, a attend, A act. */
const COORDINATOR_2_0_3 = 'ttt tts tta tta tts tsa tta tsa tta taA aaA aAA'.replaceAll(' ', '')

test('the coordinator decides as the published tree does, in each of its 36 rows', () => {
  const letters = { Track: 't', 'Track*': 's', Attend: 'a', Act: 'A' } as const
  const decided = (['none', 'poc', 'active'] as const).flatMap(exploitation =>
    [false, true].flatMap(automatable =>
      IMPACTS.flatMap(technicalImpact =>
        MISSION_IMPACTS.map(mission => letters[ssvcOutcome({ exploitation, automatable, technicalImpact }, mission)]),
      ),
    ),
  )
  assert.equal(decided.join(''), COORDINATOR_2_0_3)
  assert.equal(CISA_COORDINATOR.length, 12)
})

test('nothing that is worse is less pressing', () => {
  const rank = (points: Pick<SsvcStatement, 'exploitation' | 'automatable' | 'technicalImpact'>, mission: (typeof MISSION_IMPACTS)[number]) =>
    SSVC_OUTCOMES.indexOf(ssvcOutcome(points, mission))
  for (const row of CISA_COORDINATOR) {
    assert.ok(rank(row, 'low') <= rank(row, 'medium') && rank(row, 'medium') <= rank(row, 'high'))
    for (const mission of MISSION_IMPACTS) {
      assert.ok(rank(row, mission) <= rank({ ...row, automatable: true }, mission))
      assert.ok(rank(row, mission) <= rank({ ...row, technicalImpact: 'total' }, mission))
      assert.ok(rank(row, mission) <= rank({ ...row, exploitation: 'active' }, mission))
    }
  }
})

test('a decision is read in each way that it is written', () => {
  const decision = { exploitation: 'poc', automatable: false, technicalImpact: 'total', at: null }
  const asCisa = [{ Exploitation: 'PoC' }, { Automatable: 'No' }, { 'Technical Impact': 'Total' }]
  const asNvd = [{ exploitation: 'poc' }, { automatable: 'no' }, { technicalImpact: 'total' }]
  const together = [{ Exploitation: 'public poc', Automatable: 'no', 'Technical Impact': 'total' }]
  for (const options of [asCisa, asNvd, together]) assert.deepEqual(readSsvcDecision({ options }), decision)
  assert.equal(readSsvcDecision({ options: asNvd, timestamp: '2025-02-04T14:25:34.416117Z' })?.at, '2025-02-04T14:25:34.416Z')
})

test('a decision that lacks a point, or has a value that is not known, is none', () => {
  const options = [{ exploitation: 'active' }, { automatable: 'yes' }, { technicalImpact: 'total' }]
  for (const hostile of [
    null,
    [],
    {},
    { options: {} },
    { options: options.slice(1) },
    { options: [...options.slice(1), { exploitation: 'constructor' }] },
  ])
    assert.equal(readSsvcDecision(hostile), undefined)
  assert.equal(readSsvcDecision({ options: [options[0], { automatable: 'perhaps' }, options[2]] }), undefined)
  assert.equal(readSsvcDecision({ options: [options[0], options[1], { technicalImpact: 7 }] }), undefined)
})

test('the latest decision counts, and one without a time only when there is no other', () => {
  const points = { exploitation: 'none', automatable: false, technicalImpact: 'partial' } as const
  const [old, late, timeless] = ['2024-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z', null].map(at => ({ ...points, at }))
  assert.ok(old && late && timeless)
  assert.equal(latestSsvc([timeless, old, late]), late)
  assert.equal(latestSsvc([timeless]), timeless)
  assert.equal(latestSsvc([]), null)
})

/** The directive as it is told in words, a rule after the other; the first that fits decides. */
function inWords(kev: boolean, exposed: boolean, automatable: boolean, total: boolean): string {
  const exactlyOne = (a: boolean, b: boolean) => a !== b
  if (kev && exposed && total) return '3 days and forensics'
  if (kev && automatable && total) return '3 days and forensics'
  if (kev && exposed && automatable && !total) return '3 days'
  if (!kev && exposed && automatable && total) return '3 days'
  if (kev) return '14 days'
  if (exposed && exactlyOne(automatable, total)) return '14 days'
  if (exactlyOne(exposed && !total && !automatable, automatable && !exposed)) return '60 days'
  return 'next upgrade'
}

test('the deadlines are those of the directive, in each of its 16 rows', () => {
  const seen: string[] = []
  for (const isInKev of [false, true]) {
    for (const automatable of [false, true]) {
      for (const technicalImpact of IMPACTS) {
        const { ifExposed, ifNotExposed } = remediationDeadlines(isInKev, { automatable, technicalImpact })
        for (const [isExposed, { days, forensicTriage }] of [
          [true, ifExposed],
          [false, ifNotExposed],
        ] as const) {
          const told = days === null ? 'next upgrade' : `${days} days${forensicTriage ? ' and forensics' : ''}`
          assert.equal(
            told,
            inWords(isInKev, isExposed, automatable, technicalImpact === 'total'),
            JSON.stringify([isInKev, isExposed, automatable, technicalImpact]),
          )
          seen.push(told)
        }
      }
    }
  }
  assert.equal(REMEDIATION_DEADLINES.length, 8)
  assert.deepEqual(
    ['3 days and forensics', '3 days', '14 days', '60 days', 'next upgrade'].map(told => seen.filter(one => one === told).length),
    [3, 2, 6, 3, 2],
  )
})
