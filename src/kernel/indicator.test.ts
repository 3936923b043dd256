import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { defang, readIndicator, refang } from './indicator.ts'
import { INDICATOR_TYPES, type IndicatorType } from './intelligence.ts'

const READ: readonly (readonly [IndicatorType, string, string | undefined])[] = [
  ['ipv4', '198.51.100.7', '198.51.100.7'],
  ['ipv4', '198[.]51[.]100(.)7', '198.51.100.7'],
  ['ipv4', '198.51.100.0/24', '198.51.100.0/24'],
  ['ipv4', '198.51.100.7/32', '198.51.100.7'],
  ['ipv4', '198.51.100.7/33', undefined],
  ['ipv4', '198.51.100.256', undefined],
  ['ipv4', '198.51.100.07', undefined],
  ['ipv4', '198.51.100', undefined],
  ['ipv6', '2001:DB8:0:0::1', '2001:db8::1'],
  ['ipv6', '2001[:]db8[:][:]1', '2001:db8::1'],
  ['ipv6', '2001:db8::/32', '2001:db8::/32'],
  ['ipv6', '12:30:45', undefined],
  ['ipv6', '198.51.100.7', undefined],
  ['domain', 'Evil[.]Example.', 'evil.example'],
  ['domain', 'evil{dot}example', 'evil.example'],
  ['domain', 'bücher.example', 'xn--bcher-kva.example'],
  ['domain', '_dmarc.evil.example', '_dmarc.evil.example'],
  ['domain', 'localhost', undefined],
  ['domain', '198.51.100.7', undefined],
  ['domain', '-evil.example', undefined],
  ['domain', 'evil..example', undefined],
  ['domain', 'evil.example/path', undefined],
  ['url', 'hxxps://EVIL[.]example/A?b=[1]#c', 'https://evil.example/A?b=%5B1%5D#c'],
  ['url', 'hXXp[://]evil(.)example:8080', 'http://evil.example:8080/'],
  ['url', 'http://[2001:DB8::1]/x', 'http://[2001:db8::1]/x'],
  ['url', 'tcp://EVIL.example:4444', 'tcp://evil.example:4444'],
  ['url', 'EVIL.example/gate.php', 'evil.example/gate.php'],
  ['url', 'evil.example', undefined],
  ['url', 'javascript:alert(1)', undefined],
  ['url', 'javascript://evil.example/%0aalert(1)', undefined],
  ['url', 'data:text/html,x', undefined],
  ['url', 'file:///etc/passwd', undefined],
  ['url', 'https://evil.example/a b', 'https://evil.example/a%20b'],
  ['url', 'https://evil.example and more', undefined],
  ['url', 'https://nowhere/', undefined],
  ['email', 'Bad.Actor[at]Evil[dot]example', 'bad.actor@evil.example'],
  ['email', 'a@b@evil.example', undefined],
  ['email', '@evil.example', undefined],
  ['md5', 'D41D8CD98F00B204E9800998ECF8427E', 'd41d8cd98f00b204e9800998ecf8427e'],
  ['sha1', 'd41d8cd98f00b204e9800998ecf8427e', undefined],
  ['sha256', 'g'.repeat(64), undefined],
  ['sha512', 'a'.repeat(128), 'a'.repeat(128)],
  ['file-name', 'C:\\Users\\Public\\Invoice.exe', 'Invoice.exe'],
  ['file-name', '/tmp/.hidden/run.sh', 'run.sh'],
  ['file-name', '/tmp/', undefined],
  ['registry-key', 'HKLM\\Software\\Evil\\', 'hkey_local_machine\\software\\evil'],
  ['registry-key', 'HKCU:\\\\Software\\\\Evil', 'hkey_current_user\\software\\evil'],
  ['registry-key', 'HKXX\\Software', undefined],
]

test('a value is read in one plain form, or refused', () => {
  for (const [type, text, value] of READ) assert.equal(readIndicator(type, text), value, `${type} ${text}`)
})

test('a value that was read reads as itself', () => {
  for (const [type, , value] of READ) if (value !== undefined) assert.equal(readIndicator(type, value), value)
})

const hex = (length: number) => fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
const anyRaw = fc.oneof(
  fc.webUrl({ withQueryParameters: true, withFragments: true }),
  fc.domain(),
  fc.emailAddress(),
  fc.ipV4(),
  fc.ipV6(),
  hex(32),
  hex(40),
  hex(64),
  hex(128),
  fc.string(),
  fc.string({ unit: fc.constantFrom('[', ']', '.', '(', ')', 'dot', '@', 'at', ':', '/', 'hxxp', 'http', 'a', '\\', 'HKLM', ' ', '{', '}') }),
)

test('defanging can be undone, for every value of every type', () => {
  const seen = new Set<IndicatorType>()
  fc.assert(
    fc.property(anyRaw, fc.constantFrom(...INDICATOR_TYPES), (raw, type) => {
      const value = readIndicator(type, raw)
      if (value === undefined) return
      seen.add(type)
      assert.equal(refang(value), value)
      assert.equal(refang(defang(value)), value)
      assert.equal(readIndicator(type, defang(value)), value)
    }),
    { numRuns: 3_000 },
  )
  assert.ok(seen.size >= 8, [...seen].join())
})

test('nothing in a defanged value is a link, whatever it was made of', () => {
  fc.assert(
    fc.property(anyRaw, text => {
      assert.doesNotMatch(defang(text), /[a-z]:|:\/\/|[^[][.@:]|^[.@:]|[.@:][^\]]|[.@:]$/i)
    }),
    { numRuns: 2_000 },
  )
  assert.equal(defang('https://evil.example:8443/a.php'), 'hxxps[:]//evil[.]example[:]8443/a[.]php')
  assert.equal(defang('javascript:alert(1)'), 'javascript[:]alert(1)')
})

test('text in which nothing is defanged stays as it is', () => {
  for (const text of ['See section (a) and [b].', 'hxxp is no scheme here', 'at noon (local)', '[1] a note', 'data (at rest)'])
    assert.equal(refang(text), text)
  assert.equal(refang('HXXPS://a[.]b meets hxxp[:]//c(dot)d, e[@]f and g { at } h'), 'https://a.b meets http://c.d, e@f and g @ h')
})

test('a long hostile text is read in time', () => {
  const long = '[ . '.repeat(50_000)
  const start = performance.now()
  for (const text of [long, 'hxx'.repeat(100_000), '([{'.repeat(100_000)]) {
    refang(text)
    for (const type of INDICATOR_TYPES) readIndicator(type, text)
  }
  assert.ok(performance.now() - start < 2_000)
})
