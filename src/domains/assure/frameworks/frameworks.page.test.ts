import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { programOf } from '../../../../test/support/api.ts'
import { createTestApp } from '../../../../test/support/app.ts'
import { runCommand } from '../../../../test/support/command.ts'
import { sharedData, skipWithoutSharedData } from '../../../../test/support/shared-data.ts'
import { isRecord, recordAt } from '../../../kernel/json.ts'
import { SYSTEM } from '../../../platform/work/actor.ts'
import { readAs } from '../../../platform/work/read.ts'
import { runWork } from '../../../platform/work/work.ts'
import type { Visible } from '../tables.ts'
import { checkFramework } from './check.ts'
import { crosswalkBetween, frameworkByKey, indicatorsOf, outcomesOf, profileLevels } from './queries.ts'
import { profilesOf } from './queries/detail.ts'
import { documentOf } from './queries/stored.ts'
import { statusOf, type Answer } from './scoring.ts'

const app = await createTestApp()
const { platform } = app
const folder = await mkdtemp(join(tmpdir(), 'carecert-frameworks-'))
after(() => rm(folder, { recursive: true, force: true }))

interface FileAnswer {
  readonly file: string
  readonly kind: string
  readonly taken: readonly {
    readonly what: string
    readonly code: string
    readonly version: string
    readonly outcome: string
    readonly notes: readonly string[]
  }[]
  readonly notes: readonly string[]
  readonly refused: string | null
}

async function importFiles(paths: readonly string[], options: Record<string, string> = {}): Promise<readonly FileAnswer[]> {
  return (await runCommand<readonly FileAnswer[]>(platform, SYSTEM, 'frameworks import', paths, options)).data
}

async function sheet(name: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, ['kind,code,of,level,text,more', ...lines].join('\n'))
  return path
}

const SHEET = [
  'fact,code,,,tidy-desk,',
  'fact,version,,,1,',
  'fact,name,,,Tidy desk,',
  'fact,source,,,Invented for a test,',
  'group,T,,,Tidiness,',
  'outcome,T1,T,,The desk is tidy,',
  'indicator,T1.1,T1,,Nothing lies on it,',
  'profile,all,,2026-27,Everything,The test itself',
  'asks,T1,all,met,,',
]

test('the frameworks that come with the product are there at once, and their own check finds nothing fatal', async () => {
  await readAs<Visible, void>(platform, SYSTEM, async db => {
    for (const [code, outcomes] of [
      ['care-first-steps', 24],
      ['secure-service-gates', 15],
    ] as const) {
      const framework = await frameworkByKey(db, code, '1.0')
      assert.ok(framework, code)
      assert.equal((await outcomesOf(db, framework.id)).length, outcomes)
      assert.deepEqual(
        checkFramework(await documentOf(db, framework.id)).map(finding => finding.message),
        [],
      )
    }
    const first = { code: 'care-first-steps', version: '1.0' }
    const mapped = async (code: string, version: string) =>
      new Set((await crosswalkBetween(db, first, { code, version }))?.map(pair => pair.fromCode)).size
    assert.deepEqual([await mapped('caf', '3.2'), await mapped('cyber-essentials', '3.1'), await mapped('ndg-standards', '2016')], [24, 10, 24])
    const standards = await crosswalkBetween(db, first, { code: 'ndg-standards', version: '2016' })
    assert.equal(new Set(standards?.map(pair => pair.toCode)).size, 10)
  })
})

test('a trend goes from CAF 3.2 to 4.0 by a crosswalk only, and back', async () => {
  const [older, newer] = [
    { code: 'caf', version: '3.2' },
    { code: 'caf', version: '4.0' },
  ]
  await readAs<Visible, void>(platform, SYSTEM, async db => {
    const pairs = (await crosswalkBetween(db, older, newer)) ?? []
    assert.equal(new Set(pairs.map(pair => pair.fromCode)).size, 39)
    assert.deepEqual(
      pairs.filter(pair => pair.fromCode === 'A2.b').map(pair => [pair.toCode, pair.relation]),
      [['A2.c', 'equal']],
    )
    // The six codes that changed their meaning are never equal to themselves.
    for (const code of ['A2.b', 'C1.a', 'C1.d', 'C1.e', 'C2.a', 'D2.a'])
      assert.ok(!pairs.some(pair => pair.fromCode === code && pair.toCode === code && pair.relation === 'equal'), code)
    const back = (await crosswalkBetween(db, newer, older)) ?? []
    assert.deepEqual(
      back.filter(pair => pair.fromCode === 'A2.c').map(pair => pair.toCode),
      ['A2.b'],
    )
    assert.equal(await crosswalkBetween(db, older, { code: 'nobody', version: '1' }), null)
  })
})

