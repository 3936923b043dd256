import { PREVENTING } from './improvements-prevent.ts'
import { RECOVERING } from './improvements-recover.ts'
import { RULES } from './rules.ts'
import { SCENARIOS } from './scenarios.ts'
import { SOURCES, type Effect, type Estimate, type Improvement, type Scenario } from './shape.ts'

interface Row {
  readonly kind: 'improvement' | 'scenario' | 'rule'
  readonly code: string
  readonly name: string
  readonly content: object
}

const EVERY_SIZE = ['micro', 'small', 'medium', 'large', 'very-large']
const PENCE = 100

/** Every entry of the first catalogue, as it is stored: amounts in pence, and with each figure where it comes from. */
export function catalogueRows(): readonly Row[] {
  return [
    ...[...PREVENTING, ...RECOVERING].map(improvementRow),
    ...SCENARIOS.map(scenarioRow),
    ...Object.entries(RULES).map(([code, { name, ...content }]): Row => ({ kind: 'rule', code, name, content })),
  ]
}

function improvementRow(entry: Improvement): Row {
  const content = {
    summary: entry.summary,
    sizes: entry.sizes ?? EVERY_SIZE,
    outcomes: [
      ...entry.caf.map(code => ({ framework: 'caf', version: '3.2', code })),
      ...(entry.firstSteps ?? []).map(code => ({ framework: 'care-first-steps', version: '1.0', code })),
    ],
    capital: figure(entry.capital, PENCE),
    yearly: figure(entry.yearly, PENCE),
    days: figure(entry.days),
    years: entry.years,
    months: entry.months,
    funding: 'capital',
    needs: entry.needs ?? [],
    oneOf: entry.oneOf ?? null,
    group: entry.group,
    mustDo: entry.mustDo ?? null,
    effects: entry.effects.map(effect),
  }
  return { kind: 'improvement', code: entry.code, name: entry.name, content }
}

function effect({ on, prevents, softens }: Effect) {
  const eased = Object.entries(softens ?? {}).map(([channel, estimate]) => [channel, figure(estimate)])
  return { on, prevents: prevents === undefined ? null : figure(prevents), softens: Object.fromEntries(eased) as object }
}

function scenarioRow(entry: Scenario): Row {
  const losses = Object.entries(entry.losses).map(([channel, estimate]) => [channel, figure(estimate, PENCE)])
  const content = {
    summary: entry.summary,
    frequency: figure(entry.frequency),
    losses: Object.fromEntries(losses) as object,
    clinicDays: figure(entry.clinicDays),
  }
  return { kind: 'scenario', code: entry.code, name: entry.name, content }
}

function figure([low, likely, high, source = 'own']: Estimate, factor = 1) {
  return { low: low * factor, likely: likely * factor, high: high * factor, source: SOURCES[source] }
}
