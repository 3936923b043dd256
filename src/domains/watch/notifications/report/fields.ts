import { z } from 'zod'
import { parseInstant } from '../../../../kernel/instant.ts'
import { cleanLine, cleanText } from '../../../../kernel/text.ts'
import { CARE, isIncidentKind, type IncidentKind, type Report } from '../model.ts'

/** So much may be typed about what is happening. */
const LONGEST_WHAT = 4_000
const LONGEST_LINE = 200
const MOST_PEOPLE = 100_000_000

const typed = z.string('Enter text').default('')
const line = typed.transform(cleanLine).pipe(z.string().max(LONGEST_LINE, `Use ${LONGEST_LINE} characters or fewer`))
const orNull = (text: string) => (text === '' ? null : text)

/** A tick or a choice of yes and no: as a form sends it, or as JSON. */
const yes = z.union([z.literal('yes'), z.literal(true)]).transform(() => true)
const no = z.union([z.literal('no'), z.literal(''), z.literal(false), z.null()]).transform(() => false)

const fields = z.object({
  what: typed.transform(cleanText).pipe(
    z
      .string()
      .min(1, 'Say what is happening, in a few words')
      .max(LONGEST_WHAT, `Use ${LONGEST_WHAT.toLocaleString('en-GB')} characters or fewer`),
  ),
  kind: z
    .string('Choose what kind of incident it is')
    .default('not-sure')
    .transform((kind, context): IncidentKind => {
      if (kind === '') return 'not-sure'
      if (isIncidentKind(kind)) return kind
      context.addIssue({ code: 'custom', message: 'Choose what kind of incident it is' })
      return z.NEVER
    }),
  since: line,
  care: z.enum(CARE, 'Choose whether care is affected'),
  peopleAffected: z
    .union([z.literal('').transform(() => null), z.null(), z.coerce.number().int().min(0).max(MOST_PEOPLE)], 'Enter a whole number')
    .optional()
    .transform(count => count ?? null),
  organisation: line,
  name: line.transform(orNull),
  phone: line
    .transform(orNull)
    .refine(phone => phone === null || /^\+?[\d\s().\-/x]{5,40}$/i.test(phone), 'Enter a telephone number, with digits and blanks only'),
  email: line
    .transform(orNull)
    .refine(email => email === null || z.email().max(254).safeParse(email).success, 'Enter an e-mail address such as name@example.nhs.uk'),
  mayCall: z.union([yes, no], 'Choose whether we may ring you'),
  shareWithRegion: z.union([yes, no], 'Tick it, or leave it').default(false),
  writtenAt: z
    .unknown()
    .optional()
    .transform(text => (typeof text === 'string' ? (parseInstant(text) ?? null) : null)),
})

/** What is reported: the fields of the form, and of the JSON API, which are the same. */
export const reportForm = fields
  .refine(report => !report.mayCall || report.phone !== null, { path: ['phone'], message: 'Enter the number to ring' })
  .transform((report): Report => report)

/** A field that people do not see: what fills it in is a program that fills in everything. */
export const TRAP = 'website'
/** The signed time at which the form was opened. */
export const PROOF = 'proof'
