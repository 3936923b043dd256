import { spells } from './read-product.ts'
import { foldSpelling, isMisspelling } from './spelling.ts'
import { abbreviates, commonness, singular } from './vocabulary.ts'
import { isSameModel, type Word } from './words.ts'

/** Two names laid side by side. */
export interface Alignment {
  /** For each word, whether the other name says it too. */
  readonly left: readonly boolean[]
  readonly right: readonly boolean[]
  /** Words that are one though spelt otherwise, as written on either side. */
  readonly respelt: readonly (readonly [string, string])[]
}

/**
 * Finds which words of two names say the same, whatever their order: equal, spelt otherwise, written together, abbreviated or as
 * initials (where the maker or a name is the same). A word may answer several times; a model only to the same model.
 */
export function align(left: readonly Word[], right: readonly Word[], isSameMaker: boolean): Alignment {
  const [onLeft, onRight] = [left.map(() => false), right.map(() => false)]
  const respelt: (readonly [string, string])[] = []
  const mark = (leftAt: readonly number[], rightAt: readonly number[], isRespelt: boolean) => {
    for (const index of leftAt) onLeft[index] = true
    for (const index of rightAt) onRight[index] = true
    if (isRespelt) respelt.push([leftAt.map(index => left[index]?.text).join(' '), rightAt.map(index => right[index]?.text).join(' ')])
  }
  const eachPair = (isOne: (a: Word, b: Word) => boolean, isRespelt: boolean) => {
    for (const [at, a] of left.entries())
      for (const [index, b] of right.entries())
        if ((isRespelt ? !onLeft[at] && !onRight[index] : !onLeft[at] || !onRight[index]) && isOne(a, b)) mark([at], [index], isRespelt)
  }

  eachPair(isEqual, false)
  for (const [at, a] of left.entries())
    for (const [index, b] of right.entries()) {
      if (a.stem === b.text) mark([], [index], false)
      if (b.stem === a.text) mark([at], [], false)
    }
  markGroups(left, onLeft)
  markGroups(right, onRight)
  joinRuns(left, onLeft, right, onRight, (run, at) => mark(run, [at], false))
  joinRuns(right, onRight, left, onLeft, (run, at) => mark([at], run, false))
  markGroups(left, onLeft)
  markGroups(right, onRight)
  eachPair((a, b) => isWordy(a) && isWordy(b) && isMisspelling(a.text, b.text), true)
  eachPair((a, b) => isAbbreviation(a, b) || isAbbreviation(b, a), true)
  if (isSameMaker || left.some((word, index) => onLeft[index] === true && word.kind === 'name')) {
    spellOut(left, onLeft, right, onRight, (at, run) => mark([at], run, true))
    spellOut(right, onRight, left, onLeft, (at, run) => mark(run, [at], true))
  }
  return { left: onLeft, right: onRight, respelt }
}

function isEqual(a: Word, b: Word): boolean {
  if (a.kind === 'model' || b.kind === 'model') return a.kind === b.kind && isSameModel(a.text, b.text)
  return a.text === b.text || (a.text.length > 3 && b.text.length > 3 && foldSpelling(singular(a.text)) === foldSpelling(singular(b.text)))
}

/** Of alternatives, one is enough. */
function markGroups(words: readonly Word[], marked: boolean[]): void {
  const answered = new Set(words.filter((_, index) => marked[index]).map(word => word.group))
  for (const [index, word] of words.entries()) if (word.kind === 'model' && answered.has(word.group)) marked[index] = true
}

const LONGEST_RUN = 4

/** "Page Writer" and "PageWriter", "MX 40" and "MX40": words in a row that are one word on the other side. */
function joinRuns(
  runs: readonly Word[],
  marked: readonly boolean[],
  singles: readonly Word[],
  singleMarked: readonly boolean[],
  found: (run: readonly number[], at: number) => void,
): void {
  for (const [at, single] of singles.entries()) {
    if (singleMarked[at]) continue
    const run = Array.from(runs, (_, first) => runsFrom(first, runs.length))
      .flat()
      .find(some => some.some(index => marked[index] !== true) && isJoined(some.map(index => runs[index]?.text ?? '').join(''), single))
    if (run !== undefined) found(run, at)
  }
}

/** The stretches of two and more words that begin here. */
function runsFrom(first: number, length: number): readonly (readonly number[])[] {
  const longest = Math.min(LONGEST_RUN, length - first)
  return Array.from({ length: Math.max(0, longest - 1) }, (_, more) => Array.from({ length: more + 2 }, (_, index) => first + index))
}

function isJoined(text: string, single: Word): boolean {
  return text === single.text || (single.kind === 'model' && isSameModel(text, single.text))
}

function isWordy(word: Word): boolean {
  return word.kind !== 'model' && word.kind !== 'short'
}

function isAbbreviation(short: Word, long: Word): boolean {
  return short.kind !== 'model' && commonness(long.text) !== undefined && abbreviates(short.text, long.text)
}

/** Initials on one side, the words in a row on the other: `PCU` and "PC unit". */
function spellOut(
  shorts: readonly Word[],
  shortMarked: readonly boolean[],
  words: readonly Word[],
  marked: readonly boolean[],
  found: (at: number, run: readonly number[]) => void,
): void {
  for (const [at, short] of shorts.entries()) {
    if (shortMarked[at] || short.kind === 'model' || short.text.length < 3 || short.text.length > 6) continue
    const run = runSpelling(short.text, words, marked)
    if (run !== undefined) found(at, run)
  }
}

function runSpelling(letters: string, words: readonly Word[], marked: readonly boolean[]): readonly number[] | undefined {
  for (let first = 0; first < words.length; first += 1)
    for (let end = first + 2; end <= Math.min(words.length, first + letters.length); end += 1) {
      const run = Array.from({ length: end - first }, (_, index) => first + index)
      if (run.some(index => marked[index] || words[index]?.kind === 'model')) break
      if (
        spells(
          letters,
          run.map(index => words[index]?.text ?? ''),
        )
      )
        return run
    }
  return undefined
}
