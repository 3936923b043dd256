/**
 * Text from outside, made fit to store and to show: no NUL or other control characters (PostgreSQL takes no NUL in `text` or
 * `jsonb`), no half of a surrogate pair (nor those), and no characters that turn the reading direction of what follows
 * (Unicode TR36: they make a name read as another). Line ends become `\n`; the text is trimmed.
 */
export function cleanText(text: string): string {
  return text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/[\p{Cc}--[\n\t]]|[\u202A-\u202E\u2066-\u2069\uFEFF]/gv, '')
    .trim()
}

/** As `cleanText`, on one line: for names, titles and codes. Runs of blanks become one. */
export function cleanLine(text: string): string {
  return cleanText(text.replace(/\s+/g, ' ')).replace(/ +/g, ' ')
}

/** The text cut to so many characters, with an ellipsis where it was cut; never inside a surrogate pair. */
export function shorten(text: string, length: number): string {
  return text.length <= length
    ? text
    : `${text
        .slice(0, length - 1)
        .toWellFormed()
        .replace(/\uFFFD$/, '')
        .trimEnd()}…`
}

/** What was sent as a text; empty for what was not sent, or is a list or something else. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The same of one field of a form. */
export function textOf(typed: Readonly<Record<string, unknown>>, name: string): string {
  return asText(typed[name])
}
