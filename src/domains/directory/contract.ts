import type { DirectoryTables } from './tables.ts'

/** The tables of the directory that the domains above may join in their queries. They never write them. */
export type DirectoryVisible = Pick<
  DirectoryTables,
  'directory_organisation' | 'directory_organisation_type' | 'directory_contact' | 'directory_partnership' | 'directory_product' | 'directory_technology' | 'directory_person' | 'directory_assignment'
>

export type { OrganisationSummary, OrganisationType, Area } from './organisations/model.ts'
export { boards, organisationByCode, organisationById, organisationTypes, regions } from './organisations/queries.ts'
export { isInScope } from './scope.ts'
export type { Contact, ContactDetails, ContactState } from './contacts/model.ts'
export { contactState } from './contacts/model.ts'
export { technologyChanged } from './technology/model.ts'
