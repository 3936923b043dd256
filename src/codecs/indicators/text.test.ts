import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { defang, readIndicator } from '../../kernel/indicator.ts'
import { indicatorsIn } from './text.ts'

function found(text: string, options = {}): string[] {
  return indicatorsIn(text, options).map(indicator => `${indicator.type} ${indicator.value}`)
}

test('indicators are found however they are defanged, typed, in plain form, once, in order', () => {
  const text = `The dropper (MD5: D41D8CD98F00B204E9800998ECF84270) calls hxxps://cdn[.]evil[.]example/a.php?x=1, then 198[.]51[.]100[.]7:443
    and 2001[:]db8[:][:]1. Lures come from billing (at) evil [dot] example; the second stage is evil[.]example and again EVIL.example.
    It writes C:\\Users\\Public\\update.exe and HKCU\\Software\\Microsoft\\Windows NT\\CurrentVersion\\Run. See <http://evil.example/b>.`
  assert.deepEqual(found(text), [
    'md5 d41d8cd98f00b204e9800998ecf84270',
    'url https://cdn.evil.example/a.php?x=1',
    'ipv4 198.51.100.7',
    'ipv6 2001:db8::1',
    'email billing@evil.example',
    'domain evil.example',
    'file-name update.exe',
    'registry-key hkey_current_user\\software\\microsoft\\windows nt\\currentversion\\run',
    'url http://evil.example/b',
  ])
  assert.deepEqual(indicatorsIn('evil[.]example')[0], {
    type: 'domain',
    value: 'evil.example',
    tlp: null,
    firstSeen: null,
    lastSeen: null,
    validUntil: null,
    note: null,
  })
})

test('in prose a live link, a contact, a broken file and a remedy are no indicators', () => {
  const text = `Vendor Gateway: a flaw in login.php lets anyone in. Read https://vendor.example/advisory or write to cert@vendor.example. Set
    HKLM\\Software\\Vendor\\Fixed to 1. Attackers came from 203.0.113.9 and hxxp://bad[.]example with a3cca2b2aa1e3b5b3b5aad99a8529074.`
  assert.deepEqual(found(text, { prose: true }), ['ipv4 203.0.113.9', 'url http://bad.example/', 'md5 a3cca2b2aa1e3b5b3b5aad99a8529074'])
  assert.equal(found(text).length, 7)
})

test('version numbers are not taken for addresses', () => {
  for (const text of [
    'Gateway version 8.1.0.3 is affected',
    'Versions 8.0.0.1, 8.0.0.2 and 8.1.0.3 are affected',
    '8.0.0.1 through 8.0.0.9 and earlier',
    'all firmware prior to 8.1.0.3',
    'Gateway v8.1.0.3, Viewer <= 9.2.1.4',
    'upgrade to 8.1.0.3. The latest 8.1.0.3 build is out.',
    'Gateway 8.1.0.3 and all prior versions',
    'Section 4.2.1.3 says so, OID 1.3.6.1.4.1',
    'Gateway-8.1.0.3-setup and 8.1.0.3-beta',
    '8.1.0.3.7',
  ])
    assert.deepEqual(found(text), [], text)
  assert.deepEqual(found('Block 203.0.113.9, 203.0.113.10 and 198.51.100.0/24 now; version 8.1.0.3 mends it'), [
    'ipv4 203.0.113.9',
    'ipv4 203.0.113.10',
    'ipv4 198.51.100.0/24',
  ])
})

test('addresses of private and reserved networks are left out, defanged or not', () => {
  for (const address of [
    '10.1.2.3',
    '192[.]168.1.1',
    '172.31.255.255',
    '127.0.0.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
  ])
    assert.deepEqual(found(`from ${address} and http://${address}/x`), [], address)
  for (const address of ['::1', 'fe80::1', 'fd00::1', '::', 'ff02::1', '::ffff:10.0.0.1']) assert.deepEqual(found(`from ${address}`), [], address)
  assert.deepEqual(found('from 172.32.0.1'), ['ipv4 172.32.0.1'])
})

