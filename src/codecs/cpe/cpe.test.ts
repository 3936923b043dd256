import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareCpeNames, compareCpeProducts, compareCpeValues, type CpeRelation } from './compare.ts'
import { CPE_ATTRIBUTES, parseCpe, type CpeValue } from './name.ts'

function name(written: string) {
  const parsed = parseCpe(written)
  assert.ok(parsed, written)
  return parsed
}

/** The value of a version, as a formatted string has it. */
const value = (component: string): CpeValue => name(`cpe:2.3:a:v:p:${component}:*:*:*:*:*:*:*`).version

test('both written forms of one name read alike', () => {
  const pairs = [
    ['cpe:/a:microsoft:internet_explorer:8.0.6001:beta', 'cpe:2.3:a:microsoft:internet_explorer:8.0.6001:beta:*:*:*:*:*:*'],
    ['cpe:/a:microsoft:internet_explorer:8.%02:sp%01', 'cpe:2.3:a:microsoft:internet_explorer:8.*:sp?:*:*:*:*:*:*'],
    ['cpe:/a:hp:insight_diagnostics:7.4.0.1570::~~online~win2003~x64~', 'cpe:2.3:a:hp:insight_diagnostics:7.4.0.1570:*:*:*:online:win2003:x64:*'],
    ['cpe:/a:hp:openview_network_manager:7.51:-:~~~linux~~', 'cpe:2.3:a:hp:openview_network_manager:7.51:-:*:*:*:linux:*:*'],
    ['cpe:/a:foo%5cbar:big%24money_2010%07:::~~special~ipod_touch~80gb~', undefined],
    ['cpe:/a:foo%5cbar:big%24money_2010:::~~special~ipod_touch~80gb~', 'cpe:2.3:a:foo\\\\bar:big\\$money_2010:*:*:*:*:special:ipod_touch:80gb:*'],
    ['CPE:/A:Acme:Gate%2bWay', 'cpe:2.3:a:acme:gate\\+way:*:*:*:*:*:*:*:*'],
  ] as const
  for (const [uri, formatted] of pairs) assert.deepEqual(parseCpe(uri), formatted === undefined ? undefined : name(formatted), uri)
})

test('an escaped colon is part of the value', () => {
  assert.deepEqual(name('cpe:2.3:a:acme:a\\:b:1\\:2.3:*:*:*:*:*:*:*').product, { before: '', text: 'a:b', after: '' })
})

test('a formatted string that ends early is read as if the rest could be anything', () => {
  assert.deepEqual(name('cpe:2.3:o:acme:gateway:1.0'), name('cpe:2.3:o:acme:gateway:1.0:*:*:*:*:*:*:*'))
})

test('what is no name is refused', () => {
  const bad = [
    '',
    'acme gateway',
    'cpe:2.3:a:acme',
    'cpe:2.3:x:acme:gateway:*:*:*:*:*:*:*:*',
    'cpe:2.3:a:acme:gateway:*:*:*:*:*:*:*:*:*',
    'cpe:2.3:a::gateway:*:*:*:*:*:*:*:*',
    'cpe:2.3:a:ac*me:gateway:*:*:*:*:*:*:*:*',
    'cpe:2.3:a:acme:gate way:*:*:*:*:*:*:*:*',
    'cpe:2.3:a:acme:gate$way:*:*:*:*:*:*:*:*',
    'cpe:/a:acme:gateway:1:2:3:4:5',
    'cpe:/a:acme:gate%02way',
    'cpe:/q:acme:gateway',
  ]
  for (const written of bad) assert.equal(parseCpe(written), undefined, written)
})

test('values compare as table 6-2 of NISTIR 7696 says', () => {
  const rows: readonly (readonly [string, string, CpeRelation])[] = [
    ['*', '*', 'equal'],
    ['*', '-', 'superset'],
    ['*', '1.0', 'superset'],
    ['*', '1.*', 'undefined'],
    ['-', '*', 'subset'],
    ['-', '-', 'equal'],
    ['-', '1.0', 'disjoint'],
    ['-', '1.*', 'undefined'],
    ['1.0', '1.0', 'equal'],
    ['1.0', '2.0', 'disjoint'],
    ['1.0', '1.*', 'undefined'],
    ['1.0', '-', 'disjoint'],
    ['1.0', '*', 'subset'],
    ['1.*', '1.0', 'superset'],
    ['1.*', '2.0', 'disjoint'],
    ['1.*', '*', 'subset'],
    ['1.*', '-', 'disjoint'],
    ['1.*', '2.*', 'undefined'],
  ]
  for (const [source, target, relation] of rows) assert.equal(compareCpeValues(value(source), value(target)), relation, `${source} and ${target}`)
})

test('a star stands for any characters, a question mark for at most one', () => {
  const covered = (pattern: string, target: string) => compareCpeValues(value(pattern), value(target)) === 'superset'
  assert.deepEqual(
    [
      covered('*foo', 'barfoo'),
      covered('foo*', 'foo'),
      covered('*oo*', 'foobar'),
      covered('8.*', '8.0.6001'),
      covered('sp?', 'sp1'),
      covered('sp?', 'sp'),
    ],
    [true, true, true, true, true, true],
  )
  assert.deepEqual(
    [covered('*foo', 'foobar'), covered('foo*', 'afoo'), covered('sp?', 'sp12'), covered('?oo', 'ffoo'), covered('8.*', '18.0')],
    [false, false, false, false, false],
  )
  assert.ok(covered('??oo', 'fooo') && covered('*a?', 'aXaa'.toLowerCase()))
})

test('names compare as table 6-4 of NISTIR 7696 says', () => {
  const relation = (source: string, target: string) => compareCpeNames(name(source), name(target))
  const [any, eight, windows] = [
    'cpe:2.3:a:microsoft:internet_explorer:*:*:*:*:*:*:*:*',
    'cpe:2.3:a:microsoft:internet_explorer:8.0:*:*:*:*:*:*:*',
    'cpe:2.3:a:microsoft:internet_explorer:*:*:*:*:*:windows:*:*',
  ]
  assert.equal(relation(any, any), 'equal')
  assert.equal(relation(any, eight), 'superset')
  assert.equal(relation(eight, any), 'subset')
  assert.equal(relation(eight, windows), 'undefined')
  assert.equal(relation(eight, 'cpe:2.3:a:microsoft:internet_explorer:9.0:*:*:*:*:*:*:*'), 'disjoint')
  assert.equal(relation(any, 'cpe:2.3:o:microsoft:internet_explorer:*:*:*:*:*:*:*:*'), 'disjoint')
  assert.equal(compareCpeProducts(name(eight), name('cpe:/a:microsoft:internet_explorer:9.0:beta')), 'equal')
})

test('whatever is written, reading does not throw, and a name is its own equal', () => {
  const component = fc.oneof(fc.constantFrom('*', '-', '', 'a', '1.0', 'x?', '*y', '\\:', '%20'), fc.string({ maxLength: 6 }))
  fc.assert(
    fc.property(fc.constantFrom('cpe:2.3:', 'cpe:/', ''), fc.array(component, { maxLength: 13 }), (scheme, components) => {
      const parsed = parseCpe(scheme + components.join(':'))
      if (parsed === undefined) return
      assert.deepEqual(Object.keys(parsed), [...CPE_ATTRIBUTES])
      assert.equal(compareCpeNames(parsed, parsed), 'equal')
    }),
  )
})
