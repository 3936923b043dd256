import { sql, type RawBuilder } from 'kysely'
import { parseInstant, type Instant } from '../../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page, type PageRequest } from '../../../../kernel/page.ts'
import type { Tlp } from '../../../../kernel/tlp.ts'
import { holdsWords } from '../../../../platform/db/search.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { MATERIAL_FIELDS } from '../../gathering/model.ts'
import type { Visible } from '../../tables.ts'
import { nameOf, type TimelineRow } from '../queries/show.ts'

/**
 * What happened to threats: that they came, that a source joined, changed what may matter, withdrew or brought back, that one came back to the
 * queue, and what people took and decided.
 */
export const CHANGE_KINDS = ['new', 'joined', 'changed', 'ransomware', 'epss', 'reopened', 'taken', 'decided'] as const
export type ChangeKind = (typeof CHANGE_KINDS)[number]

export interface ChangeFilter {
  readonly since: Instant
  readonly kind: ChangeKind | null
  /** Words, each of which must occur in what a threat is searched by. */
  readonly search: string
}

export interface ChangeRow {
  readonly kind: ChangeKind
  readonly threat: { readonly id: string; readonly title: string; readonly tlp: Tlp }
  readonly event: TimelineRow
}

/** The changes since then, newest first, with how many there are. */
export async function listChanges(
  db: Pick<Reader<Visible>, 'getExecutor'>,
  filter: ChangeFilter,
  { limit, cursor }: PageRequest,
): Promise<Page<ChangeRow>> {
  const { rows: counts } = await sql<{ total: number }>`${changes(filter)} select count(*) as total from shown`.execute(db)
  const { rows, next } = await changesAfter(db, filter, { limit, cursor })
  return { rows, next, total: counts[0]?.total ?? 0 }
}

/** The changes after a cursor, without a count: for a download, part by part. */
export async function changesAfter(
  db: Pick<Reader<Visible>, 'getExecutor'>,
  filter: ChangeFilter,
  { limit, cursor }: PageRequest,
): Promise<Omit<Page<ChangeRow>, 'total'>> {
  const after = readCursor(cursor)
  const isAfter = after === null ? sql`` : sql`where (shown.at, shown.ref) < (${after.at}::timestamptz, ${after.ref})`
  const { rows } = await sql<FoundRow>`
    ${changes(filter)}
    select shown.*, item.external_id, source.name as source, actor.name as actor_name, given.name as given_name
    from (select * from shown ${isAfter} order by shown.at desc, shown.ref desc limit ${limit + 1}) shown
    left join watch_item item on item.id = shown.item_id
    left join watch_source source on source.id = item.source_id
    left join directory_person actor on actor.id = shown.actor_id
    left join directory_person given on given.id = shown.person_id
    order by shown.at desc, shown.ref desc`.execute(db)
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return { rows: page.map(readRow), next: rows.length > limit && last !== undefined ? encodeCursor([last.at.toISOString(), last.ref]) : null }
}

interface FoundRow {
  readonly ref: string
  readonly at: Instant
  readonly kind: ChangeKind
  readonly threat_id: string
  readonly title: string
  readonly tlp: Tlp
  readonly action: string
  readonly note: string | null
  readonly fields: readonly string[]
  readonly item_id: string | null
  readonly external_id: string | null
  readonly source: string | null
  readonly actor_id: string | null
  readonly actor_name: string | null
  readonly person_id: string | null
  readonly given_name: string | null
}

/** Common table expressions that end in `shown`: what the filter lets through. Each reference is unique and sorts by when its row was made. */
function changes({ since, kind, search }: ChangeFilter): RawBuilder<unknown> {
  return sql`
    with event as (
      select 'a' || threat.id as ref, threat.created_at as at, 'new' as kind, threat.id as threat_id, 'new' as action, threat.reason as note,
        '[]'::jsonb as fields, null::text as item_id, 'system' as actor_id, null::text as person_id
      from watch_threat threat where threat.created_at > ${since}::timestamptz
      union all
      select 'b' || lpad(change.id::text, 19, '0'), change.at,
        case when change.kind = 'added' then 'joined'
          when change.fields ? 'kev.knownRansomwareUse' and item.content -> 'kev' -> 'knownRansomwareUse' = 'true' then 'ransomware'
          else 'changed' end,
        link.threat_id, change.kind, null, change.fields, change.item_id, null, null
      from watch_item_change change
      join watch_item item on item.id = change.item_id
      join watch_threat_item link on link.item_id = change.item_id
      join watch_threat threat on threat.id = link.threat_id
      where change.at > ${since}::timestamptz and case change.kind
        when 'added' then change.at > threat.created_at
        when 'changed' then change.fields ?| ${[...MATERIAL_FIELDS]}::text[]
        else true end
      union all
      select 'c' || lpad(note.id::text, 19, '0'), note.at,
        case when note.action in ('reopen', 'look-again') then 'reopened' when note.action = 'epss' then 'epss'
          when note.action in ('take-up', 'assign', 'put-back') then 'taken' else 'decided' end,
        note.threat_id, note.action, note.note, '[]', null, note.actor_id, note.person_id
      from watch_threat_note note where note.at > ${since}::timestamptz and note.action <> 'related'
    ),
    shown as (
      select event.*, threat.title, threat.tlp from event join watch_threat threat on threat.id = event.threat_id
      where threat.merged_into is null and ${kind === null ? sql`true` : sql`event.kind = ${kind}`} and ${holdsWords(sql.ref('threat.search'), search)}
    )`
}

function readRow(row: FoundRow): ChangeRow {
  const { at, action, note, fields, item_id: id, external_id: externalId, source, actor_id: actor, person_id: person } = row
  return {
    kind: row.kind,
    threat: { id: row.threat_id, title: row.title, tlp: row.tlp },
    event: {
      at,
      kind: id === null ? 'note' : 'change',
      action,
      note,
      fields,
      item: id === null ? null : { id, externalId: externalId ?? '', source: source ?? '' },
      actorName: actor === null ? null : (row.actor_name ?? nameOf(actor)),
      givenTo: person === null ? null : (row.given_name ?? nameOf(person)),
    },
  }
}

function readCursor(cursor: string | null): { readonly at: Instant; readonly ref: string } | null {
  const [text, ref] = decodeCursor(cursor, 2) ?? []
  const at = typeof text === 'string' ? parseInstant(text) : undefined
  return at === undefined || typeof ref !== 'string' ? null : { at, ref }
}
