import { parseInstant, ZONE } from '../../../kernel/instant.ts'
import { CONFIDENCE_WORDS, severityLabel, type BulletinContent } from './model.ts'

/** One field that two versions say differently, each as a reader would see it; empty where it says nothing. */
export interface FieldDifference {
  readonly field: string
  readonly before: string
  readonly after: string
}

/** How each field reads as one text, in the order of the page. */
const FIELDS: readonly (readonly [string, (content: BulletinContent) => string])[] = [
  ['Title', content => content.title],
  ['Severity', content => severityLabel(content.severity)],
  ['TLP label', content => `TLP:${content.tlp}`],
  ['Sharing group', content => content.sharingGroup?.name ?? ''],
  ['Threat type', content => content.threatType],
  ['Categories', content => content.categories.join(', ')],
  ['Threat vectors', content => content.threatVectors.join(', ')],
  ['In one sentence', content => content.shortSummary],
  ['Summary', content => content.summary],
  ['How sure', content => CONFIDENCE_WORDS[content.confidence]],
  [
    'Affected platforms',
    content =>
      content.platforms
        .map(({ platform, versions, text }) => [platform, versions.join(', '), text].filter(part => part !== '').join(': '))
        .join('\n'),
  ],
  ['Threat details', content => content.threatDetails],
  ['Advice before the steps', content => content.remediationIntro],
  ['Steps', content => content.steps.map(({ type, text, link }, at) => `${at + 1}. ${type}: ${text}${link === '' ? '' : ` (${link})`}`).join('\n')],
  ['What stays safe to use', content => content.safeToUse],
  ['Indicators of compromise', content => content.indicators],
  ['The same at the NCSC', content => content.ncscLink],
  ['Definitive sources', content => content.sources.join('\n')],
  ['CVEs', content => content.cves.join(', ')],
  ['Answer by', content => timeWords(content.respondBy)],
  ['What it means for care', content => content.clinicalImpact ?? ''],
  ['For the board', content => content.boardWords ?? ''],
  ['What is new', content => newsWords(content)],
]

/** The fields that differ, in the order of the page. Empty when both say the same. */
export function differenceOf(before: BulletinContent, after: BulletinContent): readonly FieldDifference[] {
  return FIELDS.map(([field, read]) => ({ field, before: read(before), after: read(after) })).filter(row => row.before !== row.after)
}

/** Longer than this, a value is not repeated whole in a sentence. */
const SHORT = 160

/** What changed in one field, as one would say it. */
export interface ChangeInWords {
  readonly field: string
  readonly sentences: readonly string[]
}

/**
 * What changed from one version to the next, in words for each field: a short value by what it was and is, a longer one by the lines that
 * came and went, and of a line that stayed by the words that changed. What is said to be new is left out: it stands above the changes.
 */
export function changesInWords(before: BulletinContent, after: BulletinContent): readonly ChangeInWords[] {
  return differenceOf(before, after).flatMap(row => (row.field === 'What is new' ? [] : [{ field: row.field, sentences: sentencesOf(row) }]))
}

function sentencesOf({ before, after }: FieldDifference): readonly string[] {
  if (before === '' && isShort(after)) return [`Added: ${after}`]
  if (after === '' && isShort(before)) return [`Removed: ${before}`]
  if (isShort(before) && isShort(after)) return [`Was: ${before}`, `Now: ${after}`]
  const [old, young] = [linesOf(before), linesOf(after)]
  const [known, kept] = [new Set(old), new Set(young)]
  const added = young.filter(line => !known.has(line))
  const removed = old.filter(line => !kept.has(line))
  if (added.length + removed.length === 0) return ['The same lines in another order']
  // Where nearly all is new, nothing is to be found again.
  if (removed.length * added.length > MOST_PAIRS) return [...removed.map(line => `Removed: ${line}`), ...added.map(line => `Added: ${line}`)]
  const changed = removed.flatMap(line => {
    const [closest] = added.flatMap((other, at) => {
      const words = wordsThatDiffer(line, other)
      return words === undefined ? [] : [{ at, words }]
    })
    if (closest === undefined) return [`Removed: ${line}`]
    added.splice(closest.at, 1)
    return closest.words
  })
  return [...changed, ...added.map(line => `Added: ${line}`)]
}

/** So many lines are held against each other to find those that stayed. */
const MOST_PAIRS = 2_500

/** So many words are shown on each side of those that changed. */
const AROUND = 6

/** What a line was and is, as far as its words changed, with a few around them; `undefined` where the two have less than half in common. */
function wordsThatDiffer(before: string, after: string): readonly [string, string] | undefined {
  const [old, young] = [before.split(' '), after.split(' ')]
  const shorter = Math.min(old.length, young.length)
  let head = 0
  while (head < shorter && old[head] === young[head]) head += 1
  let tail = 0
  while (tail < shorter - head && old.at(-1 - tail) === young.at(-1 - tail)) tail += 1
  if (head + tail < Math.max(old.length, young.length) / 2) return undefined
  const shown = (words: readonly string[]) =>
    [
      ...(head > AROUND ? ['…'] : []),
      ...words.slice(Math.max(head - AROUND, 0), words.length - Math.max(tail - AROUND, 0)),
      ...(tail > AROUND ? ['…'] : []),
    ].join(' ')
  return [`Was: ${shown(old)}`, `Now: ${shown(young)}`]
}

function isShort(value: string): boolean {
  return value.length <= SHORT && !value.includes('\n')
}

function linesOf(value: string): readonly string[] {
  return value
    .split('\n')
    .map(line => line.trim())
    .filter(line => line !== '')
}

function newsWords({ news }: BulletinContent): string {
  if (news === undefined) return ''
  const told = news.isMaterial ? 'Readers are told again.' : 'Nobody is told again.'
  return [news.title, news.body, told, ...(news.asksAgain ? ['Those who answered are asked to answer again.'] : [])]
    .filter(part => part !== '')
    .join('\n')
}

const longTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: ZONE })

function timeWords(respondBy: string | null): string {
  const at = respondBy === null ? undefined : parseInstant(respondBy)
  return at === undefined ? 'By the policy' : longTime.format(at)
}
