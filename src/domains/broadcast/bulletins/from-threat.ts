import { shorten } from '../../../kernel/text.ts'
import type { ThreatForBulletin } from '../../watch/contract.ts'
import { BulletinContent, THREAT_TYPES } from './model.ts'

/** The first draft of a bulletin, filled in with what is known of a threat. The author reads and changes all of it. */
export function contentFromThreat(threat: ThreatForBulletin): BulletinContent {
  const sentence = /^.*?[.!?](?=\s|$)/s.exec(threat.summary)?.[0] ?? threat.summary
  const links = threat.references.filter(reference => /^https?:\/\/./i.test(reference) && URL.canParse(reference)).slice(0, 40)
  return BulletinContent.parse({
    title: shorten(threat.title, 200),
    severity: threat.severity,
    tlp: threat.tlp,
    threatType: THREAT_TYPES.find(known => known === threat.threatType) ?? 'Vulnerability',
    shortSummary: shorten(sentence, 300),
    summary: shorten(threat.summary, 20_000),
    platforms: threat.affects.slice(0, 100).map(({ maker, product, versions }) => ({
      platform: shorten(platformName(maker, product), 300),
      versions: versions.slice(0, 100).map(version => shorten(version, 300)),
    })),
    threatDetails: detailsOf(threat),
    steps: threat.remediation.slice(0, 20).map(({ type, text, link }) => ({
      type,
      text: shorten(text, 8_000) || 'Follow the guidance at the link.',
      link: link !== null && URL.canParse(link) && /^https?:/i.test(link) ? link : '',
    })),
    cves: threat.cves.slice(0, 1_000),
    sources: links,
    confidence: threat.kev !== null ? 'confirmed' : threat.sources.length > 1 ? 'likely' : 'possible',
  })
}

function platformName(maker: string, product: string): string {
  return product.toLowerCase().startsWith(maker.toLowerCase()) ? product : `${maker} ${product}`.trim()
}

function detailsOf({ reason, kev, sources }: ThreatForBulletin): string {
  const exploited =
    kev === null
      ? []
      : [
          `CISA has listed this as known to be exploited since ${kev.since}.${kev.ransomware === true ? ' It is known to be used for ransomware.' : ''}`,
        ]
  const from = sources.map(({ name, externalId }) => `- ${name}: ${externalId}`)
  return [reason, ...exploited, ...(from.length > 0 ? [`Understood from:\n\n${from.join('\n')}`] : [])].join('\n\n')
}
