import { z } from 'zod'
import { firstLineOf } from '../../../codecs/markdown/first-line.ts'
import { addHours, londonDate, parseInstant, type Instant, type LocalDate } from '../../../kernel/instant.ts'
import type { Problem } from '../../../kernel/problem.ts'
import { cleanLine, cleanText, shorten } from '../../../kernel/text.ts'
import { TLP, type Tlp } from '../../../kernel/tlp.ts'
import { carriesContent } from '../clearance.ts'
import { GroupMark } from '../sharing-groups/model.ts'

/** `CC-5001`: `CC-`, then four to seven digits without a leading zero. Read in any case, always written in capitals. */
export type BulletinNumber = string & { readonly kind: 'BulletinNumber' }

const NUMBER = /^CC-([1-9]\d{3,6})$/i

/** The number that the database holds, from `CC-5001`. Gives `undefined` for anything else. */
export function parseBulletinNumber(text: string): number | undefined {
  const digits = NUMBER.exec(text.trim())?.[1]
  return digits === undefined ? undefined : Number(digits)
}

export function bulletinNumber(number: number): BulletinNumber {
  return `CC-${String(number).padStart(4, '0')}` as BulletinNumber
}

/** The severities of an NHS cyber alert, worst first; it has no "critical". */
export const SEVERITIES = ['high', 'medium', 'low', 'information'] as const
export type BulletinSeverity = (typeof SEVERITIES)[number]

const SEVERITY_LABELS: Readonly<Record<BulletinSeverity, string>> = { high: 'High', medium: 'Medium', low: 'Low', information: 'Information only' }

export function severityLabel(severity: BulletinSeverity): string {
  return SEVERITY_LABELS[severity]
}

export function isSeverity(text: string): text is BulletinSeverity {
  return SEVERITIES.some(known => known === text)
}

export const THREAT_TYPES = ['Attack methodology', 'Insecure software', 'Intelligence', 'Malware', 'Vulnerability'] as const
export const CATEGORIES = [
  'Adware',
  'Backdoor',
  'Botnet',
  'Browser-hijack',
  'Cryptocurrency',
  'DOS',
  'Exploit',
  'Loader',
  'Miner',
  'PUP/PUA',
  'Ransomware',
  'Rootkit',
  'Spyware',
  'Trojan',
  'Worm',
] as const
export const THREAT_VECTORS = [
  'Backdoor',
  'Download',
  'Drive by download',
  'Email',
  'Email spam',
  'Exploit',
  'Exploit kit',
  'Hacking tool',
  'Insecure network',
  'Macro',
  'Malvertising',
  'Phishing',
  'Physical',
  'Spear phishing',
  'Vulnerability',
  'Zero day',
] as const
export const STEP_TYPES = ['Patch', 'Guidance', 'Action', 'Aware'] as const
/** How sure the centre is of what it says. */
export const CONFIDENCES = ['confirmed', 'likely', 'possible', 'unknown'] as const
export type Confidence = (typeof CONFIDENCES)[number]

/** By when an answer is asked for where the author names no time: so many hours after release, for releases from that day on. */
export interface ResponseDeadline {
  readonly severity: BulletinSeverity
  readonly effectiveFrom: LocalDate
  readonly hours: number
}

const line = (longest: number, tooLong: string) => z.string().transform(cleanLine).pipe(z.string().max(longest, tooLong))
const text = (longest: number) =>
  z
    .string()
    .transform(cleanText)
    .pipe(z.string().max(longest, `Use ${longest.toLocaleString('en-GB')} characters or fewer`))
/** Absent where it says nothing, so that a version saved before the field was there keeps its hash. */
const optionalText = (longest: number) =>
  text(longest)
    .transform(typed => (typed === '' ? undefined : typed))
    .optional()
const address = line(2_000, 'Use an address of 2,000 characters or fewer').pipe(
  z.union([z.literal(''), z.url({ protocol: /^https?$/, error: 'Enter a web address that starts with https://' })]),
)

const Platform = z.strictObject({
  platform: line(300, 'Use 300 characters or fewer for the name of a platform').pipe(z.string().min(1, 'Enter the name of the platform')),
  /** Versions as the source writes them, free text each. */
  versions: z.array(line(300, 'Use 300 characters or fewer for a version')).max(100, 'Name 100 versions or fewer').default([]),
  text: text(4_000).default(''),
})

const Step = z.strictObject({
  type: z.enum(STEP_TYPES, 'Choose what kind of step it is'),
  /** Markdown. */
  text: text(8_000).pipe(z.string().min(1, 'Say what to do in this step')),
  link: address.default(''),
})

