import { sql } from 'kysely'
import type { Id } from '../../../../kernel/id.ts'
import { nameKey } from '../../../../kernel/name-key.ts'
import type { Reader } from '../../../../platform/work/read.ts'
import type { Visible } from '../../tables.ts'

export interface NamedOrganisation {
  readonly id: Id<'organisation'>
  readonly code: string
  readonly name: string
}

export interface RecognisedOrganisation extends NamedOrganisation {
  readonly how: 'code' | 'name'
}

/** Fewer letters than these in common with one name only is chance. */
const SHORTEST_PART = 8
const MOST_WORDS = 12

/**
 * Which organisation is meant by what somebody typed: an ODS code, a name, a name with its code, or a part of a name that only one open organisation has.
 * `null` when it is none, or could be several: then a person decides.
 */
export async function recogniseOrganisation(db: Reader<Visible>, typed: string): Promise<RecognisedOrganisation | null> {
  const code = typed.replace(/\s+/g, '').toUpperCase()
  const key = nameKey(typed)
  if (key === '') return null
  const asCode = /^[A-Z0-9]{2,12}$/.test(code) ? await byCodes(db, [code]) : []
  if (asCode.length === 1) return found(asCode, 'code')
  const asName = await byName(db, key)
  if (asName.length === 1) return found(asName, 'name')
  // "St Mary's Hospital (RJ1)": a code has a digit, or stands in brackets.
  const inside = [...typed.matchAll(/\b(?=\w*\d)[A-Za-z0-9]{3,8}\b|(?<=[([])[A-Za-z0-9]{2,8}(?=[)\]])/g)].map(([word]) => word.toUpperCase())
  const coded = inside.length === 0 ? [] : await byCodes(db, [...new Set(inside)])
  if (coded.length === 1) return found(coded, 'code')
  if (asName.length > 1 || key.length < SHORTEST_PART) return null
  return found(await byWords(db, key, 2), 'name')
}

/** The organisations that may be meant, for a person to choose from. */
export async function candidates(db: Reader<Visible>, typed: string, limit: number): Promise<readonly NamedOrganisation[]> {
  const key = nameKey(typed)
  if (key.length < 3) return []
  const all = await byWords(db, key, limit)
  // Where nothing has every word, the longest word is the one that tells most.
  const longest = key.split(' ').toSorted((a, b) => b.length - a.length)[0] ?? ''
  return all.length > 0 || longest.length < 4 ? all : byWords(db, longest, limit)
}

function found(rows: readonly NamedOrganisation[], how: 'code' | 'name'): RecognisedOrganisation | null {
  const [only] = rows
  return only === undefined || rows.length > 1 ? null : { ...only, how }
}

function open(db: Reader<Visible>) {
  return db.selectFrom('directory_organisation').select(['id', 'code', 'name']).where('status', '=', 'open').$castTo<NamedOrganisation>()
}

function byCodes(db: Reader<Visible>, codes: readonly string[]) {
  return open(db)
    .where('code', '=', sql<string>`any(${codes}::text[])`)
    .limit(2)
    .execute()
}

function byName(db: Reader<Visible>, key: string) {
  return open(db).where('name_key', '=', key).limit(2).execute()
}

function byWords(db: Reader<Visible>, key: string, limit: number) {
  let query = open(db)
  for (const word of key.split(' ').slice(0, MOST_WORDS)) query = query.where('name_key', 'like', `%${word.replace(/[\\%_]/g, '\\$&')}%`)
  return query.orderBy('name_key').orderBy('id').limit(limit).execute()
}
