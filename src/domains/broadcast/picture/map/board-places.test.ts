import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { sharedData, skipWithoutSharedData } from '../../../../../test/support/shared-data.ts'
import { NOBODY, type Group } from '../model.ts'
import { layOut, type Place } from './board-places.ts'
import { boardMap } from './model.ts'
import { boardRows } from './views.ts'

/** The six that touch it. */
function neighbours([q, r]: Place): readonly string[] {
  return [
    [1, 0],
    [-1, 0],
    [0, 1],
    [0, -1],
    [1, -1],
    [-1, 1],
  ].map(([dq = 0, dr = 0]) => `${q + dq} ${r + dr}`)
}

const england = layOut([{ code: 'QHM', regionCode: null }])

test('each of the 42 boards has a place of its own, beside another', () => {
  const taken = new Set([...england.places.values()].map(([q, r]) => `${q} ${r}`))
  assert.deepEqual([england.isGeographic, england.places.size, taken.size], [true, 42, 42])
  for (const [code, place] of england.places)
    assert.ok(
      neighbours(place).some(one => taken.has(one)),
      code,
    )
})

test('they are the boards of the published list', { skip: skipWithoutSharedData }, () => {
  const lines = readFileSync(sharedData('ods/sub-icb_icb_region_2023.csv'), 'utf8').split(/\r?\n/).slice(1)
  const codes = lines.flatMap(line => /,E54\d+,(Q\w\w),/.exec(line)?.[1] ?? [])
  assert.deepEqual([...england.places.keys()].toSorted(), [...new Set(codes)].toSorted())
})

test('an unknown board among known ones stands under the map; unknown ones alone are set out by region, each in its own place', () => {
  const mixed = layOut(['QHM', 'QOP', 'Q99'].map(code => ({ code, regionCode: null })))
  assert.deepEqual([mixed.isGeographic, mixed.places.has('Q99')], [true, false])
  const invented = layOut(Array.from({ length: 33 }, (_, index) => ({ code: `XQ${index + 10}`, regionCode: `XY${index % 7}` })))
  assert.equal(invented.isGeographic, false)
  assert.equal(new Set([...invented.places.values()].map(place => place.join())).size, 33)
  const columns = [...invented.places.values()].map(([q, r]) => q + r / 2)
  assert.ok(Math.max(...columns) - Math.min(...columns) <= 6, 'as wide as high, so that it fits a page')
  assert.equal(layOut([]).places.size, 0)
})

test('the table beside the map says each share as its hexagon does, and says all of nobody but all', () => {
  const board = (code: string, audience: number, done: number): Group => ({
    ...NOBODY,
    code,
    name: code,
    audience,
    silent: audience - done,
    answers: { ...NOBODY.answers, done },
  })
  const groups = [board('QHM', 1_000, 999), board('QOP', 1_000, 1), board('QYG', 4, 4)]
  const onMap = boardMap(5001, groups, []).map.table.rows
  const inTable = boardRows(5001, groups)
  assert.deepEqual(
    groups.map(({ code }) => onMap.find(([name]) => name === code)?.[1]),
    ['> 99%', '< 1%', '100%'],
  )
  assert.deepEqual(
    inTable.map(([, , , share]) => share),
    ['< 1%', '> 99%', '100%'],
  )
})
