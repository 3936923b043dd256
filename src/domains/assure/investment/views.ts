import type { Instant } from '../../../kernel/instant.ts'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { asList } from '../../../platform/forms/form.ts'
import { may, type Actor } from '../../../platform/work/actor.ts'
import { withQuery } from '../../../ui/links.ts'
import type { TableModel } from '../../../ui/models.ts'
import { entryAddress, GRADES } from '../catalogue/model.ts'
import { figureFields, figureWords } from '../figure-form.ts'
import { figuresOfImprovement, figuresOfScenario, type NamedFigure } from '../figures.ts'
import { sectionsFor } from '../sections.ts'
import { answerModel, drawExceedance, drawFrontier, drawSavings, studyModel, type AnswerParts, type Missing } from './answer-view.ts'
import { settingsFields, wishFields } from './case-form.ts'
import type { CasePage } from './case-page.ts'
import { caseAddress, INVESTMENT_PAGE, type Override } from './model.ts'
import type { CaseLine } from './queries.ts'
import type { ResolvedCase } from './resolve.ts'

type Typed = Readonly<Record<string, unknown>> | null

function errorIn(problems: readonly Problem[]) {
  return (name: string) => problems.find(({ pointer }) => pointer === name)?.message
}

export function listModel(
  actor: Actor,
  found: Page<CaseLine>,
  query: { readonly q: string; readonly cursor: string | null },
  typed: { readonly name: string; readonly problems: readonly Problem[] },
) {
  return {
    sections: sectionsFor(actor),
    mayChange: may(actor, 'assure.investment.change'),
    total: found.total,
    isNarrowed: query.q !== '',
    clearHref: INVESTMENT_PAGE,
    csvHref: withQuery(`${INVESTMENT_PAGE}.csv`, { q: query.q }),
    firstHref: query.cursor === null ? undefined : withQuery(INVESTMENT_PAGE, { q: query.q }),
    nextHref: found.next === null ? undefined : withQuery(INVESTMENT_PAGE, { q: query.q, cursor: found.next }),
    filters: {
      action: INVESTMENT_PAGE,
      search: { label: 'Search by name', value: query.q },
      selects: [],
      checkboxes: [],
      clearHref: query.q === '' ? undefined : INVESTMENT_PAGE,
    },
    fields: [
      {
        name: 'name',
        kind: 'text' as const,
        label: 'What is it for?',
        hint: 'Such as Budget 2027-28',
        value: typed.name,
        error: errorIn(typed.problems)('name'),
      },
    ],
    table: {
      caption: 'Our cases',
      captionHidden: true,
      head: [{ text: 'Case' }, { text: 'Changed' }, { text: 'Answered' }, { text: 'Decided' }],
      rows: found.rows.map(({ id, name, changedAt, answeredAt, decidedAt }) => [
        { text: name, href: caseAddress(id) },
        { at: changedAt },
        answeredAt === null ? null : { at: answeredAt },
        decidedAt === null ? null : { at: decidedAt },
      ]),
    } satisfies TableModel,
  }
}

