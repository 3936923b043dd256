import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseInstant, type LocalDate } from '../../kernel/instant.ts'
import { INDICATOR_TYPES } from '../../kernel/intelligence.ts'
import { TLP } from '../../kernel/tlp.ts'
import { readMisp } from './events.ts'
import { mispHashedValues, mispIndicator, mispUuid, writeMispEvent, type MispDraft } from './write.ts'

const at = (text: string) => parseInstant(text) ?? assert.fail()
const VALUES = {
  ipv4: '203.0.113.7',
  ipv6: '2001:db8::7',
  domain: 'evil.example.net',
  url: 'https://evil.example.net/x?a=1',
  email: 'lure@evil.example.net',
  md5: 'd41d8cd98f00b204e9800998ecf8427f',
  sha1: 'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  sha512: 'cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e',
  'file-name': 'lure.exe',
  'registry-key': 'hkey_local_machine\\software\\evil',
} as const
const more = { note: 'Seen at one trust', firstSeen: '2026-05-01T00:00:00.000Z', lastSeen: '2026-05-02T00:00:00.000Z' }
const DRAFT: MispDraft = {
  key: 'bul_1',
  title: 'CC-5001: a flaw',
  date: '2026-05-01' as LocalDate,
  changed: at('2026-05-02T09:00:00Z'),
  published: at('2026-05-01T09:00:00Z'),
  threatLevel: 'high',
  analysis: 'ongoing',
  tlp: 'CLEAR',
  sharingGroup: null,
  organisation: { key: 'org_1', name: 'A centre' },
  tags: ['carecert:severity="high"'],
  attributes: [
    ...INDICATOR_TYPES.map(type => mispIndicator({ type, value: VALUES[type] }, more, true)),
    {
      type: 'link',
      category: 'External analysis',
      value: 'https://centre.example/public/CC-5001',
      comment: '',
      toIds: false,
      firstSeen: null,
      lastSeen: null,
    },
    { type: 'vulnerability', category: 'External analysis', value: 'CVE-2026-10001', comment: '', toIds: false, firstSeen: null, lastSeen: null },
  ],
  earlier: [],
  report: 'The flaw lets **anybody** in.',
}

function readBack(draft: MispDraft) {
  const read = readMisp(JSON.parse(JSON.stringify(writeMispEvent(draft))))
  assert.ok(read.ok)
  assert.deepEqual(read.value.rejected, [])
  return read.value.items[0] ?? assert.fail()
}

test('what is written is read back as it was meant: indicators of every kind, CVEs, links, the text, times and levels', () => {
  const item = readBack(DRAFT)
  assert.deepEqual(item.faults, [])
  assert.deepEqual(
    item.indicators?.map(({ type, value, firstSeen, lastSeen, note }) => ({ type, value, firstSeen, lastSeen, note })),
    INDICATOR_TYPES.map(type => ({ type, value: VALUES[type], firstSeen: more.firstSeen, lastSeen: more.lastSeen, note: more.note })),
  )
  assert.deepEqual(
    [item.title, item.summary, item.cves, item.references, item.severity, item.tlp, item.updated],
    [DRAFT.title, DRAFT.report, ['CVE-2026-10001'], ['https://centre.example/public/CC-5001'], 'high', 'CLEAR', DRAFT.changed],
  )
  assert.equal(item.externalId, mispUuid('bul_1'))
  assert.deepEqual(item.tags, ['tlp:clear', 'carecert:severity="high"'])
})

test('a label is read back as it is or narrower, never wider', () => {
  for (const tlp of TLP) assert.equal(readBack({ ...DRAFT, tlp }).tlp, tlp === 'CLEAR' || tlp === 'GREEN' ? tlp : 'RED', tlp)
  const grouped = writeMispEvent({ ...DRAFT, tlp: 'GREEN', sharingGroup: { id: '0b0e7c8a-93a4-4a53-9d0b-0d6f6b3f7c11', name: 'Ambulance' } }).Event
  assert.deepEqual(
    [grouped['distribution'], grouped['SharingGroup']],
    ['4', { uuid: '0b0e7c8a-93a4-4a53-9d0b-0d6f6b3f7c11', name: 'Ambulance', releasability: 'Ambulance' }],
  )
})

test('the same thing is the same event with the same attributes whenever it is written, and another is another', () => {
  assert.deepEqual(writeMispEvent(DRAFT), writeMispEvent({ ...DRAFT, attributes: [...DRAFT.attributes, ...DRAFT.attributes] }))
  assert.notEqual(writeMispEvent(DRAFT).Event['uuid'], writeMispEvent({ ...DRAFT, key: 'bul_2' }).Event['uuid'])
  assert.match(mispUuid('bul_1'), /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('what was told before and is told no more is marked as deleted under the id that it had, and looked for nowhere', () => {
  const [first, ...rest] = DRAFT.attributes
  assert.ok(first)
  const before = writeMispEvent(DRAFT).Event['Attribute'] as readonly { uuid: string; value: string }[]
  const draft = { ...DRAFT, attributes: rest, earlier: [...DRAFT.attributes, first] }
  const after = writeMispEvent(draft).Event['Attribute'] as readonly { uuid: string; value: string; to_ids: boolean; deleted: boolean }[]
  assert.deepEqual(
    after.filter(({ deleted }) => deleted).map(({ uuid, value, to_ids }) => [uuid, value, to_ids]),
    [[before[0]?.uuid, first.value, false]],
  )
  assert.equal(after.length, before.length)
  assert.ok(!mispHashedValues(draft).includes(first.value))
  assert.equal(
    readBack(draft).indicators?.some(({ value }) => value === first.value),
    false,
  )
})
