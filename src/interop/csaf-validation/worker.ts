import { parentPort } from 'node:worker_threads'
import { validateCsaf } from '../../codecs/csaf-validation/engine.ts'
import type { Level } from '../../codecs/csaf-validation/model.ts'
import { systemClock } from '../../platform/clock/clock.ts'

// Judging holds up whatever runs beside it, and the rules take seconds to load: so it is done in a thread of its own (pool.ts).
parentPort?.on('message', ({ text, level }: { readonly text: string; readonly level: Level }) => {
  void validateCsaf(text, level, systemClock.now(), () => parentPort?.postMessage('loaded')).then(verdict => parentPort?.postMessage(verdict))
})
