import { Invalid } from '../../kernel/errors.ts'
import { isCursor, type PageRequest } from '../../kernel/page.ts'
import type { CommandOption } from './command.ts'

const MOST_ROWS = 500

/** How many rows a list gives where nobody says. */
const ROWS = 50

/** The options by which a list is read page by page. */
export function pagingOptions(otherwise = ROWS): readonly CommandOption[] {
  return [
    { flags: '--limit <number>', meaning: `how many, 1 to ${MOST_ROWS} (${otherwise})` },
    { flags: '--cursor <cursor>', meaning: 'what the list before gave, for the rows after' },
  ]
}

/** The page that these options ask for. Throws `Invalid` for a limit out of bounds, and for a cursor that no list gave: a script would begin anew for ever. */
export function pageFrom(options: Readonly<Record<string, unknown>>, otherwise = ROWS): PageRequest {
  const limit = Number(options['limit'] ?? otherwise)
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_ROWS)
    throw new Invalid('platform.list.limit', `The limit must be a whole number from 1 to ${MOST_ROWS}.`)
  // An empty one is what a script holds before its first page.
  const cursor = options['cursor'] === '' ? null : (options['cursor'] ?? null)
  if (cursor !== null && !(typeof cursor === 'string' && isCursor(cursor)))
    throw new Invalid('platform.list.cursor', 'That is no cursor. Give what the list before said after --cursor, or leave it out to begin.')
  return { limit, cursor }
}
