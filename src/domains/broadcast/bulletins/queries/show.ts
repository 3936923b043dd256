import type { Instant } from '../../../../kernel/instant.ts'
import { may, type Actor } from '../../../../platform/work/actor.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { AudienceRule, RuleNames } from '../../audience/model.ts'
import { matchesOf, namesFor, ruleOf, type OwnMatch } from '../../audience/queries.ts'
import type { Dimension, Picture } from '../../picture/model.ts'
import { readPicture } from '../../picture/queries.ts'
import { releaseOf, type Release } from '../../release/queries.ts'
import { readAnswerPanel, type AnswerPanel } from '../../responses/queries.ts'
import type { Visible } from '../../tables.ts'
import type { ResponseDeadline } from '../model.ts'
import {
  authorIdsOf,
  bulletinOf,
  responseDeadlines,
  reviewsOf,
  severitiesOf,
  updatesOf,
  versionOf,
  type Bulletin,
  type BulletinUpdate,
  type Review,
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
  /** What only the centre works with; `null` for everyone else. */
  readonly desk: Desk | null
  /** Who acts and who is silent, once it is released, for those who watch over more than themselves. */
  readonly picture: Picture | null
  /** For a member of an organisation that it went to. */
  readonly panel: AnswerPanel | null
  /** What the reader's organisation told that it runs of what this is about. */
  readonly matches: readonly OwnMatch[]
}

export interface Desk {
  readonly authorIds: readonly string[]
  readonly reviews: readonly Review[]
  /** Frozen by the release, once there is one. */
  readonly rule: AudienceRule
  readonly names: RuleNames
  readonly release: Release | null
}

/** Reads the page of one bulletin in the reader's scope. Throws `NotFound`. */
export async function readShown(db: Reader<Visible>, number: number, actor: Actor, now: Instant, by: Dimension): Promise<ShownBulletin> {
  const bulletin = await bulletinOf(db, number)
  const release = (await releaseOf(db, bulletin.id)) ?? null
  const isCentre = may(actor, 'broadcast.bulletin.work')
  const organisationId = isCentre ? null : actor.organisationId
  const { id, respondBy } = bulletin
  return {
    bulletin,
    version: await versionOf(db, id, bulletin.version),
    updates: await updatesOf(db, id),
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
    picture: may(actor, 'broadcast.picture.view') ? await readPicture(db, actor.scope, bulletin, by, now) : null,
    matches: organisationId === null || release === null ? [] : await matchesOf(db, organisationId, release.rule),
  }
}

async function readDesk(db: Reader<Visible>, bulletin: Bulletin, release: Release | null): Promise<Desk> {
  const rule = release?.rule ?? (await ruleOf(db, bulletin.id))
  return { authorIds: await authorIdsOf(db, bulletin.id), reviews: await reviewsOf(db, bulletin.id), rule, names: await namesFor(db, rule), release }
}
