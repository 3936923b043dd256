import { lineAt, memberOf, type JsonRecord } from '../../kernel/json.ts'
import type { Problem } from '../../kernel/problem.ts'

const AMOUNTS = ['all', 'some', 'none'] as const

/**
 * What is wrong with the file's own table of results: 27 rows, one for each amount of achieved, partially and not achieved statements ticked, in that order
 * of its key. A table that says otherwise than the published rule is refused, for then one of the two is wrong. One that is not whole is only odd.
 */
export function ruleFault(table: JsonRecord | undefined): Problem | undefined {
  let found = 0
  for (const achieved of AMOUNTS)
    for (const partially of AMOUNTS)
      for (const not of AMOUNTS) {
        const key = `${achieved}_${partially}_${not}`
        const status = lineAt(memberOf(table, key), 'outcome_status')
        if (status === undefined) continue
        found++
        const wanted = not !== 'none' ? 'Not achieved' : achieved === 'all' ? 'Achieved' : partially === 'all' ? 'Partially achieved' : 'Not achieved'
        if (status !== wanted)
          return {
            rule: 'caf.rule',
            pointer: `/assessment-rules/${key}`,
            severity: 'error',
            message: `The file's own rule gives "${status}" for ${key}, and the published rule gives "${wanted}". One of the two is wrong, so nothing was taken.`,
          }
      }
  if (found === 27) return undefined
  const message = `The file's own rule has ${found} of the 27 rows that it needs. The published rule of the Cyber Assessment Framework is used.`
  return { rule: 'caf.rule', pointer: '/assessment-rules', severity: 'warning', message }
}