test('files, code and sentences are not taken for domain names', () => {
  for (const text of [
    'Built with ASP.NET and java.io',
    'see com.vendor.app.Main',
    'It stopped working.In the end it came back',
    'README.md, install.sh',
    'foo.local',
    'std::string a::b',
    'at 12:30:45',
    'e.g. this, i.e. that',
  ])
    assert.deepEqual(
      found(text).filter(entry => !entry.startsWith('file-name')),
      [],
      text,
    )
  assert.deepEqual(found('setup.exe and evil[.]sh'), ['file-name setup.exe', 'domain evil.sh'])
})

test('hashes that say nothing are left out', () => {
  assert.deepEqual(
    found(`commit ${'ab12'.repeat(10)}, key fingerprint: ${'AB12'.repeat(10)}, ${'0'.repeat(64)}, d41d8cd98f00b204e9800998ecf8427e`),
    [],
  )
  assert.deepEqual(found(`${'ab12'.repeat(10)} ${'ab12'.repeat(16)} ${'ab12'.repeat(32)} ${'ab12'.repeat(9)}`), [
    `sha1 ${'ab12'.repeat(10)}`,
    `sha256 ${'ab12'.repeat(16)}`,
    `sha512 ${'ab12'.repeat(32)}`,
  ])
})

test('what is found reads as itself, and is found again in a defanged list, whatever the text', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'hxxp://',
      'http://',
      '[.]',
      '(dot)',
      '.',
      'evil',
      'example',
      '.com',
      '@',
      '[at]',
      '198.51.100.7',
      ' ',
      '\n',
      '(',
      ')',
      ',',
      'HKLM\\',
      'a.exe',
      ':',
      '/x',
      'version ',
    ),
    fc.string({ maxLength: 6 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 24 }), pieces => {
      const indicators = indicatorsIn(pieces.join(''))
      for (const { type, value } of indicators) assert.equal(readIndicator(type, value), value)
      const values = indicators.filter(({ type }) => type === 'url' || type === 'domain' || type === 'ipv4')
      const again = found(values.map(({ value }) => defang(value)).join('\n'), { prose: true })
      for (const { type, value } of values) assert.ok(again.includes(`${type} ${value}`), `${type} ${value} in ${again.join()}`)
    }),
    { numRuns: 2_000 },
  )
})

test('a hostile text is read in time', () => {
  for (const piece of [
    'a.',
    '[.]',
    'a@',
    '1.',
    ':',
    'HKLM\\a b ',
    'http://',
    'a[.]b',
    '((dot)',
    'hxxp',
    '\\a b',
    '1.2.3.4 , ',
    'https://a)',
    ']'.repeat(9),
  ]) {
    const start = performance.now()
    indicatorsIn(piece.repeat(200_000 / piece.length))
    assert.ok(performance.now() - start < 3_000, `${piece}: ${performance.now() - start}`)
  }
})

test('the prose of real advisories names no indicator but the one that it means', { skip: skipWithoutSharedData }, () => {
  const notes = globSync(sharedData('csaf/{cisa-medical,cisa-ot,cisa-it}/**/*.json')).flatMap(path => textsOf(JSON.parse(readFileSync(path, 'utf8'))))
  assert.ok(notes.length > 2_000, String(notes.length))
  assert.deepEqual([...new Set(notes.flatMap(note => found(note, { prose: true })))], [])
  const catalogue = textsOf(JSON.parse(readFileSync(sharedData('kev/2025-02-05/known_exploited_vulnerabilities.json'), 'utf8')))
  assert.deepEqual(
    [...new Set(catalogue.flatMap(note => found(note, { prose: true })))],
    ['sha256 421a4ad2615941b177b6ec4ab5e239c14e62af2ab07c6df1741e2a62223223c4'],
  )
})

/** The sentences of a document: its texts with a blank in them. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value.includes(' ') ? [value] : []
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}
