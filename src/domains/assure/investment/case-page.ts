import type { Instant } from '../../../kernel/instant.ts'
import { digest } from '../../../platform/audit/record.ts'
import type { Reader } from '../../../platform/work/read.ts'
import { canonicalInputs } from '../../../solvers/investment/canonical.ts'
import type { InvestmentProblem } from '../../../solvers/investment/model.ts'
import type { Catalogue, SizeBand } from '../catalogue/model.ts'
import { catalogueAt, versionsInUse } from '../catalogue/queries.ts'
import type { Visible } from '../tables.ts'
import type { CaseAnswer } from './answer.ts'
import type { CaseSettings, InvestmentCase, OwnEntry, Override } from './model.ts'
import { problemOf } from './problem.ts'
import { caseById, newestAnswer, newestDecision, newestReviews, overridesOf, ownEntriesOf, type Decision, type ReviewedOutcomes } from './queries.ts'
import { resolveCase, type ResolvedCase } from './resolve.ts'
import type { Study } from './study.ts'
import { suggestedInPlace } from './suggest.ts'

type Asks = Pick<Reader<Visible>, 'selectFrom'>

/** All that a case goes by. */
export interface CaseInputs {
  readonly found: InvestmentCase
  readonly catalogue: Catalogue
  readonly overrides: readonly Override[]
  readonly own: readonly OwnEntry[]
}

/** An answer that was kept, and whether it answers what is asked today. */
interface KeptCaseAnswer {
  readonly id: string
  readonly answer: CaseAnswer
  readonly study: Study | null
  readonly problem: InvestmentProblem
  readonly hasCertificate: boolean
  readonly isOutOfDate: boolean
  readonly at: Instant
}

export interface CasePage {
  readonly inputs: CaseInputs
  readonly resolved: ResolvedCase
  readonly kept: KeptCaseAnswer | null
  readonly decision: Decision | null
  readonly reviews: readonly ReviewedOutcomes[]
  readonly suggested: readonly string[]
  /** Entries of the catalogue that have a newer version than the case goes by, or are new. */
  readonly newer: number
}

export async function caseInputs(db: Asks, id: string): Promise<CaseInputs> {
  const found = await caseById(db, id)
  return { found, catalogue: await catalogueAt(db, found.versions), overrides: await overridesOf(db, id), own: await ownEntriesOf(db, id) }
}

/** The case's figures in the organisation's own terms; `settings` where somebody tries others. */
export function resolved({ found, catalogue, overrides, own }: CaseInputs, settings: CaseSettings = found.settings): ResolvedCase {
  return resolveCase(catalogue, bandOf(catalogue, settings), overrides, own)
}

function bandOf({ size }: Catalogue, settings: Pick<CaseSettings, 'size'>): SizeBand {
  const band = size.content.sizes.find(({ code }) => code === settings.size) ?? size.content.sizes[0]
  if (band === undefined) throw new TypeError('The rule of sizes names no size.')
  return band
}

/** What the solver is asked, with the hash by which its answer is known. */
export function askedOf(
  inputs: CaseInputs,
  tried: { readonly settings: CaseSettings; readonly inPlace: readonly string[] } = inputs.found,
): { readonly problem: InvestmentProblem; readonly hash: string; readonly mustDos: ReadonlySet<string> } {
  const case_ = resolved(inputs, tried.settings)
  const problem = problemOf(case_, tried.settings, tried.inPlace)
  const mustDos = new Set(case_.improvements.filter(({ content }) => content.mustDo !== null).map(({ code }) => code))
  return { problem, hash: hashOf(problem), mustDos }
}

export function hashOf(problem: InvestmentProblem): string {
  return digest(canonicalInputs(problem))
}

/** All of a case's page. */
export async function casePage(db: Asks, id: string): Promise<CasePage> {
  const inputs = await caseInputs(db, id)
  const { found, catalogue } = inputs
  const [row, decision, reviews, inUse] = [
    await newestAnswer(db, id),
    await newestDecision(db, id),
    await newestReviews(db, found.organisationId),
    await versionsInUse(db),
  ]
  const asked = askedOf(inputs)
  const newer = (['improvement', 'scenario', 'rule'] as const).reduce(
    (sum, kind) => sum + Object.entries(inUse[kind] ?? {}).filter(([code, version]) => found.versions[kind]?.[code] !== version).length,
    0,
  )
  return {
    inputs,
    resolved: resolved(inputs),
    // Only `keepAnswer` and `keepStudy` write these columns, in these shapes.
    kept:
      row === null
        ? null
        : {
            id: row.id,
            answer: row.answer as CaseAnswer,
            study: row.study as Study | null,
            problem: row.problem as InvestmentProblem,
            hasCertificate: row.hasCertificate,
            isOutOfDate: row.inputsHash !== asked.hash,
            at: row.at,
          },
    decision,
    reviews,
    suggested: suggestedInPlace(catalogue.improvements, reviews).filter(code => !found.inPlace.includes(code)),
    newer,
  }
}
