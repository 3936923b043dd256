import type { DirectoryTables } from '../../src/domains/directory/tables.ts'
import type { Role } from '../../src/kernel/role.ts'
import { startSession } from '../../src/platform/auth/sessions.ts'
import type { AuthTables } from '../../src/platform/auth/tables.ts'
import type { Platform } from '../../src/platform/platform.ts'
import { SYSTEM } from '../../src/platform/work/actor.ts'
import { runWork } from '../../src/platform/work/work.ts'

/** A session of somebody new with that role: at the organisation with that code, or at a centre of their own. Gives the cookie's value. */
export async function signIn(platform: Platform, role: Role, code: string | null): Promise<string> {
  return runWork<DirectoryTables & AuthTables, string>(platform, SYSTEM, async work => {
    const found = await work.db
      .selectFrom('directory_organisation')
      .select('id')
      .where('code', '=', code ?? 'XCC')
      .executeTakeFirst()
    const organisationId = found?.id ?? work.newId('organisation')
    if (found === undefined) {
      await work.db
        .insertInto('directory_organisation')
        .values({
          id: organisationId,
          code: 'XCC',
          name: 'The centre',
          name_key: 'the centre',
          type: 'centre',
          country: 'England',
          region_code: null,
          board_code: null,
          parent_code: null,
          address: '[]',
          postcode: null,
          phone: null,
          opened_on: null,
          closed_on: null,
          status: 'open',
          size: null,
          source: 'bench',
          created_at: work.now,
          updated_at: work.now,
        })
        .execute()
    }
    const [personId, assignmentId] = [work.newId('person'), work.newId('assignment')]
    await work.db
      .insertInto('directory_person')
      .values({
        id: personId,
        name: `The ${role}`,
        email: `${personId}@bench.invalid`,
        phone: null,
        out_of_hours_phone: null,
        created_at: work.now,
        left_at: null,
      })
      .execute()
    await work.db
      .insertInto('directory_assignment')
      .values({ id: assignmentId, person_id: personId, organisation_id: organisationId, role, since: work.now, until: null })
      .execute()
    return startSession(work.lend<AuthTables>(), { personId, assignmentId, how: 'passkey', replaces: null })
  })
}
