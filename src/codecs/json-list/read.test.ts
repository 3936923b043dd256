import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createJsonListReader, type JsonListElement, type JsonListEnd } from './read.ts'

const LIMITS = { elementBytes: 200_000, besideBytes: 100_000, elements: 1_000 }

function read(document: string | Buffer, size = 7, limits = LIMITS): JsonListEnd & { readonly elements: readonly JsonListElement[]; taken: number } {
  const bytes = Buffer.from(document)
  const reader = createJsonListReader(['objects', 'items'], limits)
  const elements: JsonListElement[] = []
  let taken = 0
  for (let at = 0; at < bytes.length && reader.fault === null; at += size) {
    elements.push(...reader.take(bytes.subarray(at, at + size)))
    taken = at + size
  }
  return { ...reader.end(), elements, taken }
}

test('a list is read to the same elements as the whole document, wherever its bytes are cut', () => {
  const elements = [{ a: 'é"\\ \u{1F600}', b: [1, [], {}] }, 12, -1.5e3, 'text', null, true, [], {}, [[1]]]
  const beside = { type: 'bundle', nested: { objects: [1, 2] }, items: [3], n: 1 }
  for (const space of [0, 3])
    for (const document of [
      JSON.stringify({ ...beside, objects: elements, after: 'x' }, null, space).replace('"items"', '"x-items"'),
      JSON.stringify({ objects: elements, ...beside }, null, space),
    ])
      for (const size of [1, 2, 3, 5, 64, 100_000]) {
        const bytes = Buffer.from(document)
        const found = read(bytes, size)
        assert.equal(found.fault, null)
        assert.equal(found.list, 'objects')
        const { objects, ...rest } = JSON.parse(document) as { objects: unknown }
        assert.deepEqual(
          found.elements.map(element => element.value),
          objects,
        )
        assert.deepEqual(found.beside, rest)
        for (const { value, start, end } of found.elements) assert.deepEqual(JSON.parse(bytes.subarray(start, end).toString()), value)
      }
})

test('a document may be the list, with a byte order mark, or have none', () => {
  assert.deepEqual(
    read('\uFEFF[1, {"a":2}]').elements.map(element => element.value),
    [1, { a: 2 }],
  )
  assert.equal(read('[1]').list, '')
  assert.equal(read('{"a":[1],"objects":{"items":[1]}}').list, null)
  assert.deepEqual(read('{"objects":[]}').elements, [])
  assert.equal(Object.getPrototypeOf(read('{"__proto__":{"x":1},"objects":[1]}').beside), Object.prototype)
})

test('of a file that was cut off, what came whole is given, and the fault says so', () => {
  for (const [document, count] of [
    ['{"objects":[{"a":1},{"b":2},{"c', 2],
    ['{"objects":[{"a":1},{"b":2}', 2],
    ['{"objects":[{"a":1},{"b":2}]', 2],
    ['{"objects":[1,2', 1],
    ['[', 0],
    ['{"type":"bun', 0],
    ['', 0],
  ] as const) {
    const found = read(document)
    assert.equal(found.fault?.rule, 'json.cut-off', document)
    assert.equal(found.elements.length, count, document)
  }
})

test('what is no JSON is found at its place, and what stood before it is given', () => {
  for (const document of [
    '[1,2,{"a" 1}]',
    '[1,2 3]',
    '[1,2,]',
    '[1,2,{]}',
    '{"objects":[1,2],,}',
    '{"objects":[1,2]}}',
    '[1,2,tru]',
    '[1,2,"\n"]',
    '[1,2:3]',
    '[1,2,{"a":1,}]',
  ])
    for (const size of [1, 1_000]) {
      const found = read(document, size)
      assert.equal(found.fault?.rule, 'json.not-json', document)
      assert.deepEqual(found.elements.map(element => element.value).slice(0, 1), [1], document)
    }
  const latin = Buffer.concat([Buffer.from('[1,{"a":"'), Buffer.from([0xe9, 0x22, 0x7d]), Buffer.from(',{"b":"c"}]')])
  for (const size of [1, 1_000]) assert.equal(read(latin, size).fault?.rule, 'json.not-text')
})

test('nesting, size and number have limits, and a stream without end is left soon after one', () => {
  assert.equal(read(`[${'['.repeat(300)}`).fault?.rule, 'json.too-deep')
  assert.equal(read(`{"a":${'['.repeat(300)}`).fault?.rule, 'json.too-deep')
  assert.equal(read(`[1,${'[1],'.repeat(1_500)}`, 1_000).fault?.rule, 'json-list.too-many')
  for (const endless of ['[{"a":"', '[{"a":[1,2,3,', '[{"a":"\\u00e9'] as const) {
    const found = read(endless + '1'.repeat(5_000_000), 50_000)
    assert.equal(found.fault?.rule, 'json-list.element', endless)
    assert.ok(found.taken <= 350_000, endless)
  }
  for (const endless of ['{"a":"', '[', '[1,2', '[12', '["', '{"objects":[],"b":"', '{"a":1'] as const) {
    const found = read(endless + ' '.repeat(5_000_000), 50_000)
    assert.equal(found.fault?.rule, 'json-list.beside', endless)
    assert.ok(found.taken <= 350_000, endless)
  }
  const many = `[${Array.from({ length: 900 }, () => `\n${' '.repeat(500)}{}`).join(',')}]`
  assert.equal(read(many, 1_000).fault, null)
})
