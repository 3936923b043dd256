import type { Json } from '../../../kernel/json.ts'
import { filled, type StixObject } from './object.ts'

/**
 * The property extension (STIX 2.1 §7.3) by which objects of CareCERT say what STIX has no member for. Its id is fixed for good; a member may be
 * added to it and none may change its meaning.
 */
export const EXTENSION_ID = 'extension-definition--4e82a959-9dbb-4ac9-b520-815ee20825ff'

const AUTHOR = 'identity--cd566120-7445-4e22-812f-91122ff052fc'
const SINCE = '2026-11-22T00:00:00.000Z'

const SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: {
    extension_type: { const: 'property-extension' },
    bulletin: { type: 'object', description: 'On a report: all that the bulletin says, by the fields of its form, and what became of it.' },
    step: { type: 'object', description: 'On a course of action: the kind of step (Patch, Guidance, Action, Aware) and its place in the order.' },
    threat: { type: 'object', description: 'On a report: how the centre understands a threat, and why it presses.' },
    seen: { type: 'object', description: 'On an indicator: when sources saw it first and last.' },
  },
  required: ['extension_type'],
}

/** The definition of the extension and who made it: they go with every bundle and collection that uses it. */
export const EXTENSION_OBJECTS: readonly StixObject[] = [
  {
    type: 'identity',
    spec_version: '2.1',
    id: AUTHOR,
    created: SINCE,
    modified: SINCE,
    name: 'CareCERT',
    description: 'The software, not the centre that runs it.',
    identity_class: 'system',
  },
  {
    type: 'extension-definition',
    spec_version: '2.1',
    id: EXTENSION_ID,
    created_by_ref: AUTHOR,
    created: SINCE,
    modified: SINCE,
    name: 'CareCERT facts',
    description: 'What a cyber centre for health and care says of its bulletins and threats beyond the members of STIX.',
    schema: JSON.stringify(SCHEMA),
    version: '1.0.0',
    extension_types: ['property-extension'],
  },
]

/** The member `extensions` of an object that says these facts, named in the way of STIX. */
export function saying(part: 'bulletin' | 'step' | 'threat' | 'seen', facts: Readonly<Record<string, Json | undefined>>): Json {
  return { [EXTENSION_ID]: { extension_type: 'property-extension', [part]: snakeCase(facts) } }
}

/** The value with the names of its members as STIX writes names (§3.1): lower case, words parted by `_`. Members that say nothing are left out. */
function snakeCase(value: Json | Readonly<Record<string, Json | undefined>>): Json {
  if (isList(value)) return value.map(member => snakeCase(member))
  if (typeof value !== 'object' || value === null) return value
  const named = Object.entries(value).map(([name, member]) => [name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`), member] as const)
  return Object.fromEntries(Object.entries(filled(Object.fromEntries(named))).map(([name, member]) => [name, snakeCase(member)]))
}

function isList(value: unknown): value is readonly Json[] {
  return Array.isArray(value)
}
