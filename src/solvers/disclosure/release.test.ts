import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attack, attackEachMember, type Seen } from '../../../test/support/disclosure-attacker.ts'
import { ALL_GUARDS, EMPTY_LEDGER, type Cohort, type DisclosurePolicy, type Guards, type Ledger, type Member } from './model.ts'
import { prepareRelease } from './release.ts'
import { quartilesOf, rangeOfRounded, roundCount } from './rounding.ts'

const POLICY: DisclosurePolicy = { minimum: 10, alike: 2, rounding: 5 }
const LEVELS = 3

/** The same number for the same label and seed (FNV-1a): chance that a test can repeat. */
function drawOf(seed: string) {
  return (label: string) => {
    let hash = 0x811c9dc5
    for (const character of `${seed} ${label}`) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39) >>> 0
    return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32
  }
}

interface World {
  readonly cohorts: readonly Cohort[]
  readonly questions: number
  readonly policy?: DisclosurePolicy
  readonly guards?: Partial<Guards>
  readonly seed?: string
  /** Draws lots anew for each release, as a solver may not. */
  readonly isDrawnAnew?: boolean
}

/** Releases one after the other, each with the members of that time. */
function releases(world: World, times: readonly (readonly Member[])[]): readonly Seen[] {
  let ledger: Ledger = EMPTY_LEDGER
  return times.map((members, index) => {
    const release = prepareRelease({
      number: index + 1,
      cohorts: world.cohorts,
      members,
      questions: world.questions,
      levels: LEVELS,
      groups: [{ code: 'A', questions: Array.from({ length: world.questions }, (_, question) => question) }],
      ledger,
      policy: world.policy ?? POLICY,
      draw: drawOf(`${world.seed ?? 'seed'}${world.isDrawnAnew === true ? index : ''}`),
      guards: { ...ALL_GUARDS, ...world.guards },
    })
    ledger = release.ledger
    return { members, release }
  })
}

function certain(world: World, times: readonly (readonly Member[])[], knowing: readonly string[] = [], heldMeans: 'nothing' | 'alike' = 'nothing') {
  return attack({ seen: releases(world, times), questions: world.questions, levels: LEVELS, policy: world.policy ?? POLICY, knowing, heldMeans })
}

/** `people('a', 'all x', '00', 3)`: a1, a2 and a3 in those cohorts, each with these answers. */
function people(name: string, cohorts: string, levels: string, count: number): readonly Member[] {
  return Array.from({ length: count }, (_, index) => ({ key: `${name}${index + 1}`, cohorts: cohorts.split(' '), levels }))
}

const ALL: readonly Cohort[] = [{ code: 'all', parent: null }]
const TWO: readonly Cohort[] = [...ALL, { code: 'x', parent: 'all' }, { code: 'y', parent: 'all' }]
const NO_LOT = { companions: false }

test('counts are rounded by the NHS rule for sub-national counts', () => {
  const expected = [0, 5, 5, 5, 5, 5, 5, 5, 10, 10, 10, 10, 10, 15, 15, 15, 15, 15, 20, 20, 20, 20, 20]
  assert.deepEqual(
    expected.map((_, count) => roundCount(count, 5)),
    expected,
  )
  for (const base of [1, 5, 10])
    for (let count = 0; count < 60; count += 1) {
      const [least, most] = rangeOfRounded(roundCount(count, base), base)
      const fitting = Array.from({ length: 90 }, (_, one) => one).filter(one => roundCount(one, base) === roundCount(count, base))
      assert.deepEqual([least, most], [fitting[0], fitting.at(-1)], `${count} to ${base}`)
    }
})

test('quartiles are those of the nearest rank, and of nobody there are none', () => {
  assert.deepEqual(quartilesOf([1, 1, 1, 1]), [0, 1, 2])
  assert.deepEqual(quartilesOf([0, 0, 10]), [2, 2, 2])
  assert.equal(quartilesOf([0, 0]), null)
})

test('a cohort of nine is held, one of ten is released, and the number of either is not told to the unit', () => {
  const of = (count: number) =>
    releases({ cohorts: ALL, questions: 1, guards: NO_LOT }, [[...people('a', 'all', '0', count - 4), ...people('b', 'all', '2', 4)]])[0]?.release
      .cohorts[0]
  assert.deepEqual([of(9)?.held, of(9)?.members, of(9)?.cells], ['few', 0, [null]])
  assert.deepEqual([of(10)?.held, of(10)?.members, of(10)?.cells], [null, 10, [[5, 0, 5, 0]]])
})

