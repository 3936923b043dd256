import type { DirectoryTables } from './tables.ts'

/** The tables of the directory that the domains above may join in their queries. They never write them. */
export type DirectoryVisible = Pick<
  DirectoryTables,
  | 'directory_organisation'
  | 'directory_organisation_type'
  | 'directory_contact'
  | 'directory_contact_repair'
  | 'directory_partnership'
  | 'directory_product'
  | 'directory_technology'
  | 'directory_person'
  | 'directory_assignment'
>

export { boards, organisationByCode, organisationById, organisationInScope, organisationTypes, regions } from './organisations/queries.ts'
export { isInScope } from './scope.ts'
export { contactState } from './contacts/model.ts'
export type { Contact } from './contacts/model.ts'
export { contactsOf } from './contacts/queries.ts'
export { failContact, proveContact, resumeBulletins, stopBulletins } from './contacts/commands.ts'
export { REPAIR_REASONS, REPAIRS_PATH } from './contacts/repairs/model.ts'
export type { Repair } from './contacts/repairs/model.ts'
export { countRepairs, repairsOf } from './contacts/repairs/queries.ts'
export { technologyChanged } from './technology/model.ts'
export { identify, keepInterruptedForm, personActor, sampleSignInLinks } from './sign-in/queries.ts'
export { identifyToken } from './account/tokens/queries.ts'
export { makeFirstAdministrator } from './set-up/commands.ts'
