import type { Reader } from '../../../../platform/work/read.ts'
import type { AudienceRule, RuleNames } from '../../audience/model.ts'
import { namesFor, ruleOf, type AudienceSummary } from '../../audience/queries.ts'
import { checkRule } from '../../audience/queries/checking.ts'
import { countAudience, type Reasons } from '../../audience/queries/reasons.ts'
import type { ResponseDeadline } from '../../bulletins/model.ts'
import { bulletinOf, responseDeadlines, reviewsOf, versionOf, type Bulletin, type Review, type Version } from '../../bulletins/queries.ts'
import { fieldsChangedIn } from '../../bulletins/queries/changes.ts'
import type { ChasePolicy } from '../../chase/model.ts'
import { chasePolicies } from '../../chase/queries.ts'
import type { Visible } from '../../tables.ts'
import { audienceChangedSinceApproval, type LateChange } from '../queries.ts'
import { scheduleOf, type Schedule } from '../schedule/queries.ts'

/** Everything that a releaser agrees to. */
export interface ReleaseFacts {
  readonly bulletin: Bulletin
  readonly version: Version
  /** The fields in which it differs from the version before; `null` for the first. */
  readonly changed: readonly string[] | null
  readonly reviews: readonly Review[]
  readonly rule: AudienceRule
  readonly names: RuleNames
  readonly audience: AudienceSummary
  /** To how many addresses it goes, and of whom it is in doubt. */
  readonly reasons: Reasons
  /** Who gets it was changed since the approval. */
  readonly lateChange: LateChange | undefined
  readonly deadlines: readonly ResponseDeadline[]
  readonly policies: readonly ChasePolicy[]
  readonly schedule: Schedule | null
}

/** Reads what the check before a release shows. */
export async function readReleaseFacts(db: Reader<Visible>, number: number): Promise<ReleaseFacts> {
  const bulletin = await bulletinOf(db, number)
  const asked = await ruleOf(db, bulletin.id)
  const { summary: audience, reasons } = await countAudience(db, await checkRule(db, asked))
  const version = await versionOf(db, bulletin.id, bulletin.version)
  return {
    bulletin,
    version,
    changed: await fieldsChangedIn(db, bulletin.id, version),
    reviews: await reviewsOf(db, bulletin.id),
    rule: asked.rule,
    names: await namesFor(db, asked.rule),
    audience,
    reasons,
    lateChange: await audienceChangedSinceApproval(db, bulletin.id, bulletin.version),
    deadlines: await responseDeadlines(db),
    policies: await chasePolicies(db),
    schedule: (await scheduleOf(db, bulletin.id)) ?? null,
  }
}
