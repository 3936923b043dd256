import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { Level, Verdict } from '../../codecs/csaf-validation/model.ts'
import { unreadable } from './model.ts'

/** Judges documents in threads of its own, each one document at a time. */
export interface Validator {
  /** Waits for a free thread. Never fails: what cannot be judged gets a verdict that says so. */
  validate(text: string, level: Level): Promise<Verdict>
  close(): Promise<void>
}

/** For loading the rules of a version, and for judging a document by them. */
const LOADING_MILLIS = 180_000
const JUDGING_MILLIS = 30_000
const MOST_MEGABYTES = 1_024

interface Asked {
  readonly text: string
  readonly level: Level
  answer(verdict: Verdict): void
}

/** Starts no thread until one is needed, and no more than `most` or than there are processors. An idle thread keeps no process alive. */
export function createValidator(most = availableParallelism()): Validator {
  const waiting: Asked[] = []
  const idle: Worker[] = []
  const all = new Set<Worker>()
  const limit = Math.max(1, Math.min(most, availableParallelism()))

  function start(): Worker {
    const worker = new Worker(new URL('worker.ts', import.meta.url), { resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES } })
    all.add(worker)
    worker.unref()
    return worker
  }

  function next(): void {
    if (waiting.length === 0 || (idle.length === 0 && all.size >= limit)) return
    const worker = idle.pop() ?? start()
    const asked = waiting.shift()
    if (asked !== undefined) judge(worker, asked)
  }

  function judge(worker: Worker, { text, level, answer }: Asked): void {
    worker.ref()
    const giveUp = () => give(stopped('It takes too long to judge. It was given up.'), false)
    let timer = setTimeout(giveUp, LOADING_MILLIS)
    const onAnswer = (said: 'loaded' | Verdict) => {
      if (said !== 'loaded') return give(said, true)
      clearTimeout(timer)
      timer = setTimeout(giveUp, JUDGING_MILLIS)
    }
    const onEnd = () => give(stopped('It takes more memory than there is for one document. It was given up.'), false)
    worker.on('message', onAnswer)
    worker.once('error', onEnd)
    worker.once('exit', onEnd)
    worker.postMessage({ text, level })

    let isGiven = false
    function give(verdict: Verdict, isWell: boolean): void {
      if (isGiven) return
      isGiven = true
      clearTimeout(timer)
      worker.off('message', onAnswer).off('exit', onEnd)
      if (isWell) {
        worker.off('error', onEnd).unref()
        idle.push(worker)
      } else {
        all.delete(worker)
        void worker.terminate()
      }
      answer(verdict)
      next()
    }
  }

  return {
    validate: (text, level) =>
      new Promise(answer => {
        waiting.push({ text, level, answer })
        next()
      }),
    async close() {
      await Promise.all([...all].map(worker => worker.terminate()))
      all.clear()
      idle.length = 0
    },
  }
}

function stopped(message: string): Verdict {
  return unreadable('csaf.given-up', message)
}
