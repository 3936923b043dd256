import type { Id } from '../../../../kernel/id.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'
import type { Person } from '../outcomes/model.ts'

/** Who of the organisation can be given a part of its review: those who hold a role there that answers it. */
export async function possibleRespondents(db: Reader<Visible>, organisationId: Id<'organisation'>): Promise<readonly Person[]> {
  const rows = await db
    .selectFrom('directory_person as person')
    .innerJoin('directory_assignment as assignment', 'assignment.person_id', 'person.id')
    .where('assignment.organisation_id', '=', organisationId)
    .where('assignment.role', 'in', ['cyber-lead', 'contributor'])
    .where('assignment.until', 'is', null)
    .where('person.left_at', 'is', null)
    .select(['person.id', 'person.name'])
    .distinct()
    .orderBy('person.name')
    .orderBy('person.id')
    .execute()
  return rows.map(row => ({ id: row.id as Id<'person'>, name: row.name }))
}
