import { z } from 'zod'
import { cleanLine } from '../../../kernel/text.ts'

/**
 * Sharing groups: named sets of organisations that have agreed to share among themselves.
 *
 * Invariants:
 * 1. A group has one UUIDv4 for good, by which CSAF and MISP know it (CSAF 2.1 §3.2.3.5.1). Its name stays too: it stands in what was approved.
 * 2. A group is ended, never deleted, and so is a membership: what was sent says to whom.
 * 3. A bulletin for a group reaches those of its rule who are members at that instant. A group that is ended, unknown or without members reaches nobody.
 * 4. Those whom it was sent to go on reading it, updates too, when they leave the group. What is released after that does not reach them.
 * 5. Nobody reads it for looking after a member: neither a region nor a partner, unless a member itself.
 * 6. CLEAR is for everybody, so nothing is CLEAR and for a group.
 */
export const GROUP_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const NAME_LENGTH = 100

/** The group that a version of a bulletin is for, as its content holds it: with its name, so that what is approved says it in words. */
export const GroupMark = z.strictObject({
  id: z.string().trim().toLowerCase().pipe(z.string().regex(GROUP_ID, 'Choose a sharing group from the list')),
  /** Written down when a version is saved, whatever was sent. */
  name: z.string().transform(cleanLine).pipe(z.string().max(NAME_LENGTH)).default(''),
})
export type GroupMark = z.infer<typeof GroupMark>

/** The words that stand beside a label. */
export function groupWords(group: Pick<GroupMark, 'name'>): string {
  return `Only for the sharing group ${group.name}`
}
