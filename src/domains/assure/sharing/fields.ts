import { z } from 'zod'
import { londonInstant, parseLocalDate } from '../../../kernel/instant.ts'
import { cleanText } from '../../../kernel/text.ts'
import type { Field } from '../../../ui/models.ts'
import { isShareItem, SHARE_ITEMS, type ShareItem } from './model.ts'
import type { Body, Part } from './queries.ts'

const OTHER = 'other'
const text = z.string().default('')

/** The form by which an organisation shares an item. `until` is the end of the day that is named, in London. */
export const shareForm = z
  .looseObject({
    item: z.string('Choose what you share').refine(isShareItem, 'Choose what you share'),
    objective: text,
    outcome: text,
    receiver: z.string('Choose with whom').min(1, 'Choose with whom'),
    code: text.transform(code => code.trim().toUpperCase()),
    purpose: z.string('Say what for').transform(cleanText).pipe(z.string().min(1, 'Say what for').max(500, 'Use 500 characters or fewer')),
    'until-day': text,
    'until-month': text,
    'until-year': text,
  })
  .transform((form, context) => {
    const { item } = form
    const day = parseLocalDate(
      `${form['until-year'].trim().padStart(4, '0')}-${form['until-month'].trim().padStart(2, '0')}-${form['until-day'].trim().padStart(2, '0')}`,
    )
    if (day === undefined)
      context.addIssue({ code: 'custom', path: ['until'], message: 'Enter the day until which they may read it, such as 31 3 2027' })
    if (form.receiver === OTHER && form.code === '') context.addIssue({ code: 'custom', path: ['code'], message: 'Enter the code of the body' })
    if (day === undefined) return z.NEVER
    const part = item === 'objective' ? form.objective : item === 'outcome' ? form.outcome : null
    return { item, part, receiverCode: form.receiver === OTHER ? form.code : form.receiver, purpose: form.purpose, until: londonInstant(day, 23, 59) }
  })

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
