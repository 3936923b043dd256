import { createHmac, randomBytes } from 'node:crypto'
import { Conflict } from '../../../kernel/errors.ts'
import { addDays } from '../../../kernel/instant.ts'
import { handles } from '../../../platform/jobs/job.ts'
import type { Platform } from '../../../platform/platform.ts'
import { assertMay, SYSTEM } from '../../../platform/work/actor.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import type { DisclosurePolicy, Ledger } from '../../../solvers/disclosure/model.ts'
import { prepareRelease } from '../../../solvers/disclosure/release.ts'
import { roundCount } from '../../../solvers/disclosure/rounding.ts'
import { policyInForce } from '../benchmark/queries.ts'
import { entriesOf } from '../catalogue/queries.ts'
import type { Visible } from '../tables.ts'
import { bandOf, BANDS, NEED_FREEZE, SETTLED_DAYS, yearOf } from './model.ts'
import { pooledOrganisations, unfundedNeeds } from './pool/queries.ts'

/** There is one cohort: everybody who takes part. */
const EVERYBODY = 'all'
const MOST_IMPROVEMENTS = 500

/** Asks for a freeze of what is pooled. A job does it, for no person may read what it reads. Throws `Conflict` while one is under way. */
export async function askNeedFreeze(work: Work<Visible>): Promise<string> {
  assertMay(work.actor, 'assure.benchmark.freeze')
  const period = yearOf(work.now)
  const before = await work.db
    .selectFrom('assure_need_freeze')
    .where('period', '=', period)
    .orderBy('number', 'desc')
    .select(['number', 'state', 'codes'])
    .executeTakeFirst()
  if (before?.state === 'asked') throw underWay()
  if (before === undefined) await assertSettled(work)
  const catalogue = await entriesOf(work.db, 'improvement', { search: '', sort: 'name' }, { limit: MOST_IMPROVEMENTS, cursor: null })
  const codes = before?.codes ?? catalogue.rows.map(({ code }) => code).toSorted()
  const id = work.newId('freeze')
  // Two who ask at once: the second finds the number taken.
  const asked = await work.db
    .insertInto('assure_need_freeze')
    .values({ id, period, number: (before?.number ?? 0) + 1, state: 'asked', codes, asked_at: work.now, asked_by: work.actor.id })
    .onConflict(clash => clash.columns(['period', 'number']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (asked === undefined) throw underWay()
  work.enqueue(NEED_FREEZE, { freezeId: id })
  work.record({ verb: 'assure.sector.freeze-asked', subject: { kind: 'freeze', id } })
  return id
}

function underWay(): Conflict {
  return new Conflict('assure.sector.under-way', 'What is pooled is being frozen just now. Look again in a minute.')
}

/** Throws `Conflict` for the first count of a year that comes soon after one of another: what is left over between the two would tell of whoever came or left. */
async function assertSettled(work: Work<Visible>): Promise<void> {
  const last = await work.db.selectFrom('assure_need_freeze').where('asked_at', '>', addDays(work.now, -SETTLED_DAYS)).select('id').executeTakeFirst()
  if (last === undefined) return
  throw new Conflict(
    'assure.sector.too-soon',
    `The last count of the year before is less than ${SETTLED_DAYS} days ago. So soon after it, a new year's figures could tell of one organisation. Count again later.`,
  )
}

export const needFreezeJob = handles<Platform, { freezeId: string }>(NEED_FREEZE, {
  purpose: 'Counts the improvements without money that organisations let be pooled, and releases what tells of none of them',
  retries: 3,
  retryAfterSeconds: 30,
  expireAfterSeconds: 300,
  handle: (platform, { freezeId }) => runWork<Visible, void>(platform, SYSTEM, work => freezeNeeds(work, freezeId)),
})

/** Freezes what was asked for, as the system. Does nothing to one that is frozen, so that a job may be given twice. */
async function freezeNeeds(work: Work<Visible>, freezeId: string): Promise<void> {
  const asked = await work.db
    .selectFrom('assure_need_freeze')
    .where('id', '=', freezeId)
    .where('state', '=', 'asked')
    .select(['id', 'period', 'number', 'codes'])
    .forUpdate()
    .executeTakeFirst()
  if (asked === undefined) return
  const policy = await policyInForce(work.db, work.now)
  const pool = await poolOf(work)
  const keyed = await keyedHash(work, asked.period)
  for (const code of asked.codes) await freezeImprovement(work, asked, { code, policy, pool, keyed })
  const isFew = pool.organisations.length < policy.minimum
  await work.db
    .updateTable('assure_need_freeze')
    .set({
      state: 'frozen',
      frozen_at: work.now,
      held: isFew ? 'few' : null,
      contributors: isFew ? null : roundCount(pool.organisations.length, policy.rounding),
      policy: JSON.stringify(policy),
    })
    .where('id', '=', asked.id)
    .execute()
  work.record({ verb: 'assure.sector.frozen', subject: { kind: 'freeze', id: asked.id } })
}

interface Freezing {
  readonly code: string
  readonly policy: DisclosurePolicy
  readonly pool: Pool
  readonly keyed: (text: string) => Buffer
}

/**
 * Each improvement is released by itself: most are needed by few, and together they would hold one another back. One in five that could be told is kept back by
 * lot, so that what is kept back says nothing for certain. The lot is the same all year: who asks again and again learns no more.
 */
async function freezeImprovement(work: Work<Visible>, asked: Asked, { code, policy, pool, keyed }: Freezing): Promise<void> {
  const release = prepareRelease({
    number: asked.number,
    cohorts: [{ code: EVERYBODY, parent: null }],
    members: pool.organisations.map(({ id, owner }) => {
      const levels = String(pool.bands.get(`${id} ${code}`) ?? 0)
      // Who needs something else than before counts as somebody new.
      return { key: short(keyed(`${id} ${code} ${levels}`)), cohorts: [EVERYBODY], levels, hands: [short(keyed(`owner ${owner}`))] }
    }),
    questions: 1,
    levels: BANDS.length,
    groups: [],
    ledger: await readLedger(work, asked, code),
    policy,
    draw: label => keyed(`${code} ${label}`).readUInt32BE(0) / 2 ** 32,
  })
  const cell = release.cohorts[0]?.cells[0] ?? null
  if (cell !== null) {
    const counts = JSON.stringify(Object.fromEntries(BANDS.map((band, at) => [band.code, cell[at] ?? 0])))
    await work.db.insertInto('assure_need_figure').values({ freeze_id: asked.id, improvement_code: code, counts }).execute()
  }
  const ledger = release.ledger.parts.map(({ inside, members, counts }, position) => ({
    freeze_id: asked.id,
    improvement_code: code,
    position,
    inside: [...inside],
    members: members.map(key => [key, ...(release.ledger.hands.get(key) ?? [])].join(':')).join(' '),
    counts: JSON.stringify(counts),
  }))
  if (ledger.length > 0) await work.db.insertInto('assure_need_ledger').values(ledger).execute()
}

interface Asked {
  readonly id: string
  readonly period: string
  readonly number: number
}

interface Pool {
  readonly organisations: Awaited<ReturnType<typeof pooledOrganisations>>
  /** Organisation and improvement → the place of the band. */
  readonly bands: ReadonlyMap<string, number>
}

async function poolOf(work: Work<Visible>): Promise<Pool> {
  const needs = await unfundedNeeds(work.db, null)
  const bands = new Map(
    needs.map(({ organisationId, improvementCode, pence }) => [`${organisationId} ${improvementCode}`, Math.max(1, bandOf(pence))]),
  )
  return { organisations: await pooledOrganisations(work.db), bands }
}

function short(hash: Buffer): string {
  return hash.toString('base64url').slice(0, 22)
}

/** Hashes under a key of the year that nobody but the system reads. */
async function keyedHash(work: Work<Visible>, period: string): Promise<(text: string) => Buffer> {
  await work.db
    .insertInto('assure_need_key')
    .values({ period, key: randomBytes(32).toString('hex') })
    .onConflict(conflict => conflict.doNothing())
    .execute()
  const { key } = await work.db.selectFrom('assure_need_key').where('period', '=', period).select('key').executeTakeFirstOrThrow()
  return text => createHmac('sha256', key).update(text).digest()
}

/** The ledger of an improvement as the freeze before it left it, and in which freezes of the year it was shown. */
async function readLedger(work: Work<Visible>, { period, number }: Asked, code: string): Promise<Ledger> {
  const parts = await work.db
    .selectFrom('assure_need_ledger as ledger')
    .innerJoin('assure_need_freeze as freeze', 'freeze.id', 'ledger.freeze_id')
    .where('freeze.period', '=', period)
    .where('freeze.number', '=', number - 1)
    .where('ledger.improvement_code', '=', code)
    .orderBy('ledger.position')
    .select(['ledger.inside', 'ledger.members', 'ledger.counts'])
    .execute()
  const figures = await work.db
    .selectFrom('assure_need_figure as figure')
    .innerJoin('assure_need_freeze as freeze', 'freeze.id', 'figure.freeze_id')
    .where('freeze.period', '=', period)
    .where('freeze.number', '<', number)
    .where('figure.improvement_code', '=', code)
    .select('freeze.number')
    .execute()
  const written = parts.map(({ inside, members, counts }) => ({ inside, counts, members: members.split(' ').map(one => one.split(':')) }))
  return {
    // The freeze before wrote the sums.
    parts: written.map(({ inside, members, counts }) => ({ inside, members: members.map(([key = '']) => key), counts: counts as number[] })),
    shown: new Map(figures.map(figure => [`${figure.number} ${EVERYBODY}`, new Set([0])])),
    // Nothing is summed up over several improvements.
    grouped: new Map(),
    hands: new Map(written.flatMap(({ members }) => members.map(([key = '', ...hands]) => [key, hands] as const))),
  }
}
