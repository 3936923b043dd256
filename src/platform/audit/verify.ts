import { sql, type Kysely } from 'kysely'
import { CHAIN_START, hashRow, type AuditRow } from './record.ts'

export interface AuditVerdict {
  readonly records: number
  readonly ok: boolean
  /** The `seq` of the first row that was altered, removed or forged; `null` when the chain is whole. */
  readonly firstBroken: number | null
  /** The hash of the last row. Kept somewhere else, it proves that nothing was cut off the end. */
  readonly head: string
}

const BATCH = 5_000

/**
 * Walks the chain from the start and recomputes every hash.
 *
 * Inside the chain an altered, removed, inserted or reordered row is found. Rows cut off the end are found only by
 * comparing `head` with one noted earlier: pass it as `expectedHead`.
 */
export async function verifyChain(
  db: Pick<Kysely<unknown>, 'getExecutor'>,
  expectedHead: string | null = null,
  onProgress: (records: number) => void = () => {},
): Promise<AuditVerdict> {
  let seq = 0
  let hash = CHAIN_START
  let sawExpected = expectedHead === null
  for (;;) {
    const { rows } = await sql<AuditRow>`select * from audit_record where seq > ${seq} order by seq limit ${BATCH}`.execute(db)
    if (rows.length === 0) break
    for (const row of rows) {
      if (row.seq !== seq + 1 || row.previous_hash !== hash || row.hash !== hashRow(row))
        return { records: seq, ok: false, firstBroken: seq + 1, head: hash }
      seq = row.seq
      hash = row.hash
      sawExpected ||= hash === expectedHead
    }
    onProgress(seq)
  }
  return sawExpected ? { records: seq, ok: true, firstBroken: null, head: hash } : { records: seq, ok: false, firstBroken: seq + 1, head: hash }
}
