import { z } from 'zod'
import { addDays, londonDate, londonInstant, parseLocalDate, type Instant } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import type { Field } from '../../../ui/models.ts'
import { ENGAGEMENT_KINDS, LONGEST_WORDS, MOST_SAMPLE, type EngagementKind } from './model.ts'
import type { Candidate } from './queries.ts'

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

/** What the assessor declares before seeing anything. */
export const declareForm = z.object({
  independence: words('Say how you are independent of the organisation'),
  conflicts: words('Name each conflict of interest, or write “None”'),
})

type Typed = Readonly<Record<string, unknown>>

const errorIn = (problems: readonly Problem[]) => (name: string) => problems.find(problem => problem.pointer === name)?.message
const textIn = (typed: Typed, name: string) => (typeof typed[name] === 'string' ? typed[name] : '')

export function askFields(assessors: readonly Candidate[], typed: Typed, problems: readonly Problem[]): readonly Field[] {
  const error = errorIn(problems)
  const options = [{ value: '', text: 'Choose one' }, ...assessors.map(({ id, name, body }) => ({ value: id, text: `${name}, ${body}` }))]
  const choose = (name: string): Field => ({ name, kind: 'select', label: 'Assessor', options, value: textIn(typed, name), error: error(name) })
  const inner: Readonly<Record<EngagementKind, readonly Field[]>> = {
    independent: [choose('assessor')],
    peer: [{ name: 'email', kind: 'email', label: 'Their e-mail address', value: textIn(typed, 'email'), error: error('email') }],
    second: [
      choose('second'),
      {
        name: 'sample',
        kind: 'number',
        label: 'How many outcomes',
        hint: 'Spread evenly over the framework. Ten are enough to see how far two assessors agree',
        width: 3,
        value: textIn(typed, 'sample') || '10',
        error: error('sample'),
      },
    ],
  }
  return [
    {
      name: 'kind',
      kind: 'radios',
      label: 'Who do you ask?',
      value: textIn(typed, 'kind'),
      error: error('kind'),
      options: KINDS.map(kind => ({
        value: kind,
        text: ENGAGEMENT_KINDS[kind].label,
        hint: `They ${ENGAGEMENT_KINDS[kind].does}`,
        fields: inner[kind],
      })),
    },
    {
      name: 'purpose',
      kind: 'textarea',
      label: 'What is it for?',
      hint: 'The assessor reads this before they accept. Leave out what they should judge for themselves',
      rows: 3,
      maxlength: LONGEST_WORDS,
      value: textIn(typed, 'purpose'),
      error: error('purpose'),
    },
    untilField(typed, error('until')),
  ]
}

export function untilField(typed: Typed, error: string | undefined): Field {
  const day = textIn(typed, 'until-day')
  return {
    name: 'until',
    kind: 'date',
    label: 'Until when may they read it?',
    hint: 'It ends by itself at the end of that day. You can end it earlier, or give more time',
    value:
      day === '' && textIn(typed, 'until-year') === ''
        ? textIn(typed, 'until') || null
        : { day, month: textIn(typed, 'until-month'), year: textIn(typed, 'until-year') },
    error,
  }
}

/** Three months from now, as a form begins. */
export function usualUntil(now: Instant): string {
  return londonDate(addDays(now, 92))
}

export function declareFields(typed: Typed, problems: readonly Problem[]): readonly Field[] {
  const error = errorIn(problems)
  const area = (name: string) => ({
    name,
    kind: 'textarea' as const,
    rows: 3,
    maxlength: LONGEST_WORDS,
    value: textIn(typed, name),
    error: error(name),
  })
  return [
    {
      ...area('independence'),
      label: 'How are you independent of this organisation?',
      hint: 'Such as: I have never worked for it, and answer to nobody there',
    },
    { ...area('conflicts'), label: 'What conflicts of interest are there?', hint: 'Name each one, also a small one, or write “None”' },
  ]
}
