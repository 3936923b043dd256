import { fail, succeed, type Result } from '../../kernel/problem.ts'
import type { NvdPaging } from './page.ts'

/** How far a conversation with the API has come: which page to ask for next. */
export interface NvdWalk {
  /** `startIndex` of the next request. `null` when all was seen. */
  readonly next: number | null
  /** As the last page said. */
  readonly total: number | null
  /** How often it went back. */
  readonly returns: number
}

export const NVD_WALK_START: NvdWalk = { next: 0, total: null, returns: 0 }

const MOST_RETURNS = 50

/**
 * Takes the page that came for `walk.next`, and says which to ask for. The walk ends with the full set whatever happens meanwhile:
 * - the total grows: the last page seen decides how far to go. What comes in pushes others back at most, so some come twice;
 * - the total falls: as many at most have moved forward, past what was asked for, as have left. The walk goes back by as many.
 *
 * Fails with `nvd.page.unexpected` when it is not the page that was asked for, `nvd.page.empty` when it has nothing on it before the
 * end, and `nvd.page.unsettled` when it has gone back too often: keep what came, and walk again later.
 */
export function stepNvdWalk(walk: NvdWalk, page: NvdPaging): Result<NvdWalk> {
  if (page.startIndex !== walk.next)
    return refuse(
      'nvd.page.unexpected',
      `The NVD was asked for the vulnerabilities from ${walk.next ?? 'none'} on, and gave those from ${page.startIndex} on.`,
    )
  if (walk.total !== null && page.total < walk.total) {
    if (walk.returns >= MOST_RETURNS)
      return refuse(
        'nvd.page.unsettled',
        'The answer of the NVD kept changing while its pages were read, so some vulnerabilities may be missing. Try again later.',
      )
    const left = walk.total - page.total
    return succeed({ next: Math.max(0, page.startIndex - left), total: page.total, returns: walk.returns + 1 })
  }
  const seen = page.startIndex + page.count
  if (page.count === 0 && seen < page.total)
    return refuse('nvd.page.empty', `The NVD gave an empty page from ${page.startIndex} on, and says that there are ${page.total}. Try again later.`)
  return succeed({ ...walk, next: seen < page.total ? seen : null, total: page.total })
}

function refuse(rule: string, message: string): Result<never> {
  return fail({ rule, pointer: '', severity: 'error', message })
}
