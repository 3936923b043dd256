import { londonDate } from '../../../kernel/instant.ts'
import { chunks } from '../../../platform/db/chunks.ts'
import type { Work } from '../../../platform/work/work.ts'
import { epssInWords, epssStep } from '../enrichment/model.ts'
import { epssOf } from '../enrichment/queries.ts'
import type { Visible } from '../tables.ts'
import { listed } from './grouping/evidence.ts'
import { attachItems, placeItems, type Placement } from './grouping/placement.ts'
import { enrichingAmong, neighbours, traitsOfItems, waitingFor } from './grouping/queries.ts'
import type { ItemTraits } from './grouping/traits.ts'
import { keepIndicators } from './indicators/commands.ts'
import { refreshMatches, refreshNames } from './matching/commands.ts'
import type { Which } from './matching/queries.ts'
import type { TypeReach } from './model.ts'
import { prioritise } from './priority.ts'
import { countReach } from './queries/reach.ts'
import {
  itemIdsAfter,
  itemsOfThreats,
  keptOfThreats,
  priorityFacts,
  putAwayAmong,
  reckonings,
  threatsOfItems,
  watchedAmong,
  type Reckoning,
} from './queries/understanding.ts'
import { factsOf } from './understanding.ts'

/** An item that was just gathered: new, changed, withdrawn or brought back. In the order in which it stood in its document. */
export interface GatheredItem {
  readonly id: string
  /** What of it changed, in words, where that may change what to do. */
  readonly material?: string | null
}

/**
 * Understands items: places those that belong to no threat yet (the rule stands in `grouping/placement.ts`), and says anew what every threat
 * that they touch is about, how pressing it is and how many run it. Doing it again for the same items changes nothing.
 */
export async function understand(work: Work<Visible>, items: readonly GatheredItem[]): Promise<void> {
  if (items.length === 0) return
  const placed = await threatsOfItems(
    work.db,
    items.map(item => item.id),
  )
  const known = new Set(placed.map(link => link.itemId))
  const traits = await traitsOfItems(
    work.db,
    items.map(item => item.id),
  )
  await storeKeys(work, [...traits.values()])
  await keepIndicators(work, [...traits.keys()])
  const enriching = await enrichingAmong(work.db, [...traits.keys()])
  const loose = items.flatMap(({ id }) => (known.has(id) ? [] : (traits.get(id) ?? [])))
  const opening = loose.filter(item => !enriching.has(item.id))
  const placements = opening.length === 0 ? [] : placeItems(opening, await neighbours(work.db, opening), () => work.newId('threat'))

  const founded = new Map(placements.filter(placement => placement.isFounder).map(placement => [placement.threatId, placement]))
  await storeNewThreats(work, [...founded.keys()])
  await storePlacements(work, placements)
  await noteBridges(work, placements)
  const stated = [...new Set([...placed, ...placements].map(link => link.threatId))]
  await restate(work, stated)
  const waiting = loose.filter(item => enriching.has(item.id))
  const enriched = (await attachEnriching(work, [...traits.values()], waiting)).map(placement => placement.threatId)
  await restate(work, [...new Set(enriched)])
  const touched = [...new Set([...stated, ...enriched])]
  await reopenPutAway(work, materialChanges(items, placed))
  await recountThreats(work, touched)
}

/**
 * Counts anew how many organisations run what each threat is about, and sets its priority by it; gives how many changed. For all threats after
 * the technology of organisations has changed, and `refreshNames` in a unit of work of its own: while it waits or is waited for, no
 * threat may be held.
 */
