import { readdirSync, readFileSync } from 'node:fs'
import { MAKER_ALIASES } from '../migrations/0008_maker_aliases.ts'
import { createRandom } from '../src/app/sample/random.ts'
import { readProducts } from '../src/codecs/csaf/products.ts'
import { affectedProducts, type AffectedProduct } from '../src/domains/watch/threats/matching/affected.ts'
import { decideVersion, matchProduct, readVersions, type Decision } from '../src/domains/watch/threats/matching/decide.ts'
import { keysToBeFoundBy, keysToLookUnder } from '../src/domains/watch/threats/matching/keys.ts'
import { makerBook, type MakerBook } from '../src/domains/watch/threats/matching/makers.ts'
import { isRecord, lineAt, recordAt } from '../src/kernel/json.ts'
import { sharedData } from '../test/support/shared-data.ts'
import { writeLists, type WrittenLine } from '../test/support/technology-lists.ts'
import type { Bench } from './support/bench.ts'
import { note, printHeading, printTable } from './support/report.ts'

/**
 * Precision and recall of the matching over CISA's medical advisories, none of which carries a CPE: organisations' lists are written the way
 * people write them, from tables that the matching does not know, and each line is asked of every advisory. The makers are split in two halves;
 * the matching was tuned on the first alone, and only the first half's mistakes are shown. Aim: 0.95 and 0.95 on the second.
 */
export const matching: Bench = {
  about: 'who runs what the medical advisories are about: precision and recall over lists written the way people write them',
  async run({ rounds, small, command }) {
    const advisories = readAdvisories()
    const named = advisories.flatMap(({ id, products }) => products.map(product => ({ ...product, advisory: id })))
    const book = makerBook(MAKER_ALIASES.map(([alias, maker]) => ({ alias, maker })))
    const scores = { seen: newScores(), unseen: newScores() }
    const mistakes: string[] = []
    const lists = small ? 1 : (rounds ?? 5)
    for (let seed = 1; seed <= lists; seed += 1)
      for (const [line, advisory, decision] of answers(writeLists(named, createRandom(seed), LINES_EACH), advisories, book)) {
        scores[line.half].lines.add(line)
        const isRight = tally(scores[line.half], line.truth.get(advisory.id), decision?.outcome)
        if (!isRight && line.half === 'seen')
          mistakes.push(
            `${advisory.id} (${line.truth.get(advisory.id) ?? 'no'}) ${line.maker} | ${line.product} | ${line.version}: ${decision?.why ?? 'no'}`,
          )
      }
    for (const mistake of mistakes.slice(0, 10)) note(mistake)
    printHeading(`Who runs it: ${advisories.length} medical advisories, ${named.length} products, ${lists} lists`, command)
    printTable(
      ['half of the makers', 'lines', 'precision, runs', 'recall, runs', 'precision, runs or may', 'recall, runs or may'],
      Object.entries(scores).map(([half, score]) => [half, String(score.lines.size), ...shares(score.runs), ...shares(score.any)]),
    )
  },
}

/** Lines that are written for each product of the advisories. */
const LINES_EACH = 6

interface Advisory {
  readonly id: string
  readonly products: readonly AffectedProduct[]
}

function readAdvisories(): readonly Advisory[] {
  const folder = sharedData('csaf/cisa-medical')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.json'))
    .toSorted()
    .flatMap(file => {
      const document: unknown = JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'))
      const id = lineAt(recordAt(recordAt(document, 'document'), 'tracking'), 'id')
      return isRecord(document) && id !== undefined ? [{ id, products: affectedProducts(readProducts(document, '', () => {})) }] : []
    })
}

/** What comes out of each line and each advisory: found by its keys, as the product finds it. */
function* answers(
  lines: readonly WrittenLine[],
  advisories: readonly Advisory[],
  book: MakerBook,
): Generator<readonly [WrittenLine, Advisory, Decision | undefined]> {
  const index = new Map<string, Set<AffectedProduct>>()
  for (const product of advisories.flatMap(advisory => advisory.products))
    for (const key of keysToLookUnder(product, book)) index.set(key, (index.get(key) ?? new Set()).add(product))
  for (const line of lines) {
    const told = { ...line, identifiers: [] }
    const candidates = new Set(keysToBeFoundBy(told, book).flatMap(key => [...(index.get(key) ?? [])]))
    for (const advisory of advisories) {
      const decisions = advisory.products
        .filter(product => candidates.has(product))
        .flatMap(product => {
          const match = matchProduct(product, told, book, product.versions.length > 0)
          return match === undefined ? [] : [decideVersion(match, readVersions(product.versions), line.version || (match.version ?? ''))]
        })
      yield [line, advisory, decisions.find(one => one.outcome === 'runs') ?? decisions.find(one => one.outcome === 'may-run')]
    }
  }
}

interface Score {
  right: number
  wrong: number
  missed: number
}

function newScores() {
  return { lines: new Set<WrittenLine>(), runs: { right: 0, wrong: 0, missed: 0 }, any: { right: 0, wrong: 0, missed: 0 } }
}

function tally(
  { runs, any }: { readonly runs: Score; readonly any: Score },
  truth: string | undefined,
  outcome: Decision['outcome'] | undefined,
): boolean {
  if (truth === 'either') return true
  count(runs, truth === 'runs', outcome === 'runs')
  count(any, truth !== undefined, outcome !== undefined)
  return truth === outcome
}

function count(score: Score, isTrue: boolean, isFound: boolean): void {
  if (isTrue && isFound) score.right += 1
  else if (isFound) score.wrong += 1
  else if (isTrue) score.missed += 1
}

function shares({ right, wrong, missed }: Score): readonly string[] {
  return [right / (right + wrong), right / (right + missed)].map(share => share.toFixed(3))
}
