import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { createTestPlatform } from '../../../../test/support/platform.ts'
import { sharedData, skipWithoutSharedData } from '../../../../test/support/shared-data.ts'
import { parseOdsFile } from '../../../codecs/ods/file.ts'
import { SYSTEM, type Actor } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../tables.ts'
import { closeDueOrganisations, importOrganisations } from './commands.ts'
import type { ImportCounts } from './model.ts'
import { readOrganisationFile } from './read-file.ts'

const platform = await createTestPlatform()
const skip = skipWithoutSharedData

function centre(): Actor {
  return { ...SYSTEM, kind: 'person', id: 'per_test', scope: { kind: 'centre' }, permissions: new Set(['directory.organisation.import']) }
}

function importBytes(bytes: Uint8Array, name: string): Promise<ImportCounts> {
  const file = readOrganisationFile(bytes, name)
  return runWork<DirectoryTables, ImportCounts>(platform, centre(), work => importOrganisations(work, file.import))
}

function real(name: string): Buffer {
  return readFileSync(sharedData(`ods/${name}`))
}

test('measure', { skip }, async () => {
  const bytes = real('epraccur-2019-12.csv')
  for (const _ of [1, 2]) {
    const start = performance.now()
    const parsed = parseOdsFile(bytes, 'epraccur')
    console.log(parsed.ok, performance.now() - start)
    console.log(await importBytes(bytes, 'epraccur-2019-12.csv'), performance.now() - start)
  }
  await readAs<DirectoryTables, void>(platform, SYSTEM, async db => { console.log(await db.selectFrom('directory_organisation').selectAll().limit(1).execute()) })
  void closeDueOrganisations
})
