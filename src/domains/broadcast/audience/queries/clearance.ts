import { sql, type RawBuilder } from 'kysely'
import { TLP, tlpRank, type Tlp } from '../../../../kernel/tlp.ts'
import type { Asks } from './asks.ts'

/** Who may not be told what a label covers. Few organisations differ from their type. */
export interface Clearance {
  readonly label: Tlp
  /** Types of which no row says that they may. */
  readonly uncleared: readonly string[]
  /** The ids of organisations that may, whatever their type. */
  readonly raised: readonly string[]
  readonly lowered: readonly string[]
}

export const EVERYBODY_IS_CLEARED: Clearance = { label: 'CLEAR', uncleared: [], raised: [], lowered: [] }

/** Today's policy for a label. CLEAR may be told to anybody; above it a type without a row may be told nothing. */
export async function clearanceFor(db: Asks, label: Tlp): Promise<Clearance> {
  if (label === 'CLEAR') return EVERYBODY_IS_CLEARED
  const enough = TLP.filter(known => tlpRank(known) >= tlpRank(label))
  const { rows } = await sql<{ kind: 'type' | 'raised' | 'lowered'; key: string }>`
    select 'type' as kind, type.code as key from directory_organisation_type as type
    where coalesce((select clearance.tlp from broadcast_clearance as clearance
        where clearance.type = type.code and clearance.effective_from <= (now() at time zone 'Europe/London')::date
        order by clearance.effective_from desc limit 1), 'CLEAR') <> all(${enough}::text[])
    union all
    select case when tlp = any(${enough}::text[]) then 'raised' else 'lowered' end, organisation_id from broadcast_clearance_override where ended_at is null`.execute(
    db,
  )
  const keys = (kind: (typeof rows)[number]['kind']) => rows.filter(row => row.kind === kind).map(({ key }) => key)
  return { label, uncleared: keys('type'), raised: keys('raised'), lowered: keys('lowered') }
}

/** Whether the `organisation` may be told: by its type, or as the centre said of itself. `null` when everybody may. */
export function isCleared({ uncleared, raised, lowered }: Clearance): RawBuilder<unknown> | null {
  const parts = [
    ...(uncleared.length === 0
      ? []
      : [sql`(organisation.type <> all(${uncleared}::text[])${raised.length === 0 ? sql`` : sql` or organisation.id = any(${raised}::text[])`})`]),
    ...(lowered.length === 0 ? [] : [sql`organisation.id <> all(${lowered}::text[])`]),
  ]
  return parts.length === 0 ? null : sql`(${sql.join(parts, sql` and `)})`
}
