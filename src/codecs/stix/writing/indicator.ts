import { parseInstant } from '../../../kernel/instant.ts'
import type { IndicatorType, IntelligenceIndicator } from '../../../kernel/intelligence.ts'
import { saying } from './extension.ts'
import { objectOf, stixTime, type Origin, type StixObject } from './object.ts'

const PATHS: Readonly<Record<IndicatorType, string>> = {
  ipv4: 'ipv4-addr:value',
  ipv6: 'ipv6-addr:value',
  domain: 'domain-name:value',
  url: 'url:value',
  email: 'email-addr:value',
  md5: 'file:hashes.MD5',
  sha1: "file:hashes.'SHA-1'",
  sha256: "file:hashes.'SHA-256'",
  sha512: "file:hashes.'SHA-512'",
  'file-name': 'file:name',
  'registry-key': 'windows-registry-key:key',
}

/** The pattern that finds one value (STIX 2.1 §9.6.1: in a literal, `\` and `'` are escaped). */
function patternOf(type: IndicatorType, value: string): string {
  return `[${PATHS[type]} = '${value.replace(/[\\']/g, '\\$&')}']`
}

/** An indicator of compromise. It is valid from when it was first seen, or else from when it was first told. */
export function indicatorObject(origin: Origin, indicator: Omit<IntelligenceIndicator, 'tlp'>): StixObject {
  const { type, value, firstSeen, lastSeen, validUntil, note } = indicator
  const from = parseInstant(firstSeen ?? '') ?? origin.created
  const until = parseInstant(validUntil ?? '')
  return objectOf(origin, 'indicator', `indicator ${type} ${value}`, {
    // Without a name of its own it is called by its value, which no reader takes for a note.
    name: note ?? value,
    indicator_types: ['malicious-activity'],
    pattern: patternOf(type, value),
    pattern_type: 'stix',
    pattern_version: '2.1',
    valid_from: stixTime(from),
    // §4.7: it must be later than valid_from.
    valid_until: until !== undefined && until > from ? stixTime(until) : undefined,
    ...(firstSeen === null && lastSeen === null ? {} : { extensions: saying('seen', { first: firstSeen, last: lastSeen }) }),
  })
}
