import { createHash } from 'node:crypto'
import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import { NotFound } from '../../../kernel/errors.ts'
import { csvText } from '../../../platform/csv/csv.ts'
import type { Platform } from '../../../platform/platform.ts'
import { assertMay, type Actor } from '../../../platform/work/actor.ts'
import { readAs, type Reader } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import { organisationById } from '../../directory/contract.ts'
import { contentOf } from '../evidence/queries.ts'
import type { Visible } from '../tables.ts'
import { dataPath, filePath, MANIFEST, manifestOf, type Manifest } from './manifest.ts'
import { ownRows, referredRows, type Row } from './queries.ts'
import { OWN_TABLES } from './tables.ts'

interface Picked {
  readonly organisation: Manifest['organisation']
  readonly tables: readonly { readonly table: string; readonly rows: readonly Row[] }[]
}

/** A take-away that can be written: its name, how many rows it has, and its bytes. */
export interface TakeAway {
  readonly fileName: string
  readonly rows: number
  readonly files: number
  bytes(): AsyncGenerator<Uint8Array>
}

/**
 * Everything of assure that is the actor's own organisation's, as far as the actor may see it, in one archive: rows as JSON lines, the frameworks that they refer
 * to, the files of evidence, and pages for people to read. The rows are of one picture. Files never change, so each is read as it is written: one is held at a time.
 */
export async function makeTakeAway(platform: Platform, actor: Actor): Promise<TakeAway> {
  assertMay(actor, 'assure.take-away')
  const organisation = await runWork<Visible, Picked['organisation']>(platform, actor, async work => {
    const found = actor.organisationId === null ? undefined : await organisationById(work.db, actor.organisationId)
    if (found === undefined) throw new NotFound('assure.take-away.whose', 'You act for no organisation, so there is nothing to take away.')
    work.record({ verb: 'assure.take-away.made', subject: { kind: 'organisation', id: found.id }, organisationId: found.id })
    return { id: found.id, code: found.code, name: found.name }
  })
  const pick = async (db: Reader<Visible>): Promise<Picked> => {
    const tables: { table: string; rows: readonly Row[] }[] = []
    for (const table of OWN_TABLES) tables.push({ table: table.table, rows: await ownRows(db, table, organisation.id) })
    const idsOf = (column: string) => [...new Set(tables.flatMap(({ rows }) => rows.map(row => row[column])).filter(isText))]
    const referred = await referredRows(db, { frameworkIds: idsOf('framework_id'), profileIds: idsOf('profile_id') })
    return { organisation, tables: [...referred, ...tables] }
  }
  const picked = await readAs<Visible, Picked>(platform, actor, pick, { isOnePicture: true })
  const madeAt = platform.clock.now()
  const texts = [...dataFiles(picked), ...readableFiles(platform, picked, madeAt)]
  const evidence = rowsIn(picked, 'assure_evidence').filter(({ kind, withdrawn_at }) => kind === 'file' && withdrawn_at === null)
  const files = [
    ...texts.map(({ path, body }) => ({ path, bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') })),
    ...evidence.map(({ id, bytes, sha256 }) => ({ path: filePath(String(id)), bytes: Number(bytes), sha256: String(sha256) })),
  ]
  const manifest = manifestOf({ madeAt: madeAt.toISOString(), organisation: picked.organisation, files })
  const read = (id: string) => readAs<Visible, Buffer>(platform, actor, db => contentOf(db, id))
  return {
    fileName: `carecert-review-${picked.organisation.code}-${madeAt.toISOString().slice(0, 10)}.zip`,
    rows: picked.tables.reduce((sum, { rows }) => sum + rows.length, 0),
    files: evidence.length,
    bytes: () =>
      zipped(
        [{ path: MANIFEST, body: Buffer.from(JSON.stringify(manifest, null, 2)) }, ...texts],
        evidence.map(({ id }) => String(id)),
        read,
      ),
  }
}

interface TextFile {
  readonly path: string
  readonly body: Buffer
}

function dataFiles({ tables }: Picked): readonly TextFile[] {
  return tables
    .filter(({ rows }) => rows.length > 0)
    .map(({ table, rows }) => ({ path: dataPath(table), body: Buffer.from(rows.map(row => `${JSON.stringify(row)}\n`).join('')) }))
}

function rowsIn({ tables }: Picked, table: string): readonly Row[] {
  return tables.find(known => known.table === table)?.rows ?? []
}

/** What people read without a program: one page, and three lists for a spreadsheet. */
function readableFiles(platform: Platform, picked: Picked, madeAt: Date): readonly TextFile[] {
  const frameworks = new Map(rowsIn(picked, 'assure_framework').map(row => [row['id'], `${said(row['name'])} ${said(row['version'])}`]))
  const reviews = rowsIn(picked, 'assure_assessment').map(row => ({
    id: said(row['id']),
    name: `${frameworks.get(row['framework_id']) ?? ''}, ${said(row['period'])}, ${said(row['subject'])}`,
    state: said(row['state']),
  }))
  const nameOf = new Map(reviews.map(({ id, name }) => [id, name]))
  const outcomes = rowsIn(picked, 'assure_view').map(row => [
    nameOf.get(said(row['assessment_id'])) ?? '',
    ...['outcome_code', 'view', 'status', 'summary'].map(name => said(row[name])),
  ])
  const evidence = rowsIn(picked, 'assure_evidence').map(row =>
    ['id', 'title', 'kind', 'grade', 'effective_on', 'expires_on', 'place', 'file_name', 'sha256', 'note'].map(name => said(row[name])),
  )
  const actions = rowsIn(picked, 'assure_action').map(row =>
    ['title', 'state', 'funding', 'original_date', 'due_on', 'slips', 'done_on', 'text'].map(name => said(row[name])),
  )
  const heads = {
    outcomes: ['review', 'outcome', 'said by', 'level', 'summary'],
    evidence: ['file', 'what', 'kept', 'grade', 'true on', 'expires', 'where', 'name', 'sha256', 'note'],
    actions: ['what', 'state', 'funding', 'first date', 'due', 'times put off', 'done', 'text'],
  }
  const model = { organisation: picked.organisation, madeAt, reviews, outcomes, evidence, actions, heads }
  return [
    { path: 'index.html', body: Buffer.from(platform.views.render('assure/take-away/views/index.html.njk', model)) },
    { path: 'outcomes.csv', body: Buffer.from(csvText(heads.outcomes, outcomes)) },
    { path: 'evidence.csv', body: Buffer.from(csvText(heads.evidence, evidence)) },
    { path: 'actions.csv', body: Buffer.from(csvText(heads.actions, actions)) },
  ]
}

function said(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

/** The archive, part by part as it is made. */
async function* zipped(
  texts: readonly TextFile[],
  evidenceIds: readonly string[],
  read: (id: string) => Promise<Buffer>,
): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = []
  let failure: Error | null = null
  const zip = new Zip((error, part) => {
    if (error === null) ready.push(part)
    else failure = error
  })
  const taken = function* () {
    if (failure !== null) throw failure
    yield* ready.splice(0)
  }
  for (const { path, body } of texts) {
    const entry = new ZipDeflate(path, { level: 6 })
    zip.add(entry)
    entry.push(body, true)
    yield* taken()
  }
  for (const id of evidenceIds) {
    const body = await read(id)
    const entry = new ZipPassThrough(filePath(id))
    zip.add(entry)
    entry.push(body, true)
    yield* taken()
  }
  zip.end()
  yield* taken()
}
