import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CAF_RULE, REQUIREMENT_RULE } from '../../../kernel/framework.ts'
import { meets, reachableLevels, scoreOutcome, statusOf, type Answer, type ScoringRule } from './scoring.ts'

const LEVELS = ['achieved', 'partially-achieved', 'not-achieved'].map(code => ({ code }))
const LISTS = ['achieved', 'partially-achieved', 'not-achieved'] as const
const INDICATORS = LISTS.flatMap(level => ['1', '2'].map(number => ({ code: `${level}.${number}`, level })))

type Amount = 'all' | 'some' | 'none'

function ticked(amounts: readonly Amount[]): ReadonlyMap<string, Answer> {
  const answers = new Map<string, Answer>()
  for (const [index, level] of LISTS.entries())
    for (const number of ['1', '2'])
      answers.set(`${level}.${number}`, amounts[index] === 'all' || (amounts[index] === 'some' && number === '1') ? 'yes' : 'no')
  return answers
}

test('the rule of the Cyber Assessment Framework gives the 27 combinations of its published table', () => {
  // achieved, partially, not: the amounts ticked. Everything else of the 27 is not achieved.
  const good = new Map([
    ['all all none', 'achieved'],
    ['all none none', 'achieved'],
    ['all some none', 'achieved'],
    ['none all none', 'partially-achieved'],
    ['some all none', 'partially-achieved'],
  ])
  const amounts: readonly Amount[] = ['all', 'some', 'none']
  let combinations = 0
  for (const achieved of amounts)
    for (const partially of amounts)
      for (const not of amounts) {
        combinations++
        const wanted = good.get(`${achieved} ${partially} ${not}`) ?? 'not-achieved'
        const scored = scoreOutcome(CAF_RULE, INDICATORS, ticked([achieved, partially, not]), LEVELS)
        assert.equal(scored.status, wanted, `${achieved} ${partially} ${not}`)
      }
  assert.equal(combinations, 27)
})

test('a status says which step gave it and what stood in the way of the steps before', () => {
  const scored = scoreOutcome(CAF_RULE, INDICATORS, ticked(['some', 'all', 'none']), LEVELS)
  assert.deepEqual(scored.because.step, { when: 'all', of: 'partially-achieved', gives: 'partially-achieved' })
  assert.deepEqual(scored.because.by, ['partially-achieved.1', 'partially-achieved.2'])
  assert.deepEqual(
    scored.because.failed.map(one => one.lacking),
    [[], ['achieved.2']],
  )
  assert.deepEqual(scored.changes, [{ level: 'achieved', answers: [{ code: 'achieved.2', to: 'yes' }] }])
})

test('an outcome without a partial list cannot be changed into a partial one', () => {
  const indicators = INDICATORS.filter(one => one.level !== 'partially-achieved')
  const scored = scoreOutcome(CAF_RULE, indicators, new Map([['not-achieved.1', 'yes']]), LEVELS)
  assert.equal(scored.status, 'not-achieved')
  assert.deepEqual(
    scored.changes.map(change => change.level),
    ['achieved'],
  )
  assert.deepEqual(reachableLevels(CAF_RULE, indicators, LEVELS), ['achieved', 'not-achieved'])
  assert.deepEqual(scored.unanswered, ['achieved.1', 'achieved.2', 'not-achieved.2'])
})

test('what does not apply is out of its list, and an outcome of which nothing applies says so', () => {
  const met = [
    { code: 'a', level: 'met' },
    { code: 'b', level: 'met' },
  ]
  assert.equal(
    statusOf(
      REQUIREMENT_RULE,
      met,
      new Map([
        ['a', 'yes'],
        ['b', 'not-applicable'],
      ]),
    ),
    'met',
  )
  assert.equal(
    statusOf(
      REQUIREMENT_RULE,
      met,
      new Map([
        ['a', 'not-applicable'],
        ['b', 'not-applicable'],
      ]),
    ),
    'not-applicable',
  )
  assert.equal(statusOf(REQUIREMENT_RULE, met, new Map([['a', 'not-applicable']])), 'not-met')
  assert.equal(statusOf(REQUIREMENT_RULE, met, new Map()), 'unanswered')
})

test('a status meets what is asked when it is as good or better; no answer meets nothing', () => {
  assert.equal(meets(LEVELS, 'achieved', 'partially-achieved'), true)
  assert.equal(meets(LEVELS, 'partially-achieved', 'partially-achieved'), true)
  assert.equal(meets(LEVELS, 'not-achieved', 'partially-achieved'), false)
  assert.equal(meets(LEVELS, 'unanswered', 'not-achieved'), false)
  assert.equal(meets(LEVELS, 'not-applicable', 'achieved'), true)
})

const TWISTED: ScoringRule = {
  steps: [
    { when: 'all', of: 'achieved', gives: 'partially-achieved' },
    { when: 'any', of: 'achieved', gives: 'achieved' },
    { when: 'any', of: 'not-achieved', gives: 'not-achieved' },
  ],
  otherwise: 'partially-achieved',
}

test('no smaller set of answers reaches a better level, for every rule and every set of answers', () => {
  const indicators = INDICATORS.slice(0, 5)
  const choices = ['yes', 'no', 'not-applicable', undefined] as const
  for (const rule of [CAF_RULE, TWISTED])
    for (let n = 0; n < 4 ** indicators.length; n++) {
      const chosen = indicators.map((_, index) => choices[Math.floor(n / 4 ** index) % 4])
      const answers = new Map(indicators.flatMap((one, index) => (chosen[index] ? [[one.code, chosen[index]] as const] : [])))
      const { status, changes } = scoreOutcome(rule, indicators, answers, LEVELS)
      const rank = LEVELS.findIndex(level => level.code === status)
      for (const { code } of rank === -1 ? LEVELS : LEVELS.slice(0, rank)) {
        const change = changes.find(one => one.level === code)
        const fewest = fewestByTrying(rule, indicators, answers, code)
        // Of an outcome that is not answered any `no` gives the level that is left: that is not told.
        if (rank === -1 && fewest === 1 && !change) continue
        assert.equal(change?.answers.length, fewest, `${status} to ${code} from ${JSON.stringify([...answers])}`)
        if (!change) continue
        const after = new Map<string, Answer>([...answers, ...change.answers.map(one => [one.code, one.to] as const)])
        assert.equal(statusOf(rule, indicators, after), code)
      }
    }
})

/** Tries every set of answers yes or no, and counts those that differ. */
function fewestByTrying(
  rule: ScoringRule,
  indicators: readonly { code: string; level: string }[],
  answers: ReadonlyMap<string, Answer>,
  level: string,
) {
  let fewest: number | undefined
  for (let n = 0; n < 3 ** indicators.length; n++) {
    const after = new Map(answers)
    let changed = 0
    for (const [index, { code }] of indicators.entries()) {
      const choice = ([undefined, 'yes', 'no'] as const)[Math.floor(n / 3 ** index) % 3]
      if (!choice || answers.get(code) === choice) continue
      after.set(code, choice)
      changed++
    }
    if (statusOf(rule, indicators, after) === level && (fewest === undefined || changed < fewest)) fewest = changed
  }
  return fewest
}
