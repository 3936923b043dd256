import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import { cleanText } from '../../../../kernel/text.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { RegroupedItem, Visible } from '../../tables.ts'
import { recountThreats, restate, storeNewThreats } from '../commands.ts'
import { linksOf, lockThreats, regroupingById } from './queries.ts'

const LONGEST_REASON = 2_000
const UNKNOWN = 'There is no such threat. The list of threats shows those that there are.'

/**
 * Says that two threats are one: every item of `from` moves to `into`, and `from` leads there from then on. It can be undone. Throws
 * `Invalid` without a reason, `Conflict` when either was merged away meanwhile.
 */
export async function mergeThreats(work: Work<Visible>, input: { from: string; into: string; reason: string }): Promise<string> {
  assertMay(work.actor, 'watch.threat.triage')
  const reason = reasonOf(input.reason)
  const { from, into } = input
  if (from === into) throw new Invalid('watch.threat.merge-itself', 'Choose another threat to merge this one into.')
  const threats = await lockThreats(work.db, [from, into])
  const origin = standing(threats, from)
  const goal = standing(threats, into)
  const items = await linksOf(work.db, from)
  await move(work, { items, from, to: into, why: `Merged with “${origin.title}” by a person: ${reason}` })
  await work.db.updateTable('watch_threat').set({ merged_into: into, updated_at: work.now }).where('id', '=', from).execute()
  await note(work, from, 'merged', `Merged into “${goal.title}”. ${reason}`)
  await note(work, into, 'merged', `“${origin.title}” was merged into this threat. ${reason}`)
  await sayAnew(work, [into])
  return keep(work, { kind: 'merged', from, to: into, items, reason })
}

/**
 * Says that some items of a threat are about something else: they become a threat of their own. It can be undone. Gives the new threat's
 * id. Throws `Invalid` without a reason, without items, or with all of them.
 */
export async function splitThreat(work: Work<Visible>, input: { threat: string; items: readonly string[]; reason: string }): Promise<string> {
  assertMay(work.actor, 'watch.threat.triage')
  const reason = reasonOf(input.reason)
  const origin = standing(await lockThreats(work.db, [input.threat]), input.threat)
  const all = await linksOf(work.db, origin.id)
  const items = all.filter(({ id }) => input.items.includes(id))
  if (items.length === 0) throw new Invalid('watch.threat.split-nothing', 'Tick the items that are about something else.')
  if (items.length === all.length)
    throw new Invalid('watch.threat.split-all', 'Leave at least one item: to split off all of them would change nothing.')
  const id = work.newId('threat')
  await storeNewThreats(work, [id])
  await move(work, { items, from: origin.id, to: id, why: `Split from “${origin.title}” by a person: ${reason}` })
  await note(work, origin.id, 'split', `${items.length === 1 ? 'An item was' : `${items.length} items were`} split off. ${reason}`)
  await note(work, id, 'split', `Split from “${origin.title}”. ${reason}`)
  await sayAnew(work, [origin.id, id])
  await keep(work, { kind: 'split', from: origin.id, to: id, items, reason })
  return id
}

/** Takes a merge or a split back. Items that joined since stay where they are. Throws `Conflict` when it was undone, or built upon, already. */
export async function undoRegrouping(work: Work<Visible>, id: string, givenReason: string): Promise<string> {
  assertMay(work.actor, 'watch.threat.triage')
  const reason = reasonOf(givenReason)
  const known = await regroupingById(work.db, id)
  if (known === undefined) throw new NotFound('watch.regrouping.unknown', 'There is no such merge or split.')
  const { fromThreatId: from, toThreatId: to, kind } = known
  const threats = await lockThreats(work.db, [from, to])
  const fresh = await regroupingById(work.db, id)
  if (fresh?.undoneAt !== null) throw new Conflict('watch.regrouping.undone', 'This was undone already. Look at the threat again.')
  const present = new Set((await linksOf(work.db, to)).map(link => link.id))
  const items = known.items.filter(item => present.has(item.id))
  const isBuiltUpon = threats.get(to)?.merged_into !== null || (kind === 'split' && threats.get(from)?.merged_into !== null)
  if (items.length === 0 || isBuiltUpon)
    throw new Conflict('watch.regrouping.built-upon', 'These items have moved on since. Undo what was done later first.')
  for (const item of items) await move(work, { items: [item], from: to, to: from, why: item.why })
  const mergedInto = kind === 'split' && items.length === present.size ? from : null
  await work.db
    .updateTable('watch_threat')
    .set({ merged_into: mergedInto, updated_at: work.now })
    .where('id', '=', kind === 'merged' ? from : to)
    .execute()
  await work.db
    .updateTable('watch_threat_regrouping')
    .set({ undone_at: work.now, undone_by: work.actor.id, undone_reason: reason })
    .where('id', '=', id)
    .execute()
  for (const threat of [from, to])
    await note(work, threat, 'regrouping-undone', `${kind === 'merged' ? 'The merge' : 'The split'} was undone. ${reason}`)
  await sayAnew(work, mergedInto === null ? [from, to] : [from])
  work.record({
    verb: 'watch.threat.regrouping-undone',
    subject: { kind: 'threat', id: from },
    change: { regrouping: id, items: items.length },
    reason,
  })
  return from
}

function reasonOf(given: string): string {
  const reason = cleanText(given)
  if (reason === '') throw new Invalid('watch.threat.reason', 'Say why, so that the next person understands.')
  if (reason.length > LONGEST_REASON) throw new Invalid('watch.threat.reason-length', 'Say it in 2,000 characters or fewer.')
  return reason
}

type Threats = Awaited<ReturnType<typeof lockThreats>>

function standing(threats: Threats, id: string) {
  const threat = threats.get(id)
  if (threat === undefined) throw new NotFound('watch.threat.unknown', UNKNOWN)
  if (threat.merged_into !== null)
    throw new Conflict('watch.threat.merged', `“${threat.title}” was merged into another threat meanwhile. Look at that one.`)
  return threat
}

async function move(
  work: Work<Visible>,
  { items, from, to, why }: { items: readonly RegroupedItem[]; from: string; to: string; why: string },
): Promise<void> {
  const ids = items.map(({ id }) => id)
  if (ids.length === 0) return
  await work.db.updateTable('watch_threat_item').set({ threat_id: to, why }).where('threat_id', '=', from).where('item_id', 'in', ids).execute()
}

async function note(work: Work<Visible>, threatId: string, action: string, text: string): Promise<void> {
  await work.db.insertInto('watch_threat_note').values({ threat_id: threatId, at: work.now, actor_id: work.actor.id, action, note: text }).execute()
}

async function sayAnew(work: Work<Visible>, threatIds: readonly string[]): Promise<void> {
  await restate(work, threatIds)
  await recountThreats(work, threatIds)
}

async function keep(
  work: Work<Visible>,
  { kind, from, to, items, reason }: { kind: 'merged' | 'split'; from: string; to: string; items: readonly RegroupedItem[]; reason: string },
): Promise<string> {
  const id = work.newId('regrouping')
  await work.db
    .insertInto('watch_threat_regrouping')
    .values({ id, kind, at: work.now, actor_id: work.actor.id, reason, from_threat_id: from, to_threat_id: to, items: JSON.stringify(items) })
    .execute()
  work.record({ verb: `watch.threat.${kind}`, subject: { kind: 'threat', id: from }, change: { regrouping: id, to, items: items.length }, reason })
  return id
}
