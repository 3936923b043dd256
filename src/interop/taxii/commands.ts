import { EXTENSION_OBJECTS } from '../../codecs/stix/writing/extension.ts'
import { markingOf } from '../../codecs/stix/writing/markings.ts'
import type { StixObject } from '../../codecs/stix/writing/object.ts'
import { identityObject } from '../../codecs/stix/writing/parts.ts'
import type { PublishedBulletin } from '../../domains/broadcast/contract.ts'
import { Bug } from '../../kernel/errors.ts'
import { instantFromMillis, type Instant } from '../../kernel/instant.ts'
import type { Tlp } from '../../kernel/tlp.ts'
import { chunks } from '../../platform/db/chunks.ts'
import type { Work } from '../../platform/work/work.ts'
import { stixOfBulletin } from '../stix/bulletin.ts'
import { centreIdentity } from '../stix/queries.ts'
import { changesBetween, takingBack, versionOf } from './changes.ts'
import { collectionOf, SERVED } from './model.ts'
import { renderingOf, sharedObjects, standingObjects, type StandingObject } from './queries.ts'
import type { Visible } from './tables.ts'

/** Whose rows are added, and to which collection. */
export interface Place {
  readonly collectionId: string
  readonly bulletinId: string | null
  readonly organisationId: string | null
  readonly isForAll: boolean
}

/**
 * Brings the collections to say what a bulletin says today. An exercise and what is RED stand in none. When its label or group changes, it is taken
 * back where it stood and said anew where it belongs, under other ids: what is revoked in STIX never comes back. When nothing has changed but who may
 * read it, its objects are given anew as they are: a new reader has asked for what was added since long ago, and others know these versions.
 */
export async function publishBulletin(work: Work<Visible>, bulletin: PublishedBulletin, baseUrl: string): Promise<void> {
  await holdClock(work)
  const place = placeFor(bulletin)
  const rendering = await renderingOf(work.db, bulletin.id)
  const standing = await standingObjects(work.db, bulletin.id)
  if (place === null && standing.length === 0) return
  const createdBy = await ensurePlace(work, bulletin, place)
  const at = bulletin.changedAt
  let generation = rendering?.generation ?? 0
  let added = 0
  const sayHere = (set: number) => (place === null ? [] : stixOfBulletin(bulletin, { createdBy, baseUrl, generation: set }))
  const stays = rendering === undefined || rendering.collectionId === (place?.collectionId ?? null)
  const changes = stays ? changesBetween(standing, sayHere(generation), at) : { kind: 'anew' as const }
  if (changes.kind === 'add') {
    if (place !== null) added += await addObjects(work, place, changes.objects)
    // Announced without a change: somebody may read it who could not. Who was let in by its label alone always could.
    if (place !== null && !place.isForAll && rendering !== undefined && changes.objects.length === 0) await giveAgain(work, place, standing)
  } else {
    generation += 1
    added += await takeAllBack(work, bulletin.id, standing, at)
    if (place !== null) added += await addObjects(work, place, sayHere(generation))
  }
  const row = { collection_id: place?.collectionId ?? null, generation, changed_at: bulletin.changedAt }
  await work.db
    .insertInto('interop_taxii_rendering')
    .values({ bulletin_id: bulletin.id, ...row })
    .onConflict(conflict => conflict.column('bulletin_id').doUpdateSet(row))
    .execute()
  work.record({ verb: 'interop.taxii.published', subject: { kind: 'bulletin', id: bulletin.id }, change: { objects: added, generation } })
}

function placeFor({ id, tlp, isExercise, sharingGroup }: PublishedBulletin): Place | null {
  if (isExercise || !SERVED.includes(tlp)) return null
  return { collectionId: collectionOf(tlp, sharingGroup?.id ?? null).id, bulletinId: id, organisationId: null, isForAll: tlp === 'CLEAR' }
}

async function takeAllBack(work: Work<Visible>, bulletinId: string, standing: readonly StandingObject[], at: Instant): Promise<number> {
  let added = 0
  for (const [collectionId, rows] of Map.groupBy(standing, row => row.collectionId)) {
    const place = { collectionId, bulletinId, organisationId: null, isForAll: collectionId === collectionOf('CLEAR', null).id }
    added += await addObjects(work, place, takingBack(rows, at))
  }
  return added
}

/** Makes the collection where it is new, and keeps in it what every object there refers to. Gives the id of the centre's identity. */
async function ensurePlace(work: Work<Visible>, { tlp, sharingGroup }: PublishedBulletin, place: Place | null): Promise<string> {
  const organisation = await centreIdentity(work.db, work.now)
  const centre = identityObject(organisation)
  if (place === null) return centre.id
  await ensureCollection(work, tlp, sharingGroup)
  const common = [markingOf(tlp), ...EXTENSION_OBJECTS, centre]
  const standing = await sharedObjects(
    work.db,
    place.collectionId,
    common.map(object => object.id),
  )
  const changes = changesBetween(
    standing.map(row => ({ ...row, version: work.now })),
    common,
    work.now,
  )
  if (changes.kind === 'add') await addObjects(work, { ...place, bulletinId: null, isForAll: true }, changes.objects)
  return centre.id
}

