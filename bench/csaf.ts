import { globSync, readFileSync } from 'node:fs'
import { parseCsaf } from '../src/codecs/csaf/advisory.ts'
import { scoreCvss } from '../src/codecs/cvss/score.ts'
import { hasSharedData, sharedData } from '../test/support/shared-data.ts'
import { inventedAdvisory } from './support/advisory.ts'
import type { Bench } from './support/bench.ts'
import { byTurns, timed } from './support/measure.ts'
import { describe, note, printHeading, printTable, round, times } from './support/report.ts'
import { pairedRatio, summarise } from './support/stats.ts'

const PRODUCTS = 500

interface Corpus {
  readonly name: string
  readonly texts: readonly string[]
}

/**
 * Advisories in CSAF from text to an item, beside the reference validator in JavaScript, which gives a verdict on the same text, and
 * beside JSON.parse alone. The two do different work: ours reads what an advisory says and lists its faults, and is no validator; theirs
 * runs the schema and every mandatory test of section 6.1. Loading the validator is not in its figures.
 */
export const csaf: Bench = {
  about: 'CSAF advisories read, beside the reference validator in JavaScript and JSON.parse',
  async run({ rounds, small, command }) {
    const { default: validateStrict } = await import('@secvisogram/csaf-validator-lib/validateStrict.js')
    const tests = Object.values(await import('@secvisogram/csaf-validator-lib/basic.js'))
    const isValid = async (text: string) => (await validateStrict(tests, JSON.parse(text))).isValid
    printHeading('Reading CSAF advisories', command)
    const rows: string[][] = []
    for (const { name, texts } of corpora(small ? 1 : 10)) {
      const verdicts = await countWhere(texts, isValid)
      const read = texts.filter(text => itemsIn(text) === 1).length
      note(`${name}: ${read} of ${texts.length} read by ours, ${verdicts} of them valid to the validator`)
      const figures = await byTurns(
        {
          ours: () => timed(async () => texts.forEach(itemsIn)),
          theirs: () => timed(() => countWhere(texts, isValid)),
          parse: () => timed(async () => texts.forEach(text => void JSON.parse(text))),
        },
        rounds ?? (small ? 1 : 5),
        small ? 0 : 1,
      )
      const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0)
      const row = (what: string, taken: readonly number[]) => {
        const summary = summarise(taken)
        const perSecond = 1_000 / summary.median
        return [`${name}: ${what}`, describe(summary), Math.round(texts.length * perSecond).toLocaleString('en-GB'), round((bytes / 1e6) * perSecond)]
      }
      rows.push(
        [...row('ours', figures.ours), times(pairedRatio(figures.ours, figures.theirs)), times(pairedRatio(figures.ours, figures.parse))],
        [...row('the validator', figures.theirs), '', times(pairedRatio(figures.theirs, figures.parse))],
        [...row('JSON.parse', figures.parse), '', ''],
      )
    }
    printTable(['what is done', 'milliseconds', 'documents a second', 'MB a second', 'ours ÷ validator', '÷ JSON.parse'], rows)
  },
}

function corpora(largeOnes: number): readonly Corpus[] {
  const real = hasSharedData
    ? ['cisa-medical', 'cisa-ot'].map(folder => {
        const texts = globSync(sharedData(`csaf/${folder}/*/*.json`))
          .toSorted()
          .map(path => readFileSync(path, 'utf8'))
        return { name: `${folder}, ${texts.length}`, texts }
      })
    : []
  const large = Array.from({ length: largeOnes }, (_, index) => JSON.stringify(inventedAdvisory(index + 1, PRODUCTS)))
  return [...real, { name: `invented, ${large.length} of ${PRODUCTS} products and ${Math.round((large[0]?.length ?? 0) / 1_000)} kB`, texts: large }]
}

/** The number of items, which is one, or none of a document that cannot be read. */
function itemsIn(text: string): number {
  const result = parseCsaf(text, scoreCvss)
  return result.ok ? result.value.items.length : 0
}

async function countWhere(texts: readonly string[], holds: (text: string) => Promise<boolean>): Promise<number> {
  let count = 0
  for (const text of texts) if (await holds(text)) count += 1
  return count
}
