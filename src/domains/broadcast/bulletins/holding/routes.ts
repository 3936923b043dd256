import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { Conflict, Invalid, NotFound } from '../../../../kernel/errors.ts'
import { londonDate } from '../../../../kernel/instant.ts'
import type { Problem } from '../../../../kernel/problem.ts'
import { shorten, textOf } from '../../../../kernel/text.ts'
import type { Tlp } from '../../../../kernel/tlp.ts'
import { page, redirect, type Reply } from '../../../../platform/http/reply.ts'
import { route, type FormBody, type Route, type RouteRequest } from '../../../../platform/http/route.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { threatForBulletin, type ThreatForBulletin } from '../../../watch/contract.ts'
import { isEmptyRule, ruleSentence, type AudienceRule } from '../../audience/model.ts'
import { audienceChoices, namesFor, suggestRule, summariseAudience } from '../../audience/queries.ts'
import { releaseHoldingStatement, type HoldingReleased } from '../../release-holding.ts'
import type { Visible } from '../../tables.ts'
import { contentFromThreat } from '../from-threat.ts'
import { bulletinNumber } from '../model.ts'
import { addressOf } from '../views.ts'
import { readHolding, type HoldingChoices, type HoldingForm } from './form.ts'
import { savedAudienceNames, templatesInForce } from './queries.ts'
import { holdingView, previewOf, type Counted } from './views.ts'

/**
 * A holding statement on one page: a template, two lines, who gets it, and Release with the count in the button. The count belongs to what is
 * typed: the button stands in the preview, with the hash of the audience that it shows.
 */
const VIEWS = 'broadcast/bulletins/holding/views'
const ACCESS = { permission: 'broadcast.bulletin.release-holding' } as const
type Request = Pick<RouteRequest, 'read' | 'now' | 'platform'>

const start = route({
  method: 'GET',
  path: '/bulletins/holding',
  access: ACCESS,
  query: z.object({ threat: z.string().max(60).catch('').default('') }),
  async handle(request) {
    const { threat } = request.query
    const about = threat === '' ? null : await request.read<Visible, ThreatForBulletin>(db => threatOr404(db, threat))
    return holdingPage(request, { ...(about === null ? {} : typedFrom(about)), threat, request: randomUUID() }, [], false)
  },
})

const preview = route({
  method: 'POST',
  path: '/bulletins/holding/preview',
  access: ACCESS,
  handle: request => holdingPage(request, request.body, [], true),
})

const release = route({
  method: 'POST',
  path: '/bulletins/holding',
  access: ACCESS,
  async handle(request) {
    const { body } = request
    const threat = textOf(body, 'threat')
    const choices = await request.read<Visible, HoldingChoices>(db => choicesFor(db, threat, request))
    const form = readHolding(body, choices)
    const audienceHash = textOf(body, 'audienceHash')
    // Enter in a field, or a page without JavaScript, presses before there is a count: it is shown, and the next press is the decision.
    if (!form.ok || !/^[0-9a-f]{64}$/.test(audienceHash)) return holdingPage(request, body, form.ok ? [] : form.problems, true)
    try {
      const { number, released } = await request.work<Visible, HoldingReleased>(unit =>
        releaseHoldingStatement(unit, {
          template: form.template,
          words: form.words,
          rule: form.rule,
          audienceHash,
          threatId: threat === '' ? null : threat,
          isExercise: body['isExercise'] === 'yes',
          request: textOf(body, 'request') || randomUUID(),
          baseUrl: request.platform.config.baseUrl,
        }),
      )
      const to =
        released === null
          ? ''
          : ` to ${released.organisations.toLocaleString('en-GB')} ${released.organisations === 1 ? 'organisation' : 'organisations'}`
      return redirect(addressOf({ number }), {
        notice: `${bulletinNumber(number)} is released${to} as a holding statement. Write the full version next.`,
      })
    } catch (error) {
      if (!(error instanceof Conflict || error instanceof Invalid)) throw error
      return holdingPage(request, body, [{ rule: error.code, pointer: 'to', severity: 'error', message: error.message }], true)
    }
  },
})

export const holdingRoutes: readonly Route[] = [start, preview, release]

/** `isCounted`: whether what is typed is complete enough to be counted, so that the button can stand there. */
async function holdingPage(
  request: Request & { readonly body?: FormBody },
  typed: FormBody,
  problems: readonly Problem[],
  isCounted: boolean,
): Promise<Reply> {
  const threat = textOf(typed, 'threat')
  const found = await request.read<Visible, { choices: HoldingChoices; form: HoldingForm; counted: Counted | null }>(async db => {
    const choices = await choicesFor(db, threat, request)
    const form = readHolding(typed, choices)
    return { choices, form, counted: form.ok ? await countHolding(db, form.rule, form.words.tlp) : null }
  })
  const shown = previewOf(typed, found.form, found.counted, { isAsked: isCounted })
  if (request.body?.['fragment'] === 'yes') return page(`${VIEWS}/preview.njk`, 'Preview', { preview: shown })
  const model = holdingView(typed, found.choices, problems, shown)
  return page(`${VIEWS}/holding.njk`, 'Holding statement', model, {
    problems,
    isExercise: typed['isExercise'] === 'yes',
    ...(problems.length > 0 ? { status: 422 } : {}),
  })
}

/** Whom a holding statement with that rule and label would reach. */
export async function countHolding(db: Reader<Visible>, rule: AudienceRule, tlp: Tlp): Promise<Counted> {
  return { sentence: ruleSentence(rule, await namesFor(db, rule)), audience: await summariseAudience(db, { rule, tlp, sharingGroup: null }) }
}

/** What a holding statement, about that threat or about none (empty), is put together from. */
export async function choicesFor(db: Reader<Visible>, threat: string, { now }: Pick<RouteRequest, 'now'>): Promise<HoldingChoices> {
  const suggested = threat === '' ? null : await suggestRule(db, threat)
  return {
    templates: await templatesInForce(db, londonDate(now)),
    types: (await audienceChoices(db)).types,
    saved: await savedAudienceNames(db),
    suggested: suggested === null || isEmptyRule(suggested) ? null : suggested,
  }
}

/** What is known of the threat, for the duty officer to change. */
function typedFrom(threat: ThreatForBulletin): FormBody {
  const { severity, tlp, platforms } = contentFromThreat(threat)
  const names = platforms.slice(0, 3).map(({ platform }) => platform)
  return {
    what: shorten(threat.title, 120),
    who: names.length === 0 ? '' : shorten(`anyone who runs ${names.join(', ')}`, 120),
    severity,
    tlp,
    to: 'suggested',
  }
}

async function threatOr404(db: Reader<Visible>, id: string): Promise<ThreatForBulletin> {
  const threat = await threatForBulletin(db, id)
  if (threat === undefined) throw new NotFound('broadcast.threat.not-found', 'There is no such threat. Choose one from the list of threats.')
  return threat
}
