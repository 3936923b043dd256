import { readPattern } from '../../../codecs/stix/pattern.ts'
import type { StixObject } from '../../../codecs/stix/writing/object.ts'
import { threatsOfBulletins } from '../../../domains/broadcast/contract.ts'
import { tellSightings, type Sighting } from '../../../domains/watch/contract.ts'
import { Forbidden } from '../../../kernel/errors.ts'
import { parseInstant, type Instant } from '../../../kernel/instant.ts'
import type { IndicatorType } from '../../../kernel/intelligence.ts'
import { lineAt, parseJson, textAt } from '../../../kernel/json.ts'
import type { Work } from '../../../platform/work/work.ts'
import { addObjects, holdClock } from '../commands.ts'
import { SIGHTINGS } from '../model.ts'
import type { Visible, WrittenObject } from '../tables.ts'
import { readSighting, type SightingObject } from './envelope.ts'
import { readableObjects, type SeenObject } from './queries.ts'

export interface Written {
  /** A UUID. */
  readonly id: string
  readonly successes: readonly WrittenObject[]
  readonly failures: readonly WrittenObject[]
}

/**
 * Takes what an organisation saw, each object by itself: what is wrong with one stops none of the others, and the status says why. Sent again, what is
 * known already counts as taken and adds nothing. Throws `Forbidden` where nothing is taken of the organisation.
 */
export async function writeSightings(work: Work<Visible>, statusId: string, objects: readonly unknown[]): Promise<Written> {
  const { organisationId } = work.actor
  if (organisationId === null) throw new Forbidden('interop.taxii.nobody', 'Sightings are told for an organisation.')
  await holdClock(work)
  const readings = objects.map(object => ({ object, reading: readSighting(object) }))
  const seen = await readableObjects(
    work.db,
    readings.flatMap(({ reading }) => ('sighting' in reading ? [reading.sighting.of] : [])),
  )
  const threats = await threatsOfBulletins<Visible>(
    work.db,
    [...seen.values()].flatMap(({ bulletinId }) => bulletinId ?? []),
  )
  const [successes, failures, taken]: [WrittenObject[], WrittenObject[], SightingObject[]] = [[], [], []]
  const told: Sighting[] = []
  for (const { object, reading } of readings) {
    const named = { id: lineAt(object, 'id') ?? 'unknown', version: versionOf(object, work.now) }
    const target = 'sighting' in reading ? seen.get(reading.sighting.of) : undefined
    if ('reason' in reading) failures.push({ ...named, message: reading.reason })
    else if (target === undefined) failures.push({ ...named, message: 'What it says was seen is no object of a bulletin that you may read.' })
    else {
      taken.push(reading.sighting)
      told.push(sightingOf(reading.sighting, target, threats.get(target.bulletinId ?? '') ?? null))
      successes.push(named)
    }
  }
  const areNew = await tellSightings<Visible>(work, told)
  const added = taken.flatMap(({ object }, index) => (areNew[index] === true ? [object as StixObject] : []))
  await addObjects(work, { collectionId: SIGHTINGS.id, bulletinId: null, organisationId, isForAll: false }, added)
  await work.db
    .insertInto('interop_taxii_status')
    .values({
      id: statusId,
      organisation_id: organisationId,
      by_id: work.actor.id,
      at: work.now,
      successes: JSON.stringify(successes),
      failures: JSON.stringify(failures),
    })
    .execute()
  work.record({
    verb: 'interop.taxii.written',
    subject: { kind: 'taxii-status', id: statusId },
    organisationId,
    change: { taken: successes.length, refused: failures.length },
  })
  return { id: statusId, successes, failures }
}

function sightingOf(sighting: SightingObject, target: SeenObject, threatId: string | null): Sighting {
  return {
    stixId: sighting.id,
    modified: sighting.modified,
    threatId,
    indicator: indicatorIn(target),
    // What is taken back was not seen.
    count: sighting.isRevoked ? 0 : sighting.count,
    firstSeen: sighting.firstSeen,
    lastSeen: sighting.lastSeen,
  }
}

/** The version of an object as the status names it (TAXII 2.1 §4.3.1): a time, that of the request where the object tells none. */
function versionOf(object: unknown, now: Instant): string {
  const said = lineAt(object, 'modified') ?? lineAt(object, 'created')
  return said !== undefined && parseInstant(said) !== undefined ? said : now.toISOString()
}

function indicatorIn({ body }: SeenObject): { readonly type: IndicatorType; readonly value: string } | null {
  const parsed = parseJson(body)
  if (!parsed.ok || lineAt(parsed.value, 'type') !== 'indicator') return null
  const [value] = readPattern(textAt(parsed.value, 'pattern') ?? '').values
  return value === undefined ? null : { type: value.type, value: value.value }
}
