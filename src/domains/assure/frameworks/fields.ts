import { z } from 'zod'
import { frameworkCode, type FrameworkProfile } from '../../../kernel/framework.ts'
import { cleanLine } from '../../../kernel/text.ts'

const line = (most: number) =>
  z
    .string()
    .default('')
    .transform(cleanLine)
    .pipe(z.string().max(most, `Use ${most} characters or fewer`))

/** What is said of a file beside the file itself. */
export const importForm = z.object({
  code: line(60).pipe(z.string().regex(/^$|^[a-z0-9][a-z0-9.-]*$/, 'Use small letters, digits, dots and hyphens, such as caf')),
  version: line(30),
})

const SOURCE = 'Say where the profile comes from: its title, who published it, and when'

const profileForm = z.object({
  name: line(200).pipe(z.string().min(1, 'Enter a name, such as Government profile: Baseline')),
  code: line(60).pipe(z.string().min(1, 'Enter a short code, such as baseline')),
  organisationType: line(100),
  period: line(30),
  source: line(500).pipe(z.string().min(5, SOURCE)),
})

/** A profile as a person types it: its facts, and a field for each outcome, in which nothing is asked where it is empty. */
export const typedProfile = profileForm.loose().transform(({ name, code, organisationType, period, source, ...rest }): FrameworkProfile => ({
  name,
  code: frameworkCode(code),
  organisationType: organisationType || null,
  period: period || null,
  source,
  levels: Object.entries(rest).flatMap(([field, level]) =>
    field.startsWith(ASKS) && typeof level === 'string' && level !== '' ? [{ outcomeCode: field.slice(ASKS.length), level }] : [],
  ),
}))

/** The name of the field of an outcome begins so. */
export const ASKS = 'asks-'

/** The same as a machine says it. */
export const profileBody = z.object({
  name: profileForm.shape.name,
  code: profileForm.shape.code,
  organisationType: z.string().max(100).nullable().default(null),
  period: z.string().max(30).nullable().default(null),
  source: profileForm.shape.source,
  levels: z.array(z.object({ outcome: z.string().max(80), level: z.string().max(80) })).max(2_000),
})

/** A file as a machine sends it. */
export const importBody = z.object({
  /** The bytes of the file, as base64 (RFC 4648). */
  content: z.base64(),
  code: importForm.shape.code.optional(),
  version: importForm.shape.version.optional(),
})
