import { globSync, readFileSync } from 'node:fs'
import { readStix, recognisesStix } from '../src/codecs/stix/bundle.ts'
import { listAt } from '../src/kernel/json.ts'
import { hasSharedData, sharedData } from '../test/support/shared-data.ts'
import type { Bench } from './support/bench.ts'
import { byTurns, timed } from './support/measure.ts'
import { describe, note, printHeading, printTable, times } from './support/report.ts'
import { pairedRatio, summarise } from './support/stats.ts'

const LARGE = 'stix/attack/ics-attack-8.2.json'

interface Corpus {
  readonly name: string
  readonly texts: readonly string[]
  readonly objects: number
}

/** STIX bundles from text to items, indicators and what lies next to them. The limit: JSON.parse of the same text and one visit to each value in it. */
export const stix: Bench = {
  about: 'STIX objects a second, beside JSON.parse and a walk over every value',
  async run({ rounds, small, command }) {
    if (!hasSharedData) return note('needs ../shared/data/stix')
    printHeading('Reading STIX', command)
    const passes = small ? 1 : 20
    const rows: string[][] = []
    for (const { name, texts, objects } of corpora()) {
      const repeatedly = (read: (text: string) => unknown) =>
        timed(async () => {
          for (let pass = 0; pass < passes; pass += 1) texts.forEach(read)
        })
      const figures = await byTurns(
        { ours: () => repeatedly(itemsIn), limit: () => repeatedly(text => countValues(JSON.parse(text))) },
        rounds ?? (small ? 1 : 5),
        small ? 0 : 1,
      )
      const items = texts.reduce((sum, text) => sum + itemsIn(text), 0)
      const row = (what: string, taken: readonly number[]) => {
        const summary = summarise(taken.map(millis => millis / passes))
        return [`${name}: ${what}`, describe(summary), Math.round((objects / summary.median) * 1_000).toLocaleString('en-GB')]
      }
      rows.push([...row(`ours, ${items} items`, figures.ours), times(pairedRatio(figures.ours, figures.limit))])
      rows.push([...row('JSON.parse and a walk (the limit)', figures.limit), ''])
    }
    printTable(['what is done', 'milliseconds', 'objects a second', 'ours ÷ limit'], rows)
  },
}

function corpora(): readonly Corpus[] {
  const texts = globSync(sharedData('stix/{attack,attack-flow,coun7er,misp-stix,oasis-examples,opencti,python-stix2,schemas-examples}/*.json'))
    .toSorted()
    .map(path => readFileSync(path, 'utf8'))
    .filter(text => {
      const json: unknown = JSON.parse(text)
      return recognisesStix(json) && readStix(json).ok
    })
  const large = [readFileSync(sharedData(LARGE), 'utf8')]
  const corpus = (name: string, chosen: readonly string[]) => {
    const objects = chosen.reduce((sum, text) => sum + listAt(JSON.parse(text), 'objects').length, 0)
    return { name: `${name}, ${objects.toLocaleString('en-GB')} objects`, texts: chosen, objects }
  }
  return [corpus('ATT&CK for control systems', large), corpus(`${texts.length} reference bundles`, texts)]
}

function itemsIn(text: string): number {
  const result = readStix(JSON.parse(text))
  return result.ok ? result.value.items.length : 0
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce<number>((sum, member) => sum + countValues(member), 1)
}
