import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { isRecord } from '../../kernel/json.ts'
import { NAMESPACE, writeAssessmentResults, type AssessmentResults } from './write.ts'

let made = 0
const known = new Map<string, string>()
const uuid = (name: string) => {
  const one = known.get(name) ?? `00000000-0000-5000-8000-${String(made++).padStart(12, '0')}`
  known.set(name, one)
  return one
}

const RESULTS: AssessmentResults = {
  uuid,
  title: 'Review 2026-27',
  lastModified: '2026-11-20T09:00:00Z',
  version: 'unsigned',
  organisation: 'Example  Trust',
  assessor: { name: 'An Assessor', body: 'The centre' },
  terms: 'Asked in until 2027-01-31',
  description: 'An independent assessment',
  start: '2026-11-01T09:00:00Z',
  end: null,
  props: [
    { name: 'signed', value: 'no' },
    { name: 'hash', value: '' },
  ],
  outcomes: [
    {
      code: 'A1.a',
      title: 'Board direction',
      text: 'Both say the same',
      satisfied: false,
      collected: '2026-11-20T09:00:00Z',
      props: [{ name: 'self status', value: 'achieved' }],
      findings: [{ id: 'f', what: 'No minutes', why: 'Nobody can tell', recommendation: 'Keep them' }],
      strengths: [{ id: 's', what: 'The board asks', how: 'Every month', help: '' }],
    },
    { code: '7.1 (b)', title: 'Two\nlines', text: '', satisfied: true, collected: '2026-11-20T09:00:00Z', props: [], findings: [], strengths: [] },
  ],
}

test('identifiers refer to what is in the document, tokens and lines are what OSCAL takes, and no list or value is empty', () => {
  const text = JSON.stringify(writeAssessmentResults(RESULTS))
  const document = writeAssessmentResults(RESULTS)['assessment-results']
  const [result] = document.results
  assert.ok(result)
  const defined = [...text.matchAll(/"uuid":"([^"]+)"/g)].map(([, id]) => id)
  assert.equal(new Set(defined).size, defined.length)
  for (const [, id] of text.matchAll(/"(?:observation|risk)-uuid":"([^"]+)"/g)) assert.ok(defined.includes(id))
  assert.ok(defined.includes(document['import-ap'].href.slice(1)))
  assert.doesNotMatch(text, /\[\]|""/)
  const names = result.findings?.map(finding => finding.target['target-id'])
  assert.deepEqual(names, ['A1.a', '_7.1--b-'])
  assert.deepEqual(result.findings?.map(({ title }) => title)[1], '7.1 (b) Two lines')
  assert.deepEqual(document.metadata.props, [{ name: 'signed', ns: NAMESPACE, value: 'no' }])
})

test('it has every member that an example of NIST has which the schema requires, of the same kind', { skip: skipWithoutSharedData }, () => {
  const example: unknown = JSON.parse(readFileSync(sharedData('frameworks/oscal/ar/json/ifa_assessment-results-example.json'), 'utf8'))
  const ours: unknown = JSON.parse(JSON.stringify(writeAssessmentResults(RESULTS)))
  // What the JSON schema of OSCAL 1.1.2 requires, by definition: a path in ours and in the example, `0` for the first of a list.
  const required: Readonly<Record<string, readonly string[]>> = {
    'assessment-results': ['uuid', 'metadata', 'import-ap', 'results'],
    'assessment-results/metadata': ['title', 'last-modified', 'version', 'oscal-version'],
    'assessment-results/import-ap': ['href'],
    'assessment-results/results/0': ['uuid', 'title', 'description', 'start', 'reviewed-controls'],
    'assessment-results/results/0/reviewed-controls': ['control-selections'],
    'assessment-results/results/0/observations/0': ['uuid', 'description', 'methods', 'collected'],
    'assessment-results/results/0/risks/0': ['uuid', 'title', 'description', 'statement', 'status'],
    'assessment-results/results/0/findings/0': ['uuid', 'title', 'description', 'target'],
    'assessment-results/results/0/findings/0/target': ['type', 'target-id', 'status'],
    'assessment-results/results/0/findings/0/target/status': ['state'],
  }
  for (const [path, members] of Object.entries(required))
    for (const member of members) {
      const [mine, theirs] = [ours, example].map(document => kindOf(at(document, [...path.split('/'), member])))
      assert.ok(mine !== 'undefined' && mine === theirs, `${path}/${member}: ${mine} and ${theirs}`)
    }
})

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, step) => (Array.isArray(inner) ? inner[Number(step)] : isRecord(inner) ? inner[step] : undefined), value)
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'list' : typeof value
}