async function ensureCollection(work: Work<Visible>, tlp: Tlp, group: PublishedBulletin['sharingGroup']): Promise<void> {
  const { id, alias } = collectionOf(tlp, group?.id ?? null)
  await work.db
    .insertInto('interop_taxii_collection')
    .values({
      id,
      alias,
      kind: 'bulletins',
      tlp,
      group_id: group?.id ?? null,
      group_name: group?.name ?? null,
      position: SERVED.indexOf(tlp),
    })
    .onConflict(conflict => conflict.column('id').doNothing())
    .execute()
  if (group === null) return
  await work.db
    .updateTable('interop_taxii_collection')
    .set({ group_name: group.name })
    .where('id', '=', id)
    .where('group_name', '!=', group.name)
    .execute()
}

/**
 * Waits until nobody else adds, and keeps them waiting until this unit ends: what stands is read after this, and whoever commits later has the greater
 * numbers, so that no reader passes over what is not there yet.
 */
export async function holdClock(work: Work<Visible>): Promise<void> {
  await work.db
    .updateTable('interop_taxii_clock')
    .set(({ ref }) => ({ last: ref('last') }))
    .execute()
}

/** Adds a batch of versions, each under a number of its own. Only after `holdClock`. Gives how many there were. */
export async function addObjects(work: Work<Visible>, place: Place, objects: readonly StixObject[]): Promise<number> {
  if (objects.length === 0) return 0
  const { collectionId } = place
  const first = await takeNumbers(
    work,
    place,
    objects.map(object => object.type),
  )
  const known = new Set<string>()
  for (const some of chunks(objects.map(object => object.id))) {
    const rows = await work.db
      .updateTable('interop_taxii_object')
      .set({ is_last: false })
      .where('collection_id', '=', collectionId)
      .where('object_id', 'in', some)
      .where('is_last', '=', true)
      .returning('object_id')
      .execute()
    for (const row of rows) known.add(row.object_id)
  }
  // Of two versions of one object the later stands behind the earlier.
  const firsts = new Map(objects.map((object, index) => [object.id, index] as const).toReversed())
  const lasts = new Map(objects.map((object, index) => [object.id, index] as const))
  const rows = objects.map((object, index) => {
    const added = first + index
    const at = instantFromMillis(Math.floor(added / 1_000))
    if (at === undefined) throw new Bug('interop.taxii.clock', `No time can be made of ${added}.`)
    return {
      added,
      ...ownerOf(place),
      object_id: object.id,
      type: object.type,
      version: versionOf(object, at),
      is_first: !known.has(object.id) && firsts.get(object.id) === index,
      is_last: lasts.get(object.id) === index,
      body: JSON.stringify(object),
    }
  })
  for (const some of chunks(rows))
    await work.db
      .insertInto('interop_taxii_object')
      .values([...some])
      .execute()
  return objects.length
}

/** Gives rows that stand numbers of today. */
async function giveAgain(work: Work<Visible>, place: Place, standing: readonly StandingObject[]): Promise<void> {
  const rows = standing.filter(row => row.collectionId === place.collectionId)
  if (rows.length === 0) return
  const first = await takeNumbers(
    work,
    place,
    rows.map(row => row.objectId.slice(0, row.objectId.indexOf('--'))),
  )
  for (const [index, row] of rows.entries())
    await work.db
      .updateTable('interop_taxii_object')
      .set({ added: first + index })
      .where('added', '=', row.added)
      .execute()
}

/** Takes as many numbers as there are types, one after another, for a batch of objects of those. Gives the first. */
async function takeNumbers(work: Work<Visible>, place: Place, types: readonly string[]): Promise<number> {
  const micros = work.now.getTime() * 1_000
  const { last } = await work.db
    .updateTable('interop_taxii_clock')
    .set(({ eb, fn, val }) => ({ last: eb(fn<number>('greatest', ['last', val(micros)]), '+', types.length) }))
    .returning('last')
    .executeTakeFirstOrThrow()
  const first = last - types.length + 1
  await work.db
    .insertInto('interop_taxii_batch')
    .values({ first, last, ...ownerOf(place), types: [...new Set(types)] })
    .execute()
  return first
}

function ownerOf({ collectionId, bulletinId, organisationId, isForAll }: Place) {
  return { collection_id: collectionId, bulletin_id: bulletinId, organisation_id: organisationId, is_for_all: isForAll }
}
