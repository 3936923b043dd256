import { createHmac, randomBytes } from 'node:crypto'
import { parseId } from '../../../kernel/id.ts'
import { chunks } from '../../../platform/db/chunks.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { HoldReason, Ledger, Release } from '../../../solvers/disclosure/model.ts'
import { prepareRelease } from '../../../solvers/disclosure/release.ts'
import { quartilesOf } from '../../../solvers/disclosure/rounding.ts'
import type { Level } from '../frameworks/model.ts'
import { frameworkById, outcomesOf } from '../frameworks/queries.ts'
import type { Visible } from '../tables.ts'
import { cohortCodes, cohortsOf, UNANSWERED, type BenchmarkPolicy, type CohortPlace, type Freeze, type Objective } from './model.ts'
import { bandsInForce, cohortKindsInForce, contributionsToFreeze, frameworkObjectives, freezeById, policyInForce } from './queries.ts'

/** What a freeze came to, in numbers that everybody may know. */
export interface Frozen {
  readonly released: number
  readonly held: Readonly<Record<HoldReason, number>>
}

/**
 * Freezes what was asked for, as the system: reads the contributions, decides what may be released, and writes that and the ledger. Gives `null` for one that is
 * frozen already, so that a job may be given twice.
 */
export async function freeze(work: Work<Visible>, freezeId: string): Promise<Frozen | null> {
  const asked = await work.db
    .selectFrom('assure_freeze')
    .where('id', '=', freezeId)
    .where('state', '=', 'asked')
    .select('id')
    .forUpdate()
    .executeTakeFirst()
  if (asked === undefined) return null
  const about = await freezeById(work.db, freezeId)
  const framework = await frameworkById(work.db, about.frameworkId)
  const levels = framework?.levels ?? []
  const outcomes = await outcomesOf(work.db, about.frameworkId)
  const policy = await policyInForce(work.db, work.now)
  const kinds = await cohortKindsInForce(work.db, work.now)
  const types = await work.db.selectFrom('directory_organisation_type').select(['code', 'plural']).orderBy('position').orderBy('code').execute()
  const cohorts = cohortsOf(kinds, types, await bandsInForce(work.db, work.now))
  const objectives = await frameworkObjectives(work.db, about.frameworkId)
  // A framework does not change; should one have, what was packed by another list of outcomes says nothing about this one.
  const contributions = (await contributionsToFreeze(work.db, about.frameworkId, about.period)).filter(one => one.levels.length === outcomes.length)
  const keyed = await hasher(work, about)
  const known = new Set(cohorts.map(({ code }) => code))
  const release = prepareRelease({
    number: about.number,
    cohorts,
    members: contributions.map(({ id, type, band, levels: answers, person, owner }) => ({
      key: keyed.hash(id),
      cohorts: cohortCodes(kinds, type, band).filter(code => known.has(code)),
      levels: answers,
      // Who contributed for several knows of several, and so does the body that they are parts of.
      hands: [...(parseId('person', person) !== undefined ? [keyed.hash(person)] : []), keyed.hash(`owner ${owner}`)],
    })),
    questions: outcomes.length,
    levels: levels.length,
    groups: objectives.map(objective => ({
      code: objective.code,
      questions: objective.outcomes.map(code => outcomes.findIndex(one => one.code === code)),
    })),
    ledger: await readLedger(
      work,
      about,
      outcomes.map(({ code }) => code),
    ),
    policy,
    draw: keyed.draw,
  })
  await writeRelease(work, about, { release, cohorts, policy, levels, objectives, codes: outcomes.map(({ code }) => code) })
  const held = (reason: HoldReason) => release.cohorts.filter(cohort => cohort.held === reason).length
  const frozen = {
    released: release.cohorts.filter(cohort => cohort.held === null).length,
    held: { few: held('few'), changed: held('changed'), alike: held('alike') },
  }
  work.record({ verb: 'assure.benchmark.frozen', subject: { kind: 'freeze', id: about.id }, change: { released: frozen.released, ...frozen.held } })
  return frozen
}

interface Keyed {
  hash(id: string): string
  draw(label: string): number
}

/**
 * Keyed hashes of contributions and hands, and the lots: the same for all freezes of a framework and year, so that the ledger can tell who is who, and
 * whoever freezes again and again draws nothing out. Who can read the key can read the exact sums beside it.
 */
async function hasher(work: Work<Visible>, { frameworkId, period }: Freeze): Promise<Keyed> {
  await work.db
    .insertInto('assure_ledger_key')
    .values({ framework_id: frameworkId, period, key: randomBytes(32).toString('hex') })
    .onConflict(conflict => conflict.doNothing())
    .execute()
  const { key } = await work.db
    .selectFrom('assure_ledger_key')
    .where('framework_id', '=', frameworkId)
    .where('period', '=', period)
    .select('key')
    .executeTakeFirstOrThrow()
  const digest = (text: string) => createHmac('sha256', key).update(text).digest()
  return {
    hash: id => digest(id).toString('base64url').slice(0, 22),
    draw: label => digest(`lot ${label}`).readUInt32BE(0) / 2 ** 32,
  }
}

