import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readPattern } from './pattern.ts'

function read(pattern: string): readonly [string[], boolean] {
  const { values, isWhole } = readPattern(pattern)
  return [values.map(({ type, value }) => `${type} ${value}`), isWhole]
}

const HASH = 'a1'.repeat(32)

const WHOLE: readonly (readonly [string, readonly string[]])[] = [
  ["[ipv4-addr:value = '198.51.100.7']", ['ipv4 198.51.100.7']],
  ["[ ipv4-addr:value = '198.51.100.0/24' ]", ['ipv4 198.51.100.0/24']],
  ["[ipv4-addr:value ISSUBSET '198.51.100.0/24']", ['ipv4 198.51.100.0/24']],
  ["[ipv6-addr:value = '2001:DB8::1']", ['ipv6 2001:db8::1']],
  ["[domain-name:value = 'EVIL.example']", ['domain evil.example']],
  ["[url:value = 'evil.example']", ['domain evil.example']],
  ["[url:value = 'https://evil.example/it\\'s']", ["url https://evil.example/it's"]],
  ["[email-addr:value = 'a@evil.example']", ['email a@evil.example']],
  ["[email-message:from_ref.value = 'a@evil.example']", ['email a@evil.example']],
  [`[file:hashes.'SHA-256' = '${HASH}']`, [`sha256 ${HASH}`]],
  [`[file:hashes.md5 = '${HASH.slice(0, 32)}']`, [`md5 ${HASH.slice(0, 32)}`]],
  [`[file:hashes.SHA1 IN ('${HASH.slice(0, 40)}', '${'b2'.repeat(20)}')]`, [`sha1 ${HASH.slice(0, 40)}`, `sha1 ${'b2'.repeat(20)}`]],
  ["[file:name = 'evil.exe']", ['file-name evil.exe']],
  ["[windows-registry-key:key = 'HKLM\\\\Software\\\\Evil']", ['registry-key hkey_local_machine\\software\\evil']],
  [
    "[domain-name:value = 'a.example' OR domain-name:value = 'b.example' OR url:value = 'http://c.example/']",
    ['domain a.example', 'domain b.example', 'url http://c.example/'],
  ],
  ["[domain-name:value = 'a.example'] OR ([domain-name:value = 'b.example'])", ['domain a.example', 'domain b.example']],
  ["([domain-name:value = 'a.example']) WITHIN 300 SECONDS", ['domain a.example']],
  ["[domain-name:value = 'a.example'] REPEATS 5 TIMES START t'2024-01-01T00:00:00Z' STOP t'2024-02-01T00:00:00Z'", ['domain a.example']],
  ["[domain-name:value = 'a.example' OR domain-name:value = 'A.example']", ['domain a.example']],
]

test('what a pattern looks for by itself is taken apart', () => {
  for (const [pattern, values] of WHOLE) assert.deepEqual(read(pattern), [values, true], pattern)
})

const PART: readonly (readonly [string, readonly string[]])[] = [
  ["[file:name = 'evil.exe' AND file:size = 100]", []],
  [`[file:name = 'evil.exe' AND file:hashes.MD5 = '${HASH.slice(0, 32)}']`, [`md5 ${HASH.slice(0, 32)}`]],
  [
    "[network-traffic:dst_ref.type = 'ipv4-addr' AND network-traffic:dst_ref.value = '198.51.100.7' AND network-traffic:dst_port = 443]",
    ['ipv4 198.51.100.7'],
  ],
  ["[domain-name:value = 'a.example'] AND [domain-name:value = 'b.example']", []],
  ["[domain-name:value = 'a.example'] FOLLOWEDBY [domain-name:value = 'b.example']", []],
  ["[domain-name:value = 'a.example' OR (url:value = 'http://b.example/' AND file:size > 5)]", ['domain a.example']],
  ["[domain-name:value != 'a.example']", []],
  ["[domain-name:value NOT = 'a.example']", []],
  ["[domain-name:value LIKE '%.example']", []],
  ["[domain-name:value MATCHES '^a']", []],
  ["[domain-name:value NOT IN ('a.example')]", []],
  ['[EXISTS file:name]', []],
  ["[x509-certificate:issuer = 'CN=x' AND x509-certificate:serial_number = '1']", []],
  ["[ipv4-addr:value = 'nonsense']", []],
]

test('what counts only together with something else does not count alone', () => {
  for (const [pattern, values] of PART) assert.deepEqual(read(pattern), [values, false], pattern)
})

test('what is no pattern gives nothing', () => {
  for (const pattern of [
    '',
    '[',
    '[]',
    "[domain-name:value = 'a.example'",
    "domain-name:value 'a'",
    "[domain-name:value = 'a.example'] OR",
    'alert tcp any any -> any any',
    "[a:b = 'c'] ]",
    "['']",
  ])
    assert.deepEqual(read(pattern), [[], false], pattern)
})

test('a hostile pattern is read in time and depth', () => {
  for (const pattern of [
    '('.repeat(90_000),
    '['.repeat(90_000),
    `[a:b IN (${"'x',".repeat(20_000)}'x')]`,
    `[${"a:b='c' OR ".repeat(9_000)}a:b='c']`,
    `[${"a:b='c' AND ".repeat(8_000)}a:b='c']`,
    `'${'\\'.repeat(90_000)}`,
    `a:b${"['".repeat(40_000)}`,
  ]) {
    const start = performance.now()
    readPattern(pattern)
    assert.ok(performance.now() - start < 2_000, `${pattern.slice(0, 20)}: ${performance.now() - start}`)
  }
  const piece = fc.constantFrom(
    '[',
    ']',
    '(',
    ')',
    'domain-name:value',
    '=',
    "'a.example'",
    'AND',
    'OR',
    'NOT',
    'IN',
    ',',
    'WITHIN',
    '5',
    'SECONDS',
    ' ',
    "'",
  )
  fc.assert(fc.property(fc.array(piece, { maxLength: 20 }), pieces => void readPattern(pieces.join(' '))))
})
