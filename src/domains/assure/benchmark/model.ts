import { createHash } from 'node:crypto'
import { z } from 'zod'
import { NotFound } from '../../../kernel/errors.ts'
import type { Instant } from '../../../kernel/instant.ts'
import type { Level, Outcome } from '../frameworks/model.ts'
import type { CohortKind } from '../tables/benchmark.ts'

/**
 * How organisations of a kind stand, without telling how any of them does.
 *
 * 1. An organisation contributes by its own choice: one review for each framework and year, codes of outcomes and levels and no word more. It gets a receipt of
 *    exactly what it sent, and can take it back: the next freeze is without it, and what it sent is erased at once.
 * 2. No person at the centre reads a contribution (row-level security, migration 0041). The freeze runs as the system and writes nothing but figures that everybody
 *    may see, and its own ledger.
 * 3. Cohorts are fixed: policy, with dates. Nobody asks for another.
 * 4. What is released is decided by solvers/disclosure, over all releases of the framework and year. A figure that was released is never changed.
 *    Two years, or two frameworks that ask the same, are not set against each other: who contributes is told so before.
 * 5. An organisation's own place is worked out from the published table and its own review, in its own scope.
 */
export const FREEZE = { name: 'assure.benchmark-freeze', payload: z.object({ freezeId: z.string() }) }

export const BENCHMARK_PAGE = '/benchmark'
export const UNANSWERED = 'unanswered'

export interface BenchmarkPolicy {
  readonly minimum: number
  readonly alike: number
  readonly rounding: number
  readonly source: string
}

export interface SizeBand {
  readonly code: string
  readonly name: string
  readonly least: number
  readonly most: number | null
}

/** The band of a size; `null` for a size that is not known or lies in none. */
export function bandOf(size: number | null, bands: readonly SizeBand[]): string | null {
  return size === null ? null : (bands.find(({ least, most }) => size >= least && (most === null || size <= most))?.code ?? null)
}

export interface CohortPlace {
  readonly code: string
  readonly parent: string | null
  readonly kind: CohortKind
  readonly type: string | null
  readonly band: string | null
  readonly name: string
}

/** The cohorts of a freeze, parents before their children, whether anybody is in them or not. */
export function cohortsOf(
  kinds: readonly CohortKind[],
  types: readonly { readonly code: string; readonly plural: string }[],
  bands: readonly SizeBand[],
): readonly CohortPlace[] {
  const has = (kind: CohortKind) => kinds.includes(kind)
  const all: readonly CohortPlace[] = has('all')
    ? [{ code: 'all', parent: null, kind: 'all', type: null, band: null, name: 'All organisations' }]
    : []
  const parentOf = (kind: CohortKind, code: string) => (has(kind) ? code : null)
  return [
    ...all,
    ...types.flatMap(type => [
      ...(has('type')
        ? [
            {
              code: typeCohort(type.code),
              parent: parentOf('all', 'all'),
              kind: 'type' as const,
              type: type.code,
              band: null,
              name: capital(type.plural),
            },
          ]
        : []),
      ...(has('type-size') ? bands : []).map(band => ({
        code: typeCohort(type.code, band.code),
        parent: has('type') ? typeCohort(type.code) : parentOf('all', 'all'),
        kind: 'type-size' as const,
        type: type.code,
        band: band.code,
        name: `${capital(type.plural)}, ${band.name}`,
      })),
    ]),
  ]
}

/** The cohorts that an organisation is counted in. */
export function cohortCodes(kinds: readonly CohortKind[], type: string, band: string | null): readonly string[] {
  return [
    ...(kinds.includes('all') ? ['all'] : []),
    ...(kinds.includes('type') ? [typeCohort(type)] : []),
    ...(kinds.includes('type-size') && band !== null ? [typeCohort(type, band)] : []),
  ]
}

function typeCohort(type: string, band: string | null = null): string {
  return band === null ? type : `${type}/${band}`
}

function capital(words: string): string {
  return words.slice(0, 1).toUpperCase() + words.slice(1)
}

/** Exactly what is sent, word for word. */
export interface Sent {
  readonly contribution: string
  readonly framework: string
  readonly version: string
  readonly period: string
  readonly view: 'self' | 'agreed'
  readonly organisationType: string
  readonly sizeBand: string | null
  /** Code of outcome → code of level, or `unanswered`. */
  readonly outcomes: Readonly<Record<string, string>>
}

