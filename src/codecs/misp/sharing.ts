import { lineAt, listAt, memberOf, recordAt } from '../../kernel/json.ts'
import { narrowestTlp, parseTlp, type Tlp } from '../../kernel/tlp.ts'

/**
 * How an event, object or attribute may be shared. A `tlp:` tag is the label. Beside it stands MISP's distribution:
 *
 * - 0, "your organisation only", and 4, a sharing group, are read as `RED`: they name an audience that a label cannot.
 * - 1 to 3 (this community, connected communities, all) say how far it travels between servers, and lose a step on each, so they say nothing
 *   about its readers: they give no label.
 * - 5 inherits.
 *
 * A tag or distribution that is not known counts as `RED`. Without a tag and with no such distribution there is no label, which is not `CLEAR`.
 */
export interface Sharing {
  readonly tlp: Tlp | null
  /** What could not be understood. */
  readonly unknown: readonly string[]
}

export function sharingOf(value: unknown): Sharing {
  const unknown: string[] = []
  const labels: Tlp[] = []
  for (const tag of tagNames(value)) {
    const label = /^tlp:(?<label>.*)$/i.exec(tag)?.groups?.['label']
    if (label === undefined) continue
    const read = parseTlp(label)
    if (read === undefined) unknown.push(tag)
    labels.push(read ?? 'RED')
  }
  const distribution = distributionOf(value)
  if (distribution === '0' || distribution === '4') labels.push('RED')
  if (distribution !== null && !/^[0-5]$/.test(distribution)) {
    unknown.push(`distribution ${distribution}`)
    labels.push('RED')
  }
  return { tlp: labels.length === 0 ? null : narrowestTlp(labels), unknown }
}

/** The tags of an event, object or attribute: its own, and those of its galaxies' clusters, each once. */
export function tagNames(value: unknown): readonly string[] {
  const own = listAt(value, 'Tag').map(tag => lineAt(tag, 'name'))
  // An index of events wraps each tag once more.
  const wrapped = listAt(value, 'EventTag').map(entry => lineAt(recordAt(entry, 'Tag'), 'name'))
  const clusters = listAt(value, 'Galaxy').flatMap(galaxy => listAt(galaxy, 'GalaxyCluster').map(cluster => lineAt(cluster, 'tag_name')))
  return [...new Set([...own, ...wrapped, ...clusters].filter(name => name !== undefined))]
}

/** MISP writes numbers as texts, and some tools as numbers. */
function distributionOf(value: unknown): string | null {
  const distribution = memberOf(value, 'distribution')
  if (distribution === undefined || distribution === null || distribution === '') return null
  return typeof distribution === 'number' || typeof distribution === 'string' ? String(distribution).trim() : 'of an unknown kind'
}
