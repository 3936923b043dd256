import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describePlan } from '../../../solvers/investment/residual.ts'
import { validateProblem } from '../../../solvers/investment/validate.ts'
import type { Figure, Improvement } from '../catalogue/model.ts'
import type { CaseSettings, Override } from './model.ts'
import { problemOf } from './problem.ts'
import type { Resolved, ResolvedCase } from './resolve.ts'

const source = { words: 'A test', saidBy: 'A test', asOf: '2026-11-01', grade: 'judgement' } as const
const exactly = (value: number): Figure => ({ low: value, likely: value, high: value, source })
const settings: CaseSettings = { size: 'large', capital: 1e9, revenue: 1e9, peopleDays: 1e4, dayRate: 0, required: [], excluded: [], years: 1 }

function improvement(code: string, stops: number, saves: number): Resolved<Improvement> {
  const content: Improvement = {
    summary: code,
    sizes: ['large'],
    outcomes: [],
    capital: exactly(100_00),
    yearly: exactly(10_00),
    days: exactly(1),
    years: 4,
    months: 1,
    funding: 'capital',
    needs: [],
    oneOf: null,
    group: 'kind',
    mustDo: null,
    effects: [{ on: 'fire', prevents: exactly(stops), softens: { care: exactly(saves) } }],
  }
  return { code, name: code, version: 1, content, overridden: new Map() }
}

function caseWith(said: readonly string[]): ResolvedCase {
  const override = (field: string): Override => ({
    kind: 'scenario',
    code: 'fire',
    field,
    figure: exactly(1),
    reason: '',
    owner: '',
    at: new Date(0),
  })
  const overridden = new Map(said.map(field => [field, { catalogue: exactly(1), override: override(field) }]))
  const content = { summary: 'Fire', frequency: exactly(0.5), losses: { output: exactly(1000_00) }, clinicDays: exactly(10), like: null }
  return {
    improvements: [improvement('one', 0.4, 0.5), improvement('two', 0.2, 0.1), improvement('three', 0.3, 0.3)],
    scenarios: [{ code: 'fire', name: 'Fire', version: 1, content, overridden }],
    overlaps: [{ code: 'kind', label: 'A kind', overlap: 0.4 }],
  }
}

test('what is in place lowers what the catalogue says, once, and costs nothing more', () => {
  const problem = problemOf(caseWith([]), settings, ['one'])
  assert.deepEqual(validateProblem(problem), [])
  const today = describePlan(problem, ['one'])
  assert.ok(Math.abs(today.after - 0.5 * 1000 * 0.6 * 0.5) < 1e-9, String(today.after))
  assert.ok(Math.abs(today.careAfter - 0.5 * 10 * 0.6 * 0.5) < 1e-9)
  assert.equal(today.spend.annualCost, 0)
})

test('what an organisation says of itself is what it sees today, whatever is in place', () => {
  const problem = problemOf(caseWith(['frequency', 'losses.output', 'clinicDays']), settings, ['one', 'two'])
  const today = describePlan(problem, ['one', 'two'])
  assert.ok(Math.abs(today.after - 0.5 * 1000) < 1e-9, String(today.after))
  assert.ok(Math.abs(today.careAfter - 0.5 * 10) < 1e-9, String(today.careAfter))
  assert.ok(describePlan(problem, ['one', 'two', 'three']).after < today.after)
})
