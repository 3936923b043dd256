import { openAssessment, moveOwnAssessment } from '../../domains/assure/assessments/commands.ts'
import { periodOf, type Assessment } from '../../domains/assure/assessments/model.ts'
import { confirmCarried, saveAnswers } from '../../domains/assure/assessments/outcomes/commands.ts'
import { giveOutcomes } from '../../domains/assure/assessments/respondents/commands.ts'
import { askFreeze } from '../../domains/assure/benchmark/commands.ts'
import { bandOf, packLevels } from '../../domains/assure/benchmark/model.ts'
import { bandsInForce } from '../../domains/assure/benchmark/queries.ts'
import { askAssessor, giveToAssessor } from '../../domains/assure/engagements/commands.ts'
import { addEvidence } from '../../domains/assure/evidence/commands.ts'
import type { Framework, Outcome } from '../../domains/assure/frameworks/model.ts'
import { frameworkByKey, indicatorsOf, outcomesOf } from '../../domains/assure/frameworks/queries.ts'
import { addFinding, saveView } from '../../domains/assure/independent/commands.ts'
import { declareIndependence } from '../../domains/assure/independent/declare/commands.ts'
import { openCase } from '../../domains/assure/investment/commands.ts'
import { addActions } from '../../domains/assure/plans/commands.ts'
import { moveDate, setFunding, startAction } from '../../domains/assure/plans/steps/commands.ts'
import type { Visible } from '../../domains/assure/tables.ts'
import { addDays, londonDate, type Instant } from '../../kernel/instant.ts'
import { withSystemSight } from '../../platform/auth/actors.ts'
import type { Platform } from '../../platform/platform.ts'
import { SYSTEM, type Actor } from '../../platform/work/actor.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import type { SampleStaff } from './people.ts'
import { createRandom, type Random } from './random.ts'

/** The share of statements that are true of an organisation of the sample, about. */
const TRUE_SHARE = 0.72
const CONTRIBUTING = ['care-home', 'practice', 'trust']
const MOST_CONTRIBUTIONS = 400

interface Setting {
  readonly platform: Platform
  readonly staff: SampleStaff
  readonly framework: Framework
  readonly outcomes: readonly Outcome[]
  readonly random: Random
  readonly now: Instant
}

/**
 * Tells how some of the sample review themselves, through the product's own commands: a trust that carries last year forward and shares the work out, one whose
 * assessor is half way, a care home that has just begun, and a benchmark that is frozen from what many contributed.
 */
export async function tellReviews(platform: Platform, staff: SampleStaff, seed: number): Promise<void> {
  const now = platform.clock.now()
  const { framework, outcomes } = await runWork<Visible, Pick<Setting, 'framework' | 'outcomes'>>(platform, SYSTEM, async ({ db }) => {
    const found = await frameworkByKey(db, 'care-first-steps', '1.0')
    if (found === undefined) throw new RangeError('The short framework comes with the product and is not there.')
    return { framework: found, outcomes: await outcomesOf(db, found.id) }
  })
  const setting: Setting = { platform, staff, framework, outcomes, random: createRandom(seed + 3), now }
  const [first, second] = staff.trustLeads
  if (first === undefined || second === undefined) return
  const review = await reviewAgain(setting, first)
  await shareOut(setting, first, review)
  await keepPlan(setting, first)
  await runWork<Visible, unknown>(platform, first, work => openCase(work, { name: `Budget ${periodOf(londonDate(addDays(now, 365)))}` }))
  await letAssess(setting, second)
  await begin(setting, staff.careHomeLead)
  await fillBenchmark(setting)
}

/** Last year's review, closed, and this year's upon it. */
async function reviewAgain(setting: Setting, lead: Actor): Promise<Assessment> {
  const { framework, outcomes, now } = setting
  const lastYear = addDays(now, -400)
  const before = await open(setting, lead, lastYear, null)
  for (const { code } of outcomes) await answer(setting, lead, before, code, lastYear, TRUE_SHARE - 0.15)
  await at(setting, lastYear, lead, work => moveOwnAssessment(work, before.id, 'close', ''))
  const begun = addDays(now, -40)
  return at(setting, begun, lead, work =>
    openAssessment(work, { frameworkId: framework.id, profileId: null, period: periodOf(londonDate(begun)), subject: '', carryFrom: before.id }),
  )
}

