import { createHash } from 'node:crypto'
import { Conflict } from '../../../../kernel/errors.ts'
import type { Work } from '../../../../platform/work/work.ts'
import type { Visible } from '../../tables.ts'
import { respond, type Target } from '../commands.ts'
import { countAssets } from '../progress/commands.ts'
import type { MachineAnswer } from './model.ts'

/** What was recorded, as it is told to the machine. */
export interface MachineOutcome {
  readonly state: string
  readonly nextDate: string | null
  readonly products: number
  readonly ignored: number
}

/**
 * Records a machine's answer. With a `key`, the same request again changes nothing and is answered as before; another request under the same
 * key throws `Conflict`.
 */
export async function answerByMachine(
  work: Work<Visible>,
  target: Target,
  given: MachineAnswer,
  request: { readonly key: string | null; readonly body: string },
): Promise<{ readonly outcome: MachineOutcome; readonly isRepeat: boolean }> {
  const outcome: MachineOutcome = {
    state: given.answer.state,
    nextDate: given.answer.nextDate,
    products: given.assets.length,
    ignored: given.ignored,
  }
  if (request.key !== null) {
    const [keyHash, requestHash] = [hashOf(request.key), hashOf(`${target.bulletinId}\n${request.body}`)]
    const kept = await work.db
      .insertInto('broadcast_machine_answer')
      .values({
        organisation_id: target.organisationId,
        key_hash: keyHash,
        request_hash: requestHash,
        bulletin_id: target.bulletinId,
        outcome: JSON.stringify(outcome),
        at: work.now,
      })
      .onConflict(conflict => conflict.doNothing())
      .returning('key_hash')
      .execute()
    if (kept.length === 0) {
      const before = await work.db
        .selectFrom('broadcast_machine_answer')
        .where('organisation_id', '=', target.organisationId)
        .where('key_hash', '=', keyHash)
        .select(['request_hash', 'outcome'])
        .executeTakeFirstOrThrow()
      if (before.request_hash !== requestHash)
        throw new Conflict('broadcast.response.key-reused', 'This idempotency key was used for another answer. Use a new one for each.')
      work.record({
        verb: 'broadcast.response.repeated',
        subject: { kind: 'bulletin', id: target.bulletinId },
        organisationId: target.organisationId,
      })
      return { outcome: before.outcome as MachineOutcome, isRepeat: true }
    }
  }
  await respond(work, { ...target, ...given.answer, via: 'machine' })
  if (given.assets.length > 0) await countAssets(work, target, given.assets)
  return { outcome, isRepeat: false }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
