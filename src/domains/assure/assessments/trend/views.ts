import type { Chart } from '../../../../charts/chart.ts'
import { levelBars } from '../../../../charts/level-bars.ts'
import { lineChart } from '../../../../charts/line-chart.ts'
import type { Tone } from '../../../../charts/palette.ts'
import { withQuery } from '../../../../ui/links.ts'
import type { Cell, TableModel } from '../../../../ui/models.ts'
import type { Level } from '../../frameworks/model.ts'
import type { CohortMiddle } from '../outcomes/cohort.ts'
import type { OutcomeLine } from '../outcomes/model.ts'
import { assessmentPath, outcomePath, statusTag, titleOf } from '../views.ts'
import type { Point } from './model.ts'
import type { Trend } from './queries.ts'

const TONES: Readonly<Record<Level['tone'], Tone>> = { good: 'done', partial: 'busy', bad: 'silent' }

/** Where a review stands, by the topmost group, beside the middle of a cohort: one cell an outcome. What is not complete has a part of its own. */
export function levelsChart(lines: readonly OutcomeLine[], levels: readonly Level[], cohort: CohortMiddle | null): Chart {
  const parts = [...levels.map(({ label, tone }) => ({ label, tone: TONES[tone] })), { label: 'Not complete', tone: 'declined' as const }]
  const groups = Map.groupBy(lines, line => line.groups[0]?.code ?? '')
  return levelBars({
    title: 'Where we stand, outcome by outcome',
    groupLabel: 'Objective',
    levels: parts,
    cohortLabel: cohort === null ? undefined : `${cohort.name}, middle`,
    groups: [...groups.values()].map(ofGroup => {
      const group = ofGroup[0]?.groups[0]
      return {
        label: group === undefined ? 'Outcomes' : `${group.code} ${group.title}`,
        cohort: cohort?.middles.get(group?.code ?? '') ?? null,
        outcomes: ofGroup.map(line => {
          const level = levels.findIndex(({ code }) => code === line.status)
          return { level: line.progress === 'complete' && level !== -1 ? level : levels.length, isBelow: line.meetsTarget === false }
        }),
      }
    }),
  })
}

/** The path from year to year: of each outermost group the percent of outcomes that were as is asked this year. */
export function trendChart({ reviews, groups, assessment }: Trend): Chart {
  return lineChart({
    title: 'Outcomes as asked, year by year',
    xLabel: 'Year of the review',
    yLabel: assessment.profileId === null ? 'Percent at the best level' : 'Percent as asked',
    x: reviews.map(({ period, version }, value) => ({ value, label: `${period} (${version})` })),
    series: groups.map(({ title, shares }) => ({ label: title.length > 22 ? `${title.slice(0, 21)}…` : title, values: shares })),
    shape: 'straight',
  })
}

const CHANGES = {
  better: { text: 'Better', colour: 'green' },
  worse: { text: 'Worse', colour: 'red' },
  same: { text: 'Same', colour: 'grey' },
} as const

export function trendView(trend: Trend, mayOpen: boolean) {
  const { assessment, levels, reviews, outcomes } = trend
  const chart = trendChart(trend)
  const path = assessmentPath(assessment.id)
  return {
    title: titleOf(assessment),
    subject: assessment.subject,
    path,
    hasPath: reviews.length > 1,
    crossed: reviews.filter(({ pairs }) => pairs !== null && pairs !== 'none').map(({ period, version }) => `${period} (${version})`),
    apart: reviews.filter(({ pairs }) => pairs === 'none').map(({ period, version }) => `${period} (${version})`),
    chart: { src: `${path}/trend.svg`, alt: 'Outcomes as asked, year by year', caption: 'Year by year', width: 760, height: 300, table: chart.table },
    table: {
      caption: 'Outcome by outcome',
      head: [{ text: 'Outcome' }, ...reviews.map(({ period }) => ({ text: period })), { text: 'Since the last' }],
      rows: outcomes.map((one): readonly Cell[] => [
        { text: `${one.code} ${one.title}`, href: outcomePath(assessment.id, one.code) },
        ...one.points.map(point => pointCell(point, levels)),
        one.change === null ? null : { text: '', tags: [CHANGES[one.change]] },
      ]),
    } satisfies TableModel,
    nextHref: mayOpen ? withQuery('/assessments/new', { carry: assessment.id }) : null,
  }
}

function pointCell({ status, why }: Point, levels: readonly Level[]): Cell {
  if (status !== null) return { text: '', tags: [statusTag(levels, status)] }
  return why === 'not-comparable' ? 'Not comparable' : 'Not complete'
}
