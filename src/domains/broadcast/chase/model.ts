import { z } from 'zod'
import { addDays, addHours, londonDate, londonInstant, ZONE, type Instant, type LocalDate } from '../../../kernel/instant.ts'
import { severityLabel, type BulletinSeverity } from '../bulletins/model.ts'

/**
 * What happens about silence, by policy: who is reminded when, from when on people ring, to whom it is told. Policies are rows; the steps of a
 * bulletin, its sentence on the release check and its page all derive from them.
 *
 * Invariants:
 * 1. Whoever has answered anything is left alone: a reminder is for the silent.
 * 2. Each step is taken once for each organisation: its row is written with the mailing, in one commit.
 * 3. Steps that fell due while nothing ran are not made up one by one: the newest due reminder goes out, once.
 * 4. Nobody is chased for an exercise, nor for what was withdrawn.
 * 5. Only who was told is silent: each organisation's hours are counted from when it was asked (again), or caught up, or the severity changed.
 *    Nobody is reminded whom nothing has reached, nor while the mailing is paused.
 * 6. It is the policy of the day of release that holds, also when another comes into force meanwhile.
 */
export const CHASE = { name: 'broadcast.chase', payload: z.object({}) }

export interface ChasePolicy {
  readonly id: number
  readonly severity: BulletinSeverity
  /** `null` for every type that has no row of its own. */
  readonly organisationType: string | null
  readonly effectiveFrom: LocalDate
  readonly acknowledgeHours: number | null
  readonly actHours: number | null
  readonly remindHours: readonly number[]
  readonly telephoneHours: number | null
  readonly escalateHours: number | null
  readonly escalateTo: readonly string[]
  readonly regionHours: number | null
  readonly isWorkingHours: boolean
  /** Days between Monday and Friday on which nobody works: bank holidays. */
  readonly closedDays: ReadonlySet<LocalDate>
  readonly source: string
}

/**
 * The policies of a severity in force at that instant, one for each type that has a row of its own and one for the rest (`null`). Empty when
 * nobody is chased.
 */
export function policiesFor(policies: readonly ChasePolicy[], severity: BulletinSeverity, at: Instant): ReadonlyMap<string | null, ChasePolicy> {
  const today = londonDate(at)
  const inForce = policies
    .filter(policy => policy.severity === severity && policy.effectiveFrom <= today)
    .toSorted((a, b) => a.effectiveFrom.localeCompare(b.effectiveFrom) || a.id - b.id)
  return new Map(inForce.map(policy => [policy.organisationType, policy]))
}

/** The types that have a policy of their own. */
export function ownTypesIn(inForce: ReadonlyMap<string | null, ChasePolicy>): readonly string[] {
  return [...inForce.keys()].flatMap(type => (type === null ? [] : [type]))
}

export type StepKind = 'reminder' | 'telephone' | 'escalation' | 'region'

export interface Step {
  readonly kind: StepKind
  /** Of its kind, counted from 1. */
  readonly nth: number
  readonly at: Instant
}

/** When each step of a policy falls due for those who were asked then, in order. */
export function stepsOf(policy: ChasePolicy, askedAt: Instant): readonly Step[] {
  const at = (hours: number) => (policy.isWorkingHours ? addWorkingHours(askedAt, hours, policy.closedDays) : addHours(askedAt, hours))
  const step = (kind: StepKind, hours: number | null, nth = 1): readonly Step[] => (hours === null ? [] : [{ kind, nth, at: at(hours) }])
  return [
    ...policy.remindHours.toSorted((a, b) => a - b).flatMap((hours, index) => step('reminder', hours, index + 1)),
    ...step('telephone', policy.telephoneHours),
    ...step('escalation', policy.escalateHours),
    ...step('region', policy.regionHours),
  ].toSorted((a, b) => a.at.getTime() - b.at.getTime())
}

/** The newest due step of each kind: what an organisation that is silent ought to have had by now. */
export function dueSteps(steps: readonly Step[], now: Instant): readonly Step[] {
  const due = steps.filter(({ at }) => at <= now)
  return [...new Map(due.map(step => [step.kind, step])).values()]
}

