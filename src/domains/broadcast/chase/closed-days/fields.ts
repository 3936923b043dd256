import { z } from 'zod'
import { cleanLine } from '../../../../kernel/text.ts'
import { dayThatExists, decidedBy } from '../fields.ts'

/** What a person types to close a day. */
export const closedDayForm = z.object({
  day: dayThatExists,
  name: z.string('Say what day it is').transform(cleanLine).pipe(z.string().min(1, 'Say what day it is').max(100, 'Use 100 characters or fewer')),
  source: decidedBy,
})

type Typed = Readonly<Record<string, unknown>>

export function closedDayFields(typed: Typed, errorOf: (name: string) => string | undefined) {
  const text = (name: string) => (typeof typed[name] === 'string' ? typed[name] : '')
  return [
    {
      name: 'day',
      kind: 'date' as const,
      label: 'Which day',
      value: { day: text('day-day'), month: text('day-month'), year: text('day-year') },
      error: errorOf('day'),
    },
    { name: 'name', kind: 'text' as const, label: 'What day it is', hint: 'Such as Good Friday', value: text('name'), error: errorOf('name') },
    { name: 'source', kind: 'text' as const, label: 'Who decided so', value: text('source'), error: errorOf('source') },
  ]
}

export function removedDayFields(days: readonly { readonly value: string; readonly text: string }[], errorOf: (name: string) => string | undefined) {
  return [
    {
      name: 'removed',
      kind: 'select' as const,
      label: 'Entered by mistake',
      options: [{ value: '', text: 'Choose a day' }, ...days],
      error: errorOf('removed'),
    },
  ]
}