const News = z.strictObject({
  title: line(200, 'Use 200 characters or fewer to say what is new').pipe(z.string().min(1, 'Say in one line what is new')),
  /** Markdown. */
  body: text(20_000).default(''),
  /** Only a material change tells people again. */
  isMaterial: z.boolean('Choose whether it changes what people should do, or by when'),
  /** Whether those who answered before are asked to answer again. Their answers stand either way. */
  asksAgain: z.boolean().default(false),
})

/**
 * What one version of a bulletin says (the fields of an NHS cyber alert, domain facts §1.2). A draft may be half empty: what it
 * still lacks is found by `findingsOf`. Bodies are Markdown. `severity` and `tlp` are those of the version; after release the
 * newest of the dated history stands in `broadcast_bulletin.severity`.
 */
export const BulletinContent = z.strictObject({
  title: line(200, 'Use a title of 200 characters or fewer').pipe(z.string().min(1, 'Enter a title')),
  severity: z.enum(SEVERITIES, 'Choose a severity').default('medium'),
  tlp: z.enum(TLP, 'Choose a TLP label').default('CLEAR'),
  threatType: z.enum(THREAT_TYPES, 'Choose a threat type').default('Vulnerability'),
  categories: z.array(z.enum(CATEGORIES, 'Choose from the list of categories')).default([]),
  threatVectors: z.array(z.enum(THREAT_VECTORS, 'Choose from the list of threat vectors')).default([]),
  /** One plain sentence: what has happened. */
  shortSummary: line(300, 'Use 300 characters or fewer: one sentence that says what has happened').default(''),
  summary: text(20_000).default(''),
  platforms: z.array(Platform).max(200, 'Name 200 platforms or fewer').default([]),
  threatDetails: text(100_000).default(''),
  remediationIntro: text(20_000).default(''),
  steps: z.array(Step).max(100, 'Give 100 steps or fewer').default([]),
  /** Indicators of compromise. */
  indicators: text(100_000).default(''),
  ncscLink: address.default(''),
  sources: z.array(address).max(100, 'Name 100 sources or fewer').default([]),
  cves: z
    .array(z.string().regex(/^CVE-\d{4}-\d{4,19}$/, 'Write each CVE as CVE-2024-12345'))
    .max(1_000, 'Name 1,000 CVEs or fewer')
    .default([]),
  confidence: z.enum(CONFIDENCES, 'Choose how sure we are').default('unknown'),
  /** What stays safe to use, so that nobody disconnects what need not be. */
  safeToUse: text(4_000).default(''),
  /** An RFC 3339 time; `null` asks by the policy above, counted from the release. */
  respondBy: z.iso.datetime({ offset: true, error: 'Enter a date and time' }).nullable().default(null),
  /** What it means for care, for those who work on wards. Markdown. Absent: what can be said is taken from the rest. */
  clinicalImpact: optionalText(4_000),
  /** The board's lines, one on each line, five at most. Absent: taken from the rest. */
  boardWords: optionalText(1_500).refine(words => words === undefined || words.split('\n').length <= 5, 'Use five lines or fewer for the board'),
  /** The sharing group that it is for alone, among those whom the audience names. Absent: for all of them. Approved with the rest of the version. */
  sharingGroup: GroupMark.optional(),
  /** Of a version that follows a release: what it says that is new, and whether people are told. Approved with the rest of the version. */
  news: News.optional(),
})

export type BulletinContent = z.infer<typeof BulletinContent>

/** The time by which answers are asked for when it is released at that instant; `null` when none is asked for. */
export function respondByAt(
  content: Pick<BulletinContent, 'severity' | 'respondBy'>,
  releasedAt: Instant,
  deadlines: readonly ResponseDeadline[],
): Instant | null {
  if (content.respondBy !== null) return parseInstant(content.respondBy) ?? null
  const deadline = deadlineFor(content.severity, releasedAt, deadlines)
  return deadline === undefined ? null : addHours(releasedAt, deadline.hours)
}

/** The deadline of that severity in force at that instant. A severity without one asks for no answer by a time. */
export function deadlineFor(severity: BulletinSeverity, at: Instant, deadlines: readonly ResponseDeadline[]): ResponseDeadline | undefined {
  const today = londonDate(at)
  return deadlines
    .filter(deadline => deadline.severity === severity && deadline.effectiveFrom <= today)
    .toSorted((a, b) => b.effectiveFrom.localeCompare(a.effectiveFrom))[0]
}

