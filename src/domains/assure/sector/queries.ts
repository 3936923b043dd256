import type { Instant } from '../../../kernel/instant.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { latestReleases, sectorNeeds } from '../benchmark/queries.ts'
import { entriesOf } from '../catalogue/queries.ts'
import { frameworkById, outcomesOf } from '../frameworks/queries.ts'
import type { Visible } from '../tables.ts'
import { BANDS } from './model.ts'

type Asks = Reader<Visible>

const MOST_LACKING = 10
const MOST_FRAMEWORKS = 6

/** What most organisations lack, of one framework and year: published figures alone. */
interface Lacking {
  readonly framework: string
  readonly period: string
  readonly cohort: string
  readonly frozenAt: Instant | null
  readonly rows: readonly { readonly code: string; readonly title: string; readonly lacking: number; readonly answered: number }[]
}

export async function lackingMost(db: Asks): Promise<readonly Lacking[]> {
  const found: Lacking[] = []
  for (const release of (await latestReleases(db)).slice(0, MOST_FRAMEWORKS)) {
    const framework = await frameworkById(db, release.frameworkId)
    const needs = framework === undefined ? null : await sectorNeeds(db, framework, release.period)
    if (framework === undefined || needs === null) continue
    const titles = new Map((await outcomesOf(db, framework.id)).map(({ code, title }) => [code, title]))
    const rows = needs.needs
      .filter(({ lacking }) => lacking > 0)
      .slice(0, MOST_LACKING)
      .map(({ outcomeCode, lacking, answered }) => ({ code: outcomeCode, title: titles.get(outcomeCode) ?? '', lacking, answered }))
    found.push({ framework: `${framework.name} ${framework.version}`, period: release.period, cohort: needs.cohort, frozenAt: needs.frozenAt, rows })
  }
  return found
}

/** The improvements without money, as the last freeze released them: rounded numbers of organisations by band of amount, the most wanted first. */
interface PooledNeeds {
  readonly period: string
  readonly frozenAt: Instant | null
  /** Why nothing is released. */
  readonly held: string | null
  readonly contributors: number | null
  readonly rows: readonly { readonly code: string; readonly name: string; readonly organisations: number; readonly bands: readonly number[] }[]
  readonly heldBack: number
}

export async function pooledNeeds(db: Asks): Promise<PooledNeeds | null> {
  const freeze = await db
    .selectFrom('assure_need_freeze')
    .where('state', '=', 'frozen')
    .orderBy('period', 'desc')
    .orderBy('number', 'desc')
    .select(['id', 'period', 'frozen_at as frozenAt', 'held', 'contributors', 'codes'])
    .executeTakeFirst()
  if (freeze === undefined) return null
  const figures = await db
    .selectFrom('assure_need_figure')
    .where('freeze_id', '=', freeze.id)
    .select(['improvement_code as code', 'counts'])
    .execute()
  const { rows: entries } = await entriesOf(db, 'improvement', { search: '', sort: 'name' }, { limit: 500, cursor: null })
  const names = new Map(entries.map(({ code, name }) => [code, name]))
  const [, ...wanted] = BANDS
  const rows = figures.map(({ code, counts }) => {
    // Written by the freeze alone.
    const given = counts as Readonly<Record<string, number>>
    const bands = wanted.map(band => given[band.code] ?? 0)
    return { code, name: names.get(code) ?? code, bands, organisations: bands.reduce((sum, count) => sum + count, 0) }
  })
  return {
    period: freeze.period,
    frozenAt: freeze.frozenAt,
    held: freeze.held,
    contributors: freeze.contributors,
    rows: rows.filter(({ organisations }) => organisations > 0).toSorted((a, b) => b.organisations - a.organisations || (a.code < b.code ? -1 : 1)),
    heldBack: freeze.held === null ? freeze.codes.length - figures.length : 0,
  }
}

/** How much good practice is offered, by outcome: what its owners made known themselves. The most first. */
export function practicesOffered(
  db: Asks,
): Promise<readonly { readonly framework: string; readonly code: string; readonly title: string; readonly offered: number }[]> {
  return db
    .selectFrom('assure_practice_offer as offer')
    .innerJoin('assure_framework as framework', 'framework.id', 'offer.framework_id')
    .innerJoin('assure_framework_node as outcome', join =>
      join.onRef('outcome.framework_id', '=', 'offer.framework_id').onRef('outcome.code', '=', 'offer.outcome_code'),
    )
    .groupBy(['framework.name', 'framework.version', 'outcome.code', 'outcome.title'])
    .orderBy(({ fn }) => fn.countAll(), 'desc')
    .orderBy('framework.name')
    .orderBy('outcome.code')
    .limit(50)
    .select(({ fn }) => ['framework.name as framework', 'outcome.code', 'outcome.title', fn.countAll<number>().as('offered')])
    .execute()
}
