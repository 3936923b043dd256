import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { parsePeriod } from '../assessments/model.ts'
import { frameworkById, outcomesOf } from '../frameworks/queries.ts'
import type { Visible } from '../tables.ts'
import { FREEZE, packLevels, receiptOf } from './model.ts'
import { previewOf, type Preview } from './preview.ts'

/** A freeze that was asked for so long ago has failed, all its tries. */
const LONGEST_FREEZE_MILLIS = 3_600_000

/** What is sent and its receipt, as soon as it is. */
export interface Receipt {
  readonly id: Id<'contribution'>
  readonly receipt: string
  readonly sent: Preview['sent']
}

/**
 * Contributes a review of the actor's own organisation: exactly what `previewOf` shows. What was contributed before for the framework and year is erased and
 * replaced. Throws `Conflict` where there is nothing to send, nothing new, or the framework is withdrawn.
 */
export async function contribute(work: Work<Visible>, assessmentId: string): Promise<Receipt> {
  const organisationId = ownOrganisation(work)
  // One at a time of an organisation: the second finds what the first sent.
  await work.db.selectFrom('assure_assessment').where('id', '=', assessmentId).select('id').forUpdate().execute()
  const { review, framework, sent, current, problem } = await previewOf(work.db, work.actor, assessmentId, work.now)
  if (problem !== null) throw new Conflict('assure.benchmark.cannot-contribute', problem)
  const id = work.newId('contribution')
  const whole = { ...sent, contribution: id }
  const receipt = receiptOf(whole)
  if (current !== null) await erase(work, current.id, id)
  await work.db
    .insertInto('assure_contribution')
    .values({
      id,
      organisation_id: organisationId,
      framework_id: framework.id,
      period: review.period,
      assessment_id: review.id,
      view: sent.view,
      levels: packLevels(await outcomesOf(work.db, framework.id), framework.levels, new Map(Object.entries(sent.outcomes))),
      organisation_type: sent.organisationType,
      size_band: sent.sizeBand,
      receipt,
      contributed_at: work.now,
      contributed_by: work.actor.id,
    })
    .execute()
  work.record({ verb: 'assure.benchmark.contributed', subject: { kind: 'assessment', id: review.id }, organisationId })
  return { id, receipt, sent: whole }
}

/** Takes a contribution back: its answers are erased at once, and the next freeze is without it. Throws `NotFound` for one that is not the organisation's own. */
export async function withdrawContribution(work: Work<Visible>, contributionId: string): Promise<void> {
  const organisationId = ownOrganisation(work)
  const row = await work.db
    .selectFrom('assure_contribution')
    .where('id', '=', contributionId)
    .where('organisation_id', '=', organisationId)
    .where('withdrawn_at', 'is', null)
    .select(['id', 'assessment_id'])
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined)
    throw new NotFound(
      'assure.benchmark.no-contribution',
      'You have not contributed that, or have taken it back already. Look at what you contribute.',
    )
  await erase(work, row.id, null)
  work.record({
    verb: 'assure.benchmark.withdrawn',
    subject: { kind: 'assessment', id: row.assessment_id ?? row.id },
    organisationId,
  })
}

async function erase(work: Work<Visible>, id: string, replacedBy: string | null): Promise<void> {
  await work.db
    .updateTable('assure_contribution')
    .set({ levels: '', withdrawn_at: work.now, withdrawn_by: work.actor.id, replaced_by: replacedBy })
    .where('id', '=', id)
    .execute()
}

/** Asks for a freeze of all that is contributed for a framework and a year. A job does it, for no person may read what it reads. Gives its id. */
export async function askFreeze(work: Work<Visible>, wanted: { readonly frameworkId: string; readonly period: string }): Promise<Id<'freeze'>> {
  assertMay(work.actor, 'assure.benchmark.freeze')
  const framework = await frameworkById(work.db, wanted.frameworkId)
  if (framework === undefined) throw new Invalid('assure.framework.unknown', 'Choose a framework from the list.')
  const period = parsePeriod(wanted.period)
  if (period === undefined) throw new Invalid('assure.benchmark.period', 'Give the year as 2026-27, or as 2026.')
  // Two who ask at once: the second waits here, and finds the first. A framework that is withdrawn is found by nobody.
  const usable = await work.db
    .selectFrom('assure_framework')
    .where('id', '=', framework.id)
    .where('withdrawn_at', 'is', null)
    .select('id')
    .forUpdate()
    .executeTakeFirst()
  if (usable === undefined) throw new Conflict('assure.framework.withdrawn', 'That framework is withdrawn. Its releases stay; no more are made.')
  const before = await work.db
    .selectFrom('assure_freeze')
    .where('framework_id', '=', framework.id)
    .where('period', '=', period)
    .select(['id', 'number', 'state', 'asked_at'])
    .orderBy('number', 'desc')
    .executeTakeFirst()
  if (before?.state === 'asked') {
    const isUnderWay = work.now.getTime() - before.asked_at.getTime() < LONGEST_FREEZE_MILLIS
    if (isUnderWay) throw new Conflict('assure.benchmark.under-way', 'That is being frozen just now. Look at the list of releases.')
    return askAgain(work, before.id as Id<'freeze'>)
  }
  const id = work.newId('freeze')
  await work.db
    .insertInto('assure_freeze')
    .values({
      id,
      framework_id: framework.id,
      period,
      number: (before?.number ?? 0) + 1,
      state: 'asked',
      asked_at: work.now,
      asked_by: work.actor.id,
    })
    .execute()
  work.record({
    verb: 'assure.benchmark.freeze-asked',
    subject: { kind: 'freeze', id },
    change: { framework: framework.code, version: framework.version, period },
  })
  work.enqueue(FREEZE, { freezeId: id })
  return id
}

/** A freeze that never came to its end is asked for again under its own number. */
function askAgain(work: Work<Visible>, id: Id<'freeze'>): Id<'freeze'> {
  work.record({ verb: 'assure.benchmark.freeze-asked', subject: { kind: 'freeze', id } })
  work.enqueue(FREEZE, { freezeId: id })
  return id
}

function ownOrganisation(work: Work<Visible>): Id<'organisation'> {
  assertMay(work.actor, 'assure.benchmark.contribute')
  const { organisationId } = work.actor
  if (organisationId === null) throw new NotFound('assure.benchmark.for-whom', 'You act for no organisation, so there is nothing to contribute.')
  return organisationId
}
