import { Conflict } from '../../kernel/errors.ts'
import type { Work } from '../work/work.ts'
import { answeredBefore, keepAnswer, keyedRequest, takeKey, type AnsweredTables, type Found } from './answered.ts'
import type { RouteRequest } from './route.ts'

/** What came of an operation: what is answered, and whether it was done before under the same idempotency key. */
export interface Acted {
  readonly value: unknown
  readonly isRepeat: boolean
}

/** Does what is asked once for each idempotency key (draft-ietf-httpapi-idempotency-key-header). What failed is not kept: sent again, it is tried again. */
export interface Once {
  /** All of it in one unit of work: the key and the answer are in its commit. */
  whole(unit: Work<AnsweredTables>, act: () => Promise<unknown>): Promise<Acted>
  /** In several units: the key is in the commit of the first, the answer in one of its own after the last. */
  parts(act: (units: Units) => Promise<unknown>): Promise<Acted>
}

/** How an operation opens its units of work. */
export type Units = Pick<RouteRequest, 'work' | 'workWithSystemSight'>

/** Thrown through the operation when its first unit of work finds that all was done before. */
class DoneBefore extends Error {
  readonly value: unknown

  constructor(value: unknown) {
    super('This was done before.')
    this.value = value
  }
}

type Asked = Units & Pick<RouteRequest, 'actor' | 'address' | 'idempotencyKey' | 'platform' | 'read' | 'now'> & { readonly body: unknown }

/** For a request without a key, and for one of nobody in particular, it is done each time. */
export function onceFor(method: string, request: Asked): Once {
  const { actor, address, idempotencyKey, body, now, work, workWithSystemSight } = request
  const { signer } = request.platform
  if (method === 'GET' || idempotencyKey === null || idempotencyKey === '' || actor.kind === 'anonymous') return always(request)
  const asked = keyedRequest(actor, idempotencyKey, { method, address, body })
  return {
    async whole(unit, act) {
      const found = await takeKey(unit, signer, asked)
      if (!found.isNew) return { value: answerOf(found), isRepeat: true }
      const value = await act()
      await keepAnswer(unit, signer, asked, value)
      return { value, isRepeat: false }
    },
    async parts(act) {
      // Before anything is looked at: what was done may not be possible a second time, and that would be no answer.
      const found = await request.read<AnsweredTables, Found>(db => answeredBefore(db, signer, asked, now))
      if (!found.isNew) return { value: answerOf(found), isRepeat: true }
      let isTaken = false
      const once =
        (run: RouteRequest['work']): RouteRequest['work'] =>
        async unit => {
          if (isTaken) return run(unit)
          const done = await run(async (open: Parameters<typeof unit>[0]) => {
            const again = await takeKey(open.lend<AnsweredTables>(), signer, asked)
            if (!again.isNew) throw new DoneBefore(answerOf(again))
            return unit(open)
          })
          isTaken = true
          return done
        }
      try {
        const value = await act({ work: once(work), workWithSystemSight: once(workWithSystemSight) })
        await work<AnsweredTables, void>(async unit => {
          // One that opened no unit of its own takes its key with its answer.
          if (isTaken || (await takeKey(unit, signer, asked)).isNew) await keepAnswer(unit, signer, asked, value)
        })
        return { value, isRepeat: false }
      } catch (error) {
        if (error instanceof DoneBefore) return { value: error.value, isRepeat: true }
        throw error
      }
    },
  }
}

function always({ work, workWithSystemSight }: Units): Once {
  return {
    whole: async (_unit, act) => ({ value: await act(), isRepeat: false }),
    parts: async act => ({ value: await act({ work, workWithSystemSight }), isRepeat: false }),
  }
}

function answerOf(found: Extract<Found, { isNew: false }>): unknown {
  if (found.answer !== null) return found.answer.value
  throw new Conflict(
    'platform.http.answer-unknown',
    'This was done before under the same idempotency key, and what was answered is not known. Look at what there is.',
  )
}
