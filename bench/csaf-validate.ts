import { globSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import type { Verdict } from '../src/codecs/csaf-validation/model.ts'
import { createValidator } from '../src/interop/csaf-validation/pool.ts'
import { hasSharedData, sharedData } from '../test/support/shared-data.ts'
import { inventedAdvisory } from './support/advisory.ts'
import type { Bench } from './support/bench.ts'
import { byTurns, timed } from './support/measure.ts'
import { describe, note, printHeading, printTable, times } from './support/report.ts'
import { pairedRatio, summarise } from './support/stats.ts'

/**
 * CSAF documents judged, from text to verdict, in the threads of the feature, beside the reference validator's "basic" in one thread: the schema and every mandatory
 * test of section 6.1, the same for both; and ours with the optional and informative tests too. Both are warm: loading the rules is in neither.
 */
export const csafValidate: Bench = {
  about: 'CSAF documents judged by the validator page and command, beside the reference validator',
  async run({ rounds, small, command }) {
    const { default: validateStrict } = await import('@secvisogram/csaf-validator-lib/validateStrict.js')
    const basic = Object.values(await import('@secvisogram/csaf-validator-lib/basic.js'))
    printHeading('Judging CSAF documents', command)
    const texts = corpus(small)
    const threads = availableParallelism()
    const [alone, together] = [createValidator(1), createValidator(threads)]
    const ours = async (validator: typeof alone, level: 'mandatory' | 'informative'): Promise<readonly Verdict[]> =>
      Promise.all(texts.map(text => validator.validate(text, level)))
    const theirs = async () => {
      const verdicts: boolean[] = []
      for (const text of texts) verdicts.push((await validateStrict(basic, JSON.parse(text))).isValid)
      return verdicts
    }
    try {
      const [mine, others] = [(await ours(together, 'mandatory')).map(({ isValid }) => isValid), await theirs()]
      const agreed = mine.filter((isValid, at) => isValid === others[at]).length
      note(`${texts.length} documents, ${mine.filter(Boolean).length} valid; the same verdict on ${agreed}; ${threads} threads`)
      const figures = await byTurns(
        {
          theirs: () => timed(theirs),
          alone: () => timed(() => ours(alone, 'mandatory')),
          together: () => timed(() => ours(together, 'mandatory')),
          full: () => timed(() => ours(together, 'informative')),
        },
        rounds ?? (small ? 1 : 5),
        1,
      )
      const row = (what: string, taken: readonly number[]) => {
        const summary = summarise(taken)
        const perSecond = Math.round((texts.length * 1_000) / summary.median).toLocaleString('en-GB')
        return [what, describe(summary), perSecond, taken === figures.theirs ? '' : times(pairedRatio(taken, figures.theirs))]
      }
      printTable(
        ['what is done', 'milliseconds', 'documents a second', 'ours ÷ validator'],
        [
          row('the validator, basic', figures.theirs),
          row('ours, the same rules, one thread', figures.alone),
          row(`ours, the same rules, ${threads} threads`, figures.together),
          row(`ours, every rule, ${threads} threads`, figures.full),
        ],
      )
    } finally {
      await Promise.all([alone.close(), together.close()])
    }
  },
}

function corpus(small: boolean): readonly string[] {
  const real = hasSharedData ? globSync(sharedData('csaf/cisa-*/*/*.json')).toSorted() : []
  const texts = real.map(path => readFileSync(path, 'utf8'))
  const all = texts.length > 0 ? texts : Array.from({ length: 100 }, (_, at) => JSON.stringify(inventedAdvisory(at + 1, 40)))
  return small ? all.slice(0, 20) : all
}
