import { z } from 'zod'
import { parseLocalDate, type LocalDate } from '../../../kernel/instant.ts'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import { EVIDENCE_KINDS, type EvidenceKind } from './model.ts'

const codes = z
  .union([z.array(z.string()), z.string().transform(one => [one])])
  .default([])
  .transform(list => list.filter(code => code !== ''))

const dayParts = (name: string) => ({
  [`${name}-day`]: z.string().default(''),
  [`${name}-month`]: z.string().default(''),
  [`${name}-year`]: z.string().default(''),
})

/** The day that three fields say; `null` for none typed, `undefined` for no day that there is. */
function dayOf(form: Readonly<Record<string, unknown>>, name: string): LocalDate | null | undefined {
  const part = (which: string) => {
    const typed = form[`${name}-${which}`]
    return typeof typed === 'string' ? typed.trim() : ''
  }
  const [day, month, year] = [part('day'), part('month'), part('year')]
  return `${day}${month}${year}` === '' ? null : parseLocalDate(`${year.padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
}

const webAddress = (text: string) => ['http:', 'https:'].includes(URL.parse(text)?.protocol ?? '')

/** The form of a new piece. The file itself comes beside the fields. */
export const evidenceForm = z
  .looseObject({
    kind: z.enum(Object.keys(EVIDENCE_KINDS) as [EvidenceKind, ...EvidenceKind[]], 'Say how it is kept'),
    title: z.string('Enter what it is').transform(cleanLine).pipe(z.string().min(1, 'Enter what it is').max(200, 'Use 200 characters or fewer')),
    note: z.string().default('').transform(cleanText).pipe(z.string().max(4_000, 'Use 4,000 characters or fewer')),
    grade: z.string('Say how strong it is').min(1, 'Say how strong it is'),
    address: z.string().default('').transform(cleanLine),
    place: z.string().default('').transform(cleanLine).pipe(z.string().max(500, 'Use 500 characters or fewer')),
    sha256: z.string().max(200, 'Give the 64 digits and letters of the SHA-256').default(''),
    ownerId: z
      .string()
      .default('')
      .transform(text => (text === '' ? null : text)),
    replaces: z
      .string()
      .default('')
      .transform(text => (text === '' ? null : text)),
    outcomes: codes,
    ...dayParts('effective'),
    ...dayParts('expires'),
  })
  .transform((form, context) => {
    const problem = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    const effectiveOn = dayOf(form, 'effective')
    const expiresOn = dayOf(form, 'expires')
    if (effectiveOn === undefined || effectiveOn === null) problem('effective', 'Enter the day on which it was true, such as 31 1 2026')
    if (expiresOn === undefined) problem('expires', 'Enter a day that there is, such as 31 1 2027, or leave it empty')
    if (form.kind === 'link' && !webAddress(form.address)) problem('address', 'Enter a web address, such as https://intranet.example/policy')
    if (form.kind === 'link' && form.address.length > 2_000) problem('address', 'Use an address of 2,000 characters or fewer')
    return { ...form, effectiveOn: effectiveOn ?? ('0001-01-01' as LocalDate), expiresOn: expiresOn ?? null }
  })
