import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { sharedData, skipWithoutSharedData } from '../../../test/support/shared-data.ts'
import type { CvssScore } from '../../kernel/cvss.ts'
import { METRIC_TABLES } from './metrics.ts'
import { scoreCvss } from './score.ts'

function scoreOf(vector: string): CvssScore {
  const score = scoreCvss(vector)
  assert.ok(score.ok, `${vector}: ${JSON.stringify(score.problems)}`)
  return score.value
}

/** Base, temporal and environmental, each falling back to the one before where its metrics are not defined. */
function allOf(vector: string): readonly number[] {
  const { baseTenths, temporalTenths, environmentalTenths } = scoreOf(vector)
  const temporal = temporalTenths ?? baseTenths
  return [baseTenths, temporal, environmentalTenths ?? temporal]
}

function rulesOf(vector: string): readonly string[] {
  return scoreCvss(vector).problems.map(problem => problem.rule)
}

const BASE_2 = 'AV:N/AC:L/Au:N/C:N/I:N/A:C'
const BASE_31 = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'
const BASE_40 = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N'

test('a vector of each version is scored', () => {
  assert.deepEqual(scoreOf(BASE_31), { version: '3.1', vector: BASE_31, baseTenths: 98, temporalTenths: null, environmentalTenths: null })
  assert.deepEqual([scoreOf(BASE_2).version, scoreOf(BASE_2).baseTenths], ['2.0', 78])
  assert.deepEqual([scoreOf(BASE_40).version, scoreOf(BASE_40).baseTenths], ['4.0', 93])
  assert.equal(scoreOf(BASE_31.replace('3.1', '3.0')).version, '3.0')
})

test('the base score stays the base score where a vector says more', () => {
  assert.deepEqual(allOf(`${BASE_2}/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:H`), [78, 64, 92])
  assert.deepEqual(allOf(`${BASE_31}/E:U/RL:O/RC:C`), [98, 85, 85])
  assert.deepEqual(allOf(`${BASE_40}/E:U`), [93, 81, 81])
  assert.deepEqual(allOf(`${BASE_40}/MAV:P`).slice(0, 2), [93, 93])
})

test('what is half or whole in decimals is not taken for more or less, as binary fractions would have it', () => {
  assert.deepEqual(allOf('AV:N/AC:L/Au:S/C:C/I:C/A:C/E:F'), [90, 86, 86])
  assert.deepEqual(allOf('CVSS:3.0/AV:L/AC:H/PR:L/UI:R/S:C/C:L/I:L/A:L/E:H/RL:X/RC:U').slice(0, 2), [50, 46])
})

test('a metric that is not defined changes nothing', () => {
  assert.deepEqual(scoreOf(`${BASE_31}/E:X/MAV:X`), { ...scoreOf(BASE_31), vector: `${BASE_31}/E:X/MAV:X` })
  assert.equal(scoreOf(`${BASE_2}/E:ND/CDP:ND`).environmentalTenths, null)
  assert.equal(scoreOf(`${BASE_40}/U:Red/S:P/AU:Y`).environmentalTenths, null)
})

test('a malformed vector is refused, saying what is wrong', () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    ['', ['cvss.empty']],
    ['  ', ['cvss.empty']],
    ['x'.repeat(100_000), ['cvss.long']],
    ['9.8', ['cvss.prefix']],
    ['CVSS:3.1', ['cvss.prefix']],
    ['CVSS:5.0/AV:N', ['cvss.prefix']],
    ['cvss:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', ['cvss.prefix']],
    ['AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', ['cvss.prefix']],
    ['CVSS:4.0/AV:N', ['cvss.missing']],
    [`${BASE_31}/AV:N`, ['cvss.repeated']],
    [`${BASE_31}/E:U/E:P`, ['cvss.repeated']],
    [`${BASE_31}/`, ['cvss.form']],
    [`${BASE_31}/E`, ['cvss.form']],
    [`${BASE_31}/E:U:P`, ['cvss.form']],
    [`${BASE_31}/constructor:N`, ['cvss.metric']],
    [`${BASE_31}/__proto__:N`, ['cvss.metric']],
    [`${BASE_31}/VC:H`, ['cvss.metric']],
    [`${BASE_31}/e:U`, ['cvss.metric']],
    [BASE_31.replace('AV:N', 'AV:n'), ['cvss.value', 'cvss.missing']],
    [BASE_31.replace('/A:H', ''), ['cvss.missing']],
    [`${BASE_40}/MSC:S`, ['cvss.value']],
    ['AV:N/AC:L/Au:N/C:N/I:N', ['cvss.missing']],
    ['AV:N/AC:L/Au:N/C:H/I:N/A:C', ['cvss.value', 'cvss.missing']],
    ['CVSS:3.1/AV:Q/XX:N/C:H', ['cvss.value', 'cvss.metric', 'cvss.missing']],
  ]
  for (const [vector, rules] of cases) assert.deepEqual(rulesOf(vector), rules, vector.slice(0, 80))
  assert.match(scoreCvss(BASE_31.replace('S:U', 'S:X')).problems[0]?.message ?? '', /metric S is one of U, C, and not "X"/)
  assert.match(scoreCvss('CVSS:4.0/AV:N/AC:L').problems[0]?.message ?? '', /must have AT, PR, UI, VC, VI, VA, SC, SI, SA/)
})

