import type { DirectoryTables } from '../../domains/directory/tables.ts'
import type { Id } from '../../kernel/id.ts'
import { CENTRE_ROLES, ROLES, type Role } from '../../kernel/role.ts'
import type { Actor } from '../../platform/work/actor.ts'
import type { Work } from '../../platform/work/work.ts'
import { permissionsOf } from '../modules.ts'
import { createRandom } from './random.ts'
import { CENTRE_CODE, personName, type SampleSector } from './sector.ts'

/** The people whom the history of the sample needs by name: two of each, so that nobody approves their own work. */
export interface SampleStaff {
  readonly analyst: Actor
  readonly dutyManager: Actor
  readonly assessor: Actor
  readonly cicso: Actor
  /** Of the first trusts, and of the first care home. */
  readonly trustLeads: readonly Actor[]
  readonly careHomeLead: Actor
  /** Colleagues of the first of those leads. */
  readonly contributors: readonly Actor[]
}

const CONTRIBUTORS = ['contributor', 'contributor.two', 'contributor.three']
const TRUST_LEADS = 3

interface Post {
  readonly role: Role
  readonly organisation: string
  readonly email: string
}

/** Fills the posts: the whole centre, a lead for each region, a responder for each partner, a lead and an owner of risk for each trust, with colleagues at the first, and a lead for the first care home. */
export async function addPeople(
  work: Work<DirectoryTables>,
  sector: SampleSector,
  idOf: ReadonlyMap<string, string>,
  seed: number,
): Promise<SampleStaff> {
  const random = createRandom(seed + 1)
  const ofType = (type: string) => sector.organisations.filter(organisation => organisation.type === type).map(({ code }) => code)
  const [trusts, [careHome]] = [ofType('trust'), ofType('care-home')]
  const leadAt = (code: string | undefined) => `cyber-lead@${String(code).toLowerCase()}.sample.invalid`
  const posts: Post[] = [
    ...CENTRE_ROLES.map(role => ({ role, organisation: CENTRE_CODE, email: `${role}@centre.sample.invalid` })),
    { role: 'analyst', organisation: CENTRE_CODE, email: 'analyst.nights@centre.sample.invalid' },
    { role: 'duty-manager', organisation: CENTRE_CODE, email: 'duty-manager.nights@centre.sample.invalid' },
    ...sector.organisations.flatMap(({ code, type }): Post[] => {
      const at = `${code.toLowerCase()}.sample.invalid`
      if (type === 'region') return [{ role: 'regional-lead', organisation: code, email: `regional-lead@${at}` }]
      if (type === 'support-unit') return [{ role: 'partner-responder', organisation: code, email: `partner-responder@${at}` }]
      if (type === 'trust')
        return [
          { role: 'cyber-lead', organisation: code, email: `cyber-lead@${at}` },
          { role: 'board-member', organisation: code, email: `board-member@${at}` },
          ...(code === trusts[0] ? CONTRIBUTORS.map((name): Post => ({ role: 'contributor', organisation: code, email: `${name}@${at}` })) : []),
        ]
      if (code === careHome) return [{ role: 'cyber-lead', organisation: code, email: `cyber-lead@${at}` }]
      return []
    }),
  ]
  const people = posts.map(post => ({
    ...post,
    id: work.newId('person'),
    name: personName(random),
    organisationId: idOf.get(post.organisation) ?? '',
  }))
  for (let at = 0; at < people.length; at += 500) {
    const some = people.slice(at, at + 500)
    await work.db
      .insertInto('directory_person')
      .values(
        some.map(({ id, name, email }) => ({
          id,
          name,
          email,
          phone: `01632 960${String(random.between(0, 999)).padStart(3, '0')}`,
          out_of_hours_phone: null,
          created_at: work.now,
          left_at: null,
        })),
      )
      .execute()
    await work.db
      .insertInto('directory_assignment')
      .values(
        some.map(({ id, organisationId, role }) => ({
          id: work.newId('assignment'),
          person_id: id,
          organisation_id: organisationId,
          role,
          since: work.now,
          until: null,
        })),
      )
      .execute()
  }
  const actorOf = (email: string): Actor => {
    const person = people.find(candidate => candidate.email === email)
    if (person === undefined) throw new RangeError(`The sample has nobody at ${email}.`)
    return {
      kind: 'person',
      id: person.id,
      name: person.name,
      role: person.role,
      organisationId: person.organisationId as Id<'organisation'>,
      scope:
        ROLES[person.role].level === 'centre'
          ? { kind: 'centre' }
          : { kind: 'organisation', organisationId: person.organisationId as Id<'organisation'> },
      permissions: permissionsOf(person.role),
    }
  }
  work.record({ verb: 'sample.people.added', subject: { kind: 'sample', id: 'people' }, change: { people: people.length } })
  const atCentre = (role: Role) => actorOf(`${role}@centre.sample.invalid`)
  return {
    analyst: atCentre('analyst'),
    dutyManager: atCentre('duty-manager'),
    assessor: atCentre('assessor'),
    cicso: atCentre('cicso'),
    trustLeads: trusts.slice(0, TRUST_LEADS).map(code => actorOf(leadAt(code))),
    careHomeLead: actorOf(leadAt(careHome)),
    contributors: CONTRIBUTORS.map(name => actorOf(`${name}@${String(trusts[0]).toLowerCase()}.sample.invalid`)),
  }
}

/** Somebody who answers for an organisation, in the sample: as its cyber lead would. */
export function responderAt(organisationId: Id<'organisation'>): Actor {
  return {
    kind: 'person',
    id: 'sample',
    name: ROLES['cyber-lead'].label,
    role: 'cyber-lead',
    organisationId,
    scope: { kind: 'organisation', organisationId },
    permissions: permissionsOf('cyber-lead'),
  }
}
