import type { Problem } from './problem.ts'

/** Says of a fault: the rule that was broken, where (a JSON Pointer or `line 12`), and a sentence. */
export type Complain = (rule: string, pointer: string, message: string) => void

/** More of one kind say no more, and would fill a page. */
const MOST_OF_A_KIND = 3

/**
 * Gathers the warnings about one document: the first few of each rule, and then how many more there are, so that a maker's habit that
 * shows in ten thousand places stays readable. `prefix` stands before each rule, with a dot.
 */
export function gatherFindings(prefix: string): { readonly complain: Complain; readonly problems: () => readonly Problem[] } {
  const byRule = new Map<string, { readonly shown: Problem[]; count: number }>()
  return {
    complain(name, pointer, message) {
      const rule = `${prefix}.${name}`
      const kind = byRule.get(rule) ?? { shown: [], count: 0 }
      byRule.set(rule, kind)
      kind.count += 1
      if (kind.count <= MOST_OF_A_KIND) kind.shown.push({ rule, pointer, severity: 'warning', message })
    },
    problems() {
      return [...byRule].flatMap(([rule, { shown, count }]) =>
        count > MOST_OF_A_KIND
          ? [...shown, { rule, pointer: '', severity: 'warning', message: `And ${count - MOST_OF_A_KIND} more of this kind.` } as const]
          : shown,
      )
    },
  }
}