test('the same file again changes nothing; other content is taken while nobody answers it, and refused once somebody does', async () => {
  const path = await sheet('tidy.csv', SHEET)
  const [added] = await importFiles([path])
  assert.deepEqual(
    added?.taken.map(one => [one.what, one.outcome]),
    [
      ['framework', 'added'],
      ['profile', 'added'],
    ],
  )
  const [again] = await importFiles([path])
  assert.deepEqual(
    again?.taken.map(one => one.outcome),
    ['unchanged', 'unchanged'],
  )

  const altered = SHEET.map(line => line.replace('Nothing lies on it', 'Nothing lies under it'))
  const [changed] = await importFiles([await sheet('tidy.csv', altered)])
  assert.deepEqual(
    changed?.taken.map(one => one.outcome),
    ['changed', 'unchanged'],
  )

  const lead = await app.signIn('cyber-lead')
  await runWork<Visible, void>(platform, SYSTEM, async work => {
    const framework = await frameworkByKey(work.db, 'tidy-desk', '1')
    await work.db
      .insertInto('assure_assessment')
      .values({
        id: work.newId('assessment'),
        organisation_id: lead.organisationId,
        framework_id: framework?.id ?? '',
        profile_id: null,
        period: '2026-27',
        subject: '',
        state: 'open',
        carried_from: null,
        opened_at: work.now,
        opened_by: work.actor.id,
        changed_at: work.now,
      })
      .execute()
    work.record({ verb: 'test.assessment', subject: { kind: 'test', id: 'tidy' } })
  })
  await assert.rejects(importFiles([await sheet('tidy.csv', SHEET)]), /1 of 1 files was refused/)
  const newer = SHEET.map(line => (line === 'fact,version,,,1,' ? 'fact,version,,,2,' : line))
  const [version] = await importFiles([await sheet('tidy-2.csv', newer)])
  assert.equal(version?.taken[0]?.outcome, 'added')
})

test('a framework that lies about its structure is refused whole, and a product’s own is not replaced', async () => {
  const lying = [...SHEET.filter(line => !line.startsWith('asks')), 'indicator,T1.2,T9,,No such outcome,'].map(line =>
    line.replace('tidy-desk', 'lying-desk'),
  )
  await assert.rejects(importFiles([await sheet('lying.csv', lying)]), /refused/)
  const own = SHEET.map(line => line.replace('tidy-desk', 'care-first-steps').replace('version,,,1,', 'version,,,1.0,'))
  await assert.rejects(importFiles([await sheet('own.csv', own)]), /refused/)
  await readAs<Visible, void>(platform, SYSTEM, async db => assert.equal(await frameworkByKey(db, 'lying-desk', '1'), undefined))
})

test('every file of the reference data is taken, or said to be what it is', { skip: skipWithoutSharedData }, async () => {
  const root = sharedData('frameworks/')
  const files = (await readdir(root, { recursive: true })).filter(name => /\.(?:yaml|json)$/.test(name)).toSorted()
  await assert.rejects(importFiles(files.map(name => root + name)), /1 of 17 files was refused/)
  const results = await importFiles(files.filter(name => !name.includes('LOW-baseline')).map(name => root + name))
  assert.ok(results.every(result => result.taken.every(one => one.outcome === 'unchanged')))
  const framework = (file: string) => results.find(result => file === result.file)?.taken.find(one => one.what === 'framework')
  assert.equal(framework('cyber-assessment-framework-v3.2.yaml')?.code, 'caf')
  for (const file of [
    'cisa-cpg-2.0.yaml',
    'cyber_essentials.yaml',
    'ncsc-caf-3.2.yaml',
    'nist-800-171-rev3.yaml',
    'nist-csf-2.0.yaml',
    'basic-catalog.json',
    'basic-catalog.yaml',
  ])
    assert.ok(framework(file), file)
  // What is no framework says so.
  for (const file of [
    'critical_risk_matrix_5x5.yaml',
    'risk-matrix-4x4-with-5-levels.yaml',
    'alice_completed_assessment.json',
    'ifa_assessment-results-example.json',
    'ifa_plan-of-action-and-milestones.json',
  ])
    assert.match(results.find(result => result.file === file)?.notes.join(' ') ?? '', /no framework|not a framework/, file)
  await readAs<Visible, void>(platform, SYSTEM, async db => {
    const essentials = { code: 'cyber-essentials', version: '3.1' }
    assert.equal((await crosswalkBetween(db, { code: 'adobe-ccf', version: '5' }, essentials))?.length, 424)
  })
})

