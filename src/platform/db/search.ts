import { sql, type RawBuilder } from 'kysely'

/** More words than these narrow nothing further that a person could mean. */
const MOST_WORDS = 10

/**
 * Whether each word of a search occurs somewhere in a text, whatever the case. Signs stand for themselves. A search without a word is
 * true of everything.
 */
export function holdsWords(text: RawBuilder<unknown>, search: string): RawBuilder<boolean> {
  const words = search
    .toLowerCase()
    .split(/\s+/)
    .filter(word => word !== '')
  if (words.length === 0) return sql<boolean>`true`
  const each = words.slice(0, MOST_WORDS).map(word => sql`lower(${text}) like ${holding(word)}`)
  return sql<boolean>`(${sql.join(each, sql` and `)})`
}

/** The pattern of `like` for texts that hold this one. */
export function holding(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`
}
