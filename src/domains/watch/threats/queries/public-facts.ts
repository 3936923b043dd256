import { sql, type SqlBool } from 'kysely'
import type { CvssStatement } from '../../../../kernel/intelligence.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/** What the public registers of vulnerabilities say of one. */
export interface PublicFacts {
  readonly cve: string
  /** `CWE-79`, each once. */
  readonly weaknesses: readonly string[]
  readonly scores: readonly CvssStatement[]
}

/** The registers that anybody may read, those who number vulnerabilities first: what they say may stand in a document for everybody. */
const REGISTERS = ['cve', 'nvd']

/** Weaknesses and scores of these vulnerabilities as the public registers tell them, and no other source: its marking would go with it. */
export async function publicFacts(db: Reader<Visible>, cves: readonly string[]): Promise<readonly PublicFacts[]> {
  if (cves.length === 0) return []
  const rows = await db
    .selectFrom('watch_item as item')
    .innerJoin('watch_source as source', 'source.id', 'item.source_id')
    .select(['item.content', 'source.format'])
    .where('source.format', 'in', REGISTERS)
    .where('item.withdrawn_at', 'is', null)
    .where(sql<SqlBool>`item.content -> 'cves' ?| ${[...cves]}::text[]`)
    .orderBy('source.format')
    .orderBy('item.id')
    .execute()
  const assessments = Map.groupBy(
    rows.flatMap(({ content }) => content.assessments ?? []),
    ({ cve }) => cve,
  )
  return cves.map(cve => {
    const said = assessments.get(cve) ?? []
    return { cve, weaknesses: [...new Set(said.flatMap(({ cwes }) => cwes))], scores: said.flatMap(({ cvss }) => cvss) }
  })
}
