import { NotFound } from '../../../../kernel/errors.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

/** The threat into which a person merged that one; `null` when it stands by itself, or is not there. */
export async function mergedIntoOf(db: Reader<Visible>, id: string): Promise<string | null> {
  const row = await db.selectFrom('watch_threat').select('merged_into').where('id', '=', id).executeTakeFirst()
  return row?.merged_into ?? null
}

/** One threat, or `undefined`. */
export function threatById(db: Reader<Visible>, id: string) {
  return db
    .selectFrom('watch_threat as threat')
    .leftJoin('directory_person as holder', 'holder.id', 'threat.holder_id')
    .selectAll('threat')
    .select('holder.name as holder_name')
    .where('threat.id', '=', id)
    .executeTakeFirst()
}

/** As `threatById`. Throws `NotFound` where there is none. */
export async function requireThreat(db: Reader<Visible>, id: string): Promise<ThreatRecord> {
  const threat = await threatById(db, id)
  if (threat === undefined) throw new NotFound('watch.threat.unknown', 'There is no such threat. The list of threats shows those that there are.')
  return threat
}

export type ThreatRecord = NonNullable<Awaited<ReturnType<typeof threatById>>>

/** The items of a threat with why each belongs, those gathered first in front. */
export function itemsOfThreat(db: Reader<Visible>, threatId: string) {
  return db
    .selectFrom('watch_threat_item as link')
    .innerJoin('watch_item as item', 'item.id', 'link.item_id')
    .innerJoin('watch_source as source', 'source.id', 'item.source_id')
    .select([
      'item.id',
      'item.external_id',
      'item.title',
      'item.url',
      'item.published_at',
      'item.changed_at',
      'item.first_gathered_at',
      'item.last_gathered_at',
      'item.withdrawn_at',
      'item.content',
      'source.code as source',
      'source.name as sourceName',
      'source.format',
      'link.why',
    ])
    .where('link.threat_id', '=', threatId)
    .orderBy('item.first_gathered_at')
    .orderBy('item.id')
    .execute()
}

export type ThreatItemRow = Awaited<ReturnType<typeof itemsOfThreat>>[number]

/** The makers and products that its sources name. */
export function productsOfThreat(db: Reader<Visible>, threatId: string): Promise<readonly { maker: string; product: string }[]> {
  return db
    .selectFrom('watch_threat_product')
    .select(['maker', 'product'])
    .where('threat_id', '=', threatId)
    .orderBy('maker_key')
    .orderBy('product_key')
    .execute()
}

/** The types of organisation with their plural, in order. */
export function organisationTypes(db: Reader<Visible>): Promise<readonly { code: string; plural: string }[]> {
  return db.selectFrom('directory_organisation_type').select(['code', 'plural']).orderBy('position').execute()
}

export interface TimelineRow {
  readonly at: Instant
  readonly kind: 'change' | 'note'
  readonly action: string
  readonly item: { readonly id: string; readonly externalId: string; readonly source: string } | null
  readonly fields: readonly string[]
  readonly actorName: string | null
  /** To whom it was given. */
  readonly givenTo: string | null
  readonly note: string | null
}

/** What happened to a threat: what its sources changed and what people did, newest first. */
export async function timelineOfThreat(db: Reader<Visible>, threatId: string): Promise<readonly TimelineRow[]> {
  const changes = await db
    .selectFrom('watch_threat_item as link')
    .innerJoin('watch_item_change as change', 'change.item_id', 'link.item_id')
    .innerJoin('watch_item as item', 'item.id', 'link.item_id')
    .innerJoin('watch_source as source', 'source.id', 'item.source_id')
    .select(['change.at', 'change.kind', 'change.fields', 'item.id', 'item.external_id', 'source.name as source'])
    .where('link.threat_id', '=', threatId)
    .orderBy('change.at', 'desc')
    .orderBy('change.id', 'desc')
    .limit(100)
    .execute()
  const notes = await db
    .selectFrom('watch_threat_note as note')
    .leftJoin('directory_person as person', 'person.id', 'note.actor_id')
    .leftJoin('directory_person as given', 'given.id', 'note.person_id')
    .select(['note.at', 'note.action', 'note.note', 'note.actor_id', 'note.person_id', 'person.name', 'given.name as given_name'])
    .where('note.threat_id', '=', threatId)
    .orderBy('note.at', 'desc')
    .orderBy('note.id', 'desc')
    .limit(100)
    .execute()
  const rows: TimelineRow[] = [
    // A person acts on what a source gave, so at one instant the act is the newer.
    ...notes.map(row => ({
      at: row.at,
      kind: 'note' as const,
      action: row.action,
      fields: [],
      item: null,
      note: row.note,
      actorName: row.name ?? nameOf(row.actor_id),
      givenTo: row.person_id === null ? null : (row.given_name ?? nameOf(row.person_id)),
    })),
    ...changes.map(row => ({
      at: row.at,
      kind: 'change' as const,
      action: row.kind,
      fields: row.fields,
      actorName: null,
      givenTo: null,
      note: null,
      item: { id: row.id, externalId: row.external_id, source: row.source },
    })),
  ]
  return rows.toSorted((a, b) => b.at.getTime() - a.at.getTime())
}

/** Who acted, where it was no person of the directory. */
export function nameOf(actorId: string): string {
  if (actorId === 'system') return 'CareCERT'
  return actorId === 'operator' ? 'The operator' : 'Somebody who has left'
}
