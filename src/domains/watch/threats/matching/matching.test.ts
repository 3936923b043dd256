import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decideVersion, matchProduct, readVersions, type IdentifiedName } from './decide.ts'
import { keysToBeFoundBy, keysToLookUnder } from './keys.ts'
import { makerBook } from './makers.ts'

const BOOK = makerBook([
  { alias: 'AH', maker: 'Acme Holdings' },
  { alias: 'Acme Healthcare', maker: 'Acme Holdings' },
  { alias: 'Bolt Medical', maker: 'Acme Healthcare' },
  { alias: 'Wellby', maker: 'Acme' },
])

type Pair = readonly [advisory: readonly [maker: string, product: string], told: readonly [maker: string, product: string]]

function named([maker, product]: readonly [string, string], identifiers: readonly string[] = []): IdentifiedName {
  return { maker, product, identifiers }
}

function outcomeOf([advisory, told]: Pair, hasVersions = false): string {
  const match = matchProduct(named(advisory), named(told), BOOK, hasVersions)
  if (match !== undefined) assert.match(match.why, /\S[.]$/, 'the reason is a sentence')
  return match?.outcome ?? 'no'
}

function assertAll(pairs: readonly Pair[], outcome: string, hasVersions = false): void {
  for (const pair of pairs) assert.equal(outcomeOf(pair, hasVersions), outcome, `${pair[0].join(' | ')}  ~  ${pair[1].join(' | ')}`)
}

const RUNS: readonly Pair[] = [
  [
    ['Acme', 'Gateway'],
    ['ACME Ltd.', 'gateway'],
  ],
  [
    ['B. Brown Hamburg AG', 'Flowmat Space'],
    ['b brown', 'Flowmat® Space'],
  ],
  [
    ['Becker, Dickson and Company (BD)', 'Alora'],
    ['Becker Dickson & Co', 'alora'],
  ],
  [
    ['Becker, Dickson and Company (BD)', 'Alora'],
    ['BD', 'Alora'],
  ],
  [
    ['Becker, Dickson and Company (BD)', 'BD Alora Point-of-Care Unit (PCU) Model 8015'],
    ['', 'BD Alora 8015 PC unit'],
  ],
  [
    ['Becker, Dickson and Company (BD)', 'Alora 8015 PC unit'],
    ['Becker Dickson', '8015 Alora PCU'],
  ],
  [
    ['Phillson', 'Intellivox MX40'],
    ['Philson GmbH', 'Intellivox-MX 40'],
  ],
  [
    ['Phillson', 'Intellivox patient monitor MX400-MX850'],
    ['Phillson', 'Intelivox MX450'],
  ],
  [
    ['Phillson', 'Intellivox MX800/700/600'],
    ['Phillson', 'Intellivox MX700 monitor'],
  ],
  [
    ['Phillson', 'PageScriber TC10 TC20 TC30 Cardiographs'],
    ['Phillson', 'Page Scriber TC20'],
  ],
  [
    ['Médica', 'Écho'],
    ['Medica', 'Echo'],
  ],
  [
    ['DrÃ¤xler', 'Delta Vent'],
    ['Draexler', 'Delta-Vent'],
  ],
  [
    ['Processinformation i G\uFFFDteborg', 'Metron Bus'],
    ['Processinformation i Göteborg AB', 'Metron Bus'],
  ],
  [
    ['Microware', 'Doors'],
    ['Microware Corporation', 'Microware Doors'],
  ],
  [
    ['', 'Ciska Adaptive Appliance'],
    ['Ciska', 'Adaptive Appliance'],
  ],
  [
    ['Orion Health', 'Rhapsodia'],
    ['Rhapsodia', 'Rhapsodia'],
  ],
  [
    ['Acme', 'Conexa Spot Monitor (CSM)'],
    ['Wellby', 'Conexa Spot Monitor'],
  ],
  [
    ['Acme', 'Wellby Conexa Spot Monitor (CSM)'],
    ['Bolt Medical', 'CSM'],
  ],
  [
    ['AH', 'B450'],
    ['Acme Healthcare', 'Carespan B450'],
  ],
  [
    ['Kantek, Jonson Controls Inc.', 'Door Keeper'],
    ['Jonson Controls', 'DoorKeeper'],
  ],
  [
    ['Acme / Fabrikam', 'Ledgerline'],
    ['fabrikam', 'ledger line'],
  ],
  [
    ['Tailspin', 'Toys Firmware'],
    ['Tailspin', 'Toys'],
  ],
  [
    ['Tailspin', 'Haemodialyser Renata'],
    ['Tailspin', 'Renata hemodialyser'],
  ],
  [
    ['Contoso', 'Innovix IGS 5x0'],
    ['Contoso', 'Innovix IGS 540'],
  ],
  [
    ['Contoso', 'Coronary Planner/Dynamic Roadmap'],
    ['Contoso', 'Dynamic Roadmap'],
  ],
  [
    ['Contoso', 'PWS-01-BT'],
    ['', 'PWS 01 BT'],
  ],
  [
    ['Microware', 'Mailhub Server 2016'],
    ['', 'Microware Mailhub 2016 CU23'],
  ],
  [
    ['Microware', 'Doors 10 Version 22H2 for x64-based Systems'],
    ['Microware', 'Doors 10 22H2'],
  ],
  [
    ['Ciska', 'Adaptive Boundary Appliance'],
    ['Ciska', 'ABA'],
  ],
  [
    ['Acme Holdings', 'Acme Holdings Server'],
    ['', 'Acme Holdings server'],
  ],
  [
    ['Contoso', "N'Visio Clinician Programmer"],
    ['Contoso', 'NVisio clinician prgmmr'],
  ],
]