/** Each colleague has a third of it: one is done, one half way, one has not begun. */
async function shareOut(setting: Setting, lead: Actor, review: Assessment): Promise<void> {
  const { staff, outcomes, now } = setting
  const codes = outcomes.map(({ code }) => code)
  const third = Math.ceil(codes.length / 3)
  for (const [index, colleague] of staff.contributors.entries()) {
    const given = codes.slice(index * third, (index + 1) * third)
    await at(setting, addDays(now, -38), lead, work =>
      giveOutcomes(work, { assessmentId: review.id, outcomeCodes: given, personId: colleague.id, part: 'owner' }),
    )
    for (const code of given.slice(0, [third, Math.floor(third / 2), 0][index])) {
      await at(setting, addDays(now, -20), colleague, work =>
        confirmCarried(work, { assessmentId: review.id, outcomeCode: code, indicatorCode: null }),
      )
    }
  }
  const [piece = ''] = codes
  await at(setting, addDays(now, -19), lead, work =>
    addEvidence(work, {
      assessmentId: review.id,
      outcomes: [piece],
      kind: 'reference',
      place: 'Register of responsibilities, kept by the company secretary',
      sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      title: 'Who is responsible, signed by the chief executive',
      note: '',
      grade: 'written',
      effectiveOn: londonDate(addDays(now, -90)),
      expiresOn: londonDate(addDays(now, 20)),
      ownerId: null,
      replaces: null,
    }),
  )
}

/** Actions at every stage: begun, paid for, late with a reason, and one that waits for money. */
async function keepPlan(setting: Setting, lead: Actor): Promise<void> {
  const { now, staff } = setting
  const { organisationId } = lead
  if (organisationId === null) return
  const day = (days: number) => londonDate(addDays(now, days))
  const owner = staff.contributors[0]?.id ?? null
  const source = { kind: 'hand', id: null } as const
  const added = await at(setting, addDays(now, -120), lead, work =>
    addActions(work, organisationId, [
      { title: 'Try to bring back records from the backups', source, ownerId: owner, dueOn: day(-12), funding: 'not-needed', peopleDays: 6 },
      {
        title: 'A second factor for everyone who signs in from outside',
        source,
        ownerId: lead.id,
        dueOn: day(45),
        funding: 'asked',
        capitalPence: 1_800_000,
        yearlyPence: 2_400_000,
        peopleDays: 40,
      },
      {
        title: 'Take the old imaging server off the network',
        source,
        ownerId: lead.id,
        dueOn: day(20),
        funding: 'approved',
        capitalPence: 950_000,
        peopleDays: 15,
      },
      {
        title: 'Somebody to ring at night',
        source,
        noDateReason: 'Waits for the rota of the whole region',
        funding: 'asked',
        yearlyPence: 6_000_000,
      },
    ]),
  )
  const [restore, , imaging, night] = added.ids
  if (restore === undefined || imaging === undefined || night === undefined) return
  await at(setting, addDays(now, -60), lead, work => startAction(work, imaging))
  await at(setting, addDays(now, -15), lead, work =>
    moveDate(work, restore, { dueOn: day(16), reason: 'The supplier could not come before the winter change freeze' }),
  )
  await at(setting, addDays(now, -10), lead, work => setFunding(work, night, { funding: 'refused', note: 'Ask again with the next budget' }))
}

/** A review whose assessor has recorded some of it. */
async function letAssess(setting: Setting, lead: Actor): Promise<void> {
  const { outcomes, now, staff, platform } = setting
  const begun = addDays(now, -70)
  const review = await open(setting, lead, begun, null)
  for (const { code } of outcomes) await answer(setting, lead, review, code, begun, TRUE_SHARE)
  const engagementId = await runWork<Visible, string>(moved(platform, addDays(now, -30)), withSystemSight(lead), work =>
    askAssessor(work, {
      assessmentId: review.id,
      kind: 'independent',
      whom: staff.assessor.id,
      purpose: 'The yearly independent view, before the board meets',
      until: addDays(now, 45),
      sample: null,
    }),
  )
  await at(setting, addDays(now, -28), staff.assessor, work =>
    declareIndependence(work, { engagementId, independence: 'I have never worked for the trust or its suppliers.', conflicts: '' }),
  )
  await at(setting, addDays(now, -27), lead, work => giveToAssessor(work, review.id))
  for (const { code } of outcomes.slice(0, Math.ceil(outcomes.length / 2))) await assess(setting, engagementId, code)
}

