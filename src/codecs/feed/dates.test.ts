import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseFeedDate } from './dates.ts'

const READ: readonly (readonly [string, string])[] = [
  ['Thu, 01 Jan 2004 19:48:21 GMT', '2004-01-01T19:48:21.000Z'],
  ['Thu, 01 Jan 2004 19:48:21 +0100', '2004-01-01T18:48:21.000Z'],
  ['Thu, 01 Jan 2004 19:48:21 -05:00', '2004-01-02T00:48:21.000Z'],
  ['Thu, 1 Jan 04 19:48 EST', '2004-01-02T00:48:00.000Z'],
  ['01 Jan 99 19:48:21 PDT', '1999-01-02T02:48:21.000Z'],
  ['1 January 2004', '2004-01-01T00:00:00.000Z'],
  ['Thursday, 01-Jan-04 19:48:21 UTC', '2004-01-01T19:48:21.000Z'],
  ['Thu, 01 Jan 2004 19:48:21', '2004-01-01T19:48:21.000Z'],
  ['Thu,  01   Jan 2004 19:48:21 GMT+1', '2004-01-01T18:48:21.000Z'],
  ['Thu, 01 Jan 2004 19:48:21 +0000 (GMT)', '2004-01-01T19:48:21.000Z'],
  ['Thu, 01 Jan 2004 19:48:21 XYZ', '2004-01-01T19:48:21.000Z'],
  ['Sun, 31 Dec 2016 23:59:60 GMT', '2016-12-31T23:59:59.000Z'],
  ['Thu, 01 Jan 104 19:48:21 GMT', '2004-01-01T19:48:21.000Z'],
  ['Jul 3rd, 2024 7:05 PM', '2024-07-03T19:05:00.000Z'],
  ['July 3, 2024 at 12:05 a.m. BST', '2024-07-02T23:05:00.000Z'],
  ['Thu Jan  1 19:48:21 2004', '2004-01-01T19:48:21.000Z'],
  ['Thu Jan  1 19:48:21 CET 2004', '2004-01-01T18:48:21.000Z'],
  ['2003-12-31T10:14:55Z', '2003-12-31T10:14:55.000Z'],
  ['2003-12-31T10:14:55.1234567+09:00', '2003-12-31T01:14:55.123Z'],
  ['2023-11-02T11:57+09:00', '2023-11-02T02:57:00.000Z'],
  ['2003-12-31T10:14:55', '2003-12-31T10:14:55.000Z'],
  ['2003-12-31 10:14:55.2', '2003-12-31T10:14:55.200Z'],
  ['2003-12-31T24:00:00Z', '2004-01-01T00:00:00.000Z'],
  ['2003-12-31', '2003-12-31T00:00:00.000Z'],
  ['2003-12', '2003-12-01T00:00:00.000Z'],
  ['2003', '2003-01-01T00:00:00.000Z'],
  ['1704067200', '2024-01-01T00:00:00.000Z'],
  ['1704067200000', '2024-01-01T00:00:00.000Z'],
]

test('dates are read however feeds write them', () => {
  for (const [text, at] of READ) assert.equal(parseFeedDate(text)?.toISOString(), at, text)
})

test('what is no date, or none that exists, is not guessed', () => {
  for (const text of [
    '',
    'yesterday',
    '31/12/2003',
    '2003-02-30',
    '2003-13-01',
    'Thu, 32 Jan 2004 19:48:21 GMT',
    '2003-12-31T25:00:00Z',
    '2003-12-31T10:61:00Z',
    '0001-01-01T00:00:00Z',
    '1969-12-31',
    '2003-12-31T10:14:55+99:00',
    'Thu, 01 Jab 2004 19:48:21 GMT',
    `${'Thu, '.repeat(20)}01 Jan 2004`,
  ])
    assert.equal(parseFeedDate(text), undefined, text)
})

test('a date that JavaScript writes is read back, in each of its forms', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('1970-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }), date => {
      assert.equal(parseFeedDate(date.toISOString())?.getTime(), date.getTime())
      assert.equal(parseFeedDate(date.toUTCString())?.getTime(), Math.floor(date.getTime() / 1_000) * 1_000)
    }),
  )
  fc.assert(fc.property(fc.string(), text => void parseFeedDate(text)))
})
