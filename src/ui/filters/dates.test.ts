import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bug } from '../../kernel/errors.ts'
import { parseInstant } from '../../kernel/instant.ts'
import { date, dateParts, dateTime, exactTime, relative, timeLeft, timeOfDay } from './dates.ts'

function at(text: string): Date {
  const instant = parseInstant(text)
  assert.ok(instant)
  return instant
}

const now = at('2018-04-05T08:02:00Z')

test('a time is that of London, in summer and in winter', () => {
  assert.equal(dateTime(at('2018-07-01T23:30:00Z')), '2 July 2018, 12:30am')
  assert.equal(dateTime(at('2018-01-01T23:30:00Z')), '1 January 2018, 11:30pm')
})

test('the exact time names the day of the week and the zone', () => {
  assert.equal(exactTime(now), 'Thursday 5 April 2018, 9:02am BST')
  assert.equal(exactTime(at('2018-01-05T09:02:00Z')), 'Friday 5 January 2018, 9:02am GMT')
})

test('noon and midnight are words', () => {
  assert.equal(timeOfDay(at('2018-01-05T12:00:00Z')), 'midday')
  assert.equal(timeOfDay(at('2018-01-05T00:00:00Z')), 'midnight')
  assert.equal(timeOfDay(at('2018-01-05T12:01:00Z')), '12:01pm')
})

test('a calendar date has no zone', () => {
  assert.equal(date('2018-07-01'), '1 July 2018')
  assert.throws(() => date('2018-02-30'), Bug)
})

test('nothing is shown as nothing', () => {
  for (const format of [date, dateTime, exactTime, timeOfDay]) assert.equal(format(null), '')
  assert.equal(relative(undefined, now), '')
})

test('a relative time never says more time is left than there is', () => {
  const cases: [string, string, string][] = [
    ['2018-04-05T08:02:30Z', 'in less than a minute', 'due now'],
    ['2018-04-05T08:01:30Z', 'just now', 'due now'],
    ['2018-04-05T08:47:59Z', 'in 45 minutes', '45 minutes left'],
    ['2018-04-05T09:02:00Z', 'in 1 hour', '1 hour left'],
    ['2018-04-05T10:01:59Z', 'in 119 minutes', '119 minutes left'],
    ['2018-04-05T10:02:00Z', 'in 2 hours', '2 hours left'],
    ['2018-04-07T08:01:59Z', 'in 47 hours', '47 hours left'],
    ['2018-04-07T08:02:00Z', 'in 2 days', '2 days left'],
    ['2018-04-02T08:02:00Z', '3 days ago', '3 days overdue'],
    ['2017-10-05T08:02:00Z', '5 months ago', '5 months overdue'],
    ['2015-04-05T08:02:00Z', '3 years ago', '3 years overdue'],
  ]
  for (const [text, ago, left] of cases) {
    assert.equal(relative(at(text), now), ago)
    assert.equal(timeLeft(at(text), now), left)
  }
})

test('a relative time without the time of the page is a fault of ours', () => {
  assert.throws(() => relative(now, undefined), Bug)
  assert.throws(() => timeLeft(now, undefined), Bug)
})

test('a date field takes a calendar date, or what was typed', () => {
  assert.deepEqual(dateParts('2018-04-05'), { day: '5', month: '4', year: '2018' })
  assert.deepEqual(dateParts({ day: '31', month: 'Feb' }), { day: '31', month: 'Feb', year: '' })
  assert.deepEqual(dateParts(null), { day: '', month: '', year: '' })
})
