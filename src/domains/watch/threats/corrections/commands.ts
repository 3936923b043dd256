import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import { cleanText } from '../../../../kernel/text.ts'
import { assertMay } from '../../../../platform/work/actor.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { recountThreats } from '../commands.ts'
import { recountAll } from '../model.ts'
import { namedProducts, productById, standingVerdict, threatsNaming } from './queries.ts'

const LONGEST_REASON = 2_000

export interface VerdictInput {
  readonly threatId: string
  /** What organisations run, in the directory. */
  readonly productId: number
  readonly isSame: boolean
  /** The keys of the product of the threat that it is, joined by a line feed; `null` for the one that it was matched with. */
  readonly named: string | null
  readonly reason: string
}

/**
 * Says that what organisations call their product is what a threat is about, or that it is another product. It holds from then on, for
 * every threat that names the product so, until it is undone. Throws `Invalid` without a reason or without a product to be the same as,
 * `Conflict` when that has been said already.
 */
export async function sayOfProduct(work: Work<Visible>, input: VerdictInput): Promise<void> {
  assertMay(work.actor, 'watch.match.correct')
  const reason = reasonOf(input.reason)
  const { threatId, productId, isSame } = input
  if ((await productById(work.db, productId)) === undefined)
    throw new NotFound('watch.match.product', 'No organisation runs a product of that number.')
  const names = await namedProducts(work.db, threatId, productId)
  const matched = names.filter(name => name.isMatched)
  const chosen = names.find(name => `${name.makerKey}\n${name.productKey}` === input.named)
  const only = names.length === 1 ? names[0] : undefined
  const about = isSame || matched.length === 0 ? [chosen ?? matched[0] ?? only].filter(name => name !== undefined) : matched
  if (about.length === 0) throw new Invalid('watch.match.named', 'Choose the product of the threat that it is.')
  let said = 0n
  for (const { maker, product, makerKey, productKey } of about) {
    const { numInsertedOrUpdatedRows } = await work.db
      .insertInto('watch_product_verdict')
      .values({
        maker,
        product,
        maker_key: makerKey,
        product_key: productKey,
        product_id: productId,
        is_same: isSame,
        reason,
        said_by: work.actor.id,
        said_at: work.now,
      })
      .onConflict(conflict => conflict.columns(['maker_key', 'product_key', 'product_id']).where('undone_at', 'is', null).doNothing())
      .executeTakeFirstOrThrow()
    said += numInsertedOrUpdatedRows ?? 0n
  }
  if (said === 0n) throw new Conflict('watch.match.said', 'Somebody has said of these two already whether they are one. Undo that first.')
  work.record({
    verb: isSame ? 'watch.match.same' : 'watch.match.different',
    subject: { kind: 'product', id: String(productId) },
    change: { threat: threatId, products: about.map(({ maker, product }) => `${maker} ${product}`.trim()) },
    reason,
  })
  await sayAnew(work, threatId)
}

/** Takes a verdict back: the matching decides again. Throws `Conflict` when that was done already. */
export async function undoVerdict(work: Work<Visible>, id: number, givenReason: string): Promise<void> {
  assertMay(work.actor, 'watch.match.correct')
  const reason = reasonOf(givenReason)
  const verdict = await standingVerdict(work.db, id)
  if (verdict === undefined) throw new Conflict('watch.match.undone', 'This was undone already, or was never said. Look at the page again.')
  await work.db
    .updateTable('watch_product_verdict')
    .set({ undone_by: work.actor.id, undone_at: work.now, undone_reason: reason })
    .where('id', '=', id)
    .execute()
  work.record({
    verb: 'watch.match.undone',
    subject: { kind: 'product', id: String(verdict.product_id) },
    change: { verdict: id, product: `${verdict.maker} ${verdict.product}`.trim(), wasSame: verdict.is_same },
    reason,
  })
  const [first] = await threatsNaming(work.db, verdict.maker_key, verdict.product_key)
  if (first !== undefined) await sayAnew(work, first)
}

/** The threat at hand at once, the others by a job. */
async function sayAnew(work: Work<Visible>, threatId: string): Promise<void> {
  await recountThreats(work, [threatId])
  work.enqueue(recountAll, {}, { onceKey: 'all' })
}

function reasonOf(given: string): string {
  const reason = cleanText(given)
  if (reason === '') throw new Invalid('watch.match.reason', 'Say why, so that the next person understands.')
  if (reason.length > LONGEST_REASON) throw new Invalid('watch.match.reason', 'Say it in 2,000 characters or fewer.')
  return reason
}
