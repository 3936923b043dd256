import { z } from 'zod'
import type { Problem } from '../../../kernel/problem.ts'
import { cleanLine } from '../../../kernel/text.ts'

const DAYS = ['90', '365'] as const
const DAY_WORDS: Readonly<Record<(typeof DAYS)[number], string>> = { 90: '90 days', 365: 'A year' }

export const addressForm = z.object({
  name: z.string('Enter a name').transform(cleanLine).pipe(z.string().min(1, 'Enter a name').max(100, 'Use 100 characters or fewer')),
  days: z.enum(DAYS, 'Choose how long it works').transform(Number),
})

/** The fields of the form that makes an address. */
export function addressFields(typed: Readonly<Record<string, unknown>>, problems: readonly Problem[]) {
  const of = (name: string) => ({ name, value: typed[name] as string | undefined, error: problems.find(({ pointer }) => pointer === name)?.message })
  return [
    { ...of('name'), label: 'Name', kind: 'text' as const, hint: 'The program that reads it, such as "Service desk channel"', maxlength: 100 },
    {
      ...of('days'),
      label: 'How long it works',
      kind: 'radios' as const,
      options: DAYS.map(value => ({ value, text: DAY_WORDS[value] })),
    },
  ]
}
