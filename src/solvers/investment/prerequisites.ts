import type { Improvement } from './model.ts'

/** The circles of improvements that need each other, each once, as the names in their order with the first said again at the end. One that needs itself is not among them. */
export function cyclesOf(improvements: readonly Improvement[]): readonly (readonly string[])[] {
  const byId = new Map(improvements.map(improvement => [improvement.id, improvement]))
  const cycles: string[][] = []
  const done = new Set<string>()
  const follow = (improvement: Improvement, path: readonly Improvement[]): void => {
    const at = path.indexOf(improvement)
    if (at >= 0) {
      if (path.length - at > 1) cycles.push([...path.slice(at), improvement].map(({ name }) => name))
      return
    }
    if (done.has(improvement.id)) return
    for (const id of improvement.prerequisites) {
      const next = byId.get(id)
      if (next !== undefined && next !== improvement) follow(next, [...path, improvement])
    }
    done.add(improvement.id)
  }
  for (const improvement of improvements) follow(improvement, [])
  return cycles
}