test('the government profiles ask what the golden table says, by both of their files', { skip: skipWithoutSharedData }, async () => {
  await importFiles([sharedData('frameworks/webcaf/cyber-assessment-framework-v3.2.yaml')])
  const [lookup] = await importFiles([sharedData('frameworks/webcaf/profile-lookup.json')])
  assert.deepEqual(
    lookup?.taken.map(one => [one.code, one.version, one.outcome]),
    [
      ['baseline', 'caf 3.2', 'unchanged'],
      ['enhanced', 'caf 3.2', 'unchanged'],
    ],
  )
  await readAs<Visible, void>(platform, SYSTEM, async db => {
    const caf = await frameworkByKey(db, 'caf', '3.2')
    assert.ok(caf)
    const [baseline, enhanced] = await profilesOf(db, caf.id)
    const counts = (profile: typeof baseline) => ['achieved', 'partially-achieved', 'not-achieved'].map(level => profile?.counts.get(level) ?? 0)
    assert.deepEqual(counts(baseline), [10, 27, 2])
    assert.deepEqual(counts(enhanced), [24, 13, 2])
    const asked = await profileLevels(db, enhanced?.id ?? '')
    // Wrong for months in the service that the table is from.
    assert.deepEqual([asked.get('B2.c'), asked.get('B2.d')], ['achieved', 'achieved'])
  })
})

test('the 39 statuses of the completed assessment come out', { skip: skipWithoutSharedData }, async () => {
  const filled: unknown = JSON.parse(readFileSync(sharedData('frameworks/webcaf/alice_completed_assessment.json'), 'utf8'))
  assert.ok(isRecord(filled))
  await readAs<Visible, void>(platform, SYSTEM, async db => {
    const caf = await frameworkByKey(db, 'caf', '3.2')
    assert.ok(caf)
    const indicators = await indicatorsOf(db, caf.id)
    assert.equal(indicators.length, 449)
    const wrong: string[] = []
    const counted = new Map<string, number>()
    for (const { code } of await outcomesOf(db, caf.id)) {
      const ticked = recordAt(filled[code], 'indicators') ?? {}
      const ours = indicators.filter(indicator => indicator.outcomeCode === code)
      const answers = new Map<string, Answer>(ours.map(one => [one.code, ticked[`${one.level}_${one.code}`] === true ? 'yes' : 'no']))
      const status = statusOf(caf.rule, ours, answers)
      counted.set(status, (counted.get(status) ?? 0) + 1)
      const wanted = recordAt(filled[code], 'confirmation')?.['outcome_status']
      if (caf.levels.find(level => level.code === status)?.label !== wanted) wrong.push(code)
    }
    assert.deepEqual(wrong, [])
    assert.deepEqual([counted.get('achieved'), counted.get('not-achieved')], [37, 2])
  })
})

test('anybody who is signed in reads a framework; only those who may import one are offered to', async () => {
  const manager = await app.signIn('cyber-lead')
  const list = await manager.get('/frameworks?q=first')
  assert.match(list.body, /care-first-steps 1\.0/)
  assert.doesNotMatch(list.body, /Import a framework/)
  const shown = await manager.get('/frameworks/care-first-steps/1.0')
  assert.match(shown.body, /If every statement of the list “In place” that applies is true, the outcome is: In place\./)
  assert.match(shown.body, /A1 Everyone has an account of their own/)
  assert.equal((await manager.get('/frameworks/care-first-steps/9')).statusCode, 404)
  assert.equal((await manager.get('/frameworks/import')).statusCode, 403)
  assert.match((await manager.get('/frameworks.csv?subject=service')).body, /secure-service-gates/)
})

test('a file is taken on the page, and one that contradicts itself comes back with the sentence that says where', async () => {
  const administrator = await app.signIn('administrator')
  const upload = (lines: readonly string[]) =>
    administrator.upload(
      '/frameworks/import',
      {},
      { file: { name: 'x.txt', bytes: ['kind,code,of,level,text,more', ...lines].join('\n') } },
      { from: '/frameworks/import' },
    )
  const page = SHEET.map(line => line.replace('tidy-desk', 'tidy-page'))
  assert.match((await upload(page)).body, /Framework tidy-page 1: added\./)
  const circle = [...page.map(line => line.replace('group,T,,', 'group,T,U,')), 'group,U,T,,Round,'].map(line =>
    line.replace('tidy-page', 'round-page'),
  )
  assert.match((await upload(circle)).body, /stands under itself, by way of the parts above it/)
  assert.match((await upload(['colour,red,,,,'])).body, /is not a kind of row/)
  const nothing = await administrator.post('/frameworks/import', { code: '' }, { from: '/frameworks/import' })
  assert.match(nothing.body, /Choose a file/)
})

