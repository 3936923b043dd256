import { z } from 'zod'
import { parseLocalDate } from '../../../kernel/instant.ts'
import { cleanLine } from '../../../kernel/text.ts'
import { SEVERITIES, severityLabel } from '../bulletins/model.ts'

const MOST_HOURS = 2_000

const hours = (words: string) =>
  z
    .string()
    .trim()
    .default('')
    .transform((text, context) => {
      if (text === '') return null
      const number = Number(text)
      if (Number.isInteger(number) && number > 0 && number <= MOST_HOURS) return number
      context.addIssue({
        code: 'custom',
        message: `${words} is a whole number of hours, from 1 to ${MOST_HOURS.toLocaleString('en-GB')}. Leave it empty for never`,
      })
      return null
    })

const hoursList = z
  .string()
  .trim()
  .default('')
  .transform((text, context) => {
    const values = text
      .split(/[\s,;]+/)
      .filter(part => part !== '')
      .map(Number)
    if (values.length <= 10 && values.every(value => Number.isInteger(value) && value > 0 && value <= MOST_HOURS))
      return [...new Set(values)].toSorted((a, b) => a - b)
    context.addIssue({ code: 'custom', message: 'Write whole numbers of hours, such as 4, 12, 24: ten at most. Leave it empty for no reminder' })
    return []
  })

/** A date of three fields, put together. */
export const dayThatExists = z.preprocess(
  (value: unknown) => value ?? '',
  z.string().transform((text, context) => {
    const date = parseLocalDate(text)
    if (date === undefined) context.addIssue({ code: 'custom', message: 'Enter a day that exists, such as 1 4 2027' })
    return date ?? ('' as never)
  }),
)

export const decidedBy = z
  .string('Say who decided so')
  .transform(cleanLine)
  .pipe(z.string().min(1, 'Say who decided so').max(300, 'Use 300 characters or fewer'))

/** What a person types to set a policy. */
export const policyForm = z.object({
  severity: z.enum(SEVERITIES, 'Choose a severity'),
  organisationType: z
    .string()
    .default('')
    .transform(text => (text === '' ? null : text)),
  effectiveFrom: dayThatExists,
  acknowledgeHours: hours('Time to acknowledge'),
  actHours: hours('Time to act'),
  remindHours: hoursList,
  telephoneHours: hours('Time to the telephone list'),
  escalateHours: hours('Time to tell a senior'),
  escalateTo: z
    .string()
    .default('')
    .transform(text =>
      text
        .split(/[,;\n]+/)
        .map(part => cleanLine(part).toLowerCase())
        .filter(part => part !== '')
        .slice(0, 10),
    ),
  regionHours: hours('Time to tell the region'),
  isWorkingHours: z
    .string()
    .optional()
    .transform(value => value === 'yes'),
  source: decidedBy,
})

type Typed = Readonly<Record<string, unknown>>

export function policyFields(
  typed: Typed,
  types: readonly { readonly code: string; readonly plural: string }[],
  errorOf: (name: string) => string | undefined,
) {
  const text = (name: string) => (typeof typed[name] === 'string' ? typed[name] : '')
  const field = (name: string) => ({ name, value: text(name), error: errorOf(name) })
  const inHours = (name: string, label: string) => ({ ...field(name), kind: 'text' as const, label, width: 4 as const, optional: true })
  return [
    { ...field('severity'), kind: 'select' as const, label: 'Severity', options: SEVERITIES.map(value => ({ value, text: severityLabel(value) })) },
    {
      ...field('organisationType'),
      kind: 'select' as const,
      label: 'Whom it is for',
      options: [{ value: '', text: 'Every type that has no policy of its own' }, ...types.map(({ code, plural }) => ({ value: code, text: plural }))],
    },
    {
      name: 'effectiveFrom',
      kind: 'date' as const,
      label: 'From which day on',
      hint: 'Bulletins that are released from that day on',
      value: { day: text('effectiveFrom-day'), month: text('effectiveFrom-month'), year: text('effectiveFrom-year') },
      error: errorOf('effectiveFrom'),
    },
    inHours('acknowledgeHours', 'Acknowledge within so many hours'),
    inHours('actHours', 'Act within so many hours'),
    {
      ...field('remindHours'),
      kind: 'text' as const,
      label: 'Remind after so many hours',
      hint: 'Such as 4, 12, 24. Reminders stop when somebody answers',
      width: 20 as const,
      optional: true,
    },
    inHours('telephoneHours', 'On the telephone list after so many hours'),
    inHours('escalateHours', 'Tell their senior after so many hours'),
    {
      ...field('escalateTo'),
      kind: 'text' as const,
      label: 'Who that is',
      hint: 'The purposes of contacts, separated by commas. A person on the board is told too',
      optional: true,
    },
    inHours('regionHours', 'Tell their region after so many hours'),
    {
      name: 'isWorkingHours',
      kind: 'checkbox' as const,
      label: 'Count only working hours',
      hint: 'Monday to Friday, eight to six, without the days on which nobody works',
      value: typed['isWorkingHours'] === 'yes',
    },
    { ...field('source'), kind: 'text' as const, label: 'Who decided so' },
  ]
}