/** The ledger as the last freeze of the framework and year left it, and what all of them have shown. */
async function readLedger(work: Work<Visible>, { frameworkId, period, number }: Freeze, codes: readonly string[]): Promise<Ledger> {
  const rows = await work.db
    .selectFrom('assure_ledger as ledger')
    .innerJoin('assure_freeze as freeze', 'freeze.id', 'ledger.freeze_id')
    .where('freeze.framework_id', '=', frameworkId)
    .where('freeze.period', '=', period)
    .where('freeze.number', '=', number - 1)
    .select(['ledger.inside', 'ledger.members', 'ledger.counts'])
    .execute()
  const figures = await work.db
    .selectFrom('assure_figure as figure')
    .innerJoin('assure_freeze as freeze', 'freeze.id', 'figure.freeze_id')
    .where('freeze.framework_id', '=', frameworkId)
    .where('freeze.period', '=', period)
    .where('figure.state', '=', 'shown')
    .select(['freeze.number', 'figure.cohort', 'figure.kind', 'figure.code', 'figure.outcomes'])
    .execute()
  const place = new Map(codes.map((code, at) => [code, at]))
  const byCell = (kind: 'outcome' | 'objective') => {
    const found = new Map<string, Set<number>>()
    for (const figure of figures) {
      if (figure.kind !== kind) continue
      const cell = `${figure.number} ${figure.cohort}`
      const questions = found.get(cell) ?? new Set()
      for (const code of kind === 'outcome' ? [figure.code] : figure.outcomes) questions.add(place.get(code) ?? -1)
      found.set(cell, questions)
    }
    return found
  }
  const written = rows.map(({ inside, members, counts }) => ({ inside, counts, members: members.split(' ').map(one => one.split(':')) }))
  return {
    // The freeze before wrote the sums.
    parts: written.map(({ inside, members, counts }) => ({ inside, members: members.map(([key = '']) => key), counts: counts as number[] })),
    hands: new Map(written.flatMap(({ members }) => members.map(([key = '', ...hands]) => [key, hands] as const))),
    shown: byCell('outcome'),
    grouped: byCell('objective'),
  }
}

interface Releasing {
  readonly release: Release
  readonly cohorts: readonly CohortPlace[]
  readonly policy: BenchmarkPolicy
  readonly levels: readonly Level[]
  readonly objectives: readonly Objective[]
  readonly codes: readonly string[]
}

async function writeRelease(work: Work<Visible>, { id }: Freeze, { release, cohorts, policy, levels, objectives, codes }: Releasing): Promise<void> {
  const place = new Map(cohorts.map(cohort => [cohort.code, cohort]))
  const rows = release.cohorts.flatMap(({ code, held, members }, position) => {
    const cohort = place.get(code)
    if (cohort === undefined) return []
    return [
      {
        freeze_id: id,
        cohort: code,
        parent: cohort.parent,
        kind: cohort.kind,
        organisation_type: cohort.type,
        size_band: cohort.band,
        name: cohort.name,
        position,
        state: held === null ? ('released' as const) : ('held' as const),
        reason: held,
        contributors: held === null ? members : null,
      },
    ]
  })
  for (const part of chunks(rows)) await work.db.insertInto('assure_freeze_cohort').values(part).execute()
  const figures = release.cohorts
    .filter(({ held }) => held === null)
    .flatMap(({ code: cohort, cells, groups }) => [
      ...cells.map((cell, at) => outcomeFigure(cell, levels, { freeze_id: id, cohort, code: codes[at] ?? '', position: at })),
      ...groups.map(({ code, questions, quartiles }, at) => ({
        freeze_id: id,
        cohort,
        kind: 'objective' as const,
        code,
        position: objectives.length === 0 ? 0 : at,
        state: quartiles === null ? ('held' as const) : ('shown' as const),
        counts: null,
        quartiles: quartiles === null ? null : JSON.stringify(quartiles),
        outcomes: questions.map(question => codes[question] ?? ''),
      })),
    ])
  for (const part of chunks(figures)) await work.db.insertInto('assure_figure').values(part).execute()
  const ledger = release.ledger.parts.map(({ inside, members, counts }, position) => ({
    freeze_id: id,
    position,
    inside: [...inside],
    members: members.map(key => [key, ...(release.ledger.hands.get(key) ?? [])].join(':')).join(' '),
    counts: JSON.stringify(counts),
  }))
  for (const part of chunks(ledger)) await work.db.insertInto('assure_ledger').values(part).execute()
  await work.db
    .updateTable('assure_freeze')
    .set({ state: 'frozen', frozen_at: work.now, policy: JSON.stringify(policy) })
    .where('id', '=', id)
    .execute()
}

function outcomeFigure(
  cell: readonly number[] | null,
  levels: readonly Level[],
  where: { readonly freeze_id: string; readonly cohort: string; readonly code: string; readonly position: number },
) {
  // From rounded counts, so that they say nothing more. The best level is the first: three quarters of the way down is the lower quartile.
  const quartiles = cell === null ? null : quartilesOf(cell.slice(0, levels.length))
  const isShown = cell !== null && quartiles !== null
  return {
    ...where,
    kind: 'outcome' as const,
    state: isShown ? ('shown' as const) : ('held' as const),
    counts: isShown
      ? JSON.stringify(Object.fromEntries([...levels.map(({ code }, at) => [code, cell[at] ?? 0]), [UNANSWERED, cell[levels.length] ?? 0]]))
      : null,
    quartiles: isShown ? JSON.stringify(quartiles.toReversed().map(at => levels[at]?.code ?? UNANSWERED)) : null,
    outcomes: [] as string[],
  }
}
