import { isRecord, parseJson, pointerTo } from '../../kernel/json.ts'
import { fail, succeed, type Problem, type Result } from '../../kernel/problem.ts'
import { cleanText } from '../../kernel/text.ts'

/** One ticked or unticked statement of a WebCAF assessment. */
export interface WebcafAnswer {
  readonly outcomeCode: string
  /** As the framework has it, such as `A1.a.5`. */
  readonly code: string
  readonly isTicked: boolean
  readonly comment: string
}

/** What WebCAF says that an outcome came out as, and the summary of whoever confirmed it. */
export interface WebcafOutcome {
  readonly code: string
  /** In WebCAF's words, such as `Not achieved`; `null` before it was confirmed. */
  readonly status: string | null
  readonly summary: string
}

export interface WebcafAssessment {
  readonly answers: readonly WebcafAnswer[]
  readonly outcomes: readonly WebcafOutcome[]
}

const COMMENT = '_comment'
/** `achieved_A1.a.5`: the list that it stands in, then the statement. */
const NAME = /^(?:achieved|partially-achieved|not-achieved)_(.+)$/

/**
 * Reads the answers of an assessment as WebCAF stores and exports them: an object of outcomes, each with `indicators` (a tick for each statement, and beside it
 * its comment) and `confirmation`. Rules: `webcaf.json`, `webcaf.outcome`, `webcaf.indicator`.
 */
export function readWebcafAnswers(text: string): Result<WebcafAssessment> {
  const json = parseJson(text)
  if (!json.ok) return json
  if (!isRecord(json.value)) return fail(problem('webcaf.json', '', 'error', 'This is no WebCAF assessment: an object of outcomes is wanted.'))
  const problems: Problem[] = []
  const answers: WebcafAnswer[] = []
  const outcomes: WebcafOutcome[] = []
  for (const [code, held] of Object.entries(json.value)) {
    const indicators = isRecord(held) ? held['indicators'] : undefined
    if (!isRecord(held) || !isRecord(indicators)) {
      problems.push(problem('webcaf.outcome', pointerTo(code), 'warning', `${code} has no indicators, so nothing of it was taken.`))
      continue
    }
    answers.push(...answersIn(code, indicators, problems))
    const confirmation = isRecord(held['confirmation']) ? held['confirmation'] : {}
    outcomes.push({
      code,
      status: textIn(confirmation, 'outcome_status') || null,
      summary: cleanText(textIn(confirmation, 'confirm_outcome_confirm_comment')),
    })
  }
  if (answers.length === 0) return fail(...problems, problem('webcaf.json', '', 'error', 'No answers of a WebCAF assessment are in this file.'))
  return succeed({ answers, outcomes }, problems)
}

function answersIn(outcomeCode: string, indicators: Readonly<Record<string, unknown>>, problems: Problem[]): readonly WebcafAnswer[] {
  return Object.entries(indicators).flatMap(([name, ticked]): readonly WebcafAnswer[] => {
    if (name.endsWith(COMMENT)) return []
    const code = NAME.exec(name)?.[1]
    if (code === undefined || typeof ticked !== 'boolean') {
      problems.push(
        problem('webcaf.indicator', pointerTo(outcomeCode, 'indicators', name), 'warning', `${name} is no tick of a statement, so it was not taken.`),
      )
      return []
    }
    return [{ outcomeCode, code, isTicked: ticked, comment: cleanText(textIn(indicators, `${name}${COMMENT}`)) }]
  })
}

function textIn(held: Readonly<Record<string, unknown>>, name: string): string {
  const value = held[name]
  return typeof value === 'string' ? value : ''
}

function problem(rule: string, pointer: string, severity: Problem['severity'], message: string): Problem {
  return { rule, pointer, severity, message }
}