// Each guard, on and off. The attacker knows who contributed, how the rules go, and the answers of those named.

test('the minimum: of one alone its own figures tell', () => {
  const alone = [people('a', 'all', '2', 1)]
  const lax = { minimum: 1, alike: 0, rounding: 5 }
  assert.deepEqual(certain({ cohorts: ALL, questions: 1 }, alone), [])
  assert.deepEqual(certain({ cohorts: ALL, questions: 1, policy: lax, guards: NO_LOT }, alone), [{ key: 'a1', question: 0 }])
})

test('the all-alike guard: where everybody failed, that is said of nobody', () => {
  const alike = [people('a', 'all', '2', 12)]
  assert.deepEqual(certain({ cohorts: ALL, questions: 1, guards: NO_LOT }, alike), [])
  assert.equal(certain({ cohorts: ALL, questions: 1, policy: { ...POLICY, alike: 0 }, guards: NO_LOT }, alike).length, 12)
})

test('the all-alike guard: the one that differs learns nothing certain of the others', () => {
  const odd = [[...people('a', 'all', '2', 11), ...people('b', 'all', '0', 1)]]
  assert.deepEqual(certain({ cohorts: ALL, questions: 1, guards: NO_LOT }, odd, ['b1']), [])
  assert.equal(certain({ cohorts: ALL, questions: 1, policy: { ...POLICY, alike: 0, rounding: 1 }, guards: NO_LOT }, odd, ['b1']).length, 11)
})

test('rounding: two who put their answers together learn nothing from rounded counts that exact ones would tell', () => {
  const two = [[...people('a', 'all', '2', 19), ...people('b', 'all', '0', 2)]]
  assert.deepEqual(certain({ cohorts: ALL, questions: 1, guards: NO_LOT }, two, ['b1', 'b2']), [])
  assert.equal(certain({ cohorts: ALL, questions: 1, policy: { ...POLICY, rounding: 1 }, guards: NO_LOT }, two, ['b1', 'b2']).length, 19)
})

test('the remainder: all less those of a type is nobody’s own figure', () => {
  const population = [[...people('a', 'all x', '0', 22), ...people('b', 'all x', '2', 12), ...people('z', 'all y', '0', 1)]]
  assert.deepEqual(certain({ cohorts: TWO, questions: 1, guards: NO_LOT }, population), [])
  assert.deepEqual(certain({ cohorts: TWO, questions: 1, guards: { ...NO_LOT, complement: false } }, population), [{ key: 'z1', question: 0 }])
})

test('the remainder: ten who are all alike are not told by subtraction either', () => {
  const population = [[...people('a', 'all x', '0', 20), ...people('b', 'all x', '2', 20), ...people('z', 'all y', '1', 12)]]
  const exact = { ...POLICY, rounding: 1 }
  assert.deepEqual(certain({ cohorts: TWO, questions: 1, policy: exact, guards: NO_LOT }, population), [])
  assert.equal(certain({ cohorts: TWO, questions: 1, policy: exact, guards: { ...NO_LOT, complement: false } }, population).length, 12)
})

test('the ledger: who joins between two releases is not the difference of their figures', () => {
  const first = [...people('a', 'all', '0', 22), ...people('b', 'all', '2', 14)]
  const times = [first, [...first, ...people('z', 'all', '0', 1)]]
  assert.deepEqual(certain({ cohorts: ALL, questions: 1, guards: NO_LOT }, times), [])
  assert.equal(releases({ cohorts: ALL, questions: 1, guards: NO_LOT }, times)[1]?.release.cohorts[0]?.held, 'changed')
  assert.deepEqual(certain({ cohorts: ALL, questions: 1, guards: { ...NO_LOT, ledger: false } }, times), [{ key: 'z1', question: 0 }])
})

test('the ledger: nor is who withdraws, who answers anew, or who joins against an earlier release than the last', () => {
  const world = { cohorts: ALL, questions: 1, guards: NO_LOT }
  const first = [...people('a', 'all', '0', 22), ...people('b', 'all', '2', 14)]
  const heldAtLast = (times: readonly (readonly Member[])[]) => releases(world, times).at(-1)?.release.cohorts[0]?.held
  assert.equal(heldAtLast([first, first.slice(1)]), 'changed')
  assert.equal(heldAtLast([first, [...first.slice(1), ...people('anew', 'all', '2', 1)]]), 'changed')
  const ten = [...people('c', 'all', '0', 5), ...people('d', 'all', '2', 5)]
  assert.equal(heldAtLast([first, [...first, ...ten]]), null, 'ten who differ may join together')
  assert.equal(heldAtLast([first, [...first, ...ten], [...first, ...people('z', 'all', '0', 1)]]), 'changed')
  assert.equal(heldAtLast([first, first]), null, 'the same members give the same figures')
  assert.equal(heldAtLast([first, first.slice(1), first]), null, 'what was held was not released, so nothing differs from it')
})

