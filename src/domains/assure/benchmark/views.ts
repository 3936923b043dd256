import type { Chart } from '../../../charts/chart.ts'
import { cohortStrip } from '../../../charts/cohort-strip.ts'
import { withQuery } from '../../../ui/links.ts'
import type { Cell, TableModel } from '../../../ui/models.ts'
import { statusLabel } from '../frameworks/model.ts'
import type { Section } from '../sections.ts'
import { BENCHMARK_PAGE, HELD_FIGURE, HELD_WORDS, shareOf, type BenchmarkPolicy, type Figure, type Freeze, type FrozenCohort } from './model.ts'
import { ownShare, placeWords, type Comparison } from './own.ts'
import type { Preview } from './preview.ts'
import type { Contribution, OwnReview } from './queries.ts'

export const RELEASES_PAGE = `${BENCHMARK_PAGE}/releases`
export const CONTRIBUTIONS_PAGE = `${BENCHMARK_PAGE}/contributions`

/** "Cyber Assessment Framework 4.0, 2026-27". */
export function releaseName({ frameworkName, frameworkVersion, period }: Pick<Freeze, 'frameworkName' | 'frameworkVersion' | 'period'>): string {
  return `${frameworkName} ${frameworkVersion}, ${period}`
}

/** "about 25": what is known of how many, no more exactly than it was released. */
export function aboutHowMany({ state, contributors }: Pick<FrozenCohort, 'state' | 'contributors'>): string {
  return state === 'released' && contributors !== null ? `about ${contributors.toLocaleString('en-GB')}` : 'not shown'
}

export function heldWords(reason: FrozenCohort['reason'], policy: Pick<BenchmarkPolicy, 'minimum'> | null): string {
  if (reason === null) return 'Released'
  // The rest of a cohort beside those inside it counts as well, so it does not tell that there are fewer.
  return reason === 'few' && policy !== null
    ? `${HELD_WORDS.few} (n < ${policy.minimum}), in it or beside it; those under one hand count as one`
    : HELD_WORDS[reason]
}

export function comparisonModel(
  comparison: Comparison,
  shown: { readonly sections: readonly Section[]; readonly mayContribute: boolean; readonly maySeeReleases: boolean },
) {
  const { release, releases, framework, cohort, cohorts, likeUs, own, outcomes } = comparison
  const chosen = { release: release.id, cohort: cohort?.code ?? null }
  const chart = cohort === null ? null : objectivesChart(comparison)
  return {
    ...shown,
    name: releaseName(release),
    frozenAt: release.frozenAt,
    rounding: release.policy?.rounding ?? null,
    selects: [
      {
        name: 'release',
        label: 'Framework and year',
        value: release.id,
        options: [...releases.filter(({ id }) => id !== release.id), release].map(one => ({ value: one.id, text: releaseName(one) })),
      },
      {
        name: 'cohort',
        label: 'Compared with',
        value: cohort?.code ?? '',
        options: cohorts
          .filter(one => one.state === 'released' || likeUs.includes(one.code))
          .map(one => ({
            value: one.code,
            text: `${one.name}${likeUs.includes(one.code) ? ' (like you)' : ''}${one.state === 'held' ? ': not enough yet' : ''}`,
          })),
      },
    ],
    cohortName: cohort?.name ?? null,
    howMany: cohort === null ? null : aboutHowMany(cohort),
    heldBecause: cohort?.state === 'held' ? heldWords(cohort.reason, release.policy) : null,
    isLikeUs: cohort !== null && likeUs.includes(cohort.code),
    own: own === null ? null : { isAgreed: own.view === 'agreed', isContributed: own.isContributed },
    chart:
      chart === null || cohort?.state === 'held'
        ? null
        : {
            src: withQuery(`${BENCHMARK_PAGE}/objectives.svg`, chosen),
            alt: `How each objective stands among ${cohort?.name ?? ''}`,
            caption: 'Share of outcomes at the best level, by objective',
            table: chart.table,
          },
    table: cohort === null || cohort.state === 'held' ? null : outcomesTable(comparison),
    csvHref: withQuery(`${BENCHMARK_PAGE}/figures.csv`, { release: release.id }),
    releasesHref: RELEASES_PAGE,
    contributionsHref: CONTRIBUTIONS_PAGE,
    releaseHref: `${RELEASES_PAGE}/${release.id}`,
    best: framework.levels[0]?.label ?? '',
    outcomes: outcomes.length,
  }
}

