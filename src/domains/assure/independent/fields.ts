import { z } from 'zod'
import { cleanText } from '../../../kernel/text.ts'
import { ANSWERS } from '../assessments/model.ts'
import type { Indicator } from '../frameworks/model.ts'
import { LONGEST_TEXT } from './model.ts'

const tooLong = `Use ${LONGEST_TEXT.toLocaleString('en-GB')} characters or fewer`
export const optionalText = z.string().max(LONGEST_TEXT, tooLong).transform(cleanText).default('')
const neededText = (missing: string) => z.string(missing).transform(cleanText).pipe(z.string().min(1, missing).max(LONGEST_TEXT, tooLong))

/** What a form of an outcome holds beside its answers. */
export const viewForm = z.object({
  summary: optionalText,
  evidenceGrade: z.string().max(40).default(''),
  revision: z.coerce.number().int().min(0).max(2_147_483_647).catch(0),
  reason: optionalText,
  record: z.string().default(''),
})

/** The answers of a form, by the indicators that there are: `answer-CODE` and `comment-CODE`. */
export function readAnswers(indicators: readonly Pick<Indicator, 'code'>[], body: Readonly<Record<string, unknown>>) {
  return indicators.map(({ code }) => {
    const given = body[`answer-${code}`]
    const comment = body[`comment-${code}`]
    return {
      code,
      answer: ANSWERS.find(answer => answer === given) ?? null,
      comment: typeof comment === 'string' ? cleanText(comment).slice(0, LONGEST_TEXT) : '',
    }
  })
}

export const findingForm = z.object({
  kind: z.enum(['finding', 'strength'], 'Choose which it is'),
  what: neededText('Say what it is'),
  detail: neededText('Say more: why it matters, or how it is done'),
  advice: neededText('Say what you recommend, or where it could help others'),
})

export const conclusionForm = z.object({
  narrative: neededText('Say in words how great the risk is, and why'),
  veracity: neededText('Say in words how true the self-assessment is'),
})

export const differenceForm = z.object({ difference: neededText('Say why you see it differently') })

/** What the assessor declares before seeing anything. */
export const declareForm = z.object({
  independence: neededText('Say how you are independent of the organisation'),
  conflicts: neededText('Name each conflict of interest, or write “None”'),
})
