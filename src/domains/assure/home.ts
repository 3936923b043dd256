import { londonDate } from '../../kernel/instant.ts'
import type { HomeLine, HomePart } from '../../platform/home.ts'
import { may, type Actor } from '../../platform/work/actor.ts'
import type { Reader } from '../../platform/work/read.ts'
import { engagementState } from './engagements/model.ts'
import { engagementsFor } from './engagements/queries.ts'
import { expiryOf } from './evidence/queries.ts'
import { nextActions, planOf } from './plans/queries.ts'
import { planSummary } from './plans/summary.ts'
import { dateWords, leftWords } from './plans/views.ts'
import type { Visible } from './tables.ts'

/** What an organisation's first page says of its own review and plan, and an assessor's of what they were asked to assess. */

const SHOWN = 5

/** The page's reader narrows to its own tables; the connection behind it is the same, and row-level security holds whatever is asked. */
const asAssure = (db: Reader<never>) => db as unknown as Reader<Visible>

const promised: HomePart = {
  place: 'promised',
  permission: 'assure.plan.view',
  async read(db, { organisationId }, now) {
    if (organisationId === null) return []
    const today = londonDate(now)
    const actions = await nextActions(asAssure(db), organisationId, SHOWN)
    return actions.map(({ id, title, dueOn, owner }) => ({
      text: title,
      href: `/plan/${id}`,
      hint: [dueOn === null ? 'No date yet' : `By ${dateWords(dueOn)}: ${leftWords(dueOn, today)}`, ...(owner === null ? [] : [owner])].join('. '),
      isOverdue: dueOn !== null && dueOn < today,
    }))
  },
}

const nextStep: HomePart = {
  place: 'next-step',
  permission: 'assure.plan.view',
  async read(db, actor, now) {
    if (actor.organisationId === null) return []
    const newest = await newestReview(asAssure(db), actor.organisationId)
    const review = reviewStep(actor, newest)
    const evidence = newest === undefined ? [] : await evidenceStep(asAssure(db), actor, newest.id, now)
    const plan = await planStep(asAssure(db), actor, actor.organisationId, now)
    return [...review, ...evidence, ...plan]
  },
}

const ASSESSORS_STEPS: Readonly<Record<string, string>> = {
  asked: 'You are asked to assess',
  declared: 'Go on with the assessment of',
}

const asked: HomePart = {
  place: 'next-step',
  permission: 'assure.review.assess',
  async read(db, actor, now) {
    const { rows } = await engagementsFor(asAssure(db), actor, { search: '', state: null }, { limit: SHOWN, cursor: null }, now)
    return rows.flatMap(engagement => {
      const step = ASSESSORS_STEPS[engagementState(engagement, now)]
      const hint = `Until ${dateWords(londonDate(engagement.until))}`
      return step === undefined
        ? []
        : [{ text: `${step} ${engagement.organisationName}`, href: `/independent/${engagement.id}`, hint, isOverdue: false }]
    })
  },
}

const STEPS: Readonly<Record<string, string>> = {
  open: 'Go on with your review',
  'with-assessor': 'Your review is with its assessor',
  agreeing: 'Agree on your review with its assessor',
}

function newestReview(db: Reader<Visible>, organisationId: string) {
  return db
    .selectFrom('assure_assessment')
    .where('organisation_id', '=', organisationId)
    .where('state', '!=', 'withdrawn')
    .orderBy('opened_at', 'desc')
    .orderBy('id')
    .select(['id', 'state', 'period', 'subject'])
    .executeTakeFirst()
}

function reviewStep(actor: Actor, newest: Awaited<ReturnType<typeof newestReview>>): readonly HomeLine[] {
  if (newest === undefined)
    return may(actor, 'assure.assessment.open')
      ? [
          {
            text: 'Begin your cyber review',
            href: '/assessments',
            hint: 'It is your own: nobody reads it but those whom you ask in.',
            isOverdue: false,
          },
        ]
      : []
  const text = STEPS[newest.state]
  return text === undefined ? [] : [{ text, href: `/assessments/${newest.id}`, hint: `${newest.period}, ${newest.subject}`, isOverdue: false }]
}

/** Evidence of the newest review that no longer holds, or will not for long. */
async function evidenceStep(db: Reader<Visible>, actor: Actor, assessmentId: string, now: Date): Promise<readonly HomeLine[]> {
  const { expired, expiring } = await expiryOf(db, actor, assessmentId, now)
  const line = (text: string, state: string, isOverdue: boolean): readonly HomeLine[] => [
    { text, href: `/assessments/${assessmentId}/evidence?state=${state}`, hint: 'Add a newer one in its place.', isOverdue },
  ]
  const pieces = (count: number) => (count === 1 ? 'One piece of evidence' : `${count} pieces of evidence`)
  if (expired > 0) return line(`${pieces(expired)} ${expired === 1 ? 'has' : 'have'} expired`, 'expired', true)
  return expiring === 0 ? [] : line(`${pieces(expiring)} ${expiring === 1 ? 'expires' : 'expire'} within a month`, 'expiring', false)
}

async function planStep(db: Reader<Visible>, actor: Actor, organisationId: string, now: Date): Promise<readonly HomeLine[]> {
  const line = (text: string, href: string, hint: string | null, isOverdue = false): readonly HomeLine[] => [{ text, href, hint, isOverdue }]
  if ((await planOf(db, organisationId)) === null)
    return may(actor, 'assure.plan.change') ? line('Begin your plan', '/plan', 'What you mean to do, by when, and what it costs.') : []
  const summary = await planSummary(db, organisationId, londonDate(now))
  if (summary === null) return []
  const { counts } = summary
  if (counts.late > 0)
    return line(
      counts.late === 1 ? 'One action of your plan is late' : `${counts.late} actions of your plan are late`,
      '/plan?state=late',
      'Say that they are done, or give a later date and why.',
      true,
    )
  if (summary.isVoided) return line('Your plan is no longer agreed', '/plan/agreement', 'What was signed has changed since.', true)
  if (counts.undated > 0) return line('Give dates to what has none', '/plan?state=undated', null)
  return line('See your plan', '/plan', `${counts.open} to be done, none late.`)
}

export const assureHome: readonly HomePart[] = [promised, nextStep, asked]
