import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { Bug, Conflict, TooMany, Unavailable } from '../../kernel/errors.ts'
import type { Answered, SolveAnswer, SolveInput, SolveKind } from './kinds.ts'

/**
 * Works things out in threads of their own, so that a hard question of one person does not hold up everybody's pages.
 *
 * What holds:
 * 1. At most `most` questions are worked on at once; others wait in turn, at most `MOST_WAITING`.
 * 2. Of one session, a newer question of a kind takes the place of the older: whoever moves a slider waits for the last place only.
 * 3. A question ends by its answer, by `timeoutMillis`, or by its signal; a thread that is stopped in the middle is thrown away, and nothing of it is kept.
 * 4. No thread is started before the first question, and an idle one keeps no process alive.
 */
export interface Solve {
  /**
   * The answer of a solver (kinds.ts) to plain data. Throws `Conflict` where a newer question took its place or its signal was given, `Unavailable` when the
   * time is up, `TooMany` when too many wait, `Bug` when the solver failed.
   */
  run<K extends SolveKind>(kind: K, input: SolveInput<K>, options?: RunOptions): Promise<SolveAnswer<K>>
  close(): Promise<void>
}

export interface RunOptions {
  /** Whose question it is, and about what: such as the session and the case. Null: nothing takes its place. */
  readonly session?: string | null
  readonly signal?: AbortSignal
  /** From the moment of asking, the waiting included. */
  readonly timeoutMillis?: number
}

const DEFAULT_TIMEOUT_MILLIS = 60_000
const MOST_WAITING = 64
const MOST_MEGABYTES = 1_024

interface Question {
  readonly kind: SolveKind
  readonly input: unknown
  readonly key: string | null
  worker: Worker | null
  end(settle: () => void): void
  readonly accept: (answer: unknown) => void
  readonly refuse: (error: Error) => void
}

/** `most` is two at least: a study that takes a minute must not hold up somebody's slider. */
export function createSolve(most = Math.max(2, availableParallelism() - 1)): Solve {
  const waiting: Question[] = []
  const running = new Set<Question>()
  const idle: Worker[] = []
  let isClosed = false

  function startWorker(): Worker {
    const worker = new Worker(new URL('worker.ts', import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES } })
    worker.unref()
    return worker
  }

  function next(): void {
    if (isClosed || running.size >= most) return
    const question = waiting.shift()
    if (question !== undefined) work(question, idle.pop() ?? startWorker())
  }

  function work(question: Question, worker: Worker): void {
    question.worker = worker
    running.add(question)
    worker.ref()
    worker.removeAllListeners()
    worker.on('message', (answered: Answered) => {
      question.worker = null
      rest(worker)
      question.end(() =>
        answered.ok
          ? question.accept(answered.answer)
          : question.refuse(new Bug('platform.solve.failed', `The solver failed at "${question.kind}".`, answered.detail)),
      )
    })
    const onEnd = () =>
      question.end(() =>
        question.refuse(new Unavailable('platform.solve.ended', 'This needs more memory than there is for one question. Ask for less.')),
      )
    worker.once('error', onEnd)
    worker.once('exit', onEnd)
    worker.postMessage({ kind: question.kind, input: question.input })
  }

  /** Kept for the next question, as long as it lives. */
  function rest(worker: Worker): void {
    worker.removeAllListeners()
    worker.on('error', () => {})
    worker.once('exit', () => idle.splice(idle.indexOf(worker), 1))
    worker.unref()
    idle.push(worker)
  }

  /** A thread that still works on something nobody waits for is ended: a solver hears nothing while it solves. */
  function stop(worker: Worker): void {
    worker.removeAllListeners()
    // Ended while it starts, it may still say so; nobody listens.
    worker.on('error', () => {})
    void worker.terminate()
  }

  function cancel(question: Question, error: Error): void {
    question.end(() => question.refuse(error))
  }

  return {
    async run<K extends SolveKind>(
      kind: K,
      input: SolveInput<K>,
      { session = null, signal, timeoutMillis = DEFAULT_TIMEOUT_MILLIS }: RunOptions = {},
    ) {
      const key = session === null ? null : `${session} ${kind}`
      for (const older of [...waiting, ...running])
        if (key !== null && older.key === key)
          cancel(older, new Conflict('platform.solve.superseded', 'A newer question took the place of this one.'))
      if (isClosed) throw new Unavailable('platform.solve.closed', 'CareCERT is stopping. Try again in a minute.')
      if (waiting.length >= MOST_WAITING)
        throw new TooMany('platform.solve.busy', 'Too many questions are waiting to be worked out. Try again in a minute.')
      return new Promise<SolveAnswer<K>>((accept, refuse) => {
        const giveUp = () =>
          cancel(
            question,
            new Unavailable('platform.solve.out-of-time', 'This takes too long to work out. Ask with fewer improvements or scenarios.'),
          )
        const timer = setTimeout(giveUp, timeoutMillis)
        const onAbort = () => cancel(question, new Conflict('platform.solve.cancelled', 'The question was withdrawn.'))
        let isEnded = false
        const question: Question = {
          kind,
          input,
          key,
          worker: null,
          // The thread runs the solver of this kind, so what comes back is its answer.
          accept: answer => accept(answer as SolveAnswer<K>),
          refuse,
          end(settle) {
            if (isEnded) return
            isEnded = true
            clearTimeout(timer)
            signal?.removeEventListener('abort', onAbort)
            const at = waiting.indexOf(question)
            if (at >= 0) waiting.splice(at, 1)
            running.delete(question)
            if (question.worker !== null) stop(question.worker)
            settle()
            next()
          },
        }
        if (signal?.aborted === true) return onAbort()
        signal?.addEventListener('abort', onAbort, { once: true })
        waiting.push(question)
        next()
      })
    },
    async close() {
      isClosed = true
      for (const question of [...waiting, ...running])
        cancel(question, new Unavailable('platform.solve.closed', 'CareCERT is stopping. Try again in a minute.'))
      await Promise.all(idle.splice(0).map(worker => worker.removeAllListeners().terminate()))
    },
  }
}
