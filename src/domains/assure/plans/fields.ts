import { z } from 'zod'
import { parseLocalDate, type LocalDate } from '../../../kernel/instant.ts'
import { cleanLine, cleanText } from '../../../kernel/text.ts'
import type { Field } from '../../../ui/models.ts'
import { penceFrom, pounds } from '../money.ts'
import { ACTION_STATES, isOpen, LONGEST_ACCEPTANCE_DAYS, RETEST_OUTCOMES, type FundingStatus, type RetestOutcome } from './model.ts'
import type { Action } from './queries.ts'

/** The fields of the plan's forms. A date comes in three parts; money as people type it. The messages are for whoever filled it in. */

export type Typed = Readonly<Record<string, unknown>>
export type ErrorOf = (name: string) => string | undefined

const A_DATE = 'Enter a date that exists, such as 27 3 2027'

function parts(name: string) {
  const part = z.string().max(10).default('')
  return { [`${name}-day`]: part, [`${name}-month`]: part, [`${name}-year`]: part }
}

function textOf(form: Typed, name: string): string {
  const value = form[name]
  return typeof value === 'string' ? value : ''
}

type Complain = (name: string, message: string) => never

/** The date, `null` where nothing was typed, or a complaint. */
function dateOf(form: Readonly<Record<string, unknown>>, name: string, complain: Complain): LocalDate | null {
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

const complaining =
  (context: { addIssue(issue: { code: 'custom'; path: string[]; message: string }): void }): Complain =>
  (name, message) => {
    context.addIssue({ code: 'custom', path: [name], message })
    return z.NEVER
  }

const dueParts = { ...parts('dueOn'), noDateReason: words() }

/** A date, or why there is none: never neither. */
function dueOf(form: Readonly<Record<string, unknown>> & { readonly noDateReason: string }, complain: Complain) {
  const dueOn = dateOf(form, 'dueOn', complain)
  if (dueOn === null && form.noDateReason === '') return complain('dueOn', 'Enter a date, or say below why there is none yet')
  return { dueOn, noDateReason: dueOn === null ? form.noDateReason : null }
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

export const addForm = z.object({ ...what, ...dueParts, funding: z.string().max(40).default('not-asked') }).transform((form, context) => {
  const { title, text, ownerId, capitalPence, yearlyPence, peopleDays, funding } = form
  return { title, text, ownerId, capitalPence, yearlyPence, peopleDays, funding, ...dueOf(form, complaining(context)) }
})

export const changeForm = z.object({ ...what, revision: z.coerce.number().int() })
export const takeForm = z
  .object({ kind: z.enum(['bulletin', 'finding']), id: z.string().max(60), ownerId: owner, ...dueParts })
  .transform((form, context) => ({ kind: form.kind, id: form.id, ownerId: form.ownerId, ...dueOf(form, complaining(context)) }))
export const leaveForm = z.object({
  kind: z.enum(['bulletin', 'finding']),
  id: z.string().max(60),
  reason: needed('Say why you leave it, in a sentence'),
})
export const dateForm = z.object({ ...parts('dueOn'), reason: words() }).transform((form, context) => {
  const complain = complaining(context)
  return { dueOn: dateOf(form, 'dueOn', complain) ?? complain('dueOn', 'Enter the new date'), reason: form.reason }
})
export const fundingForm = z.object({ funding: z.string('Choose where the money stands').max(40), note: words() })
export const progressForm = z.object({ note: words(), evidence: words(500) })
export const acceptForm = z
  .object({ ...parts('until'), reason: needed('Say why the risk is accepted, in a sentence') })
  .transform((form, context) => {
    const complain = complaining(context)
    return { until: dateOf(form, 'until', complain) ?? complain('until', 'Enter the day on which the acceptance ends'), reason: form.reason }
  })
export const reopenForm = z.object({ ...dueParts, reason: needed('Say why it is opened again, in a sentence') }).transform((form, context) => ({
  reason: form.reason,
  ...dueOf(form, complaining(context)),
}))
const OUTCOMES = Object.keys(RETEST_OUTCOMES) as [RetestOutcome, ...RetestOutcome[]]
export const retestForm = z
  .object({
    ...parts('testedOn'),
    outcome: z.enum(OUTCOMES, 'Say whether it worked'),
    tester: needed('Say who tested it'),
    method: needed('Say how it was tested, in a sentence'),
    observedPence: z.string().max(30).default(''),
    observedClinicDays: z.string().max(12).default(''),
  })
  .transform((form, context) => {
    const complain = complaining(context)
    const { outcome, tester, method } = form
    const observedPence =
      form.observedPence.trim() === '' ? null : (penceFrom(form.observedPence) ?? complain('observedPence', 'Enter an amount in pounds, or nothing'))
    const clinicDays = form.observedClinicDays.trim() === '' ? null : Number(form.observedClinicDays)
    if (clinicDays !== null && !(clinicDays >= 0)) complain('observedClinicDays', 'Enter a number of days, or nothing')
    return {
      outcome,
      tester,
      method,
      testedOn: dateOf(form, 'testedOn', complain) ?? complain('testedOn', 'Enter the day of the test'),
      observedPence,
      observedClinicDays: clinicDays,
    }
  })
export const signForm = z.object({ hash: z.string().regex(/^[0-9a-f]{64}$/, 'Open the plan again, then sign'), words: words(2_000) })

export interface Choices {
  readonly colleagues: readonly { readonly id: string; readonly name: string }[]
  readonly funding: readonly FundingStatus[]
}

/** What was typed, or else what stands. */
function given(typed: Typed, name: string, standing: string | number | null = ''): string | number | null {
  const value = typed[name]
  return typeof value === 'string' ? value : standing
}

function dateField(typed: Typed, errorOf: ErrorOf, name: string, label: string, hint?: string, standing: string | null = null): Field {
  const [day, month, year] = ['day', 'month', 'year'].map(part => textOf(typed, `${name}-${part}`))
  const isTyped = `${day}${month}${year}` !== ''
  return {
    name,
    kind: 'date',
    label,
    hint,
    error: errorOf(name),
    value: isTyped ? { day: day ?? '', month: month ?? '', year: year ?? '' } : standing,
  }
}

function area(typed: Typed, errorOf: ErrorOf, name: string, label: string, rest: Partial<Field> = {}, standing = ''): Field {
  return { name, kind: 'textarea', rows: 3, label, error: errorOf(name), value: given(typed, name, standing), ...rest }
}

function ownerField(typed: Typed, errorOf: ErrorOf, { colleagues }: Choices, standing: string | null): Field {
  const options = [{ value: '', text: 'Nobody yet' }, ...colleagues.map(({ id, name }) => ({ value: id, text: name }))]
  return {
    name: 'ownerId',
    kind: 'select',
    label: 'Who sees to it',
    options,
    error: errorOf('ownerId'),
    value: given(typed, 'ownerId', standing ?? ''),
  }
}

function whatFields(typed: Typed, errorOf: ErrorOf, choices: Choices, action: Action | null): readonly Field[] {
  const moneyField = (name: string, label: string, pence: number): Field => ({
    name,
    kind: 'text',
    width: 10,
    label,
    optional: true,
    error: errorOf(name),
    value: given(typed, name, pence === 0 ? '' : pounds(pence)),
  })
  return [
    { name: 'title', kind: 'text', label: 'What will be done', error: errorOf('title'), value: given(typed, 'title', action?.title) },
    area(typed, errorOf, 'text', 'More about it', { optional: true, rows: 5 }, action?.text),
    ownerField(typed, errorOf, choices, action?.ownerId ?? null),
    moneyField('capitalPence', 'Money once, in pounds', action?.capitalPence ?? 0),
    moneyField('yearlyPence', 'Money every year, in pounds', action?.yearlyPence ?? 0),
    {
      name: 'peopleDays',
      kind: 'text',
      width: 5,
      label: 'Days of your own people',
      optional: true,
      error: errorOf('peopleDays'),
      value: given(typed, 'peopleDays', action === null || action.peopleDays === 0 ? '' : action.peopleDays),
    },
  ]
}

function dueFields(typed: Typed, errorOf: ErrorOf): readonly Field[] {
  return [
    dateField(typed, errorOf, 'dueOn', 'By when', 'A day that you can keep: it never changes. A later one stands beside it, with its reason'),
    area(typed, errorOf, 'noDateReason', 'Or why there is no date yet', { optional: true, rows: 2 }),
  ]
}

export function addFields(typed: Typed, errorOf: ErrorOf, choices: Choices): readonly Field[] {
  const funding = fundingField(typed, errorOf, choices, 'not-asked')
  return [...whatFields(typed, errorOf, choices, null), funding, ...dueFields(typed, errorOf)]
}

export function changeFields(typed: Typed, errorOf: ErrorOf, choices: Choices, action: Action): readonly Field[] {
  return [
    ...whatFields(typed, errorOf, choices, action),
    { name: 'revision', kind: 'hidden', label: '', value: given(typed, 'revision', action.revision) },
  ]
}

export function takeFields(typed: Typed, errorOf: ErrorOf, choices: Choices): readonly Field[] {
  return [ownerField(typed, errorOf, choices, null), ...dueFields(typed, errorOf)]
}

function fundingField(typed: Typed, errorOf: ErrorOf, { funding }: Choices, standing: string): Field {
  return {
    name: 'funding',
    kind: 'radios',
    label: 'Where does the money stand?',
    options: funding.map(({ code, label, says }) => ({ value: code, text: label, hint: says })),
    error: errorOf('funding'),
    value: given(typed, 'funding', standing),
  }
}

export function fundingFields(typed: Typed, errorOf: ErrorOf, choices: Choices, action: Action): readonly Field[] {
  return [fundingField(typed, errorOf, choices, action.funding), area(typed, errorOf, 'note', 'Who decides, or decided', { optional: true, rows: 2 })]
}

export function dateFields(typed: Typed, errorOf: ErrorOf, _choices: Choices, action: Action): readonly Field[] {
  const isFirst = action.dueOn === null
  return [
    dateField(
      typed,
      errorOf,
      'dueOn',
      isFirst ? 'By when' : 'New date',
      isFirst ? 'It is the first one, and never changes' : 'Later than the one that it has',
    ),
    area(typed, errorOf, 'reason', isFirst ? 'What has changed' : 'Why it is later', {
      optional: isFirst,
      hint: 'Everybody who reads the plan reads it, as long as there is a plan',
    }),
  ]
}

export function progressFields(isDone: boolean) {
  return (typed: Typed, errorOf: ErrorOf): readonly Field[] => [
    area(typed, errorOf, 'note', isDone ? 'What was done' : 'How it goes', { hint: isDone ? 'This, or where the evidence is' : undefined }),
    {
      name: 'evidence',
      kind: 'text',
      label: 'Where the evidence is',
      hint: 'A link, or where you keep it',
      optional: true,
      error: errorOf('evidence'),
      value: given(typed, 'evidence'),
    },
  ]
}

export function acceptFields(typed: Typed, errorOf: ErrorOf): readonly Field[] {
  const hint = `At most ${LONGEST_ACCEPTANCE_DAYS} days ahead. After it the action comes back, with as long as it had`
  return [dateField(typed, errorOf, 'until', 'Accepted until', hint), area(typed, errorOf, 'reason', 'Why the risk is accepted')]
}

export function reopenFields(typed: Typed, errorOf: ErrorOf): readonly Field[] {
  return [area(typed, errorOf, 'reason', 'Why it is opened again'), ...dueFields(typed, errorOf)]
}

export function retestFields(typed: Typed, errorOf: ErrorOf, _choices: Choices, action: Action): readonly Field[] {
  const text = (name: string, label: string, rest: Partial<Field>): Field => ({
    name,
    kind: 'text',
    label,
    error: errorOf(name),
    value: given(typed, name),
    ...rest,
  })
  const predicted = action.predictedLikelyPence === null ? '' : 'What was predicted stands on the page of the action. '
  return [
    {
      name: 'outcome',
      kind: 'radios',
      label: 'Did it work?',
      options: OUTCOMES.map(value => ({ value, text: RETEST_OUTCOMES[value].label })),
      error: errorOf('outcome'),
      value: given(typed, 'outcome'),
    },
    dateField(typed, errorOf, 'testedOn', 'Day of the test'),
    text('tester', 'Who tested it', { hint: 'Better somebody who did not do the work' }),
    area(typed, errorOf, 'method', 'How it was tested'),
    text('observedPence', 'What it was seen to save, in pounds a year', {
      optional: true,
      width: 10,
      hint: `${predicted}Leave it empty if nobody can say: most years nothing happens, and that proves nothing`,
    }),
    text('observedClinicDays', 'Clinic days that it was seen to save, a year', { optional: true, width: 5 }),
  ]
}

/** How the states of a filter read. */
export const SHOWN_LABELS: Readonly<Record<string, string>> = { open: 'To be done', late: 'Late', undated: 'Without a date', all: 'All' }
export const STATE_CHOICES = ACTION_STATES.filter(state => !isOpen(state))