test('the ledger: ten who join and are all alike are counted, and the cell that would tell is held', () => {
  const first = [...people('a', 'all', '00', 20), ...people('b', 'all', '22', 20)]
  const joined = [...first, ...people('c', 'all', '00', 6), ...people('d', 'all', '02', 6)]
  const last = releases({ cohorts: ALL, questions: 2, guards: NO_LOT }, [first, joined]).at(-1)?.release.cohorts[0]
  assert.deepEqual(
    last?.cells.map(cell => cell !== null),
    [false, true],
  )
})

test('quartiles are made without a question that somebody inside is alike in', () => {
  const rest = [...people('a', 'all', '011', 12), ...people('b', 'all', '100', 12)]
  const alike = [...people('y', 'all y', '010', 6), ...people('z', 'all y', '001', 6)]
  const [first] = releases({ cohorts: [...ALL, { code: 'y', parent: 'all' }], questions: 3, guards: NO_LOT }, [[...rest, ...alike]])
  const [all, inside] = first?.release.cohorts ?? []
  assert.deepEqual([inside?.cells[0], inside?.groups[0]?.questions], [null, [1, 2]])
  assert.notEqual(all?.cells[0], null, 'the question itself is shown for all')
  assert.deepEqual(all?.groups[0]?.questions, [1, 2])
})

test('the ledger: who leaves together and is all alike is not told by the quartiles that counted them', () => {
  const stay = [...people('a', 'all', '01', 14), ...people('b', 'all', '10', 14)]
  const leave = people('c', 'all', '00', 12)
  const world = { cohorts: ALL, questions: 2, guards: NO_LOT }
  const [first, second] = releases(world, [[...stay, ...leave], stay])
  assert.notEqual(first?.release.cohorts[0]?.groups[0]?.quartiles, null)
  assert.deepEqual([second?.release.cohorts[0]?.held, second?.release.cohorts[0]?.groups], ['alike', []])
})

test('the all-alike guard: those who did not answer do not hide that all who did are alike', () => {
  const cells = (levels: string) =>
    releases({ cohorts: ALL, questions: 1, guards: NO_LOT }, [[...people('a', 'all', '2', 12), ...people('b', 'all', levels, 4)]])[0]?.release
      .cohorts[0]?.cells
  assert.deepEqual(cells('-'), [null], 'who can see that somebody answered would know what')
  assert.notEqual(cells('0')?.[0], null)
})

test('hands: who answers for many of a cohort learns nothing of the others', () => {
  const chain = [...people('c', 'all', '0', 6), ...people('d', 'all', '2', 6)].map(member => ({ ...member, hands: ['chain'] }))
  const world = { cohorts: ALL, questions: 1, policy: { ...POLICY, rounding: 1 } }
  const knowing = chain.map(({ key }) => key)
  const without = { ...NO_LOT, hands: false }
  const few = [[...chain, ...people('z', 'all', '1', 1)]]
  assert.deepEqual(certain({ ...world, guards: NO_LOT }, few, knowing), [])
  assert.deepEqual(certain({ ...world, guards: without }, few, knowing), [{ key: 'z1', question: 0 }])
  // Enough others, who are all alike.
  const alike = [[...chain, ...people('z', 'all', '1', 12)]]
  assert.deepEqual(certain({ ...world, guards: NO_LOT }, alike, knowing), [])
  assert.equal(certain({ ...world, guards: without }, alike, knowing).length, 12)
  const mixed = [[...chain, ...people('y', 'all', '1', 12), ...people('z', 'all', '0', 12)]]
  assert.notEqual(releases({ ...world, guards: NO_LOT }, mixed)[0]?.release.cohorts[0]?.cells[0], null, 'beside enough others it is counted')
  assert.deepEqual(certain({ ...world, guards: NO_LOT }, mixed, knowing), [])
})

