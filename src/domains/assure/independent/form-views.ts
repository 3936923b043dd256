import type { z } from 'zod'
import { readForm, type FormResult } from '../../../platform/forms/form.ts'
import type { Field } from '../../../ui/models.ts'
import { ANSWERS } from '../assessments/model.ts'
import type { Indicator } from '../frameworks/model.ts'
import { findingForm } from './fields.ts'
import type { Grade, OutcomeSheet, SaidOfIndicator } from './model.ts'

const ANSWER_LABELS = { yes: 'Yes', no: 'No', 'not-applicable': 'Does not apply' } as const

type Typed = Readonly<Record<string, unknown>>
type ErrorOf = (name: string) => string | undefined

const textIn = (typed: Typed, name: string, otherwise: string) => (typeof typed[name] === 'string' ? typed[name] : otherwise)

export function answerFields(indicator: Indicator, said: SaidOfIndicator | undefined, typed: Typed, errorOf: ErrorOf): readonly Field[] {
  const [answer, comment] = [`answer-${indicator.code}`, `comment-${indicator.code}`]
  return [
    {
      name: answer,
      kind: 'radios',
      label: `${indicator.code}: ${indicator.text}`,
      value: textIn(typed, answer, said?.answer ?? ''),
      error: errorOf(answer),
      options: ANSWERS.map(one => ({ value: one, text: ANSWER_LABELS[one] })),
    },
    {
      name: comment,
      kind: 'textarea',
      label: `What you saw for ${indicator.code}`,
      rows: 2,
      optional: true,
      value: textIn(typed, comment, said?.comment ?? ''),
      error: errorOf(comment),
    },
  ]
}

export function viewFields(sheet: OutcomeSheet, typed: Typed, errorOf: ErrorOf): readonly Field[] {
  const { own } = sheet.line
  return [
    {
      name: 'evidenceGrade',
      kind: 'radios',
      label: 'How strong is the evidence?',
      value: textIn(typed, 'evidenceGrade', own?.evidenceGrade ?? ''),
      error: errorOf('evidenceGrade'),
      options: sheet.grades.map(({ code, label, meaning }: Grade) => ({ value: code, text: label, hint: meaning })),
    },
    {
      name: 'summary',
      kind: 'textarea',
      label: 'In a few sentences',
      optional: true,
      rows: 4,
      value: textIn(typed, 'summary', own?.summary ?? ''),
      error: errorOf('summary'),
    },
    ...(own?.state === 'recorded'
      ? [
          {
            name: 'reason',
            kind: 'textarea' as const,
            label: 'Why do you change what you had recorded?',
            hint: 'It is marked as changed after you saw the organisation’s own view, and both are kept',
            rows: 2,
            value: textIn(typed, 'reason', ''),
            error: errorOf('reason'),
          },
        ]
      : []),
  ]
}

export const FINDING_WORDS = {
  finding: {
    what: 'What did you find?',
    detail: 'Why does it matter?',
    advice: 'What do you recommend?',
  },
  strength: {
    what: 'What is done well?',
    detail: 'How is it done?',
    advice: 'Where could it help others?',
  },
} as const

/** Both forms stand on one page, so each field's name begins with its kind. */
export function findingFields(kind: keyof typeof FINDING_WORDS, typed: Typed, errorOf: ErrorOf): readonly Field[] {
  return (['what', 'detail', 'advice'] as const).map(part => {
    const name = `${kind}-${part}`
    return { name, kind: 'textarea', label: FINDING_WORDS[kind][part], rows: 3, value: textIn(typed, name, ''), error: errorOf(name) }
  })
}

export function declareFields(typed: Typed, errorOf: ErrorOf): readonly Field[] {
  const area = (name: string) => ({
    name,
    kind: 'textarea' as const,
    rows: 3,
    value: textIn(typed, name, ''),
    error: errorOf(name),
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

/** The form of one kind as `findingForm` reads it, its problems led back to the fields of that kind. */
export function readFinding(body: Typed): FormResult<z.infer<typeof findingForm>> {
  const kind = body['kind'] === 'strength' ? 'strength' : 'finding'
  const [what, detail, advice] = ['what', 'detail', 'advice'].map(part => body[`${kind}-${part}`])
  const read = readForm(findingForm, { kind, what, detail, advice })
  if (read.ok) return read
  return { ok: false, typed: body, problems: read.problems.map(problem => ({ ...problem, pointer: `${kind}-${problem.pointer}` })) }
}
