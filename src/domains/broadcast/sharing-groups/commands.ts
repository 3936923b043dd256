import { randomUUID } from 'node:crypto'
import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { reasonFrom } from '../reason.ts'
import type { Visible } from '../tables.ts'

const SET = 'broadcast.sharing-group.set'

/** Makes a group without members, and gives its UUID. Throws `Conflict` for a name or a UUID that a group has or had. */
export async function addSharingGroup(
  work: Work<Visible>,
  input: { readonly name: string; readonly purpose: string; readonly id: string | null },
): Promise<string> {
  assertMay(work.actor, SET)
  const id = input.id ?? randomUUID()
  const known = await work.db
    .selectFrom('broadcast_sharing_group')
    .where(eb => eb.or([eb('id', '=', id), eb(eb.fn('lower', ['name']), '=', input.name.toLowerCase())]))
    .select(['id', 'name'])
    .executeTakeFirst()
  if (known !== undefined)
    throw known.id === id
      ? new Conflict('broadcast.sharing-group.known-id', `That UUID is the one of ${known.name}. Leave it empty for a new group.`)
      : new Conflict('broadcast.sharing-group.known', `There is, or was, a sharing group of that name. Choose another name.`)
  await work.db
    .insertInto('broadcast_sharing_group')
    .values({
      id,
      name: input.name,
      purpose: input.purpose,
      made_by: work.actor.id,
      made_at: work.now,
      ended_at: null,
      ended_by: null,
      end_reason: null,
    })
    .execute()
  work.record({ verb: 'broadcast.sharing-group.added', subject: { kind: 'sharing-group', id }, change: { name: input.name } })
  return id
}

/**
 * Lets organisations join, all or none. Whom bulletins that are released after that reach, and nothing that went out before, follows. Throws `NotFound` for codes of nobody,
 * `Conflict` where one is a member already.
 */
export async function addMembers(work: Work<Visible>, input: { readonly groupId: string; readonly codes: readonly string[] }): Promise<number> {
  const group = await lockGroup(work, input.groupId)
  const organisations = await work.db
    .selectFrom('directory_organisation')
    .where('code', 'in', [...input.codes])
    .select(['id', 'code', 'status'])
    .execute()
  const unknown = input.codes.filter(code => !organisations.some(organisation => organisation.code === code))
  if (unknown.length > 0)
    throw new Invalid('broadcast.sharing-group.organisation', `The directory has no organisation ${named(unknown)}. Correct it or take it out.`)
  const closed = organisations.filter(({ status }) => status === 'closed').map(({ code }) => code)
  if (closed.length > 0)
    throw new Invalid(
      'broadcast.sharing-group.closed',
      `${named(closed)} ${closed.length === 1 ? 'is' : 'are'} closed. Take ${closed.length === 1 ? 'it' : 'them'} out.`,
    )
  const members = await work.db
    .selectFrom('broadcast_sharing_group_member as member')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'member.organisation_id')
    .where('member.group_id', '=', group.id)
    .where('member.until', 'is', null)
    .where('organisation.code', 'in', [...input.codes])
    .select('organisation.code')
    .execute()
  if (members.length > 0)
    throw new Conflict('broadcast.sharing-group.member', `${named(members.map(({ code }) => code))} belongs to the group already. Take it out.`)
  await work.db
    .insertInto('broadcast_sharing_group_member')
    .values(
      organisations.map(({ id }) => ({
        group_id: group.id,
        organisation_id: id,
        since: work.now,
        added_by: work.actor.id,
        until: null,
        removed_by: null,
        reason: null,
      })),
    )
    .execute()
  for (const { id } of organisations)
    work.record({ verb: 'broadcast.sharing-group.joined', subject: { kind: 'sharing-group', id: group.id }, organisationId: id })
  return organisations.length
}

/** Ends a membership, at once. What the organisation was sent before stays with it. Throws `NotFound` for who is no member. */
export async function removeMember(
  work: Work<Visible>,
  input: { readonly groupId: string; readonly code: string; readonly reason: string },
): Promise<void> {
  const group = await lockGroup(work, input.groupId)
  const reason = reasonFrom(input.reason)
  const member = await work.db
    .selectFrom('broadcast_sharing_group_member as member')
    .innerJoin('directory_organisation as organisation', 'organisation.id', 'member.organisation_id')
    .where('member.group_id', '=', group.id)
    .where('member.until', 'is', null)
    .where('organisation.code', '=', input.code.trim().toUpperCase())
    .select(['member.id', 'member.organisation_id as organisationId'])
    .executeTakeFirst()
  if (member === undefined)
    throw new NotFound('broadcast.sharing-group.no-member', 'That organisation is no member of the group. Look at the list of its members.')
  await work.db
    .updateTable('broadcast_sharing_group_member')
    .where('id', '=', member.id)
    .set({ until: work.now, removed_by: work.actor.id, reason })
    .execute()
  work.record({
    verb: 'broadcast.sharing-group.left',
    subject: { kind: 'sharing-group', id: group.id },
    organisationId: member.organisationId,
    reason,
  })
}

/** Ends a group for good: drafts for it reach nobody from then on. What was released for it stays with those who got it. */
export async function endSharingGroup(work: Work<Visible>, input: { readonly groupId: string; readonly reason: string }): Promise<void> {
  const group = await lockGroup(work, input.groupId)
  const reason = reasonFrom(input.reason)
  await work.db
    .updateTable('broadcast_sharing_group')
    .where('id', '=', group.id)
    .set({ ended_at: work.now, ended_by: work.actor.id, end_reason: reason })
    .execute()
  work.record({ verb: 'broadcast.sharing-group.ended', subject: { kind: 'sharing-group', id: group.id }, reason, change: { name: group.name } })
}

/** One writer at a time, so that nobody is a member twice. */
async function lockGroup(work: Work<Visible>, id: string) {
  assertMay(work.actor, SET)
  const group = await work.db
    .selectFrom('broadcast_sharing_group')
    .where('id', '=', id)
    .select(['id', 'name', 'ended_at as endedAt'])
    .forUpdate()
    .executeTakeFirst()
  if (group === undefined)
    throw new NotFound('broadcast.sharing-group.unknown', 'There is no such sharing group. Look at the list of sharing groups.')
  if (group.endedAt !== null)
    throw new Conflict('broadcast.sharing-group.ended', `The sharing group ${group.name} has been ended. Nothing of it can be changed.`)
  return group
}

const SHOWN = 10

function named(codes: readonly string[]): string {
  const more = codes.length > SHOWN ? ` and ${codes.length - SHOWN} more` : ''
  return `${codes.slice(0, SHOWN).join(', ')}${more}`
}
