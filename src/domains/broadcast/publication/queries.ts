import { sql, type SqlBool } from 'kysely'
import { parseInstant, type Instant } from '../../../kernel/instant.ts'
import { decodeCursor, encodeCursor, type Page } from '../../../kernel/page.ts'
import { mayCarry, parseTlp, tlpRank, type Tlp } from '../../../kernel/tlp.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { BulletinContent, bulletinNumber, type BulletinSeverity } from '../bulletins/model.ts'
import type { Visible } from '../tables.ts'
import type { PublishedAsked, PublishedBulletin, PublishedChange } from './model.ts'

/** The published bulletin with that internal id, in the reader's scope; `undefined` before its release. An exercise too. */
export async function readPublished(db: Reader<Visible>, id: string): Promise<PublishedBulletin | undefined> {
  const row = await heads(db).where('bulletin.id', '=', id).executeTakeFirst()
  return row === undefined ? undefined : (await withHistory(db, [row]))[0]
}

/** The same by its number. */
export async function readPublishedNumbered(db: Reader<Visible>, number: number): Promise<PublishedBulletin | undefined> {
  const row = await heads(db).where('bulletin.number', '=', number).executeTakeFirst()
  return row === undefined ? undefined : (await withHistory(db, [row]))[0]
}

/** The threats of those bulletins, by the bulletin's id, in the reader's scope. */
export async function readThreats(db: Reader<Visible>, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await db
    .selectFrom('broadcast_bulletin')
    .select(['id', 'threat_id as threatId'])
    .where('id', '=', sql<string>`any(${[...new Set(ids)]}::text[])`)
    .where('released_at', 'is not', null)
    .where('threat_id', 'is not', null)
    .$narrowType<{ threatId: string }>()
    .execute()
  return new Map(rows.map(({ id, threatId }) => [id, threatId]))
}

/**
 * What those bulletins said in the published versions before today's, by the bulletin's id, oldest first: as far as today's readers may read it, so of no
 * narrower label and of the same sharing group.
 */
export async function readEarlierContents(
  db: Reader<Visible>,
  bulletins: readonly PublishedBulletin[],
): Promise<ReadonlyMap<string, readonly BulletinContent[]>> {
  const rows = await db
    .selectFrom('broadcast_version as version')
    .select(['version.bulletin_id as bulletinId', 'version.version', 'version.content'])
    .where(sql<SqlBool>`version.bulletin_id = any(${bulletins.map(({ id }) => id)}::text[])`)
    .where(
      sql<SqlBool>`(exists (select from broadcast_release released where released.bulletin_id = version.bulletin_id and released.version = version.version)
        or exists (select from broadcast_update published where published.bulletin_id = version.bulletin_id and published.version = version.version))`,
    )
    .orderBy('version.version')
    .execute()
  const byId = Map.groupBy(rows, ({ bulletinId }) => bulletinId)
  return new Map(
    bulletins.map(({ id, version, tlp, sharingGroup }) => [
      id,
      (byId.get(id) ?? [])
        .filter(row => row.version < version)
        .map(({ content }) => BulletinContent.parse(content))
        .filter(content => mayCarry(tlp, content.tlp) && (content.sharingGroup?.id ?? null) === (sharingGroup?.id ?? null)),
    ]),
  )
}

/** Published bulletins in the reader's scope, the newest change first. */
export async function listPublished(db: Reader<Visible>, asked: PublishedAsked): Promise<Page<PublishedBulletin>> {
  const { labels, withExercises = false, changedAfter = null } = asked
  const matching = heads(db)
    .$if(labels !== undefined, query => query.where(sql<SqlBool>`bulletin.tlp = any(${[...(labels ?? [])]}::text[])`))
    .$if(!withExercises, query => query.where('bulletin.is_exercise', '=', false))
    .$if(changedAfter !== null, query => query.where('bulletin.updated_at', '>', changedAfter))
  const { total } = await matching
    .clearSelect()
    .select(({ fn }) => fn.countAll<number>().as('total'))
    .executeTakeFirstOrThrow()
  const after = positionFrom(asked.cursor)
  const rows = await matching
    .$if(after !== undefined, query =>
      query.where(sql<SqlBool>`(bulletin.updated_at, bulletin.number) < (${after?.at ?? null}::timestamptz, ${after?.number ?? null}::integer)`),
    )
    .orderBy('bulletin.updated_at', 'desc')
    .orderBy('bulletin.number', 'desc')
    .limit(asked.limit + 1)
    .execute()
  const shown = rows.slice(0, asked.limit)
  const last = shown.at(-1)
  return {
    rows: await withHistory(db, shown),
    total,
    next: rows.length > asked.limit && last !== undefined ? encodeCursor([last.changedAt.toISOString(), last.number]) : null,
  }
}

function positionFrom(cursor: string | null): { readonly at: Instant; readonly number: number } | undefined {
  const [time, number] = decodeCursor(cursor, 2) ?? []
  const at = typeof time === 'string' ? parseInstant(time) : undefined
  return at === undefined || !Number.isSafeInteger(number) ? undefined : { at, number: Number(number) }
}

