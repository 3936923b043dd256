import type { Instant } from '../../../../kernel/instant.ts'
import { parseJson } from '../../../../kernel/json.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { documentBytes } from '../../documents/queries.ts'
import type { StoredItem } from '../../gathering/model.ts'
import { sightingsOfThreat, type OrganisationSightings } from '../../sightings/queries.ts'
import type { Visible } from '../../tables.ts'
import { listIndicators, type ThreatIndicator } from '../indicators/queries.ts'
import { threatForBulletin, type ThreatForBulletin } from './bulletin.ts'
import { itemsOfThreat, threatById, type ThreatRecord } from './show.ts'

/** All that is held of a threat. */
export interface ThreatDossier {
  readonly threat: ThreatRecord
  readonly facts: ThreatForBulletin
  readonly items: readonly DossierItem[]
  readonly indicators: readonly ThreatIndicator[]
  readonly sightings: readonly OrganisationSightings[]
}

export interface DossierItem {
  readonly externalId: string
  readonly source: string
  readonly format: string
  readonly url: string | null
  readonly title: string
  readonly content: StoredItem
  /** The parsed document that it came in, of an item in STIX: one value for all items of it. `null` where it is not kept as one. */
  readonly document: unknown
}

const MOST_INDICATORS = 100_000

/** All that is held of a threat, or `undefined` when there is none of that id. */
export async function threatDossier(db: Reader<Visible>, id: string, now: Instant): Promise<ThreatDossier | undefined> {
  const threat = await threatById(db, id)
  const facts = await threatForBulletin(db, id)
  if (threat === undefined || facts === undefined) return undefined
  const items: DossierItem[] = []
  const documents = new Map<string, unknown>()
  for (const row of await itemsOfThreat(db, id)) {
    const { external_id: externalId, sourceName: source, format, url, title, content } = row
    items.push({ externalId, source, format, url, title, content, document: format === 'stix' ? await documentOf(db, row.id, documents) : null })
  }
  const indicators = await listIndicators(db, id, { search: '', type: null, expiry: 'all' }, { limit: MOST_INDICATORS, cursor: null }, now)
  return { threat, facts, items, indicators: indicators.rows, sightings: await sightingsOfThreat(db, id) }
}

/** So many ids of threats after that one, in the order of ids; those that were merged into others have nothing of their own. */
export async function threatIdsAfter(db: Reader<Visible>, after: string, limit: number): Promise<readonly string[]> {
  const rows = await db
    .selectFrom('watch_threat')
    .select('id')
    .where('merged_into', 'is', null)
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ id }) => id)
}

/** Many items come in one document: each is read once. */
async function documentOf(db: Reader<Visible>, itemId: string, known: Map<string, unknown>): Promise<unknown> {
  const { bytes_hash: hash } = await db.selectFrom('watch_item').select('bytes_hash').where('id', '=', itemId).executeTakeFirstOrThrow()
  if (!known.has(hash)) {
    const bytes = await documentBytes(db, hash)
    const parsed = bytes === undefined ? undefined : parseJson(bytes.toString('utf8'))
    known.set(hash, parsed?.ok === true ? parsed.value : null)
  }
  return known.get(hash)
}