const MAY_RUN: readonly Pair[] = [
  [
    ['Microware', 'Mailhub Server'],
    ['Microware', 'Mailhub 2016 CU23'],
  ],
  [
    ['Emmis', 'EMMIS Web'],
    ['EMMIS Health', 'EMMIS'],
  ],
  [
    ['Phillson', 'Intellivox (except MX40)'],
    ['Phillson', 'Intellivox MX40'],
  ],
  [
    ['Fabrikam', 'Server'],
    ['Fabrikam', 'Server 2019 Standard'],
  ],
  [
    ['Contoso', 'Desk 365 Pro'],
    ['Contoso Inc', 'Desk 365'],
  ],
  [
    ['Northwind', 'Multiple Products'],
    ['Northwind', 'Ledger'],
  ],
  [
    ['Phillson', 'Intellivox MX40'],
    ['Phillson', 'Intellivox patient monitor'],
  ],
  [
    ['Phillson', 'Intellivox'],
    ['Phillson', 'Intellivox MX40'],
  ],
  [
    ['Acme', 'Optimia CT680 Quantum'],
    ['Acme', 'Optimia CT 680'],
  ],
  [
    ['Orion', 'Portal'],
    ['', 'portal'],
  ],
  [
    ['Contoso', 'Medfuse 4000'],
    ['Softway Resellers', 'Medfuse 4000'],
  ],
  [
    ['Draexler', 'Delta'],
    ['Draexler', 'Infinita Delta'],
  ],
]

const ANOTHER: readonly Pair[] = [
  [
    ['Semens', 'singo.plaza'],
    ['Semens', 'singo.via'],
  ],
  [
    ['Microware', 'Mailhub Server 2019'],
    ['', 'Microware Mailhub 2016 CU23'],
  ],
  [
    ['Phillson', 'IntelliLink Enterprise'],
    ['Phillson', 'IntelliLink System 5'],
  ],
  [
    ['Litware', 'Mail'],
    ['Litware', 'Mailbox'],
  ],
  [
    ['Proseware', 'Reader'],
    ['Wingtip', 'Reader'],
  ],
  [
    ['Adatum', 'Multiple Products'],
    ['Adventure', 'Works'],
  ],
  [
    ['', 'Woodgrove bank terminal'],
    ['Woodgrove', 'Vault'],
  ],
  [
    ['BD', 'Alora 8015 PC unit'],
    ['BD', 'Alora 8100 pump module'],
  ],
  [
    ['BD', 'Alora GS'],
    ['BD', 'Alora GH'],
  ],
  [
    ['BD', 'Alora Systems Manager'],
    ['BD', 'Alora Gateway Workstation'],
  ],
  [
    ['Acme', 'LightRay VCT'],
    ['Acme', 'BrightRay VCT'],
  ],
  [
    ['Acme', 'Optimia CT580'],
    ['Acme', 'Discova CT580'],
  ],
  [
    ['Acme', 'Discova XR656'],
    ['Acme', 'Discova XR656+'],
  ],
  [
    ['Phillson', 'Intellivox MX400-MX850'],
    ['Phillson', 'Intellivox MX40'],
  ],
  [
    ['Phillson', 'Intellivox Monitors (MX400-550)'],
    ['Phillson', 'Intellivox monitor MX800'],
  ],
  [
    ['Phillson', 'IntelliRoom PACS'],
    ['Phillson', 'IntelliRoom Cardiovascular'],
  ],
  [
    ['LifeDot', 'Patient Portal'],
    ['Epicure', 'Patient Portal'],
  ],
  [
    ['', 'AnyDina-A'],
    ['', 'AnyDina-i'],
  ],
  [
    ['Contoso', 'Delta'],
    ['Contoso', 'Theta'],
  ],
]

test('the same product is found however it is spelt', () => assertAll(RUNS, 'runs'))

test('what only may be the product is told apart, with the reason', () => assertAll(MAY_RUN, 'may-run'))

test('another product, another model, or another maker of a like one is not found', () => assertAll(ANOTHER, 'no'))

test('whatever is the product, or may be, is found by its keys', () => {
  for (const [advisory, told] of [...RUNS, ...MAY_RUN]) {
    const keys = new Set(keysToBeFoundBy(named(told), BOOK))
    assert.ok(
      keysToLookUnder(named(advisory), BOOK).some(key => keys.has(key)),
      `${advisory.join(' | ')}  ~  ${told.join(' | ')}`,
    )
  }
})

