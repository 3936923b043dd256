import type { Module } from '../../platform/module.ts'
import { ACCOUNT_ROUTES } from './account/routes.ts'
import { TOKEN_COMMANDS } from './account/tokens/cli.ts'
import { TOKEN_ROUTES } from './account/tokens/routes.ts'
import { contactOperations } from './contacts/api.ts'
import { CONTACT_COMMANDS } from './contacts/cli.ts'
import { REPAIRS_PATH } from './contacts/repairs/model.ts'
import { REPAIR_ROUTES } from './contacts/repairs/routes.ts'
import { CONTACT_ROUTES } from './contacts/routes.ts'
import { organisationOperations } from './organisations/api.ts'
import { ORGANISATION_COMMANDS } from './organisations/cli.ts'
import { ORGANISATION_JOBS } from './organisations/jobs.ts'
import { ORGANISATION_ROUTES } from './organisations/routes.ts'
import { partnerOperations } from './partners/api.ts'
import { PARTNER_COMMANDS } from './partners/cli.ts'
import { PARTNER_ROUTES } from './partners/routes.ts'
import { peopleOperations } from './people/api.ts'
import { PEOPLE_COMMANDS } from './people/cli.ts'
import { PEOPLE_ROUTES } from './people/routes.ts'
import { PERMISSIONS } from './policy.ts'
import { SET_UP_JOBS } from './set-up/jobs.ts'
import { SET_UP_ROUTES } from './set-up/routes.ts'
import { SIGN_IN_JOBS } from './sign-in/jobs.ts'
import { SIGN_IN_ROUTES } from './sign-in/routes.ts'
import { technologyOperations } from './technology/api.ts'
import { TECHNOLOGY_COMMANDS } from './technology/cli.ts'
import { TECHNOLOGY_ROUTES } from './technology/routes.ts'

/** Organisations, people, contacts, partners, and the technology that each organisation runs. */
export const directory: Module = {
  name: 'directory',
  permissions: PERMISSIONS,
  routes: [
    ...ORGANISATION_ROUTES,
    ...CONTACT_ROUTES,
    ...REPAIR_ROUTES,
    ...PARTNER_ROUTES,
    ...TECHNOLOGY_ROUTES,
    ...PEOPLE_ROUTES,
    ...SIGN_IN_ROUTES,
    ...SET_UP_ROUTES,
    ...ACCOUNT_ROUTES,
    ...TOKEN_ROUTES,
    ...organisationOperations,
    ...contactOperations,
    ...partnerOperations,
    ...technologyOperations,
    ...peopleOperations,
  ],
  jobs: [...ORGANISATION_JOBS, ...SIGN_IN_JOBS, ...SET_UP_JOBS],
  commands: [...ORGANISATION_COMMANDS, ...CONTACT_COMMANDS, ...PARTNER_COMMANDS, ...TECHNOLOGY_COMMANDS, ...PEOPLE_COMMANDS, ...TOKEN_COMMANDS],
  navigation: [
    { label: 'Organisations', href: '/organisations', permission: 'directory.organisation.list', position: 40 },
    { label: 'Our technology', href: '/technology', permission: 'directory.technology.view', position: 50 },
    { label: 'Our organisation', href: '/our-organisation', permission: 'directory.own-organisation.view', position: 60 },
    { label: 'Contacts to put right', href: REPAIRS_PATH, permission: 'directory.contact.change', position: 72 },
    { label: 'People', href: '/people', permission: 'directory.people.manage', position: 70, firstFor: ['administrator'] },
    { label: 'Tokens', href: '/tokens', permission: 'directory.token.manage', position: 77 },
    { label: 'Our people', href: '/people', permission: 'directory.people.manage-own', position: 70 },
  ],
}
