import type { DirectoryTables } from './tables.ts'

/** The tables of the directory that the domains above may join in their queries. They never write them. */
export type DirectoryVisible = Pick<
  DirectoryTables,
  'directory_organisation' | 'directory_organisation_type' | 'directory_contact' | 'directory_partnership' | 'directory_product' | 'directory_technology' | 'directory_person' | 'directory_assignment'
>

export type { Area, ImportCounts, OrganisationImport, OrganisationRow, OrganisationSummary, OrganisationType } from './organisations/model.ts'
export { boards, organisationByCode, organisationById, organisationInScope, organisationTypes, regions } from './organisations/queries.ts'
export { importOrganisations } from './organisations/commands.ts'
export { isInScope } from './scope.ts'
export { contactState } from './contacts/model.ts'
export type { Contact, ContactDetails, ContactRow, ContactState } from './contacts/model.ts'
export { contactsOf } from './contacts/queries.ts'
export { addContact, changeContact, endContact, failContact, importContacts, proveContact } from './contacts/commands.ts'
export { answeredForBy, partnersOf } from './partners/queries.ts'
export type { Partner } from './partners/queries.ts'
export { startPartnership } from './partners/commands.ts'
export { productKeys, technologyChanged } from './technology/model.ts'
export type { ImportedTechnology, TechnologyImport } from './technology/model.ts'
export { importTechnology } from './technology/commands.ts'
export { identify, keepInterruptedForm, personActor, sampleSignInLinks } from './sign-in/queries.ts'
export { makeFirstAdministrator } from './set-up/commands.ts'
