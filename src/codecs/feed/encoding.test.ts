import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import { beginsAsXml, decodeXml } from './encoding.ts'

function decoded(bytes: Uint8Array, contentType: string | null = null): { text: string; warnings: number } {
  const result = decodeXml(bytes, contentType)
  assert.ok(result.ok, JSON.stringify(result.problems))
  return { text: result.value, warnings: result.problems.length }
}

const XML = (encoding: string | null, text: string) =>
  `<?xml version="1.0"${encoding === null ? '' : ` encoding="${encoding}"`}?><rss><t>${text}</t></rss>`

/** The bytes of a text in which every letter is below 256. */
function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

test('the header comes before the declaration, and the declaration before UTF-8', () => {
  assert.deepEqual(decoded(bytesOf(XML('iso-8859-1', '\xe9'))), { text: XML('iso-8859-1', 'é'), warnings: 0 })
  assert.deepEqual(decoded(bytesOf(XML('iso-8859-1', '\xe9')), 'text/xml; charset="iso-8859-5"'), { text: XML('iso-8859-1', 'щ'), warnings: 0 })
  assert.deepEqual(decoded(bytesOf(XML('windows-1251', '\xd9'))), { text: XML('windows-1251', 'Щ'), warnings: 0 })
  assert.deepEqual(decoded(Buffer.from(XML(null, 'é–日'))), { text: XML(null, 'é–日'), warnings: 0 })
  assert.deepEqual(decoded(bytesOf(XML('ISO-8859-15', '\xa4'))), { text: XML('ISO-8859-15', '€'), warnings: 0 })
  assert.deepEqual(decoded(bytesOf(XML('Shift_JIS', '\x93\xfa'))), { text: XML('Shift_JIS', '日'), warnings: 0 })
  assert.deepEqual(decoded(bytesOf(XML('EUC-JP', '\xc6\xfc'))), { text: XML('EUC-JP', '日'), warnings: 0 })
})

test('a claim that the bytes belie is passed over, and said', () => {
  assert.deepEqual(decoded(Buffer.from(XML('utf-8', 'é')), 'text/xml; charset=utf-16'), { text: XML('utf-8', 'é'), warnings: 1 })
  assert.deepEqual(decoded(bytesOf(XML('utf-8', '\xe9\x94'))), { text: XML('utf-8', 'é”'), warnings: 1 })
  assert.deepEqual(decoded(Buffer.from(XML('no-such-thing', 'é'))), { text: XML('no-such-thing', 'é'), warnings: 1 })
  assert.deepEqual(decoded(Buffer.from(XML(null, 'é')), 'text/xml; charset=us-ascii'), { text: XML(null, 'é'), warnings: 0 })
  assert.deepEqual(decoded(bytesOf(XML(null, 'caf\xe9'))), { text: XML(null, 'café'), warnings: 1 })
})

test('UTF-16 and UTF-32 are known with and without a mark, whatever is declared', () => {
  const text = XML('utf-8', 'é日😀')
  const wide = (bits: 16 | 32, isLittle: boolean, mark: boolean) => {
    const units = [...(mark ? '\uFEFF' : ''), ...text].flatMap(letter =>
      bits === 32 ? [letter.codePointAt(0) ?? 0] : Array.from({ length: letter.length }, (_, at) => letter.charCodeAt(at)),
    )
    const bytes = new Uint8Array((units.length * bits) / 8)
    const view = new DataView(bytes.buffer)
    for (const [at, unit] of units.entries()) {
      if (bits === 32) view.setUint32(at * 4, unit, isLittle)
      else view.setUint16(at * 2, unit, isLittle)
    }
    return bytes
  }
  for (const bits of [16, 32] as const)
    for (const isLittle of [true, false])
      for (const mark of [true, false]) {
        const bytes = wide(bits, isLittle, mark)
        assert.ok(beginsAsXml(bytes))
        assert.deepEqual(decoded(bytes), { text, warnings: 0 }, `${bits} ${isLittle} ${mark}`)
      }
  assert.deepEqual(decoded(Buffer.from(`\uFEFF${text}`)), { text, warnings: 0 })
})

test('what is not XML does not begin as XML', () => {
  for (const text of ['{"a":"<"}', '', '   ', 'PK\x03\x04', 'CVE-2024-1 <']) assert.equal(beginsAsXml(bytesOf(text)), false, text)
  for (const text of ['<a/>', ' \n\t<a/>', '<?xml?>', '\xef\xbb\xbf <a/>']) assert.equal(beginsAsXml(bytesOf(text)), true, text)
  assert.equal(decodeXml(new Uint8Array()).problems[0]?.rule, 'feed.empty')
})

test('every encoding of the reference feeds is read', { skip: skipWithoutSharedData }, () => {
  let compared = 0
  for (const path of globSync(sharedData('rss/feedparser/{encoding,illformed/chardet}/*.xml')).toSorted()) {
    const bytes = readFileSync(path)
    assert.ok(beginsAsXml(bytes), path)
    const comment = bytes.toString('latin1').replaceAll('\0', '')
    const header = /Header:\s*Content-type:\s*(.+)/i.exec(comment)?.[1] ?? null
    const expected = /encoding == ['"]([\w-]+)/i.exec(comment)?.[1]
    const { text } = decoded(bytes, header)
    assert.match(text, /^\s*<[?!][^]*>\s*$/, path)
    if (expected === undefined || /utf.?32/i.test(expected)) continue
    assert.equal(text, new TextDecoder(expected).decode(bytes), `${path}: ${expected}`)
    compared++
  }
  assert.equal(compared, 23)
})
