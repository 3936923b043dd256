import type { Actor } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { indicatorsOf } from '../../frameworks/queries.ts'
import type { Visible } from '../../tables.ts'
import { seesOnlyGiven, whyNotCounted, type Assessment } from '../model.ts'
import { assessmentById, ownAssessment } from '../queries.ts'
import { planCarry, type CarryPlan, type Pair } from './model.ts'

type Db = Reader<Visible>
type Versioned = Pick<Assessment, 'frameworkId' | 'frameworkCode' | 'frameworkVersion'>

/** The crosswalk from one framework to another: `null` where none was loaded. Read the other way round where only that one was. */
export async function crosswalkBetween(db: Db, from: Versioned, to: Versioned): Promise<readonly Pair[] | null> {
  return (await crosswalk(db, from, to)) ?? (await crosswalk(db, to, from))?.map(turned) ?? null
}

async function crosswalk(db: Db, from: Versioned, to: Versioned): Promise<readonly Pair[] | null> {
  const head = await db
    .selectFrom('assure_crosswalk')
    .select('id')
    .where('from_framework', '=', from.frameworkCode)
    .where('from_version', '=', from.frameworkVersion)
    .where('to_framework', '=', to.frameworkCode)
    .where('to_version', '=', to.frameworkVersion)
    .executeTakeFirst()
  if (head === undefined) return null
  return db
    .selectFrom('assure_crosswalk_pair')
    .where('crosswalk_id', '=', head.id)
    .select(['from_code as fromCode', 'to_code as toCode', 'relation'])
    .orderBy('from_code')
    .orderBy('to_code')
    .execute()
}

const TURNED = { equal: 'equal', subset: 'superset', superset: 'subset', intersect: 'intersect' } as const

function turned({ fromCode, toCode, relation }: Pair): Pair {
  return { fromCode: toCode, toCode: fromCode, relation: TURNED[relation] }
}

/** What becomes of the answers of one review in another; `null` where the frameworks differ and no crosswalk ties them. */
export async function carryPlan(db: Db, from: Versioned, to: Versioned): Promise<CarryPlan | null> {
  const isSameVersion = from.frameworkId === to.frameworkId
  const pairs = isSameVersion ? null : await crosswalkBetween(db, from, to)
  if (!isSameVersion && pairs === null) return null
  const before = await indicatorsOf(db, from.frameworkId)
  return planCarry(before, isSameVersion ? before : await indicatorsOf(db, to.frameworkId), pairs)
}

export interface Carried {
  readonly assessment: Assessment
  /** `null` where nothing was carried over. */
  readonly from: Assessment | null
  readonly plan: CarryPlan
  readonly waiting: number
}

const NO_PLAN: CarryPlan = { same: [], changed: [], added: [], gone: [] }

/** What became of last year's statements in a review, and how many answers wait. A contributor is told of what was given to them, and not of what is gone. */
export async function carriedOf(db: Db, actor: Actor, id: string): Promise<Carried> {
  const assessment = await ownAssessment(db, actor, id)
  const from = assessment.carriedFrom === null ? null : await assessmentById(db, assessment.carriedFrom)
  const whole = from === null ? NO_PLAN : ((await carryPlan(db, from, assessment)) ?? NO_PLAN)
  const given = seesOnlyGiven(actor) ? await givenCodes(db, assessment.id, actor.id) : null
  const isShown = ({ outcomeCode }: { readonly outcomeCode: string }) => given?.has(outcomeCode) ?? true
  const plan = {
    same: whole.same.filter(({ to }) => isShown(to)),
    changed: whole.changed.filter(({ to }) => isShown(to)),
    added: whole.added.filter(isShown),
    gone: given === null ? whole.gone : [],
  }
  const rows = await db
    .selectFrom('assure_answer')
    .select(['outcome_code as outcomeCode', 'answer', 'comment', 'alternative', 'carried'])
    .where('assessment_id', '=', assessment.id)
    .where('view', '=', 'self')
    .where('carried', '=', 'unconfirmed')
    .execute()
  return { assessment, from, plan, waiting: rows.filter(row => isShown(row) && whyNotCounted(row) === 'unconfirmed').length }
}

async function givenCodes(db: Db, assessmentId: string, personId: string): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom('assure_respondent')
    .select('outcome_code')
    .where('assessment_id', '=', assessmentId)
    .where('person_id', '=', personId)
    .execute()
  return new Set(rows.map(row => row.outcome_code))
}
