import { sql } from 'kysely'
import { freeze } from '../src/domains/assure/benchmark/freeze.ts'
import type { Visible } from '../src/domains/assure/tables.ts'
import { systemClock } from '../src/platform/clock/clock.ts'
import type { Database } from '../src/platform/db/database.ts'
import { SYSTEM } from '../src/platform/work/actor.ts'
import { runWork } from '../src/platform/work/work.ts'
import type { Bench } from './support/bench.ts'
import { byTurns, timed } from './support/measure.ts'
import { describe, note, printHeading, printTable, times } from './support/report.ts'
import { plantSector } from './support/sector.ts'
import { openServerDatabase, serverWords } from './support/server.ts'
import { pairedRatio, summarise } from './support/stats.ts'

/**
 * Freezing the benchmark of 50,000 organisations by 39 outcomes on PostgreSQL: the contributions read, every cohort and every part of it judged, the figures and the
 * ledger of who was counted written, as one unit of work. Once with nothing released before, and once with a release whose ledger must be read.
 *
 * The limit: the counts alone, of the same cohorts, by the shortest SQL, asked by the owner of the tables. It judges nothing and writes nothing. Target: seconds.
 */
export const benchmark: Bench = {
  about: '50,000 organisations × 39 outcomes: freezing the benchmark, beside the counting alone',
  async run({ rounds, small, command }) {
    const { database, close } = await openServerDatabase()
    try {
      const size = small ? 2_000 : 50_000
      note(`writing ${size} organisations and what they contribute`)
      await plantSector(database, size)
      await plantContributions(database)
      printHeading('Benchmark', command)
      console.log(`\n${await serverWords(database)}; ${size} organisations × ${OUTCOMES} outcomes`)
      const figures = await byTurns(
        {
          first: async () => {
            await clear(database)
            return timed(() => freezeOnce(database, 1))
          },
          again: () => timed(() => freezeOnce(database, 2)),
          bare: () => timed(() => countBySql(database)),
        },
        rounds ?? 5,
        1,
      )
      const { rows } = await sql<{ cohorts: number; shown: number; held: number }>`
        select (select count(*)::int from assure_freeze_cohort where freeze_id = ${idOf(1)} and state = 'released') as cohorts,
          count(*) filter (where state = 'shown')::int as shown, count(*) filter (where state = 'held')::int as held
        from assure_figure where freeze_id = ${idOf(1)} and kind = 'outcome'`.execute(database.kysely)
      const [row] = rows
      console.log(`\n${row?.cohorts} cohorts released; ${row?.shown} of their ${(row?.shown ?? 0) + (row?.held ?? 0)} cells shown`)
      const bare = describe(summarise(figures.bare))
      printTable(
        ['what is frozen', 'ours, ms', 'counting alone in SQL, ms', 'ours ÷ counting'],
        [
          ['the first release', describe(summarise(figures.first)), bare, times(pairedRatio(figures.first, figures.bare))],
          ['a second, against the ledger', describe(summarise(figures.again)), bare, times(pairedRatio(figures.again, figures.bare))],
        ],
      )
    } finally {
      await close()
    }
  },
}

const OUTCOMES = 39
const OBJECTIVES = ['A', 'B', 'C', 'D']
const FRAMEWORK = `fwk_${'0'.repeat(32)}`
const PERIOD = '2026-27'

/** A framework of 39 outcomes, and a review of it by every organisation: results lean by type and outcome, so that some cells are all alike. */
async function plantContributions(database: Database): Promise<void> {
  const db = database.kysely
  const levels = JSON.stringify(['achieved', 'partially-achieved', 'not-achieved'].map(code => ({ code, label: code, tone: 'good' })))
  await sql`
    insert into assure_framework (id, code, version, name, source, rule, levels, content_hash, loaded_at, loaded_by)
    values (${FRAMEWORK}, 'bench', '1', 'Bench', 'invented', '{"steps": [], "otherwise": "not-achieved"}', ${levels}, 'x', now(), 'bench')`.execute(
    db,
  )
  await sql`
    insert into assure_framework_node (framework_id, code, kind, title, position)
    select ${FRAMEWORK}, code, 'group', code, position from unnest(${OBJECTIVES}::text[]) with ordinality as row(code, position)`.execute(db)
  await sql`
    insert into assure_framework_node (framework_id, code, kind, parent_code, title, position)
    select ${FRAMEWORK}, parent || number, 'outcome', parent, 'Outcome', 100 + number
    from (select number, (${OBJECTIVES}::text[])[1 + number % 4] as parent from generate_series(1, ${OUTCOMES}::int) as number) as row`.execute(db)
  await sql`
    insert into assure_contribution (id, organisation_id, framework_id, period, view, levels, organisation_type, size_band, receipt, contributed_at, contributed_by)
    select 'ctb_' || substr(id, 5), id, ${FRAMEWORK}, ${PERIOD}, 'self',
      (select string_agg(case when hashtext(type || outcome) % 10 = 0 then '2' else (abs(hashtext(organisation.id || outcome)) % 3)::text end, '' order by outcome)
        from generate_series(1, ${OUTCOMES}::int) as outcome),
      type, (select code from assure_size_band where organisation.size between least and coalesce(most, organisation.size) limit 1), repeat('0', 64), now(), 'bench'
    from directory_organisation organisation`.execute(db)
  await sql`vacuum analyze assure_contribution`.execute(db)
}

function idOf(number: number): string {
  return `frz_${String(number).padStart(32, '0')}`
}

async function clear(database: Database): Promise<void> {
  for (const table of ['assure_ledger', 'assure_ledger_key', 'assure_figure', 'assure_freeze_cohort', 'assure_freeze'])
    await sql`delete from ${sql.table(table)}`.execute(database.kysely)
}

async function freezeOnce(database: Database, number: number): Promise<void> {
  await sql`
    insert into assure_freeze (id, framework_id, period, number, state, asked_at, asked_by)
    values (${idOf(number)}, ${FRAMEWORK}, ${PERIOD}, ${number}, 'asked', now(), 'bench')`.execute(database.kysely)
  const frozen = await runWork<Visible, Awaited<ReturnType<typeof freeze>>>(
    { database, clock: systemClock, jobs: { store: async () => {} } },
    SYSTEM,
    work => freeze(work, idOf(number)),
  )
  if (frozen === null || frozen.released === 0) throw new Error('Nothing was released, so nothing was measured.')
}

async function countBySql(database: Database): Promise<void> {
  await sql`
    select contribution.organisation_type, contribution.size_band, answer.position, answer.level, count(*)::int
    from assure_contribution contribution
    cross join lateral unnest(string_to_array(contribution.levels, null)) with ordinality as answer(level, position)
    where framework_id = ${FRAMEWORK} and period = ${PERIOD} and withdrawn_at is null
    group by grouping sets ((1, 2, 3, 4), (1, 3, 4), (3, 4))`.execute(database.kysely)
}
