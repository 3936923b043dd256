import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../../test/support/app.ts'
import { CareCertError } from '../../../kernel/errors.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { SignInTables } from '../tables.ts'
import { endRole } from './commands.ts'

const app = await createTestApp()

const administrators = () =>
  readAs<SignInTables, string[]>(app.platform, SYSTEM, async db =>
    (await db.selectFrom('directory_assignment').select('id').where('role', '=', 'administrator').where('until', 'is', null).execute()).map(
      ({ id }) => id,
    ),
  )

test('of two administrators who end each other at the same moment, one stays', async () => {
  for (let round = 0; round < 5; round += 1) {
    while ((await administrators()).length < 2) await app.signIn('administrator')
    const both = await administrators()
    const ended = await Promise.allSettled(both.map(id => runWork<SignInTables, unknown>(app.platform, SYSTEM, work => endRole(work, id, null))))
    const refused = ended.filter(outcome => outcome.status === 'rejected')
    assert.deepEqual(
      refused.map(({ reason }) => reason instanceof CareCertError && reason.code),
      ['directory.assignment.last-administrator'],
    )
    assert.equal((await administrators()).length, 1)
  }
})