const anyVector = fc.constantFrom(...(['2.0', '3.0', '3.1', '4.0'] as const)).chain(version => {
  const { prefix, base, temporal, environmental, supplemental } = METRIC_TABLES[version]
  const part = ([name, values]: readonly [string, readonly string[]]) => fc.constantFrom(...values).map(value => `${name}:${value}`)
  const always = [...base].map(part)
  const sometimes = [...temporal, ...environmental, ...supplemental].map(entry => fc.option(part(entry), { nil: '' }))
  return fc
    .tuple(...always, ...sometimes)
    .chain(parts => fc.shuffledSubarray(parts, { minLength: parts.length }))
    .map(parts => prefix + parts.filter(value => value !== '').join('/'))
})

test('every sound vector has scores from 0 to 10, whatever the order of its metrics, and loses them with any metric of its base', () => {
  fc.assert(
    fc.property(anyVector, fc.nat(), (vector, at) => {
      for (const tenths of allOf(vector)) assert.ok(Number.isInteger(tenths) && tenths >= 0 && tenths <= 100, `${vector} ${tenths}`)
      const { version } = scoreOf(vector)
      const { prefix, base } = METRIC_TABLES[version]
      const parts = vector.slice(prefix.length).split('/')
      const ordered = prefix + parts.toSorted().join('/')
      assert.deepEqual({ ...scoreOf(ordered), vector }, scoreOf(vector))
      const lost = [...base.keys()][at % base.size]
      assert.deepEqual(rulesOf(prefix + parts.filter(part => !part.startsWith(`${lost}:`)).join('/')), ['cvss.missing'])
    }),
    { numRuns: 300 },
  )
})

test('nothing makes the scoring throw', () => {
  fc.assert(fc.property(fc.string(), text => typeof scoreCvss(text).ok === 'boolean'))
  fc.assert(
    fc.property(anyVector, fc.nat(), fc.string({ maxLength: 3 }), (vector, at, text) => {
      const cut = at % vector.length
      assert.equal(typeof scoreCvss(vector.slice(0, cut) + text + vector.slice(cut + 1)).ok, 'boolean')
    }),
  )
})

function linesOf(path: string): readonly string[] {
  return readFileSync(sharedData(path), 'utf8')
    .split('\n')
    .filter(line => line.trim() !== '' && !line.startsWith('# '))
}

test('every vector of the Red Hat lists has the scores that stand beside it', { skip: skipWithoutSharedData }, () => {
  let count = 0
  for (const name of ['calculator2', 'calculator3', 'cvsslib3', 'simple3', 'simple4']) {
    for (const line of linesOf(`cvss/redhat/vectors_${name}.txt`)) {
      const [vector = '', scores = ''] = line.split(' - ')
      const stated = [...scores.matchAll(/[\d.]+|None/g)].map(([text]) => (text === 'None' ? null : Math.round(Number(text) * 10)))
      const { baseTenths, temporalTenths, environmentalTenths } = scoreOf(vector)
      const isVersion2 = name === 'calculator2'
      const computed = isVersion2 ? [baseTenths, temporalTenths, environmentalTenths] : allOf(vector).slice(0, stated.length)
      assert.deepEqual(computed, stated, vector)
      count++
    }
  }
  assert.equal(count, 3686)
})

test('every vector of the claircore lists has the score that stands beside it', { skip: skipWithoutSharedData }, () => {
  let count = 0
  for (const name of ['v2_score', 'v30_score', 'v4_score']) {
    for (const line of linesOf(`cvss/claircore/${name}.list`)) {
      const [vector = '', stated] = line.split(/\s+/)
      assert.equal(allOf(vector)[2], Math.round(Number(stated) * 10), vector)
      count++
    }
  }
  assert.equal(count, 84)
})

test('every malformed vector of the claircore list is refused, and the sound ones are not', { skip: skipWithoutSharedData }, () => {
  const lines = linesOf('cvss/claircore/v3_error.list')
  for (const line of lines) {
    const isSound = line.endsWith('#OK')
    const score = scoreCvss(line.replace('#OK', ''))
    assert.equal(score.ok, isSound, line)
    assert.equal(
      score.problems.every(problem => problem.message.length > 20),
      true,
    )
  }
  assert.deepEqual([lines.length, lines.filter(line => line.endsWith('#OK')).length], [21, 2])
})
