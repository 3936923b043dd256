import { londonDate } from '../../kernel/instant.ts'
import type { HomeLine, HomePart } from '../../platform/home.ts'
import { may, type Actor } from '../../platform/work/actor.ts'
import type { Reader } from '../../platform/work/read.ts'
import { nextActions, planOf } from './plans/queries.ts'
import { planSummary } from './plans/summary.ts'
import { dateWords, leftWords } from './plans/views.ts'
import type { Visible } from './tables.ts'

/** What an organisation's first page says of its own review and plan. */

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
    const review = await reviewStep(asAssure(db), actor, actor.organisationId)
    const plan = await planStep(asAssure(db), actor, actor.organisationId, now)
    return [...review, ...plan]
  },
}

const STEPS: Readonly<Record<string, string>> = {
  open: 'Go on with your review',
  'with-assessor': 'Your review is with its assessor',
  agreeing: 'Agree on your review with its assessor',
}

async function reviewStep(db: Reader<Visible>, actor: Actor, organisationId: string): Promise<readonly HomeLine[]> {
  const newest = await db
    .selectFrom('assure_assessment')
    .where('organisation_id', '=', organisationId)
    .where('state', '!=', 'withdrawn')
    .orderBy('opened_at', 'desc')
    .orderBy('id')
    .select(['id', 'state', 'period', 'subject'])
    .executeTakeFirst()
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

export const assureHome: readonly HomePart[] = [promised, nextStep]
