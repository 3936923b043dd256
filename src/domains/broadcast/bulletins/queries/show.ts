import type { Instant } from '../../../../kernel/instant.ts'
import { may, type Actor } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { AudienceRule, RuleNames } from '../../audience/model.ts'
import { matchesOf, namesFor, ruleOf, type OwnMatch } from '../../audience/queries.ts'
import type { Dimension, Picture } from '../../picture/model.ts'
import { readPicture } from '../../picture/queries.ts'
import { aloneRecordsOf, releasedAloneOf, type AloneRecord, type ReleasedAlone } from '../../release/after/queries.ts'
import { releaseOf, type Release } from '../../release/queries.ts'
import { scheduleOf, type Schedule } from '../../release/schedule/queries.ts'
import { readAnswerPanel, type AnswerPanel } from '../../responses/queries.ts'
import type { ServiceStatement } from '../../services/model.ts'
import { statementsOfBulletin } from '../../services/queries.ts'
import type { Visible } from '../../tables.ts'
import { changesInWords, type ChangeInWords } from '../difference.ts'
import type { BulletinContent, ResponseDeadline } from '../model.ts'
import {
  authorsToExclude,
  bulletinOf,
  findVersion,
  responseDeadlines,
  reviewsOf,
  revisionOf,
  severitiesOf,
  updatesOf,
  versionOf,
  type Bulletin,
  type BulletinUpdate,
  type Review,
  type Revision,
  type SeverityChange,
  type Version,
} from '../queries.ts'

/** Everything that a bulletin's page shows to one reader. */
export interface ShownBulletin {
  readonly bulletin: Bulletin
  readonly version: Version
  readonly updates: readonly BulletinUpdate[]
  readonly severities: readonly SeverityChange[]
  /** For a bulletin that is not released yet; empty after. */
  readonly deadlines: readonly ResponseDeadline[]
  /** What changed with the newest version that was published since the release; empty without one. */
  readonly changes: readonly ChangeInWords[]
  /** What of it went out by the decision of one person. */
  readonly alone: readonly ReleasedAlone[]
  readonly replaced: Replacements
  /** What only the centre works with; `null` for everyone else. */
  readonly desk: Desk | null
  /** Who acts and who is silent, once it is released, for those who watch over more than themselves. */
  readonly picture: Picture | null
  /** For a member of an organisation that it went to. */
  readonly panel: AnswerPanel | null
  /** What the reader's organisation told that it runs of what this is about. */
  readonly matches: readonly OwnMatch[]
  /** What was said with it of the services that everybody uses. */
  readonly services: readonly ServiceStatement[]
}

export interface Desk {
  readonly authorIds: readonly string[]
  readonly reviews: readonly Review[]
  /** Frozen by the release, once there is one. */
  readonly rule: AudienceRule
  readonly names: RuleNames
  readonly release: Release | null
  /** The time for which it waits, or the newest that came to nothing. */
  readonly schedule: Schedule | null
  /** What is worked on beside the live version. */
  readonly revision: RevisionShown | null
  readonly alone: readonly AloneRecord[]
}

export interface RevisionShown extends Revision {
  readonly content: BulletinContent
}

/** Bulletins that a bulletin replaces, and the one that replaced it, as far as the reader got them. */
export interface Replacements {
  readonly by: { readonly number: number; readonly title: string } | null
  readonly of: readonly { readonly number: number; readonly title: string }[]
}

/** Reads the page of one bulletin in the reader's scope; without `by`, no picture is made of it. Throws `NotFound`. */
export async function readShown(db: Reader<Visible>, number: number, actor: Actor, now: Instant, by: Dimension | null): Promise<ShownBulletin> {
  const bulletin = await bulletinOf(db, number)
  const release = (await releaseOf(db, bulletin.id)) ?? null
  const isCentre = may(actor, 'broadcast.bulletin.work')
  const organisationId = isCentre ? null : actor.organisationId
  const { id, respondBy } = bulletin
  const version = await versionOf(db, id, bulletin.version)
  const updates = await updatesOf(db, id)
  return {
    bulletin,
    version,
    updates,
    changes: await changesSinceBefore(db, bulletin, version, updates, release),
    alone: await releasedAloneOf(db, id),
    replaced: await replacementsOf(db, bulletin),
    severities: await severitiesOf(db, id),
    deadlines: bulletin.releasedAt === null ? await responseDeadlines(db) : [],
    desk: isCentre ? await readDesk(db, bulletin, release) : null,
    panel:
      organisationId === null
        ? null
        : await readAnswerPanel(db, {
            bulletinId: id,
            number,
            respondBy,
            organisationId,
            mayAnswer: may(actor, 'broadcast.response.answer') && bulletin.state === 'released',
            now,
          }),
    picture: by !== null && may(actor, 'broadcast.picture.view') ? await readPicture(db, actor.scope, bulletin, by, now) : null,
    services: await statementsOfBulletin(db, id),
    matches: organisationId === null || release === null ? [] : await matchesOf(db, organisationId, release),
  }
}

async function readDesk(db: Reader<Visible>, bulletin: Bulletin, release: Release | null): Promise<Desk> {
  const rule = release?.rule ?? (await ruleOf(db, bulletin.id)).rule
  const revision = bulletin.state === 'released' ? await revisionOf(db, bulletin.id) : undefined
  return {
    authorIds: await authorsToExclude(db, bulletin),
    reviews: await reviewsOf(db, bulletin.id),
    rule,
    names: await namesFor(db, rule),
    release,
    schedule: bulletin.state === 'approved' ? ((await scheduleOf(db, bulletin.id)) ?? null) : null,
    revision: revision === undefined ? null : { ...revision, content: (await versionOf(db, bulletin.id, revision.version)).content },
    alone: await aloneRecordsOf(db, bulletin.id),
  }
}

/** What the live version changed of the one that readers saw before it. */
async function changesSinceBefore(
  db: Reader<Visible>,
  bulletin: Bulletin,
  live: Version,
  updates: readonly BulletinUpdate[],
  release: Release | null,
): Promise<readonly ChangeInWords[]> {
  const before = publishedBefore(bulletin.version, updates, release)
  const old = before === undefined ? undefined : await findVersion(db, bulletin.id, before)
  return old === undefined ? [] : changesInWords(old.content, live.content)
}

/** The version that readers saw before that one; `undefined` for the one that was released. */
export function publishedBefore(version: number, updates: readonly BulletinUpdate[], release: Release | null): number | undefined {
  if (release === null) return undefined
  const published = [...updates.flatMap(update => update.version ?? []), release.version]
  return published[published.indexOf(version) + 1]
}

/** Only what the reader got: row-level security hides the others. */
async function replacementsOf(db: Reader<Visible>, bulletin: Bulletin): Promise<Replacements> {
  const named = db.selectFrom('broadcast_bulletin').select(['number', 'title'])
  const { supersededBy } = bulletin
  return {
    by: supersededBy === null ? null : ((await named.where('id', '=', supersededBy).executeTakeFirst()) ?? null),
    of: await named.where('superseded_by', '=', bulletin.id).orderBy('number').limit(20).execute(),
  }
}
