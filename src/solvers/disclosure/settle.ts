import type { Piece } from './parts.ts'

/** Pieces that the cells under consideration do not tell apart. */
export interface Merged {
  readonly cells: readonly string[]
  readonly pieces: readonly Piece[]
  readonly size: number
}

/** What is asked of the merged pieces, and what may be dropped so that it holds. */
export interface Settling {
  readonly pieces: readonly Piece[]
  /** The cells of earlier releases that count. */
  readonly isEarlier: (cell: string) => boolean
  /** Cohorts of this release that may be shown, with their sizes. */
  readonly sizes: ReadonlyMap<string, number>
  isSafe(merged: Merged): boolean
}

/**
 * Drops cohorts until every merged piece is safe, and gives those that remain. Drops what joins an unsafe piece to another at the least loss: the smallest
 * cohort that alone keeps the two apart; else the smallest that it lies in; else the smallest that splits what was one before. With nothing left to
 * drop, what was released before stands alone, and that was safe.
 */
export function settle({ pieces, isEarlier, sizes, isSafe }: Settling, start: Iterable<string>): Set<string> {
  const kept = new Set(start)
  while (kept.size > 0) {
    const merged = mergePieces(pieces, isEarlier, kept)
    const unsafe = [...merged.values()].find(one => one.cells.length > 0 && !isSafe(one))
    if (unsafe === undefined) break
    const bySize = [...kept].toSorted((a, b) => (sizes.get(a) ?? 0) - (sizes.get(b) ?? 0) || (a < b ? -1 : 1))
    const joins = (cohort: string) => {
      const cells = toggled(unsafe.cells, cohort)
      return cells.length === 0 || merged.has(cells.join('\n'))
    }
    const earlier = unsafe.cells.filter(isEarlier).join('\n')
    const splits = new Set(
      [...merged.values()].flatMap(one => (one.cells.filter(isEarlier).join('\n') === earlier ? one.cells.filter(cell => kept.has(cell)) : [])),
    )
    const dropped =
      bySize.find(joins) ?? bySize.find(cohort => unsafe.cells.includes(cohort)) ?? bySize.find(cohort => splits.has(cohort)) ?? bySize[0]
    if (dropped === undefined) break
    kept.delete(dropped)
  }
  return kept
}

/** The pieces by the cells that they are in, of those that count. */
export function mergePieces(pieces: readonly Piece[], isEarlier: (cell: string) => boolean, kept: ReadonlySet<string>): ReadonlyMap<string, Merged> {
  const merged = new Map<string, { cells: readonly string[]; pieces: Piece[]; size: number }>()
  for (const piece of pieces) {
    const cells = [...piece.inside.filter(isEarlier), ...piece.cohorts.filter(cohort => kept.has(cohort))].toSorted()
    const label = cells.join('\n')
    const found = merged.get(label)
    if (found === undefined) merged.set(label, { cells, pieces: [piece], size: piece.members.length })
    else {
      found.pieces.push(piece)
      found.size += piece.members.length
    }
  }
  return merged
}

function toggled(cells: readonly string[], cohort: string): readonly string[] {
  return cells.includes(cohort) ? cells.filter(cell => cell !== cohort) : [...cells, cohort].toSorted()
}
