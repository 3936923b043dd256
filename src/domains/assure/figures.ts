import type { EffectOn, Figure, Improvement, LossChannel, Scenario, Softened } from './catalogue/model.ts'
import { LOSS_CHANNELS, SOFTENED } from './catalogue/model.ts'

/** The figures of an entry by name, so that one of them can be shown, changed or said otherwise without the rest. */

export type Unit = 'money' | 'money-a-year' | 'money-an-event' | 'days' | 'share' | 'events-a-year' | 'clinic-days'

export interface NamedFigure {
  /** Such as `capital` or `effects.ransomware.prevents`. */
  readonly field: string
  readonly label: string
  readonly unit: Unit
  readonly figure: Figure
}

const CHANNEL_WORDS: Readonly<Record<LossChannel | Softened, string>> = {
  output: 'care that could not be given, as money',
  care: 'care that is lost',
  recovery: 'getting back to work',
  'third-party': 'what others lose',
  legal: 'lawyers, letters and fines',
  other: 'everything else',
}

/** The figures of an improvement, in the order in which they are read. `nameOf` gives a scenario's name. */
export function figuresOfImprovement(improvement: Improvement, nameOf: (scenario: string) => string): readonly NamedFigure[] {
  return [
    { field: 'capital', label: 'Cost, once', unit: 'money', figure: improvement.capital },
    { field: 'yearly', label: 'Cost, each year', unit: 'money-a-year', figure: improvement.yearly },
    { field: 'days', label: 'Days of your own people', unit: 'days', figure: improvement.days },
    ...improvement.effects.flatMap(effect => figuresOfEffect(effect, nameOf(effect.on))),
  ]
}

function figuresOfEffect({ on, prevents, softens }: EffectOn, scenario: string): readonly NamedFigure[] {
  const stops: readonly NamedFigure[] =
    prevents === null ? [] : [{ field: `effects.${on}.prevents`, label: `${scenario}: how many it stops`, unit: 'share', figure: prevents }]
  const eases = SOFTENED.flatMap((channel): readonly NamedFigure[] => {
    const figure = softens[channel]
    return figure === undefined
      ? []
      : [{ field: `effects.${on}.softens.${channel}`, label: `${scenario}: how much it saves of ${CHANNEL_WORDS[channel]}`, unit: 'share', figure }]
  })
  return [...stops, ...eases]
}

export function figuresOfScenario(scenario: Scenario): readonly NamedFigure[] {
  return [
    { field: 'frequency', label: 'How often', unit: 'events-a-year', figure: scenario.frequency },
    ...LOSS_CHANNELS.flatMap((channel): readonly NamedFigure[] => {
      const figure = scenario.losses[channel]
      return figure === undefined
        ? []
        : [{ field: `losses.${channel}`, label: `Cost of one: ${CHANNEL_WORDS[channel]}`, unit: 'money-an-event', figure }]
    }),
    { field: 'clinicDays', label: 'Care lost in one', unit: 'clinic-days', figure: scenario.clinicDays },
  ]
}

/** The improvement with another figure of that name. Gives the same where it has none of that name. */
export function improvementWith(improvement: Improvement, field: string, figure: Figure): Improvement {
  if (field === 'capital' || field === 'yearly' || field === 'days') return { ...improvement, [field]: figure }
  const [, on, kind, channel] = field.split('.')
  const isSoftened = (name: string | undefined): name is Softened => SOFTENED.some(known => known === name)
  const effects = improvement.effects.map(effect => {
    if (effect.on !== on) return effect
    if (kind === 'prevents') return { ...effect, prevents: figure }
    return isSoftened(channel) ? { ...effect, softens: { ...effect.softens, [channel]: figure } } : effect
  })
  return { ...improvement, effects }
}

export function scenarioWith(scenario: Scenario, field: string, figure: Figure): Scenario {
  if (field === 'frequency' || field === 'clinicDays') return { ...scenario, [field]: figure }
  const channel = LOSS_CHANNELS.find(known => field === `losses.${known}`)
  return channel === undefined ? scenario : { ...scenario, losses: { ...scenario.losses, [channel]: figure } }
}
