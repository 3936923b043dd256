import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { goldenCase, randomProblem } from '../../../test/support/investment.ts'
import { createSolve } from './solve.ts'

const solve = createSolve(1)
after(() => solve.close())

const options = { objective: 'least-loss', seed: 1 } as const
/** Some minutes of work: nobody is to wait for it. */
const long = { problem: randomProblem(1, { items: 60, scenarios: 30 }), chosen: [], options: { futures: 5000, seed: 1 } }

describe('a question that is worked out off the main loop', () => {
  it('is answered, and the main loop goes on meanwhile', async () => {
    let turns = 0
    const timer = setInterval(() => (turns += 1), 5)
    const outcome = await solve.run('investment', { problem: goldenCase(80_000), options })
    clearInterval(timer)
    assert.ok(outcome.kind === 'solved')
    assert.deepEqual(outcome.plan.chosen, ['MFA', 'Training'])
    assert.ok(turns > 1)
    assert.deepEqual(await solve.run('check', { problem: goldenCase(80_000), certificate: outcome.certificate }), [])
  })

  it('gives way to a newer one of the same session, at work or waiting, and to no other', async () => {
    const first = solve.run('robustness', long, { session: 'mine' })
    const other = solve.run('investment', { problem: goldenCase(60_000), options }, { session: 'mine' })
    const second = solve.run('robustness', long, { session: 'mine' })
    const third = solve.run('robustness', { ...long, problem: goldenCase(80_000), options: { futures: 2, seed: 1 } }, { session: 'mine' })
    await assert.rejects(first, { code: 'platform.solve.superseded' })
    await assert.rejects(second, { code: 'platform.solve.superseded' })
    assert.equal((await other).kind, 'solved')
    assert.equal((await third).futures, 2)
  })

  it('ends when its time is up, or when its signal is given, and the next has its turn', async () => {
    await assert.rejects(solve.run('robustness', long, { timeoutMillis: 200 }), { code: 'platform.solve.out-of-time' })
    const abort = new AbortController()
    const withdrawn = solve.run('robustness', long, { signal: abort.signal })
    const waiting = solve.run('losses', { problem: goldenCase(null), chosen: [], unit: 'money', options: { trials: 1000, seed: 1 } })
    abort.abort()
    await assert.rejects(withdrawn, { code: 'platform.solve.cancelled' })
    assert.equal((await waiting).trials, 1000)
    await assert.rejects(solve.run('robustness', long, { signal: abort.signal }), { code: 'platform.solve.cancelled' })
  })

  it('says so when the solver fails, and the next is answered', async () => {
    const broken = { ...goldenCase(1), improvements: null as never }
    await assert.rejects(solve.run('investment', { problem: broken, options }), { code: 'platform.solve.failed' })
    assert.equal((await solve.run('investment', { problem: goldenCase(80_000), options })).kind, 'solved')
  })

  it('is refused when too many wait, and when all is closing', async () => {
    const own = createSolve(1)
    const asked = Array.from({ length: 65 }, () => own.run('robustness', long))
    const refused = assert.rejects(Promise.all(asked), { code: 'platform.solve.closed' })
    await assert.rejects(own.run('robustness', long), { code: 'platform.solve.busy' })
    await own.close()
    await refused
    await Promise.allSettled(asked)
    await assert.rejects(own.run('robustness', long), { code: 'platform.solve.closed' })
  })
})
