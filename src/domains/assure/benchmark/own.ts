import type { Instant } from '../../../kernel/instant.ts'
import type { Actor } from '../../../platform/work/actor.ts'
import type { Reader } from '../../../platform/work/read.ts'
import type { Framework, Outcome } from '../frameworks/model.ts'
import { frameworkById, outcomesOf } from '../frameworks/queries.ts'
import type { Visible } from '../tables.ts'
import { bandOf, noSuchFreeze, type Figure, type Freeze, type FrozenCohort, type Objective } from './model.ts'
import {
  bandsInForce,
  cohortsOfFreeze,
  contributionsOf,
  factsOf,
  figuresOf,
  freezeById,
  frameworkObjectives,
  latestReleases,
  ownReviews,
  statusesOf,
} from './queries.ts'

/** One's own review beside a release. Read in one's own scope; nobody else can. */
export interface OwnPlace {
  readonly view: 'self' | 'agreed'
  readonly statuses: ReadonlyMap<string, string>
  readonly isContributed: boolean
}

/** A release as a page shows it: one cohort of it, and the reader's own place where there is one. */
export interface Comparison {
  readonly releases: readonly Freeze[]
  readonly release: Freeze
  readonly framework: Framework
  readonly outcomes: readonly Outcome[]
  readonly objectives: readonly Objective[]
  readonly cohorts: readonly FrozenCohort[]
  /** `null` when no cohort of it is released. */
  readonly cohort: FrozenCohort | null
  /** The codes of the cohorts that the reader's organisation is of, the narrowest last. */
  readonly likeUs: readonly string[]
  readonly figures: readonly Figure[]
  readonly own: OwnPlace | null
}

/**
 * The release that was asked for, or the newest of a framework that the reader's organisation has reviewed itself by; the cohort that was asked for, or the
 * narrowest released one that the organisation is of. `null` when nothing was ever released. Throws `NotFound` for a release that is not there.
 */
export async function compare(
  db: Reader<Visible>,
  actor: Pick<Actor, 'organisationId' | 'scope'>,
  asked: { readonly release: string | null; readonly cohort: string | null },
  now: Instant,
): Promise<Comparison | null> {
  const releases = await latestReleases(db)
  // Of the centre's own reviews there are none: only an organisation has a place of its own.
  const organisationId = actor.scope.kind === 'organisation' || actor.scope.kind === 'partner' ? actor.organisationId : null
  const reviews = organisationId === null ? [] : await ownReviews(db, organisationId)
  const isOurs = (release: Freeze) => reviews.some(review => review.frameworkId === release.frameworkId && review.period === release.period)
  const release = asked.release === null ? (releases.find(isOurs) ?? releases[0]) : await freezeById(db, asked.release)
  if (release === undefined) return null
  const framework = await frameworkById(db, release.frameworkId)
  if (framework === undefined || release.state !== 'frozen') throw noSuchFreeze()
  const cohorts = await cohortsOfFreeze(db, release.id)
  const facts = organisationId === null ? null : await factsOf(db, organisationId)
  const band = facts === null ? null : bandOf(facts.size, await bandsInForce(db, now))
  const likeUs = cohorts.filter(
    ({ kind, type, band: ofBand }) =>
      facts !== null && (kind === 'all' || (type === facts.type && (kind === 'type' || (ofBand === band && band !== null)))),
  )
  const released = cohorts.filter(({ state }) => state === 'released')
  const cohort = cohorts.find(({ code }) => code === asked.cohort) ?? likeUs.filter(({ state }) => state === 'released').at(-1) ?? released[0] ?? null
  const review = reviews.find(one => one.frameworkId === release.frameworkId && one.period === release.period)
  return {
    releases,
    release,
    framework,
    outcomes: await outcomesOf(db, framework.id),
    objectives: await frameworkObjectives(db, framework.id),
    cohorts,
    cohort,
    likeUs: likeUs.map(({ code }) => code),
    figures: cohort === null ? [] : await figuresOf(db, release.id, cohort.code),
    own:
      review === undefined || organisationId === null
        ? null
        : {
            ...(await statusesOf(db, review)),
            isContributed: (await contributionsOf(db, organisationId)).some(
              one => one.withdrawnAt === null && one.frameworkId === review.frameworkId && one.period === review.period,
            ),
          },
  }
}

/** The share of these outcomes that came out best, in whole percents; `null` when none of them has a result. */
export function ownShare(own: OwnPlace | null, framework: Pick<Framework, 'levels'>, outcomes: readonly string[]): number | null {
  if (own === null || outcomes.length === 0) return null
  const answered = outcomes.filter(code => framework.levels.some(level => level.code === own.statuses.get(code)))
  if (answered.length === 0) return null
  return Math.round((100 * outcomes.filter(code => own.statuses.get(code) === framework.levels[0]?.code).length) / outcomes.length)
}

/** Where a level stands among the quartiles of an outcome, in words; `null` where either is not known. */
export function placeWords(own: string | undefined, quartiles: Figure['quartiles'], framework: Pick<Framework, 'levels'>): string | null {
  const rank = (level: string | number | undefined) => framework.levels.findIndex(({ code }) => code === level)
  const [lower, middle, upper] = (quartiles ?? []).map(rank)
  const ours = rank(own)
  if (ours === -1 || lower === undefined || middle === undefined || upper === undefined) return null
  if (ours === middle) return 'With the middle'
  // The best rank is 0.
  if (ours < middle) return ours < upper ? 'Above the upper quartile' : 'Above the middle'
  return ours > lower ? 'Below the lower quartile' : 'Below the middle'
}
