import type { z } from 'zod'
import type { Figure, Improvement, Source } from '../catalogue/model.ts'
import type { ownImprovementForm, ownScenarioForm } from './fields.ts'
import type { OwnScenario } from './model.ts'

/** What somebody typed about an improvement or scenario of their own, as the model takes it: one likely figure stands for a range of half to half as much again. */

const LEAST = 0.5
const MOST = 1.5
const MOST_SHARE = 0.95

export function ownImprovement(typed: z.infer<typeof ownImprovementForm>, saidBy: string, asOf: string): Improvement {
  const source: Source = { words: typed.reason, saidBy, asOf, grade: 'judgement' }
  const share = (likely: number): Figure => ({ low: likely * LEAST, likely, high: Math.min(likely * MOST, MOST_SHARE), source })
  return {
    summary: typed.name,
    sizes: ['micro', 'small', 'medium', 'large', 'very-large'],
    outcomes: [],
    capital: amount(typed.capital, source),
    yearly: amount(typed.yearly, source),
    days: amount(typed.days, source),
    years: typed.years,
    months: 0,
    funding: 'capital',
    needs: [],
    oneOf: null,
    group: 'own',
    mustDo: null,
    effects: [
      {
        on: typed.on,
        prevents: typed.prevents === 0 ? null : share(typed.prevents),
        softens:
          typed.softens === 0
            ? {}
            : {
                care: share(typed.softens),
                recovery: share(typed.softens),
                'third-party': share(typed.softens),
                legal: share(typed.softens),
                other: share(typed.softens),
              },
      },
    ],
  }
}

export function ownScenario(typed: z.infer<typeof ownScenarioForm>, saidBy: string, asOf: string): OwnScenario {
  const source: Source = { words: typed.reason, saidBy, asOf, grade: 'judgement' }
  return {
    summary: typed.name,
    frequency: amount(typed.frequency, source),
    losses: { recovery: amount(typed.loss, source) },
    clinicDays: amount(typed.clinicDays, source),
    like: typed.like === '' ? null : typed.like,
  }
}

function amount(likely: number, source: Source): Figure {
  const isWhole = Number.isInteger(likely) && likely > 100
  const end = (value: number) => (isWhole ? Math.round(value) : value)
  return { low: end(likely * LEAST), likely, high: end(likely * MOST), source }
}