test('hands: who left keeps their hand, so that many who leave together do not tell of the one who left with them', () => {
  const stay = [...people('a', 'all', '0', 14), ...people('b', 'all', '2', 14)]
  const chain = [...people('c', 'all', '0', 6), ...people('d', 'all', '2', 6)].map(member => ({ ...member, hands: ['chain'] }))
  const times = [[...stay, ...chain, ...people('z', 'all', '1', 1)], stay]
  const world = { cohorts: ALL, questions: 1, policy: { ...POLICY, rounding: 1 } }
  const knowing = chain.map(({ key }) => key)
  assert.deepEqual(certain({ ...world, guards: NO_LOT }, times, knowing), [])
  assert.deepEqual(certain({ ...world, guards: { ...NO_LOT, hands: false } }, times, knowing), [{ key: 'z1', question: 0 }])
})

test('companions: who asks for the same members again and again sees the same cells held', () => {
  const population = [
    ...people('a', 'all', '00000000', 12),
    ...people('b', 'all', '11111111', 8),
    ...people('y', 'all y', '20000000', 8),
    ...people('w', 'all y', '21222222', 8),
    ...people('z', 'all y', '02222222', 1),
  ]
  const world = { cohorts: [...ALL, { code: 'y', parent: 'all' }], questions: 8 }
  const everHeld = (seed: string, isDrawnAnew: boolean) => {
    const seen = releases(
      { ...world, seed, isDrawnAnew },
      Array.from({ length: 12 }, () => population),
    )
    const heldIn = seen.map(({ release }) => new Set(release.cohorts[1]?.cells.flatMap((cell, question) => (cell === null ? [question] : []))))
    return { first: heldIn[0]?.size ?? 0, always: [...(heldIn[0] ?? [])].filter(question => heldIn.every(held => held.has(question))).length }
  }
  const seeds = Array.from({ length: 20 }, (_, seed) => String(seed))
  for (const seed of seeds) assert.equal(everHeld(seed, false).always, everHeld(seed, false).first, 'nothing is let out by asking again')
  assert.ok(
    seeds.some(seed => everHeld(seed, true).always < everHeld(seed, true).first),
    'lots drawn anew would let it out',
  )
})

test('companions: that a cell is held does not say that its answers are alike', () => {
  // Everybody of y gave the last answer but the attacker; there are not enough of any other answer for it to be anything else.
  const population = [
    [
      ...people('a', 'all', '00000000', 12),
      ...people('b', 'all', '11111111', 4),
      ...people('c', 'all', '22222222', 12),
      ...people('y', 'all y', '20000000', 8),
      ...people('w', 'all y', '21222222', 8),
      ...people('z', 'all y', '02222222', 1),
    ],
  ]
  const world = { cohorts: [...ALL, { code: 'y', parent: 'all' }], questions: 8, policy: { ...POLICY, rounding: 1 } }
  const bare = releases({ ...world, guards: NO_LOT }, population)
  assert.equal(bare[0]?.release.cohorts[1]?.cells[0], null)
  const naive = certain({ ...world, guards: NO_LOT }, population, ['z1'], 'alike')
  assert.equal(naive.filter(({ question }) => question === 0).length, 16, 'without companions a held cell means that its answers are alike')
  const heldWith = Array.from({ length: 40 }, (_, seed) => releases({ ...world, seed: `${seed}` }, population)[0]?.release.cohorts[1]).filter(
    cohort => cohort?.held === null,
  )
  const others = heldWith.map(cohort => cohort?.cells.slice(1).filter(cell => cell === null).length ?? 0)
  assert.ok(others.filter(count => count > 0).length > others.length / 2, 'mostly others are held beside it')
  const bystanders = Array.from({ length: 40 }, (_, seed) => releases({ ...world, seed: `${seed}` }, population)[0]?.release.cohorts[0])
  assert.ok(
    bystanders.some(cohort => cohort?.cells.some(cell => cell === null)),
    'and sometimes where none is alike',
  )
  assert.deepEqual(certain(world, population, ['z1']), [], 'so it says nothing')
})

