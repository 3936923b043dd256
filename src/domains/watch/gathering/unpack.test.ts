import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { sharedData, skipWithoutSharedData } from '../../../../test/support/shared-data.ts'
import { recognise } from './recognise.ts'
import { isGzip, startOf, unpackDocument } from './unpack.ts'

const plain = Buffer.from('{"format":"NVD_CVE","vulnerabilities":[]}')
const megabyte = Buffer.alloc(1_048_576)

test('what is packed once is unpacked, and what is not stays as it is', async () => {
  for (const bytes of [plain, gzipSync(plain)]) {
    const unpacked = await unpackDocument(bytes)
    assert.ok(unpacked.ok)
    assert.deepEqual(Buffer.from(unpacked.value), plain)
    assert.equal(recognise(unpacked.value).ok, true)
    assert.deepEqual(Buffer.from(startOf(bytes, 9)), plain.subarray(0, 9))
  }
  const twice = await unpackDocument(gzipSync(gzipSync(plain)))
  assert.ok(twice.ok && isGzip(twice.value))
  assert.equal(recognise(twice.value).ok, false)
})

test('what unpacks without end is refused before it is in memory, and what is damaged is told', async () => {
  const bomb = gzipSync(Buffer.concat(Array.from({ length: 20 }, () => megabyte)))
  const before = process.memoryUsage().arrayBuffers
  const refused = await unpackDocument(bomb, 1_048_576)
  assert.ok(!refused.ok && /more than 1 MB/.test(refused.problems[0]?.message ?? ''))
  assert.ok(process.memoryUsage().arrayBuffers - before < 8 * 1_048_576)
  assert.ok(startOf(bomb, 100).length <= 100)
  const packed = gzipSync(plain)
  for (const damaged of [packed.subarray(0, packed.length - 4), Buffer.concat([packed.subarray(0, 12), Buffer.from('damage')])]) {
    const result = await unpackDocument(damaged)
    assert.ok(!result.ok && /damaged/.test(result.problems[0]?.message ?? ''))
  }
  assert.equal(startOf(Buffer.from([0x1f, 0x8b, 0, 0]), 10).length, 0)
})

test('the packed feeds of the reference data are known for what they hold', { skip: skipWithoutSharedData }, async () => {
  const files = globSync(sharedData('nvd/feed2/*.json.gz'))
  assert.ok(files.length > 0)
  for (const file of files) {
    const unpacked = await unpackDocument(readFileSync(file))
    const read = unpacked.ok ? recognise(unpacked.value) : unpacked
    assert.ok(read.ok && read.value.format === 'nvd', file)
  }
})
