/**
 * Spells out what is written as mathematics does, so that the reader of words understands it: intervals in brackets (`[1.0, 2.0)`,
 * https://maven.apache.org/pom.html#dependency-version-requirement-specification), a version between two comparators (`1.0 <= x < 2.0`), a span
 * without blanks (`2.0-2.5`) and open digits (`4.4.5xx`). Expects lower case; what it does not know stays as it is.
 */
export function spellOut(text: string): string {
  return openDigits(
    intervals(text)
      .replace(
        BOUND_IN_FRONT,
        (_, version: string, sign: string) => `${sign.startsWith('<') || sign === '≤' ? '>' : '<'}${/[=≤≥]/.test(sign) ? '=' : ''} ${version} `,
      )
      .replace(LONG_DASH, ' - ')
      .replace(SPAN, (span, from: string, to: string) => (isSpan(from, to) ? `${from} - ${to}` : span)),
  )
}

/** `1.0 <= version <`: what follows is the other bound. */
const BOUND_IN_FRONT = /(?<![\w.-])(v?\d[\w.-]*)\s*(<=|=<|≤|<|>=|=>|≥|>)\s*(?:x|n|v|ver\.?|versions?)?\s*(?=<|≤|>|≥)/g
const LONG_DASH = /(?<=\d)\s*[–—]\s*(?=v?\d)/g
const SPAN = /(?<![\w.-])(v?\d+(?:\.\d+)+)-(v?\d+(?:\.\d+)+)(?![\w.-])/g

/** Both have as many parts, and the second is newer: `5.4.0-42.46` is one version. */
function isSpan(from: string, to: string): boolean {
  const [left, right] = [from, to].map(version => version.replace(/^v/, '').split('.').map(Number))
  if (left === undefined || right === undefined || left.length !== right.length) return false
  const first = left.findIndex((part, index) => part !== right[index])
  return first !== -1 && (left[first] ?? 0) < (right[first] ?? 0)
}

const INTERVAL = /([[(])\s*(v?\d[^\s,[\]()<>]*|)\s*,\s*(v?\d[^\s,[\]()<>]*|)\s*([\])])/g
/** Round brackets on both sides of two versions may be a list as well. */
const IS_SURE = /^\s*(?:[[(]\s*[^,[\]()]*,[^,[\]()]*\]|\[[^,[\]()]*,[^,[\]()]*\)|\(\s*,[^,[\]()]*\)|\([^,[\]()]*,\s*\))/

function intervals(text: string): string {
  return text.replace(INTERVAL, (found, open: string, from: string, to: string, close: string) => {
    if (!IS_SURE.test(found) || from + to === '') return found
    const lower = from === '' ? '' : `>${open === '[' ? '=' : ''} ${from}`
    const upper = to === '' ? '' : `<${close === ']' ? '=' : ''} ${to}`
    return ` ${lower} ${upper} `
  })
}

/** The series that the digits stand for: `4.4.5xx` is 4.4.500 to 4.4.599. */
function openDigits(text: string): string {
  const { before, digits, open } = /^(?:versions?\s+)?v?(?<before>(?:\d+\.)*)(?<digits>\d+)(?<open>x{1,3})(?:\.x+)*$/.exec(text.trim())?.groups ?? {}
  if (before === undefined || digits === undefined || open === undefined) return text
  return `>= ${before}${digits}${'0'.repeat(open.length)} <= ${before}${digits}${'9'.repeat(open.length)}.x`
}
