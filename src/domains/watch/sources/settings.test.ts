import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SourceFormat } from './model.ts'
import { isFolderPath, readSettings, rhythmWords, settingsOf, settingWords, SOURCE_SETTINGS, typedOf } from './settings.ts'

function read(format: SourceFormat, typed: Readonly<Record<string, unknown>>) {
  const result = readSettings(format, ({ name }) => typed[name])
  return result.ok ? result.value : result.problems.map(({ pointer }) => pointer)
}

const KEY = 'ABCD 1234 ABCD 1234 ABCD 1234 ABCD 1234 ABCD 1234'

test('what is typed is read by the format that it is for, and what is empty is not chosen', () => {
  assert.deepEqual(read('nvd', { since: '2024-01-31', all: 'yes', collections: 'x', hosts: '', tlp: '' }), { since: '2024-01-31', all: true })
  assert.deepEqual(read('stix', { collections: 'One, with a comma\r\n two \n\n', tlp: 'AMBER' }), {
    collections: ['One, with a comma', 'two'],
    tlp: 'AMBER',
  })
  assert.deepEqual(read('csaf', { integrity: 'lenient', fingerprints: [KEY.toLowerCase()] }), {
    integrity: 'lenient',
    fingerprints: [KEY.replaceAll(' ', '')],
  })
  assert.deepEqual(read('feed', { hosts: 'https://Downloads.example.org/x, b.example:8443\nc.example' }), {
    hosts: ['downloads.example.org', 'b.example:8443', 'c.example'],
  })
  assert.deepEqual(read('misp', { unpublished: true, wholeEveryDays: '7' }), { unpublished: true, wholeEveryDays: 7 })
  assert.deepEqual(read('folder', { tlp: 'RED' }), {})
})

test('what will not do is said of its own field', () => {
  for (const [format, name, value] of [
    ['nvd', 'since', 'yesterday'],
    ['nvd', 'since', '2024-02-30'],
    ['csaf', 'integrity', 'loose'],
    ['csaf', 'fingerprints', 'ABC'],
    ['misp', 'wholeEveryDays', '0'],
    ['misp', 'wholeEveryDays', '91'],
    ['feed', 'hosts', 'a b!'],
    ['feed', 'hosts', '*.example'],
    ['feed', 'tlp', 'PINK'],
    ['stix', 'collections', Array.from({ length: 51 }, (_, index) => `c${index}`)],
  ] as const)
    assert.deepEqual(read(format, { [name]: value }), [name], String(value))
})

test('what was chosen comes back as it was typed, and in words', () => {
  for (const setting of SOURCE_SETTINGS) {
    const typed = {
      since: '2024-01-31',
      all: 'yes',
      unpublished: 'yes',
      integrity: 'lenient',
      tlp: 'GREEN',
      wholeEveryDays: '3',
      fingerprints: KEY.replaceAll(' ', ''),
    }
    const text = (typed as Readonly<Record<string, string>>)[setting.name] ?? 'a.example'
    for (const format of setting.formats) {
      const settings = read(format, { [setting.name]: text })
      assert.ok(!Array.isArray(settings))
      const value = (settings as Readonly<Record<string, never>>)[setting.name]
      assert.equal(typedOf(value), text)
      assert.notEqual(settingWords(setting, value ?? assert.fail()), '')
    }
  }
  assert.ok(settingsOf('nvd').every(({ formats }) => formats.includes('nvd')))
})

test('a rhythm is said in the largest unit that fits', () => {
  assert.deepEqual([5, 60, 90, 120, 1_440, 2_880].map(rhythmWords), [
    'Every 5 minutes',
    'Every hour',
    'Every 90 minutes',
    'Every 2 hours',
    'Every day',
    'Every 2 days',
  ])
})

test('a folder is named by its whole path', () => {
  for (const path of ['/srv/drop', '/']) assert.equal(isFolderPath(path), true)
  for (const path of ['', 'srv', './x', '//host/share', 'https://a.example/', '/a\0b']) assert.equal(isFolderPath(path), false)
})
