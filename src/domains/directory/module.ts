import type { Module } from '../../platform/module.ts'
import { contactCommands } from './contacts/cli.ts'
import { organisationCommands } from './organisations/cli.ts'
import { organisationJobs } from './organisations/jobs.ts'
import { partnerCommands } from './partners/cli.ts'
import { PERMISSIONS } from './policy.ts'
import { technologyCommands } from './technology/cli.ts'

export const directory: Module = {
  name: 'directory',
  permissions: PERMISSIONS,
  routes: [],
  jobs: [...organisationJobs],
  commands: [...organisationCommands, ...contactCommands, ...partnerCommands, ...technologyCommands],
  navigation: [],
}
