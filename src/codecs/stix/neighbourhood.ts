import { isRecord, lineAt, linesAt, listAt, memberOf, recordAt, type JsonRecord } from '../../kernel/json.ts'

/**
 * The objects of a document that have to do with some of its objects: those themselves, what they refer to, what ties them to others, what was noted
 * about them and where they were sighted, all of it in other languages, and who made, how to share and what extends all of these. `readStix` reads
 * the same of them as of the whole document. As they stand there, each id in each version once.
 */
export function neighbourhoodIn(json: unknown, ids: readonly string[]): readonly JsonRecord[] {
  const objects = listIn(json).filter(isRecord)
  const wanted = new Set(ids)
  const meet = (object: JsonRecord, members: readonly string[]) => members.some(member => wanted.has(lineAt(object, member) ?? ''))
  const around = new Set(wanted)
  for (const object of objects) {
    const id = lineAt(object, 'id') ?? ''
    if (wanted.has(id)) for (const ref of refsIn(object)) around.add(ref)
    const type = lineAt(object, 'type')
    if (type === 'relationship' && meet(object, ['source_ref', 'target_ref'])) for (const ref of [id, ...refsIn(object)]) around.add(ref)
    if ((type === 'note' || type === 'opinion') && linesAt(object, 'object_refs').some(ref => wanted.has(ref))) around.add(id)
  }
  // Indicators tell when they were seen by their own sightings.
  for (const object of objects)
    if (lineAt(object, 'type') === 'sighting' && around.has(lineAt(object, 'sighting_of_ref') ?? ''))
      for (const ref of [lineAt(object, 'id') ?? '', ...refsIn(object)]) around.add(ref)
  // What is told may be told in other languages too (STIX 2.1 §7.1).
  for (const object of objects)
    if (lineAt(object, 'type') === 'language-content' && around.has(lineAt(object, 'object_ref') ?? '')) around.add(lineAt(object, 'id') ?? '')
  // Makers may be marked, and markings have makers.
  for (let step = 0; step < 3; step += 1)
    for (const object of objects) if (around.has(lineAt(object, 'id') ?? '')) for (const ref of marksOf(object)) around.add(ref)
  return objects.filter(object => around.has(lineAt(object, 'id') ?? ''))
}

function listIn(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json
  return memberOf(json, 'objects') === undefined ? [json] : listAt(json, 'objects')
}

/** The ids that the members of an object name, by the names that STIX gives such members (STIX 2.1 §2.9). */
function refsIn(object: JsonRecord): readonly string[] {
  return Object.keys(object).flatMap(member =>
    member.endsWith('_ref') ? (lineAt(object, member) ?? []) : member.endsWith('_refs') ? linesAt(object, member) : [],
  )
}

function marksOf(object: JsonRecord): readonly string[] {
  return [
    ...linesAt(object, 'object_marking_refs'),
    ...listAt(object, 'granular_markings').flatMap(part => lineAt(part, 'marking_ref') ?? []),
    ...(lineAt(object, 'created_by_ref') === undefined ? [] : [lineAt(object, 'created_by_ref') ?? '']),
    // An extension is named by the id of its definition (STIX 2.1 §7.3).
    ...Object.keys(recordAt(object, 'extensions') ?? {}),
  ]
}