async function assess(setting: Setting, engagementId: string, outcomeCode: string): Promise<void> {
  const { framework, random, now, staff } = setting
  await at(setting, addDays(now, -5), staff.assessor, async work => {
    const indicators = await indicatorsOf(work.db, framework.id, outcomeCode)
    const answers = indicators.map(({ code }) => ({ code, answer: random.chance(TRUE_SHARE) ? ('yes' as const) : ('no' as const), comment: '' }))
    await saveView(work, {
      engagementId,
      outcomeCode,
      answers,
      summary: 'Seen on site, and talked through with those who do the work.',
      evidenceGrade: 'shown',
      revision: 0,
      record: true,
      reason: '',
    })
    const isAllTrue = answers.every(given => given.answer === 'yes')
    await addFinding(work, {
      engagementId,
      outcomeCode,
      kind: isAllTrue ? 'strength' : 'finding',
      what: isAllTrue ? 'It is done, known and shown' : 'It is done in places, and nobody checks',
      detail: isAllTrue
        ? 'Three people on different wards told the same story without being led.'
        : 'Two of five that were asked did not know of it.',
      advice: isAllTrue
        ? 'Others of the same kind could do it the same way.'
        : 'Name somebody who looks once a quarter, and write down what they see.',
    })
  })
}

/** The first afternoon of a care home. */
async function begin(setting: Setting, lead: Actor): Promise<void> {
  const yesterday = addDays(setting.now, -1)
  const review = await open(setting, lead, yesterday, null)
  for (const { code } of setting.outcomes.slice(0, 4)) await answer(setting, lead, review, code, yesterday, TRUE_SHARE)
}

/** What others of the sector contributed: levels alone, as if each had reviewed itself; and a freeze of them, which the worker makes. */
async function fillBenchmark({ platform, staff, framework, outcomes, random, now }: Setting): Promise<void> {
  const period = periodOf(londonDate(now))
  const taken = new Set([...staff.trustLeads, staff.careHomeLead].map(({ organisationId }) => organisationId))
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    const bands = await bandsInForce(work.db, now)
    const organisations = await work.db
      .selectFrom('directory_organisation')
      .where('type', 'in', CONTRIBUTING)
      .where('status', '=', 'open')
      .select(['id', 'type', 'size'])
      .orderBy('code')
      .limit(MOST_CONTRIBUTIONS)
      .execute()
    const rows = organisations
      .filter(({ id }) => [...taken].every(other => other !== id))
      .map(({ id, type, size }) => {
        const levels = new Map(
          outcomes.map(({ code, levels: possible }) => [code, possible[random.chance(0.55) ? 0 : random.between(0, possible.length - 1)] ?? '']),
        )
        return {
          id: work.newId('contribution'),
          organisation_id: id,
          framework_id: framework.id,
          period,
          assessment_id: null,
          view: 'self' as const,
          levels: packLevels(outcomes, framework.levels, levels),
          organisation_type: type,
          size_band: bandOf(size, bands),
          receipt: '',
          contributed_at: work.now,
          contributed_by: 'sample',
        }
      })
    await work.db.insertInto('assure_contribution').values(rows).execute()
    work.record({ verb: 'sample.benchmark.filled', subject: { kind: 'sample', id: 'benchmark' }, change: { contributions: rows.length } })
  })
  await runWork<Visible, unknown>(platform, staff.cicso, work => askFreeze(work, { frameworkId: framework.id, period }))
}

function open(setting: Setting, lead: Actor, when: Instant, carryFrom: string | null): Promise<Assessment> {
  const wanted = { frameworkId: setting.framework.id, profileId: null, period: periodOf(londonDate(when)), subject: '', carryFrom }
  return at(setting, when, lead, work => openAssessment(work, wanted))
}

async function answer(setting: Setting, lead: Actor, review: Assessment, outcomeCode: string, when: Instant, share: number): Promise<void> {
  const { random } = setting
  await at(setting, when, lead, async work => {
    const indicators = await indicatorsOf(work.db, setting.framework.id, outcomeCode)
    const given = () => (random.chance(share) ? ('yes' as const) : ('no' as const))
    const answers = indicators.map(({ code }) => ({ code, answer: given(), comment: '', alternative: '', revision: 0 }))
    return saveAnswers(work, { assessmentId: review.id, outcomeCode, answers })
  })
}

function at<R>({ platform }: Pick<Setting, 'platform'>, when: Instant, actor: Actor, body: (work: Work<Visible>) => Promise<R>): Promise<R> {
  return runWork(moved(platform, when), actor, body)
}

/** The same platform at another time. */
function moved(platform: Platform, now: Instant): Platform {
  return { ...platform, clock: { now: () => now } }
}
