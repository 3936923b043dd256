import { percent } from '../../../../charts/share-curves.ts'
import type { Cell } from '../../../../ui/models.ts'
import { answeredIn, segments, type Group } from '../model.ts'
import { boardAddress } from './model.ts'

/** One row a board, the least answered first. */
export function boardRows(number: number, groups: readonly Group[]): readonly (readonly Cell[])[] {
  return groups
    .toSorted((a, b) => answeredIn(a) / a.audience - answeredIn(b) / b.audience || b.audience - a.audience)
    .map(group => [
      { text: group.name, href: boardAddress(number, group.code), hint: group.code ?? undefined },
      group.audience,
      answeredIn(group),
      percent(answeredIn(group) / group.audience),
      { number: group.silent, ...(group.silent === 0 ? {} : { href: `${boardAddress(number, group.code)}&stage=silent` }) },
      { number: group.unreachable, ...(group.unreachable === 0 ? {} : { href: `${boardAddress(number, group.code)}&stage=unreachable` }) },
      { text: '', bar: segments(group) },
    ])
}
