import type { FrameworkDocument, FrameworkIndicator } from '../../../kernel/framework.ts'

/** How two transcriptions of one framework agree. A line lost in one of them can flatter a result. */
export interface Comparison {
  /** Outcomes and indicators that both have. */
  readonly outcomes: number
  readonly indicators: number
  /** By list: how many indicators both have in it, which of them in other words, and which only one has. */
  readonly lists: readonly {
    readonly level: string
    readonly both: number
    /** Those of both that say other words. */
    readonly otherWords: readonly string[]
    readonly onlyFirst: readonly string[]
    readonly onlySecond: readonly string[]
  }[]
  readonly outcomesOnlyFirst: readonly string[]
  readonly outcomesOnlySecond: readonly string[]
  /** The same code under another title. */
  readonly titles: readonly { readonly code: string; readonly first: string; readonly second: string }[]
}

/** Compares them by the publisher's own numbers of the indicators (`reference`, such as `A1.a.NA.1`) where there are any, else by code. */
export function compareFrameworks(first: FrameworkDocument, second: FrameworkDocument): Comparison {
  const [ours, theirs] = [outcomesOf(first), outcomesOf(second)]
  const [mine, yours] = [byReference(first), byReference(second)]
  const levels = [...new Set([...first.levels, ...second.levels].map(level => level.code))]
  const lists = levels.map(level => {
    const inFirst = [...mine].filter(([, one]) => one.level === level)
    const inSecond = [...yours].filter(([, one]) => one.level === level)
    const both = inFirst.filter(([name]) => yours.get(name)?.level === level)
    return {
      level,
      both: both.length,
      otherWords: both.filter(([name, one]) => words(one.text) !== words(yours.get(name)?.text ?? '')).map(([name]) => name),
      onlyFirst: inFirst.filter(([name]) => !yours.has(name)).map(([name]) => name),
      onlySecond: inSecond.filter(([name]) => !mine.has(name)).map(([name]) => name),
    }
  })
  return {
    outcomes: [...ours.keys()].filter(code => theirs.has(code)).length,
    indicators: [...mine.keys()].filter(name => yours.has(name)).length,
    lists,
    outcomesOnlyFirst: [...ours.keys()].filter(code => !theirs.has(code)),
    outcomesOnlySecond: [...theirs.keys()].filter(code => !ours.has(code)),
    titles: [...ours].flatMap(([code, title]) => {
      const other = theirs.get(code)
      return other === undefined || words(other) === words(title) ? [] : [{ code, first: title, second: other }]
    }),
  }
}

/** The comparison in sentences; those that tell of a difference come first. */
export function comparisonSentences(comparison: Comparison): readonly string[] {
  const listed = (codes: readonly string[]): string =>
    codes.length > 12 ? `${codes.slice(0, 12).join(', ')} and ${codes.length - 12} more` : codes.join(', ')
  const lines: string[] = []
  if (comparison.outcomesOnlyFirst.length > 0) lines.push(`Outcomes that only the first has: ${listed(comparison.outcomesOnlyFirst)}.`)
  if (comparison.outcomesOnlySecond.length > 0) lines.push(`Outcomes that only the second has: ${listed(comparison.outcomesOnlySecond)}.`)
  for (const { code, first, second } of comparison.titles) lines.push(`${code} is "${first}" in the first and "${second}" in the second.`)
  for (const { level, onlyFirst, onlySecond } of comparison.lists) {
    if (onlyFirst.length > 0) lines.push(`Of the list ${level}, only the first has ${onlyFirst.length}: ${listed(onlyFirst)}.`)
    if (onlySecond.length > 0) lines.push(`Of the list ${level}, only the second has ${onlySecond.length}: ${listed(onlySecond)}.`)
  }
  for (const { level, both, otherWords } of comparison.lists)
    if (both > 0)
      lines.push(
        `Of the list ${level}, both have ${both}; ${otherWords.length === 0 ? 'all with the same words' : `in other words: ${listed(otherWords)}`}.`,
      )
  return lines
}

function outcomesOf(framework: FrameworkDocument): ReadonlyMap<string, string> {
  return new Map(framework.nodes.filter(node => node.kind === 'outcome').map(node => [node.code, node.title]))
}

function byReference(framework: FrameworkDocument): ReadonlyMap<string, FrameworkIndicator> {
  return new Map(framework.indicators.map(indicator => [indicator.reference || indicator.code, indicator]))
}

/** Punctuation, capitals and line breaks are how people copy, not what a text says. */
function words(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^\p{Letter}\p{Number}]+/gu, ' ')
    .trim()
}
