import { addHours, type Instant } from '../../../kernel/instant.ts'
import { newcombe, wilson, type Interval } from './intervals.ts'

/**
 * Whether those who acted on a bulletin report less of what it warns of than those who did not. An association, not a proof: nobody drew lots who
 * acts.
 *
 * The rules, so that the comparison is as fair as it can be:
 * 1. Who acted is fixed at one time after the release (the landmark), and only what began after it is compared. Otherwise an organisation that was
 *    hit, and so never came to act, would count against those who did not act (Anderson, Cain and Gelber, Journal of Clinical Oncology 1, 1983,
 *    710–719).
 * 2. The same two groups are counted over as long a time before the release: where they differed then already, the bulletin is not the reason.
 * 3. Those whom it does not concern, and those whom nobody had reached by the landmark, are in neither group.
 * 4. One to four are too few to show: they say little, and who they are could be guessed. None is shown, for its interval says how sure that is.
 */
export const LANDMARK_DAYS = [2, 7, 14] as const
/** A report long after says little of the bulletin. */
const LONGEST_DAYS = 90
export const TOO_FEW = 5

export interface Windows {
  readonly before: { readonly from: Instant; readonly until: Instant }
  readonly between: { readonly from: Instant; readonly until: Instant }
  readonly after: { readonly from: Instant; readonly until: Instant }
}

/** The windows of a bulletin: after the landmark until now, as long before the release, and between. `null` while nothing lies after the landmark. */
export function windowsOf(releasedAt: Instant, landmarkDays: number, now: Instant): Windows | null {
  const landmark = addHours(releasedAt, landmarkDays * 24)
  if (landmark >= now) return null
  const latest = addHours(landmark, LONGEST_DAYS * 24)
  const end = now < latest ? now : latest
  const hours = (end.getTime() - landmark.getTime()) / 3_600_000
  return {
    before: { from: addHours(releasedAt, -hours), until: releasedAt },
    between: { from: releasedAt, until: landmark },
    after: { from: landmark, until: end },
  }
}

export const GROUPS = ['acted', 'notActed'] as const
export type ImpactGroup = (typeof GROUPS)[number]

/** Organisations, and how many of them reported at least once. */
export interface Cell {
  readonly reported: number
  readonly organisations: number
}

export interface Impact {
  readonly before: Readonly<Record<ImpactGroup, Cell>>
  readonly after: Readonly<Record<ImpactGroup, Cell>>
  /** Reported between the release and the landmark: in no group after it. */
  readonly between: number
  /** Reported, and are in neither group: nobody reached them, it does not concern them, or it did not go to them. */
  readonly elsewhere: number
}

/** One organisation that reported, and where it belongs. */
export interface Reporter {
  readonly group: ImpactGroup | null
  readonly before: number
  readonly between: number
  readonly after: number
}

/** Counts organisations, not reports: one that reports five times is hit once. `sizes` are the groups at the landmark. */
export function impactOf(sizes: Readonly<Record<ImpactGroup, number>>, reporters: readonly Reporter[]): Impact {
  const of = (group: ImpactGroup) => reporters.filter(one => one.group === group)
  const before = (group: ImpactGroup): Cell => ({ reported: of(group).filter(one => one.before > 0).length, organisations: sizes[group] })
  const after = (group: ImpactGroup): Cell => {
    const hitEarly = of(group).filter(one => one.between > 0).length
    return { reported: of(group).filter(one => one.between === 0 && one.after > 0).length, organisations: sizes[group] - hitEarly }
  }
  return {
    before: { acted: before('acted'), notActed: before('notActed') },
    after: { acted: after('acted'), notActed: after('notActed') },
    between: reporters.filter(one => one.group !== null && one.between > 0).length,
    elsewhere: reporters.filter(one => one.group === null && one.before + one.between + one.after > 0).length,
  }
}

/** The share of a cell that reported, with its interval; `null` where those who did, or all of them, are too few to say. */
export function rateOf({ reported, organisations }: Cell): { readonly share: number; readonly interval: Interval } | null {
  const isTooFew = organisations < TOO_FEW || (reported > 0 && reported < TOO_FEW)
  return isTooFew ? null : { share: reported / organisations, interval: wilson(reported, organisations) }
}

/** The share of those who acted less that of those who did not, with its interval; `null` where either is too few to say. */
export function differenceOf(cells: Readonly<Record<ImpactGroup, Cell>>): { readonly difference: number; readonly interval: Interval } | null {
  const { acted, notActed } = cells
  if (rateOf(acted) === null || rateOf(notActed) === null) return null
  return {
    difference: acted.reported / acted.organisations - notActed.reported / notActed.organisations,
    interval: newcombe(acted.reported, acted.organisations, notActed.reported, notActed.organisations),
  }
}
