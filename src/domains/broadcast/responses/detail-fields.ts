import type { Field } from '../../../ui/models.ts'

/** A form's fields as they were typed. */
export type Typed = Readonly<Record<string, unknown>>
type Problems = readonly { readonly pointer: string; readonly message: string }[]

export function textIn(typed: Typed, name: string): string {
  const value = typed[name]
  return typeof value === 'string' ? value : ''
}

export function errorIn(problems: Problems, pointer: string): string | undefined {
  return problems.find(problem => problem.pointer === pointer)?.message
}

/** Who may read the detail of this answer: the organisation's choice, and for this answer its own. */
export function sharingField(typed: Typed, sharesDetail: boolean): Field {
  return {
    name: 'share',
    label: 'May the centre read the detail of this answer?',
    kind: 'radios',
    value: textIn(typed, 'share') || (sharesDetail ? 'yes' : 'no'),
    options: [
      {
        value: 'no',
        text: 'No, only the answer',
        hint: 'The centre sees: your answer, its dates and the reason chosen. It does not see: your note, your words, people, devices, signatures.',
      },
      {
        value: 'yes',
        text: 'Yes, the detail too',
        hint: 'The centre and your region see your note and words, the evidence, the window, who signed, and how many devices are done.',
      },
    ],
  }
}

/** What may be said besides, none of it needed. `hasWindow`: whether something is still to be done, so that a time for it can be proposed. */
export function detailFields(typed: Typed, problems: Problems, hasWindow: boolean): readonly Field[] {
  const line = (name: string, label: string, rest: Partial<Field> = {}): Field => ({
    name,
    label,
    kind: 'text',
    optional: true,
    value: textIn(typed, name),
    error: errorIn(problems, name),
    ...rest,
  })
  const window: readonly Field[] = [
    {
      name: 'windowDate',
      label: 'Maintenance window: the day',
      kind: 'date',
      optional: true,
      hint: 'Propose a time, and ask whoever has to agree to sign it.',
      value: { day: textIn(typed, 'windowDate-day'), month: textIn(typed, 'windowDate-month'), year: textIn(typed, 'windowDate-year') },
      error: errorIn(problems, 'windowDate'),
    },
    line('windowTime', 'From what time', { width: 5, hint: 'For example, 22:00' }),
    line('windowHours', 'For how many hours', { kind: 'number', width: 3 }),
    line('windowStops', 'What stops meanwhile'),
    line('windowAgreedBy', 'Who has to agree'),
  ]
  return [
    line('owner', 'Who sees to it', { autocomplete: 'off', hint: 'A name at your organisation' }),
    line('evidence', 'Evidence', { hint: 'A link, or where you keep it. The file itself stays with you.' }),
    line('evidenceSha256', 'SHA-256 of that file', { kind: 'code' }),
    ...(hasWindow ? window : []),
  ]
}
