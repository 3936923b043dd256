import { percent } from '../../../../charts/share-curves.ts'
import type { Instant } from '../../../../kernel/instant.ts'
import type { Cell } from '../../../../ui/models.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import type { Bulletin } from '../../bulletins/queries.ts'
import { recipientsAddress } from '../model.ts'
import type { EarlierBulletin } from '../queries/earlier.ts'
import { shareBy } from '../survival.ts'
import {
  groupTimesChart,
  hoursWords,
  TIME_DIMENSIONS,
  TIME_EVENTS,
  TIME_LABELS,
  timeWords,
  type TimeDimension,
  type TimeEvent,
  type Times,
} from '../times.ts'

const DIMENSION_WORDS: Readonly<Record<TimeDimension, string>> = { type: 'type', region: 'region' }
/** Fewer are no measure of what is usual. */
const ENOUGH_EARLIER = 3

/** What the page of times shows. `earlier` is `null` for an exercise, which is compared with nothing. */
export interface ShownTimes {
  readonly bulletin: Bulletin
  readonly by: TimeDimension
  readonly event: TimeEvent
  readonly all: Times
  readonly groups: readonly Times[]
  readonly unreachable: number
  readonly hours: number
  readonly earlier: readonly EarlierBulletin[] | null
  readonly asOf: Instant
}

export function timesView({ bulletin, by, event, all, groups, unreachable, hours, earlier, asOf }: ShownTimes) {
  const number = bulletinNumber(bulletin.number)
  const address = `/bulletins/${number}/times`
  const list = recipientsAddress(bulletin.number)
  const chart = groupTimesChart(bulletin.number, DIMENSION_WORDS[by], event, groups, hours)
  return {
    number,
    title: bulletin.title,
    tlp: bulletin.tlp,
    asOf,
    hours: hoursWords(hours),
    eventWords: TIME_LABELS[event].toLowerCase(),
    by: DIMENSION_WORDS[by],
    events: TIME_EVENTS.map(one => ({ text: TIME_LABELS[one], href: `${address}?by=${by}&event=${one}`, isCurrent: one === event })),
    dimensions: TIME_DIMENSIONS.map(one => ({
      text: `By ${DIMENSION_WORDS[one]}`,
      href: `${address}?by=${one}&event=${event}`,
      isCurrent: one === by,
    })),
    curves: {
      src: `/bulletins/${number}/chart/group-times.svg?by=${by}&event=${event}`,
      caption: `${TIME_LABELS[event]}, by ${DIMENSION_WORDS[by]}`,
      table: chart.table,
    },
    rows: [all, ...groups].map(group => groupRow(group, event, by, list)),
    unreachable: { count: unreachable, href: `${list}?stage=unreachable` },
    earlier:
      earlier === null
        ? null
        : { ...comparison(earlier, { number: bulletin.number, title: bulletin.title, times: all, hours }), age: hoursWords(hours) },
  }
}

function groupRow(group: Times, event: TimeEvent, by: TimeDimension, list: string): readonly Cell[] {
  const curve = group.curves[event]
  const last = curve.at(-1)
  const isAll = group.name === 'All' && group.code === null
  const narrowed = isAll ? list : `${list}?${by}=${encodeURIComponent(group.code ?? 'none')}`
  const did = curve.reduce((sum, point) => sum + point.did, 0)
  return [
    group.name,
    { number: group.reached, href: narrowed },
    { number: did, ...(did === 0 ? {} : { href: `${narrowed}${narrowed.includes('?') ? '&' : '?'}stage=${event}` }) },
    { text: percent(last?.share ?? 0), hint: last === undefined ? undefined : `${percent(last.low)} to ${percent(last.high)}` },
    timeWords(0.5, curve),
    timeWords(0.9, curve),
  ]
}

interface Compared {
  readonly number: number
  readonly title: string
  readonly times: Times
  readonly hours: number
}

function comparison(earlier: readonly EarlierBulletin[], own: Compared) {
  return {
    isEnough: earlier.length >= ENOUGH_EARLIER,
    count: earlier.length,
    rows: [own, ...earlier].map((one, index): readonly Cell[] => [
      {
        text: index === 0 ? 'This bulletin' : bulletinNumber(one.number),
        href: `/bulletins/${bulletinNumber(one.number)}`,
        hint: index === 0 ? undefined : one.hours < own.hours ? `${one.title}; withdrawn after ${hoursWords(one.hours)}` : one.title,
      },
      one.times.reached,
      timeWords(0.5, one.times.curves.acknowledged),
      timeWords(0.5, one.times.curves.decided),
      percent(shareBy(own.hours, one.times.curves.decided)),
    ]),
  }
}
