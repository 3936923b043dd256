import type { Column } from './models.ts'

/** What an address may carry after the `?`. Empty, `null` and `undefined` values leave the key out. */
export type Query = Readonly<Record<string, string | readonly string[] | null | undefined>>

/** The path with this query, keys in the order given. Used so that a list's search, filters and sort survive in its address. */
export function withQuery(path: string, query: Query, changes: Query = {}): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries({ ...query, ...changes })) {
    const values = typeof value === 'string' ? [value] : (value ?? [])
    for (const one of values) if (one !== '') search.append(key, one)
  }
  const text = search.toString()
  return text === '' ? path : `${path}?${text}`
}

/**
 * A column whose heading sorts. The sort stands in the address as `sort=name`, or `sort=-name` for descending; choosing a
 * heading again turns it round, and goes back to the first page.
 */
export function sortColumn(column: Column, name: string, path: string, query: Query): Column {
  const current = query['sort'] ?? ''
  const isUp = current === name
  const sort = isUp ? 'ascending' : current === `-${name}` ? 'descending' : 'none'
  return { ...column, sort, href: withQuery(path, query, { sort: isUp ? `-${name}` : name, cursor: null }) }
}
