import { asList } from '../../../platform/forms/form.ts'
import type { Field } from '../../../ui/models.ts'
import { TAKEN } from './file-type/model.ts'
import { EVIDENCE_KINDS, LARGEST_FILE, type EvidenceKind } from './model.ts'
import type { EvidenceGrade } from './queries.ts'

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
