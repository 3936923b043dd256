import { isRecord } from '../../kernel/json.ts'

/**
 * What the schema of CSAF 2.1 says since the draft that the library holds: paths of products for relationships, extensions, SSVC 2.0 and ratings in words, identifiers by
 * product, narrower patterns of hashes and purls (oasis-tcs/csaf, csaf_2.1/json_schema/csaf.json). Only names and shapes, in our own words.
 */
export const EXTENSION_ADDRESS = 'https://docs.oasis-open.org/csaf/csaf/v2.1/schema/extension-content.json'
export const SELECTION_LIST_ADDRESS = 'https://certcc.github.io/SSVC/data/schema/v2/SelectionList_2_0_0.schema.json'

const text = { type: 'string', minLength: 1 }
const closed = (properties: object, required: readonly string[]) => ({ type: 'object', additionalProperties: false, properties, required })
const several = (items: object, isUnique = false) => ({ type: 'array', minItems: 1, items, ...(isUnique ? { uniqueItems: true } : {}) })

const EXTENSIONS = several({ $ref: EXTENSION_ADDRESS }, true)

/** An extension says by which schema it is read, how much it matters, and holds what it likes. */
export const EXTENSION = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...closed(
    {
      $schema: { type: 'string', format: 'uri', minLength: 1 },
      category: { enum: ['essential', 'significant', 'supplementary'] },
      content: { type: 'object', minProperties: 1 },
      critical: { type: 'boolean' },
    },
    ['$schema', 'category', 'critical', 'content'],
  ),
}

const SSVC_KEY = { type: 'string', pattern: '^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9_]*[a-zA-Z0-9]|T\\*)$' }
const REFERENCE = closed({ uri: { ...text, format: 'uri' }, summary: { type: 'string' } }, ['uri', 'summary'])

/** A selection of SSVC values (https://certcc.github.io/SSVC/). What a namespace may look like is asked by rule 6.2.34. */
export const SELECTION_LIST = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  ...closed(
    {
      timestamp: { type: 'string', format: 'date-time' },
      schemaVersion: { const: '2.0.0' },
      target_ids: several({ type: 'string' }, true),
      selections: several(
        closed(
          {
            namespace: { type: 'string', minLength: 3, maxLength: 1_000 },
            key: SSVC_KEY,
            version: { type: 'string', minLength: 5, pattern: '^\\d+\\.\\d+\\.\\d+' },
            name: text,
            definition: text,
            values: several(closed({ key: SSVC_KEY, name: text, definition: text }, ['key'])),
          },
          ['namespace', 'key', 'version', 'values'],
        ),
      ),
      decision_point_resources: several(REFERENCE),
      references: several(REFERENCE),
    },
    ['timestamp', 'schemaVersion', 'selections'],
  ),
}

const PRODUCT_ID = { $ref: '#/$defs/product_id_t' }
const RELATIONS = ['default_component_of', 'external_component_of', 'installed_on', 'installed_with', 'optional_component_of']

const PRODUCT_PATHS = several(
  closed(
    {
      beginning_product_reference: PRODUCT_ID,
      full_product_name: { $ref: '#/$defs/full_product_name_t' },
      subpaths: several(closed({ category: { enum: RELATIONS }, next_product_reference: PRODUCT_ID }, ['category', 'next_product_reference'])),
    },
    ['beginning_product_reference', 'full_product_name', 'subpaths'],
  ),
)

/** The library's schema as it would be today. */
export function patchedSchema(schema: object): object {
  const patched = structuredClone(schema)
  const at = (...path: readonly string[]) => place(patched, path)
  const helper = ['$defs', 'full_product_name_t', 'properties', 'product_identification_helper', 'properties']
  set(at('properties'), 'x_extensions', EXTENSIONS)
  for (const holder of [
    ['properties', 'document'],
    ['$defs', 'full_product_name_t'],
    ['properties', 'vulnerabilities', 'items'],
  ])
    set(at(...holder, 'properties'), 'x_extensions', EXTENSIONS)
  const tree = at('properties', 'product_tree', 'properties')
  delete tree['relationships']
  set(tree, 'product_paths', PRODUCT_PATHS)
  const ids = at('properties', 'vulnerabilities', 'items', 'properties', 'ids', 'items', 'properties')
  set(ids, 'group_ids', { $ref: '#/$defs/product_groups_t' })
  set(ids, 'product_ids', { $ref: '#/$defs/products_t' })
  const content = at('properties', 'vulnerabilities', 'items', 'properties', 'metrics', 'items', 'properties', 'content', 'properties')
  delete content['ssvc_v1']
  set(content, 'ssvc_v2', { $ref: SELECTION_LIST_ADDRESS })
  set(content, 'qualitative_severity_rating', { enum: ['critical', 'high', 'low', 'medium', 'none'] })
  set(content, 'x_extensions', EXTENSIONS)
  const hash = at(...helper, 'hashes', 'items', 'properties', 'file_hashes', 'items', 'properties')
  set(place(hash, ['algorithm']), 'pattern', '^[0-9a-z][0-9a-z-]*$')
  set(place(hash, ['value']), 'pattern', '^[0-9a-f]{32,}$')
  set(at(...helper, 'purls', 'items'), 'pattern', '^pkg:[a-z][a-z0-9.-]*/.+')
  for (const list of ['hashes', 'sbom_urls', 'skus', 'x_generic_uris']) set(at(...helper, list), 'uniqueItems', true)
  set(patched as Record<string, unknown>, '$id', 'urn:carecert:csaf-2.1-strict')
  return patched
}

/** Revision 2 of the schema of CVSS 4.0 ties no score to a word any more: rule 6.1.9 reckons both. */
export function withoutScoreRanges(schema: object): object {
  const { anyOf: _any, allOf: _all, oneOf: _one, ...rest } = schema as Readonly<Record<string, unknown>>
  return rest
}

function place(root: object, path: readonly string[]): Record<string, unknown> {
  let here: unknown = root
  for (const step of path) {
    if (!isRecord(here) || !isRecord(here[step]))
      throw new Error(`The schema of CSAF 2.1 has no ${path.join('/')}: look at what the library changed.`)
    here = here[step]
  }
  // Walked through objects alone.
  return here as Record<string, unknown>
}

function set(holder: Record<string, unknown>, name: string, value: unknown): void {
  holder[name] = value
}
