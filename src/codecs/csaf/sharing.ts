import type { Complain } from '../../kernel/findings.ts'
import type { Json } from '../../kernel/json.ts'
import { lineAt, memberOf, recordAt, type JsonRecord } from '../../kernel/json.ts'
import { parseTlp, type Tlp } from '../../kernel/tlp.ts'

/** With whom a document may be shared. */
export interface Sharing {
  readonly tlp: Tlp | null
  /** The group of readers that it was written for (CSAF 2.1 `sharing_group`). `null` for everybody whom the label allows. */
  readonly group: { readonly id: string; readonly name: string | null } | null
}

/** The two groups that CSAF 2.1 §3.2.1.5.1 reserves: everybody, and nobody. */
const EVERYBODY = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
const NOBODY = '00000000-0000-0000-0000-000000000000'

/**
 * Reads `document.distribution`. Whatever cannot be understood narrows: a label that is there and cannot be read, a document that is not
 * to be shared, and one for a group that is marked as if it were for all are taken for TLP:RED, so that a slip leaks nothing.
 */
export function readSharing(document: JsonRecord, version: string, complain: Complain): Sharing {
  const distribution = recordAt(document, 'distribution')
  const tlp = readLabel(distribution, version, complain)
  const group = readGroup(distribution, complain)
  if (group === null) return { tlp, group }
  if (group.id === NOBODY) {
    complain('sharing-group', '/document/distribution/sharing_group/id', 'The advisory is marked as not to be shared. It is treated as TLP:RED.')
    return { tlp: 'RED', group }
  }
  if (tlp === 'CLEAR' || tlp === null) {
    const message = 'The advisory was written for one group of readers, and is not marked for them alone. It is treated as TLP:RED.'
    complain('sharing-group', '/document/distribution/tlp/label', message)
    return { tlp: 'RED', group }
  }
  return { tlp, group }
}

function readLabel(distribution: JsonRecord | undefined, version: string, complain: Complain): Tlp | null {
  const pointer = '/document/distribution/tlp/label'
  const tlp = memberOf(distribution, 'tlp')
  if (tlp === undefined) {
    if (version === '2.1') complain('tlp', pointer, 'A CSAF 2.1 document must have a TLP label, and this one has none.')
    return null
  }
  const label = lineAt(tlp, 'label') ?? ''
  const read = parseTlp(label)
  if (read === undefined) complain('tlp', pointer, `The TLP label "${label.slice(0, 40)}" is not known. The advisory is treated as TLP:RED.`)
  else if (label !== (version === '2.0' && read === 'CLEAR' ? 'WHITE' : read))
    complain('tlp', pointer, `CSAF ${version} does not write the TLP label as "${label}". It was read as TLP:${read}.`)
  return read ?? 'RED'
}

function readGroup(distribution: JsonRecord | undefined, complain: Complain): Sharing['group'] {
  const group = memberOf(distribution, 'sharing_group')
  if (group === undefined) return null
  const id = lineAt(group, 'id')?.toLowerCase()
  const name = lineAt(group, 'name') ?? null
  if (id === EVERYBODY) return null
  if (id === undefined) {
    complain(
      'sharing-group',
      '/document/distribution/sharing_group/id',
      'The group of readers has no id. The advisory is taken to be for nobody else.',
    )
    return { id: NOBODY, name }
  }
  return { id, name }
}

/** The group as `details` carry it. */
export function sharingGroupDetails({ group }: Sharing): Json {
  return group === null ? null : { ...group }
}
