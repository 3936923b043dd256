import { availableParallelism } from 'node:os'
import { hash, verify } from '@node-rs/argon2'
import { TooMany } from '../../kernel/errors.ts'

/** Argon2id with the parameters of the OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane. (Argon2id is the library's default.) */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

/** Each hash takes a core for tens of milliseconds: no more of them at once than leave one for everything else. */
const AT_ONCE = Math.max(1, availableParallelism() - 1)
/** Beyond this many waiting, refusing at once serves people better than an answer after half a minute. */
const MOST_WAITING = 64

const queue = createQueue(AT_ONCE, MOST_WAITING)

/** The hash to store, with its salt and parameters in it (PHC string format). */
export function hashPassword(password: string): Promise<string> {
  return queue(() => hash(password.normalize('NFKC'), PARAMETERS))
}

/**
 * Whether it is the password. With `null`, for an account that is not there or has no password, the same work is done
 * and the answer is no, so that the time taken does not tell which accounts exist.
 */
export function verifyPassword(stored: string | null, password: string): Promise<boolean> {
  const normal = password.normalize('NFKC')
  return queue(async () => {
    if (stored !== null) return verify(stored, normal)
    await hash(normal, PARAMETERS)
    return false
  })
}

/** Runs at most `atOnce` tasks at a time, the others in the order they came. Throws `TooMany` when too many wait. */
function createQueue(atOnce: number, mostWaiting: number): <R>(task: () => Promise<R>) => Promise<R> {
  const waiting: (() => void)[] = []
  let running = 0
  return async task => {
    if (running >= atOnce) {
      if (waiting.length >= mostWaiting)
        throw new TooMany('platform.auth.busy', 'Too many people are signing in at this moment. Wait a minute, then try again.')
      // Whoever finishes hands over its place, so `running` stays.
      await new Promise<void>(resolve => waiting.push(resolve))
    } else {
      running += 1
    }
    try {
      return await task()
    } finally {
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}
