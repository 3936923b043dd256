import { z } from 'zod'
import { Conflict, Forbidden, Invalid, NotFound } from '../../../kernel/errors.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { textOf } from '../../../kernel/text.ts'
import { page, redirect, type Reply } from '../../../platform/http/reply.ts'
import { route, type Route, type RouteRequest } from '../../../platform/http/route.ts'
import { may } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import type { Refusal } from '../../../ui/refusal.ts'
import { DIMENSIONS, type Dimension } from '../picture/model.ts'
import { renditionLinks } from '../renditions/model.ts'
import type { Visible } from '../tables.ts'
import { abandonBulletin, approveBulletin, returnForChanges, sendForReview } from './commands.ts'
import { discardRevision } from './living/commands.ts'
import { bulletinNumber, parseBulletinNumber } from './model.ts'
import { bulletinOf, versionOf, versionsOf, type Bulletin, type Version } from './queries.ts'
import { readShown, type ShownBulletin } from './queries/show.ts'
import { addressOf, differenceTable, headOf, machineLinks, readingView, showView, versionTable, whoWords } from './views.ts'

const VIEWS = 'broadcast/bulletins/views'
const Params = z.object({ number: z.string().max(20) })

const show = route({
  method: 'GET',
  path: '/bulletins/:number',
  access: { permission: 'broadcast.bulletin.view' },
  params: Params,
  query: z.object({ by: z.enum(DIMENSIONS).catch('type').default('type') }),
  handle: request => showPage(request, numberOf(request.params), request.query.by),
})

const versions = route({
  method: 'GET',
  path: '/bulletins/:number/versions',
  access: { permission: 'broadcast.bulletin.work' },
  params: Params,
  async handle({ params, read }) {
    const { bulletin, all } = await read<Visible, { bulletin: Bulletin; all: readonly Version[] }>(async db => {
      const found = await bulletinOf(db, numberOf(params))
      return { bulletin: found, all: await versionsOf(db, found.id) }
    })
    return page(
      `${VIEWS}/versions.njk`,
      `Versions of ${bulletinNumber(bulletin.number)}`,
      { bulletin: headOf(bulletin), table: versionTable(bulletin, all) },
      { isExercise: bulletin.isExercise },
    )
  },
})

const version = route({
  method: 'GET',
  path: '/bulletins/:number/versions/:version',
  access: { permission: 'broadcast.bulletin.work' },
  params: Params.extend({ version: z.coerce.number().int().positive().max(100_000).catch(0) }),
  async handle({ params, read }) {
    const { bulletin, one, before } = await read<Visible, { bulletin: Bulletin; one: Version; before: Version | null }>(async db => {
      const found = await bulletinOf(db, numberOf(params))
      return {
        bulletin: found,
        one: await versionOf(db, found.id, params.version),
        before: params.version === 1 ? null : await versionOf(db, found.id, params.version - 1),
      }
    })
    const model = {
      bulletin: headOf(bulletin),
      version: one.version,
      savedAt: one.savedAt,
      savedBy: whoWords(one.savedBy, one.savedById),
      hash: one.hash,
      reading: readingView(one.content, null, null),
      difference:
        before === null
          ? null
          : differenceTable(before.content, one.content, { before: `Version ${before.version}`, after: `Version ${one.version}` }),
    }
    return page(`${VIEWS}/version.njk`, `${bulletinNumber(bulletin.number)} version ${one.version}`, model, { isExercise: bulletin.isExercise })
  },
})

/** An action that is one press, with or without a reason. */
function act(
  action: 'send-for-review' | 'approve' | 'return' | 'abandon' | 'discard',
  permission: string,
  notice: string,
  run: (work: Work<Visible>, asked: { number: number; version: number; reason: string }) => Promise<void>,
): Route {
  return route({
    method: 'POST',
    path: `/bulletins/:number/${action}`,
    access: { permission },
    params: Params,
    async handle(request) {
      const { body } = request
      const number = numberOf(request.params)
      const reason = textOf(body, 'reason')
      try {
        await request.work<Visible, void>(unit => run(unit, { number, version: Number(body['version']), reason }))
      } catch (error) {
        // Where a reason was asked for, it comes back. Where none was, nothing was typed, and the error's own page says it all.
        const isRefusal = error instanceof Invalid || error instanceof Conflict || error instanceof Forbidden
        if (!isRefusal || body['reason'] === undefined) throw error
        const status = error instanceof Invalid ? 422 : error instanceof Conflict ? 409 : 403
        return showPage(request, number, 'type', { refusal: { href: addressOf({ number }, `/${action}`), reason, message: error.message }, status })
      }
      return redirect(addressOf({ number }), { notice: `${bulletinNumber(number)}: ${notice}.` })
    },
  })
}

export const bulletinRoutes: readonly Route[] = [
  show,
  versions,
  version,
  act('send-for-review', 'broadcast.bulletin.draft', 'sent for review', sendForReview),
  act('approve', 'broadcast.bulletin.approve', 'approved. It can be released', approveBulletin),
  act('return', 'broadcast.bulletin.approve', 'returned to its author', (work, { reason, ...asked }) =>
    returnForChanges(work, { ...asked, comment: reason }),
  ),
  act('abandon', 'broadcast.bulletin.draft', 'abandoned. Nothing was sent', abandonBulletin),
  act('discard', 'broadcast.bulletin.draft', 'the version was discarded. Readers saw nothing of it', discardRevision),
]

/** The page of a bulletin; with `refused`, what was asked for there was not done. */
async function showPage(
  request: Pick<RouteRequest, 'read' | 'actor' | 'now'>,
  number: number,
  by: Dimension,
  refused: { readonly refusal: Refusal; readonly status: number } | null = null,
): Promise<Reply> {
  const { actor, now } = request
  const shown = await request.read<Visible, ShownBulletin>(db => readShown(db, number, actor, now, by))
  const { bulletin } = shown
  const model = {
    ...showView(shown, actor, now, refused?.refusal ?? null),
    renditions: [...renditionLinks(bulletin.number, shown.desk !== null), ...machineLinks(bulletin)],
    // Whoever answers for many does so on the page of answers.
    forMany:
      actor.scope.kind === 'partner' && may(actor, 'broadcast.response.answer') && bulletin.state === 'released'
        ? [{ label: 'Answer for your organisations', href: `/answers?bulletin=${bulletinNumber(bulletin.number)}` }]
        : [],
  }
  const problems: Problem[] =
    refused === null
      ? []
      : [
          {
            rule: 'broadcast.bulletin.refused',
            pointer: model.keptReason === null ? 'reason' : '',
            severity: 'error',
            message: refused.refusal.message,
          },
        ]
  return page(`${VIEWS}/show.njk`, `${bulletinNumber(bulletin.number)} ${bulletin.title}`, model, {
    problems,
    isExercise: bulletin.isExercise,
    ...(refused === null ? {} : { status: refused.status }),
  })
}

function numberOf(params: { readonly number: string }): number {
  const number = parseBulletinNumber(params.number)
  if (number === undefined) throw new NotFound('broadcast.bulletin.not-found', 'There is no such bulletin. Numbers look like CC-5001.')
  return number
}
