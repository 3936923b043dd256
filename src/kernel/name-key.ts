/**
 * The key under which a maker's or product's name is compared: tolerant of case, accents, punctuation and company
 * suffixes ("B. Braun Melsungen AG" and "b braun melsungen" are one). Words stay in order and are joined by one space.
 *
 * Suffixes are dropped from the end only, and never the whole name: "SA" alone stays "sa".
 */
export function nameKey(name: string): string {
  const words = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/&/g, ' and ')
    .split(/[^\p{L}\p{N}+]+/u)
    .filter(word => word !== '')
  while (words.length > 1 && COMPANY_SUFFIXES.has(words.at(-1) ?? '')) words.pop()
  return words.join(' ')
}

/** Legal forms, and the words that makers add to or leave off their names at will. */
const COMPANY_SUFFIXES: ReadonlySet<string> = new Set(
  (
    'ltd limited plc llp llc inc incorporated corp corporation co company group holding holdings ' +
    'gmbh ag kg kgaa se sa sas sarl srl spa bv nv ab as oy oyj aps kk pty pte international and'
  ).split(' '),
)
