import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Json } from '../../../kernel/json.ts'
import { parseWebAddress } from '../../../kernel/web-address.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { ENRICHES, FOLDER, SOURCE_CODE, SOURCE_FORMATS, UNRECOGNISED, type NewSource, type SourceChanges } from './model.ts'
import { sourceByCode, type SourceKey, type SourceToGather } from './queries.ts'
import { nextAfterFailure, nextAfterSuccess } from './schedule.ts'
import { EVERY_MINUTES, isFolderPath } from './settings.ts'

/** Adds a source that a person names. Throws `Invalid` for a code or address that will not do, `Conflict` for a code that is taken. */
export async function addSource(work: Work<Visible>, source: NewSource): Promise<SourceKey> {
  assertMay(work.actor, 'watch.source.change')
  if (!SOURCE_CODE.test(source.code))
    throw new Invalid('watch.source.code', 'The code may hold small letters, digits, dots and hyphens, such as cisa-kev.')
  const format = SOURCE_FORMATS.find(known => known === source.format)
  if (format === undefined) throw new Invalid('watch.source.format', `The format must be one of ${SOURCE_FORMATS.join(', ')}.`)
  const url = checked(source, format)
  if ((await sourceByCode(work.db, source.code)) !== undefined) {
    throw new Conflict('watch.source.taken', `There is a source ${source.code} already. Choose another code, or gather that one.`)
  }
  return ensureSource(work, { ...source, url })
}

/** The address as it is kept. Throws `Invalid` for what will not do. */
function checked({ name, url, everyMinutes }: Pick<NewSource, 'name' | 'url' | 'everyMinutes'>, format: string): string | null {
  if (name.trim() === '') throw new Invalid('watch.source.name', 'Give the source a name.')
  const { least, most } = EVERY_MINUTES
  if (everyMinutes !== undefined && !(Number.isInteger(everyMinutes) && everyMinutes >= least && everyMinutes <= most))
    throw new Invalid('watch.source.rhythm', `A source can be asked every ${least} to ${most} minutes.`)
  if (format === FOLDER) {
    if (url === null || !isFolderPath(url)) throw new Invalid('watch.source.folder', 'Name the whole path of the folder, such as /srv/carecert/drop.')
    return url
  }
  const address = url === null ? null : parseWebAddress(url)
  if (address === undefined) throw new Invalid('watch.source.url', 'The address must begin with https:// or http://.')
  return address
}

/**
 * Changes what a person may choose for a source, and has it asked at once. Under another address it is gathered from the beginning. Throws
 * `NotFound` for one that does not exist, `Invalid` for what will not do.
 */
export async function changeSource(work: Work<Visible>, code: string, changes: SourceChanges): Promise<void> {
  assertMay(work.actor, 'watch.source.change')
  const source = await knownSource(work, code)
  if (!SOURCE_FORMATS.some(format => format === source.format))
    throw new Conflict('watch.source.fixed', 'This source is not gathered from anywhere, so there is nothing to change.')
  const url = checked(changes, source.format)
  const { name, settings, everyMinutes, opensThreats } = changes
  await work.db
    .updateTable('watch_source')
    .set({
      name: name.trim(),
      url,
      settings: JSON.stringify(settings),
      every_minutes: everyMinutes,
      opens_threats: opensThreats,
      next_at: null,
      ...(url === source.url ? {} : { cursor: null }),
    })
    .where('id', '=', source.id)
    .execute()
  work.record({
    verb: 'watch.source.changed',
    subject: { kind: 'source', id: source.id },
    change: { name: name.trim(), url, settings, everyMinutes, opensThreats },
  })
}

/** Forgets how far a source was gathered, so that everything is looked at anew. What was gathered of it stays. */
export async function startAnew(work: Work<Visible>, code: string): Promise<void> {
  assertMay(work.actor, 'watch.source.change')
  const source = await knownSource(work, code)
  await work.db.updateTable('watch_source').set({ cursor: null, next_at: null }).where('id', '=', source.id).execute()
  work.record({ verb: 'watch.source.started-anew', subject: { kind: 'source', id: source.id } })
}

async function knownSource(work: Work<Visible>, code: string): Promise<SourceKey> {
  const source = await sourceByCode(work.db, code)
  if (source === undefined) throw new NotFound('watch.source.unknown', `There is no source ${code}. "carecert sources list" names them.`)
  return source
}

/** The source of that code, made when it is not there yet. */
export async function ensureSource(work: Work<Visible>, source: NewSource): Promise<SourceKey> {
  const known = await sourceByCode(work.db, source.code)
  if (known !== undefined) return known
  const id = work.newId('source')
  const { code, name, format, url, settings = {}, everyMinutes = EVERY_MINUTES.usual, opensThreats = !ENRICHES.has(format) } = source
  await work.db
    .insertInto('watch_source')
    .values({
      id,
      code,
      name,
      format,
      url,
      enabled: format !== UNRECOGNISED,
      opens_threats: opensThreats,
      settings: JSON.stringify(settings),
      every_minutes: everyMinutes,
      created_at: work.now,
    })
    .execute()
  work.record({ verb: 'watch.source.added', subject: { kind: 'source', id }, change: { code, format, url, settings, everyMinutes, opensThreats } })
  return { id, code, format, url, settings }
}

/** Stops or starts the gathering of a source by the clock. */
export async function setEnabled(work: Work<Visible>, code: string, enabled: boolean): Promise<void> {
  assertMay(work.actor, 'watch.source.change')
  const source = await knownSource(work, code)
  await work.db.updateTable('watch_source').set({ enabled }).where('id', '=', source.id).execute()
  work.record({ verb: enabled ? 'watch.source.started' : 'watch.source.stopped', subject: { kind: 'source', id: source.id } })
}

/** Keeps how far a source has been gathered, with what was just taken in. */
export async function keepCursor(work: Work<Visible>, sourceId: string, cursor: Json): Promise<void> {
  await work.db
    .updateTable('watch_source')
    .set({ cursor: cursor === null ? null : JSON.stringify(cursor) })
    .where('id', '=', sourceId)
    .execute()
  work.record({ verb: 'watch.source.reached', subject: { kind: 'source', id: sourceId } })
}

/** A run that came to its end, or to the end of its part, of which the next is due at once. */
export async function keepSuccess(work: Work<Visible>, source: SourceToGather, remarks: readonly string[], isPart: boolean): Promise<void> {
  await work.db
    .updateTable('watch_source')
    .set({
      failures: 0,
      next_at: isPart ? null : nextAfterSuccess(source, work.now),
      remarks: JSON.stringify([...new Set(remarks)].slice(0, MOST_REMARKS)),
    })
    .where('id', '=', source.id)
    .execute()
  work.record({ verb: 'watch.source.asked', subject: { kind: 'source', id: source.id }, change: { failed: false } })
}

const MOST_REMARKS = 20

/** A run that gave nothing: the source is asked again, the later the longer it fails. */
export async function keepFailure(work: Work<Visible>, source: SourceToGather, retryAfterSeconds: number | null): Promise<void> {
  const failures = source.failures + 1
  await work.db
    .updateTable('watch_source')
    .set({ failures, next_at: nextAfterFailure(source, failures, retryAfterSeconds, work.now) })
    .where('id', '=', source.id)
    .execute()
  work.record({ verb: 'watch.source.asked', subject: { kind: 'source', id: source.id }, change: { failed: true, failures } })
}
