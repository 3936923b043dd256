import { z } from 'zod'
import type { Page } from '../../../kernel/page.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { csvPages, csvText } from '../../../platform/csv/csv.ts'
import { readForm, refusalOf } from '../../../platform/forms/form.ts'
import { choiceText, cursorText } from '../../../platform/http/list-address.ts'
import { csv, page, redirect, svg, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import { withQuery } from '../../../ui/links.ts'
import { organisationTypes } from '../../directory/contract.ts'
import { sectionsFor } from '../sections.ts'
import type { Visible } from '../tables.ts'
import { askFreeze, contribute, withdrawContribution } from './commands.ts'
import { BENCHMARK_PAGE, noSuchFreeze, type Figure, type Freeze, type FrozenCohort } from './model.ts'
import { compare, type Comparison } from './own.ts'
import { previewOf } from './preview.ts'
import { cohortsOfFreeze, contributionsOf, figuresOf, freezeById, listFreezes, namesOf, ownReviews, usableFrameworks } from './queries.ts'
import {
  comparisonModel,
  contributionsModel,
  CONTRIBUTIONS_PAGE,
  objectivesChart,
  previewModel,
  releaseModel,
  RELEASES_PAGE,
  releasesTable,
  type Contributing,
} from './views.ts'

const VIEWS = 'assure/benchmark/views'
const view = { permission: 'assure.benchmark.view' } as const
const give = { permission: 'assure.benchmark.contribute' } as const
const freezing = { permission: 'assure.benchmark.freeze' } as const
const ROWS_A_PAGE = 50
const CSV_ROWS = 500

const Chosen = z.object({ release: choiceText.default(null), cohort: choiceText.default(null) })
const ById = z.object({ id: z.string().max(60) })
const FreezeForm = z.object({
  frameworkId: z.string('Choose a framework').min(1, 'Choose a framework').max(60, 'Choose a framework'),
  period: z.string('Say for which year').trim().min(1, 'Say for which year').max(10, 'Give the year as 2026-27'),
})

const show = route({
  method: 'GET',
  path: BENCHMARK_PAGE,
  access: view,
  query: Chosen,
  async handle({ read, query, actor, now }) {
    const found = await read<Visible, Comparison | null>(db => compare(db, actor, query, now))
    const shown = { sections: sectionsFor(actor), mayContribute: may(actor, give.permission), maySeeReleases: true }
    const model =
      found === null
        ? { ...shown, name: null, contributionsHref: CONTRIBUTIONS_PAGE, releasesHref: RELEASES_PAGE, mayFreeze: may(actor, freezing.permission) }
        : comparisonModel(found, shown)
    return page(`${VIEWS}/benchmark.njk`, 'Benchmark', model)
  },
})

const chart = route({
  method: 'GET',
  path: `${BENCHMARK_PAGE}/objectives.svg`,
  access: view,
  query: Chosen,
  async handle({ read, query, actor, now }) {
    const found = await read<Visible, Comparison | null>(db => compare(db, actor, query, now))
    if (found === null) throw noSuchFreeze()
    return svg(objectivesChart(found).svg)
  },
})

const figuresCsv = route({
  method: 'GET',
  path: `${BENCHMARK_PAGE}/figures.csv`,
  access: view,
  query: Chosen,
  async handle({ read, query, actor, now }) {
    const { release, figures, cohorts } = await read<Visible, { release: Freeze; figures: readonly Figure[]; cohorts: readonly FrozenCohort[] }>(
      async db => {
        const found = await compare(db, actor, query, now)
        if (found === null) throw noSuchFreeze()
        return { release: found.release, cohorts: found.cohorts, figures: await figuresOf(db, found.release.id) }
      },
    )
    const names = new Map(cohorts.map(cohort => [cohort.code, cohort]))
    const lines = figures.map(figure => {
      const cohort = names.get(figure.cohort)
      const [lower, middle, upper] = figure.quartiles ?? []
      const counts =
        figure.counts === null
          ? ''
          : Object.entries(figure.counts)
              .map(([level, count]) => `${level} ${count}`)
              .join('; ')
      return [
        figure.cohort,
        cohort?.name ?? '',
        cohort?.contributors ?? null,
        figure.kind,
        figure.code,
        figure.isShown ? 'shown' : 'held',
        counts,
        lower ?? null,
        middle ?? null,
        upper ?? null,
      ]
    })
    const head = [
      'cohort',
      'cohort_name',
      'contributors_rounded',
      'kind',
      'code',
      'state',
      'counts_rounded',
      'lower_quartile',
      'middle',
      'upper_quartile',
    ]
    return csv(`benchmark-${release.frameworkCode}-${release.frameworkVersion}-${release.period}.csv`, csvText(head, lines))
  },
})

const contributions = route({
  method: 'GET',
  path: CONTRIBUTIONS_PAGE,
  access: give,
  async handle({ read, actor }) {
    const found = await read<Visible, Contributing>(async db => {
      const [reviews, given] =
        actor.organisationId === null ? [[], []] : [await ownReviews(db, actor.organisationId), await contributionsOf(db, actor.organisationId)]
      const frameworks = await db.selectFrom('assure_framework').select(['id', 'name', 'version']).execute()
      return { reviews, contributions: given, frameworkNames: new Map(frameworks.map(({ id, name, version }) => [id, `${name} ${version}`])) }
    })
    return page(`${VIEWS}/contributions.njk`, 'What you contribute', contributionsModel(found, sectionsFor(actor)))
  },
})

const preview = route({
  method: 'GET',
  path: `${CONTRIBUTIONS_PAGE}/:id`,
  access: give,
  params: ById,
  handle: request => previewPage(request, request.params.id, []),
})

async function previewPage(
  { read, actor, now }: Pick<RouteRequest, 'read' | 'actor' | 'now'>,
  id: string,
  problems: readonly Problem[],
): Promise<Reply> {
  const model = await read<Visible, ReturnType<typeof previewModel>>(async db => {
    const types = await organisationTypes(db)
    return previewModel(await previewOf(db, actor, id, now), new Map(types.map(({ code, name }) => [code, name])), sectionsFor(actor))
  })
  return page(`${VIEWS}/preview.njk`, 'Contribute to the benchmark', model, { problems })
}

const send = route({
  method: 'POST',
  path: `${CONTRIBUTIONS_PAGE}/:id`,
  access: give,
  params: ById,
  async handle(request) {
    const { id } = request.params
    try {
      const { receipt } = await request.work<Visible, Awaited<ReturnType<typeof contribute>>>(work => contribute(work, id))
      return redirect(CONTRIBUTIONS_PAGE, { notice: `Contributed. Your receipt begins with ${receipt.slice(0, 12)}; it stands below in full.` })
    } catch (error) {
      return previewPage(request, id, [refusalOf(error, '')])
    }
  },
})

const takeBack = route({
  method: 'POST',
  path: `${CONTRIBUTIONS_PAGE}/:id/withdraw`,
  access: give,
  params: ById,
  async handle({ work, params }) {
    await work<Visible, void>(unit => withdrawContribution(unit, params.id))
    return redirect(CONTRIBUTIONS_PAGE, {
      notice: 'Taken back. What you sent is erased, and the next release is without it. Figures that are released already stay.',
    })
  },
})

const releases = route({
  method: 'GET',
  path: RELEASES_PAGE,
  access: view,
  query: z.object({ cursor: cursorText.default(null) }),
  handle: request => releasesPage(request, request.query.cursor, {}, []),
})

const releasesCsv = route({
  method: 'GET',
  path: `${RELEASES_PAGE}.csv`,
  access: view,
  async handle({ read }) {
    const part = (cursor: string | null) => read<Visible, Page<Freeze>>(db => listFreezes(db, { limit: CSV_ROWS, cursor }))
    const head = ['id', 'framework', 'version', 'year', 'release', 'state', 'asked_at', 'frozen_at']
    const line = (one: Freeze) => [
      one.id,
      one.frameworkCode,
      one.frameworkVersion,
      one.period,
      one.number,
      one.state,
      one.askedAt.toISOString(),
      one.frozenAt?.toISOString() ?? null,
    ]
    return csv('benchmark-releases.csv', csvPages(head, line, part))
  },
})

type Typed = RouteRequest['body']

async function releasesPage(
  { read, actor }: Pick<RouteRequest, 'read' | 'actor'>,
  cursor: string | null,
  typed: Typed,
  problems: readonly Problem[],
): Promise<Reply> {
  const model = await read<Visible, object>(async db => {
    const found: Page<Freeze> = await listFreezes(db, { limit: ROWS_A_PAGE, cursor })
    const names = await namesOf(db, [...new Set(found.rows.map(({ askedBy }) => askedBy))])
    const frameworks = may(actor, freezing.permission) ? await usableFrameworks(db) : null
    const errorOf = (name: string) => problems.find(({ pointer }) => pointer === name)?.message
    return {
      total: found.total,
      table: releasesTable(found.rows, names),
      firstHref: cursor === null ? null : RELEASES_PAGE,
      nextHref: found.next === null ? null : withQuery(RELEASES_PAGE, { cursor: found.next }),
      benchmarkHref: BENCHMARK_PAGE,
      csvHref: `${RELEASES_PAGE}.csv`,
      action: frameworks === null ? null : RELEASES_PAGE,
      fields: [
        {
          name: 'frameworkId',
          kind: 'select' as const,
          label: 'Framework',
          value: String(typed['frameworkId'] ?? ''),
          error: errorOf('frameworkId'),
          options: [
            { value: '', text: 'Choose a framework' },
            ...(frameworks ?? []).map(({ id, name, version }) => ({ value: id, text: `${name} ${version}` })),
          ],
        },
        {
          name: 'period',
          kind: 'text' as const,
          label: 'Year',
          hint: 'Such as 2026-27',
          width: 10 as const,
          value: String(typed['period'] ?? ''),
          error: errorOf('period'),
        },
      ],
    }
  })
  return page(`${VIEWS}/releases.njk`, 'Releases of the benchmark', model, { problems })
}

const release = route({
  method: 'GET',
  path: `${RELEASES_PAGE}/:id`,
  access: view,
  params: ById,
  async handle({ read, params }) {
    const model = await read<Visible, ReturnType<typeof releaseModel>>(async db => {
      const freeze = await freezeById(db, params.id)
      const names = await namesOf(db, [freeze.askedBy])
      return releaseModel(freeze, await cohortsOfFreeze(db, freeze.id), names.get(freeze.askedBy) ?? 'the operator, or somebody of the centre')
    })
    return page(`${VIEWS}/release.njk`, 'Release of the benchmark', { ...model, releasesHref: RELEASES_PAGE })
  },
})

const freezeNow = route({
  method: 'POST',
  path: RELEASES_PAGE,
  access: freezing,
  async handle(request) {
    const form = readForm(FreezeForm, request.body)
    if (!form.ok) return releasesPage(request, null, request.body, form.problems)
    try {
      const id = await request.work<Visible, string>(work => askFreeze(work, form.value))
      return redirect(`${RELEASES_PAGE}/${id}`, { notice: 'It is being frozen. That takes seconds; look again.' })
    } catch (error) {
      return releasesPage(request, null, request.body, [refusalOf(error, 'frameworkId')])
    }
  },
})

export const benchmarkRoutes: readonly Route[] = [
  show,
  chart,
  figuresCsv,
  contributions,
  preview,
  send,
  takeBack,
  releases,
  releasesCsv,
  freezeNow,
  release,
]
