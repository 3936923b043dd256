import { Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Id } from '../../../kernel/id.ts'
import { londonDate, type Instant, type LocalDate } from '../../../kernel/instant.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { DirectoryTables } from '../tables.ts'
import { technologyChanged } from '../technology/model.ts'
import { changesBetween, factsAfter, factsOf, type FactChange, type OrganisationFacts } from './comparison.ts'
import type { ImportCounts, OrganisationImport } from './model.ts'
import { lockImports, organisationByCode, organisationTypes } from './queries.ts'
import {
  changesToStore,
  knownOrganisations,
  organisationsDueToClose,
  organisationsToStore,
  STORED,
  type StoredOrganisation,
} from './queries/import.ts'

type DirectoryWork = Work<DirectoryTables>

/** Rows that go to the database in one statement. */
const ROWS_AT_ONCE = 5_000

interface Planned {
  readonly id: string
  readonly code: string
  readonly facts: OrganisationFacts
  readonly changes: readonly (FactChange | { readonly kind: 'added'; readonly field: string; readonly before: null; readonly after: string })[]
}

/**
 * Takes in one file of organisations: adds, renames, moves, closes, reopens and corrects, and writes the history of each.
 *
 * 1. An organisation is found by its code, so what belongs to it (contacts, technology, answers) stays with it under a new name.
 * 2. One that an extract leaves out is left as it is: ODS keeps the closed in its files, so only a date closes. An extract of
 *    the changes alone can therefore be imported too.
 * 3. The same file again changes nothing.
 *
 * Throws `Forbidden` without `directory.organisation.import`, and `Invalid` when a row names a type that the directory does not have.
 */
export async function importOrganisations(work: DirectoryWork, file: OrganisationImport): Promise<ImportCounts> {
  assertMay(work.actor, 'directory.organisation.import')
  await lockImports(work.db)
  const types = new Set((await organisationTypes(work.db)).map(type => type.code))
  const stranger = file.rows.find(row => !types.has(row.type))
  if (stranger !== undefined) {
    throw new Invalid(
      'directory.organisation.unknown-type',
      `${stranger.code} is of the type "${stranger.type}", which the directory does not have. Nothing was imported.`,
    )
  }

  const today = londonDate(work.now)
  const known = await knownOrganisations(
    work.db,
    file.rows.map(row => row.code),
  )
  const added: Planned[] = []
  const altered: Planned[] = []
  const restamped: Planned[] = []
  let closed = 0
  for (const row of file.rows) {
    const told = factsOf(row, file.fileKind, today)
    const before = known.get(row.code)
    if (before === undefined) {
      added.push({
        id: work.newId('organisation'),
        code: row.code,
        facts: told,
        changes: [{ kind: 'added', field: 'name', before: null, after: told.name }],
      })
      continue
    }
    const after = factsAfter(before.facts, told, file)
    const changes = changesBetween(before.facts, after)
    const planned = { id: before.id, code: row.code, facts: after, changes }
    if (changes.length > 0) altered.push(planned)
    else if (after.source !== before.facts.source) restamped.push(planned)
    if (changes.some(change => change.kind === 'closed')) closed += 1
  }

  for (const some of chunks(added)) await insertOrganisations(work, some)
  for (const some of chunks([...altered, ...restamped])) await updateOrganisations(work, some)
  for (const some of chunks([...added, ...altered])) await insertChanges(work, some, file.source)

  const counts = {
    read: file.rows.length,
    added: added.length,
    changed: altered.length - closed,
    closed,
    unchanged: file.rows.length - added.length - altered.length,
    refused: 0,
  }
  work.record({
    verb: 'directory.organisations.imported',
    subject: { kind: 'organisation-list', id: file.fileKind },
    change: { ...counts, source: file.source, digest: file.digest },
  })
  if (altered.some(({ changes }) => changes.some(movesReach))) work.enqueue(technologyChanged, {})
  return counts
}

/** Whether it alters how many open organisations of each type run a product. */
function movesReach({ kind, field }: Planned['changes'][number]): boolean {
  return kind === 'closed' || kind === 'reopened' || field === 'type'
}

