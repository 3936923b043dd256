import { Conflict } from '../../kernel/errors.ts'
import { londonDate } from '../../kernel/instant.ts'
import { assertMay } from '../../platform/work/actor.ts'
import type { Work } from '../../platform/work/work.ts'
import { saveAudience } from './audience/commands.ts'
import type { AudienceRule } from './audience/model.ts'
import { draftBulletin } from './bulletins/commands.ts'
import { holdingContent, HoldingInput } from './bulletins/holding/model.ts'
import { bulletinOfRequest, lockRequest, templatesInForce } from './bulletins/holding/queries.ts'
import { parseBulletinNumber } from './bulletins/model.ts'
import { releaseHolding, type Released } from './release/commands.ts'
import type { Visible } from './tables.ts'

export interface HoldingReleased {
  readonly number: number
  /** `null` when this press was a repeat: the bulletin is the one that the first made. */
  readonly released: Released | null
}

/**
 * From a template and two lines to a released holding statement, by one person, in one unit of work: drafted, given its audience and released,
 * or none of it. Its text is the template's, which another person approved beforehand; its review stays open until the full version follows.
 * The same `request` twice, at the same instant too, makes one bulletin. Throws `Conflict` when the template is not in force or the audience has changed since it was seen.
 */
export async function releaseHoldingStatement(
  work: Work<Visible>,
  input: {
    readonly template: { readonly code: string; readonly version: number }
    readonly words: HoldingInput
    readonly rule: AudienceRule
    readonly audienceHash: string
    readonly threatId: string | null
    readonly isExercise: boolean
    readonly request: string
    readonly baseUrl: string
  },
): Promise<HoldingReleased> {
  assertMay(work.actor, 'broadcast.bulletin.release-holding')
  await lockRequest(work.db, input.request)
  const made = await bulletinOfRequest(work.db, input.request)
  if (made !== undefined) return { number: made, released: null }
  const { code, version } = input.template
  const inForce = await templatesInForce(work.db, londonDate(work.now))
  const template = inForce.find(known => known.code === code && known.version === version)
  if (template === undefined) {
    throw new Conflict(
      'broadcast.holding.template',
      'This template is not in force: another version was approved, or it has ended. Choose one from the list, and look again.',
    )
  }
  const content = holdingContent(template, HoldingInput.parse(input.words))
  const draft = await draftBulletin(work, { threatId: input.threatId, content, isExercise: input.isExercise })
  const number = parseBulletinNumber(draft.number) ?? 0
  await saveAudience(work, { number, rule: input.rule })
  await work.db
    .insertInto('broadcast_holding')
    .values({ bulletin_id: draft.id, template_code: code, template_version: version, request: input.request })
    .execute()
  const named = `“${template.name}”, version ${version}`
  const released = await releaseHolding(work, { number, version: 1, audienceHash: input.audienceHash, baseUrl: input.baseUrl, template: named })
  return { number, released }
}
