import type { CsafVersion, Fault } from './model.ts'
import { patchedSchema, SELECTION_LIST, SELECTION_LIST_ADDRESS, EXTENSION, EXTENSION_ADDRESS, withoutScoreRanges } from './schema-2-1.ts'

interface AjvFault {
  readonly instancePath: string
  readonly message?: string
  readonly params?: Readonly<Record<string, unknown>>
}

/** As much of Ajv as is used here. The library brings it; we build on its own instance, so that it is the same one. */
interface Ajv {
  readonly formats: Readonly<Record<string, unknown>>
  addSchema(schema: object, key: string): unknown
  addFormat(name: string, format: unknown): unknown
  getSchema(key: string): { readonly schema: object } | undefined
  compile(schema: object): { (document: unknown): boolean; readonly errors?: readonly AjvFault[] | null }
}

/** A test whether a document follows the schema of its version. CSAF 2.0 lets a document hold what its schema does not name (rule 6.2.20 says so), 2.1 does not. */
export async function schemaTest(version: CsafVersion): Promise<(document: unknown) => readonly Fault[]> {
  return version === '2.0' ? schemaTest20() : schemaTest21()
}

async function schemaTest20(): Promise<(document: unknown) => readonly Fault[]> {
  const { csaf_2_0: test } = (await import('@secvisogram/csaf-validator-lib/schemaTests.js')) as unknown as {
    csaf_2_0(document: unknown): { readonly isValid: boolean; readonly errors: readonly AjvFault[] }
  }
  return document => {
    const { isValid, errors } = test(document)
    return isValid ? [] : errors.map(faultOf)
  }
}

/**
 * The library has the schema of an earlier draft of CSAF 2.1 and the first revision of CVSS 4.0: what has changed since is changed here. A score is a multiple of 0.1
 * to as many digits as a number keeps.
 */
async function schemaTest21(): Promise<(document: unknown) => readonly Fault[]> {
  const [{ default: theirs }, { default: schema }] = (await Promise.all([
    import('@secvisogram/csaf-validator-lib/csaf_2_1/csafAjv.js'),
    import('@secvisogram/csaf-validator-lib/csaf_2_1/schemaTests/csaf_2_1_strict/schema.js'),
  ])) as unknown as [{ default: Ajv }, { default: object }]
  const Validator = theirs.constructor as new (options: object) => Ajv
  const ajv = new Validator({ strict: false, allErrors: true, multipleOfPrecision: 6 })
  for (const [name, format] of Object.entries(theirs.formats)) ajv.addFormat(name, format)
  for (const address of REFERENCED) {
    const referenced = theirs.getSchema(address)?.schema
    if (referenced !== undefined) ajv.addSchema(address.includes('cvss-v4') ? withoutScoreRanges(referenced) : referenced, address)
  }
  ajv.addSchema(SELECTION_LIST, SELECTION_LIST_ADDRESS)
  ajv.addSchema(EXTENSION, EXTENSION_ADDRESS)
  const validate = ajv.compile(patchedSchema(schema))
  return document => (validate(document) ? [] : (validate.errors ?? []).map(faultOf))
}

const REFERENCED = [
  'https://docs.oasis-open.org/csaf/csaf/v2.1/schema/meta.json',
  'https://json-schema.org/draft/2020-12/meta/format-assertion',
  'https://www.first.org/cvss/cvss-v2.0.json',
  'https://www.first.org/cvss/cvss-v3.0.json',
  'https://www.first.org/cvss/cvss-v3.1.json',
  'https://www.first.org/cvss/cvss-v4.0.json',
]

/** Ajv's own sentence, with the name that it leaves out. */
function faultOf({ instancePath, message = 'does not follow the schema', params = {} }: AjvFault): Fault {
  const { additionalProperty, allowedValues } = params
  if (typeof additionalProperty === 'string')
    return { pointer: instancePath, message: `has a member "${additionalProperty}" that the schema does not know` }
  if (Array.isArray(allowedValues) && allowedValues.length <= 12) return { pointer: instancePath, message: `${message}: ${allowedValues.join(', ')}` }
  return { pointer: instancePath, message }
}
