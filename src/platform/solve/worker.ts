import { parentPort } from 'node:worker_threads'
import type { Highs } from 'highs'
import { loadHighs } from './highs.ts'
import { SOLVES, type Answered, type Asked } from './kinds.ts'

// Solving holds up whatever runs beside it, for seconds at times: so it is done in a thread of its own (solve.ts).
parentPort?.on('message', ({ kind, input }: Asked) => {
  void loadHighs()
    // The input belongs to the kind: `Solve.run` sees to that.
    .then((highs): Answered => ({ ok: true, answer: (SOLVES[kind] as (highs: Highs, input: unknown) => unknown)(highs, input) }))
    .catch((error: unknown): Answered => ({ ok: false, detail: error instanceof Error ? (error.stack ?? error.message) : String(error) }))
    .then(answered => parentPort?.postMessage(answered))
})
