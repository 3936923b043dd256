import type { Reader } from '../../../../platform/work/read.ts'
import { PERMISSIONS } from '../../policy.ts'
import type { Visible } from '../../tables.ts'

export interface Colleague {
  readonly id: string
  readonly name: string
}

/** Those to whom a threat may be given: who holds a role that triages threats, by name. */
export async function colleagues(db: Reader<Visible>): Promise<readonly Colleague[]> {
  const rows = await db
    .selectFrom('directory_assignment as assignment')
    .innerJoin('directory_person as person', 'person.id', 'assignment.person_id')
    .where('assignment.role', 'in', PERMISSIONS['watch.threat.triage'])
    .where('assignment.until', 'is', null)
    .where('person.left_at', 'is', null)
    .select(['person.id', 'person.name'])
    .distinct()
    .orderBy('person.name')
    .orderBy('person.id')
    .execute()
  return rows
}

/** What a person may do with a threat depends on these. `undefined` when there is none of that id. */
export function standingOf(db: Reader<Visible>, id: string) {
  return db
    .selectFrom('watch_threat')
    .select(['state', 'holder_id as holderId', 'clinical_safety as clinicalSafety'])
    .where('id', '=', id)
    .executeTakeFirst()
}
