import { z } from 'zod'
import { InvalidParts } from '../../../kernel/errors.ts'
import { frameworkCode } from '../../../kernel/framework.ts'
import { instant } from '../../../platform/http/api-schemas.ts'
import { filtersOf, listOperation } from '../../../platform/http/list-operation.ts'
import { operation } from '../../../platform/http/operation.ts'
import type { Route } from '../../../platform/http/route.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { setProfile, takeFrameworks } from './commands.ts'
import { importBody, profileBody } from './fields.ts'
import { pageOfFrameworks } from './queries/list.ts'
import { askedFramework, fileUnder, filterOf, frameworkParams, frameworksQuery } from './routes.ts'
import { LARGEST_UPLOAD_BYTES } from './taking/read-file.ts'
import { withdrawFramework } from './withdrawal/commands.ts'

const view = { permission: 'assure.framework.view' }
const PATH = '/api/v1/frameworks'

const Facts = z.object({
  code: z.string(),
  version: z.string(),
  name: z.string(),
  publisher: z.string(),
  subject: z.enum(['organisation', 'service']),
  isShipped: z.boolean(),
  loadedAt: instant,
})

const list = listOperation({
  id: 'listFrameworks',
  summary: 'List frameworks',
  page: 'GET /frameworks',
  path: PATH,
  access: view,
  query: filtersOf(frameworksQuery),
  item: Facts.extend({ outcomes: z.int(), indicators: z.int(), profiles: z.int(), findings: z.int() }),
  list: (db: Reader<Visible>, page, { query }) => pageOfFrameworks(db, filterOf(query), query.sort, page),
})

const show = operation({
  id: 'showFramework',
  summary: 'Show a framework',
  description:
    'Its levels from the best to the worst, its rule, its tree in order, every indicator, its profiles, and what the check of its structure found odd.',
  page: 'GET /frameworks/:code/:version',
  method: 'GET',
  path: `${PATH}/:code/:version`,
  access: view,
  params: frameworkParams,
  answer: Facts.extend({
    description: z.string(),
    source: z.string(),
    licence: z.string(),
    levels: z.array(z.object({ code: z.string(), label: z.string(), tone: z.enum(['good', 'partial', 'bad']) })),
    rule: z.object({ steps: z.array(z.object({ when: z.enum(['any', 'all']), of: z.string(), gives: z.string() })), otherwise: z.string() }),
    nodes: z.array(
      z.object({
        code: z.string(),
        kind: z.enum(['group', 'outcome']),
        parentCode: z.string().nullable(),
        title: z.string(),
        description: z.string(),
        levels: z.array(z.string()),
      }),
    ),
    indicators: z.array(z.object({ code: z.string(), outcomeCode: z.string(), level: z.string(), text: z.string() })),
    profiles: z.array(
      z.object({
        code: z.string(),
        name: z.string(),
        organisationType: z.string().nullable(),
        period: z.string().nullable(),
        source: z.string(),
        levels: z.record(z.string(), z.string()),
      }),
    ),
    crosswalks: z.array(z.object({ from: z.string(), to: z.string(), name: z.string(), pairs: z.int(), source: z.string() })),
    findings: z.array(z.string()),
  }),
  async read(db: Reader<Visible>, { params }) {
    const { framework, isShipped, loadedAt, nodes, indicators, profiles, crosswalks, findings } = await askedFramework(db, params)
    return {
      ...framework,
      levels: [...framework.levels],
      rule: { ...framework.rule, steps: [...framework.rule.steps] },
      isShipped,
      loadedAt,
      nodes: nodes.map(node => ({ ...node, levels: [...node.levels] })),
      indicators: [...indicators],
      profiles: profiles.map(profile => ({ ...profile, levels: Object.fromEntries(profile.levels) })),
      crosswalks: [...crosswalks],
      findings: findings.map(finding => finding.message),
    }
  },
})

const take = operation({
  id: 'importFrameworks',
  summary: 'Import a file of frameworks, profiles or crosswalks',
  description:
    'What it is, is seen from what is in it. The same content again changes nothing; other content under a key that somebody answers is refused.',
  page: 'POST /frameworks/import',
  method: 'POST',
  path: `${PATH}/import`,
  access: { permission: 'assure.framework.import' },
  body: importBody,
  largestBody: Math.ceil(LARGEST_UPLOAD_BYTES * 1.4),
  answer: z.object({
    kind: z.string(),
    taken: z.array(
      z.object({
        what: z.string(),
        code: z.string(),
        version: z.string(),
        outcome: z.enum(['added', 'changed', 'unchanged']),
        notes: z.array(z.string()),
      }),
    ),
    notes: z.array(z.string()),
  }),
  async handle({ body, work }) {
    const read = await fileUnder(Buffer.from(body.content, 'base64'), body)
    if (!read.ok) throw new InvalidParts('assure.framework.file', read.problems)
    const { frameworks, profiles, crosswalks } = read.value
    const isNothing = frameworks.length + profiles.length + crosswalks.length === 0
    const taken = isNothing ? [] : await work((unit: Work<Visible>) => takeFrameworks(unit, read.value))
    return { kind: read.value.kind, taken: taken.map(one => ({ ...one, notes: [...one.notes] })), notes: [...read.value.others] }
  },
})

const profile = operation({
  id: 'setFrameworkProfile',
  summary: 'Set the levels that a profile asks of each outcome',
  description: 'One of the same code is replaced, and stays with the reviews that were opened under it. A source is obligatory.',
  page: 'POST /frameworks/:code/:version/profiles/add',
  method: 'POST',
  path: `${PATH}/:code/:version/profiles`,
  access: { permission: 'assure.profile.set' },
  params: frameworkParams,
  body: profileBody,
  answer: z.object({ id: z.string() }),
  status: 201,
  async write(work: Work<Visible>, { params, body }) {
    const { framework } = await askedFramework(work.db, params)
    const levels = body.levels.map(({ outcome, level }) => ({ outcomeCode: outcome, level }))
    return { id: await setProfile(work, framework.id, { ...body, code: frameworkCode(body.code), levels }) }
  },
})

const withdraw = operation({
  id: 'withdrawFramework',
  summary: 'Withdraw a framework',
  description: 'No new review is opened against it; those that were opened keep it. The same file imported again brings it back.',
  page: 'POST /frameworks/:code/:version/withdraw',
  method: 'POST',
  path: `${PATH}/:code/:version/withdraw`,
  access: { permission: 'assure.framework.import' },
  params: frameworkParams,
  answer: null,
  write: (work: Work<Visible>, { params: { code, version } }) => withdrawFramework(work, code, version),
})

export const frameworkOperations: readonly Route[] = [list, show, take, withdraw, profile]
