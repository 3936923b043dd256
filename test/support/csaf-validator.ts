import type { CsafVersion } from '../../src/codecs/csaf-writing/advisory.ts'

interface Finding {
  readonly message: string
  readonly instancePath: string
}

interface Verdict {
  readonly isValid?: boolean
  readonly errors?: readonly Finding[]
  readonly warnings?: readonly Finding[]
  readonly infos?: readonly Finding[]
}

type CsafTest = (document: unknown) => Verdict | Promise<Verdict>

const LIBRARY = '@secvisogram/csaf-validator-lib'

const MODULES: Readonly<Record<CsafVersion, readonly string[]>> = {
  '2.0': ['schemaTests.js', 'mandatoryTests.js', 'optionalTests.js', 'informativeTests.js'],
  '2.1': ['csaf_2_1/schemaTests.js', 'csaf_2_1/mandatoryTests.js', 'csaf_2_1/recommendedTests.js', 'csaf_2_1/informativeTests.js'],
}

/**
 * The tests of the library that are not run here. 6.3.6 and 6.3.7 ask the network whether addresses resolve, 6.3.8 asks a spelling checker of the machine. Of CSAF 2.1
 * the library lacks what its README lists under "Known Issues"; two of those it passes on from 2.0, where they know neither the categories of withdrawn and
 * superseded documents (6.1.26) nor `$schema` and `cwes` (6.2.20, which the strict schema says too).
 */
const NOT_RUN: Readonly<Record<CsafVersion, RegExp>> = {
  '2.0': /Test_6_3_(?:6|7|8)$/,
  '2.1': /Test_6_(?:3_6|3_7|3_8|1_26|2_20)$/,
}

const loaded = new Map<CsafVersion, Promise<readonly (readonly [string, CsafTest])[]>>()

/**
 * Everything that the reference validator for JavaScript has to say about a document: schema, mandatory, optional (recommended) and informative tests. Empty for one
 * that passes them all. Each finding is `name of the test · where · what`.
 */
export async function validateCsaf(text: string, version: CsafVersion): Promise<readonly string[]> {
  const tests = loaded.get(version) ?? load(version)
  loaded.set(version, tests)
  const document: unknown = JSON.parse(text)
  const found: string[] = []
  for (const [name, test] of await tests) {
    // A test may add what the schema calls a default, so each is given a document of its own.
    const { isValid = true, errors = [], warnings = [], infos = [] } = await test(structuredClone(document))
    found.push(...[...errors, ...warnings, ...infos].map(({ instancePath, message }) => `${name} · ${instancePath} · ${message}`))
    if (!isValid && errors.length === 0) found.push(`${name} · the document is not valid`)
  }
  return found
}

async function load(version: CsafVersion): Promise<readonly (readonly [string, CsafTest])[]> {
  const all: [string, CsafTest][] = []
  for (const path of MODULES[version]) {
    const names = (await import(`${LIBRARY}/${path}`)) as Readonly<Record<string, CsafTest>>
    all.push(...Object.entries(names).filter(([name]) => !NOT_RUN[version].test(name)))
  }
  return all
}
