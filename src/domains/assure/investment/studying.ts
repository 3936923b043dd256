import type { Platform } from '../../../platform/platform.ts'
import type { KeptAnswer } from './queries.ts'
import type { Study } from './study.ts'

/** What takes longer than the answer: each part by itself, so that one that cannot be made leaves the others. */
export async function studyOf(_platform: Platform, _row: KeptAnswer): Promise<Study> {
  return {
    frontier: null,
    robustness: null,
    explanations: null,
    switches: null,
    sensitivities: null,
    roadMap: null,
    exceedance: null,
    mustDoCost: null,
  }
}
