import type { Page } from '../../kernel/page.ts'
import type { Reader } from '../../platform/work/read.ts'
import type { PublishedAsked, PublishedBulletin } from './publication/model.ts'
import { listPublished, readPublished, readPublishedNumbered } from './publication/queries.ts'
import { sharingGroups, sharingGroupsOf, type SharingGroup } from './sharing-groups/queries.ts'
import type { Visible } from './tables.ts'

/** What the domains above and the exits to other machines may use of broadcast. */

export type { BulletinContent, BulletinSeverity } from './bulletins/model.ts'
export { bulletinNumber, fiveLines, parseBulletinNumber, severityLabel } from './bulletins/model.ts'
export type { PublishedAsked, PublishedBulletin, PublishedChange } from './publication/model.ts'
export { bulletinPublished } from './publication/model.ts'
export { carriesContent } from './clearance.ts'
export type { SharingGroup } from './sharing-groups/queries.ts'

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

/** The sharing groups in the reader's scope, by name, ended ones too unless `ended: false`: for the centre all, for others those that they are or were a member of. */
export function knownSharingGroups<T extends object>(db: Reader<T>, filter: { readonly ended?: boolean } = {}): Promise<readonly SharingGroup[]> {
  return sharingGroups(asBroadcast(db), filter)
}

/** The sharing groups that an organisation is a member of today, by name. */
export function sharingGroupsOfMember<T extends object>(db: Reader<T>, organisationId: string): Promise<readonly SharingGroup[]> {
  return sharingGroupsOf(asBroadcast(db), organisationId)
}

/** The caller's reader narrows to its own tables; the connection behind it is the same, and row-level security holds whatever is asked. */
function asBroadcast<T extends object>(db: Reader<T>): Reader<Visible> {
  return db as unknown as Reader<Visible>
}
