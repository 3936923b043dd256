import { assure } from '../domains/assure/module.ts'
import { broadcast } from '../domains/broadcast/module.ts'
import { directory } from '../domains/directory/module.ts'
import { watch } from '../domains/watch/module.ts'
import { cap } from '../interop/cap/module.ts'
import { csafProvider } from '../interop/csaf-provider/module.ts'
import { csafValidation } from '../interop/csaf-validation/module.ts'
import { feeds } from '../interop/feeds/module.ts'
import { misp } from '../interop/misp/module.ts'
import { stixExport } from '../interop/stix/module.ts'
import { taxiiServer } from '../interop/taxii/module.ts'
import type { Role } from '../kernel/role.ts'
import type { Module } from '../platform/module.ts'
import { apiModule } from './api/module.ts'
import { operations } from './operations/module.ts'
import { REACTIONS } from './reactions.ts'

/** Every module, in the order of the ladder. A slice is reached through its domain's line here. */
const DOMAINS: readonly Module[] = [
  directory,
  watch,
  broadcast,
  assure,
  csafProvider,
  csafValidation,
  feeds,
  cap,
  misp,
  stixExport,
  taxiiServer,
  operations,
]

/** The same, and what describes the operations of all of them. */
export const MODULES: readonly Module[] = [...DOMAINS, apiModule(DOMAINS)]

/** Permission → the roles that hold it: every domain's table in one. What stands in no table, nobody may do. */
export const PERMISSIONS: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  MODULES.flatMap(module => Object.entries(module.permissions)),
)

export const ROUTES = MODULES.flatMap(module => module.routes)
export const COMMANDS = MODULES.flatMap(module => module.commands)
export const JOB_HANDLERS = [...MODULES.flatMap(module => module.jobs), ...REACTIONS]
export const METRICS = MODULES.flatMap(module => module.metrics ?? [])
export const SERVICES = MODULES.flatMap(module => module.services ?? [])
export const HOME = MODULES.flatMap(module => module.home ?? [])
export const NAVIGATION = MODULES.flatMap(module => module.navigation).toSorted((a, b) => a.position - b.position)

const byRole = new Map<string, ReadonlySet<string>>()

/** Everything that a role may do. */
export function permissionsOf(role: Role): ReadonlySet<string> {
  const known = byRole.get(role)
  if (known !== undefined) return known
  const held = new Set(Object.keys(PERMISSIONS).filter(permission => PERMISSIONS[permission]?.includes(role)))
  byRole.set(role, held)
  return held
}
