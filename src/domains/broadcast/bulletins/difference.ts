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
]

/** The fields that differ, in the order of the page. Empty when both say the same. */
export function differenceOf(before: BulletinContent, after: BulletinContent): readonly FieldDifference[] {
  return FIELDS.map(([field, read]) => ({ field, before: read(before), after: read(after) })).filter(row => row.before !== row.after)
}

const longTime = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: ZONE })

function timeWords(respondBy: string | null): string {
  const at = respondBy === null ? undefined : parseInstant(respondBy)
  return at === undefined ? 'By the policy' : longTime.format(at)
}
