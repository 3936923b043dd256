import { z } from 'zod'
import { parseLocalDate, type LocalDate } from '../../../kernel/instant.ts'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { asList } from '../../../platform/forms/form.ts'
import type { Field } from '../../../ui/models.ts'
import { TAKEN } from './file-type.ts'
import { EVIDENCE_KINDS, LARGEST_FILE, type EvidenceKind } from './model.ts'
import type { EvidenceGrade } from './queries.ts'

const dayParts = (name: string) => ({
  [`${name}-day`]: z.string().default(''),
  [`${name}-month`]: z.string().default(''),
  [`${name}-year`]: z.string().default(''),
})

/** The day that three fields say; `null` for none typed, `undefined` for no day that there is. */
function dayOf(form: Readonly<Record<string, unknown>>, name: string): LocalDate | null | undefined {
  const part = (which: string) => {
    const typed = form[`${name}-${which}`]
    return typeof typed === 'string' ? typed.trim() : ''
  }
  const [day, month, year] = [part('day'), part('month'), part('year')]
  return `${day}${month}${year}` === '' ? null : parseLocalDate(`${year.padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
}

const webAddress = (text: string) => ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '')

/** The form of a new piece. The file itself comes beside the fields. */
export const evidenceForm = z
  .looseObject({
    kind: z.enum(Object.keys(EVIDENCE_KINDS) as [EvidenceKind, ...EvidenceKind[]], 'Say how it is kept'),
    title: z.string('Enter what it is').transform(cleanLine).pipe(z.string().min(1, 'Enter what it is').max(200, 'Use 200 characters or fewer')),
    note: z.string().default('').transform(cleanText).pipe(z.string().max(4_000, 'Use 4,000 characters or fewer')),
    grade: z.string('Say how strong it is').min(1, 'Say how strong it is'),
    address: z.string().default('').transform(cleanLine),
    place: z.string().default('').transform(cleanLine).pipe(z.string().max(500, 'Use 500 characters or fewer')),
    sha256: z.string().max(200, 'Give the 64 digits and letters of the SHA-256').default(''),
    ownerId: z
      .string()
      .default('')
      .transform(text => (text === '' ? null : text)),
    replaces: z
      .string()
      .default('')
      .transform(text => (text === '' ? null : text)),
    outcomes: z.unknown().transform(asList),
    ...dayParts('effective'),
    ...dayParts('expires'),
  })
  .transform((form, context) => {
    const problem = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    const effectiveOn = dayOf(form, 'effective')
    const expiresOn = dayOf(form, 'expires')
    if (effectiveOn === undefined || effectiveOn === null) problem('effective', 'Enter the day on which it was true, such as 31 1 2026')
    if (expiresOn === undefined) problem('expires', 'Enter a day that there is, such as 31 1 2027, or leave it empty')
    if (form.kind === 'link' && !webAddress(form.address)) problem('address', 'Enter a web address, such as https://intranet.example/policy')
    if (form.kind === 'link' && form.address.length > 2_000) problem('address', 'Use an address of 2,000 characters or fewer')
    return { ...form, effectiveOn: effectiveOn ?? ('0001-01-01' as LocalDate), expiresOn: expiresOn ?? null }
  })

/** What the fields of the form offer. */
export interface Offered {
  readonly grades: readonly EvidenceGrade[]
  readonly outcomes: readonly { readonly code: string; readonly title: string }[]
  readonly people: readonly { readonly id: string; readonly name: string }[]
}

type Typed = Readonly<Record<string, unknown>>
type ErrorOf = (name: string) => string | undefined

export function evidenceFields({ grades, outcomes, people }: Offered, typed: Typed, errorOf: ErrorOf): readonly Field[] {
  const text = (name: string) => (typeof typed[name] === 'string' ? typed[name] : '')
  const given = (name: string) => ({ name, value: text(name), error: errorOf(name) })
  const day = (name: string) => ({ day: text(`${name}-day`), month: text(`${name}-month`), year: text(`${name}-year`) })
  const file: Field = {
    name: 'file',
    kind: 'file',
    label: 'The file',
    hint: `At most ${LARGEST_FILE / 1_000_000} MB: ${TAKEN}`,
    error: errorOf('file'),
  }
  const address: Field = { ...given('address'), kind: 'text', label: 'Its web address' }
  const reference: readonly Field[] = [
    { ...given('place'), kind: 'text', label: 'Where it lies with you', hint: 'So that a colleague finds it again' },
    {
      ...given('sha256'),
      kind: 'code',
      label: 'Its SHA-256',
      hint: 'Choose the file below and it is worked out here, in your browser: the file is not sent. Or type what this prints: carecert assessments evidence hash FILE',
    },
  ]
  const fieldsOf: Readonly<Record<EvidenceKind, readonly Field[]>> = { file: [file], link: [address], reference }
  return [
    { ...given('title'), kind: 'text', label: 'What it is', hint: 'Such as “Back-up test of 3 March”' },
    {
      ...given('kind'),
      kind: 'radios',
      label: 'How it is kept',
      options: (Object.keys(EVIDENCE_KINDS) as EvidenceKind[]).map(value => ({ value, text: EVIDENCE_KINDS[value].label, fields: fieldsOf[value] })),
    },
    {
      ...given('grade'),
      kind: 'radios',
      label: 'How strong it is',
      options: grades.map(({ code, label, meaning }) => ({ value: code, text: label, hint: meaning })),
    },
    {
      name: 'effective',
      kind: 'date',
      label: 'The day on which it was true',
      hint: 'Not the day on which you add it',
      value: day('effective'),
      error: errorOf('effective'),
    },
    {
      name: 'expires',
      kind: 'date',
      label: 'The day until which it holds',
      hint: 'Its owner is reminded a month before',
      optional: true,
      value: day('expires'),
      error: errorOf('expires'),
    },
    outcomesField(outcomes, asList(typed['outcomes']), errorOf('outcomes')),
    {
      ...given('ownerId'),
      kind: 'select',
      label: 'Who sees to a newer one',
      options: [{ value: '', text: 'I do' }, ...people.map(({ id, name }) => ({ value: id, text: name }))],
    },
    { ...given('note'), kind: 'textarea', label: 'What it shows', rows: 3, optional: true },
  ]
}

export function outcomesField(outcomes: Offered['outcomes'], chosen: readonly string[], error: string | undefined): Field {
  return {
    name: 'outcomes',
    kind: 'checkboxes',
    label: 'Which outcomes it is evidence for',
    value: chosen,
    options: outcomes.map(({ code, title }) => ({ value: code, text: `${code} ${title}` })),
    error,
  }
}
