import { z } from 'zod'
import { parseId } from '../../../../kernel/id.ts'
import { parseLocalDate } from '../../../../kernel/instant.ts'
import { cleanLine, cleanText } from '../../../../kernel/text.ts'
import { RESPONSE_CHOICES, RESPONSE_STATES, type ResponseState } from '../model.ts'
import { CALL_OUTCOME_CHOICES, CALL_OUTCOMES, type CallOutcome } from './model.ts'

const LONGEST_NOTE = 2_000

const optional = (longest: number, clean: (text: string) => string) =>
  z
    .string()
    .default('')
    .transform(clean)
    .pipe(z.string().max(longest, `Use ${longest.toLocaleString('en-GB')} characters or fewer`))
    .transform(text => (text === '' ? null : text))

type Typed = Readonly<Record<string, unknown>>

/** What a caller writes down. */
export const callForm = z.object({
  outcome: z.enum(CALL_OUTCOME_CHOICES as [CallOutcome, ...CallOutcome[]], 'Choose what came of it'),
  contact: z
    .string()
    .default('')
    .transform(text => parseId('contact', text) ?? null),
  spokeTo: optional(200, cleanLine),
  note: optional(LONGEST_NOTE, cleanText),
  callAgain: z.union([z.literal('').transform(() => null), z.coerce.number().int().min(1).max(168)], 'Choose when to ring again').default(null),
  state: z
    .union([z.literal('').transform(() => null), z.enum(RESPONSE_CHOICES as [ResponseState, ...ResponseState[]])], 'Choose what they said')
    .default(null),
  reason: optional(LONGEST_NOTE, cleanText),
  nextDate: z
    .string()
    .default('')
    .transform((text, context) => {
      if (/^-*$/.test(text)) return null
      const date = parseLocalDate(text)
      if (date === undefined) context.addIssue('Enter a date that exists, such as 27 3 2027')
      return date ?? z.NEVER
    }),
})

/** What was typed, with the three parts of the date put together. */
export function typedCall(body: Typed): Typed {
  const part = (name: string, length: number) => {
    const text = body[`nextDate-${name}`]
    const typed = typeof text === 'string' ? text.trim() : ''
    return typed === '' ? '' : typed.padStart(length, '0')
  }
  return { ...body, nextDate: `${part('year', 4)}-${part('month', 2)}-${part('day', 2)}` }
}

export function callFields(
  typed: Typed,
  contacts: readonly { readonly id: string; readonly text: string }[],
  errorOf: (name: string) => string | undefined,
) {
  const field = (name: string) => ({ name, value: typeof typed[name] === 'string' ? typed[name] : '', error: errorOf(name) })
  return [
    { ...field('spokeTo'), kind: 'text' as const, label: 'Who did you speak to?', optional: true },
    ...(contacts.length === 0
      ? []
      : [
          {
            ...field('contact'),
            kind: 'select' as const,
            label: 'Which number was it?',
            options: [{ value: '', text: 'Another one' }, ...contacts.map(({ id, text }) => ({ value: id, text }))],
          },
        ]),
    { ...field('note'), kind: 'textarea' as const, label: 'Notes', rows: 3, maxlength: LONGEST_NOTE, optional: true },
    {
      ...field('outcome'),
      kind: 'radios' as const,
      label: 'What came of it?',
      options: CALL_OUTCOME_CHOICES.map(outcome => ({
        value: outcome,
        text: CALL_OUTCOMES[outcome].label,
        ...(outcome === 'answered'
          ? {
              fields: [
                {
                  ...field('state'),
                  kind: 'select' as const,
                  label: 'What they said',
                  options: [{ value: '', text: 'Choose' }, ...RESPONSE_CHOICES.map(state => ({ value: state, text: RESPONSE_STATES[state].says }))],
                },
                {
                  name: 'nextDate',
                  kind: 'date' as const,
                  label: 'If they are acting: by when will they say more?',
                  hint: 'For example, 27 3 2027',
                  value: { day: field('nextDate-day').value, month: field('nextDate-month').value, year: field('nextDate-year').value },
                  error: errorOf('nextDate'),
                },
                { ...field('reason'), kind: 'text' as const, label: 'Why, if they choose not to act', optional: true },
              ],
            }
          : {}),
      })),
    },
    {
      ...field('callAgain'),
      kind: 'select' as const,
      label: 'Ring again',
      options: [
        { value: '', text: 'As usual after what came of it' },
        { value: '1', text: 'In an hour' },
        { value: '4', text: 'In four hours' },
        { value: '24', text: 'Tomorrow' },
        { value: '72', text: 'In three days' },
      ],
    },
  ]
}
