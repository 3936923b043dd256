import { bulletinNumber } from '../bulletins/model.ts'
import type { Bulletin, Version } from '../bulletins/queries.ts'
import { addressOf, headOf } from '../bulletins/views.ts'
import { septets } from './gsm.ts'
import { textMessage, type Rendered } from './model.ts'
import { CARRIER_OF, RENDITION_NAMES, renditionOf, RENDITIONS, type RenditionKind } from './passages.ts'

/** Links to the renditions of a bulletin; scripts and text messages are the centre's tools. */
export function renditionLinks(bulletin: { readonly number: number }, isCentre: boolean, current: RenditionKind | null = null) {
  return RENDITIONS.filter(kind => isCentre || (kind !== 'call' && kind !== 'text')).map(kind => ({
    text: RENDITION_NAMES[kind],
    href: addressOf(bulletin, `/renditions/${kind}`),
    isCurrent: kind === current,
  }))
}

export function renditionView(
  bulletin: Bulletin,
  version: Version,
  kind: RenditionKind,
  by: { readonly isCentre: boolean; readonly baseUrl: string },
) {
  const { severity, tlp, respondBy, isExercise } = bulletin
  const told: Rendered = { title: version.content.title, severity, tlp, respondBy, isExercise, content: version.content }
  const number = bulletinNumber(bulletin.number)
  const rendition = renditionOf(kind, told, { number, address: `${by.baseUrl}${addressOf(bulletin)}` })
  return {
    bulletin: headOf(bulletin),
    name: RENDITION_NAMES[kind],
    links: renditionLinks(bulletin, by.isCentre, kind),
    rendition,
    isNumbered: kind === 'board' || kind === 'call',
    isRead: CARRIER_OF[kind] === 'page',
    parts: kind === 'text' ? partsView(told, number, `${by.baseUrl}${addressOf(bulletin)}`) : null,
  }
}

/** The parts of the text message, each with the septets that it takes. */
function partsView(told: Rendered, number: string, link: string) {
  return textMessage(told, number, link).parts.map((text, at) => ({ text, number: at + 1, septets: septets(text) }))
}

/** The renditions of what is being written: for the preview beside the fields. */
export function renditionPreviews(told: Rendered, number: string, address: string) {
  const about = { number, address }
  return {
    clinical: renditionOf('clinical', told, about),
    board: renditionOf('board', told, about),
    call: renditionOf('call', told, about),
    text: partsView(told, number, address),
  }
}
