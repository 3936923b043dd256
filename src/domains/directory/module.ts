import type { Module } from '../../platform/module.ts'
import { CONTACT_COMMANDS } from './contacts/cli.ts'
import { CONTACT_ROUTES } from './contacts/routes.ts'
import { ORGANISATION_COMMANDS } from './organisations/cli.ts'
import { ORGANISATION_JOBS } from './organisations/jobs.ts'
import { ORGANISATION_ROUTES } from './organisations/routes.ts'
import { PARTNER_COMMANDS } from './partners/cli.ts'
import { PARTNER_ROUTES } from './partners/routes.ts'
import { PERMISSIONS } from './policy.ts'
import { TECHNOLOGY_COMMANDS } from './technology/cli.ts'
import { TECHNOLOGY_ROUTES } from './technology/routes.ts'

/** Organisations, people, contacts, partners, and the technology that each organisation runs. */
export const directory: Module = {
  name: 'directory',
  permissions: PERMISSIONS,
  routes: [...ORGANISATION_ROUTES, ...CONTACT_ROUTES, ...PARTNER_ROUTES, ...TECHNOLOGY_ROUTES],
  jobs: [...ORGANISATION_JOBS],
  commands: [...ORGANISATION_COMMANDS, ...CONTACT_COMMANDS, ...PARTNER_COMMANDS, ...TECHNOLOGY_COMMANDS],
  navigation: [
    { label: 'Organisations', href: '/organisations', permission: 'directory.organisation.list', position: 40 },
    { label: 'Our technology', href: '/technology', permission: 'directory.technology.view', position: 50 },
    { label: 'Our organisation', href: '/our-organisation', permission: 'directory.own-organisation.view', position: 60 },
  ],
}
