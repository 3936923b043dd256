import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import { cleanText } from '../../../../kernel/text.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { makerBook } from '../matching/makers.ts'
import { aliasesInForce, lockMatching } from '../matching/queries.ts'
import { recountAll } from '../model.ts'
import { heldAlias } from './queries.ts'

/**
 * Says that two names are one maker's. It holds for every product and threat from the next recount on, until it is ended. Throws `Conflict`
 * when the two are known as one already, `Invalid` when a name has no letter.
 */
export async function addMakerAlias(work: Work<Visible>, input: { alias: string; maker: string; why: string }): Promise<void> {
  assertMay(work.actor, 'watch.match.correct')
  // Two who add the same at once wait for each other.
  await lockMatching(work.db)
  const book = makerBook(await aliasesInForce(work.db))
  const [alias, maker] = [book.read(input.alias), book.read(input.maker)]
  for (const [pointer, name] of [['alias', alias] as const, ['maker', maker] as const])
    if (!name.isNamed) throw new Invalid(`watch.maker.${pointer}`, 'Enter a name with letters.')
  const isKnown = alias.names[0] === maker.names[0] || [...alias.groups].some(group => maker.groups.has(group))
  if (isKnown) throw new Conflict('watch.maker.known', 'These two count as one maker already.')
  await work.db
    .insertInto('watch_maker_alias')
    .values({ alias: input.alias, maker: input.maker, why: input.why, source: 'analyst', added_by: work.actor.id, added_at: work.now })
    .execute()
  work.record({
    verb: 'watch.maker.named',
    subject: { kind: 'maker', id: maker.names[0] ?? input.maker },
    change: { alias: input.alias, maker: input.maker },
    reason: input.why,
  })
  work.enqueue(recountAll, {}, { onceKey: 'all' })
}

/** Takes a name of a maker out of force. It can be added again. Throws `Invalid` without a reason, `Conflict` when it has been ended. */
export async function endMakerAlias(work: Work<Visible>, id: number, givenReason: string): Promise<void> {
  assertMay(work.actor, 'watch.match.correct')
  const reason = cleanText(givenReason)
  if (reason === '') throw new Invalid('watch.maker.reason', 'Say why, so that the next person understands.')
  const found = await heldAlias(work.db, id)
  if (found === undefined) throw new NotFound('watch.maker.unknown', 'There is no such name of a maker.')
  if (found.ended_at !== null) throw new Conflict('watch.maker.ended', 'Somebody has ended this name already.')
  await work.db
    .updateTable('watch_maker_alias')
    .set({ ended_by: work.actor.id, ended_at: work.now, ended_reason: reason })
    .where('id', '=', id)
    .execute()
  work.record({
    verb: 'watch.maker.name-ended',
    subject: { kind: 'maker', id: found.maker },
    change: { alias: found.alias, maker: found.maker },
    reason,
  })
  work.enqueue(recountAll, {}, { onceKey: 'all' })
}
