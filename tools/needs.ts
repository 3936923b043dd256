import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { browserProgram } from '../test/support/browser.ts'
import { findPostgres } from '../test/support/postgres.ts'

/**
 * Gets what the tests need and this machine lacks, through the package registries, saying what it does. What npm could
 * not bring is a PostgreSQL server, which comes from apt.
 */
export async function getNeeds(): Promise<string | undefined> {
  console.log(`Node ${process.versions.node}, ${process.execPath}`)
  const { path } = await browserProgram()
  console.log(`A browser, from npm: ${path}`)
  const failure = findPostgres() === undefined ? installPostgres() : undefined
  if (failure === undefined) console.log(`PostgreSQL: ${findPostgres()}`)
  return failure
}

function installPostgres(): string | undefined {
  const byHand = 'Install a PostgreSQL server (15 or later), so that initdb and postgres are in the PATH; then run this again.'
  if (!existsSync('/usr/bin/apt-get')) return `There is no PostgreSQL server here. ${byHand}`
  if (process.getuid?.() !== 0) return `There is no PostgreSQL server here, and only root can install one (apt-get install postgresql). ${byHand}`
  console.log('PostgreSQL: none here, so it is installed now from the Debian archive (apt-get update, apt-get install postgresql).')
  // The tests start a server of their own. Without this the package would start one, for good, on port 5432.
  mkdirSync('/etc/postgresql-common/createcluster.d', { recursive: true })
  writeFileSync('/etc/postgresql-common/createcluster.d/no-main-cluster.conf', 'create_main_cluster = false\n')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const how of [['update'], ['install', '--yes', '--no-install-recommends', 'postgresql']]) {
    if (spawnSync('apt-get', ['--quiet=2', ...how], { stdio: 'inherit', env }).status !== 0) return `apt-get ${how[0]} failed. ${byHand}`
  }
  return findPostgres() === undefined ? `apt-get installed postgresql, but there is no initdb. ${byHand}` : undefined
}
