import type { Reader } from '../../../../platform/work/read.ts'
import { indicatorsOf } from '../../frameworks/queries.ts'
import type { Visible } from '../../tables.ts'
import type { Assessment } from '../model.ts'
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
