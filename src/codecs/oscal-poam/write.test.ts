import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { isRecord } from '../../kernel/json.ts'
import { NAMESPACE, writePlan, type PlanDocument } from './write.ts'

const names: string[] = []
function uuid(name: string): string {
  if (!names.includes(name)) names.push(name)
  return `00000000-0000-5000-8000-${String(names.indexOf(name)).padStart(12, '0')}`
}

const PLAN: PlanDocument = {
  uuid,
  title: 'Plan',
  lastModified: '2026-11-20T09:00:00Z',
  version: 'unsigned',
  organisation: 'Example  Trust',
  props: [{ name: 'agreed', value: 'no' }],
  actions: [
    {
      id: 'a',
      title: 'Back up\nthe records',
      text: '',
      status: 'remediating',
      isCompleted: false,
      deadline: '2027-01-10T23:59:00Z',
      milestones: [
        { name: 'original', title: 'Original date', at: '2026-12-01T23:59:00Z', text: '' },
        { name: '1', title: 'New date', at: '2027-01-10T23:59:00Z', text: 'The engineer left' },
      ],
      props: [
        { name: 'original-date', value: '2026-12-01' },
        { name: 'funding', value: '' },
      ],
    },
  ],
}

test('every reference leads to something in the document, and no list or value is empty', () => {
  const text = JSON.stringify(writePlan(PLAN))
  const defined = [...text.matchAll(/"uuid":"([^"]+)"/g)].map(([, id]) => id)
  assert.equal(new Set(defined).size, defined.length)
  for (const [, id] of text.matchAll(/"risk-uuid":"([^"]+)"/g)) assert.ok(defined.includes(id))
  assert.doesNotMatch(text, /\[\]|""|\\n/)
  assert.deepEqual(writePlan(PLAN)['plan-of-action-and-milestones'].metadata.props, [{ name: 'agreed', ns: NAMESPACE, value: 'no' }])
  assert.equal(writePlan({ ...PLAN, actions: [] })['plan-of-action-and-milestones']['poam-items'].length, 1)
})

test('it has every member that the schema requires, of the same kind as in the example of NIST', { skip: skipWithoutSharedData }, () => {
  const example: unknown = JSON.parse(readFileSync(sharedData('frameworks/oscal/poam/json/ifa_plan-of-action-and-milestones.json'), 'utf8'))
  const ours: unknown = JSON.parse(JSON.stringify(writePlan(PLAN)))
  const root = 'plan-of-action-and-milestones'
  const required: Readonly<Record<string, readonly string[]>> = {
    [root]: ['uuid', 'metadata', 'system-id', 'risks', 'poam-items'],
    [`${root}/metadata`]: ['title', 'last-modified', 'version', 'oscal-version'],
    [`${root}/system-id`]: ['id', 'identifier-type'],
    [`${root}/poam-items/0`]: ['uuid', 'title', 'description', 'related-risks'],
    [`${root}/poam-items/0/related-risks/0`]: ['risk-uuid'],
    [`${root}/risks/0`]: ['uuid', 'title', 'description', 'statement', 'status', 'deadline', 'remediations'],
    [`${root}/risks/0/remediations/0`]: ['uuid', 'lifecycle', 'title', 'description', 'tasks'],
    [`${root}/risks/0/remediations/0/tasks/0`]: ['uuid', 'type', 'title', 'timing'],
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
