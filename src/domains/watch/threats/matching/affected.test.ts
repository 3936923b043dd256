import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IntelligenceProduct } from '../../../../kernel/intelligence.ts'
import { affectedProducts, productIdentifier } from './affected.ts'

test('of what the items say, each affected product comes out once, with the versions that are affected', () => {
  const entry = (fields: Partial<IntelligenceProduct>): IntelligenceProduct => ({
    maker: 'Acme',
    product: 'Gateway',
    version: null,
    cpe: null,
    purl: null,
    affected: true,
    ...fields,
  })
  const [one, ...others] = affectedProducts([
    entry({ version: '< 3.2', cpe: 'cpe:2.3:a:acme:gateway:*:*:*:*:*:*:*:*' }),
    entry({ maker: 'ACME Ltd', version: '2.0', cpe: 'cpe:2.3:a:acme:gateway:2.0:*:*:*:*:*:*:*' }),
    entry({ version: '3.2', affected: null }),
    entry({ version: '3.3', affected: false }),
    entry({}),
  ])
  assert.deepEqual([one?.versions, one?.identifiers, others], [['< 3.2', '2.0'], ['cpe:2.3:a:acme:gateway'], []])
  assert.deepEqual(affectedProducts([entry({ version: '3.2', affected: null })])[0]?.versions, ['3.2'])
  assert.deepEqual(affectedProducts([entry({ affected: false })]), [])
  const [member] = affectedProducts([entry({ product: 'Handheld medical devices', version: 'Accura Inform' })])
  assert.deepEqual([member?.product, member?.versions], ['Handheld medical devices Accura Inform', []])
  const [byCpe] = affectedProducts([entry({ maker: '', product: 'cpe:2.3:a:acme:door_keeper:1.0:*:*:*:*:*:*:*' })])
  assert.deepEqual(
    [byCpe?.maker, byCpe?.product, byCpe?.versions, byCpe?.identifiers],
    ['acme', 'door keeper', ['1.0'], ['cpe:2.3:a:acme:door_keeper']],
  )
})

test('versions that an advisory gives in the name alone are versions', () => {
  const only = (product: string, version: string | null = null) => {
    const [found] = affectedProducts([{ maker: 'Acme', product, version, cpe: null, purl: null, affected: true }])
    return [found?.product, found?.versions]
  }
  for (const versions of ['v2.4', 'prior to 2.4', 'all versions before 2.4', 'versions 1.0 through 2.4.1', '4.4.5xx', 'v6 SP10', '< 2.4'])
    assert.deepEqual(only(`Gateway ${versions}`), ['Gateway', [versions]])
  assert.deepEqual(only('Gateway 2.4', '< 2.4.7'), ['Gateway 2.4', ['< 2.4.7']])
  assert.deepEqual(only('Gateway', ' '), ['Gateway', []], 'an empty version is none')
  for (const product of ['Scanner 1.5T', 'Server 2012 R2', 'v6', 'Gateway for all versions of Doors', 'Gateway 2.4 on Doors'])
    assert.deepEqual(only(product), [product, []])
})

test('an identifier without its version is the same for every version', () => {
  for (const [written, identifier] of [
    ['cpe:2.3:a:acme:gate\\:way:1.0:sp1:*:*:*:*:*:*', 'cpe:2.3:a:acme:gate\\:way'],
    ['cpe:/o:acme:gateway:1.0', 'cpe:/o:acme:gateway'],
    ['pkg:npm/%40acme/gateway@1.2.3?arch=x', 'pkg:npm/%40acme/gateway'],
    ['gateway', null],
  ] as const)
    assert.equal(productIdentifier(written), identifier)
})
