import type { ActionToAdd } from '../plans/model.ts'
import type { CaseAnswer } from './answer.ts'
import type { CasePage } from './case-page.ts'

type Choice = Pick<Extract<CaseAnswer, { kind: 'solved' }>, 'bought' | 'items'>

/** One action of the plan for each improvement that is new, with what it is expected to save given the rest of the choice: the range by how sure its effects are. */
export function actionsOf(caseId: string, choice: Choice, { resolved }: Pick<CasePage, 'resolved'>): readonly ActionToAdd[] {
  const known = new Map(resolved.improvements.map(entry => [entry.code, entry]))
  const bought = new Set(choice.bought)
  return choice.items
    .filter(({ code }) => bought.has(code))
    .map(item => {
      const entry = known.get(item.code)
      const likely = Math.round(item.given * 100)
      const { low, high } = spread(entry?.content.effects ?? [])
      return {
        title: item.name,
        text: entry?.content.summary ?? '',
        source: { kind: 'improvement' as const, id: item.code, label: item.name, caseId },
        capitalPence: Math.round(item.capital * 100),
        yearlyPence: Math.round(item.yearly * 100),
        peopleDays: item.peopleDays,
        predicted: {
          savedPence: { low: Math.round(likely * low), likely, high: Math.round(likely * high) },
          clinicDays: Math.round(item.careGiven * 100) / 100,
        },
      }
    })
}

/** How far the effects of an improvement reach below and above what is likely, as shares of it. */
function spread(effects: readonly { readonly prevents: Ends | null; readonly softens: object }[]): { readonly low: number; readonly high: number } {
  const figures = effects.flatMap(({ prevents, softens }) => [
    ...(prevents === null ? [] : [prevents]),
    ...(Object.values(softens) as readonly Ends[]),
  ])
  const sum = (end: (figure: Ends) => number) => figures.reduce((all, figure) => all + end(figure), 0)
  const likely = sum(figure => figure.likely)
  if (likely === 0) return { low: 1, high: 1 }
  return { low: sum(figure => figure.low) / likely, high: sum(figure => figure.high) / likely }
}

interface Ends {
  readonly low: number
  readonly likely: number
  readonly high: number
}
