import { z } from 'zod'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { GROUP_ID } from './model.ts'

const line = (missing: string, longest: number) =>
  z
    .string(missing)
    .transform(cleanLine)
    .pipe(z.string().min(1, missing).max(longest, `Use ${longest} characters or fewer`))

/** What a person types to make a group. `id` is the UUID of a group that others keep already; without one it gets its own. */
export const groupForm = z.object({
  name: line('Enter a name', 100),
  purpose: z
    .string('Say what it is for')
    .transform(cleanText)
    .pipe(z.string().min(1, 'Say what it is for').max(1_000, 'Use 1,000 characters or fewer')),
  id: z
    .string()
    .default('')
    .transform(text => text.trim().toLowerCase())
    .refine(text => text === '' || GROUP_ID.test(text), 'Enter a version 4 UUID, such as 5f0c3a52-5a0e-4b1c-9c53-0d5be1a3a111, or leave it empty')
    .transform(text => (text === '' ? null : text)),
})

const MOST_AT_ONCE = 1_000

/** The organisations that join, by their codes. */
export const membersForm = z.object({
  codes: z
    .string('Enter the code of at least one organisation')
    .transform(text => [
      ...new Set(
        text
          .toUpperCase()
          .split(/[\s,;]+/)
          .filter(code => code !== ''),
      ),
    ])
    .pipe(
      z
        .array(z.string().max(20, 'Write codes such as RRK, separated by commas or new lines'))
        .min(1, 'Enter the code of at least one organisation')
        .max(MOST_AT_ONCE, `Add at most ${MOST_AT_ONCE.toLocaleString('en-GB')} at once`),
    ),
})

type Typed = Readonly<Record<string, unknown>>
type ErrorOf = (name: string) => string | undefined

const valueOf = (typed: Typed, name: string) => (typeof typed[name] === 'string' ? typed[name] : '')

export function groupFields(typed: Typed, errorOf: ErrorOf) {
  const field = (name: string) => ({ name, value: valueOf(typed, name), error: errorOf(name) })
  return [
    { ...field('name'), kind: 'text' as const, label: 'Name', hint: 'It stands on every bulletin for the group, and cannot be changed' },
    { ...field('purpose'), kind: 'textarea' as const, label: 'What it is for', hint: 'Who belongs to it, and what they share', rows: 3 },
    {
      ...field('id'),
      kind: 'text' as const,
      label: 'Its UUID elsewhere',
      hint: 'Where others keep this group already, in MISP or in their CSAF documents. Leave it empty for a new group',
      optional: true,
    },
  ]
}

export function memberFields(typed: Typed, errorOf: ErrorOf) {
  return [
    {
      name: 'codes',
      kind: 'textarea' as const,
      label: 'Organisations that join',
      hint: 'Their ODS codes, separated by commas or new lines',
      rows: 3,
      value: valueOf(typed, 'codes'),
      error: errorOf('codes'),
    },
  ]
}
