import { createHash } from 'node:crypto'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { matchProduct, readVersions, type AffectedVersions } from './decide.ts'
import { keysToBeFoundBy, keysToLookUnder } from './keys.ts'
import { makerBook, type MakerAlias, type MakerBook } from './makers.ts'
import { corrected, fingerprintOf, outcomesOf, type Outcome, type Pairing } from './outcomes.ts'
import {
  affectedNameRows,
  affectedNames,
  aliasesInForce,
  candidatesOf,
  fingerprints,
  knownProductRows,
  knownProducts,
  lockMatching,
  matchRows,
  nameMatchRows,
  rulesOfMatches,
  threatPairings,
  unknownNames,
  unknownProducts,
  versionsTold,
  type Candidate,
  type ThreatPairing,
  type Which,
} from './queries.ts'

/**
 * Keeps what the matching has worked out. Names first (`refreshNames`): each name that threats use is compared once with each product that
 * organisations run, whatever the number of threats and of lines; only what is new is compared. Then threats (`refreshMatches`): what the
 * pairs of names mean for each, version by version.
 */

/** Raise it when the rules of the matching change: then all names are compared anew. */
const REVISION = 2

const ROWS_AT_ONCE = 2_000
const NAMES_AT_ONCE = 200

/**
 * Compares what is new among the names; with `all`, also products that come with other CPE names or package URLs than before. Waits for
 * whoever else does, and holds off the next until the unit of work ends: a unit that goes on to change threats should hold their rows
 * already, or leave them to another unit.
 */
export async function refreshNames(work: Work<Visible>, which: 'new' | 'all'): Promise<void> {
  await lockMatching(work.db)
  const aliases = await aliasesInForce(work.db)
  const book = makerBook(aliases)
  await forgetIfRulesChanged(work, aliases)

  const products = await unknownProducts(work.db, which)
  for (const some of parts(products, ROWS_AT_ONCE)) {
    const ids = some.map(({ id }) => id)
    await work.db.deleteFrom('watch_name_match').where('product_id', 'in', ids).execute()
    await work.db.deleteFrom('watch_known_product').where('product_id', 'in', ids).execute()
    const rows = some.map(product => ({ ...product, keys: keysToBeFoundBy(product, book) }))
    await work.db.insertInto('watch_known_product').columns(['product_id', 'identifiers', 'keys']).expression(knownProductRows(rows)).execute()
  }
  const names: number[] = []
  for (const some of parts(await unknownNames(work.db), ROWS_AT_ONCE)) {
    const rows = some.map(name => ({ ...name, keys: keysToLookUnder(name, book) }))
    const added = await work.db
      .insertInto('watch_affected_name')
      .columns(['match_key', 'maker', 'product', 'identifiers', 'has_versions', 'keys'])
      .expression(affectedNameRows(rows))
      .returning('id')
      .execute()
    names.push(...added.map(({ id }) => id))
  }
  for (const some of parts(names, NAMES_AT_ONCE)) await compare(work, book, await candidatesOf(work.db, some, []))
  const isNew = new Set(names)
  for (const some of parts(products, ROWS_AT_ONCE)) {
    const pairs = await candidatesOf(
      work.db,
      [],
      some.map(({ id }) => id),
    )
    await compare(
      work,
      book,
      pairs.filter(({ nameId }) => !isNew.has(nameId)),
    )
  }
}

/** Whether what is kept was worked out by another revision of the rules: after an upgrade, or where nothing was worked out yet. */
export async function isOutdated(db: Reader<Visible>): Promise<boolean> {
  return (await rulesOfMatches(db))?.startsWith(`${REVISION} `) !== true
}

function rulesOf(aliases: readonly MakerAlias[]): string {
  const digest = createHash('sha256').update(JSON.stringify(aliases.map(({ alias, maker }) => [alias, maker])))
  return `${REVISION} ${digest.digest('hex')}`
}

/** Other rules, other matches: all is compared anew. */
async function forgetIfRulesChanged(work: Work<Visible>, aliases: readonly MakerAlias[]): Promise<void> {
  const rules = rulesOf(aliases)
  if ((await rulesOfMatches(work.db)) === rules) return
  await work.db.deleteFrom('watch_name_match').execute()
  await work.db.deleteFrom('watch_affected_name').execute()
  await work.db.deleteFrom('watch_known_product').execute()
  await work.db.deleteFrom('watch_matching').execute()
  await work.db.insertInto('watch_matching').values({ rules }).execute()
}

