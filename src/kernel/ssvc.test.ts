import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SsvcStatement } from './intelligence.ts'
import { CISA_COORDINATOR, MISSION_IMPACTS, REMEDIATION_DEADLINES, SSVC_OUTCOMES, remediationDeadlines, ssvcOutcome } from './ssvc.ts'

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
