import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestApp } from '../../../test/support/app.ts'
import type { Id } from '../../kernel/id.ts'
import { SYSTEM, type Actor, type Scope } from '../../platform/work/actor.ts'
import { readAs } from '../../platform/work/read.ts'
import { runWork, type Work } from '../../platform/work/work.ts'
import type { DirectoryTables } from './tables.ts'

const app = await createTestApp()
await app.signIn('cyber-lead', { organisation: 'AAA' })
await app.signIn('partner-responder', { organisation: 'PPP' })

async function actorAt(code: string, kind: 'organisation' | 'partner'): Promise<Actor> {
  const { id } = await readAs<DirectoryTables, { id: string }>(app.platform, SYSTEM, db =>
    db.selectFrom('directory_organisation').select('id').where('code', '=', code).executeTakeFirstOrThrow(),
  )
  const scope: Scope = { kind, organisationId: id as Id<'organisation'> }
  return { ...SYSTEM, kind: 'person', id: 'per_test', scope, organisationId: id as Id<'organisation'> }
}

const as = <R>(actor: Actor, body: (work: Work<DirectoryTables>) => Promise<R>) => runWork<DirectoryTables, R>(app.platform, actor, body)

test('the database lets nobody give a role at an organisation that they only look after', async () => {
  const [lead, partner] = [await actorAt('AAA', 'organisation'), await actorAt('PPP', 'partner')]
  const organisationId = lead.organisationId ?? ''
  await as(SYSTEM, async work => {
    const id = work.newId('partnership')
    await work.db
      .insertInto('directory_partnership')
      .values({ id, partner_id: partner.organisationId ?? '', organisation_id: organisationId, since: work.now, until: null })
      .execute()
    work.record({ verb: 'test.partnership', subject: { kind: 'partnership', id } })
  })
  const give = (actor: Actor) =>
    as(actor, async work => {
      const id = work.newId('assignment')
      const personId = (await work.db.selectFrom('directory_person').select('id').limit(1).executeTakeFirstOrThrow()).id
      await work.db
        .insertInto('directory_assignment')
        .values({ id, person_id: personId, organisation_id: organisationId, role: 'board-member', since: work.now, until: null })
        .execute()
      work.record({ verb: 'test.role', subject: { kind: 'assignment', id } })
    })
  await assert.rejects(give(partner), /row-level security/)
  await give(lead)
})

test('the database lets nobody but the centre rename a product that others list too', async () => {
  await as(SYSTEM, async work => {
    await work.db.insertInto('directory_product').values({ maker: 'M', product: 'P', maker_key: 'm', product_key: 'p' }).execute()
    work.record({ verb: 'test.product', subject: { kind: 'product', id: 'p' } })
  })
  for (const actor of [await actorAt('PPP', 'partner'), await actorAt('AAA', 'organisation')]) {
    const renamed = await as(actor, async work => {
      work.record({ verb: 'test.renamed', subject: { kind: 'product', id: 'p' } })
      return work.db.updateTable('directory_product').set({ product: 'Renamed' }).executeTakeFirstOrThrow()
    })
    assert.equal(renamed.numUpdatedRows, 0n)
  }
})