/** The five lines that come first on a page and in a message: what, who is affected, do this, (by when: the caller's), how sure. */
export function fiveLines(content: BulletinContent): { what: string; who: string; doThis: string; howSure: string } {
  const names = content.platforms.map(({ platform }) => platform)
  const more = names.length > 4 ? `, and ${names.length - 4} more` : ''
  return {
    what: content.shortSummary || shorten(firstLineOf(content.summary), 300) || content.title,
    who: names.length === 0 ? 'Not yet known' : `Anyone who runs ${names.slice(0, 4).join(', ')}${more}`,
    doThis: shorten(firstLineOf(content.steps[0]?.text ?? content.remediationIntro), 300) || 'Read this, and be ready: there is no step to take yet',
    howSure: CONFIDENCE_WORDS[content.confidence],
  }
}

export const CONFIDENCE_WORDS: Readonly<Record<Confidence, string>> = {
  confirmed: 'Confirmed: the centre or the maker has verified it',
  likely: 'Likely: several sources agree',
  possible: 'Possible: one source says so',
  unknown: 'Not known yet',
}

/** Above GREEN the content goes nowhere by mail: the message carries a notice and a link to sign in (FIRST TLP 2.0: mail may be read beyond the recipients). */
export function mailsContent(tlp: Tlp): boolean {
  return carriesContent('mail', tlp)
}

/** What a reader would miss, listed as one writes. Errors stop it from going to review; warnings do not: a holding statement is short. */
export function findingsOf(content: BulletinContent, now: Instant): readonly Problem[] {
  const finding = (pointer: string, severity: Problem['severity'], message: string): Problem => ({
    rule: `broadcast.bulletin.${pointer}`,
    pointer,
    severity,
    message,
  })
  const found: Problem[] = []
  if (content.summary === '' && content.shortSummary === '') found.push(finding('summary', 'error', 'Say in the summary what has happened.'))
  if (content.steps.length === 0 && content.remediationIntro === '')
    found.push(finding('remediationIntro', 'error', 'Say what to do: one step, or a sentence of advice.'))
  if (content.sharingGroup !== undefined && content.tlp === 'CLEAR')
    found.push(
      finding('sharingGroup', 'error', 'TLP:CLEAR is for everybody, so it cannot be for a sharing group. Choose GREEN or narrower, or no group.'),
    )
  if (content.respondBy !== null && (parseInstant(content.respondBy)?.getTime() ?? 0) <= now.getTime())
    found.push(finding('respondBy', 'error', 'The time to answer by has passed. Choose a later one.'))
  if (content.shortSummary === '')
    found.push(finding('shortSummary', 'warning', 'One sentence that says what has happened helps those who read on a telephone.'))
  if (content.platforms.length === 0)
    found.push(finding('platforms', 'warning', 'No affected platform is named: readers cannot tell whether it concerns them.'))
  if (content.sources.length === 0 && content.ncscLink === '') found.push(finding('sources', 'warning', 'No definitive source is named.'))
  if (content.confidence === 'unknown') found.push(finding('confidence', 'warning', 'Say how sure we are.'))
  return found
}

/**
 * As `findingsOf`, of a version that follows a release: it must say what is new, and may ask to be answered again only where people are told.
 * The time to answer by may be one that has passed, since it stood there before.
 */
export function revisionFindings(content: BulletinContent, now: Instant): readonly Problem[] {
  const found = findingsOf(content, now).filter(({ pointer }) => pointer !== 'respondBy')
  const wrong = (rule: string, pointer: string, message: string): Problem => ({
    rule: `broadcast.bulletin.${rule}`,
    pointer,
    severity: 'error',
    message,
  })
  if (content.news === undefined)
    return [wrong('news', 'newsTitle', 'Say in one line what is new, for those who have read the version before.'), ...found]
  if (content.news.asksAgain && !content.news.isMaterial) {
    const message = 'Nobody is told of a change that is not material, so nobody can be asked to answer again. Make it material, or do not ask.'
    return [wrong('ask-again', 'newsAgain', message), ...found]
  }
  return found
}

export const BULLETIN_STATES = ['draft', 'in-review', 'approved', 'released', 'withdrawn'] as const
export type BulletinState = (typeof BULLETIN_STATES)[number]

const STATE_LABELS: Readonly<Record<BulletinState, string>> = {
  draft: 'Draft',
  'in-review': 'In review',
  approved: 'Approved',
  released: 'Released',
  withdrawn: 'Withdrawn',
}

export function stateLabel(state: BulletinState): string {
  return STATE_LABELS[state]
}
