import { z } from 'zod'
import { Conflict, Invalid } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { csvPages } from '../../../platform/csv/csv.ts'
import { csv, page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Visible } from '../tables.ts'
import { moderate } from './commands.ts'
import type { BothViews } from './model.ts'
import { bothViews, namesOf } from './queries.ts'
import { pairStatistics } from './statistics.ts'
import { MODERATION, moderationModel } from './views.ts'

const access = { permission: 'assure.review.moderate' } as const
export const ofModerated = z.object({ id: z.string().max(60), code: z.string().max(60) })

export interface Moderation {
  readonly views: readonly BothViews[]
  /** Who is who, as far as the reader may see people. */
  readonly names: ReadonlyMap<string, string>
}

export async function moderationOf(db: Reader<Visible>, actor: Actor): Promise<Moderation> {
  const views = await bothViews(db, actor)
  const names = await namesOf(db, new Set(views.flatMap(({ firstBy, secondBy }) => [firstBy, secondBy])))
  return { views, names }
}

async function shown(request: RouteRequest, typed: Readonly<Record<string, unknown>> = {}, problems: readonly Problem[] = []): Promise<Reply> {
  const { views, names } = await request.read<Visible, Moderation>(db => moderationOf(db, request.actor))
  const model = moderationModel(views, pairStatistics(views, request.actor.id), id => names.get(id) ?? 'Another assessor', typed, problems)
  return page('assure/moderation/views/moderation.njk', 'How far assessors agree', model, { problems })
}

const show = route({ method: 'GET', path: MODERATION, access, handle: request => shown(request) })

const showCsv = route({
  method: 'GET',
  path: `${MODERATION}.csv`,
  access,
  async handle({ read, actor }) {
    const { views } = await read<Visible, Moderation>(db => moderationOf(db, actor))
    const line = (one: BothViews) => [one.organisation, one.framework, one.period, one.code, one.first, one.second, one.moderated, one.reason]
    return csv(
      'moderation.csv',
      csvPages(['organisation', 'framework', 'period', 'outcome', 'first', 'second', 'held', 'why'], line, async () => ({ rows: views, next: null })),
    )
  },
})

const hold = route({
  method: 'POST',
  path: `${MODERATION}/:id/:code`,
  access,
  params: ofModerated,
  async handle(request) {
    const { params, body } = request
    const at = typeof body['at'] === 'string' ? body['at'] : ''
    const [status, reason] = [body[`status-${at}`], body[`reason-${at}`]].map(value => (typeof value === 'string' ? cleanText(value) : ''))
    try {
      await request.work<Visible, void>(unit =>
        moderate(unit, { assessmentId: params.id, code: params.code, status: status ?? '', reason: reason ?? '' }),
      )
    } catch (error) {
      if (!(error instanceof Invalid || error instanceof Conflict)) throw error
      const pointer = `${error.code.endsWith('reason') ? 'reason' : 'status'}-${at}`
      return shown(request, body, [{ rule: error.code, pointer, severity: 'error', message: error.message }])
    }
    return redirect(MODERATION, { notice: 'It is written down. What each of you had recorded stays.' })
  },
})

export const moderationRoutes: readonly Route[] = [show, showCsv, hold]
