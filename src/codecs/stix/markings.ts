import { lineAt, linesAt, listAt, memberOf, recordAt, type JsonRecord } from '../../kernel/json.ts'
import { narrowestTlp, parseTlp, type Tlp } from '../../kernel/tlp.ts'

/** How an object may be shared, as its markings say. */
export interface Marking {
  /** The narrowest label of all its markings, of its parts too; `null` when nothing marks it. */
  readonly tlp: Tlp | null
  /** What else its markings say: copyright, terms, permissible actions. */
  readonly statements: readonly string[]
  /** Markings that could not be understood; for their sake the label is `RED`. */
  readonly unknown: readonly string[]
}

/** The markings that the standards fix, by id: TLP 1 (STIX 2.1 §7.2.1.4) and TLP 2.0 (OASIS's common objects). Producers often leave them out. */
const FIXED: Readonly<Record<string, Tlp>> = {
  'marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9': 'CLEAR',
  'marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da': 'GREEN',
  'marking-definition--f88d31f6-486f-44da-b317-01333bde0b82': 'AMBER',
  'marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed': 'RED',
  'marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487': 'CLEAR',
  'marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb': 'GREEN',
  'marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421': 'AMBER',
  'marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003': 'AMBER+STRICT',
  'marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1': 'RED',
}

const TLP_2_EXTENSION = 'extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d'

/** What one marking says: a label, a statement that restricts nobody, or something unknown. */
type MarkingReading = { readonly tlp: Tlp } | { readonly statement: string } | undefined

/**
 * How the object may be shared: by its `object_marking_refs` and its `granular_markings`, of which the narrowest holds for all of it, since an
 * item is shown whole. `find` gives the object of an id. A marking that is missing or not understood counts as `RED`.
 */
export function readMarkings(object: JsonRecord, find: (id: string) => JsonRecord | undefined): Marking {
  const granular = listAt(object, 'granular_markings').flatMap(part => lineAt(part, 'marking_ref') ?? [])
  const refs = [...new Set([...linesAt(object, 'object_marking_refs'), ...granular])]
  const readings = refs.map(ref => [ref, readMarking(ref, find(ref))] as const)
  const unknown = readings.flatMap(([ref, reading]) => (reading === undefined ? [ref] : []))
  const labels: Tlp[] = readings.flatMap(([, reading]) => (reading !== undefined && 'tlp' in reading ? [reading.tlp] : []))
  if (unknown.length > 0 || hasUnreadableMarkings(object)) labels.push('RED')
  return {
    tlp: labels.length === 0 ? null : narrowestTlp(labels),
    statements: readings.flatMap(([, reading]) => (reading !== undefined && 'statement' in reading ? [reading.statement] : [])),
    unknown: hasUnreadableMarkings(object) ? [...unknown, 'object_marking_refs'] : unknown,
  }
}

/** Markings that are there but are no list of references must not be lost as if there were none. */
function hasUnreadableMarkings(object: JsonRecord): boolean {
  const refs = memberOf(object, 'object_marking_refs')
  const granular = memberOf(object, 'granular_markings')
  const isBad = (value: unknown, isGood: (member: unknown) => boolean) =>
    value !== undefined && value !== null && !(Array.isArray(value) && value.every(isGood))
  return (
    isBad(refs, member => typeof member === 'string') ||
    isBad(granular, member => lineAt(member, 'marking_ref') !== undefined || lineAt(member, 'lang') !== undefined)
  )
}

function readMarking(id: string, definition: JsonRecord | undefined): MarkingReading {
  if (Object.hasOwn(FIXED, id)) return { tlp: FIXED[id] ?? 'RED' }
  if (definition === undefined) return undefined
  const type = lineAt(definition, 'definition_type')?.toLowerCase()
  const content = recordAt(definition, 'definition')
  const extension = recordAt(recordAt(definition, 'extensions'), TLP_2_EXTENSION)
  const name = lineAt(definition, 'name') ?? ''
  const isTlp = type === 'tlp' || extension !== undefined || /^TLP\b/i.test(name)
  if (isTlp) {
    const written = lineAt(extension, 'tlp_2_0') ?? lineAt(content, 'tlp') ?? lineAt(content, 'TLP') ?? name
    const tlp = parseTlp(written)
    return tlp === undefined ? undefined : { tlp }
  }
  if (type === 'statement') return { statement: lineAt(content, 'statement') ?? name }
  // The Permissible Actions Protocol says what may be done with it, not who may see it.
  return /^PAP\b/i.test(name) ? { statement: name } : undefined
}