test('a name is itself, in whatever case and order of two words, and nothing that is written stops the matching', () => {
  const word = fc.stringMatching(/^[A-Z][a-z]{4,9}$/)
  fc.assert(
    fc.property(word, word, word, (maker, first, second) => {
      assert.equal(
        outcomeOf([
          [maker, `${first} ${second}`],
          [maker.toUpperCase(), `${second} ${first}`],
        ]),
        'runs',
      )
    }),
  )
  const text = fc.string({ maxLength: 80, unit: 'grapheme' })
  fc.assert(fc.property(text, text, text, text, (a, b, c, d) => void matchProduct(named([a, b]), named([c, d]), BOOK, true)))
  const started = process.hrtime.bigint()
  for (const evil of [
    'A1-'.repeat(9_000),
    '(AB) '.repeat(9_000),
    'v1.'.repeat(9_000),
    'ab / '.repeat(9_000),
    'x'.repeat(50_000),
    '1.1 sp 1 '.repeat(5_000),
  ])
    matchProduct(named([evil, evil]), named([`a ${evil}`, evil]), BOOK, true)
  assert.ok(process.hrtime.bigint() - started < 5_000_000_000n)
})

test('a CPE name or a package URL that is the same decides, whatever the names; one that differs casts doubt', () => {
  const match = (a: readonly string[], b: readonly string[], names: Pair) =>
    matchProduct(named(names[0], a), named(names[1], b), BOOK, false)?.outcome ?? 'no'
  const [gateway, door] = ['cpe:2.3:a:acme:gateway', 'cpe:2.3:a:acme:door']
  const alike: Pair = [
    ['Acme', 'Gateway'],
    ['acme', 'gateway'],
  ]
  const unlike: Pair = [
    ['Acme', 'Gateway'],
    ['', 'gw-appliance'],
  ]
  assert.equal(match([gateway], ['cpe:/a:acme:gateway'], unlike), 'runs')
  assert.equal(match([gateway], [door], alike), 'may-run')
  assert.equal(match([gateway], [door], unlike), 'no')
  assert.equal(match(['pkg:npm/%40acme/gateway'], ['pkg:npm/%40acme/gateway'], unlike), 'runs')
  assert.equal(match(['pkg:npm/gateway'], ['pkg:deb/debian/gateway'], alike), 'may-run')
  assert.equal(match([gateway], ['pkg:npm/gateway'], alike), 'runs')
  assert.equal(match([gateway], ['nonsense'], alike), 'runs')
})

test('a version in the name is taken for one', () => {
  const versionIn = (product: string, hasVersions = true) =>
    matchProduct(named(['Acme', 'Gateway Xelos']), named(['Acme', product]), BOOK, hasVersions)
  assert.deepEqual([versionIn('Gateway Xelos v9.33')?.outcome, versionIn('Gateway Xelos v9.33')?.version], ['runs', 'v9.33'])
  assert.deepEqual([versionIn('Gateway Xelos 8')?.outcome, versionIn('Gateway Xelos 8')?.version], ['runs', '8'])
  assert.deepEqual([versionIn('Gateway Xelos 8', false)?.outcome, versionIn('Gateway Xelos 8', false)?.version], ['may-run', null])
})

test('the version decides between running it, maybe, and not, and the reason says which', () => {
  const decide = (versions: readonly string[], told: string, outcome: 'runs' | 'may-run' = 'runs') =>
    decideVersion({ outcome, why: 'The names are the same.' }, readVersions(versions), told)
  assert.deepEqual(decide([], '9'), { outcome: 'runs', why: 'The names are the same.' })
  assert.deepEqual(decide(['vers:all/*', 'All versions'], ''), { outcome: 'runs', why: 'The names are the same.' })
  assert.deepEqual(decide(['<= 9.33'], '9.4'), { outcome: 'runs', why: 'The names are the same. Their version 9.4 is affected.' })
  assert.deepEqual(decide(['<= 9.33'], '9.40'), { outcome: 'does-not', why: 'Their version 9.40 is not among those affected. Affected: “<= 9.33”.' })
  assert.deepEqual(decide(['<= 9.33'], ''), { outcome: 'may-run', why: 'They do not say which version. Affected: “<= 9.33”.' })
  assert.match(decide(['<= 9.33'], '9').why, /^Whether version 9 is among those affected cannot be told/)
  assert.match(decide(['8.x model 35700'], '8.1').why, /^Version 8.1 is affected under a condition/)
  assert.equal(decide(['prior to 3.2', 'prior to 5.1'], '4.0').outcome, 'runs')
  assert.equal(decide(['<= 9.33'], '9.4', 'may-run').outcome, 'may-run')
  assert.equal(decide(['a', 'b', 'c', 'd'], '').why, 'They do not say which version. Affected: “a”, “b”, “c” and 1 more.')
})