/** The objectives of the chosen cohort, with one's own share of the same outcomes. */
export function objectivesChart({ cohort, objectives, figures, own, framework }: Comparison): Chart {
  return cohortStrip({
    title: 'Share of outcomes at the best level, by objective',
    itemLabel: 'Objective',
    cohortLabel: cohort?.name ?? '',
    items: objectives.map(({ code, title, outcomes }) => {
      const figure = figures.find(one => one.kind === 'objective' && one.code === code)
      const [low, middle, high] = (figure?.quartiles ?? []).map(Number)
      const isShown = low !== undefined && middle !== undefined && high !== undefined
      return {
        label: `${code} ${title}`,
        quartiles: isShown ? [low, middle, high] : null,
        // Of the same outcomes, or the two shares would not be of the same thing.
        own: ownShare(own, framework, isShown ? (figure?.outcomes ?? []) : outcomes),
      }
    }),
  })
}

function outcomesTable({ outcomes, figures, framework, own, cohort }: Comparison): TableModel {
  const { levels } = framework
  const of = new Map(figures.filter(({ kind }) => kind === 'outcome').map(figure => [figure.code, figure]))
  const label = (level: string | number | undefined) => statusLabel(levels, String(level ?? ''))
  const row = (code: string, title: string): readonly Cell[] => {
    const figure = of.get(code)
    const ours = own?.statuses.get(code)
    const [lower, middle, upper] = figure?.quartiles ?? []
    return [
      { text: code, hint: title },
      ...(own === null
        ? []
        : [{ text: ours === undefined ? 'Not answered' : label(ours), hint: placeWords(ours, figure?.quartiles ?? null, framework) ?? undefined }]),
      figure?.isShown === true ? { text: sharesWords(figure, levels) } : { text: HELD_FIGURE },
      figure?.isShown === true ? `${label(lower)} · ${label(middle)} · ${label(upper)}` : null,
    ]
  }
  return {
    caption: `Outcome by outcome, beside ${cohort?.name ?? ''}`,
    head: [
      { text: 'Outcome' },
      ...(own === null ? [] : [{ text: 'Ours' }]),
      { text: 'Theirs' },
      { text: 'Lower quartile · middle · upper quartile' },
    ],
    rows: outcomes.map(({ code, title }) => row(code, title)),
  }
}

function sharesWords(figure: Figure, levels: readonly { readonly code: string; readonly label: string }[]): string {
  return levels
    .map(({ code, label }) => {
      const share = shareOf(figure.counts, code)
      return `${label} ${share === null ? 'not known' : `${Math.round(share * 100)}%`}`
    })
    .join(', ')
}

export function previewModel(
  { review, framework, outcomes, sent, current, problem }: Preview,
  organisationTypes: ReadonlyMap<string, string>,
  sections: readonly Section[],
) {
  return {
    sections,
    name: releaseName({ frameworkName: framework.name, frameworkVersion: framework.version, period: review.period }),
    action: `${CONTRIBUTIONS_PAGE}/${review.id}`,
    backHref: CONTRIBUTIONS_PAGE,
    problem,
    replaces: current !== null,
    isAgreed: sent.view === 'agreed',
    facts: [
      { key: 'Framework and version', value: `${framework.code} ${framework.version}` },
      { key: 'Year', value: review.period },
      { key: 'Whose view', value: sent.view === 'agreed' ? 'Agreed: both sides signed it' : 'Your own' },
      { key: 'Kind of organisation', value: organisationTypes.get(sent.organisationType) ?? sent.organisationType },
      { key: 'Size', value: sent.sizeBand ?? 'Not known' },
    ],
    table: {
      caption: 'Results that are sent',
      head: [{ text: 'Outcome' }, { text: 'Level' }],
      rows: outcomes.map(({ code }): readonly Cell[] => [code, statusLabel(framework.levels, sent.outcomes[code] ?? 'unanswered')]),
    } satisfies TableModel,
  }
}

export interface Contributing {
  readonly reviews: readonly OwnReview[]
  readonly contributions: readonly Contribution[]
  readonly frameworkNames: ReadonlyMap<string, string>
}

