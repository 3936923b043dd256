import type { Page } from '../../kernel/page.ts'
import type { Reader } from '../../platform/work/read.ts'
import type { BulletinContent } from './bulletins/model.ts'
import type { PublishedAsked, PublishedBulletin } from './publication/model.ts'
import { listPublished, readEarlierContents, readPublished, readPublishedNumbered, readThreats } from './publication/queries.ts'
import { awaitingMoney, type BulletinAwaitingMoney } from './responses/queries/awaiting-money.ts'
import type { Visible } from './tables.ts'

/** What the domains above and the exits to other machines may use of broadcast. */

export type { BulletinContent, BulletinSeverity } from './bulletins/model.ts'
export { bulletinNumber, fiveLines, parseBulletinNumber, severityLabel } from './bulletins/model.ts'
export type { PublishedAsked, PublishedBulletin } from './publication/model.ts'
export { bulletinPublished } from './publication/model.ts'
export { carriesContent } from './clearance.ts'
export type { BulletinAwaitingMoney } from './responses/queries/awaiting-money.ts'

/** A released bulletin as the outside may read it, in the reader's scope; `undefined` when there is none of that id, or it is not released. An exercise too. */
export function publishedBulletin<T extends object>(db: Reader<T>, id: string): Promise<PublishedBulletin | undefined> {
  return readPublished(asBroadcast(db), id)
}

/** The same by its number, as `parseBulletinNumber` reads it. */
export function publishedBulletinNumbered<T extends object>(db: Reader<T>, number: number): Promise<PublishedBulletin | undefined> {
  return readPublishedNumbered(asBroadcast(db), number)
}

/** A page of the released bulletins in the reader's scope, the newest change first. Exercises are left out unless asked for. */
export function publishedBulletins<T extends object>(db: Reader<T>, asked: PublishedAsked): Promise<Page<PublishedBulletin>> {
  return listPublished(asBroadcast(db), asked)
}

/** What those bulletins said in the published versions before today's, by the bulletin's id, oldest first, as far as today's readers may read it. */
export function earlierContents<T extends object>(
  db: Reader<T>,
  bulletins: readonly PublishedBulletin[],
): Promise<ReadonlyMap<string, readonly BulletinContent[]>> {
  return readEarlierContents(asBroadcast(db), bulletins)
}

/** The threats that those bulletins are about, by the bulletin's id, as far as the reader may read them. A bulletin that is about none is left out. */
export function threatsOfBulletins<T extends object>(db: Reader<T>, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return readThreats(asBroadcast(db), ids)
}

/** The live bulletins on which that organisation chooses not to act because there is no money yet, in the reader's scope. What of a plan can follow from them. */
export function bulletinsAwaitingMoney<T extends object>(db: Reader<T>, organisationId: string): Promise<readonly BulletinAwaitingMoney[]> {
  return awaitingMoney(asBroadcast(db), organisationId)
}

/** The caller's reader narrows to its own tables; the connection behind it is the same, and row-level security holds whatever is asked. */
function asBroadcast<T extends object>(db: Reader<T>): Reader<Visible> {
  return db as unknown as Reader<Visible>
}
