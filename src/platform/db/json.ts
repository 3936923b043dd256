import type { ColumnType } from 'kysely'

/** A `jsonb` column: the driver reads it into a value; to write it, stringify. */
export type Json<T = unknown> = ColumnType<T, string, string>
