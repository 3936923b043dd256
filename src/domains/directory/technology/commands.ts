import { NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { ImportCounts } from '../organisations/model.ts'
import { isOrganisationInScope, lockImports, organisationsInScope } from '../organisations/queries.ts'
import type { DirectoryTables } from '../tables.ts'
import { productKeys, technologyChanged, type ImportedTechnology, type Technology, type TechnologyImport } from './model.ts'
import {
  productsByKeys,
  productsToStore,
  technologyToStore,
  toldBefore,
  type KnownTechnology,
  type NamedProduct,
  type StoredTechnology,
} from './queries.ts'

type DirectoryWork = Work<DirectoryTables>

/** Rows that go to the database in one statement. */
const ROWS_AT_ONCE = 5_000

/**
 * Takes in a list of what organisations run.
 *
 * 1. The list is whole for each organisation that it names: what the list of the same name (`source`) told of it before and does
 *    not tell now is removed, and counted as `closed`. An organisation that the list does not name keeps what it had.
 * 2. A product is one and the same by its keys; the first spelling is the one that is shown.
 * 3. What an organisation tells of itself and what the centre tells of it are kept apart. What the organisation chose to share, or
 *    not, stays as it chose; what is new is shared as `shared` says.
 * 4. A row that cannot be taken is counted as `refused` and explained in the problems; the rest is taken.
 */
export async function importTechnology(
  work: DirectoryWork,
  list: TechnologyImport,
): Promise<{ readonly counts: ImportCounts; readonly problems: readonly Problem[] }> {
  assertMay(work.actor, 'directory.technology.import')
  await lockImports(work.db)
  const toldBy: Technology['toldBy'] = work.actor.scope.kind === 'centre' || work.actor.scope.kind === 'system' ? 'centre' : 'organisation'
  const ids = await organisationsInScope(work.db, work.actor.scope, [...new Set(list.rows.map(row => row.organisationCode))])
  const { rows, problems } = acceptable(list, ids)
  const productIds = await storeProducts(work, rows)

  const known = new Map((await toldBefore(work.db, [...ids.values()], list.source, toldBy)).map(row => [keyOf(row), row]))
  const told = new Map<string, StoredTechnology>()
  for (const row of rows) {
    const { makerKey, productKey } = productKeys(row.maker, row.product)
    // Every product of these rows has just been stored, and every organisation was found.
    const stored: StoredTechnology = {
      organisation_id: ids.get(row.organisationCode)!, // `acceptable` left out the rows of others
      product_id: productIds.get(JSON.stringify([makerKey, productKey]))!, // `storeProducts` gives an id for each
      version: row.version ?? '',
      source: list.source,
      count: row.count,
      as_of: row.asOf,
      shared: toldBy === 'centre' || list.shared,
      cpe: row.cpe,
      purl: row.purl,
      told_by: toldBy,
      updated_at: work.now,
    }
    told.set(keyOf(stored), stored)
  }

  const added = [...told].filter(([key]) => !known.has(key)).map(([, row]) => row)
  const changed = [...told].flatMap(([key, row]) => (isChanged(known.get(key), row) ? [row] : []))
  const redated = [...told].flatMap(([key, row]) => (isOnlyRedated(known.get(key), row) ? [row] : []))
  const named = new Set(rows.map(row => ids.get(row.organisationCode)))
  const gone = [...known].filter(([key, row]) => !told.has(key) && named.has(row.organisation_id as Id<'organisation'>)).map(([, row]) => row)

  for (const some of chunks(added)) await insertTechnology(work, some)
  for (const some of chunks([...changed, ...redated])) await updateTechnology(work, some)
  for (const some of chunks(gone)) await deleteTechnology(work, some, list.source, toldBy)

  const counts = {
    read: rows.length + problems.length,
    added: added.length,
    changed: changed.length,
    closed: gone.length,
    unchanged: rows.length - added.length - changed.length,
    refused: problems.length,
  }
  work.record({
    verb: 'directory.technology.imported',
    subject: { kind: 'technology-list', id: list.source },
    ...(work.actor.organisationId === null ? {} : { organisationId: work.actor.organisationId }),
    change: { ...counts, toldBy, digest: list.digest },
  })
  if (added.length + changed.length + gone.length > 0) work.enqueue(technologyChanged, {})
  return { counts, problems }
}

/** Shares one line of what the organisation told of itself with the centre, or keeps it to itself from now on. */
export async function shareTechnology(
  work: DirectoryWork,
  input: { organisationId: Id<'organisation'>; productId: number; version: string; source: string; shared: boolean },
): Promise<void> {
  assertMay(work.actor, 'directory.technology.share')
  if (!(await isOrganisationInScope(work.db, work.actor.scope, input.organisationId))) throw unknownLine()
  const { numUpdatedRows } = await work.db
    .updateTable('directory_technology')
    .set({ shared: input.shared, updated_at: work.now })
    .where('organisation_id', '=', input.organisationId)
    .where('product_id', '=', input.productId)
    .where('version', '=', input.version)
    .where('source', '=', input.source)
    .where('told_by', '=', 'organisation')
    .executeTakeFirst()
  if (numUpdatedRows === 0n) throw unknownLine()
  work.record({
    verb: input.shared ? 'directory.technology.shared' : 'directory.technology.kept',
    subject: { kind: 'product', id: String(input.productId) },
    organisationId: input.organisationId,
    change: { version: input.version, source: input.source },
  })
  work.enqueue(technologyChanged, {})
}

function unknownLine(): NotFound {
  return new NotFound(
    'directory.technology.unknown',
    'That line is no longer there, or it was told by the centre, which knows it anyway. Look at the list.',
  )
}

/** The rows of organisations that the actor looks after, each product once; and why the others are not taken. */
function acceptable(list: TechnologyImport, ids: ReadonlyMap<string, Id<'organisation'>>) {
  const problems = [...list.rejected]
  const seen = new Map<string, string>()
  const rows = list.rows.filter(row => {
    const { makerKey, productKey } = productKeys(row.maker, row.product)
    const key = JSON.stringify([row.organisationCode, makerKey, productKey, row.version ?? ''])
    const earlier = seen.get(key)
    seen.set(key, earlier ?? row.position)
    if (!ids.has(row.organisationCode)) {
      problems.push(
        refusedRow(
          row,
          `no organisation that you look after has the code "${row.organisationCode.slice(0, 20)}". Check the code, or import the organisation first.`,
        ),
      )
      return false
    }
    if (earlier === undefined) return true
    problems.push(refusedRow(row, `it says the same as ${earlier}. Keep one of the two.`))
    return false
  })
  return { rows, problems }
}

function refusedRow(row: ImportedTechnology, why: string): Problem {
  return {
    rule: 'directory.technology.row',
    pointer: row.position,
    severity: 'error',
    message: `${row.position.charAt(0).toUpperCase()}${row.position.slice(1)}: ${why}`,
  }
}

/** Makes sure that every product of the rows is there. Gives its id under the two keys. */
async function storeProducts(work: DirectoryWork, rows: readonly ImportedTechnology[]): Promise<ReadonlyMap<string, number>> {
  const products = new Map<string, NamedProduct>()
  for (const { maker, product } of rows) {
    const { makerKey, productKey } = productKeys(maker, product)
    const key = JSON.stringify([makerKey, productKey])
    if (!products.has(key)) products.set(key, { maker, product, maker_key: makerKey, product_key: productKey })
  }
  const ids = new Map<string, number>()
  for (const some of chunks([...products.values()])) {
    await work.db
      .insertInto('directory_product')
      .columns(['maker', 'product', 'maker_key', 'product_key'])
      .expression(productsToStore(work.db, some))
      .onConflict(conflict => conflict.columns(['maker_key', 'product_key']).doNothing())
      .execute()
    for (const row of await productsByKeys(work.db, some)) ids.set(JSON.stringify([row.maker_key, row.product_key]), row.id)
  }
  return ids
}

async function insertTechnology(work: DirectoryWork, rows: readonly StoredTechnology[]): Promise<void> {
  await work.db
    .insertInto('directory_technology')
    .columns(['organisation_id', 'product_id', 'version', 'source', 'count', 'as_of', 'shared', 'cpe', 'purl', 'told_by', 'updated_at'])
    .expression(technologyToStore(work.db, rows))
    .execute()
}

async function updateTechnology(work: DirectoryWork, rows: readonly StoredTechnology[]): Promise<void> {
  await work.db
    .updateTable('directory_technology')
    .from(technologyToStore(work.db, rows).as('incoming'))
    .set(eb => ({
      count: eb.ref('incoming.count'),
      as_of: eb.ref('incoming.as_of'),
      cpe: eb.ref('incoming.cpe'),
      purl: eb.ref('incoming.purl'),
      updated_at: work.now,
    }))
    .whereRef('directory_technology.organisation_id', '=', 'incoming.organisation_id')
    .whereRef('directory_technology.product_id', '=', 'incoming.product_id')
    .whereRef('directory_technology.version', '=', 'incoming.version')
    .whereRef('directory_technology.source', '=', 'incoming.source')
    .whereRef('directory_technology.told_by', '=', 'incoming.told_by')
    .execute()
}

async function deleteTechnology(work: DirectoryWork, known: readonly KnownTechnology[], source: string, toldBy: Technology['toldBy']): Promise<void> {
  const rows = known.map(row => ({ ...row, source, told_by: toldBy, shared: true, updated_at: work.now }))
  await work.db
    .deleteFrom('directory_technology')
    .using(technologyToStore(work.db, rows).as('gone'))
    .whereRef('directory_technology.organisation_id', '=', 'gone.organisation_id')
    .whereRef('directory_technology.product_id', '=', 'gone.product_id')
    .whereRef('directory_technology.version', '=', 'gone.version')
    .whereRef('directory_technology.source', '=', 'gone.source')
    .whereRef('directory_technology.told_by', '=', 'gone.told_by')
    .execute()
}

function keyOf(row: Pick<KnownTechnology, 'organisation_id' | 'product_id' | 'version'>): string {
  return JSON.stringify([row.organisation_id, row.product_id, row.version])
}

function isChanged(before: KnownTechnology | undefined, after: StoredTechnology): boolean {
  return before !== undefined && (before.count !== after.count || before.cpe !== after.cpe || before.purl !== after.purl)
}

/** The same, said again on a later day: it counts as unchanged, and the day is kept. */
function isOnlyRedated(before: KnownTechnology | undefined, after: StoredTechnology): boolean {
  return before !== undefined && !isChanged(before, after) && before.as_of !== after.as_of
}

function* chunks<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) yield rows.slice(start, start + ROWS_AT_ONCE)
}
