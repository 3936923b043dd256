import { benefitBars } from '../../../charts/benefit-bars.ts'
import { NOT_KNOWN } from '../../../charts/chart.ts'
import { exceedanceChart } from '../../../charts/exceedance.ts'
import { frontierChart } from '../../../charts/frontier.ts'
import type { Cell, TableModel } from '../../../ui/models.ts'
import { aboutPounds, pounds, twoFigures } from '../money.ts'
import type { CaseAnswer, ItemAnswer } from './answer.ts'
import type { ResolvedCase } from './resolve.ts'
import type { LossCurve, Study } from './study.ts'

/** An answer as a board reads it: two significant figures, the exact one in the title. */

type Solved = Extract<CaseAnswer, { kind: 'solved' }>

export interface About {
  readonly about: string
  readonly exact: string
}

/** An amount of the solver's, in pounds. */
function aboutMoney(amount: number): About {
  const pence = Math.round(amount * 100)
  return { about: aboutPounds(pence), exact: pounds(pence) }
}

function aboutCare(days: number): About {
  return { about: twoFigures(days).toLocaleString('en-GB'), exact: `${days.toFixed(2)} clinic-days` }
}

/** What stands in the place of a part of the study that is not there: it may still come, it was cut, or it is of what was only tried. */
export type Missing = 'Still working' | 'Not known' | 'After you solve'

export interface AnswerParts {
  readonly answer: CaseAnswer
  readonly study: Study | null
  readonly case: ResolvedCase
  readonly missing: Missing
}

export function answerModel({ answer, study, case: case_, missing }: AnswerParts) {
  if (answer.kind === 'impossible') return { kind: 'impossible' as const, conflict: answer.conflict.map(({ message }) => message) }
  if (answer.kind === 'out-of-time') return { kind: 'out-of-time' as const }
  const bought = answer.items.filter(({ isChosen, isInPlace }) => isChosen && !isInPlace)
  return {
    kind: 'solved' as const,
    count: bought.length,
    spend: aboutMoney(answer.spend.annualCost),
    capital: aboutMoney(answer.spend.capital),
    revenue: aboutMoney(answer.spend.revenue),
    days: twoFigures(answer.spend.peopleDays),
    today: aboutMoney(answer.today),
    after: aboutMoney(answer.after),
    range:
      study?.robustness === null || study === null
        ? null
        : { low: aboutMoney(study.robustness.after.low), high: aboutMoney(study.robustness.after.high) },
    careToday: aboutCare(answer.careToday),
    careAfter: aboutCare(answer.careAfter),
    careSaved: aboutCare(answer.careToday - answer.careAfter),
    isWorthIt: answer.today - answer.after >= answer.spend.annualCost,
    bought: bought.toSorted((one, other) => other.given - one.given).map(item => itemLine(item, study, missing)),
    isCut: missing === 'Not known' && bought.some(item => isUnknown(item, study)),
    mustDos: answer.items.filter(({ isMustDo, isInPlace }) => isMustDo && !isInPlace).map(item => mustDoLine(item, case_)),
    mustDoCost: study?.mustDoCost === undefined || study.mustDoCost === null ? null : aboutMoney(study.mustDoCost),
    notBought: notBoughtLines(answer, study, case_),
    byScenario: scenarioTable(answer, case_),
    isProven: answer.isProven,
    gap: answer.gap,
  }
}

function isUnknown({ code }: ItemAnswer, study: Study | null): boolean {
  return study?.robustness === null || study?.explanations?.some(({ improvement }) => improvement === code) !== true
}

function itemLine(item: ItemAnswer, study: Study | null, missing: Missing) {
  const inclusion = study?.robustness?.inclusion.find(({ improvement }) => improvement === item.code)
  const regret = study?.explanations?.find(({ improvement }) => improvement === item.code)?.regret
  return {
    code: item.code,
    name: item.name,
    isMustDo: item.isMustDo,
    cost: aboutMoney(item.annualCost),
    once: aboutMoney(item.capital),
    yearly: aboutMoney(item.yearly),
    alone: aboutMoney(item.alone),
    given: aboutMoney(item.given),
    isLess: item.given < item.annualCost,
    care: aboutCare(item.careGiven),
    regret: regret === undefined || regret === null ? null : aboutMoney(regret),
    noRegret: regret === null ? 'No plan without it' : missing,
    sure:
      inclusion === undefined || study?.robustness === undefined || study.robustness === null
        ? null
        : `${inclusion.futures} of ${study.robustness.futures}`,
    notSure: missing,
  }
}

function mustDoLine(item: ItemAnswer, { improvements }: ResolvedCase) {
  const ground = improvements.find(({ code }) => code === item.code)?.content.mustDo ?? ''
  return { name: item.name, ground, cost: aboutMoney(item.annualCost) }
}

