import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RESPONSE_CHOICES } from './model.ts'
import { ANSWER_PATH, questionsFrom } from './path.ts'

test('every answer stands under one question, and can be given from wherever one stands', () => {
  assert.deepEqual(ANSWER_PATH.flatMap(({ states }) => states).toSorted(), RESPONSE_CHOICES.toSorted())
  for (const current of [null, ...RESPONSE_CHOICES]) {
    const { next, before } = questionsFrom(current)
    assert.deepEqual([...next, ...before].flatMap(({ states }) => states).toSorted(), RESPONSE_CHOICES.toSorted(), current ?? 'silent')
  }
})

test('the path leads from seeing it, over whose it is, to what is done; a full answer asks nothing more', () => {
  const next = (current: Parameters<typeof questionsFrom>[0]) => questionsFrom(current).next.map(({ step }) => step)
  assert.deepEqual(next(null), ['seen', 'ours', 'acting'])
  assert.deepEqual(next('acknowledged'), ['ours', 'acting'])
  assert.deepEqual(next('assessing'), ['ours', 'acting'])
  assert.deepEqual(next('in-progress'), ['acting'])
  for (const end of ['done', 'not-applicable', 'not-acting'] as const) assert.deepEqual(next(end), [])
})
