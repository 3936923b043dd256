/** What stands before a version number of four parts. */
const BEFORE =
  /(?:\b(?:v|ver|vers|version|versions|release|releases|build|firmware|fw|software|update|patch|hotfix|revision|rev|sp|prior to|earlier than|later than|older than|newer than|before|since|up to|fixed in|patched in|upgrade to|update to|section|clause|chapter|appendix)\.?|[<>]=?|§|≤|≥)\s{0,3}:?\s{0,3}$/i

/** What stands after one. */
const AFTER =
  /^\s{0,3}\(?(?:(?:and|or)\s{1,3}(?:all\s{1,3})?(?:earlier|later|prior|below|above|older|newer|before|lower|higher|previous)|(?:firmware|release|build|version)\b|[+x]\b)/i

/** What stands between two of one list or range. */
const BETWEEN = /^(?:\s|,|;|\/|&|-|–|\band\b|\bor\b|\bto\b|\bthrough\b|\buntil\b|\bversions?\b|[<>=])*$/i

/**
 * The numbers of four parts that are versions of something and not IPv4 addresses (`prior to 8.1.0.3`, `versions 7.0.0.1, 7.0.0.2 and
 * earlier`). A list or a range is judged as one: what is said of one of its members holds for all, and for the same number elsewhere.
 */
export function versionsAmong(text: string): ReadonlySet<string> {
  const versions = new Set<string>()
  let list: string[] = []
  let isVersion = false
  let end = 0
  const close = () => {
    if (isVersion) for (const number of list) versions.add(number)
    list = []
    isVersion = false
  }
  for (const { 0: number, index } of text.matchAll(FOUR_PARTS)) {
    const between = text.slice(end, index)
    if (list.length > 0 && !(between.length <= 30 && BETWEEN.test(between))) close()
    end = index + number.length
    list.push(number)
    isVersion ||= BEFORE.test(text.slice(Math.max(0, index - 20), index)) || AFTER.test(text.slice(end, end + 40))
  }
  close()
  return versions
}

const FOUR_PARTS = /(?<![\p{L}\p{N}_.-])\d{1,3}(?:\.\d{1,3}){3}(?![\p{N}_-])/gu
