import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readWebcafAnswers } from './read.ts'

test('ticks, comments, statuses and summaries of a WebCAF assessment are read', () => {
  const read = readWebcafAnswers(
    JSON.stringify({
      'A1.a': {
        indicators: { 'achieved_A1.a.5': true, 'achieved_A1.a.5_comment': ' By the board. ', 'not-achieved_A1.a.1': false, odd: 3 },
        confirmation: { outcome_status: 'Achieved', confirm_outcome_confirm_comment: 'Done.' },
      },
      'A1.b': 'nothing',
    }),
  )
  assert.ok(read.ok)
  assert.deepEqual(read.value.answers, [
    { outcomeCode: 'A1.a', code: 'A1.a.5', isTicked: true, comment: 'By the board.' },
    { outcomeCode: 'A1.a', code: 'A1.a.1', isTicked: false, comment: '' },
  ])
  assert.deepEqual(read.value.outcomes, [{ code: 'A1.a', status: 'Achieved', summary: 'Done.' }])
  assert.deepEqual(
    read.problems.map(({ rule, pointer }) => `${rule} ${pointer}`),
    ['webcaf.indicator /A1.a/indicators/odd', 'webcaf.outcome /A1.b'],
  )
})

test('what is no WebCAF assessment is refused with a sentence', () => {
  for (const text of ['', '[]', '{"A1.a": {}}', 'null']) assert.equal(readWebcafAnswers(text).ok, false, text)
})
