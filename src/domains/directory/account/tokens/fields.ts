import { z } from 'zod'
import type { Problem } from '../../../../kernel/problem.ts'
import { cleanLine } from '../../../../kernel/text.ts'
import { BUNDLES, DAYS, isReading, type Bundle, type TokenPolicy } from './model.ts'

const asList = z
  .union([z.array(z.string()), z.string().transform(one => [one])])
  .optional()
  .transform(list => list ?? [])

/** What somebody says of a new token. */
export const tokenForm = z.object({
  name: z.string('Enter a name for it').transform(cleanLine).pipe(z.string().min(1, 'Enter a name for it').max(60, 'Use 60 characters or fewer')),
  bundle: z.enum(Object.keys(BUNDLES) as [Bundle, ...Bundle[]], 'Choose what it may do'),
  scopes: asList,
  days: z.coerce.number('Choose for how long').int('Choose for how long').min(1, 'Choose for how long'),
})

export const tokensQuery = z.object({
  q: z.string().max(200).catch('').default(''),
  only: z.enum(['working', 'all']).catch('working').default('working'),
  cursor: z.string().max(1_000).nullable().catch(null).default(null),
})
export type TokensQuery = z.infer<typeof tokensQuery>

type Typed = Readonly<Record<string, unknown>>

const valueOf = (typed: Typed, name: string, otherwise = '') => (typeof typed[name] === 'string' ? typed[name] : otherwise)

export function tokenFields(held: ReadonlySet<string>, policy: TokenPolicy, typed: Typed, problems: readonly Problem[]) {
  const errorOf = (name: string) => problems.find(problem => problem.pointer === name)?.message
  const chosen = [typed['scopes']].flat().filter(one => typeof one === 'string')
  const scopes = {
    name: 'scopes',
    kind: 'checkboxes' as const,
    label: 'Permissions',
    value: chosen,
    error: errorOf('scopes'),
    options: [...held]
      .toSorted()
      .map(permission => ({ value: permission, text: permission, ...(isReading(permission) ? { hint: 'Reads only' } : {}) })),
  }
  return [
    {
      name: 'name',
      kind: 'text' as const,
      label: 'Name',
      hint: 'Which program holds it, and where, such as “Ticket system, server 4”',
      value: valueOf(typed, 'name'),
      error: errorOf('name'),
      width: 30 as const,
    },
    {
      name: 'bundle',
      kind: 'radios' as const,
      label: 'What may it do?',
      value: valueOf(typed, 'bundle'),
      error: errorOf('bundle'),
      options: (Object.keys(BUNDLES) as Bundle[]).map(bundle => ({
        value: bundle,
        text: BUNDLES[bundle].label,
        hint: BUNDLES[bundle].hint,
        ...(bundle === 'chosen' ? { fields: [scopes] } : {}),
      })),
    },
    {
      name: 'days',
      kind: 'radios' as const,
      label: 'For how long?',
      hint: 'Then it ends by itself, and you make another',
      value: valueOf(typed, 'days', '90'),
      error: errorOf('days'),
      options: DAYS.filter(days => days <= policy.longestDays).map(days => ({ value: String(days), text: `${days} days` })),
    },
  ]
}
