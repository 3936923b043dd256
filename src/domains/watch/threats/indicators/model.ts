import { indicatorsIn } from '../../../../codecs/indicators/text.ts'
import { toPlainText } from '../../../../codecs/nhs-cyber-alerts/html.ts'
import type { IndicatorType, IntelligenceIndicator } from '../../../../kernel/intelligence.ts'
import type { StoredItem } from '../../gathering/model.ts'

/** The formats whose text is written for people: indicators stand in it, mostly defanged. The others name theirs as such, or have none. */
export const PROSE_FORMATS = ['nhs-cyber-alerts', 'csaf', 'feed', 'notification'] as const

/** What each type is called on pages. */
export const INDICATOR_WORDS: Readonly<Record<IndicatorType, string>> = {
  ipv4: 'IPv4 address',
  ipv6: 'IPv6 address',
  domain: 'Domain name',
  url: 'Web address',
  email: 'E-mail address',
  md5: 'MD5',
  sha1: 'SHA-1',
  sha256: 'SHA-256',
  sha512: 'SHA-512',
  'file-name': 'File name',
  'registry-key': 'Registry key',
}

/** The indicators of compromise of an item, each once: those that it names as such, then those in its text. */
export function indicatorsOf(format: string, item: StoredItem): readonly IntelligenceIndicator[] {
  const { indicatorsOfCompromise, ...details } = item.details
  const prose = PROSE_FORMATS.some(known => known === format) ? [item.title, item.summary, ...textsIn(details)].join('\n') : ''
  // NHS cyber alerts list theirs in a part of its own, where all count.
  const listed = textsIn(indicatorsOfCompromise).join('\n')
  const found = [...(item.indicators ?? []), ...indicatorsIn(listed), ...indicatorsIn(prose, { prose: true })]
  return [...new Map(found.toReversed().map(indicator => [`${indicator.type} ${indicator.value}`, indicator])).values()].toReversed()
}

/** Every text in a value, HTML as the words that it shows. */
function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [/<\/?[a-z][^<>]*>/i.test(value) ? toPlainText(value) : value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}
