import { z } from 'zod'
import type { PageRequest } from '../../../kernel/page.ts'
import { instant } from '../../../platform/http/api-schemas.ts'
import { listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { askFreeze, contribute, withdrawContribution } from './commands.ts'
import { noSuchFreeze, type Figure, type Freeze, type FrozenCohort } from './model.ts'
import { compare, type Comparison } from './own.ts'
import { previewOf } from './preview.ts'
import { cohortsOfFreeze, contributionsOf, figuresOf, freezeById, listFreezes } from './queries.ts'

const view = { permission: 'assure.benchmark.view' } as const
const give = { permission: 'assure.benchmark.contribute' } as const
const ById = z.object({ id: z.string().max(60) })

const Release = z.object({
  id: z.string(),
  framework: z.string(),
  version: z.string(),
  period: z.string(),
  number: z.number().int(),
  state: z.enum(['asked', 'frozen']),
  askedAt: instant,
  frozenAt: instant.nullable(),
})
const Cohort = z.object({
  code: z.string(),
  name: z.string(),
  state: z.enum(['released', 'held']),
  reason: z.enum(['few', 'changed', 'alike']).nullable(),
  contributors: z.number().int().nullable().describe('Rounded'),
})
const PublishedFigure = z.object({
  cohort: z.string(),
  kind: z.enum(['outcome', 'objective']),
  code: z.string(),
  isShown: z.boolean(),
  counts: z.record(z.string(), z.number()).nullable().describe('Level → rounded count'),
  quartiles: z
    .array(z.union([z.string(), z.number()]))
    .nullable()
    .describe('Lower quartile, middle, upper quartile: levels of an outcome, percents of an objective'),
  outcomes: z.array(z.string()).describe('The outcomes that the quartiles of an objective are made of'),
})
const Whole = Release.extend({ cohorts: z.array(Cohort), figures: z.array(PublishedFigure) })
const Sent = z.object({
  contribution: z.string(),
  framework: z.string(),
  version: z.string(),
  period: z.string(),
  view: z.enum(['self', 'agreed']),
  organisationType: z.string(),
  sizeBand: z.string().nullable(),
  outcomes: z.record(z.string(), z.string()),
})

/** A release as JSON, here and on the command line. */
export function releaseJson(freeze: Freeze) {
  return {
    id: freeze.id,
    framework: freeze.frameworkCode,
    version: freeze.frameworkVersion,
    period: freeze.period,
    number: freeze.number,
    state: freeze.state,
    askedAt: freeze.askedAt,
    frozenAt: freeze.frozenAt,
  }
}

export function wholeJson(freeze: Freeze, cohorts: readonly FrozenCohort[], figures: readonly Figure[]) {
  return {
    ...releaseJson(freeze),
    cohorts: cohorts.map(({ code, name, state, reason, contributors }) => ({ code, name, state, reason, contributors })),
    figures: figures.map(figure => ({
      ...figure,
      counts: figure.counts === null ? null : { ...figure.counts },
      quartiles: figure.quartiles === null ? null : [...figure.quartiles],
      outcomes: [...figure.outcomes],
    })),
  }
}

const show = operation({
  id: 'showBenchmark',
  summary: 'Show the newest release that concerns one’s own organisation, for the cohort that is most like it, and its own results beside it',
  method: 'GET',
  path: '/api/v1/benchmark',
  page: 'GET /benchmark',
  access: view,
  query: z.object({ release: z.string().max(60).nullable().default(null), cohort: z.string().max(100).nullable().default(null) }),
  answer: Whole.extend({ cohort: z.string().nullable(), own: z.record(z.string(), z.string()).nullable() }),
  async read(db: Reader<Visible>, { actor, query, now }) {
    const found: Comparison | null = await compare(db, actor, query, now)
    if (found === null) throw noSuchFreeze()
    const { release, cohorts, figures, cohort, own } = found
    return { ...wholeJson(release, cohorts, figures), cohort: cohort?.code ?? null, own: own === null ? null : Object.fromEntries(own.statuses) }
  },
})

const releases = listOperation({
  id: 'listBenchmarkReleases',
  summary: 'List the releases of the benchmark, the newest first',
  path: '/api/v1/benchmark/releases',
  page: 'GET /benchmark/releases',
  access: view,
  query: z.object({}),
  item: Release,
  async list(db: Reader<Visible>, page: PageRequest) {
    const found = await listFreezes(db, page)
    return { ...found, rows: found.rows.map(releaseJson) }
  },
})

const release = operation({
  id: 'showBenchmarkRelease',
  summary: 'Show all that a release of the benchmark publishes, and why the rest is held',
  method: 'GET',
  path: '/api/v1/benchmark/releases/:id',
  page: 'GET /benchmark/releases/:id',
  access: view,
  params: ById,
  answer: Whole,
  async read(db: Reader<Visible>, { params }) {
    const freeze = await freezeById(db, params.id)
    return wholeJson(freeze, await cohortsOfFreeze(db, freeze.id), await figuresOf(db, freeze.id))
  },
})

const freeze = operation({
  id: 'freezeBenchmark',
  summary: 'Freeze what is contributed for a framework and a year',
  description: 'It is frozen by a job, within seconds: ask for the release by its id until its state says frozen.',
  method: 'POST',
  path: '/api/v1/benchmark/releases',
  page: 'POST /benchmark/releases',
  access: { permission: 'assure.benchmark.freeze' },
  body: z.object({ frameworkId: z.string().max(60), period: z.string().max(10) }),
  status: 202,
  answer: Release,
  async write(work: Work<Visible>, { body }) {
    return releaseJson(await freezeById(work.db, await askFreeze(work, body)))
  },
})

const Contributed = z.object({
  id: z.string(),
  assessmentId: z.string().nullable(),
  period: z.string(),
  view: z.enum(['self', 'agreed']),
  receipt: z.string(),
  contributedAt: instant,
  withdrawnAt: instant.nullable(),
})

const contributions = operation({
  id: 'listContributions',
  summary: 'List what one’s own organisation has contributed to the benchmark',
  method: 'GET',
  path: '/api/v1/benchmark/contributions',
  page: 'GET /benchmark/contributions',
  access: give,
  answer: z.object({ items: z.array(Contributed) }),
  async read(db: Reader<Visible>, { actor }) {
    return { items: actor.organisationId === null ? [] : [...(await contributionsOf(db, actor.organisationId))] }
  },
})

const preview = operation({
  id: 'previewContribution',
  summary: 'Show exactly what contributing a review would send',
  method: 'GET',
  path: '/api/v1/benchmark/contributions/:id',
  page: 'GET /benchmark/contributions/:id',
  access: give,
  params: ById,
  answer: z.object({ sent: Sent, problem: z.string().nullable() }),
  async read(db: Reader<Visible>, { actor, params, now }) {
    const { sent, problem } = await previewOf(db, actor, params.id, now)
    return { sent: { ...sent, outcomes: { ...sent.outcomes } }, problem }
  },
})

const send = operation({
  id: 'contributeToBenchmark',
  summary: 'Contribute a review of one’s own organisation to the benchmark, and get the receipt',
  method: 'POST',
  path: '/api/v1/benchmark/contributions/:id',
  page: 'POST /benchmark/contributions/:id',
  access: give,
  params: ById,
  status: 201,
  answer: z.object({ id: z.string(), receipt: z.string(), sent: Sent }),
  async write(work: Work<Visible>, { params }) {
    const { id, receipt, sent } = await contribute(work, params.id)
    return { id, receipt, sent: { ...sent, outcomes: { ...sent.outcomes } } }
  },
})

const takeBack = operation({
  id: 'withdrawContribution',
  summary: 'Take a contribution back: it is erased, and the next release is without it',
  method: 'POST',
  path: '/api/v1/benchmark/contributions/:id/withdraw',
  page: 'POST /benchmark/contributions/:id/withdraw',
  access: give,
  params: ById,
  answer: null,
  async write(work: Work<Visible>, { params }) {
    await withdrawContribution(work, params.id)
  },
})

export const benchmarkOperations: readonly Route[] = [show, releases, release, freeze, contributions, preview, send, takeBack]
