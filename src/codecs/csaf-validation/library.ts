import type { CsafVersion } from './model.ts'

/** What a test of the library answers. */
export interface LibraryResult {
  readonly isValid?: boolean
  readonly errors?: readonly LibraryFinding[]
  readonly warnings?: readonly LibraryFinding[]
  readonly infos?: readonly LibraryFinding[]
}

interface LibraryFinding {
  readonly message?: string
  readonly instancePath: string
}

export type LibraryTest = (document: unknown) => LibraryResult | Promise<LibraryResult>

const PARTS: Readonly<Record<CsafVersion, readonly (() => Promise<object>)[]>> = {
  '2.0': [
    () => import('@secvisogram/csaf-validator-lib/mandatoryTests.js'),
    () => import('@secvisogram/csaf-validator-lib/optionalTests.js'),
    () => import('@secvisogram/csaf-validator-lib/informativeTests.js'),
  ],
  '2.1': [
    () => import('@secvisogram/csaf-validator-lib/csaf_2_1/mandatoryTests.js'),
    () => import('@secvisogram/csaf-validator-lib/csaf_2_1/recommendedTests.js'),
    () => import('@secvisogram/csaf-validator-lib/csaf_2_1/informativeTests.js'),
  ],
}

/** The library's tests of a version by their numbers. Loading takes seconds, so it is done when the first document of the version comes. */
export async function libraryTests(version: CsafVersion): Promise<ReadonlyMap<string, LibraryTest>> {
  const modules = await Promise.all(PARTS[version].map(load => load()))
  // The library names each test by its number: mandatoryTest_6_1_27_1.
  const named = modules.flatMap(module => Object.entries(module as Readonly<Record<string, LibraryTest>>))
  return new Map(
    named.flatMap(([name, test]) => {
      const number = /_(6_\d[\d_]*)$/.exec(name)?.[1]
      return number === undefined ? [] : [[number.replaceAll('_', '.'), test] as const]
    }),
  )
}
