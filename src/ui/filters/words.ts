const thousands = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 2 })
const pluralRules = new Intl.PluralRules('en-GB')

/** `14,357`. Nothing is shown as an empty text: zero and unknown are different. */
export function number(value: number | bigint | string | null | undefined): string {
  if (value === null || value === undefined || value === '') return ''
  return thousands.format(typeof value === 'string' ? Number(value) : value)
}

/**
 * A part of a whole as `16%`. Never rounds a part up to the whole or down to none: 0.2 % is "under 1%", 99.8 % is "over 99%".
 * Nothing of nothing is an empty text, for there is no share to speak of.
 */
export function percent(part: number | null | undefined, whole: number): string {
  if (part === null || part === undefined || whole === 0) return ''
  const share = (part / whole) * 100
  if (share > 0 && share < 1) return 'under 1%'
  if (share > 99 && share < 100) return 'over 99%'
  return `${Math.round(share)}%`
}

/** `1 organisation`, `2,000 organisations`; the plural is given where it is not the word with an s. */
export function plural(count: number | null | undefined, one: string, many = `${one}s`): string {
  if (count === null || count === undefined) return ''
  return `${number(count)} ${pluralRules.select(count) === 'one' ? one : many}`
}

/** A stored word as a reader sees it: `not-applicable` gives `Not applicable`. */
export function sentence(word: string | null | undefined): string {
  if (word === null || word === undefined) return ''
  const text = word.replaceAll(/[-_]+/g, ' ').trim()
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** JSON that can stand in a data attribute or a page's text; the template escapes it. */
export function json(value: unknown): string {
  return JSON.stringify(value) ?? 'null'
}
