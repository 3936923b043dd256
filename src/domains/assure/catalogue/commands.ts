import { Conflict, Invalid, NotFound } from '../../../kernel/errors.ts'
import { digest } from '../../../platform/audit/record.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { improvementContent, overlapContent, scenarioContent, sizeContent } from '../entry-content.ts'
import { improvementWith, scenarioWith } from '../figures.ts'
import type { Visible } from '../tables.ts'
import type { EntryKind } from '../tables/investment.ts'
import type { Figure } from './model.ts'

interface Change {
  readonly kind: EntryKind
  readonly code: string
  /** The version that the person saw; somebody else may have changed it since. `null` makes a new entry. */
  readonly seen: number | null
  readonly name: string
  readonly content: unknown
  readonly reason: string
}

/**
 * Adds an entry, or a new version of one: what was there stays, for the cases that go by it. Throws `Conflict` when another version came meanwhile, `Invalid`
 * for content that is not an entry's.
 */
export async function putEntry(work: Work<Visible>, change: Change): Promise<number> {
  assertMay(work.actor, 'assure.catalogue.change')
  const reason = change.reason.trim()
  if (reason === '') throw new Invalid('assure.catalogue.reason', 'Say why it is changed.')
  const content = checked(change.kind, change.code, change.content)
  const standing = await lock(work, change.kind, change.code)
  if ((standing?.version ?? null) !== change.seen)
    throw new Conflict('assure.catalogue.changed', 'Somebody has changed it since you opened it. Look at what stands, then change that.')
  const version = (standing?.version ?? 0) + 1
  if (standing !== undefined)
    await work.db
      .updateTable('assure_catalogue_entry')
      .where('kind', '=', change.kind)
      .where('code', '=', change.code)
      .where('is_current', '=', true)
      .set({ is_current: false })
      .execute()
  await work.db
    .insertInto('assure_catalogue_entry')
    .values({
      kind: change.kind,
      code: change.code,
      version,
      name: change.name,
      content: JSON.stringify(content),
      is_current: true,
      reason,
      at: work.now,
      by_id: work.actor.id,
    })
    .execute()
  work.record({
    verb: 'assure.catalogue.changed',
    subject: { kind: 'catalogue-entry', id: `${change.kind}/${change.code}` },
    reason,
    change: { version, content: digest(JSON.stringify(content)) },
  })
  return version
}

/** A new version in which one figure is another. */
export async function changeFigure(
  work: Work<Visible>,
  input: {
    readonly kind: 'improvement' | 'scenario'
    readonly code: string
    readonly seen: number
    readonly field: string
    readonly figure: Figure
    readonly reason: string
  },
): Promise<number> {
  assertMay(work.actor, 'assure.catalogue.change')
  const standing = await lock(work, input.kind, input.code)
  if (standing === undefined) throw new NotFound('assure.catalogue.unknown', 'There is no such entry in the catalogue. Look at the list.')
  const content =
    input.kind === 'improvement'
      ? improvementWith(improvementContent.parse(standing.content), input.field, input.figure)
      : scenarioWith(scenarioContent.parse(standing.content), input.field, input.figure)
  return putEntry(work, { ...input, name: standing.name, content })
}

/** Takes an entry out of use. Cases that go by it keep it, and are told. */
export async function withdrawEntry(
  work: Work<Visible>,
  input: { readonly kind: 'improvement' | 'scenario'; readonly code: string; readonly reason: string },
) {
  assertMay(work.actor, 'assure.catalogue.change')
  const reason = input.reason.trim()
  if (reason === '') throw new Invalid('assure.catalogue.reason', 'Say why it is taken out.')
  const standing = await lock(work, input.kind, input.code)
  if (standing === undefined) throw new NotFound('assure.catalogue.unknown', 'There is no such entry in the catalogue. Look at the list.')
  const version = await putEntry(work, { ...input, seen: standing.version, name: standing.name, content: standing.content })
  await work.db
    .updateTable('assure_catalogue_entry')
    .where('kind', '=', input.kind)
    .where('code', '=', input.code)
    .where('version', '=', version)
    .set({ is_withdrawn: true })
    .execute()
  work.record({ verb: 'assure.catalogue.withdrawn', subject: { kind: 'catalogue-entry', id: `${input.kind}/${input.code}` }, reason })
}

function checked(kind: EntryKind, code: string, content: unknown): unknown {
  if (!/^[a-z0-9][a-z0-9-]{0,59}$/.test(code)) throw new Invalid('assure.catalogue.code', 'Write the code in small letters, digits and hyphens.')
  if (kind === 'rule' && code !== 'size' && code !== 'overlap')
    throw new Invalid('assure.catalogue.rule', 'There are two rules, size and overlap. No other is used.')
  const schema = kind === 'improvement' ? improvementContent : kind === 'scenario' ? scenarioContent : code === 'size' ? sizeContent : overlapContent
  const parsed = schema.safeParse(content)
  if (parsed.success) return parsed.data
  throw new Invalid(
    'assure.catalogue.content',
    parsed.error.issues
      .slice(0, 10)
      .map(({ path, message }) => `${path.join('.')}: ${message}.`)
      .join(' '),
  )
}

async function lock(work: Work<Visible>, kind: EntryKind, code: string) {
  return work.db
    .selectFrom('assure_catalogue_entry')
    .where('kind', '=', kind)
    .where('code', '=', code)
    .where('is_current', '=', true)
    .select(['version', 'name', 'content'])
    .forUpdate()
    .executeTakeFirst()
}
