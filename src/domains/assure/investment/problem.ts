import type { Effect, InvestmentProblem, LossChannel as Loss, Scenario as Scenarios } from '../../../solvers/investment/model.ts'
import { ALL_CHANNELS, CARE_CHANNEL } from '../../../solvers/investment/model.ts'
import { LOSS_CHANNELS, SOFTENED, type EffectOn, type Figure, type Improvement, type LossChannel } from '../catalogue/model.ts'
import type { CaseSettings, OwnScenario } from './model.ts'
import type { Resolved, ResolvedCase } from './resolve.ts'

const PENCE = 100
const NONE = { low: 0, likely: 0, high: 0 }

/**
 * The case as the solver reads it, in pounds. What is in place is there for nothing and stays, unless a better level of the same thing replaces it; so its effect counts
 * in what is lost today, and once.
 */
export function problemOf(resolved: ResolvedCase, settings: CaseSettings, inPlace: readonly string[]): InvestmentProblem {
  const codes = new Set(resolved.improvements.map(({ code }) => code))
  const kinds = new Set(resolved.overlaps.map(({ code }) => code))
  const isInPlace = new Set(inPlace.filter(code => codes.has(code)))
  const improvements = resolved.improvements.map(({ code, name, content }) => {
    const owned = isInPlace.has(code)
    return {
      id: code,
      name,
      capital: owned ? 0 : content.capital.likely / PENCE,
      yearly: owned ? 0 : content.yearly.likely / PENCE,
      peopleDays: owned ? 0 : content.days.likely,
      life: content.years,
      deliveryMonths: content.months,
      fundingType: content.funding,
      // What does not suit the organisation's size cannot be asked of it first.
      prerequisites: owned ? [] : content.needs.filter(need => codes.has(need)),
      exclusiveGroup: content.oneOf,
      mustDo: owned ? null : content.mustDo,
      // One's own stands beside the rest as a layer of its own.
      overlapGroup: kinds.has(content.group) ? content.group : null,
    }
  })
  const kept = resolved.improvements.filter(({ code, content }) => isInPlace.has(code) && content.oneOf === null).map(({ code }) => code)
  return {
    improvements,
    scenarios: resolved.scenarios.map(scenario => scenarioOf(scenario, resolved, isInPlace)),
    effects: resolved.improvements.flatMap(({ code, content }) => effectsOf(code, content, resolved.scenarios)),
    overlapGroups: resolved.overlaps.map(({ code, label, overlap }) => ({ id: code, name: label, rho: overlap })),
    dayRate: settings.dayRate / PENCE,
    limits: {
      annualCost: null,
      capital: settings.capital / PENCE,
      revenue: settings.revenue / PENCE,
      peopleDays: settings.peopleDays,
      appetite: null,
      lostCare: null,
      required: [...kept, ...settings.required.filter(code => codes.has(code) && !isInPlace.has(code))],
      excluded: settings.excluded.filter(code => codes.has(code) && !isInPlace.has(code)),
      targets: [],
    },
  }
}

function scenarioOf(
  { code, name, content, version, overridden }: Resolved<OwnScenario>,
  resolved: ResolvedCase,
  inPlace: ReadonlySet<string>,
): Scenarios {
  const source = content.like ?? code
  const isToday = (field: string) => version === null || overridden.has(field)
  const stopped = Math.exp(exposureOf(source, null, resolved, inPlace))
  const frequencyFactor = isToday('frequency') ? stopped : 1
  const lossFactor = (channel: LossChannel | 'care') => {
    const field = channel === 'care' ? 'clinicDays' : `losses.${channel}`
    return isToday(field) ? Math.exp(exposureOf(source, channel, resolved, inPlace)) / stopped : 1
  }
  const losses = LOSS_CHANNELS.flatMap((channel): readonly Loss[] => {
    const figure = content.losses[channel]
    return figure === undefined ? [] : [{ id: channel, size: sizeOf(figure, lossFactor(channel) / PENCE) }]
  })
  const { low, likely, high } = content.frequency
  return {
    id: code,
    name,
    frequency: { low: low * frequencyFactor, likely: likely * frequencyFactor, high: high * frequencyFactor },
    losses,
    lostCare: content.clinicDays.likely > 0 ? sizeOf(content.clinicDays, lossFactor('care')) : null,
  }
}

function sizeOf({ low, likely, high }: Figure, factor: number) {
  return { low: low * factor, mean: likely * factor, high: high * factor }
}

function effectsOf(code: string, content: Improvement, scenarios: readonly Resolved<OwnScenario>[]): readonly Effect[] {
  return scenarios.flatMap(scenario =>
    content.effects.filter(({ on }) => on === (scenario.content.like ?? scenario.code)).flatMap(effect => effectsOn(code, scenario, effect)),
  )
}

/** An effect on each channel through which the scenario loses anything. */
function effectsOn(code: string, scenario: Resolved<OwnScenario>, { prevents, softens }: EffectOn): readonly Effect[] {
  const { losses, clinicDays } = scenario.content
  const isThere = (channel: string) => (channel === CARE_CHANNEL ? clinicDays.likely > 0 : Object.hasOwn(losses, channel))
  const eased = SOFTENED.flatMap((channel): readonly Effect[] => {
    const figure = softens[channel]
    if (figure === undefined) return []
    // Care that is saved saves the pounds that go with it.
    const channels = channel === 'care' ? [CARE_CHANNEL, 'output'] : [channel]
    return channels
      .filter(isThere)
      .map(one => ({ improvement: code, scenario: scenario.code, channel: one, prevention: NONE, mitigation: range(figure) }))
  })
  if (prevents === null) return eased
  return [{ improvement: code, scenario: scenario.code, channel: ALL_CHANNELS, prevention: range(prevents), mitigation: NONE }, ...eased]
}

function range({ low, likely, high }: Figure) {
  return { low, likely, high }
}

/** u of what is in place, on how often (`null`) or on one channel, how often included: as the solver's model has it. */
function exposureOf(scenario: string, channel: LossChannel | 'care' | null, resolved: ResolvedCase, inPlace: ReadonlySet<string>): number {
  const groups = new Map<string, number[]>()
  for (const { code, content } of resolved.improvements) {
    if (!inPlace.has(code)) continue
    const effect = content.effects.find(({ on }) => on === scenario)
    const softened = channel === null ? undefined : effect?.softens[channel === 'output' ? 'care' : channel]
    const strength = logOf(effect?.prevents ?? null) + logOf(softened ?? null)
    if (strength > 0) groups.set(content.group, [...(groups.get(content.group) ?? []), strength])
  }
  const overlaps = new Map(resolved.overlaps.map(({ code, overlap }) => [code, overlap]))
  return [...groups].reduce((sum, [group, strengths]) => {
    const overlap = strengths.length > 1 ? (overlaps.get(group) ?? 0) : 0
    return sum + overlap * Math.max(...strengths) + (1 - overlap) * strengths.reduce((all, one) => all + one, 0)
  }, 0)
}

const MOST_EFFECT = 0.95

function logOf(figure: Figure | null): number {
  if (figure === null) return 0
  return -Math.log1p(-Math.min(MOST_EFFECT, (figure.low + 4 * figure.likely + figure.high) / 6))
}