/** Why each of the rest is not bought, in the words that its figures allow. */
function notBoughtLines(answer: Solved, study: Study | null, case_: ResolvedCase) {
  const chosen = new Set(answer.chosen)
  const kinds = new Map(case_.improvements.map(({ code, content }) => [code, content]))
  return answer.items
    .filter(({ isChosen }) => !isChosen)
    .toSorted((one, other) => other.given - one.given)
    .map(item => {
      const content = kinds.get(item.code)
      const missing = (content?.needs ?? []).filter(need => !chosen.has(need) && kinds.has(need))
      const rival = answer.items.find(({ code, isChosen }) => isChosen && content?.oneOf !== null && kinds.get(code)?.oneOf === content?.oneOf)
      const regret = study?.explanations?.find(({ improvement }) => improvement === item.code)?.regret ?? null
      const worth = item.given - item.annualCost
      const why =
        rival !== undefined
          ? `${rival.name} is chosen, and the two are levels of one thing.`
          : missing.length > 0
            ? `It needs first: ${missing.map(code => answer.items.find(other => other.code === code)?.name ?? code).join(', ')}.`
            : worth < 0
              ? 'On top of the plan it would save less than it costs.'
              : 'The same money or time does more elsewhere.'
      return {
        name: item.name,
        why,
        cost: aboutMoney(item.annualCost),
        onTop: aboutMoney(item.given),
        regret: regret === null ? null : aboutMoney(regret),
      }
    })
}

function scenarioTable(answer: Solved, case_: ResolvedCase): TableModel {
  const names = new Map(case_.scenarios.map(({ code, name }) => [code, name]))
  const cell = (about: About): Cell => ({ text: about.about })
  return {
    caption: 'What can happen, and what the plan does to it',
    captionHidden: true,
    head: [
      { text: 'What can happen' },
      { text: 'Expected loss a year today', format: 'numeric' },
      { text: 'With the plan', format: 'numeric' },
      { text: 'Care lost a year today, in clinic-days', format: 'numeric' },
      { text: 'With the plan', format: 'numeric' },
    ],
    rows: answer.byScenario
      .toSorted((one, other) => other.today - one.today)
      .map(row => [
        names.get(row.scenario) ?? row.scenario,
        cell(aboutMoney(row.today)),
        cell(aboutMoney(row.after)),
        cell(aboutCare(row.careToday)),
        cell(aboutCare(row.careAfter)),
      ]),
  }
}

/** What can only be said after the study. */
export function studyModel({ answer, study, case: case_ }: AnswerParts) {
  if (answer.kind !== 'solved' || study === null) return null
  const names = new Map([...case_.improvements, ...case_.scenarios].map(({ code, name }) => [code, name]))
  const nameOf = (code: string | null) => (code === null ? '' : (names.get(code) ?? code))
  return {
    isCurveCut: study.frontier !== null && study.frontier.largestNetBenefit < 0,
    hasSwitches: study.switches !== null,
    isEverySwitch: case_.scenarios.every(
      ({ code }) => study.switches?.some(({ kind, subject }) => kind === 'frequency' && subject === code) === true,
    ),
    switches: (study.switches ?? [])
      .filter(({ below, above }) => below !== null || above !== null)
      .toSorted((one, other) => distanceOf(one) - distanceOf(other))
      .map(({ kind, subject, below, above }) => {
        const what = kind === 'cost' ? `${nameOf(subject)} cost` : `“${nameOf(subject)}” came`
        const ends = [above, below].flatMap(factor => (factor === null ? [] : [factorWords(factor, kind)]))
        return `If ${what} ${ends.join(', or ')}, another plan would be better.`
      })
      .slice(0, 8),
    sensitivities: (study.sensitivities ?? [])
      .toSorted((one, other) => other.swing - one.swing)
      .slice(0, 8)
      .map(row => ({
        what: sensitivityWords(row, nameOf),
        href: sensitivityField(row, case_),
        low: aboutMoney(row.atLow),
        high: aboutMoney(row.atHigh),
        ...sourceOf(row, case_),
      })),
    robustness:
      study.robustness === null
        ? null
        : {
            futures: study.robustness.futures,
            bestIn: study.robustness.bestIn,
            regret: aboutMoney(study.robustness.regret),
            tail: aboutMoney(study.robustness.after.tail),
            tailBefore: aboutMoney(study.robustness.before.tail),
          },
    roadMap: roadMapModel(study, nameOf),
    exceedance:
      study.exceedance === null
        ? null
        : {
            today: aboutMoney(study.exceedance.today.oneInTwenty),
            plan: aboutMoney(study.exceedance.plan.oneInTwenty),
            expectedToday: aboutMoney(study.exceedance.today.expected),
            expectedPlan: aboutMoney(study.exceedance.plan.expected),
          },
  }
}

/** How far an input has to move, as a logarithm: the least first, for it is the likeliest to change the answer. */
function distanceOf({ below, above }: { readonly below: number | null; readonly above: number | null }): number {
  const ends = [below, above].filter(end => end !== null)
  return Math.min(...ends.map(end => Math.abs(Math.log(Math.max(end, Number.MIN_VALUE)))))
}

function factorWords(factor: number, kind: 'cost' | 'frequency'): string {
  const said = twoFigures(factor)
  if (said !== 1) return `${said} times as ${kind === 'cost' ? 'much' : 'often'}`
  return `a little ${factor < 1 ? 'less' : 'more'}${kind === 'cost' ? '' : ' often'}`
}