export async function recountThreats(work: Work<Visible>, which: Which = 'all'): Promise<number> {
  if (which !== 'all') await refreshNames(work, 'new')
  await refreshMatches(work, which)
  const reaches = new Map((await countReach(work.db, which)).map(row => [row.threatId, row.types]))
  const facts = await priorityFacts(work.db, which)
  const rows = facts.flatMap((before): Reckoning[] => {
    const reach = reaches.get(before.id) ?? []
    const [runs, mayRun] = [sum(reach.map(type => type.runs)), sum(reach.map(type => type.mayRun))]
    const { order, word, reason } = prioritise({ ...before, runs, mayRun })
    const isSame = before.order === order && before.reason === reason && isSameReach(before.types, reach)
    return isSame ? [] : [{ id: before.id, runs, may_run: mayRun, reach, priority: order, priority_word: word, reason }]
  })
  if (rows.length === 0) return 0
  await work.db
    .updateTable('watch_threat')
    .from(reckonings(rows))
    .set(eb => ({
      runs: eb.ref('reckoning.runs'),
      may_run: eb.ref('reckoning.may_run'),
      reach: eb.ref('reckoning.reach'),
      priority: eb.ref('reckoning.priority'),
      priority_word: eb.ref('reckoning.priority_word'),
      reason: eb.ref('reckoning.reason'),
    }))
    .whereRef('watch_threat.id', '=', 'reckoning.id')
    .execute()
  work.record({
    verb: 'watch.threat.recounted',
    subject: { kind: 'threat', id: which === 'all' ? 'all' : 'gathered' },
    change: { threats: rows.length },
  })
  return rows.length
}

const ITEMS_AT_ONCE = 500

/**
 * Reads again what some kept items say, as this release reads it: their indicators of compromise and the products of their threats. Gives the id
 * after which to go on, `null` after the last. What people see of a threat otherwise, and its state, stay. The figures want a recount after it.
 */
export async function understandAnew(work: Work<Visible>, after: string | null): Promise<string | null> {
  const ids = await itemIdsAfter(work.db, after, ITEMS_AT_ONCE)
  if (ids.length === 0) return null
  await keepIndicators(work, ids)
  const threatIds = [...new Set((await threatsOfItems(work.db, ids)).map(link => link.threatId))]
  const items = await itemsOfThreats(work.db, threatIds)
  await restateProducts(
    work,
    threatIds.map(id => ({ id, facts: factsOf(items.get(id) ?? []) })),
  )
  work.record({ verb: 'watch.threat.understood-anew', subject: { kind: 'threat', id: 'all' }, change: { items: ids.length } })
  return ids.length < ITEMS_AT_ONCE ? null : (ids.at(-1) ?? null)
}

function materialChanges(items: readonly GatheredItem[], placed: readonly { itemId: string; threatId: string }[]) {
  const threatOf = new Map(placed.map(link => [link.itemId, link.threatId]))
  return items.flatMap(({ id, material }) => {
    const threatId = threatOf.get(id)
    return material === undefined || material === null || threatId === undefined ? [] : [{ threatId, why: material }]
  })
}

async function storePlacements(work: Work<Visible>, placements: readonly Placement[]): Promise<void> {
  for (const some of chunks(placements)) {
    await work.db
      .insertInto('watch_threat_item')
      .values(some.map(({ threatId, itemId, why }) => ({ threat_id: threatId, item_id: itemId, why })))
      .execute()
  }
}

/** Puts what only enriches with the threats that it is about: what was just gathered, and what waited for the CVEs of what was. */
async function attachEnriching(work: Work<Visible>, gathered: readonly ItemTraits[], loose: readonly ItemTraits[]): Promise<readonly Placement[]> {
  const waiting = await traitsOfItems(work.db, await waitingFor(work.db, [...new Set(gathered.flatMap(item => item.cves))]))
  const asked = [...new Map([...waiting, ...loose.map(item => [item.id, item] as const)]).values()]
  const attached = asked.length === 0 ? [] : attachItems(asked, await neighbours(work.db, asked))
  await storePlacements(work, attached)
  return attached
}

/** What ties these items to others, as they stand today. */
async function storeKeys(work: Work<Visible>, traits: readonly ItemTraits[]): Promise<void> {
  for (const some of chunks(traits.map(({ id }) => id))) await work.db.deleteFrom('watch_item_key').where('item_id', 'in', some).execute()
  const rows = traits.flatMap(({ id, identities, references }) => [
    ...identities.map(key => ({ item_id: id, key, is_identity: true })),
    ...references.map(key => ({ item_id: id, key, is_identity: false })),
  ])
  for (const some of chunks(rows)) await work.db.insertInto('watch_item_key').values(some).execute()
}

