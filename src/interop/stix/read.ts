import { EXTENSION_OBJECTS } from '../../codecs/stix/writing/extension.ts'
import { markingOf } from '../../codecs/stix/writing/markings.ts'
import { bundleOf, type StixObject } from '../../codecs/stix/writing/object.ts'
import { identityObject } from '../../codecs/stix/writing/parts.ts'
import type { PublishedBulletin } from '../../domains/broadcast/contract.ts'
import { threatDossier } from '../../domains/watch/contract.ts'
import { NotFound } from '../../kernel/errors.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Reader } from '../../platform/work/read.ts'
import { SERVED } from '../taxii/model.ts'
import { renderingOf } from '../taxii/queries.ts'
import type { Visible } from '../taxii/tables.ts'
import { stixOfBulletin } from './bulletin.ts'
import { centreIdentity } from './queries.ts'
import { stixOfThreat } from './threat.ts'

/** As of when a bundle is made, and where we are reached. */
export interface BundleAsked {
  readonly now: Instant
  readonly baseUrl: string
}

/** The bundle of a published bulletin, with the same ids as by TAXII, so that who has both has one. Whether it may go out is the caller's to ask. */
export async function bulletinBundle(db: Reader<Visible>, bulletin: PublishedBulletin, asked: BundleAsked): Promise<StixObject> {
  const centre = identityObject(await centreIdentity(db, asked.now))
  const generation = (await renderingOf(db, bulletin.id))?.generation ?? 0
  const objects = stixOfBulletin(bulletin, { createdBy: centre.id, baseUrl: asked.baseUrl, generation })
  return bundleOf(`${bulletin.id} ${bulletin.changedAt.toISOString()}`, [markingOf(bulletin.tlp), ...EXTENSION_OBJECTS, centre, ...objects])
}

/** The bundle of a threat; `undefined` where there is none of that id, or it is RED: that is for named people, and in no file. */
export async function threatBundleOf(db: Reader<Visible>, id: string, asked: BundleAsked): Promise<StixObject | undefined> {
  const dossier = await threatDossier<Visible>(db, id, asked.now)
  if (dossier === undefined || !SERVED.includes(dossier.threat.tlp)) return undefined
  const indicators = dossier.indicators.filter(({ tlp }) => SERVED.includes(tlp))
  return stixOfThreat({ ...dossier, indicators }, { centre: await centreIdentity(db, asked.now), baseUrl: asked.baseUrl })
}

/** The same. Throws `NotFound` when there is none. */
export async function threatBundle(db: Reader<Visible>, id: string, asked: BundleAsked): Promise<StixObject> {
  const bundle = await threatBundleOf(db, id, asked)
  if (bundle === undefined)
    throw new NotFound(
      'watch.threat.unknown',
      'There is no such threat in STIX. What is TLP:RED is in none. "carecert threats list" gives the ids of those that there are.',
    )
  return bundle
}