test('a profile is entered on a page with a source, and never without', async () => {
  const assessor = await app.signIn('assessor')
  const address = '/frameworks/secure-service-gates/1.0/profiles/add'
  const typed = { name: 'Our gates', code: 'ours', organisationType: '', period: '2026-27', 'asks-G1.a': 'ready', 'asks-G1.b': '' }
  assert.match((await assessor.post(address, { ...typed, source: '' }, { from: address })).body, /Say where the profile comes from/)
  assert.match(
    (await assessor.post(address, { ...typed, source: 'Invented here', 'asks-G9.z': 'ready' }, { from: address })).body,
    /G9\.z, which is no outcome/,
  )
  const saved = await assessor.post(address, { ...typed, source: 'Invented here' }, { from: address })
  assert.equal(saved.statusCode, 303)
  assert.match((await assessor.get('/frameworks/secure-service-gates/1.0')).body, /Invented here/)
})

test('version 4.0 is taken in the form of WebCAF, and a part that moved is found again by the crosswalk', async () => {
  const outcome = (code: string, title: string) => `
          ${code}:
            code: ${code}
            title: ${title}
            indicators:
              not-achieved: { ${code}.1: { description: Nobody does } }
              achieved: { ${code}.2: { description: Somebody does } }`
  const yaml = `
objectives:
  A:
    title: Invented
    principles:
      A2:
        title: Invented
        outcomes:${outcome('A2.b', 'Understanding Threat')}${outcome('A2.c', 'Assurance')}
`
  const path = join(folder, 'four.yaml')
  await writeFile(path, yaml)
  const [result] = await importFiles([path])
  assert.deepEqual(
    result?.taken.map(one => [one.code, one.version, one.outcome]),
    [['caf', '4.0', 'added']],
  )
  assert.match(result?.taken[0]?.notes.join(' ') ?? '', /has 0 of the 27 rows/)
  await readAs<Visible, void>(platform, SYSTEM, async db => {
    const newer = await frameworkByKey(db, 'caf', '4.0')
    const pairs = await crosswalkBetween(db, { code: 'caf', version: '3.2' }, { code: 'caf', version: '4.0' })
    const moved = pairs?.find(pair => pair.fromCode === 'A2.b')?.toCode
    assert.equal((await outcomesOf(db, newer?.id ?? '')).find(one => one.code === moved)?.title, 'Assurance')
  })
})

test('an OSCAL profile is a selection of a catalogue that is loaded, by a program too', async () => {
  const metadata = { title: 'Invented controls', version: '1' }
  const controls = ['i-1', 'i-2'].map(id => ({ id, title: `Control ${id}`, parts: [{ name: 'statement', prose: `Do ${id}.` }] }))
  const catalogue = { catalog: { uuid: 'c', metadata, controls } }
  const selection = { profile: { uuid: 'p', metadata: { title: 'Low', version: '1' }, imports: [{ 'include-controls': [{ 'with-ids': ['i-2'] }] }] } }
  const program = await programOf(app, 'administrator')
  const send = (document: object) => program.post('/frameworks/import', { content: Buffer.from(JSON.stringify(document)).toString('base64') })
  const early = await send(selection)
  assert.equal(early.status, 400)
  assert.match(JSON.stringify(early.body), /not loaded here/)
  assert.equal((await send(catalogue)).status, 200)
  assert.equal((await send(selection)).status, 200)
  const shown = await program.get('/frameworks/invented-controls/1')
  assert.match(JSON.stringify(shown.body), /"levels":\{"i-2":"met"\}/)
})

test('a framework that is withdrawn leaves the list, keeps its page, and comes back with its file', async () => {
  const path = await sheet(
    'gone.csv',
    SHEET.map(line => line.replace('tidy-desk', 'gone-desk')),
  )
  await importFiles([path])
  const administrator = await app.signIn('administrator')
  const address = '/frameworks/gone-desk/1'
  assert.equal((await administrator.post(`${address}/withdraw`, {}, { from: address })).statusCode, 303)
  assert.doesNotMatch((await administrator.get('/frameworks?q=gone-desk')).body, /gone-desk 1 /)
  assert.match((await administrator.get(address)).body, /No new review is opened against it/)
  await assert.rejects(runCommand(platform, SYSTEM, 'frameworks withdraw', ['gone-desk', '1']), /withdrawn already/)
  const [back] = await importFiles([path])
  assert.equal(back?.taken[0]?.outcome, 'changed')
  assert.match((await administrator.get('/frameworks?q=gone-desk')).body, /href="\/frameworks\/gone-desk\/1"/)
})
