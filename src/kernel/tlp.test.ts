import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayCarry, narrowestTlp, parseTlp, tlpRank } from './tlp.ts'

test('labels are read in the ways that people and feeds write them', () => {
  assert.equal(parseTlp('TLP:AMBER+STRICT'), 'AMBER+STRICT')
  assert.equal(parseTlp('tlp: green'), 'GREEN')
  assert.equal(parseTlp('AMBER_STRICT'), 'AMBER+STRICT')
})

test('WHITE of TLP 1.0 is CLEAR', () => {
  assert.equal(parseTlp('WHITE'), 'CLEAR')
})

test('a marking that is not understood is not taken for any label', () => {
  for (const text of ['', 'AMBER+', 'ORANGE', 'UNLABELED', 'TLP']) assert.equal(parseTlp(text), undefined, text)
})

test('AMBER+STRICT is narrower than AMBER and wider than RED', () => {
  assert.ok(tlpRank('AMBER') < tlpRank('AMBER+STRICT'))
  assert.ok(tlpRank('AMBER+STRICT') < tlpRank('RED'))
})

test('what is made of several carries the narrowest label', () => {
  assert.equal(narrowestTlp(['GREEN', 'AMBER+STRICT', 'CLEAR']), 'AMBER+STRICT')
  assert.equal(narrowestTlp([]), 'CLEAR')
})

test('a part is told only where its own label allows, and one without a label only among its like', () => {
  for (const [item, part] of [
    ['CLEAR', 'CLEAR'],
    ['AMBER', 'GREEN'],
    ['AMBER+STRICT', 'AMBER'],
    ['RED', 'RED'],
    ['RED', null],
    [null, null],
    [null, 'CLEAR'],
  ] as const)
    assert.equal(mayCarry(item, part), true, `${item} ${part}`)
  for (const [item, part] of [
    ['CLEAR', 'GREEN'],
    ['AMBER', 'AMBER+STRICT'],
    ['AMBER+STRICT', 'RED'],
    ['CLEAR', null],
    ['AMBER+STRICT', null],
    [null, 'GREEN'],
  ] as const)
    assert.equal(mayCarry(item, part), false, `${item} ${part}`)
})
