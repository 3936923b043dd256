import { Conflict, Forbidden, Invalid } from '../../../kernel/errors.ts'
import { isRecord } from '../../../kernel/json.ts'
import { withSystemSight } from '../../../platform/auth/actors.ts'
import { chunks } from '../../../platform/db/chunks.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import { runWork, type Work } from '../../../platform/work/work.ts'
import { organisationByCode } from '../../directory/contract.ts'
import { fileTypeOf, safeName } from '../evidence/file-type/model.ts'
import type { Visible } from '../tables.ts'
import { filePath } from './manifest.ts'
import { changed, openTakeAway, type OpenedTakeAway } from './open.ts'
import { columnsOf, frameworksThere, profilesThere, riskRulesThere, rootsThere, type Row } from './queries.ts'
import { FILE_TABLE, FRAMEWORK_TABLES, OWN_TABLES, PROFILE_TABLES, type OwnTable } from './tables.ts'

export interface Loaded {
  readonly organisation: string
  readonly added: number
  readonly alreadyThere: number
  /** Rows that say what was agreed with others elsewhere: they stay in the archive. */
  readonly leftOut: number
}

/** What ids of the archive are called here. */
type Ids = ReadonlyMap<string, string>

/**
 * Loads a take-away into this installation, for the organisation of the same code: all of it or nothing, and a second time nothing more. Engagements come as ended,
 * good practice as a draft; shares, looks and what was pooled stay behind. Only whoever runs the machine may: signatures come along, and nobody here can prove them.
 * Throws `Forbidden`, `Invalid` for an archive that is not ours or not whole, and `Conflict` where it does not fit what is here.
 */
export async function loadTakeAway(platform: Platform, actor: Actor, bytes: Buffer): Promise<Loaded> {
  if (actor.kind !== 'operator')
    throw new Forbidden(
      'assure.take-away.operator',
      'Only whoever runs the machine loads a take-away: what was signed elsewhere comes along. Ask them.',
    )
  const archive = openTakeAway(bytes)
  try {
    return await runWork<Visible, Loaded>(platform, withSystemSight(actor), work => load(work, archive))
  } catch (error) {
    // What the schema refuses (classes 22 and 23 of SQLSTATE) no installation has written so.
    if (isRecord(error) && typeof error['code'] === 'string' && /^2[23]...$/.test(error['code'])) throw changed()
    throw error
  }
}

async function load(work: Work<Visible>, archive: OpenedTakeAway): Promise<Loaded> {
  const { code, name } = archive.manifest.organisation
  const organisation = await organisationByCode(work.db, code)
  if (organisation === undefined)
    throw new Conflict(
      'assure.take-away.organisation',
      `There is no organisation ${code} (${name}) in this directory. Import it first, then load this again.`,
    )
  const ids = new Map<string, string>([[archive.manifest.organisation.id, organisation.id]])
  const counts = { added: 0, alreadyThere: 0, leftOut: 0 }
  assertClosed(archive)
  counts.added += await loadFrameworks(work, archive, ids)
  counts.added += await loadProfiles(work, archive, ids)
  const reviewsThere = await assertOwn(work, archive, organisation.id)
  for (const table of OWN_TABLES) {
    const rows = archive.rowsOf(table.table)
    if (table.loads === 'stays') counts.leftOut += rows.length
    else {
      const wanted = await fitted(work, table, rows, { ids, archive, reviewsThere })
      const added = await insertRows(work, table.table, wanted)
      counts.added += added
      counts.alreadyThere += rows.length - added
    }
    if (table.table === 'assure_evidence') await loadFiles(work, archive)
  }
  work.record({ verb: 'assure.take-away.loaded', subject: { kind: 'organisation', id: organisation.id }, organisationId: organisation.id })
  return { organisation: organisation.code, ...counts }
}