/** The case's page: what to do with this much money, how sure that is, and what it goes by. */
export function caseModel(actor: Actor, found: CasePage, typed: Typed, problems: readonly Problem[], now: Instant) {
  const { inputs, kept, decision } = found
  const { id, name, revision, settings } = inputs.found
  const errorOf = errorIn(problems)
  const address = caseAddress(id)
  const isStudying = kept !== null && isStillStudied(kept, now)
  const missing: Missing = isStudying ? 'Still working' : 'Not known'
  const parts = kept === null ? null : { answer: kept.answer, study: kept.study, case: found.resolved, missing }
  const different = inputs.overrides.length + inputs.own.length
  return {
    sections: sectionsFor(actor),
    mayChange: may(actor, 'assure.investment.change'),
    name,
    address,
    answer: parts === null ? null : answerModel(parts),
    kept:
      kept === null
        ? null
        : { at: kept.at, isOutOfDate: kept.isOutOfDate, address: `${address}/answers/${kept.id}`, hasCertificate: kept.hasCertificate },
    isStudying,
    missing,
    study: parts === null ? null : studyModel(parts),
    pictures: kept === null || parts === null || kept.answer.kind !== 'solved' ? null : picturesOf(parts, `${address}/answers/${kept.id}`),
    form: {
      seen: String(revision),
      settings: settingsFields(inputs.found, inputs.catalogue.size.content, typed, errorOf),
      wishes: wishFields(inputs.found, found.resolved, found.suggested, typed, errorOf),
    },
    inPlaceCount: inputs.found.inPlace.length,
    suggestedCount: found.suggested.length,
    reviews: found.reviews.map(({ period, framework }) => `${framework.toUpperCase()} ${period}`).join(', '),
    newer: found.newer,
    different,
    figuresHref: `${address}/figures`,
    ownHref: `${address}/own`,
    years: settings.years,
    decision: decision === null ? null : decisionModel(decision, found),
    decide: kept === null || kept.answer.kind !== 'solved' ? null : decideModel(kept, found, typed, errorOf),
  }
}

/** The study of an answer takes a minute or two. One that is not done after ten was broken off, and nobody should wait for it. */
const LONGEST_STUDY_MILLIS = 600_000

function isStillStudied({ answer, study, at }: NonNullable<CasePage['kept']>, now: Instant): boolean {
  return answer.kind === 'solved' && study?.isDone !== true && now.getTime() - at.getTime() < LONGEST_STUDY_MILLIS
}

function picturesOf(parts: AnswerParts, address: string) {
  const [frontier, savings, exceedance] = [drawFrontier(parts), drawSavings(parts), drawExceedance(parts)]
  return {
    frontier: frontier === null || !parts.study?.frontier?.points.length ? null : { src: `${address}/frontier.svg`, table: frontier.table },
    savings: { src: `${address}/savings.svg`, table: savings.table },
    exceedance: (parts.study?.exceedance ?? null) === null ? null : { src: `${address}/exceedance.svg`, table: exceedance.table },
  }
}

function decisionModel({ chosen, isOwn, reason, at }: NonNullable<CasePage['decision']>, { resolved }: CasePage) {
  const names = new Map(resolved.improvements.map(({ code, name }) => [code, name]))
  return { at, isOwn, reason, chosen: chosen.map(code => names.get(code) ?? code) }
}

function decideModel(kept: NonNullable<CasePage['kept']>, { resolved }: CasePage, typed: Typed, errorOf: (name: string) => string | undefined) {
  if (kept.answer.kind !== 'solved') return null
  const names = new Map(resolved.improvements.map(({ code, name }) => [code, name]))
  return {
    answerId: kept.id,
    chosen: {
      name: 'chosen',
      kind: 'checkboxes' as const,
      label: 'What will you do?',
      hint: 'Ticked is what was worked out. Another choice is yours to make: say why',
      value: typed?.['chosen'] === undefined ? kept.answer.bought : asList(typed['chosen']),
      options: kept.answer.items.filter(({ isInPlace }) => !isInPlace).map(({ code }) => ({ value: code, text: names.get(code) ?? code })),
      error: errorOf('chosen'),
    },
    reason: {
      name: 'reason',
      kind: 'textarea' as const,
      label: 'Why, if you choose otherwise?',
      optional: true,
      rows: 2,
      value: typeof typed?.['reason'] === 'string' ? typed['reason'] : '',
      error: errorOf('reason'),
    },
  }
}

/** The answer alone, while somebody tries other figures. */
export function previewModel(parts: AnswerParts) {
  return { answer: answerModel(parts) }
}

export const FIGURE_FILTERS = ['', 'different', 'judgement'] as const

export interface FigureLine extends NamedFigure {
  readonly kind: 'improvement' | 'scenario'
  readonly code: string
  readonly of: string
  readonly version: number | null
  readonly override: Override | null
  /** What the catalogue says, where the organisation says otherwise. */
  readonly catalogue: NamedFigure['figure'] | null
}

