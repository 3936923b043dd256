import assert from 'node:assert/strict'
import { test } from 'node:test'
import { oscalRoot, readOscal } from './document.ts'

const metadata = { title: 'Tidy controls', version: '2', 'last-modified': '2026-01-01' }

test('each statement of a control is asked apart, enhancements stand beside it, and what is withdrawn is left out', () => {
  const statement = {
    name: 'statement',
    prose: 'The desk is:',
    parts: [
      { name: 'item', prose: 'clear at {{ insert: param, d-1_p }};' },
      { name: 'item', prose: 'locked.' },
    ],
  }
  const controls = [
    {
      id: 'd-1',
      title: 'Desk',
      params: [{ id: 'd-1_p', label: 'an hour' }],
      parts: [statement, { name: 'guidance', prose: 'Every evening.' }],
      controls: [{ id: 'd-1.1', title: 'Lamp', parts: [{ name: 'statement', prose: 'It is off.' }] }],
    },
    { id: 'd-2', title: 'Gone', props: [{ name: 'status', value: 'withdrawn' }] },
  ]
  const data = { catalog: { uuid: 'u', metadata, groups: [{ id: 'd', title: 'Desks', controls }] } }
  assert.equal(oscalRoot(data), 'catalog')
  const read = readOscal(data)
  const framework = read.ok ? read.value.frameworks[0] : undefined
  assert.deepEqual([framework?.code, framework?.version], ['tidy-controls', '2'])
  assert.deepEqual(
    framework?.nodes.map(one => [one.code, one.parentCode]),
    [
      ['d', null],
      ['d-1', 'd'],
      ['d-1.1', 'd'],
    ],
  )
  assert.deepEqual(
    framework?.indicators.map(one => [one.code, one.text]),
    [
      ['d-1_smt.1', 'The desk is: clear at [an hour];'],
      ['d-1_smt.2', 'The desk is: locked.'],
      ['d-1.1', 'It is off.'],
    ],
  )
  assert.match(framework?.findings[0]?.message ?? '', /1 controls are withdrawn/)
})

test('a profile is a selection of controls; one that selects by rules is refused', () => {
  const profile = (one: object) => readOscal({ profile: { uuid: 'p', metadata, imports: [one] } })
  const read = profile({ 'include-controls': [{ 'with-ids': ['d-1', 'd-1', 'd-2'] }] })
  assert.deepEqual(read.ok && read.value.profiles[0]?.levels, [
    { outcomeCode: 'd-1', level: 'met' },
    { outcomeCode: 'd-2', level: 'met' },
  ])
  assert.match(profile({ 'include-all': {} }).problems[0]?.message ?? '', /selects controls by rules/)
})

test('results and plans are said to be what they are', () => {
  for (const root of ['assessment-results', 'plan-of-action-and-milestones', 'system-security-plan']) {
    const read = readOscal({ [root]: { metadata } })
    assert.match((read.ok && read.value.others[0]) || '', /no framework/)
  }
  assert.equal(oscalRoot({ catalog: 'x' }), undefined)
})