function heads(db: Reader<Visible>) {
  return db
    .selectFrom('broadcast_bulletin as bulletin')
    .innerJoin('broadcast_version as version', join =>
      join.onRef('version.bulletin_id', '=', 'bulletin.id').onRef('version.version', '=', 'bulletin.version'),
    )
    .leftJoin('broadcast_release as release', 'release.bulletin_id', 'bulletin.id')
    .leftJoin('broadcast_bulletin as successor', 'successor.id', 'bulletin.superseded_by')
    .where('bulletin.released_at', 'is not', null)
    .select([
      'bulletin.id',
      'bulletin.number',
      'bulletin.tlp',
      'bulletin.severity',
      'bulletin.state',
      'bulletin.is_exercise as isExercise',
      'bulletin.is_holding as isHolding',
      'bulletin.threat_id as threatId',
      'bulletin.version',
      'bulletin.released_at as releasedAt',
      'bulletin.updated_at as changedAt',
      'bulletin.respond_by as respondBy',
      'bulletin.withdrawn_reason as reason',
      'bulletin.superseded_by as supersededBy',
      'successor.number as successorNumber',
      'successor.tlp as successorTlp',
      'successor.sharing_group_id as successorGroup',
      'version.content',
      'release.version as releasedVersion',
    ])
}

type Head = Awaited<ReturnType<ReturnType<typeof heads>['executeTakeFirstOrThrow']>>

async function withHistory(db: Reader<Visible>, heads: readonly Head[]): Promise<readonly PublishedBulletin[]> {
  if (heads.length === 0) return []
  const ids = heads.map(({ id }) => id)
  const updates = Map.groupBy(await updatesOf(db, ids), update => update.bulletinId)
  const labels = await labelsOf(db, ids)
  return heads.map(head => published(head, updates.get(head.id) ?? [], labels))
}

function updatesOf(db: Reader<Visible>, ids: readonly string[]) {
  return db
    .selectFrom('broadcast_update')
    .select(['bulletin_id as bulletinId', 'at', 'title', 'kind', 'version', 'is_material as isMaterial'])
    .where(sql<SqlBool>`bulletin_id = any(${[...ids]}::text[])`)
    .orderBy('id')
    .execute()
}

/** The label of each version that the reader may see, by bulletin and version. */
async function labelsOf(db: Reader<Visible>, ids: readonly string[]): Promise<ReadonlyMap<string, Tlp>> {
  const rows = await db
    .selectFrom('broadcast_version')
    .select(['bulletin_id as bulletinId', 'version', sql<string>`content ->> 'tlp'`.as('tlp')])
    .where(sql<SqlBool>`bulletin_id = any(${[...ids]}::text[])`)
    .execute()
  return new Map(rows.map(({ bulletinId, version, tlp }) => [`${bulletinId} ${version}`, parseTlp(tlp) ?? 'RED']))
}

type Update = Awaited<ReturnType<typeof updatesOf>>[number]

function published(head: Head, updates: readonly Update[], labels: ReadonlyMap<string, Tlp>): PublishedBulletin {
  const { severity, state, successorNumber, successorTlp, successorGroup, releasedVersion, releasedAt, ...rest } = head
  // Our own commands alone write these columns, each from the type that is asserted here.
  const tlp = rest.tlp as Tlp
  const released = releasedAt ?? rest.changedAt
  const content = BulletinContent.parse(rest.content)
  const isSuccessorForAll =
    successorTlp !== null && mayCarry(tlp, successorTlp as Tlp) && (successorGroup === null || successorGroup === (content.sharingGroup?.id ?? null))
  return {
    ...rest,
    tlp,
    state: state === 'withdrawn' ? (rest.supersededBy === null ? 'withdrawn' : 'superseded') : 'live',
    supersededBy: isSuccessorForAll ? successorNumber : null,
    successorId: isSuccessorForAll ? rest.supersededBy : null,
    content: { ...content, severity: severity as BulletinSeverity },
    releasedAt: released,
    history: [
      { at: released, summary: 'Released', isMaterial: true },
      ...changesOf(updates, { bulletinId: rest.id, tlp, releasedVersion, successor: isSuccessorForAll ? successorNumber : null }, labels),
    ],
    sharingGroup: content.sharingGroup ?? null,
  }
}

/** The dated updates as everybody may read them who may read the bulletin today: its label may have been narrower when they were written. */
function changesOf(
  updates: readonly Update[],
  bulletin: { readonly bulletinId: string; readonly tlp: Tlp; readonly releasedVersion: number | null; readonly successor: number | null },
  labels: ReadonlyMap<string, Tlp>,
): readonly PublishedChange[] {
  let version = bulletin.releasedVersion
  return updates.map(({ at, title, kind, version: publishes, isMaterial }) => {
    version = publishes ?? version
    // A version that the reader may not see was for fewer than today.
    const label = labels.get(`${bulletin.bulletinId} ${version}`) ?? 'RED'
    const isForFewer = tlpRank(label) > tlpRank(bulletin.tlp)
    return { at, summary: isForFewer ? 'Changed, for fewer readers than today' : summaryOf(kind, title, bulletin.successor), isMaterial }
  })
}

function summaryOf(kind: Update['kind'], title: string, successor: number | null): string {
  if (kind !== 'replacement') return title
  return successor === null ? 'Replaced by another bulletin' : `Replaced by ${bulletinNumber(successor)}`
}
