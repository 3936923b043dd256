import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { validateCsaf } from './engine.ts'
import { SCHEMA_RULE, type CsafVersion } from './model.ts'

interface TestCase {
  readonly id: string
  readonly group: string
  readonly failures?: readonly { readonly name: string; readonly valid: boolean }[]
  readonly valid?: readonly { readonly name: string; readonly valid: boolean }[]
}

/**
 * The test cases of the OASIS technical committee where our verdict is another, each with why. This list may only shrink: a case that comes to agree fails the test
 * until its line is taken out, and so does a line that names no case.
 */
const DISAGREEMENTS: Readonly<Record<CsafVersion, Readonly<Record<string, string>>>> = {
  '2.0': {
    '6-3-06-01': 'It asks addresses that the document names, which is not done here',
    '6-3-08-01': 'There is no spelling checker here',
  },
  '2.1': {
    '6-1-10-13': 'Its base score of 9 is a temporal score: by CVSS 2.0 the base score of its vector is 10, so rule 6.1.9 fails it',
    '6-1-48-19': 'It has the value C of a safety impact before R: rule 6.1.48 asks for the order of SSVC, in which R comes first',
    '6-1-50-15': 'It defines one product id twice, so rule 6.1.2 fails it',
    '6-1-60-02-01': 'It asks for the schema of an extension, which would have to be fetched',
    '6-1-60-03-01': 'It asks for the metadata of an extension, which would have to be fetched',
    '6-2-19-19': 'Its CVSS 4.0 score of 0 is not that of its vector, so rule 6.1.9 fails it',
    '6-2-39-02-01': 'It has no note of the category description, which rule 6.1.27.14 asks for in every language',
    '6-2-42-01': 'What a CPE says is not compared with the branches here',
    '6-2-45-01': 'Rule 6.2.45 asks for the list of SPDX licenses, which is not here',
    '6-2-54-01-01': 'It asks for the register of extensions, which is not here',
    '6-2-54-02-01': 'It asks for the register of extensions, which is not here',
    '6-2-54-03-01': 'A product is defined by a critical extension, which is not read here, so rule 6.1.1 fails it',
    '6-2-54-04-01': 'It asks for the register of extensions, which is not here',
    '6-3-06-01': 'It asks addresses that the document names, which is not done here',
    '6-3-08-01': 'There is no spelling checker here',
    '6-3-16-01': 'There is no grammar checker here',
    '6-3-20-01': 'It asks for the register of id systems, which is not here',
    '6-3-21-02-01': 'It asks for the register of extensions, which is not here',
  },
}

for (const version of ['2.0', '2.1'] as const) {
  test(`the verdicts on the OASIS test cases of CSAF ${version} are those of OASIS, save those listed`, { skip: skipWithoutSharedData }, async () => {
    const folder = sharedData(`csaf/oasis-${version}/validator/`)
    const { tests } = JSON.parse(readFileSync(`${folder}testcases.json`, 'utf8')) as { readonly tests: readonly TestCase[] }
    const differing: string[] = []
    let cases = 0
    for (const { id, group, failures = [], valid = [] } of tests) {
      for (const one of [...failures, ...valid]) {
        cases++
        const verdict = await validateCsaf(readFileSync(`${folder}${one.name}`, 'utf8'))
        const isRaised = verdict.findings.some(({ rule }) => rule === id)
        // A mandatory test may be met by the schema before.
        const isFound = isRaised || (group === 'mandatory' && verdict.findings.some(({ rule }) => rule === SCHEMA_RULE))
        const isAsExpected = verdict.isValid === one.valid && (failures.includes(one) ? isFound : !isRaised)
        if (!isAsExpected) differing.push(/(\d-\d-\d\d(?:-\d\d)+)\.json$/.exec(one.name)?.[1] ?? one.name)
      }
    }
    assert.deepEqual(differing.toSorted(), Object.keys(DISAGREEMENTS[version]).toSorted())
    assert.ok(cases >= (version === '2.0' ? 130 : 477), `${cases} cases`)
  })
}