/** Every row is of the organisation of the manifest, or of a row that is: else a row could be hung on somebody else's review. */
function assertClosed(archive: OpenedTakeAway): void {
  const idsIn = new Map<string, ReadonlySet<unknown>>()
  const set = (table: string) => {
    const known = idsIn.get(table) ?? new Set(archive.rowsOf(table).map(({ id }) => id))
    idsIn.set(table, known)
    return known
  }
  for (const { table, column, parent } of OWN_TABLES) {
    for (const row of archive.rowsOf(table)) {
      const isOurs = parent === null ? row[column] === archive.manifest.organisation.id : set(parent).has(row[column])
      const [review, whose] = [row['assessment_id'], row['organisation_id']]
      const ofOurReview = review === undefined || review === null || set('assure_assessment').has(review)
      const isNobodyElses = whose === undefined || whose === archive.manifest.organisation.id
      if (!isOurs || !ofOurReview || !isNobodyElses) throw changed()
    }
  }
}

/** What is here under the same ids is the same organisation's, and was not changed since. Gives the reviews that are here already. */
async function assertOwn(work: Work<Visible>, archive: OpenedTakeAway, organisationId: string): Promise<ReadonlySet<string>> {
  const reviews = new Set<string>()
  for (const { table } of OWN_TABLES.filter(({ parent }) => parent === null)) {
    const rows = archive.rowsOf(table)
    const changedAt = new Map(rows.map(row => [row['id'], row['changed_at']]))
    const ids = [...changedAt.keys()].filter(id => typeof id === 'string')
    if (ids.length === 0) continue
    for (const there of await rootsThere(work.db, table, ids)) {
      if (there.organisationId !== organisationId) throw changed()
      if (table === 'assure_assessment') {
        reviews.add(there.id)
        if (there.changedAt !== changedAt.get(there.id))
          throw new Conflict(
            'assure.take-away.changed-here',
            'A review of this archive is here already, and was changed in one place since. Load it into an empty installation.',
          )
      }
    }
  }
  return reviews
}

async function loadFrameworks(work: Work<Visible>, archive: OpenedTakeAway, ids: Map<string, string>): Promise<number> {
  const there = await frameworksThere(work.db)
  const missing = new Set<unknown>()
  for (const row of archive.rowsOf('assure_framework')) {
    const known = there.find(({ code, version }) => code === row['code'] && version === row['version'])
    if (known === undefined) missing.add(row['id'])
    else if (known.contentHash !== row['content_hash'])
      throw new Conflict(
        'assure.take-away.framework',
        `${String(row['code'])} ${String(row['version'])} is here with other words than the review was answered by. Load the same one first.`,
      )
    else ids.set(String(row['id']), known.id)
  }
  let added = 0
  for (const { table, column } of FRAMEWORK_TABLES) {
    const rows = archive.rowsOf(table).filter(row => missing.has(row[column]))
    added += await insertRows(work, table, table === 'assure_framework' ? rows.map(row => ({ ...row, is_shipped: false })) : rows)
  }
  return added
}

async function loadProfiles(work: Work<Visible>, archive: OpenedTakeAway, ids: Map<string, string>): Promise<number> {
  const there = await profilesThere(work.db)
  const missing = new Set<unknown>()
  const rows = archive.rowsOf('assure_profile').map(row => ({ ...row, framework_id: ids.get(String(row['framework_id'])) ?? row['framework_id'] }))
  for (const row of rows as readonly Row[]) {
    const known = there.find(({ id, frameworkId, code }) => id === row['id'] || (frameworkId === row['framework_id'] && code === row['code']))
    if (known === undefined) missing.add(row['id'])
    else ids.set(String(row['id']), known.id)
  }
  let added = 0
  for (const { table, column } of PROFILE_TABLES) {
    const of: readonly Row[] = table === 'assure_profile' ? rows : archive.rowsOf(table)
    added += await insertRows(
      work,
      table,
      of.filter(row => missing.has(row[column])),
    )
  }
  return added
}

