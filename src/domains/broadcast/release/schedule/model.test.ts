import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseInstant, type Instant, type LocalDate } from '../../../../kernel/instant.ts'
import { calendarWeeks, calmWarnings, hasDrifted, offeredTime, readReleaseAt } from './model.ts'

const NONE = new Map<LocalDate, string>()
const EASTER = new Map([
  ['2027-03-26' as LocalDate, 'Good Friday'],
  ['2027-03-29' as LocalDate, 'Easter Monday'],
])
const at = (text: string): Instant => parseInstant(text) ?? assert.fail(text)

test('a time is read as clocks in London show it, in winter and in summer', () => {
  assert.deepEqual(readReleaseAt('2027-01-12', '09:30'), at('2027-01-12T09:30:00Z'))
  assert.deepEqual(readReleaseAt('2027-07-12', '9.30'), at('2027-07-12T08:30:00Z'))
  for (const [day, time] of [
    ['2027-02-30', '09:30'],
    ['2027-02-03', '24:00'],
    ['2027-02-03', '9'],
    ['', ''],
  ] as const)
    assert.equal(readReleaseAt(day, time), undefined, `${day} ${time}`)
})

test('the time offered is on the next working day', () => {
  assert.deepEqual(offeredTime(at('2026-11-20T17:00:00Z'), NONE), { day: '2026-11-23', time: '09:30' })
  assert.deepEqual(offeredTime(at('2026-11-23T08:00:00Z'), NONE), { day: '2026-11-24', time: '09:30' })
  assert.deepEqual(offeredTime(at('2027-03-25T08:00:00Z'), EASTER), { day: '2027-03-30', time: '09:30' })
})

test('an audience a tenth larger or smaller is another one', () => {
  assert.equal(hasDrifted(100, 110), false)
  assert.equal(hasDrifted(100, 111), true)
  assert.equal(hasDrifted(100, 89), true)
  assert.equal(hasDrifted(1, 1), false)
})

test('a calm time on a working day has nothing against it', () => {
  assert.deepEqual(calmWarnings(at('2026-11-24T09:30:00Z'), 'medium', 0, EASTER), [])
})

test('weekends, nights, Friday afternoons, crowds and urgency each have a sentence', () => {
  const only = (when: string, severity: 'high' | 'medium', others: number) => calmWarnings(at(when), severity, others, EASTER).join(' ')
  assert.match(only('2026-11-21T10:00:00Z', 'medium', 0), /^It is a weekend/)
  assert.match(only('2026-11-24T18:00:00Z', 'medium', 0), /^It is outside working hours/)
  assert.match(only('2026-11-27T14:00:00Z', 'medium', 0), /^It is Friday afternoon/)
  assert.match(only('2026-11-24T09:30:00Z', 'medium', 2), /^2 other bulletins are due/)
  assert.match(only('2026-11-24T09:30:00Z', 'high', 0), /^It is of high severity/)
})

test('a bank holiday is named, and days off are counted on from where they begin', () => {
  const only = (when: string) => calmWarnings(at(when), 'medium', 0, EASTER)
  assert.deepEqual(only('2027-03-25T13:00:00Z'), ['It is Thursday afternoon: few can act on it before Tuesday.'])
  assert.deepEqual(only('2027-03-25T19:00:00Z'), ['It is outside working hours: most readers see it on Tuesday.'])
  assert.deepEqual(only('2027-03-26T10:00:00Z'), ['It is Good Friday: most readers see it on Tuesday.'])
  assert.deepEqual(only('2027-03-28T10:00:00Z'), ['It is a weekend: most readers see it on Tuesday.'])
  assert.deepEqual(only('2027-03-30T06:30:00Z'), ['It is outside working hours: most readers see it later that morning.'])
})

test('the calendar begins on this Monday, also on a Sunday and across the change of clocks', () => {
  const entry = { number: 5001, title: 'T', severity: 'low', tlp: 'CLEAR', isExercise: false, kind: 'release' as const }
  const weeks = calendarWeeks([{ ...entry, at: at('2027-03-28T22:30:00Z') }], at('2027-03-28T21:00:00Z'), 2, EASTER)
  assert.deepEqual(
    weeks.map(days => days.map(({ date }) => date)),
    [
      ['2027-03-22', '2027-03-23', '2027-03-24', '2027-03-25', '2027-03-26', '2027-03-27', '2027-03-28'],
      ['2027-03-29', '2027-03-30', '2027-03-31', '2027-04-01', '2027-04-02', '2027-04-03', '2027-04-04'],
    ],
  )
  assert.equal(weeks[0]?.[6]?.entries.length, 1)
  assert.equal(weeks[0]?.[6]?.isToday, true)
  assert.deepEqual([weeks[0]?.[4]?.closed, weeks[1]?.[0]?.closed, weeks[1]?.[1]?.closed], ['Good Friday', 'Easter Monday', null])
})
