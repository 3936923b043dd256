import { severityTag } from '../../../ui/labels.ts'
import { bulletinNumber } from '../bulletins/model.ts'
import type { Bulletin, Version } from '../bulletins/queries.ts'
import { RENDITION_NAMES, renditionLinks, renditionOf, textParts, type Rendered, type RenditionKind } from './model.ts'

export function renditionView(
  bulletin: Bulletin,
  version: Version,
  kind: RenditionKind,
  by: { readonly isCentre: boolean; readonly baseUrl: string },
) {
  const { severity, tlp, respondBy, isExercise } = bulletin
  const told: Rendered = { title: version.content.title, severity, tlp, respondBy, isExercise, content: version.content }
  const number = bulletinNumber(bulletin.number)
  const address = `/bulletins/${number}`
  return {
    number,
    address,
    caption: isExercise ? `Exercise · ${number}` : number,
    tlp,
    isExercise,
    severity: severityTag(severity),
    releasedAt: bulletin.releasedAt,
    isWithdrawn: bulletin.state === 'withdrawn',
    name: RENDITION_NAMES[kind],
    links: renditionLinks(bulletin.number, by.isCentre, kind),
    title: bulletin.title,
    rendition: renditionOf(kind, told, { number, address: `${by.baseUrl}${address}` }),
    isNumbered: kind === 'board' || kind === 'call',
    parts: kind === 'text' ? textParts(told, number, `${by.baseUrl}${address}`) : null,
  }
}
