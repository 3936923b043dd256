import assert from 'node:assert/strict'
import { sql } from 'kysely'
import { addActions } from '../../src/domains/assure/plans/commands.ts'
import { actionOf } from '../../src/domains/assure/plans/queries.ts'
import { PERMISSIONS } from '../../src/domains/assure/policy.ts'
import type { Visible } from '../../src/domains/assure/tables.ts'
import type { DirectoryTables } from '../../src/domains/directory/tables.ts'
import type { Id } from '../../src/kernel/id.ts'
import { parseLocalDate, type LocalDate } from '../../src/kernel/instant.ts'
import type { Role } from '../../src/kernel/role.ts'
import { SYSTEM, type Actor, type Scope } from '../../src/platform/work/actor.ts'
import { readAs } from '../../src/platform/work/read.ts'
import { runWork, type Work } from '../../src/platform/work/work.ts'
import { createTestPlatform } from './platform.ts'
import { releasedBulletin } from './released-bulletin.ts'
import { startSmtpSink } from './smtp-sink.ts'

/** Organisations with a bulletin, people of theirs who keep plans, and what they do with them. */
export async function startPlanning() {
  const sink = await startSmtpSink()
  const platform = await createTestPlatform({ smtpUrl: sink.url })
  const bulletin = await releasedBulletin(platform, { organisations: 8, prefix: 'P' })

  function us(index: number): Id<'organisation'> {
    const id = bulletin.organisationIds[index]
    assert.ok(id !== undefined)
    return id
  }

  /** A person who holds that role at the organisation, and acts in it. */
  async function person(role: Role, organisationId: Id<'organisation'>, scope: Scope = { kind: 'organisation', organisationId }): Promise<Actor> {
    const id = await runWork<DirectoryTables, string>(platform, SYSTEM, async work => {
      const personId = work.newId('person')
      await work.db
        .insertInto('directory_person')
        .values({
          id: personId,
          name: `A ${role}`,
          email: `${personId}@test.invalid`,
          phone: null,
          out_of_hours_phone: null,
          created_at: work.now,
          left_at: null,
        })
        .execute()
      await work.db
        .insertInto('directory_assignment')
        .values({ id: work.newId('assignment'), person_id: personId, organisation_id: organisationId, role, since: work.now, until: null })
        .execute()
      work.record({ verb: 'test.person.made', subject: { kind: 'person', id: personId } })
      return personId
    })
    const held = Object.entries(PERMISSIONS).filter(([, roles]) => (roles as readonly Role[]).includes(role))
    return { kind: 'person', id, name: `A ${role}`, role, organisationId, scope, permissions: new Set(held.map(([name]) => name)) }
  }

  const doing = <R>(actor: Actor, body: (work: Work<Visible>) => Promise<R>) => runWork<Visible, R>(platform, actor, body)
  const day = (text: string): LocalDate => {
    const date = parseLocalDate(text)
    assert.ok(date !== undefined)
    return date
  }
  const byHand = { kind: 'hand', id: null } as const

  async function oneAction(lead: Actor, rest: Partial<Parameters<typeof addActions>[2][number]> = {}): Promise<string> {
    assert.ok(lead.organisationId !== null)
    const { ids } = await doing(lead, work =>
      addActions(work, lead.organisationId ?? us(0), [{ title: 'Back up the records', source: byHand, dueOn: day('2026-12-01'), ...rest }]),
    )
    const [id] = ids
    assert.ok(id !== undefined)
    return id
  }

  const read = (actor: Actor, id: string) =>
    readAs<Visible, Awaited<ReturnType<typeof actionOf>>>(platform, actor, db => actionOf(db, actor.organisationId ?? '', id))

  async function engagement(assessorId: string, organisationId: string): Promise<string> {
    const owner = platform.database.kysely
    const key = organisationId.slice(-8)
    await sql`insert into assure_framework (id, code, version, name, source, rule, levels, content_hash, loaded_at, loaded_by)
      values ('fwk_test', 'test', '1', 'Test', 'test', '{}', '[]', 'x', now(), 'test') on conflict do nothing`.execute(owner)
    await sql`insert into assure_assessment (id, organisation_id, framework_id, period, subject, state, opened_at, opened_by, changed_at)
      values (${`asm_${key}`}, ${organisationId}, 'fwk_test', '2026-27', 'All', 'open', now(), 'test', now())`.execute(owner)
    await sql`insert into assure_engagement (id, assessment_id, organisation_id, assessor_id, assessor_name, assessor_body, kind, purpose, until, asked_at, asked_by, asked_by_name)
      values (${`eng_${key}`}, ${`asm_${key}`}, ${organisationId}, ${assessorId}, 'A', 'B', 'independent', 'test', now() + interval '90 days', now(), 'test', 'T')`.execute(
      owner,
    )
    return `eng_${key}`
  }

  return { platform, sink, us, person, doing, day, byHand, oneAction, read, engagement }
}
