import assert from 'node:assert/strict'
import { test } from 'node:test'
import { prioritise, type PriorityFacts } from './priority.ts'

const NOTHING: PriorityFacts = {
  kevSince: null,
  ransomware: null,
  cvssTenths: null,
  ssvc: null,
  epssMillionths: null,
  clinicalSafety: false,
  severity: null,
  reportedCareAffected: false,
  runs: 0,
  mayRun: 0,
  isWithdrawn: false,
}

function word(facts: Partial<PriorityFacts>): string {
  return prioritise({ ...NOTHING, ...facts }).word
}

test('exploited and used by ransomware is more pressing than exploited, and that than any score', () => {
  assert.equal(word({ kevSince: '2025-01-24', ransomware: true }), 'Act now')
  assert.equal(word({ kevSince: '2025-01-24', ransomware: false, cvssTenths: 100 }), 'Urgent')
  assert.equal(word({ cvssTenths: 100 }), 'High')
})

test('affected care that an organisation reports comes before everything, and the sentence says so', () => {
  const reported = prioritise({ ...NOTHING, reportedCareAffected: true, severity: 'high' })
  const worst = prioritise({ ...NOTHING, kevSince: '2025-01-24', ransomware: true, runs: 9_999 })
  assert.equal(reported.word, 'Act now')
  assert.ok(reported.order < worst.order)
  assert.equal(reported.reason, 'An organisation reports that care is affected.')
  assert.match(
    prioritise({ ...NOTHING, reportedCareAffected: true, kevSince: '2025-01-24', runs: 1 }).reason,
    /^An organisation reports that care is affected; on CISA's list .*; 1 organisation runs it\.$/,
  )
})

test('the bands of the score are those of the table, to the tenth', () => {
  assert.deepEqual(
    [100, 90, 89, 70, 69, 0].map(cvssTenths => word({ cvssTenths })),
    ['High', 'High', 'Medium', 'Medium', 'Low', 'Low'],
  )
})

test('without a score the word of the source counts', () => {
  assert.deepEqual(
    (['critical', 'high', 'medium', 'low', 'information'] as const).map(severity => word({ severity })),
    ['High', 'High', 'Medium', 'Low', 'Low'],
  )
  assert.equal(word({ severity: 'high', cvssTenths: 72 }), 'Medium')
})

test('inside one word, what more organisations run comes first', () => {
  const reached = [{ runs: 1_000 }, { runs: 999 }, { runs: 99 }, { runs: 0, mayRun: 5_000 }, {}].map(
    reach => prioritise({ ...NOTHING, kevSince: '2025-01-24', ...reach }).order,
  )
  assert.deepEqual(reached, [20, 21, 22, 23, 24])
  assert.ok(prioritise({ ...NOTHING, kevSince: '2025-01-24', ransomware: true }).order < 20, 'reach never passes a word')
})

test('the sentence says what decided and how many run it', () => {
  assert.equal(
    prioritise({ ...NOTHING, kevSince: '2025-01-24', ransomware: true, runs: 412, mayRun: 3 }).reason,
    "On CISA's list of exploited flaws since 24 January 2025; used in ransomware attacks; 412 organisations run it, and 3 more may.",
  )
  assert.equal(prioritise({ ...NOTHING, cvssTenths: 98, runs: 1 }).reason, 'CVSS score 9.8 of 10; 1 organisation runs it.')
  assert.equal(
    prioritise({ ...NOTHING, severity: 'information', mayRun: 1_200 }).reason,
    'Called information only by its source; 1,200 organisations may run it.',
  )
  assert.equal(prioritise(NOTHING).reason, 'No source says how severe it is; no organisation is known to run it.')
})

test('what its source has withdrawn comes last', () => {
  const withdrawn = prioritise({ ...NOTHING, kevSince: '2025-01-24', ransomware: true, isWithdrawn: true })
  assert.deepEqual([withdrawn.word, withdrawn.order > prioritise(NOTHING).order], ['Low', true])
})