/** The steps that are due by now, each with those of the starts to which it is: organisations that were asked at several times have each their own. */
export function dueByStart(
  policy: ChasePolicy,
  starts: readonly Instant[],
  now: Instant,
): readonly { readonly step: Pick<Step, 'kind' | 'nth'>; readonly starts: readonly Instant[] }[] {
  const due = starts.flatMap(start => dueSteps(stepsOf(policy, start), now).map(({ kind, nth }) => ({ kind, nth, start })))
  return [...Map.groupBy(due, ({ kind, nth }) => `${kind} ${nth}`).values()].flatMap(group => {
    const [first] = group
    return first === undefined ? [] : [{ step: { kind: first.kind, nth: first.nth }, starts: group.map(({ start }) => start) }]
  })
}

/** Working time: Monday to Friday without the closed days, from eight to six in London. */
const DAY = { from: 8, to: 18 } as const
const weekday = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, weekday: 'short' })

/** Whether a day is one from Monday to Friday. */
export function isWeekday(day: LocalDate): boolean {
  return !['Sat', 'Sun'].includes(weekday.format(londonInstant(day, 12, 0)))
}

/** Whether somebody works at that time: not in the evening, at night, at the weekend, nor on a closed day. */
export function isWorkingTime(at: Instant, closedDays: ReadonlySet<LocalDate>): boolean {
  const day = londonDate(at)
  return !closedDays.has(day) && isWeekday(day) && at >= londonInstant(day, DAY.from, 0) && at < londonInstant(day, DAY.to, 0)
}

/** So many hours later, counting working time only, and none on the days that are closed. */
export function addWorkingHours(from: Instant, hours: number, closedDays: ReadonlySet<LocalDate>): Instant {
  let left = hours * 3_600_000
  let at = from
  for (;;) {
    const day = londonDate(at)
    const opens = londonInstant(day, DAY.from, 0)
    const closes = londonInstant(day, DAY.to, 0)
    const isWorkday = !closedDays.has(day) && isWeekday(day)
    const begins = at < opens ? opens : at
    if (isWorkday && begins < closes) {
      const room = closes.getTime() - begins.getTime()
      if (left <= room) return addHours(begins, left / 3_600_000)
      left -= room
    }
    at = londonInstant(londonDate(addDays(londonInstant(day, 12, 0), 1)), 0, 0)
  }
}

const STEP_WORDS: Readonly<Record<StepKind, (policy: ChasePolicy) => string>> = {
  reminder: () => 'a reminder',
  telephone: () => 'on the telephone list',
  escalation: policy => (policy.escalateTo.length === 0 ? 'told to a senior' : `told to their ${policy.escalateTo[0] ?? ''}`),
  region: () => 'told to their region',
}

/** A policy as one sentence: "High severity: a reminder after 4 and 12 hours, on the telephone list after 12 hours, …". */
export function policySentence(policy: ChasePolicy): string {
  const hours = (values: readonly number[]) =>
    `after ${listed(values)} ${policy.isWorkingHours ? 'working ' : ''}${values.length === 1 && values[0] === 1 ? 'hour' : 'hours'}`
  const parts = [
    ...(policy.acknowledgeHours === null ? [] : [`asked to acknowledge within ${inHours(policy.acknowledgeHours)}`]),
    ...(policy.actHours === null ? [] : [`asked to act within ${inHours(policy.actHours)}`]),
    ...(policy.remindHours.length === 0
      ? []
      : [`${policy.remindHours.length === 1 ? 'a reminder' : 'reminders'} ${hours(policy.remindHours.toSorted((a, b) => a - b))}`]),
    ...(policy.telephoneHours === null ? [] : [`${STEP_WORDS.telephone(policy)} ${hours([policy.telephoneHours])}`]),
    ...(policy.escalateHours === null ? [] : [`${STEP_WORDS.escalation(policy)} ${hours([policy.escalateHours])}`]),
    ...(policy.regionHours === null ? [] : [`${STEP_WORDS.region(policy)} ${hours([policy.regionHours])}`]),
  ]
  return `${severityLabel(policy.severity)} severity: ${parts.length === 0 ? 'nobody is chased' : parts.join(', ')}.`
}

function inHours(hours: number): string {
  return `${hours} ${hours === 1 ? 'hour' : 'hours'}`
}

function listed(values: readonly number[]): string {
  return values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} and ${values.at(-1) ?? ''}`
}
