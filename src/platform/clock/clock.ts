import type { Instant } from '../../kernel/instant.ts'

/** Where the time comes from. Everything that needs it is handed one, so that a test can set it. */
export interface Clock {
  now(): Instant
}

export const systemClock: Clock = { now: () => new Date() }

/** Milliseconds that do not jump with the wall clock: for measuring durations, never for records. */
export function monotonicMillis(): number {
  return performance.now()
}

/** Resolves after so many milliseconds, or at once when the signal is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal?.addEventListener('abort', done)
  })
}

/** What `work` comes to, or `otherwise` when that takes longer than so many milliseconds; the work is not stopped by it. */
export function within<T>(milliseconds: number, work: Promise<T>, otherwise: T): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(otherwise), milliseconds)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
