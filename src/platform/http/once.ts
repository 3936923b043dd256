import { Conflict } from '../../kernel/errors.ts'
import type { Work } from '../work/work.ts'
import { keepAnswer, keyedRequest, takeKey, type AnsweredTables, type Found } from './answered.ts'
import type { RouteRequest } from './route.ts'

/** What came of an operation: what is answered, and whether it was done before under the same idempotency key. */
export interface Acted {
  readonly value: unknown
  readonly isRepeat: boolean
}

/** Does what is asked once for each idempotency key (draft-ietf-httpapi-idempotency-key-header). What failed is not kept: sent again, it is tried again. */
export interface Once {
  /** All of it in one unit of work: the key and the answer are in its commit. */
  whole(work: Work<AnsweredTables>, body: () => Promise<unknown>): Promise<Acted>
  /** In several units: the key is in the commit of the first, the answer in one of its own after the last. */
  parts(run: RouteRequest['work'], body: (run: RouteRequest['work']) => Promise<unknown>): Promise<Acted>
}

const ALWAYS: Once = {
  whole: async (_work, body) => ({ value: await body(), isRepeat: false }),
  parts: async (run, body) => ({ value: await body(run), isRepeat: false }),
}

/** Thrown through the operation when its first unit of work finds that all was done before. */
class DoneBefore extends Error {
  readonly value: unknown

  constructor(value: unknown) {
    super('This was done before.')
    this.value = value
  }
}

type Asked = Pick<RouteRequest, 'actor' | 'address' | 'idempotencyKey' | 'platform'> & { readonly body: unknown }

/** For a request without a key, and for one of nobody in particular, it is done each time. */
export function onceFor(method: string, { actor, address, idempotencyKey, platform: { signer }, body }: Asked): Once {
  if (method === 'GET' || idempotencyKey === null || idempotencyKey === '' || actor.kind === 'anonymous') return ALWAYS
  const asked = keyedRequest(actor, idempotencyKey, { method, address, body })
  return {
    async whole(work, body_) {
      const found = await takeKey(work, signer, asked)
      if (!found.isNew) return { value: answerOf(found), isRepeat: true }
      const value = await body_()
      await keepAnswer(work, signer, asked, value)
      return { value, isRepeat: false }
    },
    async parts(run, body_) {
      let isTaken = false
      const runOnce: RouteRequest['work'] = async unit => {
        if (isTaken) return run(unit)
        const done = await run(async (work: Parameters<typeof unit>[0]) => {
          const found = await takeKey(work.lend<AnsweredTables>(), signer, asked)
          if (!found.isNew) throw new DoneBefore(answerOf(found))
          return unit(work)
        })
        isTaken = true
        return done
      }
      try {
        const value = await body_(runOnce)
        if (isTaken) await run<AnsweredTables, void>(work => keepAnswer(work, signer, asked, value))
        return { value, isRepeat: false }
      } catch (error) {
        if (error instanceof DoneBefore) return { value: error.value, isRepeat: true }
        throw error
      }
    },
  }
}

function answerOf(found: Extract<Found, { isNew: false }>): unknown {
  if (found.answer !== null) return found.answer.value
  throw new Conflict(
    'platform.http.answer-unknown',
    'This was done before under the same idempotency key, and what was answered is not known. Look at what there is.',
  )
}
