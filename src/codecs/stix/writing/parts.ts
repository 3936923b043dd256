import type { Instant } from '../../../kernel/instant.ts'
import { cleanLine, shorten } from '../../../kernel/text.ts'
import { saying } from './extension.ts'
import { filled, objectOf, stixId, stixTime, type Origin, type StixObject } from './object.ts'

/** Who says it: the centre, by its organisation in the directory. It is known to everybody who reads anything. */
export interface StixIdentity {
  readonly key: string
  readonly name: string
  readonly since: Instant
  readonly changed: Instant
}

export function identityObject({ key, name, since, changed }: StixIdentity): StixObject {
  return {
    type: 'identity',
    spec_version: '2.1',
    id: stixId('identity', key),
    created: stixTime(since),
    modified: stixTime(changed > since ? changed : since),
    name,
    identity_class: 'organization',
    sectors: ['healthcare'],
  }
}

/** A flaw by its CVE (STIX 2.1 §4.20: the identifier is an external reference whose source is `cve`). */
export function vulnerabilityObject(origin: Origin, cve: string): StixObject {
  return objectOf(origin, 'vulnerability', `vulnerability ${cve}`, {
    name: cve,
    external_references: [{ source_name: 'cve', external_id: cve, url: `https://www.cve.org/CVERecord?id=${cve}` }],
  })
}

export interface StixStep {
  readonly type: string
  /** Markdown. */
  readonly text: string
  readonly link: string | null
}

export function courseOfAction(origin: Origin, step: StixStep, index: number): StixObject {
  const { type, text, link } = step
  const first = cleanLine(text.split('\n').find(part => part.trim() !== '') ?? '')
  return objectOf(origin, 'course-of-action', `step ${index}`, {
    name: shorten(`${type}: ${first === '' ? (link ?? '') : first}`, 200),
    description: text,
    external_references: link === null || link === '' ? [] : [{ source_name: 'More about this step', url: link }],
    extensions: saying('step', { position: index + 1, type }),
  })
}

/** A product in one version as its maker or a person names it (§6.14). The id is of this origin: another's reader must not find it there. */
export function softwareObject(origin: Origin, name: string, version: string | null, maker: string | null = null): StixObject {
  return {
    type: 'software',
    spec_version: '2.1',
    id: stixId('software', origin.key, `software ${maker ?? ''} ${name} ${version ?? ''}`),
    ...filled({ name, vendor: maker, version }),
    object_marking_refs: objectOf(origin, 'software', '', {})['object_marking_refs'] ?? [],
  }
}

/** Something said of other objects (§4.14). */
export function noteObject(
  origin: Origin,
  name: string,
  note: { readonly title: string; readonly text: string; readonly about: readonly string[] },
): StixObject {
  return objectOf(origin, 'note', name, { abstract: note.title, content: note.text === '' ? note.title : note.text, object_refs: [...note.about] })
}

export function relationshipObject(origin: Origin, kind: string, from: string, to: string, description: string | null = null): StixObject {
  return objectOf(origin, 'relationship', `${kind} ${from} ${to}`, { relationship_type: kind, description, source_ref: from, target_ref: to })
}
