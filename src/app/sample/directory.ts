import { importOrganisations } from '../../domains/directory/organisations/commands.ts'
import type { OrganisationRow } from '../../domains/directory/organisations/model.ts'
import type { DirectoryTables } from '../../domains/directory/tables.ts'
import { importTechnology } from '../../domains/directory/technology/commands.ts'
import { addDays, londonDate } from '../../kernel/instant.ts'
import { digest } from '../../platform/audit/record.ts'
import type { Work } from '../../platform/work/work.ts'
import { CENTRE_CODE, type SampleOrganisation, type SampleSector } from './sector.ts'

const SOURCE = 'the invented sample sector'
const ROWS_AT_ONCE = 1_000

/** Adds the organisations and the centre itself. Gives their ids by code. */
export async function addOrganisations(work: Work<DirectoryTables>, sector: SampleSector): Promise<ReadonlyMap<string, string>> {
  const centre: OrganisationRow = { ...EMPTY, code: CENTRE_CODE, name: 'The sample sector’s cyber centre', type: 'centre', phone: '01632 960100' }
  const rows = [centre, ...sector.organisations.map(rowOf)]
  await importOrganisations(work, { rows, fileKind: 'sample', isOutline: false, source: SOURCE, digest: digest(SOURCE) })
  const stored = await work.db.selectFrom('directory_organisation').select(['id', 'code']).execute()
  return new Map(stored.map(({ id, code }) => [code, id]))
}

const EMPTY: Omit<OrganisationRow, 'code' | 'name' | 'type'> = {
  country: 'England',
  regionCode: null,
  boardCode: null,
  parentCode: null,
  addressLines: [],
  postcode: null,
  phone: null,
  openedOn: null,
  closedOn: null,
  status: 'open',
}

function rowOf({ code, name, type, regionCode, boardCode, postcode, phone }: SampleOrganisation): OrganisationRow {
  return { ...EMPTY, code, name, type, regionCode, boardCode, postcode, phone }
}

/** Adds the contacts, some of them never proved to work or known to fail, and the partners who answer for practices. */
export async function addContacts(work: Work<DirectoryTables>, sector: SampleSector, idOf: ReadonlyMap<string, string>): Promise<void> {
  const contacts = sector.organisations.flatMap(organisation =>
    organisation.contacts.map(contact => ({
      id: work.newId('contact'),
      organisation_id: idOf.get(organisation.code) ?? '',
      person_id: null,
      name: contact.name,
      purpose: contact.purpose,
      email: contact.email,
      mobile: contact.mobile,
      phone: organisation.phone,
      out_of_hours: contact.outOfHours,
      receives_bulletins: true,
      last_proved_at: contact.provedDaysAgo === null ? null : addDays(work.now, -contact.provedDaysAgo),
      last_failed_at: contact.hasFailed ? addDays(work.now, -3) : null,
      last_failure: contact.hasFailed ? '550 5.1.1 No such user here' : null,
      created_at: addDays(work.now, -400),
      ended_at: null,
    })),
  )
  const partnerships = sector.organisations
    .filter(organisation => organisation.partnerCode !== null)
    .map(organisation => ({
      id: work.newId('partnership'),
      partner_id: idOf.get(organisation.partnerCode ?? '') ?? '',
      organisation_id: idOf.get(organisation.code) ?? '',
      since: addDays(work.now, -300),
      until: null,
    }))
  for (const some of chunks(contacts)) await work.db.insertInto('directory_contact').values(some).execute()
  for (const some of chunks(partnerships)) await work.db.insertInto('directory_partnership').values(some).execute()
  work.record({
    verb: 'sample.contacts.added',
    subject: { kind: 'sample', id: 'contacts' },
    change: { contacts: contacts.length, partnerships: partnerships.length },
  })
}

/** Adds what each organisation runs, as one list that the centre was given. */
export async function addTechnology(work: Work<DirectoryTables>, sector: SampleSector): Promise<void> {
  const asOf = londonDate(addDays(work.now, -14))
  const rows = sector.organisations.flatMap(organisation =>
    organisation.technology.map(({ maker, product, version, count }) => ({
      position: '',
      organisationCode: organisation.code,
      maker,
      product,
      version,
      count,
      asOf,
      cpe: null,
      purl: null,
    })),
  )
  await importTechnology(work, { rows, rejected: [], source: SOURCE, shared: true, digest: digest(SOURCE) })
}

function* chunks<T>(rows: readonly T[]): Generator<T[]> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) yield rows.slice(start, start + ROWS_AT_ONCE)
}
