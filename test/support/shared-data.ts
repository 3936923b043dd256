import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../shared/data/', import.meta.url))

/** Whether the reference data stands beside this checkout. Tests that need it are skipped by name where it does not. */
export const hasSharedData = existsSync(ROOT)

/** What a test passes as `skip`: false, or the reason. */
export const skipWithoutSharedData = hasSharedData ? false : 'the reference data (../shared/data) is not beside this checkout'

/** The path of a file of the reference data, such as `sharedData('kev/2025-01-24/known_exploited_vulnerabilities.json')`. */
export function sharedData(path: string): string {
  return ROOT + path
}
