import type { Field } from '../../ui/models.ts'

/** What one person says who lets something go out that nobody else approved. */
export function aloneFields(reason: string, errors: Readonly<Record<string, string>>): readonly Field[] {
  return [
    {
      name: 'reason',
      label: 'Why can it not wait for another person?',
      kind: 'textarea',
      hint: 'It is kept in the audit, and whoever reviews it after reads it.',
      value: reason,
      error: errors['reason'],
      rows: 3,
    },
    {
      name: 'confirm',
      label: 'Nobody else has approved this. I let it go out by my own decision, and somebody else will review it after.',
      kind: 'checkbox',
      error: errors['confirm'],
    },
  ]
}
