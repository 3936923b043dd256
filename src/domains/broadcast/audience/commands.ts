import { Conflict, Invalid } from '../../../kernel/errors.ts'
import { digest } from '../../../platform/audit/record.ts'
import { assertMay } from '../../../platform/work/actor.ts'
import type { Work } from '../../../platform/work/work.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import { lockBulletin } from '../bulletins/queries.ts'
import type { Visible } from '../tables.ts'
import { canonicalRule } from './canonical.ts'
import { AudienceRule, isEmptyRule } from './model.ts'
import { newestVersion } from './queries/saved.ts'
import { AudienceName, conditionsOf } from './rule.ts'

/**
 * Sets who a bulletin will go to. Possible until it is released; what was released keeps the rule of its release. The approval of
 * the text stays: the audience is checked by its hash at release.
 */
export async function saveAudience(work: Work<Visible>, input: { readonly number: number; readonly rule: AudienceRule }): Promise<void> {
  assertMay(work.actor, 'broadcast.audience.edit')
  const rule = AudienceRule.parse(input.rule)
  const bulletin = await lockBulletin(work.db, input.number)
  if (bulletin.state === 'released' || bulletin.state === 'withdrawn') {
    throw new Conflict('broadcast.audience.frozen', 'The audience was frozen at release. To reach others, draft another bulletin.')
  }
  const saved = { rule: JSON.stringify(rule), saved_by: work.actor.id, saved_at: work.now }
  await work.db
    .insertInto('broadcast_audience')
    .values({ bulletin_id: bulletin.id, ...saved })
    .onConflict(conflict => conflict.column('bulletin_id').doUpdateSet(saved))
    .execute()
  work.record({
    verb: 'broadcast.audience.saved',
    subject: { kind: 'bulletin', id: bulletinNumber(bulletin.number) },
    change: { rule: digest(canonicalRule(rule)) },
  })
}

/** Saves an audience under a name, to be used again: a new version when the name is there. Drafts that use it follow; what was released keeps the version that it used. */
export async function saveNamedAudience(work: Work<Visible>, input: { readonly name: string; readonly rule: AudienceRule }): Promise<void> {
  assertMay(work.actor, 'broadcast.audience.edit')
  const name = AudienceName.parse(input.name)
  const rule = AudienceRule.parse(input.rule)
  if (conditionsOf(rule).some(({ is }) => is === 'saved'))
    throw new Invalid('broadcast.audience.nested', 'A saved audience cannot hold another saved audience. Take that condition out, then save.')
  if (rule.partners)
    throw new Invalid(
      'broadcast.audience.partners',
      'A saved audience cannot tell IT delivery partners: that is said for each bulletin. Leave it out here.',
    )
  if (isEmptyRule(rule)) throw new Invalid('broadcast.audience.empty', 'This says nobody yet. Add a condition, then save.')
  const version = (await newestVersion(work.db, name)) + 1
  await work.db
    .insertInto('broadcast_saved_audience')
    .values({ name, version, rule: JSON.stringify(rule), saved_by: work.actor.id, saved_at: work.now })
    .execute()
  work.record({
    verb: 'broadcast.saved-audience.saved',
    subject: { kind: 'audience', id: name },
    change: { version, rule: digest(canonicalRule(rule)) },
  })
}
