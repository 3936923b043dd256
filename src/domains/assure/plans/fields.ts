import { z } from 'zod'
import { parseLocalDate, type LocalDate } from '../../../kernel/instant.ts'
import { cleanLine, cleanText, textOf } from '../../../kernel/text.ts'
import { penceFrom } from '../money.ts'
import { RETEST_OUTCOMES, type RetestOutcome } from './model.ts'

/** How the plan's forms are read. A date comes in three parts; money as people type it. The messages are for whoever filled it in. */

export type Typed = Readonly<Record<string, unknown>>

const A_DATE = 'Enter a date that exists, such as 27 3 2027'

type Complain = (name: string, message: string) => never

/**
 * Reads what `read` makes of the form beside its other fields, also where those have faults: so that whoever filled it in sees every fault at once, a missing date
 * among them.
 */
function beside<T extends object, D extends object>(schema: z.ZodType<T>, read: (form: Typed, complain: Complain) => D) {
  return z.record(z.string(), z.unknown()).transform((form, context): T & D => {
    const rest = schema.safeParse(form)
    for (const { path, message } of rest.error?.issues ?? []) context.addIssue({ code: 'custom', path, message })
    const own = read(form, (name, message) => {
      context.addIssue({ code: 'custom', path: [name], message })
      return z.NEVER
    })
    return rest.success ? { ...rest.data, ...own } : z.NEVER
  })
}

/** The date, `null` where nothing was typed, or a complaint. */
function dateOf(form: Typed, name: string, complain: Complain): LocalDate | null {
  const [day, month, year] = ['day', 'month', 'year'].map(part => textOf(form, `${name}-${part}`).trim())
  if (`${day}${month}${year}` === '') return null
  return (
    parseLocalDate(`${(year ?? '').padStart(4, '0')}-${(month ?? '').padStart(2, '0')}-${(day ?? '').padStart(2, '0')}`) ?? complain(name, A_DATE)
  )
}

const words = (most = 4_000) =>
  z
    .string()
    .default('')
    .transform(cleanText)
    .pipe(z.string().max(most, `Use ${most.toLocaleString('en-GB')} characters or fewer`))
const needed = (message: string) => words().pipe(z.string().min(1, message))
const money = z
  .string()
  .max(30)
  .default('')
  .transform((typed, context) => {
    const amount = typed.trim() === '' ? 0 : penceFrom(typed)
    if (amount === undefined) context.addIssue({ code: 'custom', message: 'Enter an amount in pounds, such as 12,500 or 99.50' })
    return amount ?? z.NEVER
  })
const number = z
  .string()
  .max(12)
  .default('')
  .transform((typed, context) => {
    const amount = typed.trim() === '' ? 0 : Number(typed)
    if (!Number.isFinite(amount) || amount < 0) context.addIssue({ code: 'custom', message: 'Enter a number, such as 5 or 2.5' })
    return amount
  })
const owner = z
  .string()
  .max(60)
  .default('')
  .transform(id => (id === '' ? null : id))

/** A date, or why there is none: never neither. */
function dueOf(form: Typed, complain: Complain): { readonly dueOn: LocalDate | null; readonly noDateReason: string | null } {
  const dueOn = dateOf(form, 'dueOn', complain)
  const noDateReason = cleanText(textOf(form, 'noDateReason'))
  if (dueOn === null && noDateReason === '') return complain('dueOn', 'Enter a date, or say below why there is none yet')
  return { dueOn, noDateReason: dueOn === null ? noDateReason : null }
}

const what = {
  title: z
    .string('Say what will be done')
    .transform(cleanLine)
    .pipe(z.string().min(1, 'Say what will be done').max(200, 'Use 200 characters or fewer')),
  text: words(),
  ownerId: owner,
  capitalPence: money,
  yearlyPence: money,
  peopleDays: number,
}

export const addForm = beside(z.object({ ...what, noDateReason: words(), funding: z.string().max(40).default('not-asked') }), dueOf)

export const changeForm = z.object({ ...what, revision: z.coerce.number().int() })
export const takeForm = beside(
  z.object({ kind: z.enum(['bulletin', 'finding']), id: z.string().max(60), ownerId: owner, noDateReason: words() }),
  dueOf,
)
export const leaveForm = z.object({
  kind: z.enum(['bulletin', 'finding']),
  id: z.string().max(60),
  reason: needed('Say why you leave it, in a sentence'),
})
export const dateForm = beside(z.object({ reason: words() }), (form, complain) => ({
  dueOn: dateOf(form, 'dueOn', complain) ?? complain('dueOn', 'Enter the new date'),
}))
export const fundingForm = z.object({ funding: z.string('Choose where the money stands').max(40), note: words() })
export const progressForm = z.object({ note: words(), evidence: words(500) })
export const acceptForm = beside(z.object({ reason: needed('Say why the risk is accepted, in a sentence') }), (form, complain) => ({
  until: dateOf(form, 'until', complain) ?? complain('until', 'Enter the day on which the acceptance ends'),
}))
export const reopenForm = beside(z.object({ reason: needed('Say why it is opened again, in a sentence'), noDateReason: words() }), dueOf)
export const OUTCOMES = Object.keys(RETEST_OUTCOMES) as [RetestOutcome, ...RetestOutcome[]]
export const retestForm = beside(
  z.object({
    outcome: z.enum(OUTCOMES, 'Say whether it worked'),
    tester: needed('Say who tested it'),
    method: needed('Say how it was tested, in a sentence'),
  }),
  (form, complain) => {
    const [pounds, clinicDays] = [textOf(form, 'observedPence').trim(), textOf(form, 'observedClinicDays').trim()]
    const observedClinicDays = clinicDays === '' ? null : Number(clinicDays)
    if (observedClinicDays !== null && !(observedClinicDays >= 0)) complain('observedClinicDays', 'Enter a number of days, or nothing')
    return {
      testedOn: dateOf(form, 'testedOn', complain) ?? complain('testedOn', 'Enter the day of the test'),
      observedPence: pounds === '' ? null : (penceFrom(pounds) ?? complain('observedPence', 'Enter an amount in pounds, or nothing')),
      observedClinicDays,
    }
  },
)
export const signForm = z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/, 'Open the plan again, then sign'), words: words(2_000) })
