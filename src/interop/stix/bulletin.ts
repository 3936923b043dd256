import { indicatorsIn } from '../../codecs/indicators/text.ts'
import { objectsOfBulletin } from '../../codecs/stix/writing/bulletin.ts'
import type { StixObject } from '../../codecs/stix/writing/object.ts'
import { bulletinNumber, type PublishedBulletin } from '../../domains/broadcast/contract.ts'

/** What the objects of a bulletin need beside it. */
export interface BulletinSetting {
  /** The id of the centre's identity. */
  readonly createdBy: string
  readonly baseUrl: string
  /** Which set of ids its objects have: 0, unless it was taken back and said anew. */
  readonly generation: number
}

/** The objects of a published bulletin, all as of its newest change. */
export function stixOfBulletin(bulletin: PublishedBulletin, { createdBy, baseUrl, generation }: BulletinSetting): readonly StixObject[] {
  const { content, history } = bulletin
  const number = bulletinNumber(bulletin.number)
  // What a change was is told by its note.
  const { news: _news, ...facts } = content
  const url = `${baseUrl}/bulletins/${number}`
  const { clinicalImpact, boardWords, ...rest } = facts
  return objectsOfBulletin({
    origin: {
      key: generation === 0 ? bulletin.id : `${bulletin.id} ${generation}`,
      createdBy,
      tlp: bulletin.tlp,
      created: bulletin.releasedAt,
      modified: bulletin.changedAt,
    },
    number,
    url,
    title: content.title,
    description: [content.shortSummary, content.summary, content.threatDetails].filter(text => text !== '').join('\n\n'),
    threatType: content.threatType,
    labels: [content.severity, content.threatType, ...content.categories, ...content.threatVectors].map(word => word.toLowerCase()),
    confidence: content.confidence,
    cves: content.cves,
    products: content.platforms.map(({ platform, versions }) => ({ name: platform, versions })),
    steps:
      content.steps.length === 0 && content.remediationIntro !== ''
        ? [{ type: 'Guidance', text: content.remediationIntro, link: null }]
        : content.steps,
    indicators: indicatorsIn(content.indicators),
    sources: [...new Set([content.ncscLink, ...content.sources].filter(source => source !== ''))],
    clinicalImpact: clinicalImpact ?? null,
    isLive: bulletin.state === 'live',
    changes: history.slice(1).map(({ at, summary }) => ({ at, summary })),
    facts: {
      ...rest,
      ...(clinicalImpact === undefined ? {} : { clinicalImpact }),
      ...(boardWords === undefined ? {} : { boardWords }),
      number,
      version: bulletin.version,
      state: bulletin.state,
      isHolding: bulletin.isHolding,
      releasedAt: bulletin.releasedAt.toISOString(),
      changedAt: bulletin.changedAt.toISOString(),
      respondBy: bulletin.respondBy?.toISOString() ?? null,
      reason: bulletin.reason,
      supersededBy: bulletin.supersededBy === null ? null : bulletinNumber(bulletin.supersededBy),
    },
  })
}