/** Makes threats about which nothing is said yet: `restate` says it. */
export async function storeNewThreats(work: Work<Visible>, ids: readonly string[]): Promise<void> {
  const blank = {
    cves: [],
    title: '',
    summary: '',
    priority: 0,
    priority_word: '',
    reason: '',
    search: '',
    state: 'new' as const,
    created_at: work.now,
    updated_at: work.now,
  }
  for (const some of chunks(ids))
    await work.db
      .insertInto('watch_threat')
      .values(some.map(id => ({ ...blank, id })))
      .execute()
  if (ids.length > 0)
    work.record({
      verb: 'watch.threat.understood',
      subject: { kind: 'threat', id: ids.length === 1 ? (ids[0] ?? '') : 'several' },
      change: { threats: ids.length },
    })
}

/** Says on both threats that an item might have joined either. */
async function noteBridges(work: Work<Visible>, placements: readonly Placement[]): Promise<void> {
  const notes = placements.flatMap(({ threatId, others, doubtful }) => [
    ...doubtful.flatMap(other => [
      { threat_id: other, note: `An item that reads much like this threat stands alone (${threatId}): a person says whether it belongs here.` },
      { threat_id: threatId, note: `It may belong with another threat (${other}): a person says.` },
    ]),
    ...others.flatMap(other => [
      { threat_id: other.threatId, note: `An item that also speaks of ${listed(other.cves)} was put with an older threat (${threatId}).` },
      { threat_id: threatId, note: `An item here also speaks of ${listed(other.cves)}, which a newer threat holds (${other.threatId}).` },
    ]),
  ])
  const rows = notes.map(note => ({ ...note, at: work.now, actor_id: 'system', action: 'related' }))
  for (const some of chunks(rows)) await work.db.insertInto('watch_threat_note').values(some).execute()
}

/** Says anew what threats are about, from all of their items. */
export async function restate(work: Work<Visible>, threatIds: readonly string[]): Promise<void> {
  if (threatIds.length === 0) return
  const [items, kept] = [await itemsOfThreats(work.db, threatIds), await keptOfThreats(work.db, threatIds)]
  const stated = threatIds.map(id => ({ id, facts: factsOf(items.get(id) ?? []), was: kept.get(id) }))
  const scores = await epssOf(work.db, [...new Set(stated.flatMap(({ facts }) => facts.cves))])
  const scoreOf = new Map(scores.map(({ cve, scoreMillionths }) => [cve, scoreMillionths]))
  const rows = stated.map(({ id, facts, was }) => {
    const epss = facts.cves.reduce<number | null>((highest, cve) => higher(highest, scoreOf.get(cve) ?? null), null)
    const priority = prioritise({
      ...facts,
      epssMillionths: epss,
      clinicalSafety: was?.clinical_safety ?? false,
      runs: was?.runs ?? 0,
      mayRun: was?.may_run ?? 0,
    })
    return {
      id,
      title: facts.title,
      summary: facts.summary,
      // Only for the row that an insert would make; the row is always there, and keeps these.
      state: 'new' as const,
      created_at: work.now,
      cves: [...facts.cves],
      published_at: facts.publishedAt,
      kev_since: facts.kevSince,
      kev_due: facts.kevDue,
      ransomware: facts.ransomware,
      cvss_tenths: facts.cvssTenths,
      exploitation: facts.ssvc?.exploitation ?? null,
      automatable: facts.ssvc?.automatable ?? null,
      technical_impact: facts.ssvc?.technicalImpact ?? null,
      epss_millionths: epss,
      epss_step: Math.max(was?.epss_step ?? 0, epssStep(epss)),
      severity: facts.severity,
      care_affected: facts.reportedCareAffected,
      priority: priority.order,
      priority_word: priority.word,
      reason: priority.reason,
      search: facts.search,
      tlp: facts.tlp,
      updated_at: work.now,
      withdrawn_at: facts.isWithdrawn ? (was?.withdrawn_at ?? work.now) : null,
    }
  })
  for (const some of chunks(rows)) {
    await work.db
      .insertInto('watch_threat')
      .values(some)
      .onConflict(conflict =>
        conflict.column('id').doUpdateSet(eb => ({
          title: eb.ref('excluded.title'),
          summary: eb.ref('excluded.summary'),
          cves: eb.ref('excluded.cves'),
          published_at: eb.ref('excluded.published_at'),
          kev_since: eb.ref('excluded.kev_since'),
          kev_due: eb.ref('excluded.kev_due'),
          ransomware: eb.ref('excluded.ransomware'),
          cvss_tenths: eb.ref('excluded.cvss_tenths'),
          exploitation: eb.ref('excluded.exploitation'),
          automatable: eb.ref('excluded.automatable'),
          technical_impact: eb.ref('excluded.technical_impact'),
          epss_millionths: eb.ref('excluded.epss_millionths'),
          epss_step: eb.ref('excluded.epss_step'),
          severity: eb.ref('excluded.severity'),
          care_affected: eb.ref('excluded.care_affected'),
          priority: eb.ref('excluded.priority'),
          priority_word: eb.ref('excluded.priority_word'),
          reason: eb.ref('excluded.reason'),
          search: eb.ref('excluded.search'),
          tlp: eb.ref('excluded.tlp'),
          updated_at: eb.ref('excluded.updated_at'),
          withdrawn_at: eb.ref('excluded.withdrawn_at'),
        })),
      )
      .execute()
  }
  await noteSteps(
    work,
    rows.map((row, index) => ({ id: row.id, epss: row.epss_millionths, rose: row.epss_step > (stated[index]?.was?.epss_step ?? 0) })),
  )
  await restateProducts(work, stated)
}

