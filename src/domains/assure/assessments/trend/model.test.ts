import assert from 'node:assert/strict'
import { test } from 'node:test'
import { groupPaths, pathsOf, type PastReview } from './model.ts'

const LEVELS = [
  { code: 'achieved', label: 'Achieved', tone: 'good' },
  { code: 'not-achieved', label: 'Not achieved', tone: 'bad' },
] as const
const outcomes = ['A1', 'A2', 'A3'].map(code => ({ code, title: code, groups: [{ title: 'Risk' }], target: null }))
const review = (statuses: Readonly<Record<string, string>>, pairs: PastReview['pairs'] = null): PastReview => ({
  id: 'x',
  period: '2026-27',
  version: '1',
  pairs,
  statuses: new Map(Object.entries(statuses)),
})

test('another version is crossed by what a crosswalk calls equal, and by nothing else', () => {
  const pairs = [
    { fromCode: 'A2', toCode: 'A1', relation: 'equal' },
    { fromCode: 'A3', toCode: 'A3', relation: 'intersect' },
  ] as const
  const paths = pathsOf(
    outcomes,
    [review({ A1: 'achieved', A2: 'not-achieved', A3: 'achieved' }, pairs), review({ A1: 'achieved', A2: 'achieved' })],
    LEVELS,
  )
  assert.deepEqual(
    paths.map(({ points, change }) => [points.map(({ status, why }) => status ?? why), change]),
    [
      [['not-achieved', 'achieved'], 'better'],
      [['not-comparable', 'achieved'], null],
      [['not-comparable', 'not-answered'], null],
    ],
  )
  assert.deepEqual(groupPaths(paths, outcomes, LEVELS), [{ title: 'Risk', shares: [0, 100] }])
  const [first] = pathsOf(outcomes, [review({ A1: 'achieved' }, 'none'), review({ A1: 'achieved' })], LEVELS)
  assert.equal(first?.points[0]?.why, 'not-comparable')
})
