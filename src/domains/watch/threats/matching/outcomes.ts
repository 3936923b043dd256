import { createHash } from 'node:crypto'
import { decideVersion, type AffectedVersions, type Decision } from './decide.ts'
import type { NameMatch } from './names.ts'

/** A product of a threat that a product of the directory is, or may be. */
export interface Pairing {
  readonly productId: number
  /** What the threat's sources say of its versions. */
  readonly versions: AffectedVersions
  readonly match: NameMatch
}

/** What an analyst said of the two. */
export interface Verdict {
  readonly isSame: boolean
  readonly reason: string
}

export interface Outcome extends Decision {
  readonly productId: number
  /** The version told, empty for none; `null` for whatever version. */
  readonly version: string | null
}

/** The match, as the analyst corrected it; `undefined` when they said that it is another product. */
export function corrected(match: NameMatch | undefined, verdict: Verdict | undefined): NameMatch | undefined {
  if (verdict === undefined) return match
  if (!verdict.isSame) return undefined
  return { outcome: 'runs', why: `An analyst said that it is the same: ${verdict.reason}`, version: match?.version ?? null }
}

/**
 * What a threat means for those who run one product: one outcome for all versions when no source narrows them down, otherwise one for
 * each version told. A source that names the product without versions says nothing against one that gives them.
 */
export function outcomesOf(productId: number, pairings: readonly Pairing[], toldVersions: readonly string[]): readonly Outcome[] {
  const isNarrowed = pairings.some(({ match, versions }) => match.outcome === 'runs' && versions.isNarrow)
  const weighed = isNarrowed ? pairings.filter(({ versions }) => versions.isNarrow) : pairings
  const versions = weighed.some(({ versions }) => versions.isNarrow) ? [...new Set(toldVersions)] : [null]
  return versions.flatMap(version => {
    const decisions = weighed.map(({ match, versions }) =>
      version === null ? match : decideVersion(match, versions, version || (match.version ?? '')),
    )
    const decision = strongest(decisions)
    return decision === undefined ? [] : [{ productId, version, outcome: decision.outcome, why: decision.why }]
  })
}

function strongest(decisions: readonly Decision[]): Decision | undefined {
  return decisions.find(one => one.outcome === 'runs') ?? decisions.find(one => one.outcome === 'may-run') ?? decisions[0]
}

/** The same for the same outcomes, in whatever order. */
export function fingerprintOf(outcomes: readonly Outcome[]): string {
  const lines = outcomes.map(({ productId, version, outcome, why }) => JSON.stringify([productId, version, outcome, why])).toSorted()
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 32)
}
