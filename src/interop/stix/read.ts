import type { StixObject } from '../../codecs/stix/writing/object.ts'
import { threatDossier } from '../../domains/watch/contract.ts'
import { NotFound } from '../../kernel/errors.ts'
import type { Instant } from '../../kernel/instant.ts'
import type { Reader } from '../../platform/work/read.ts'
import type { Visible } from '../taxii/tables.ts'
import { centreIdentity } from './queries.ts'
import { stixOfThreat } from './threat.ts'

/** The bundle of a threat. Throws `NotFound` when there is none of that id. */
export async function threatBundle(db: Reader<Visible>, id: string, asked: { readonly now: Instant; readonly baseUrl: string }): Promise<StixObject> {
  const dossier = await threatDossier<Visible>(db, id, asked.now)
  if (dossier === undefined) throw new NotFound('watch.threat.unknown', 'There is no such threat. "carecert threats list" gives their ids.')
  return stixOfThreat(dossier, { centre: await centreIdentity(db, asked.now), baseUrl: asked.baseUrl })
}