/** Says once that a score has reached a step. A threat that somebody put away is looked at again. */
async function noteSteps(work: Work<Visible>, rows: readonly { id: string; epss: number | null; rose: boolean }[]): Promise<void> {
  const risen = rows.filter(row => row.rose)
  const notes = risen.map(({ id, epss }) => ({
    threat_id: id,
    at: work.now,
    actor_id: 'system',
    action: 'epss',
    note: `The EPSS score has risen to ${epssInWords(epss ?? 0)}.`,
  }))
  for (const some of chunks(notes)) await work.db.insertInto('watch_threat_note').values(some).execute()
  await reopenPutAway(
    work,
    risen.map(({ id, epss }) => ({ threatId: id, why: `The EPSS score has risen to ${epssInWords(epss ?? 0)}.` })),
  )
}

/**
 * Opens threats again that were dismissed or closed, because something material has changed, and says what. Those that are watched are due at
 * once: to watch is to wait for that.
 */
async function reopenPutAway(work: Work<Visible>, changes: readonly { threatId: string; why: string }[]): Promise<void> {
  if (changes.length === 0) return
  const ids = changes.map(({ threatId }) => threatId)
  const today = londonDate(work.now)
  const [away, watched] = [await putAwayAmong(work.db, ids), await watchedAmong(work.db, ids, today)]
  for (const { threatId, why } of changes) {
    const isAway = away.delete(threatId)
    if (!isAway && !watched.delete(threatId)) continue
    const news = isAway ? ({ state: 'new', holder_id: null } as const) : { look_again_on: today }
    const action = isAway ? 'reopen' : 'look-again'
    await work.db
      .updateTable('watch_threat')
      .set({ ...news, updated_at: work.now })
      .where('id', '=', threatId)
      .execute()
    await work.db.insertInto('watch_threat_note').values({ threat_id: threatId, at: work.now, actor_id: 'system', action, note: why }).execute()
    work.record({ verb: `watch.threat.${action}`, subject: { kind: 'threat', id: threatId }, reason: why })
  }
}

function higher(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b)
}

async function restateProducts(work: Work<Visible>, stated: readonly { id: string; facts: ReturnType<typeof factsOf> }[]): Promise<void> {
  for (const some of chunks(stated))
    await work.db
      .deleteFrom('watch_threat_product')
      .where(
        'threat_id',
        'in',
        some.map(({ id }) => id),
      )
      .execute()
  const products = stated.flatMap(({ id, facts }) =>
    facts.products.map(({ maker, product, makerKey, productKey, versions, identifiers, matchKey }) => ({
      threat_id: id,
      maker,
      product,
      maker_key: makerKey,
      product_key: productKey,
      versions: JSON.stringify(versions),
      identifiers,
      match_key: matchKey,
    })),
  )
  for (const some of chunks(products)) await work.db.insertInto('watch_threat_product').values(some).execute()
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function isSameReach(a: readonly TypeReach[], b: readonly TypeReach[]): boolean {
  return (
    a.length === b.length && a.every((one, index) => one.type === b[index]?.type && one.runs === b[index]?.runs && one.mayRun === b[index]?.mayRun)
  )
}
