import { mispIndicator, type MispDraft } from '../../codecs/misp/write.ts'
import type { ThreatDossier } from '../../domains/watch/contract.ts'
import { londonDate } from '../../kernel/instant.ts'
import { mayCarry } from '../../kernel/tlp.ts'
import { isForFiles } from '../published.ts'
import { told, type MispAuthor } from './bulletin.ts'

const LEVELS: Readonly<Record<string, MispDraft['threatLevel']>> = { high: 'high', medium: 'medium', low: 'low' }

/**
 * The event of a threat; `undefined` for one that is RED. An indicator that is marked more narrowly than the threat is left out: the event's label is the
 * label of all that is in it. So are the organisations that saw something.
 */
export function eventOfThreat({ threat, facts, items, indicators }: ThreatDossier, author: MispAuthor, baseUrl: string): MispDraft | undefined {
  const { tlp } = threat
  if (!isForFiles({ tlp, isExercise: false })) return undefined
  const published = threat.published_at ?? threat.created_at
  return {
    key: threat.id,
    title: threat.title,
    date: londonDate(published),
    changed: threat.updated_at,
    published,
    threatLevel: LEVELS[facts.severity] ?? 'undefined',
    analysis: threat.withdrawn_at === null ? 'ongoing' : 'complete',
    tlp,
    sharingGroup: null,
    organisation: author,
    tags: [`carecert:priority="${threat.priority_word}"`, ...(facts.threatType === null ? [] : [`carecert:type="${facts.threatType}"`])],
    attributes: [
      told('link', `${baseUrl}/threats/${threat.id}`, 'Threat'),
      ...[...new Set([...items.flatMap(({ url }) => url ?? []), ...facts.references])].map(url => told('link', url, 'Source')),
      ...threat.cves.map(cve => told('vulnerability', cve, '')),
      ...facts.affects.map(({ maker, product, versions }) =>
        told('text', [maker, product, ...versions].filter(word => word !== '').join(' '), 'Affected product'),
      ),
      ...indicators
        .filter(indicator => mayCarry(tlp, indicator.tlp))
        .map(indicator =>
          mispIndicator(
            indicator,
            { note: indicator.note, firstSeen: indicator.firstSeen.toISOString(), lastSeen: indicator.lastSeen.toISOString() },
            !indicator.isExpired,
          ),
        ),
    ],
    earlier: [],
    report: threat.summary,
  }
}
