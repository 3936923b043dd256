import { z } from 'zod'
import { londonInstant, parseLocalDate, type Instant } from '../../../kernel/instant.ts'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { ENGAGEMENT_KINDS, LONGEST_WORDS, MOST_SAMPLE, type EngagementKind } from './model.ts'

const KINDS = Object.keys(ENGAGEMENT_KINDS) as [EngagementKind, ...EngagementKind[]]

export const words = (missing: string) =>
  z
    .string(missing)
    .transform(cleanText)
    .pipe(
      z
        .string()
        .min(1, missing)
        .max(LONGEST_WORDS, `Use ${LONGEST_WORDS.toLocaleString('en-GB')} characters or fewer`),
    )

const untilParts = { 'until-day': z.string().default(''), 'until-month': z.string().default(''), 'until-year': z.string().default('') }

/** The end of that day in London. */
function untilOf(form: Readonly<Record<keyof typeof untilParts, string>>): Instant | undefined {
  const [day, month, year] = [form['until-day'].trim(), form['until-month'].trim(), form['until-year'].trim()]
  const date = parseLocalDate(`${year.padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
  return date === undefined ? undefined : londonInstant(date, 23, 59)
}

const A_DATE = 'Enter a date that exists, such as 27 3 2027'

/** What the cyber lead says when they ask somebody in. */
export const askForm = z
  .object({
    kind: z.enum(KINDS, 'Choose who assesses'),
    assessor: z.string().max(100).default(''),
    second: z.string().max(100).default(''),
    email: z.string().max(320).transform(cleanLine).default(''),
    sample: z.string().max(5).default(''),
    purpose: words('Say what the assessment is for'),
    ...untilParts,
  })
  .transform((form, context) => {
    const complain = (name: string, message: string) => {
      context.addIssue({ code: 'custom', path: [name], message })
      return z.NEVER
    }
    const until = untilOf(form) ?? complain('until', A_DATE)
    const sample = Number(form.sample)
    if (form.kind === 'second' && !(Number.isInteger(sample) && sample >= 1 && sample <= MOST_SAMPLE))
      complain('sample', `Give how many outcomes they answer, from 1 to ${MOST_SAMPLE}`)
    const whom = { independent: form.assessor, second: form.second, peer: form.email }[form.kind]
    if (whom === '')
      complain(
        form.kind === 'peer' ? 'email' : form.kind === 'second' ? 'second' : 'assessor',
        form.kind === 'peer' ? 'Enter the address of their mail' : 'Choose an assessor',
      )
    return { kind: form.kind, whom, purpose: form.purpose, until, sample: form.kind === 'second' ? sample : null }
  })

export const untilForm = z.object(untilParts).transform((form, context) => {
  const until = untilOf(form)
  if (until === undefined) context.addIssue({ code: 'custom', path: ['until'], message: A_DATE })
  return { until: until ?? z.NEVER }
})
