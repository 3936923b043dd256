import { z } from 'zod'
import { Invalid } from '../../../../kernel/errors.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { cleanLine } from '../../../../kernel/text.ts'
import { operation } from '../../../../platform/http/operation.ts'
import type { Route } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Work } from '../../../../platform/work/work.ts'
import { refuse } from '../../api.ts'
import { versionOf } from '../../bulletins/queries.ts'
import type { Visible } from '../../tables.ts'
import { askedAnswer, askedBy, askedHead, ofAsked, placeOf } from '../api.ts'
import type { Asked } from '../asked.ts'
import { LONGEST_LINE } from '../fields.ts'
import { countAssets, tickSteps } from './commands.ts'
import { MOST_ASSETS, readAsset } from './model.ts'
import { assetsOf, stepKey, stepTicks } from './queries.ts'

const access = { permission: 'broadcast.response.answer' }
const path = '/api/v1/bulletins/:number/tasks'

const Tasks = z.object({
  ...askedHead,
  steps: z.array(
    z.object({
      key: z.string(),
      type: z.string(),
      text: z.string(),
      link: z.string(),
      isDone: z.boolean(),
      delegatedTo: z.string().nullable(),
    }),
  ),
  assets: z
    .array(z.object({ label: z.string(), total: z.int(), done: z.int(), isKept: z.boolean().describe('Said by the organisation itself') }))
    .describe('Products or groups of devices; first what the organisation told that it runs'),
})

async function answer(db: Reader<Visible>, asked: Asked): Promise<z.input<typeof Tasks>> {
  const { bulletinId, organisationId } = placeOf(asked)
  const { content } = await versionOf(db, bulletinId, asked.bulletin.version)
  const ticks = await stepTicks(db, bulletinId, organisationId)
  const assets = await assetsOf(db, bulletinId, organisationId)
  return {
    ...askedAnswer(asked),
    steps: content.steps.map(step => ({ ...step, key: stepKey(step), ...(ticks.get(stepKey(step)) ?? { isDone: false, delegatedTo: null }) })),
    assets: assets.filter(({ isKept, total }) => !isKept || total > 0),
  }
}

const show = operation({
  id: 'getTasks',
  summary: 'Read the steps of a bulletin as tasks, and how many devices are done',
  method: 'GET',
  path,
  page: 'GET /bulletins/:number/tasks',
  access,
  ...ofAsked,
  answer: Tasks,
  read: async (db: Reader<Visible>, request) => answer(db, await askedBy(db, request)),
})

const tick = operation({
  id: 'tickSteps',
  summary: 'Tick steps, or say who does them; the others stay as they are',
  method: 'POST',
  path: `${path}/steps`,
  page: 'POST /bulletins/:number/tasks/steps',
  access,
  ...ofAsked,
  body: z.object({
    steps: z
      .array(z.object({ key: z.string().max(40), isDone: z.boolean(), delegatedTo: z.string().max(1_000).nullable().default(null) }))
      .min(1)
      .max(200),
  }),
  answer: Tasks,
  async write(work: Work<Visible>, request) {
    const asked = await askedBy(work.db, request)
    const known = new Set((await answer(work.db, asked)).steps.map(({ key }) => key))
    const ticks = request.body.steps.map(step => ({ ...step, delegatedTo: cleanLine(step.delegatedTo ?? '').slice(0, LONGEST_LINE) || null }))
    if (ticks.some(({ key }) => !known.has(key)))
      throw new Invalid('broadcast.steps.unknown', 'One of the steps is not among those of the bulletin. Read them again.')
    await tickSteps(work, placeOf(asked), ticks)
    return answer(work.db, asked)
  },
})

const count = operation({
  id: 'countAssets',
  summary: 'Say how many of how many are done; the others stay as they are, and a total of 0 takes one off the list',
  method: 'POST',
  path: `${path}/assets`,
  page: 'POST /bulletins/:number/tasks/assets',
  access,
  ...ofAsked,
  body: z.object({
    assets: z
      .array(z.object({ label: z.string().max(1_000), total: z.int().min(0), done: z.int().min(0) }))
      .min(1)
      .max(MOST_ASSETS),
  }),
  answer: Tasks,
  async write(work: Work<Visible>, request) {
    const asked = await askedBy(work.db, request)
    const read = request.body.assets.map(({ label, total, done }) => readAsset(label, String(total), String(done)))
    const problems = read.flatMap((asset, at): readonly Problem[] =>
      typeof asset === 'string' ? [{ rule: 'broadcast.progress.row', pointer: `/assets/${at}`, severity: 'error', message: asset }] : [],
    )
    if (problems.length > 0) refuse(problems)
    await countAssets(
      work,
      placeOf(asked),
      read.flatMap(asset => (typeof asset === 'string' ? [] : [asset])),
    )
    return answer(work.db, asked)
  },
})

export const progressOperations: readonly Route[] = [show, tick, count]
