import type { Level } from './model.ts'
import type { ScoringRule } from './scoring.ts'

/** A rule in sentences, one for each step, as a page says it. */
export function ruleWords(rule: ScoringRule, levels: readonly Level[]): readonly string[] {
  const label = (code: string): string => levels.find(level => level.code === code)?.label ?? code
  const steps = rule.steps.map(({ when, of, gives }, index) => {
    const start = index === 0 ? 'If' : 'Otherwise, if'
    const which =
      when === 'any' ? `any statement of the list “${label(of)}” is true` : `every statement of the list “${label(of)}” that applies is true`
    return `${start} ${which}, the outcome is: ${label(gives)}.`
  })
  return [...steps, `In every other case it is: ${label(rule.otherwise)}.`]
}
