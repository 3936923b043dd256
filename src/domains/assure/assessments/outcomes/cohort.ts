import type { Instant } from '../../../../kernel/instant.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import { bandOf } from '../../benchmark/model.ts'
import { bandsInForce, cohortsOfFreeze, factsOf, figuresOf, latestReleases } from '../../benchmark/queries.ts'
import type { Visible } from '../../tables.ts'
import type { Assessment } from '../model.ts'
import type { OutcomeLine } from './model.ts'

/** How organisations like this one stand, from published figures alone. */
export interface CohortMiddle {
  readonly name: string
  readonly releaseId: string
  readonly cohort: string
  /** By the topmost group: half of the cohort have a larger share of its outcomes at the best level, in percent. */
  readonly middles: ReadonlyMap<string, number>
}

/**
 * The middle of the narrowest released cohort that the organisation is of, from the last release of the framework and year; `null` where there is none. A group
 * has one only where the figure is of every outcome of it, or the two shares would not be of the same thing.
 */
export async function cohortMiddle(
  db: Reader<Visible>,
  { organisationId, frameworkId, period }: Pick<Assessment, 'organisationId' | 'frameworkId' | 'period'>,
  lines: readonly OutcomeLine[],
  now: Instant,
): Promise<CohortMiddle | null> {
  const release = (await latestReleases(db)).find(one => one.frameworkId === frameworkId && one.period === period)
  if (release === undefined) return null
  const { type, size } = await factsOf(db, organisationId)
  const band = bandOf(size, await bandsInForce(db, now))
  const isOurs = (one: { readonly kind: string; readonly type: string | null; readonly band: string | null }) =>
    one.kind === 'all' || (one.type === type && (one.kind === 'type' || (band !== null && one.band === band)))
  const cohort = (await cohortsOfFreeze(db, release.id)).findLast(one => one.state === 'released' && isOurs(one))
  if (cohort === undefined) return null
  const ofGroup = Map.groupBy(lines, ({ groups }) => groups[0]?.code ?? '')
  const middles = (await figuresOf(db, release.id, cohort.code)).flatMap(({ kind, code, isShown, quartiles, outcomes }) => {
    const ours = ofGroup.get(code) ?? []
    const isSame = ours.length === outcomes.length && ours.every(line => outcomes.includes(line.code))
    const middle = quartiles?.[1]
    return kind === 'objective' && isShown && isSame && middle !== undefined ? [[code, Number(middle)] as const] : []
  })
  return { name: cohort.name, releaseId: release.id, cohort: cohort.code, middles: new Map(middles) }
}