function roadMapModel({ roadMap }: Study, nameOf: (code: string) => string) {
  if (roadMap === null || roadMap.kind === 'out-of-time') return null
  if (roadMap.kind === 'impossible') return { years: [], nesting: null, conflict: roadMap.conflict.map(({ message }) => message) }
  return {
    years: roadMap.years.map(({ year, bought, spend, after, priceOfNesting }) => ({
      year,
      bought: bought.map(nameOf),
      spend: aboutMoney(spend.annualCost),
      after: aboutMoney(after),
      nesting: priceOfNesting < 0.5 ? null : aboutMoney(priceOfNesting),
    })),
    nesting: aboutMoney(roadMap.priceOfNesting),
    conflict: [],
  }
}

type SensitivityRow = NonNullable<Study['sensitivities']>[number]

function sensitivityWords({ kind, scenario, improvement }: SensitivityRow, nameOf: (code: string | null) => string): string {
  if (kind === 'frequency') return `How often: ${nameOf(scenario)}`
  if (kind === 'loss') return `What one costs: ${nameOf(scenario)}`
  return `How well “${nameOf(improvement)}” works against: ${nameOf(scenario)}`
}

function sensitivityField({ kind, scenario, channel, improvement }: SensitivityRow, case_: ResolvedCase): string | null {
  if (kind === 'frequency') return `scenario/${scenario}/frequency`
  if (kind === 'loss') return channel === null ? null : `scenario/${scenario}/losses.${channel}`
  const like = case_.scenarios.find(({ code }) => code === scenario)?.content.like ?? scenario
  const field = kind === 'prevention' ? 'prevents' : `softens.${channel === 'output' ? 'care' : channel}`
  return improvement === null ? null : `improvement/${improvement}/effects.${like}.${field}`
}

/** Where the input is from and who finds out better. */
function sourceOf(row: SensitivityRow, case_: ResolvedCase): { readonly source: string; readonly owner: string } {
  const place = sensitivityField(row, case_)
  const [kind, code, field] = place?.split('/') ?? []
  const entry = (kind === 'scenario' ? case_.scenarios : case_.improvements).find(one => one.code === code)
  const override = field === undefined ? undefined : entry?.overridden.get(field)?.override
  if (override !== undefined) return { source: `You, ${override.figure.source.asOf}`, owner: override.owner }
  const figure = figureAt(row, case_)
  return { source: figure === undefined ? NOT_KNOWN : `${figure.source.saidBy}, ${figure.source.asOf}`, owner: '' }
}

function figureAt(row: SensitivityRow, case_: ResolvedCase) {
  const scenario = case_.scenarios.find(({ code }) => code === row.scenario)?.content
  if (row.kind === 'frequency') return scenario?.frequency
  if (row.kind === 'loss') return Object.entries(scenario?.losses ?? {}).find(([channel]) => channel === row.channel)?.[1]
  const effect = case_.improvements
    .find(({ code }) => code === row.improvement)
    ?.content.effects.find(({ on }) => on === (scenario?.like ?? row.scenario))
  if (row.kind === 'prevention') return effect?.prevents ?? undefined
  return Object.entries(effect?.softens ?? {}).find(([channel]) => channel === (row.channel === 'output' ? 'care' : row.channel))?.[1]
}

/** The pictures of an answer. `null` where the study has not made its part. */
export function drawFrontier({ answer, study }: Pick<AnswerParts, 'answer' | 'study'>) {
  if (answer.kind !== 'solved') return null
  const points = (study?.frontier?.points ?? []).map(({ annualCost, after }) => ({ cost: annualCost, loss: after }))
  return frontierChart({
    title: 'What each amount of money can do at best',
    points,
    marks: [
      { label: 'You are here', cost: 0, loss: answer.today },
      { label: 'Your budget', cost: answer.spend.annualCost, loss: answer.after },
    ],
    worthUntil: points.length === 0 ? null : (study?.frontier?.largestNetBenefit ?? null),
  })
}

export function drawExceedance({ study }: Pick<AnswerParts, 'study'>) {
  const curves = study?.exceedance ?? null
  return exceedanceChart({
    title: 'How likely a year is to lose more than an amount',
    curves:
      curves === null
        ? []
        : [
            { label: 'Today', ...curves.today, points: seen(curves.today.points) },
            { label: 'With the plan', ...curves.plan, points: seen(curves.plan.points) },
          ],
  })
}

/** Of years without any loss one point is enough. */
function seen(points: LossCurve['points']): LossCurve['points'] {
  return points.filter(({ loss }, at) => loss > 0 || (points[at + 1]?.loss ?? 0) > 0)
}

export function drawSavings({ answer }: Pick<AnswerParts, 'answer'>) {
  const items = answer.kind === 'solved' ? answer.items.filter(({ isChosen, isInPlace }) => isChosen && !isInPlace) : []
  return benefitBars({
    title: 'What each improvement saves a year',
    items: items.toSorted((one, other) => other.given - one.given).map(({ name, alone, given }) => ({ label: name, alone, given })),
  })
}
