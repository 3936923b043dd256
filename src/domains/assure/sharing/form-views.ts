import type { Field } from '../../../ui/models.ts'
import { OTHER } from './fields.ts'
import { SHARE_ITEMS, type ShareItem } from './model.ts'
import type { Body, Part } from './queries.ts'

export interface ShareOffered {
  readonly objectives: readonly Part[]
  readonly outcomes: readonly Part[]
  readonly receivers: readonly Body[]
}

type Typed = Readonly<Record<string, unknown>>

export function shareFields(
  { objectives, outcomes, receivers }: ShareOffered,
  typed: Typed,
  errorOf: (name: string) => string | undefined,
): readonly Field[] {
  const valueOf = (name: string) => (typeof typed[name] === 'string' ? typed[name] : '')
  const given = (name: string) => ({ name, value: valueOf(name), error: errorOf(name) })
  const choose = (name: 'objective' | 'outcome', parts: readonly Part[]): Field => ({
    ...given(name),
    error: errorOf(name) ?? (valueOf('item') === name ? errorOf('part') : undefined),
    kind: 'select',
    label: name === 'objective' ? 'Which objective' : 'Which outcome',
    options: [{ value: '', text: 'Choose' }, ...parts.map(({ code, title }) => ({ value: code, text: `${code} ${title}` }))],
  })
  const partFields: Partial<Record<ShareItem, readonly Field[]>> = {
    objective: [choose('objective', objectives)],
    outcome: [choose('outcome', outcomes)],
  }
  return [
    {
      ...given('item'),
      kind: 'radios',
      label: 'What you share',
      options: (Object.keys(SHARE_ITEMS) as ShareItem[]).map(value => ({
        value,
        text: SHARE_ITEMS[value].label,
        hint: `Shows ${SHARE_ITEMS[value].shows}`,
        fields: partFields[value],
      })),
    },
    {
      ...given('receiver'),
      kind: 'radios',
      label: 'With whom',
      options: [
        ...receivers.map(({ code, name }) => ({ value: code, text: name, hint: code })),
        {
          value: OTHER,
          text: 'Another body',
          fields: [{ ...given('code'), kind: 'text', label: 'Its code', hint: 'As the directory has it, such as RRK', width: 10 }],
        },
      ],
    },
    { ...given('purpose'), kind: 'textarea', label: 'What for', hint: 'They see this beside it', rows: 2 },
    {
      name: 'until',
      kind: 'date',
      label: 'Until which day',
      hint: 'You can take it back at any time before',
      value: { day: valueOf('until-day'), month: valueOf('until-month'), year: valueOf('until-year') },
      error: errorOf('until'),
    },
  ]
}
