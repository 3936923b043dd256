import { indicatorsIn } from '../../codecs/indicators/text.ts'
import { mispIndicator, type MispAttribute, type MispDraft } from '../../codecs/misp/write.ts'
import { bulletinNumber, fiveLines, type BulletinContent, type PublishedBulletin } from '../../domains/broadcast/contract.ts'
import { londonDate } from '../../kernel/instant.ts'
import { isForFiles } from '../published.ts'

/** Who makes the events: the centre, by its organisation in the directory. */
export type MispAuthor = MispDraft['organisation']

const LEVELS = { high: 'high', medium: 'medium', low: 'low', information: 'undefined' } as const
const ENDED = { live: '', withdrawn: 'Withdrawn: ', superseded: 'Replaced: ' } as const

/**
 * The event of a published bulletin; `undefined` for one that is in no file: RED, which is for named people, and an exercise. `earlier` is what it said in
 * versions before, as far as today's readers may read it.
 */
export function eventOfBulletin(
  bulletin: PublishedBulletin,
  earlier: readonly BulletinContent[],
  author: MispAuthor,
  baseUrl: string,
): MispDraft | undefined {
  if (!isForFiles(bulletin)) return undefined
  const { content, state, tlp } = bulletin
  const number = bulletinNumber(bulletin.number)
  const isLive = state === 'live'
  const url = `${baseUrl}${tlp === 'CLEAR' ? '/public' : '/bulletins'}/${number}`
  return {
    key: bulletin.id,
    title: `${ENDED[state]}${number}: ${content.title}`,
    date: londonDate(bulletin.releasedAt),
    changed: bulletin.changedAt,
    published: bulletin.releasedAt,
    threatLevel: LEVELS[content.severity],
    analysis: isLive ? (bulletin.isHolding ? 'initial' : 'ongoing') : 'complete',
    tlp,
    sharingGroup: bulletin.sharingGroup,
    organisation: author,
    tags: [`carecert:severity="${content.severity}"`, `carecert:state="${state}"`, `carecert:type="${content.threatType}"`],
    // What was withdrawn is nothing that a machine should look for.
    attributes: [told('link', url, number), ...attributesOf(content, isLive)],
    earlier: earlier.flatMap(one => attributesOf(one, false)),
    report: reportOf(bulletin),
  }
}

function attributesOf({ ncscLink, sources, cves, platforms, indicators }: BulletinContent, isActive: boolean): readonly MispAttribute[] {
  const nothing = { note: null, firstSeen: null, lastSeen: null }
  return [
    ...[ncscLink, ...sources].filter(source => source !== '').map(source => told('link', source, 'Source')),
    ...cves.map(cve => told('vulnerability', cve, '')),
    ...platforms.map(({ platform, versions }) => told('text', [platform, ...versions].join(' '), 'Affected platform')),
    ...indicatorsIn(indicators).map(indicator => mispIndicator(indicator, nothing, isActive)),
  ]
}

/** A fact for people, which no machine looks for. */
export function told(type: 'link' | 'vulnerability' | 'text', value: string, comment: string): MispAttribute {
  return { type, category: 'External analysis', value, comment, toIds: false, firstSeen: null, lastSeen: null }
}

/** What the bulletin says, in Markdown as it was written. */
function reportOf({ content, state, reason }: PublishedBulletin): string {
  const { what, who, doThis, howSure } = fiveLines(content)
  const part = (heading: string, text: string) => (text === '' ? [] : [`## ${heading}`, text])
  return [
    ...(state === 'live' ? [] : [`**It no longer holds.** ${reason ?? ''}`]),
    `**What has happened**: ${what}`,
    `**Who is affected**: ${who}`,
    `**Do this**: ${doThis}`,
    `**How sure**: ${howSure}`,
    ...part('What stays safe to use', content.safeToUse),
    ...part('Summary', content.summary),
    ...part('Threat details', content.threatDetails),
    ...part('Remediation advice', content.remediationIntro),
    ...part(
      'What to do',
      content.steps.map(({ type, text, link }, at) => `${at + 1}. **${type}** ${text}${link === '' ? '' : ` <${link}>`}`).join('\n'),
    ),
  ].join('\n\n')
}
