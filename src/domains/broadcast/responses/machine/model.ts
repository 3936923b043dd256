import type { Instant } from '../../../../kernel/instant.ts'
import { shorten } from '../../../../kernel/text.ts'
import { defaultNextDate, LONGEST_NOTE, type Answer } from '../model.ts'
import type { CountedAsset } from '../progress/model.ts'
import { VEX_STATUSES, type VexStatement, type VexStatus } from './vex.ts'

/** What a machine's statements come to. */
export interface MachineAnswer {
  readonly answer: Answer
  /** The products named, `MOST_ASSETS` at most, each counted as one: done when it is fixed or not affected. */
  readonly assets: readonly CountedAsset[]
  /** Statements about something else, which were left out. */
  readonly ignored: number
}

/** An organisation stands where the worst of its products stands: an affected one is worked on, one that is looked into is not decided. */
const ANSWER_OF: Readonly<Record<VexStatus, Answer['state']>> = {
  affected: 'in-progress',
  under_investigation: 'assessing',
  fixed: 'done',
  not_affected: 'not-applicable',
}

const LONGEST_LABEL = 300

/**
 * The answer that a document gives to one bulletin: from its statements about the bulletin's own vulnerabilities (`names`: its CVEs and its
 * number), and no others. `null` when there is none.
 */
export function answerFromVex(statements: readonly VexStatement[], names: readonly string[], now: Instant): MachineAnswer | null {
  const known = new Set(names.map(name => name.toUpperCase()))
  const about = statements.filter(({ vulnerabilities }) => vulnerabilities.some(name => known.has(name.toUpperCase())))
  const ours = inForce(about)
  const worst = VEX_STATUSES.find(status => ours.some(statement => statement.status === status))
  if (worst === undefined) return null
  const said = ours.flatMap(({ status, justification, words }) =>
    [justification, words].flatMap(text => (text === null ? [] : [`${status}: ${text}`])),
  )
  const state = ANSWER_OF[worst]
  return {
    answer: {
      state,
      note: said.length === 0 ? null : shorten([...new Set(said)].join('\n'), LONGEST_NOTE),
      reason: null,
      nextDate: state === 'in-progress' ? defaultNextDate(now) : null,
    },
    assets: productsOf(ours),
    ignored: statements.length - about.length,
  }
}

/**
 * What still holds. A document may keep its history: what is said of a product and a vulnerability takes the place of what was said before
 * (OpenVEX 0.2.0, "The VEX Statement"). Of what was said at one time all holds.
 */
function inForce(statements: readonly VexStatement[]): readonly VexStatement[] {
  const keyOf = ({ vulnerabilities: [name = ''] }: VexStatement, product: string) => `${name.toUpperCase()}\n${product}`
  const productsIn = ({ products }: VexStatement) => (products.length === 0 ? [''] : products)
  const newest = new Map<string, number>()
  for (const statement of statements)
    for (const product of productsIn(statement)) {
      const key = keyOf(statement, product)
      newest.set(key, Math.max(newest.get(key) ?? 0, statement.at))
    }
  return statements.flatMap(statement => {
    const standing = productsIn(statement).filter(product => newest.get(keyOf(statement, product)) === statement.at)
    return standing.length === 0 ? [] : [{ ...statement, products: standing.filter(product => product !== '') }]
  })
}

/** A product that is named twice stands where its worst statement says. */
function productsOf(statements: readonly VexStatement[]): readonly CountedAsset[] {
  const worst = new Map<string, VexStatus>()
  for (const status of VEX_STATUSES.toReversed())
    for (const statement of statements) if (statement.status === status) for (const product of statement.products) worst.set(product, status)
  return [...worst].map(([product, status]) => ({
    label: shorten(product, LONGEST_LABEL),
    total: 1,
    done: status === 'fixed' || status === 'not_affected' ? 1 : 0,
  }))
}
