import type { Catalogue, Figure, Improvement, Scenario, SizeBand } from '../catalogue/model.ts'
import { figuresOfImprovement, figuresOfScenario, improvementWith, scenarioWith, type NamedFigure } from '../figures.ts'
import type { OwnEntry, OwnScenario, Override } from './model.ts'

/** What a case goes by: the catalogue made to the organisation's size, with what it says otherwise, and what it added. */

export interface Resolved<C> {
  readonly code: string
  readonly name: string
  /** The version of the catalogue; `null` for the organisation's own. */
  readonly version: number | null
  readonly content: C
  /** What the catalogue says, at the organisation's size, of the figures that the organisation says otherwise. */
  readonly overridden: ReadonlyMap<string, { readonly catalogue: Figure; readonly override: Override }>
}

export interface ResolvedCase {
  readonly improvements: readonly Resolved<Improvement>[]
  readonly scenarios: readonly Resolved<OwnScenario>[]
  readonly overlaps: readonly { readonly code: string; readonly label: string; readonly overlap: number }[]
}

/** The case's improvements and scenarios in the organisation's own terms. Improvements that do not suit its size are left out. */
export function resolveCase(catalogue: Catalogue, band: SizeBand, overrides: readonly Override[], own: readonly OwnEntry[]): ResolvedCase {
  const improvements = catalogue.improvements
    .filter(({ content }) => content.sizes.includes(band.code))
    .map(entry => {
      const sized = sizedImprovement(entry.content, band)
      const figures = figuresOfImprovement(sized, code => code)
      return { ...entry, ...overriddenBy(sized, figures, of(overrides, 'improvement', entry.code), improvementWith) }
    })
  const scenarios = catalogue.scenarios.map(entry => {
    const sized = sizedScenario(entry.content, band)
    const changed = overriddenBy(sized, figuresOfScenario(sized), of(overrides, 'scenario', entry.code), scenarioWith)
    return { ...entry, ...changed, content: { ...changed.content, like: null } }
  })
  const ownImprovements = own.flatMap(entry =>
    entry.kind === 'improvement' ? [{ code: entry.code, name: entry.name, version: null, content: entry.content, overridden: new Map() }] : [],
  )
  const ownScenarios = own.flatMap(entry =>
    entry.kind === 'scenario' ? [{ code: entry.code, name: entry.name, version: null, content: entry.content, overridden: new Map() }] : [],
  )
  return {
    improvements: [...improvements, ...ownImprovements],
    scenarios: [...scenarios, ...ownScenarios],
    overlaps: catalogue.overlap.content.groups,
  }
}

function of(overrides: readonly Override[], kind: Override['kind'], code: string): readonly Override[] {
  return overrides.filter(override => override.kind === kind && override.code === code)
}

function overriddenBy<C>(
  content: C,
  figures: readonly NamedFigure[],
  overrides: readonly Override[],
  change: (content: C, field: string, figure: Figure) => C,
): Pick<Resolved<C>, 'content' | 'overridden'> {
  const overridden = new Map<string, { catalogue: Figure; override: Override }>()
  let result = content
  for (const override of overrides) {
    const catalogue = figures.find(({ field }) => field === override.field)?.figure
    if (catalogue === undefined) continue
    overridden.set(override.field, { catalogue, override })
    result = change(result, override.field, override.figure)
  }
  return { content: result, overridden }
}

function sizedImprovement(content: Improvement, band: SizeBand): Improvement {
  return { ...content, capital: pence(content.capital, band.cost), yearly: pence(content.yearly, band.cost), days: times(content.days, band.days) }
}

function sizedScenario(content: Scenario, band: SizeBand): Scenario {
  const losses = Object.fromEntries(Object.entries(content.losses).map(([channel, figure]) => [channel, pence(figure, band.loss)]))
  return { ...content, frequency: times(content.frequency, band.frequency), losses, clinicDays: times(content.clinicDays, band.care) }
}

function times(figure: Figure, factor: number): Figure {
  // Three figures are more than any of them deserves, and keep what is typed and what is shown the same.
  const scaled = (value: number) => Number((value * factor).toPrecision(3))
  return { ...figure, low: scaled(figure.low), likely: scaled(figure.likely), high: scaled(figure.high) }
}

/** Money stays whole pence. */
function pence(figure: Figure, factor: number): Figure {
  const scaled = times(figure, factor)
  return { ...scaled, low: Math.round(scaled.low), likely: Math.round(scaled.likely), high: Math.round(scaled.high) }
}
