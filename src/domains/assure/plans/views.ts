import { londonDate, type Instant, type LocalDate } from '../../../kernel/instant.ts'
import { isRecord, lineAt } from '../../../kernel/json.ts'
import { actionsIn } from '../../../kernel/lifecycle.ts'
import { may, type Actor } from '../../../platform/work/actor.ts'
import type { Action as Button, Cell } from '../../../ui/models.ts'
import { aboutPounds, pounds } from '../money.ts'
import { daysBetween, forecastOf, type Forecast } from './dates.ts'
import { ACTION_FORMS } from './forms.ts'
import { ACTION_LIFECYCLE, isActionState, isOpen, RETEST_OUTCOMES, SOURCES, stateTag } from './model.ts'
import type { Action, ActionEvent, ActionHistory, ActionRetest } from './queries.ts'

/** The date of an action, with the days that are left or late, and the original one where it is another. */
export function dateCell(action: Action, today: LocalDate): Cell {
  if (action.dueOn === null) return { text: 'No date yet', hint: action.noDateReason ?? undefined }
  const slipped = action.originalDate === action.dueOn ? [] : [`first ${dateWords(action.originalDate)}`]
  return {
    date: action.dueOn as LocalDate,
    hint: [...(isOpen(action.state) ? [leftWords(action.dueOn, today)] : []), ...slipped].join('; ') || undefined,
  }
}

/** "12 days left", "3 days late". */
export function leftWords(dueOn: string, today: LocalDate): string {
  const days = daysBetween(today, dueOn)
  if (days === 0) return 'today'
  const count = `${Math.abs(days).toLocaleString('en-GB')} ${Math.abs(days) === 1 ? 'day' : 'days'}`
  return days > 0 ? `${count} left` : `${count} late`
}

const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

/** A calendar date in words, for inside a sentence. */
export function dateWords(date: string | null): string {
  if (date === null) return 'no date'
  const [year, month, day] = date.split('-').map(Number)
  return `${day} ${MONTHS[(month ?? 1) - 1]} ${year}`
}

/** What an action costs, in a few words. */
export function moneyWords({ capitalPence, yearlyPence, peopleDays }: Pick<Action, 'capitalPence' | 'yearlyPence' | 'peopleDays'>): string {
  const parts = [
    ...(capitalPence > 0 ? [`${pounds(capitalPence)} once`] : []),
    ...(yearlyPence > 0 ? [`${pounds(yearlyPence)} a year`] : []),
    ...(peopleDays > 0 ? [`${peopleDays.toLocaleString('en-GB')} ${peopleDays === 1 ? 'day' : 'days'} of people`] : []),
  ]
  return parts.length === 0 ? 'No cost given' : parts.join(', ')
}

/** What the record of delivery says, in words that claim no more than it knows. */
export function recordWords(record: Forecast): string {
  if (!record.known)
    return `Not enough history yet to say when the rest will be done: ${record.finished} of the ${record.needed} finished actions with a date that it takes.`
  const words = (days: number) =>
    days === 0 ? 'on the day' : `${Math.abs(days)} ${Math.abs(days) === 1 ? 'day' : 'days'} ${days > 0 ? 'after' : 'before'}`
  return `Of ${record.finished} that are finished, half were done by ${words(record.usualDays)} the original date and four in five by ${words(record.mostDays)}. What is still open is not among them, so this is hopeful.`
}

/** Where the source of an action is to be read; `null` where it has no page. */
function sourceHref({ sourceKind, sourceId, sourceLabel, caseId }: Action): string | null {
  switch (sourceKind) {
    case 'bulletin':
      return `/bulletins/${encodeURIComponent(sourceLabel)}`
    case 'reopened':
      return `/plan/${sourceId}`
    case 'improvement':
      return caseId === null ? '/catalogue/improvements' : `/investment/${caseId}`
    default:
      return null
  }
}

export interface ActionPage {
  readonly action: Action
  readonly history: ActionHistory
  readonly record: Forecast
}

export function actionModel({ action, history, record }: ActionPage, now: Instant, actor: Actor, isReader = false) {
  const today = londonDate(now)
  const forecast = isOpen(action.state) ? forecastOf(action.originalDate, record, today) : undefined
  const href = sourceHref(action)
  return {
    title: action.title,
    tag: stateTag(action.state),
    text: action.text,
    isLate: isOpen(action.state) && action.dueOn !== null && action.dueOn < today,
    rows: [
      { key: 'By when', value: dateCell(action, today) },
      ...(action.originalDate === null ? [] : [{ key: 'Original date', value: { date: action.originalDate as LocalDate, hint: slipWords(action) } }]),
      ...(action.acceptedUntil === null || action.state !== 'accepted-risk'
        ? []
        : [{ key: 'Risk accepted until', value: { date: action.acceptedUntil as LocalDate } }]),
      ...(action.doneOn === null ? [] : [{ key: 'Done on', value: { date: action.doneOn as LocalDate, hint: doneWords(action) } }]),
      { key: 'Who sees to it', value: action.owner ?? (action.ownerId === null ? 'Nobody yet' : 'A person of the organisation') },
      { key: 'Money', value: { text: action.fundingLabel, hint: moneyWords(action) } },
      {
        key: 'Why',
        value: { text: SOURCES[action.sourceKind], hint: action.sourceLabel || undefined, href: isReader ? undefined : (href ?? undefined) },
      },
      ...(forecast === undefined
        ? []
        : [
            {
              key: 'Likely done',
              value: {
                text: `About ${dateWords(forecast.usual)}`,
                hint: `Four in five of yours would be done by ${dateWords(forecast.most)}. Reckoned from your own record`,
              },
            },
          ]),
    ],
    effect: effectModel(action, history.retests),
    timeline: timeline(action, history),
    events: history.events.map(eventLine),
    followedBy: history.followedBy === null || isReader ? null : `/plan/${history.followedBy}`,
    actions: isReader ? [] : buttonsFor(action, actor),
  }
}