export function contributionsModel({ reviews, contributions, frameworkNames }: Contributing, sections: readonly Section[]) {
  const name = (one: { readonly frameworkId: string; readonly period: string }) =>
    `${frameworkNames.get(one.frameworkId) ?? one.frameworkId}, ${one.period}`
  const standing = contributions.filter(({ withdrawnAt }) => withdrawnAt === null)
  return {
    sections,
    total: reviews.length,
    standing: standing.map(one => ({
      name: name(one),
      isAgreed: one.view === 'agreed',
      contributedAt: one.contributedAt,
      receipt: one.receipt,
      withdraw: [{ label: 'Take it back', href: `${CONTRIBUTIONS_PAGE}/${one.id}/withdraw`, method: 'post' as const, variant: 'secondary' as const }],
    })),
    reviews: {
      caption: 'Your reviews',
      head: [{ text: 'Review' }, { text: 'What is reviewed' }, { text: 'Contributed' }],
      rows: reviews.map((review): readonly Cell[] => [
        { text: name(review), href: `${CONTRIBUTIONS_PAGE}/${review.id}` },
        review.subject,
        standing.some(({ assessmentId }) => assessmentId === review.id) ? 'Yes' : 'No',
      ]),
    } satisfies TableModel,
    past: {
      caption: 'Receipts of what you took back or replaced',
      head: [{ text: 'Contribution' }, { text: 'Ended' }, { text: 'Receipt' }],
      rows: contributions
        .filter(({ withdrawnAt }) => withdrawnAt !== null)
        .map((one): readonly Cell[] => [
          { text: name(one), hint: one.replacedBy === null ? 'Taken back' : 'Replaced' },
          { at: one.withdrawnAt },
          one.receipt,
        ]),
    } satisfies TableModel,
  }
}

export function releaseModel(freeze: Freeze, cohorts: readonly FrozenCohort[], askedBy: string) {
  const count = (reason: FrozenCohort['reason']) => cohorts.filter(cohort => cohort.reason === reason).length
  return {
    name: releaseName(freeze),
    number: freeze.number,
    isFrozen: freeze.state === 'frozen',
    frozenAt: freeze.frozenAt,
    askedBy,
    policy: freeze.policy,
    released: cohorts.filter(({ state }) => state === 'released').length,
    reasons: (['few', 'changed', 'alike'] as const)
      .map(reason => ({ words: heldWords(reason, freeze.policy), count: count(reason) }))
      .filter(reason => reason.count > 0),
    table: cohortTable(
      'Released, or held although enough contribute',
      cohorts.filter(({ reason }) => reason !== 'few'),
      freeze,
    ),
    tooFew: cohortTable(
      HELD_WORDS.few,
      cohorts.filter(({ reason }) => reason === 'few'),
      freeze,
    ),
  }
}

function cohortTable(caption: string, cohorts: readonly FrozenCohort[], freeze: Freeze): TableModel {
  return {
    caption,
    captionSize: 'm',
    head: [{ text: 'Cohort' }, { text: 'Contributors' }, { text: 'Released or held' }],
    rows: cohorts.map((cohort): readonly Cell[] => [
      cohort.state === 'released' ? { text: cohort.name, href: withQuery(BENCHMARK_PAGE, { release: freeze.id, cohort: cohort.code }) } : cohort.name,
      cohort.state === 'released' ? aboutHowMany(cohort) : null,
      heldWords(cohort.reason, freeze.policy),
    ]),
  }
}

export function releasesTable(freezes: readonly Freeze[], names: ReadonlyMap<string, string>): TableModel {
  return {
    caption: 'Releases',
    captionHidden: true,
    head: [{ text: 'Framework and year' }, { text: 'Release' }, { text: 'Asked for by' }, { text: 'Frozen' }],
    rows: freezes.map((freeze): readonly Cell[] => [
      { text: releaseName(freeze), href: `${RELEASES_PAGE}/${freeze.id}` },
      { number: freeze.number },
      names.get(freeze.askedBy) ?? 'The operator, or somebody of the centre',
      freeze.frozenAt === null ? 'Being frozen' : { at: freeze.frozenAt },
    ]),
  }
}