/** Every figure that the case goes by. */
export function figureLines({ improvements, scenarios }: ResolvedCase): readonly FigureLine[] {
  const names = new Map(scenarios.map(({ code, name }) => [code, name]))
  const lines = (
    kind: FigureLine['kind'],
    entry: ResolvedCase['improvements'][number] | ResolvedCase['scenarios'][number],
    figures: readonly NamedFigure[],
  ) =>
    figures.map(named => {
      const said = entry.overridden.get(named.field)
      return {
        ...named,
        kind,
        code: entry.code,
        of: entry.name,
        version: entry.version,
        override: said?.override ?? null,
        catalogue: said?.catalogue ?? null,
      }
    })
  return [
    ...scenarios.flatMap(entry => lines('scenario', entry, figuresOfScenario(entry.content))),
    ...improvements.flatMap(entry =>
      lines(
        'improvement',
        entry,
        figuresOfImprovement(entry.content, code => names.get(code) ?? code),
      ),
    ),
  ]
}

export function figuresModel(
  actor: Actor,
  found: CasePage,
  lines: { readonly rows: readonly FigureLine[]; readonly total: number; readonly next: string | null },
  query: { readonly q: string; readonly show: (typeof FIGURE_FILTERS)[number]; readonly cursor: string | null },
) {
  const { id, name } = found.inputs.found
  const address = caseAddress(id)
  const path = `${address}/figures`
  const keep = { q: query.q, show: query.show }
  const mayChange = may(actor, 'assure.investment.change')
  return {
    name,
    backHref: address,
    mayChange,
    different: found.inputs.overrides.length,
    newer: found.newer,
    address,
    total: lines.total,
    isNarrowed: query.q !== '' || query.show !== '',
    clearHref: path,
    csvHref: withQuery(`${path}.csv`, keep),
    firstHref: query.cursor === null ? undefined : withQuery(path, keep),
    nextHref: lines.next === null ? undefined : withQuery(path, { ...keep, cursor: lines.next }),
    filters: {
      action: path,
      search: { label: 'Search', value: query.q },
      selects: [
        {
          name: 'show',
          label: 'Show',
          value: query.show,
          options: [
            { value: '', text: 'All figures' },
            { value: 'different', text: 'Where you say otherwise' },
            { value: 'judgement', text: 'Judgement only' },
          ],
        },
      ],
      checkboxes: [],
      clearHref: query.q === '' && query.show === '' ? undefined : path,
    },
    table: {
      caption: 'The figures that this case goes by',
      captionHidden: true,
      head: [{ text: 'Of' }, { text: 'Figure' }, { text: 'Yours' }, { text: 'The catalogue' }, { text: 'Evidence' }],
      rows: lines.rows.map(line => [
        line.version === null
          ? { text: line.of, hint: 'Your own' }
          : {
              text: line.of,
              href: withQuery(entryAddress(line.kind === 'scenario' ? 'scenarios' : 'improvements', line.code), { version: String(line.version) }),
              hint: `Version ${line.version}`,
            },
        mayChange && line.version !== null ? { text: line.label, href: `${path}/${line.kind}/${line.code}/${line.field}` } : line.label,
        {
          ...figureWords(line.figure, line.unit),
          tags: line.override === null ? [] : [{ text: 'Different', colour: 'purple' as const }],
        },
        line.catalogue === null ? 'The same' : figureWords(line.catalogue, line.unit),
        {
          tags: [{ text: GRADES[line.figure.source.grade].label, colour: GRADES[line.figure.source.grade].colour }],
          hint: `${line.figure.source.saidBy}, ${line.figure.source.asOf}`,
        },
      ]),
    } satisfies TableModel,
  }
}

