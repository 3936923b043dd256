/**
 * Whether two words are one, misspelt: how many slips (a letter wrong, too many or too few, two letters swapped: the restricted
 * Damerau-Levenshtein distance) are borne depends on the length, since a slip in a short word makes another word.
 */
const ONE_SLIP_FROM = 5
const TWO_SLIPS_FROM = 9
/** By more letters than these no two spellings of one word differ in length. */
const MOST_APART = 4

/** The words are lower case. Who misspells seldom misses the first letter, and products of one maker often differ in it alone: it must be right. */
export function isMisspelling(a: string, b: string): boolean {
  if (a === b) return true
  if (a[0] !== b[0] || Math.abs(a.length - b.length) > MOST_APART) return false
  const [left, right] = [foldSpelling(a), foldSpelling(b)]
  if (left === right) return true
  const [shorter, longer] = [Math.min(a.length, b.length), Math.max(a.length, b.length)]
  const borne = shorter >= TWO_SLIPS_FROM || longer > TWO_SLIPS_FROM ? 2 : longer >= ONE_SLIP_FROM ? 1 : 0
  if (borne === 0 || longer - shorter > borne) return false
  const slips = Math.min(distance(a, b, borne), distance(left, right, borne))
  return slips <= borne
}

/** British and American spelling, and what is doubled or not, come out alike: haemodialysis and hemodialysis, centre and center. */
export function foldSpelling(word: string): string {
  if (!FOLDED.test(word)) return word
  return word
    .replace(/[ao]e/g, 'e')
    .replace(/our$/, 'or')
    .replace(/([bt])re$/, '$1er')
    .replace(/ph/g, 'f')
    .replace(/([a-z])\1+/g, '$1')
}

const FOLDED = /[ao]e|our$|[bt]re$|ph|([a-z])\1/

/** The distance, or a number above `most` when it is above that. */
function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row]
    let least = row
    for (let column = 1; column <= b.length; column += 1) {
      const isSame = a[row - 1] === b[column - 1]
      let cost = Math.min((last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1, (last[column - 1] ?? 0) + (isSame ? 0 : 1))
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        cost = Math.min(cost, (beforeLast[column - 2] ?? 0) + 1)
      current.push(cost)
      least = Math.min(least, cost)
    }
    if (least > most) return most + 1
    beforeLast = last
    last = current
  }
  return last[b.length] ?? most + 1
}

/**
 * Keys of which two words share at least one when they are one word misspelt: the word and each of its forms with one letter left out,
 * and for long words their beginning and their end too, since two slips seldom touch both.
 */
export function spellingKeys(word: string): readonly string[] {
  return [...new Set([word, foldSpelling(word)].flatMap(keysOfSpelling))]
}

function keysOfSpelling(word: string): readonly string[] {
  if (word.length < ONE_SLIP_FROM - 1) return [word]
  const shorter = Array.from(word, (_, index) => word.slice(0, index) + word.slice(index + 1))
  const ends = word.length < TWO_SLIPS_FROM - 1 ? [] : [`${word.slice(0, 5)}…`, `…${word.slice(-5)}`]
  return [word, ...shorter, ...ends]
}
