import { hexMap, type HexMap } from '../../../../charts/hex-map.ts'
import { bulletinNumber } from '../../bulletins/model.ts'
import { answeredIn, recipientsAddress, type Group } from '../model.ts'
import { layOut, type Layout, type PlacedBoard } from './board-places.ts'

/** What the map and the table beside it show of the boards in an audience. */
export interface BoardMap {
  readonly map: HexMap
  readonly isGeographic: boolean
  /** In the audience, and without a place on the map. */
  readonly unplaced: readonly Group[]
}

/** The boards of an audience as hexagons, shaded by the share that has answered of those in the audience. */
export function boardMap(number: number, groups: readonly Group[], boards: readonly PlacedBoard[]): BoardMap {
  const byCode = new Map(groups.flatMap(group => (group.code === null ? [] : [[group.code, group] as const])))
  const layout = layOut([...byCode.keys()].map(code => boards.find(board => board.code === code) ?? { code, regionCode: null }))
  const map = hexMap({
    title: `${bulletinNumber(number)}: answers by board`,
    shareLabel: 'answered',
    itemLabel: 'Board',
    cells: [...layout.places].map(([code, [q, r]]) => cellOf(number, code, q, r, byCode.get(code))),
  })
  return { map, isGeographic: layout.isGeographic, unplaced: groups.filter(({ code }) => !isPlaced(layout, code)) }
}

function isPlaced(layout: Layout, code: string | null): boolean {
  return code !== null && layout.places.has(code)
}

function cellOf(number: number, code: string, q: number, r: number, group: Group | undefined) {
  if (group === undefined) return { q, r, short: code, label: code, share: null, words: 'nobody in the audience' }
  const answered = answeredIn(group)
  return {
    q,
    r,
    short: code,
    label: group.name,
    share: answered / group.audience,
    words: `${answered.toLocaleString('en-GB')} of ${group.audience.toLocaleString('en-GB')} answered`,
    href: boardAddress(number, code),
  }
}

/** The list behind a board. */
export function boardAddress(number: number, code: string | null): string {
  return `${recipientsAddress(number)}?board=${encodeURIComponent(code ?? 'none')}`
}