/** Closes the organisations whose closing date has come: extracts announce it ahead. Gives how many. */
export async function closeDueOrganisations(work: DirectoryWork): Promise<number> {
  const due = await organisationsDueToClose(work.db, londonDate(work.now))
  if (due.length === 0) return 0
  await work.db
    .updateTable('directory_organisation')
    .set({ status: 'closed', updated_at: work.now })
    .where(
      'id',
      'in',
      due.map(organisation => organisation.id),
    )
    .execute()
  await work.db
    .insertInto('directory_organisation_change')
    .values(
      due.map(({ id, source }) => ({
        organisation_id: id,
        at: work.now,
        kind: 'closed' as const,
        field: 'status',
        before: 'open',
        after: 'closed',
        source,
      })),
    )
    .execute()
  work.record({
    verb: 'directory.organisations.closed',
    subject: { kind: 'organisation-list', id: 'due' },
    change: { codes: due.map(organisation => organisation.code) },
  })
  work.enqueue(technologyChanged, {})
  return due.length
}

/** Says that one organisation took over from another. Saying it again changes the date. Throws `NotFound` for an unknown code. */
export async function recordSuccessor(
  work: DirectoryWork,
  input: { from: string; to: string; effectiveOn: LocalDate | null; source: string },
): Promise<void> {
  assertMay(work.actor, 'directory.organisation.import')
  const [from, to] = [await existing(work, input.from), await existing(work, input.to)]
  if (from === to) throw new Invalid('directory.successor.itself', 'An organisation cannot take over from itself. Give two different codes.')
  await work.db
    .insertInto('directory_successor')
    .values({ from_code: from, to_code: to, effective_on: input.effectiveOn, source: input.source })
    .onConflict(conflict => conflict.columns(['from_code', 'to_code']).doUpdateSet({ effective_on: input.effectiveOn, source: input.source }))
    .execute()
  work.record({ verb: 'directory.successor.recorded', subject: { kind: 'organisation', id: from }, change: { to, effectiveOn: input.effectiveOn } })
}

async function existing(work: DirectoryWork, code: string): Promise<string> {
  const organisation = await organisationByCode(work.db, code)
  if (organisation === undefined)
    throw new NotFound('directory.organisation.unknown', `No organisation has the code ${code.slice(0, 20)}. Import it first, or check the code.`)
  return organisation.code
}

async function insertOrganisations(work: DirectoryWork, planned: readonly Planned[]): Promise<void> {
  await work.db
    .insertInto('directory_organisation')
    .columns([...STORED, 'created_at'])
    .expression(organisationsToStore(work.db, stored(planned, work.now)).select('updated_at as created_at'))
    .execute()
}

async function updateOrganisations(work: DirectoryWork, planned: readonly Planned[]): Promise<void> {
  const incoming = organisationsToStore(work.db, stored(planned, work.now)).as('incoming')
  await work.db
    .updateTable('directory_organisation')
    .from(incoming)
    .set(eb => ({
      name: eb.ref('incoming.name'),
      name_key: eb.ref('incoming.name_key'),
      type: eb.ref('incoming.type'),
      country: eb.ref('incoming.country'),
      region_code: eb.ref('incoming.region_code'),
      board_code: eb.ref('incoming.board_code'),
      parent_code: eb.ref('incoming.parent_code'),
      address: eb.ref('incoming.address'),
      postcode: eb.ref('incoming.postcode'),
      phone: eb.ref('incoming.phone'),
      opened_on: eb.ref('incoming.opened_on'),
      closed_on: eb.ref('incoming.closed_on'),
      status: eb.ref('incoming.status'),
      source: eb.ref('incoming.source'),
      updated_at: eb.ref('incoming.updated_at'),
    }))
    .whereRef('directory_organisation.id', '=', 'incoming.id')
    .execute()
}

function stored(planned: readonly Planned[], now: Instant): readonly StoredOrganisation[] {
  return planned.map(({ id, code, facts }) => ({ id, code, ...facts, updated_at: now }))
}

async function insertChanges(work: DirectoryWork, planned: readonly Planned[], source: string): Promise<void> {
  const rows = planned.flatMap(({ id, changes }) =>
    changes.map(change => ({ organisation_id: id as Id<'organisation'>, at: work.now, ...change, source })),
  )
  await work.db
    .insertInto('directory_organisation_change')
    .columns(['organisation_id', 'at', 'kind', 'field', 'before', 'after', 'source'])
    .expression(changesToStore(work.db, rows))
    .execute()
}

function* chunks<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) yield rows.slice(start, start + ROWS_AT_ONCE)
}
