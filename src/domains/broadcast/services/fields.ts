import { z } from 'zod'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { parseBulletinNumber } from '../bulletins/model.ts'
import { LONGEST_WORDS, MORE_BY_HOURS, SERVICE_STATE_ORDER, SERVICE_STATES, type ServiceState } from './model.ts'

const line = (missing: string, longest: number) =>
  z
    .string(missing)
    .transform(cleanLine)
    .pipe(z.string().min(1, missing).max(longest, `Use ${longest} characters or fewer`))

/** What a person types to put a service on the page. */
export const serviceForm = z.object({
  name: line('Enter the name by which people know the service', 100),
  purpose: line('Say in a few words what it is for', 200),
})

/** What a person says of a service. */
export const statementForm = z.object({
  state: z.enum(SERVICE_STATE_ORDER as [ServiceState, ...ServiceState[]], 'Choose what to say'),
  words: z
    .string('Say it in a sentence')
    .transform(cleanText)
    .pipe(z.string().min(1, 'Say it in a sentence').max(LONGEST_WORDS, `Use ${LONGEST_WORDS} characters or fewer`)),
  moreBy: z
    .union([z.literal('').transform(() => null), z.coerce.number().pipe(z.literal(MORE_BY_HOURS))], 'Choose by when you will say more')
    .default(null),
  bulletin: z
    .string()
    .trim()
    .default('')
    .transform((text, context) => {
      if (text === '') return null
      const number = parseBulletinNumber(text)
      if (number === undefined) context.addIssue({ code: 'custom', message: 'Write the bulletin as CC-5001, or leave it empty' })
      return number ?? null
    }),
})

type Typed = Readonly<Record<string, unknown>>
type ErrorOf = (name: string) => string | undefined

const valueOf = (typed: Typed, name: string) => (typeof typed[name] === 'string' ? typed[name] : '')

export function serviceFields(typed: Typed, errorOf: ErrorOf) {
  const field = (name: string) => ({ name, kind: 'text' as const, value: valueOf(typed, name), error: errorOf(name) })
  return [
    { ...field('name'), label: 'Name', hint: 'As people call it, such as “National mail”' },
    { ...field('purpose'), label: 'What it is for', hint: 'In a few words' },
  ]
}

export function statementFields(typed: Typed, errorOf: ErrorOf) {
  const field = (name: string) => ({ name, value: valueOf(typed, name), error: errorOf(name) })
  return [
    {
      ...field('state'),
      kind: 'radios' as const,
      label: 'What do you say?',
      options: SERVICE_STATE_ORDER.map(state => ({ value: state, text: SERVICE_STATES[state].label, hint: SERVICE_STATES[state].does })),
    },
    {
      ...field('words'),
      kind: 'textarea' as const,
      label: 'In a sentence',
      hint: 'Anyone can read this, also without an account',
      rows: 3,
      maxlength: LONGEST_WORDS,
    },
    {
      ...field('moreBy'),
      kind: 'select' as const,
      label: 'When will you say more?',
      options: [
        { value: '', text: 'No time is promised' },
        ...MORE_BY_HOURS.map(hours => ({ value: String(hours), text: hours === 1 ? 'Within an hour' : `Within ${hours} hours` })),
      ],
    },
    {
      ...field('bulletin'),
      kind: 'text' as const,
      label: 'Bulletin that it belongs to',
      hint: 'Such as CC-5001. It then stands on that bulletin too',
      optional: true,
      width: 10 as const,
    },
  ]
}