/** Types and sizes as in a real sector, some of them few, some questions that nearly everybody answers the same way. */
function sector(seed: number): { readonly cohorts: readonly Cohort[]; readonly times: readonly (readonly Member[])[]; readonly questions: number } {
  const draw = drawOf(`sector ${seed}`)
  const questions = 12
  const types = ['p', 'q', 'r', 's']
  const bands = ['small', 'large']
  const cohorts = [
    ...ALL,
    ...types.map(code => ({ code, parent: 'all' })),
    ...types.flatMap(type => bands.map(band => ({ code: `${type}/${band}`, parent: type }))),
  ]
  const member = (at: number): Member => {
    const type = types[Math.floor(draw(`type ${at}`) ** 2 * types.length)] ?? 'p'
    const band = draw(`band ${at}`) < 0.6 ? 'small' : 'large'
    const levels = Array.from({ length: questions }, (_, question) => {
      const lean = draw(`lean ${type} ${question}`)
      const drawn = draw(`answer ${at} ${question}`)
      return lean < 0.35 ? (drawn < 0.96 ? '2' : '0') : String(Math.floor(drawn * 3))
    }).join('')
    return { key: `m${at}`, cohorts: ['all', type, ...(draw(`sized ${at}`) < 0.9 ? [`${type}/${band}`] : [])], levels }
  }
  const size = 40 + Math.floor(draw('size') * 90)
  const everybody = Array.from({ length: size + 40 }, (_, at) => member(at))
  const joined = Math.floor(draw('joined') * 40)
  const left = draw('left') < 0.5 ? 0 : Math.floor(draw('left') * 30)
  return { cohorts, questions, times: [everybody.slice(0, size), everybody.slice(left, size + joined), everybody.slice(left, size + 40)] }
}

test('over random sectors and three releases nobody’s answer is certain to a member who knows every count to the unit', () => {
  let shown = 0
  let heldAgain = 0
  for (let seed = 1; seed <= 6; seed += 1) {
    const { cohorts, questions, times } = sector(seed)
    for (const rounding of [1, 5]) {
      const policy = { ...POLICY, rounding }
      const seen = releases({ cohorts, questions, policy, seed: `${seed}` }, times)
      shown += seen.flatMap(({ release }) => release.cohorts.flatMap(({ cells }) => cells)).filter(cell => cell !== null).length
      heldAgain += seen
        .slice(1)
        .flatMap(({ release }) => release.cohorts)
        .filter(({ held }) => held === 'changed').length
      const knowing = times[0]?.[seed % 40]?.key ?? ''
      assert.deepEqual(attack({ seen, questions, levels: LEVELS, policy, knowing: [knowing] }), [], `sector ${seed}, rounding ${rounding}`)
    }
  }
  assert.ok(shown > 300 && heldAgain > 3, `there is something to attack: ${shown} cells, ${heldAgain} held again`)
})

test('the same attacker finds answers in the same sectors where no guard but the minimum stands', () => {
  const found = Array.from({ length: 3 }, (_, seed) => {
    const { cohorts, questions, times } = sector(seed + 1)
    const policy = { minimum: 10, alike: 0, rounding: 1 }
    const world = { cohorts, questions, policy, guards: { complement: false, ledger: false, companions: false, hands: false } }
    return attack({ seen: releases(world, times), questions, levels: LEVELS, policy, knowing: [times[0]?.[0]?.key ?? ''] }).length
  })
  assert.ok(found.filter(count => count > 0).length === 3, found.join(' '))
})

test('with the quartiles of what each member achieved nobody’s answer is certain either', () => {
  for (let seed = 1; seed <= 4; seed += 1) {
    const draw = drawOf(`quartiles ${seed}`)
    const lean = seed / 5
    const levels = (at: number) =>
      Array.from({ length: 3 }, (_, question) =>
        draw(`${at} ${question}`) < lean ? '0' : String(1 + Math.floor(draw(`${question} ${at}`) * 2)),
      ).join('')
    const members = Array.from({ length: 11 }, (_, at) => ({ key: `m${at}`, cohorts: ['all'], levels: levels(at) }))
    const policy = { ...POLICY, rounding: 1 }
    const seen = releases({ cohorts: ALL, questions: 3, policy, guards: NO_LOT }, [members])
    assert.deepEqual(attackEachMember({ seen, questions: 3, levels: LEVELS, policy, knowing: [`m${seed}`] }), [])
  }
})

test('what it does not withstand: as many as the policy asks to differ, if they are all who differ and counts are exact', () => {
  const two = [[...people('a', 'all', '2', 10), ...people('b', 'all', '0', 2)]]
  assert.equal(certain({ cohorts: ALL, questions: 1, policy: { ...POLICY, rounding: 1 }, guards: NO_LOT }, two, ['b1', 'b2']).length, 10)
  const three = { ...POLICY, alike: 3, rounding: 1 }
  assert.deepEqual(
    certain({ cohorts: ALL, questions: 1, policy: three, guards: NO_LOT }, two, ['b1', 'b2']),
    [],
    'a policy that asks for three withstands two',
  )
})
