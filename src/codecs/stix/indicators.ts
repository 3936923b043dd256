import { readIndicator } from '../../kernel/indicator.ts'
import type { IntelligenceIndicator } from '../../kernel/intelligence.ts'
import { lineAt, memberOf, recordAt, textAt, type JsonRecord } from '../../kernel/json.ts'
import { shorten } from '../../kernel/text.ts'
import { mayCarry, type Tlp } from '../../kernel/tlp.ts'
import type { StixGraph } from './graph.ts'
import { readPattern } from './pattern.ts'
import { timeText } from './time.ts'

/**
 * The values that an `indicator` object looks for, with its label, until when it is valid, and when it was sighted (a sighting that says that
 * it was looked for and not met does not count). None for a pattern in another language, or one that cannot be taken apart.
 */
export function indicatorsOf(object: JsonRecord, tlp: Tlp | null, graph: StixGraph): readonly IntelligenceIndicator[] {
  const language = lineAt(object, 'pattern_type')?.toLowerCase() ?? 'stix'
  const pattern = textAt(object, 'pattern')
  if (language !== 'stix' || pattern === undefined) return []
  const sightings = graph
    .sightingsOf(lineAt(object, 'id') ?? '')
    .filter(sighting => memberOf(sighting, 'x_opencti_negative') !== true && mayCarry(tlp, graph.markingOf(sighting).tlp))
  const times = (member: string) => sightings.flatMap(sighting => timeText(lineAt(sighting, member)) ?? []).toSorted()
  const note = lineAt(object, 'name') ?? textAt(object, 'description') ?? null
  return readPattern(pattern).values.map(({ type, value }) => ({
    type,
    value,
    tlp,
    firstSeen: times('first_seen')[0] ?? null,
    lastSeen: times('last_seen').at(-1) ?? null,
    validUntil: timeText(lineAt(object, 'valid_until')),
    note: note === null || note === value ? null : shorten(note, 500),
  }))
}

/** The hashes of a file that is a sample of malware. */
export function sampleHashes(file: JsonRecord | undefined, malware: string | null): readonly IntelligenceIndicator[] {
  const hashes = recordAt(file, 'hashes') ?? {}
  return Object.entries(hashes).flatMap(([name, hash]) => {
    const type = HASH_NAMES[name.toLowerCase().replace(/[^a-z0-9]/g, '')]
    const value = type === undefined || typeof hash !== 'string' ? undefined : readIndicator(type, hash)
    if (type === undefined || value === undefined) return []
    return [{ type, value, tlp: null, firstSeen: null, lastSeen: null, validUntil: null, note: malware === null ? null : `A sample of ${malware}` }]
  })
}

const HASH_NAMES: Readonly<Record<string, 'md5' | 'sha1' | 'sha256' | 'sha512'>> = { md5: 'md5', sha1: 'sha1', sha256: 'sha256', sha512: 'sha512' }