function slipWords({ slips, originalDate, dueOn }: Action): string | undefined {
  if (slips === 0) return originalDate === dueOn ? undefined : 'Given anew after the acceptance of the risk'
  return `It has slipped ${slips === 1 ? 'once' : `${slips} times`}, by ${daysBetween(originalDate ?? '', dueOn ?? '')} days in all`
}

function doneWords({ originalDate, doneOn }: Action): string | undefined {
  if (originalDate === null || doneOn === null) return undefined
  const late = daysBetween(originalDate, doneOn)
  return late > 0 ? `${late} ${late === 1 ? 'day' : 'days'} after the original date` : 'By the original date'
}

/** Predicted beside observed. One year proves little: the words say so wherever the figures stand. */
function effectModel(action: Action, retests: readonly ActionRetest[]) {
  const { predictedLowPence: low, predictedLikelyPence: likely, predictedHighPence: high } = action
  if (likely === null && retests.length === 0) return null
  return {
    predicted:
      likely === null || low === null || high === null
        ? null
        : {
            text: `${aboutPounds(likely)} a year`,
            exact: pounds(likely),
            hint: `Between ${aboutPounds(low)} and ${aboutPounds(high)}, beside the other improvements of its case`,
            clinicDays: action.predictedClinicDays,
          },
    retests: retests.map(retest => ({
      tag: { text: RETEST_OUTCOMES[retest.outcome].label, colour: RETEST_OUTCOMES[retest.outcome].colour },
      testedOn: retest.testedOn,
      tester: retest.tester,
      method: retest.method,
      observed: retest.observedPence === null ? null : `${pounds(retest.observedPence)} a year`,
      clinicDays: retest.observedClinicDays,
      compared: compared(retest.observedPence, low, high),
      isOwner: retest.tester === action.owner,
    })),
  }
}

function compared(observed: number | null, low: number | null, high: number | null): string | null {
  if (observed === null || low === null || high === null) return null
  if (observed < low) return 'Less than was predicted'
  return observed > high ? 'More than was predicted' : 'Within what was predicted'
}

function timeline(action: Action, { dates }: ActionHistory) {
  const first = dates[0]?.kind === 'first' ? null : { date: action.originalDate, label: 'Original date', reason: null, at: action.madeAt, by: null }
  const labels = { slip: 'New date', first: 'First date', restart: 'New date after an accepted risk' }
  const later = dates.map(({ kind, was, dueOn, reason, at, by }) => ({
    date: dueOn,
    label: labels[kind],
    by,
    reason,
    at,
    days: was === null ? null : daysBetween(was, dueOn),
  }))
  return [...(first === null || first.date === null ? [] : [{ ...first, days: null }]), ...later]
}

const EVENTS: Readonly<Record<string, string>> = {
  made: 'Added to the plan',
  started: 'Started',
  note: 'How it goes',
  done: 'Done',
  're-tested': 'Re-tested',
  accepted: 'Risk accepted for a time',
  resumed: 'To be done again',
  cancelled: 'Cancelled',
  reopened: 'Opened again, as a new action',
  funding: 'The money',
  changed: 'Changed what it says',
}

function eventLine({ kind, text, evidence, detail, at, by }: ActionEvent) {
  const until = isRecord(detail) ? lineAt(detail, 'until') : undefined
  const to = isRecord(detail) ? lineAt(detail, 'to') : undefined
  const extra = until === undefined ? to?.replaceAll('-', ' ') : `until ${dateWords(until)}`
  return { label: EVENTS[kind] ?? kind, extra: extra ?? null, text, evidence, at, by }
}

/** What the actor may do with it, the forms first that most come for. */
function buttonsFor(action: Action, actor: Actor): readonly Button[] {
  const href = `/plan/${action.id}`
  const offered = isActionState(action.state) ? actionsIn(ACTION_LIFECYCLE, action.state) : []
  const isClosed = action.state === 'cancelled' || action.state === 're-tested'
  const mayReport = may(actor, 'assure.plan.change') || action.ownerId === actor.id
  const allowed = (permission: string) => may(actor, permission) && (permission !== 'assure.plan.report' || mayReport)
  const forms = ACTION_FORMS.filter(({ name, verb, permission }) => {
    if (!allowed(permission)) return false
    if (verb !== null) return offered.includes(verb)
    return name === 'date' ? isOpen(action.state) : !isClosed
  })
  const start: readonly Button[] =
    offered.includes('start') && allowed('assure.plan.report') ? [{ label: 'Start it', href: `${href}/start`, method: 'post' }] : []
  const resume: readonly Button[] =
    offered.includes('resume') && allowed('assure.plan.change') ? [{ label: 'Take it up again', href: `${href}/resume`, method: 'post' }] : []
  const cancel: readonly Button[] =
    offered.includes('cancel') && allowed('assure.plan.change')
      ? [{ label: 'Cancel it', href: `${href}/cancel`, method: 'post', reason: 'required', variant: 'secondary' }]
      : []
  const links = forms.map(({ name, title }): Button => ({
    label: name === 'date' && action.dueOn !== null ? 'Give a later date' : title,
    href: `${href}/${name}`,
  }))
  return [...start, ...resume, ...links, ...cancel]
}
