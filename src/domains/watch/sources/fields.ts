import { z } from 'zod'
import { INTELLIGENCE_FORMATS } from '../../../kernel/intelligence.ts'
import { cleanLine } from '../../../kernel/text.ts'
import { parseWebAddress } from '../../../kernel/web-address.ts'
import { FORMAT_NAMES, SOURCE_CODE } from './model.ts'

const line = (missing: string) => z.string(missing).transform(cleanLine).pipe(z.string().min(1, missing).max(200, 'Use 200 characters or fewer'))

/** What a person types to add a source. */
export const sourceForm = z.object({
  name: line('Enter what people call the source'),
  code: line('Enter a code').pipe(z.string().regex(SOURCE_CODE, 'Use small letters, digits, dots and hyphens, such as cisa-kev')),
  format: z.enum(INTELLIGENCE_FORMATS, 'Choose a format'),
  url: z
    .string()
    .default('')
    .transform(text => text.trim())
    .refine(text => text === '' || parseWebAddress(text) !== undefined, 'Enter an address that begins with https:// or http://')
    .transform(text => (text === '' ? null : text)),
})

/** The fields as the form shows them, with what was typed and what is wrong with it. */
export function sourceFields(typed: Readonly<Record<string, unknown>>, errorOf: (name: string) => string | undefined) {
  const value = (name: string) => (typeof typed[name] === 'string' ? typed[name] : '')
  const field = (name: string) => ({ name, value: value(name), error: errorOf(name) })
  return [
    { ...field('name'), label: 'Name', kind: 'text' as const, hint: 'What people call it, such as "CISA known exploited vulnerabilities"' },
    {
      ...field('code'),
      label: 'Code',
      kind: 'code' as const,
      width: 20 as const,
      hint: 'Small letters, digits, dots and hyphens, such as cisa-kev. It cannot be changed later.',
    },
    {
      ...field('format'),
      label: 'Format',
      kind: 'radios' as const,
      options: INTELLIGENCE_FORMATS.map(format => ({ value: format, text: FORMAT_NAMES[format] })),
    },
    {
      ...field('url'),
      label: 'Address',
      kind: 'text' as const,
      optional: true,
      hint: 'Gathered from there every hour. Leave empty for a source whose files you gather by hand.',
    },
  ]
}