/** What the organisation keeps to prove what it sent: SHA-256 of the JSON, in hexadecimal. */
export function receiptOf(sent: Sent): string {
  return createHash('sha256').update(JSON.stringify(sent)).digest('hex')
}

/** One character for each outcome in the framework's order: the place of its level, or a hyphen. */
export function packLevels(outcomes: readonly Pick<Outcome, 'code'>[], levels: readonly Level[], statuses: ReadonlyMap<string, string>): string {
  return outcomes
    .map(({ code }) => {
      const place = levels.findIndex(level => level.code === statuses.get(code))
      return place === -1 ? '-' : String(place)
    })
    .join('')
}

/** What `packLevels` wrote, by code. */
export function unpackLevels(packed: string, outcomes: readonly Pick<Outcome, 'code'>[], levels: readonly Level[]): Readonly<Record<string, string>> {
  return Object.fromEntries(outcomes.map(({ code }, at) => [code, levels[Number(packed[at] === '-' ? Number.NaN : packed[at])]?.code ?? UNANSWERED]))
}

export interface Objective {
  readonly code: string
  readonly title: string
  readonly outcomes: readonly string[]
}

/** The topmost groups of a framework, each with its outcomes. Outcomes without a group make none. */
export function objectivesOf(
  nodes: readonly { readonly code: string; readonly kind: 'group' | 'outcome'; readonly parentCode: string | null; readonly title: string }[],
): readonly Objective[] {
  const byCode = new Map(nodes.map(node => [node.code, node]))
  // A framework that says of two groups that each holds the other has no top: whoever comes by again stops.
  const top = (code: string, below: readonly string[] = []): string => {
    const parent = byCode.get(code)?.parentCode ?? null
    return parent === null || !byCode.has(parent) || below.includes(parent) ? code : top(parent, [...below, code])
  }
  const outcomes = Map.groupBy(
    nodes.filter(({ kind }) => kind === 'outcome'),
    ({ code }) => top(code),
  )
  return nodes
    .filter(({ kind, code }) => kind === 'group' && outcomes.has(code))
    .map(({ code, title }) => ({ code, title, outcomes: (outcomes.get(code) ?? []).map(outcome => outcome.code) }))
}

/** Why nothing of a cohort is shown, without telling how many there are. */
export const HELD_WORDS: Readonly<Record<'few' | 'changed' | 'alike', string>> = {
  few: 'Not enough contributors yet',
  changed: 'Held until the next year: too few came or went since the last release, and the difference would tell of them',
  alike: 'Held: too many figures would give an answer away',
}

/** Why one figure of a cohort that is shown is not. One sentence for every reason, so that it tells none. */
export const HELD_FIGURE = 'Held back, so that nobody’s answer can be worked out'

export interface Freeze {
  readonly id: string
  readonly frameworkId: string
  readonly frameworkCode: string
  readonly frameworkVersion: string
  readonly frameworkName: string
  readonly period: string
  readonly number: number
  readonly state: 'asked' | 'frozen'
  readonly askedAt: Instant
  readonly askedBy: string
  readonly frozenAt: Instant | null
  readonly policy: BenchmarkPolicy | null
}

export interface FrozenCohort {
  readonly code: string
  readonly parent: string | null
  readonly kind: CohortKind
  readonly type: string | null
  readonly band: string | null
  readonly name: string
  readonly state: 'released' | 'held'
  readonly reason: 'few' | 'changed' | 'alike' | null
  readonly contributors: number | null
}

export interface Figure {
  readonly cohort: string
  readonly kind: 'outcome' | 'objective'
  readonly code: string
  readonly isShown: boolean
  /** Level → rounded count. Of an outcome that is shown. */
  readonly counts: Readonly<Record<string, number>> | null
  /** The lower quartile, the middle, the upper quartile: levels of an outcome, percents of an objective. */
  readonly quartiles: readonly (string | number)[] | null
  readonly outcomes: readonly string[]
}

/** The share of one level among those who answered, from rounded counts; `null` where nothing is shown. */
export function shareOf(counts: Readonly<Record<string, number>> | null, level: string): number | null {
  if (counts === null) return null
  const total = Object.entries(counts).reduce((sum, [code, count]) => (code === UNANSWERED ? sum : sum + count), 0)
  return total === 0 ? null : (counts[level] ?? 0) / total
}

export function noSuchFreeze(): NotFound {
  return new NotFound('assure.benchmark.unknown', 'There is no such release of the benchmark. Look at the list of releases.')
}
