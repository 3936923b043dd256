import { z } from 'zod'
import type { CapSeverity, CapUrgency } from '../../../codecs/cap/alert.ts'
import { severityLabel, type BulletinSeverity } from '../../../domains/broadcast/contract.ts'
import { parseLocalDate } from '../../../kernel/instant.ts'
import { cleanLine } from '../../../kernel/text.ts'

export const SEVERITIES = ['high', 'medium', 'low', 'information'] as const satisfies readonly BulletinSeverity[]
/** What an alert may say of when to act (CAP 1.2 §3.2.2), and what that means. `Past` is for its end alone. */
const URGENCIES = ['Immediate', 'Expected', 'Future', 'Unknown'] as const satisfies readonly CapUrgency[]
const URGENCY_WORDS: Readonly<Record<(typeof URGENCIES)[number], string>> = {
  Immediate: 'Immediate: act at once',
  Expected: 'Expected: act soon, within the hour',
  Future: 'Future: act in the near future',
  Unknown: 'Unknown',
}
/** How bad it is, in the words of CAP. */
export const CAP_SEVERITIES = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown'] as const satisfies readonly CapSeverity[]

export const policyForm = z.object({
  severity: z.enum(SEVERITIES, 'Choose a severity'),
  isUrgent: z.enum(['yes', 'no'], 'Say whether alerts are made').transform(answer => answer === 'yes'),
  urgency: z.enum(URGENCIES, 'Choose what alerts say of when to act'),
  capSeverity: z.enum(CAP_SEVERITIES, 'Choose how bad alerts say it is'),
  effectiveFrom: z.string().transform((text, context) => {
    const day = parseLocalDate(text)
    if (day !== undefined) return day
    context.addIssue({ code: 'custom', message: 'Enter a day that exists, such as 1 4 2027' })
    return z.NEVER
  }),
  source: z.string('Say who decided so').transform(cleanLine).pipe(z.string().min(1, 'Say who decided so').max(300, 'Use 300 characters or fewer')),
})

export type NewCapPolicy = z.infer<typeof policyForm>

const CHOOSE = { value: '', text: 'Choose' }

export function policyFields(typed: Readonly<Record<string, unknown>>, errorOf: (name: string) => string | undefined) {
  const text = (name: string) => (typeof typed[name] === 'string' ? typed[name] : '')
  const field = (name: string) => ({ name, value: text(name), error: errorOf(name) })
  return [
    {
      ...field('severity'),
      kind: 'select' as const,
      label: 'Bulletins of severity',
      options: [CHOOSE, ...SEVERITIES.map(value => ({ value, text: severityLabel(value) }))],
    },
    {
      ...field('isUrgent'),
      kind: 'radios' as const,
      label: 'Is an alert made of them?',
      options: [
        { value: 'yes', text: 'Yes' },
        { value: 'no', text: 'No' },
      ],
    },
    {
      ...field('urgency'),
      kind: 'select' as const,
      label: 'When to act',
      hint: 'As alerts say it, also where one is followed that was made before',
      options: [CHOOSE, ...URGENCIES.map(value => ({ value, text: URGENCY_WORDS[value] }))],
    },
    {
      ...field('capSeverity'),
      kind: 'select' as const,
      label: 'How bad it is',
      options: [CHOOSE, ...CAP_SEVERITIES.map(value => ({ value, text: value }))],
    },
    {
      name: 'effectiveFrom',
      kind: 'date' as const,
      label: 'From which day on',
      value: { day: text('effectiveFrom-day'), month: text('effectiveFrom-month'), year: text('effectiveFrom-year') },
      error: errorOf('effectiveFrom'),
    },
    { ...field('source'), kind: 'text' as const, label: 'Who decided so' },
  ]
}