/** The rows as they are here: ids of organisation, framework and profile are ours, and what was open elsewhere is not. */
async function fitted(
  work: Work<Visible>,
  { table, loads }: OwnTable,
  rows: readonly Row[],
  by: { readonly ids: Ids; readonly archive: OpenedTakeAway; readonly reviewsThere: ReadonlySet<string> },
): Promise<readonly Row[]> {
  const mapped = rows.map(row => withIds(row, by.ids))
  if (loads === 'new-reviews-only') return mapped.filter(row => !by.reviewsThere.has(String(row['assessment_id'])))
  if (loads === 'ended')
    return mapped.map(row =>
      row['ended_at'] === null ? { ...row, ended_at: work.now, end_reason: 'It came with a take-away from elsewhere.' } : row,
    )
  if (loads === 'as-draft') return mapped.map(row => ({ ...row, state: row['state'] === 'offered' ? 'draft' : row['state'], offer_id: null }))
  if (table === 'assure_conclusion') {
    const rules = new Set((await riskRulesThere(work.db)).map(({ id }) => id))
    return mapped.map(row => (rules.has(Number(row['risk_rule_id'])) ? row : { ...row, risk_rule_id: null }))
  }
  if (table === 'assure_evidence') return mapped.map(row => honestEvidence(row, by.archive))
  return mapped
}

function withIds(row: Row, ids: Ids): Row {
  const idOf = (value: unknown) => (typeof value === 'string' ? (ids.get(value) ?? value) : value)
  const columns = ['organisation_id', 'framework_id', 'profile_id'].filter(column => column in row)
  return { ...row, ...Object.fromEntries(columns.map(column => [column, idOf(row[column])])) }
}

/** A link leads to the web and nowhere else, and a file is what its bytes are. */
function honestEvidence(row: Row, archive: OpenedTakeAway): Row {
  if (row['kind'] === 'link' && !/^https?:\/\//.test(String(row['place']))) throw changed()
  if (row['kind'] !== 'file' || row['withdrawn_at'] !== null) return row
  const type = fileTypeOf(archive.fileOf(filePath(String(row['id']))) ?? Buffer.alloc(0))
  if (!type.ok) throw changed()
  return { ...row, media_type: type.value.mediaType, file_name: safeName(String(row['file_name']), type.value) }
}

async function loadFiles(work: Work<Visible>, archive: OpenedTakeAway): Promise<void> {
  for (const row of archive.rowsOf('assure_evidence')) {
    if (row['kind'] !== 'file' || row['withdrawn_at'] !== null) continue
    const content = archive.fileOf(filePath(String(row['id'])))
    const entry = archive.manifest.files.find(({ path }) => path === filePath(String(row['id'])))
    if (content === undefined || entry?.sha256 !== row['sha256']) throw changed()
    await work.db
      .insertInto(FILE_TABLE)
      .values({ evidence_id: String(row['id']), content })
      .onConflict(clash => clash.doNothing())
      .execute()
  }
}

/** Inserts rows whose columns are all known here; those that are there already stay as they are. Gives how many were added. */
async function insertRows(work: Work<Visible>, table: string, rows: readonly Row[]): Promise<number> {
  if (rows.length === 0) return 0
  const columns = await columnsOf(work.db, table)
  const known = new Map(columns.map(column => [column.name, column]))
  const strange = rows.flatMap(row => Object.keys(row)).find(name => !known.has(name))
  if (strange !== undefined)
    throw new Invalid(
      'assure.take-away.other-version',
      'This take-away was made by another version of CareCERT. Load it with that version, then upgrade.',
      `${table}.${strange}`,
    )
  const values = rows.map(row =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([name]) => known.get(name)?.isNumbered === false)
        .map(([name, value]) => [name, known.get(name)?.type === 'jsonb' && value !== null ? JSON.stringify(value) : value]),
    ),
  )
  let added = 0
  for (const part of chunks(values)) {
    const { numInsertedOrUpdatedRows } = await work.db
      // The list of tables is ours, and each column was looked up: the types of a table that is named at run time say no more.
      .insertInto(table as 'assure_view')
      .values(part as never)
      .onConflict(clash => clash.doNothing())
      .executeTakeFirstOrThrow()
    added += Number(numInsertedOrUpdatedRows ?? 0n)
  }
  return added
}
