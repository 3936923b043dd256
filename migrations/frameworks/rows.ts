import { createHash } from 'node:crypto'
import { CAF_CROSSWALK } from './caf.ts'
import { FIRST_STEPS, FIRST_STEPS_CROSSWALKS } from './first-steps.ts'
import { SERVICE_GATES } from './service-gates.ts'
import type { ShippedFramework } from './shape.ts'

export const SHIPPED_FRAMEWORKS: readonly ShippedFramework[] = [FIRST_STEPS, SERVICE_GATES]
export const SHIPPED_CROSSWALKS = [...FIRST_STEPS_CROSSWALKS, CAF_CROSSWALK]

/** A framework in the rows of its tables. Levels of an outcome are those that its lists speak for, and the worst. */
export function frameworkRows(framework: ShippedFramework) {
  const nodes: {
    code: string
    kind: 'group' | 'outcome'
    parent_code: string | null
    title: string
    description: string
    levels: readonly string[]
  }[] = []
  const indicators: { code: string; outcome_code: string; level: string; text: string }[] = []
  for (const { code, title, description, outcomes } of framework.groups) {
    nodes.push({ code, kind: 'group', parent_code: null, title, description, levels: [] })
    for (const outcome of outcomes) {
      const levels = framework.levels.map(level => level.code)
      nodes.push({ code: outcome.code, kind: 'outcome', parent_code: code, title: outcome.title, description: outcome.description, levels })
      let number = 0
      for (const [level, texts] of Object.entries(outcome.lists))
        for (const text of texts) indicators.push({ code: `${outcome.code}.${++number}`, outcome_code: outcome.code, level, text })
    }
  }
  const { groups: _groups, id: _id, ...facts } = framework
  const hash = createHash('sha256').update(JSON.stringify({ facts, nodes, indicators })).digest('hex')
  const placed = <T>(rows: readonly T[]) => rows.map((row, position) => ({ ...row, framework_id: framework.id, position }))
  return { hash, nodes: placed(nodes), indicators: placed(indicators) }
}