async function compare(work: Work<Visible>, book: MakerBook, candidates: readonly Candidate[]): Promise<void> {
  const names = await affectedNames(work.db, [...new Set(candidates.map(({ nameId }) => nameId))])
  const products = await knownProducts(work.db, [...new Set(candidates.map(({ productId }) => productId))])
  const rows = candidates.flatMap(candidate => {
    const [name, product] = [names.get(candidate.nameId), products.get(candidate.productId)]
    const match = name === undefined || product === undefined ? undefined : matchProduct(name, product, book, name.hasVersions)
    return match === undefined ? [] : [{ ...candidate, ...match }]
  })
  for (const some of parts(rows, ROWS_AT_ONCE))
    await work.db
      .insertInto('watch_name_match')
      .columns(['name_id', 'product_id', 'outcome', 'why', 'version'])
      .expression(nameMatchRows(some))
      .execute()
}

/** Says anew what the pairs of names mean for these threats. Writes only where something changed. */
export async function refreshMatches(work: Work<Visible>, which: Which): Promise<void> {
  const pairings = await threatPairings(work.db, which)
  const read = new Map<string, AffectedVersions>()
  for (const { versions } of pairings) if (!read.has(keyOf(versions))) read.set(keyOf(versions), readVersions(versions))
  const narrow = pairings.filter(({ versions }) => read.get(keyOf(versions))?.isNarrow === true)
  const told = await versionsTold(work.db, [...new Set(narrow.map(({ productId }) => productId))])
  const known = await fingerprints(work.db, which)
  const byThreat = Map.groupBy(pairings, ({ threatId }) => threatId)
  const found = [...byThreat].map(([threatId, own]) => ({ threatId, outcomes: outcomesOfThreat(own, read, told) }))
  const gone = [...known.keys()].filter(threatId => !byThreat.has(threatId))
  const changed = [
    ...found.filter(({ outcomes }) => outcomes.length > 0),
    ...gone.map(threatId => ({ threatId, outcomes: [] as readonly Outcome[] })),
  ]
    .map(threat => ({ ...threat, fingerprint: fingerprintOf(threat.outcomes) }))
    .filter(({ threatId, fingerprint }) => known.get(threatId) !== fingerprint)
  for (const some of parts(changed, ROWS_AT_ONCE)) {
    const ids = some.map(({ threatId }) => threatId)
    await work.db.deleteFrom('watch_match').where('threat_id', 'in', ids).execute()
    await work.db.deleteFrom('watch_matched_threat').where('threat_id', 'in', ids).execute()
    await work.db
      .insertInto('watch_matched_threat')
      .values(some.map(({ threatId, fingerprint }) => ({ threat_id: threatId, fingerprint })))
      .execute()
  }
  const rows = changed.flatMap(({ threatId, outcomes }) => outcomes.map(outcome => ({ threatId, ...outcome })))
  for (const some of parts(rows, ROWS_AT_ONCE))
    await work.db.insertInto('watch_match').columns(['threat_id', 'product_id', 'version', 'outcome', 'why']).expression(matchRows(some)).execute()
}

function outcomesOfThreat(
  pairings: readonly ThreatPairing[],
  read: ReadonlyMap<string, AffectedVersions>,
  told: ReadonlyMap<number, readonly string[]>,
): readonly Outcome[] {
  return [...Map.groupBy(pairings, ({ productId }) => productId)].flatMap(([productId, own]) => {
    const meant = own.flatMap(({ versions, match, verdict }): Pairing[] => {
      const sure = corrected(match, verdict)
      return sure === undefined ? [] : [{ productId, versions: read.get(keyOf(versions)) ?? readVersions(versions), match: sure }]
    })
    if (meant.length > 0) return outcomesOf(productId, meant, told.get(productId) ?? [])
    const refused = own.find(({ verdict }) => verdict?.isSame === false)
    return refused === undefined
      ? []
      : [{ productId, version: null, outcome: 'does-not', why: `An analyst said that it is another product: ${refused.verdict?.reason ?? ''}` }]
  })
}

function keyOf(versions: readonly string[]): string {
  return JSON.stringify(versions)
}

function* parts<T>(rows: readonly T[], size: number): Generator<readonly T[]> {
  for (let start = 0; start < rows.length; start += size) yield rows.slice(start, start + size)
}