export function overrideModel(caseId: string, line: FigureLine, today: string, typed: Typed, problems: readonly Problem[]) {
  const errorOf = errorIn(problems)
  const address = `${caseAddress(caseId)}/figures`
  const stands =
    line.override === null ? { ...line.figure, source: { words: '', saidBy: '', asOf: today, grade: 'judgement' as const } } : line.figure
  const text = (name: string, value: string) => ({ name, value: typeof typed?.[name] === 'string' ? typed[name] : value, error: errorOf(name) })
  return {
    of: line.of,
    label: line.label,
    backHref: address,
    action: `${address}/${line.kind}/${line.code}/${line.field}`,
    resetHref: line.override === null ? null : `${address}/${line.kind}/${line.code}/${line.field}/reset`,
    catalogue: figureWords(line.catalogue ?? line.figure, line.unit),
    catalogueSource: (line.override === null ? line.figure : (line.catalogue ?? line.figure)).source,
    isToday: line.kind === 'scenario',
    fields: [
      ...figureFields(line.unit, stands, typed, errorOf),
      { ...text('reason', line.override?.reason ?? ''), kind: 'textarea' as const, label: 'Why do you say it otherwise?', rows: 2 },
      {
        ...text('owner', line.override?.owner ?? ''),
        kind: 'text' as const,
        label: 'Who finds out better?',
        hint: 'A name or a post',
        optional: true,
      },
    ],
  }
}

export function ownModel(caseId: string, found: CasePage, typed: Typed, kind: 'improvement' | 'scenario' | null, problems: readonly Problem[]) {
  const errorOf = errorIn(problems)
  const scenarios = found.resolved.scenarios.map(({ code, name }) => ({ value: code, text: name }))
  const of = (mine: 'improvement' | 'scenario', name: string, label: string, hint?: string) => ({
    name,
    label,
    hint,
    kind: 'text' as const,
    width: name === 'name' ? undefined : (10 as const),
    value: kind === mine && typeof typed?.[name] === 'string' ? typed[name] : '',
    error: kind === mine ? errorOf(name) : undefined,
  })
  const select = (mine: 'improvement' | 'scenario', name: string, label: string, empty: string) => ({
    ...of(mine, name, label),
    kind: 'select' as const,
    width: undefined,
    options: [{ value: '', text: empty }, ...scenarios.filter(({ value }) => !value.startsWith('own-'))],
  })
  const reason = (mine: 'improvement' | 'scenario') => ({
    ...of(mine, 'reason', 'Where are these figures from?'),
    kind: 'textarea' as const,
    rows: 2,
    width: undefined,
  })
  return {
    name: found.inputs.found.name,
    backHref: caseAddress(caseId),
    address: `${caseAddress(caseId)}/own`,
    open: kind,
    own: found.inputs.own.map(({ code, name, kind: what }) => ({ code, name, what: what === 'improvement' ? 'Improvement' : 'What can happen' })),
    improvement: [
      of('improvement', 'name', 'What would you do?'),
      of('improvement', 'capital', 'What does it cost once?', 'In pounds'),
      of('improvement', 'yearly', 'What does it cost each year?', 'In pounds'),
      of('improvement', 'days', 'How many days of your own people?'),
      of('improvement', 'years', 'How many years does it last?'),
      select('improvement', 'on', 'What does it help against?', 'Choose'),
      of('improvement', 'prevents', 'How many of those does it stop?', 'In per cent; the range is taken from half to half as much again'),
      of('improvement', 'softens', 'How much of the harm does it save, once it has happened?', 'In per cent'),
      reason('improvement'),
    ],
    scenario: [
      of('scenario', 'name', 'What can happen?'),
      of('scenario', 'frequency', 'How often, as things are today?', 'Times a year: 0.2 is once in five years'),
      of('scenario', 'loss', 'What does one cost?', 'In pounds'),
      of('scenario', 'clinicDays', 'How much care is lost in one?', 'In clinic-days; it is never turned into pounds'),
      select('scenario', 'like', 'What helps against it is what helps against', 'Nothing of the catalogue'),
      reason('scenario'),
    ],
  }
}

/** A line of the list of cases, as CSV. */
export function caseCsvLine({ id, name, openedAt, changedAt, answeredAt, decidedAt }: CaseLine) {
  const day = (at: Instant | null) => at?.toISOString() ?? null
  return [id, name, day(openedAt), day(changedAt), day(answeredAt), day(decidedAt)]
}
