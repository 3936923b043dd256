import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { isOrganisationInScope, organisationByCode } from '../organisations/queries.ts'
import type { DirectoryTables } from '../tables.ts'
import { answersFor, partnershipById } from './queries.ts'

type DirectoryWork = Work<DirectoryTables>

/**
 * Lets a partner answer for an organisation. Only the organisation itself, or the centre, says so: a partner cannot make
 * itself one. Throws `Invalid` for a partner that cannot be one, `Conflict` when it is so already.
 */
export async function startPartnership(work: DirectoryWork, input: { partnerCode: string; organisationCode: string }): Promise<Id<'partnership'>> {
  assertMay(work.actor, 'directory.partnership.change')
  const partner = await organisationByCode(work.db, input.partnerCode)
  if (partner === undefined)
    throw new Invalid('directory.partner.unknown', `No organisation has the code "${input.partnerCode.slice(0, 20)}". Check the code of the partner.`)
  const organisation = await organisationByCode(work.db, input.organisationCode)
  if (organisation === undefined || !(await isOwn(work, organisation.id))) {
    throw new NotFound(
      'directory.organisation.out-of-scope',
      `There is no organisation "${input.organisationCode.slice(0, 20)}" among those that you look after.`,
    )
  }
  if (partner.id === organisation.id)
    throw new Invalid('directory.partner.itself', 'An organisation answers for itself anyway. Give the code of another.')
  if (partner.status === 'closed') throw new Invalid('directory.partner.closed', `${partner.name} is closed, so it cannot answer for anybody.`)
  if (await answersFor(work.db, partner.id, organisation.id)) {
    throw new Conflict('directory.partner.repeated', `${partner.name} answers for ${organisation.name} already.`)
  }
  const id = work.newId('partnership')
  await work.db
    .insertInto('directory_partnership')
    .values({ id, partner_id: partner.id, organisation_id: organisation.id, since: work.now, until: null })
    .execute()
  work.record({
    verb: 'directory.partnership.started',
    subject: { kind: 'partnership', id },
    organisationId: organisation.id,
    change: { partner: partner.code },
  })
  return id
}

/** Ends it: from this moment the partner neither sees nor answers for the organisation. What it answered stays. */
export async function endPartnership(work: DirectoryWork, id: Id<'partnership'>): Promise<void> {
  assertMay(work.actor, 'directory.partnership.change')
  const partnership = await partnershipById(work.db, id)
  if (partnership === undefined || !(await isOwn(work, partnership.organisation_id as Id<'organisation'>))) {
    throw new NotFound('directory.partnership.unknown', 'There is no such partnership. It may have been ended: look at the list.')
  }
  await work.db.updateTable('directory_partnership').set({ until: work.now }).where('id', '=', id).execute()
  work.record({ verb: 'directory.partnership.ended', subject: { kind: 'partnership', id }, organisationId: partnership.organisation_id })
}

/** Narrower than looking after it: a partner looks after an organisation, but does not decide who answers for it. */
async function isOwn(work: DirectoryWork, id: Id<'organisation'>): Promise<boolean> {
  const { scope } = work.actor
  if (scope.kind === 'centre' || scope.kind === 'system') return isOrganisationInScope(work.db, scope, id)
  return 'organisationId' in scope && scope.organisationId === id
}
