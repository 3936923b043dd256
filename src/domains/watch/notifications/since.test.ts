import assert from 'node:assert/strict'
import { test } from 'node:test'
import { londonInstant, type LocalDate } from '../../../kernel/instant.ts'
import { readSince } from './since.ts'

/** A Friday, 2:30 in the afternoon, in winter. */
const WRITTEN = new Date('2026-11-20T14:30:00Z')

function read(words: string, written = WRITTEN): string | undefined {
  const since = readSince(words, written)
  return since === undefined ? undefined : `${since.at.toISOString().slice(0, 16)}${since.hasTime ? '' : ' (day)'}`
}

test('a time of day is today’s, or yesterday’s when it has not come yet', () => {
  for (const words of ['9:30', '09:30', '9.30am', '0930', '9:30 this morning', 'since 9:30 today', 'about 9.30 AM'])
    assert.equal(read(words), '2026-11-20T09:30', words)
  assert.equal(read('1930 hrs'), '2026-11-19T19:30')
  assert.equal(read('9am'), '2026-11-20T09:00')
  assert.equal(read('noon'), '2026-11-20T12:00')
  assert.equal(read('11pm'), '2026-11-19T23:00')
  assert.equal(read('2pm'), '2026-11-20T14:00')
  assert.equal(read('12am'), '2026-11-20T00:00')
})

test('how long ago is counted from when it was written', () => {
  assert.equal(read('2 hours ago'), '2026-11-20T12:30')
  assert.equal(read('half an hour ago'), '2026-11-20T14:00')
  assert.equal(read('an hour ago'), '2026-11-20T13:30')
  assert.equal(read('just now'), '2026-11-20T14:30')
  assert.equal(read('3 days ago'), '2026-11-17T00:00 (day)')
})

test('days by name are the latest of that name', () => {
  assert.equal(read('this morning'), '2026-11-20T00:00 (day)')
  assert.equal(read('yesterday'), '2026-11-19T00:00 (day)')
  assert.equal(read('yesterday at 4pm'), '2026-11-19T16:00')
  assert.equal(read('last night'), '2026-11-19T00:00 (day)')
  assert.equal(read('last Monday'), '2026-11-16T00:00 (day)')
  assert.equal(read('Sat 10:15'), '2026-11-14T10:15')
  assert.equal(read('Friday'), '2026-11-20T00:00 (day)')
})

test('dates are read the British way, and the ISO way', () => {
  assert.equal(read('12/11/2026'), '2026-11-12T00:00 (day)')
  assert.equal(read('12/11/26 09:15'), '2026-11-12T09:15')
  assert.equal(read('12.11.2026, 9.15am'), '2026-11-12T09:15')
  assert.equal(read('12 November'), '2026-11-12T00:00 (day)')
  assert.equal(read('24 December'), '2025-12-24T00:00 (day)')
  assert.equal(read('3rd Oct 2025 8pm'), '2025-10-03T19:00')
  assert.equal(read('2026-11-12'), '2026-11-12T00:00 (day)')
  assert.equal(read('2026-11-12T09:15:30Z'), '2026-11-12T09:15')
})

test('what is not understood, does not exist or lies ahead is left to the words', () => {
  for (const words of [
    '',
    'ages',
    'we do not know',
    '31/02/2026',
    '21/11/2026',
    '2026-11-21T00:00:00Z',
    'today 3pm',
    '25:00',
    '1930',
    '2019',
    '9',
    '13pm',
    '99999 hours ago',
    'a'.repeat(5_000),
  ])
    assert.equal(read(words), undefined, words.slice(0, 20))
})

test('London keeps summer time', () => {
  const summer = new Date('2026-07-01T12:00:00Z')
  assert.equal(read('9am', summer), '2026-07-01T08:00')
  assert.equal(read('yesterday', summer), '2026-06-29T23:00 (day)')
  const at = (date: string, hour: number, minute: number) => londonInstant(date as LocalDate, hour, minute).toISOString()
  assert.equal(at('2026-03-29', 0, 30), '2026-03-29T00:30:00.000Z')
  assert.equal(at('2026-03-29', 1, 30), '2026-03-29T01:30:00.000Z')
  assert.equal(at('2026-03-29', 2, 30), '2026-03-29T01:30:00.000Z')
  assert.equal(at('2026-10-25', 1, 30), '2026-10-25T00:30:00.000Z')
  assert.equal(at('2026-10-25', 2, 30), '2026-10-25T02:30:00.000Z')
})
