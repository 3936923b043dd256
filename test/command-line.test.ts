import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { COMMANDS } from '../src/app/modules.ts'
import { PROCESS_COMMANDS } from '../src/app/process-commands.ts'
import { createTestDatabase } from './support/database.ts'
import { commandLineIn, executableIn, jsonLines } from './support/terminal.ts'

// The command line as outsiders script against it: the real executable, beside a running server on the embedded database.

const database = await createTestDatabase(null)
const folder = mkdtempSync(join(tmpdir(), 'carecert-command-line-'))
const env = { CARECERT_DATA: database.address.dataFolder, LOG_LEVEL: 'fatal', HOME: folder }
const carecert = commandLineIn(env)
/** A process of its own for each command takes its time, so it is used once for each kind of outcome. */
const executable = executableIn(env)

const server = spawn(process.execPath, [fileURLToPath(new URL('../bin/carecert.mjs', import.meta.url)), 'serve', '--empty', '--json'], {
  env: { ...env, PATH: process.env['PATH'], PORT: '0' },
  stdio: ['ignore', 'pipe', 'inherit'],
})
after(async () => {
  if (server.exitCode === null && server.kill('SIGTERM')) await once(server, 'exit')
  rmSync(folder, { recursive: true, force: true })
  await database.remove()
})
const home = (jsonLines(String((await once(server.stdout, 'data'))[0]))[0] as { url: string }).url

function file(name: string, content: string | Buffer): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** A row of an ODS extract: 27 quoted columns, by their number from 1. */
function odsRow(cells: Readonly<Record<number, string>>): string {
  return Array.from({ length: 27 }, (_, at) => `"${cells[at + 1] ?? ''}"`).join(',')
}

const practice = (code: string, name: string, closedOn = '') =>
  odsRow({ 1: code, 2: name, 3: 'Y63', 4: 'QHM', 11: '19740401', 12: closedOn, 13: closedOn === '' ? 'A' : 'C', 14: 'B', 26: '4' })
const practices = file(
  'epraccur.csv',
  [practice('Z81001', 'LARCH SURGERY'), practice('Z81002', 'ASH SURGERY'), practice('Z81003', 'OLD ELM SURGERY', '20200331')].join('\r\n'),
)
const systems = file(
  'systems.csv',
  'organisation,maker,product,version\nZ81001,Larch,Larch Records,9.1\nZ81002,Larch,Larch Records,\nZ99999,Larch,Larch Records,\n',
)
const nobodys = file('nobodys.csv', 'organisation,maker,product\nZ99999,Larch,Larch Records\n')
const contacts = file('contacts.csv', 'organisation,name,purpose,email\nZ81001,The desk,Cyber lead,desk@larch.example.invalid\n')
const catalogue = file(
  'kev.json',
  JSON.stringify({
    title: 'CISA Catalog of Known Exploited Vulnerabilities',
    catalogVersion: '2026.11.01',
    dateReleased: '2026-11-01T15:00:00.0000Z',
    count: 1,
    vulnerabilities: [
      {
        cveID: 'CVE-2026-12345',
        vendorProject: 'Larch',
        product: 'Larch Records',
        vulnerabilityName: 'Larch Records sign-in flaw',
        dateAdded: '2026-11-01',
        shortDescription: 'A stranger can sign in.',
        requiredAction: 'Install 9.2.',
        dueDate: '2026-11-22',
        knownRansomwareCampaignUse: 'Known',
        notes: '',
        cwes: [],
      },
    ],
  }),
)
const fields = file(
  'bulletin.json',
  JSON.stringify({
    title: 'Sign-in flaw in Larch Records',
    severity: 'high',
    shortSummary: 'A stranger can sign in.',
    steps: [{ type: 'Patch', text: 'Install 9.2', link: '' }],
  }),
)
const IMPORT_KEYS = ['read', 'added', 'changed', 'closed', 'unchanged', 'refused']

test('every command explains itself', async () => {
  for (const { name, summary, options } of [...COMMANDS, ...PROCESS_COMMANDS]) {
    const { exit, out } = await carecert.run(...name.split(' '), '--help')
    assert.equal(exit, 0, name)
    const words = out.replaceAll(/\s+/g, ' ')
    assert.ok(words.includes(`Usage: carecert ${name}`) && words.includes(summary), out)
    for (const { flags } of options) assert.ok(words.includes(flags), `${name} does not explain ${flags}`)
  }
  assert.match((await executable.run('--version')).out, /^\d+\.\d+\.\d+\n$/)
})

test('wrong usage ends with 2 and says what was wrong', async () => {
  for (const [args, words] of [
    [['nonsense'], /unknown command 'nonsense'/],
    [['bulletin', 'list'], /Did you mean bulletins/],
    [['organisations', 'import'], /missing required argument 'file'/],
    [['organisations', 'list', '--limt', '3'], /Did you mean --limit/],
    [['organisations', 'list', '--limit', 'few'], /It must be a whole number/],
    [['organisations', 'list', '--status', 'odd'], /Allowed choices are open, closed, all/],
    [['technology', 'import', systems, '--format', 'xml'], /Allowed choices are csv, cyclonedx/],
    [['people', 'add', 'a@example.invalid', '--role', 'king'], /Allowed choices are analyst/],
  ] as const) {
    const { exit, out, err } = await carecert.run(...args)
    assert.deepEqual([exit, out], [2, ''], args.join(' '))
    assert.match(err, words)
  }
  const { exit, err } = await executable.run()
  assert.equal(exit, 2)
  assert.match(err, /Usage: carecert/)
})

test('imports print what they did, by the same six names', async () => {
  const first = await executable.one<object>('organisations', 'import', practices)
  assert.deepEqual(Object.entries(first), Object.entries({ read: 3, added: 3, changed: 0, closed: 0, unchanged: 0, refused: 0 }))
  const moved = file(
    'epraccur-newer.csv',
    [
      practice('Z81001', 'LARCH MEDICAL CENTRE'),
      practice('Z81002', 'ASH SURGERY', '20260930'),
      practice('Z81003', 'OLD ELM SURGERY', '20200331'),
      practice('Z81004', 'FIR SURGERY'),
    ].join('\r\n'),
  )
  assert.deepEqual(await carecert.one('organisations', 'import', moved), { read: 4, added: 1, changed: 1, closed: 1, unchanged: 1, refused: 0 })
  assert.deepEqual(
    Object.entries(await carecert.one<object>('technology', 'import', systems)),
    Object.entries({ read: 3, added: 2, changed: 0, closed: 0, unchanged: 0, refused: 1 }),
  )
  assert.deepEqual(Object.keys(await carecert.one<object>('contacts', 'import', contacts)), IMPORT_KEYS)
})

test('an import of which nothing could be taken is a refusal, and its counts are still there for a program', async () => {
  const { exit, out, err } = await carecert.run('technology', 'import', nobodys, '--json')
  assert.equal(exit, 1)
  assert.deepEqual(jsonLines(out), [{ read: 1, added: 0, changed: 0, closed: 0, unchanged: 0, refused: 1 }])
  assert.deepEqual(Object.keys((jsonLines(err)[0] as { error: object }).error), ['code', 'message'])
})

test('gather prints one object a source, and what it cannot read stops nothing else', async () => {
  const broken = file('broken.json', '{"document": {"title": "cut o')
  const { exit, out, err } = await executable.run('gather', catalogue, broken, join(folder, 'missing.json'), '--json')
  assert.equal(exit, 1)
  assert.deepEqual(
    jsonLines(out).map(line => Object.entries(line as object)),
    [
      Object.entries({ source: 'cisa-kev', added: 1, changed: 0, withdrawn: 0, unchanged: 0, quarantined: 0 }),
      Object.entries({ source: 'unrecognised', added: 0, changed: 0, withdrawn: 0, unchanged: 0, quarantined: 1 }),
    ],
  )
  const { error } = jsonLines(err)[0] as { error: { code: string; message: string } }
  assert.equal(error.code, 'watch.gather.failed')
  assert.match(error.message, /2 of 3 could not be gathered; the rest was taken in[\s\S]*broken\.json: [\s\S]*missing\.json is not there/)
  assert.deepEqual(await carecert.one('gather', catalogue), { source: 'cisa-kev', added: 0, changed: 0, withdrawn: 0, unchanged: 1, quarantined: 0 })
})

test('a web address inside a private network is gathered from only when its host is named', async () => {
  const feed = createServer(
    (_request, response) =>
      void response.end(JSON.stringify({ catalogVersion: '2026.11.02', dateReleased: '2026-11-02T15:00:00Z', count: 0, vulnerabilities: [] })),
  )
  feed.listen(0, '127.0.0.1')
  await once(feed, 'listening')
  const host = `127.0.0.1:${(feed.address() as AddressInfo).port}`
  try {
    const refused = await carecert.run('gather', `http://${host}/kev.json`)
    assert.equal(refused.exit, 1)
    assert.match(refused.err, /private network.*FETCH_ALLOW_PRIVATE/)
    const allowed = await commandLineIn({ ...env, FETCH_ALLOW_PRIVATE: host }).run('gather', `http://${host}/kev.json`, '--json')
    assert.doesNotMatch(allowed.err, /private network/)
  } finally {
    feed.close()
  }
})

test('threats, audiences, answers and the audit print what they promise', async () => {
  const threats = await carecert.one<readonly { id: string }[]>('threats', 'list')
  assert.deepEqual(threats.map(Object.keys), [['id', 'title', 'cves', 'priority', 'reason', 'runs', 'mayRun']])
  const { number } = await carecert.one<{ number: string }>('bulletins', 'draft', '--threat', threats[0]?.id ?? '', '--from-file', fields)
  assert.match(number, /^CC-\d{4,}$/)
  const audience = await carecert.one<object>('bulletins', 'audience', number, '--technology', 'larch records')
  assert.deepEqual(Object.keys(audience), ['organisations', 'contacts', 'unreachable', 'hash'])
  // Z81002 runs it too, and is closed.
  assert.deepEqual({ ...audience, hash: '' }, { organisations: ['Z81001'], contacts: 1, unreachable: [], hash: '' })
  assert.deepEqual(await carecert.one('responses', 'list', number), [])
  const audit = await carecert.one<{ ok: boolean; firstBroken: null }>('audit', 'verify')
  assert.deepEqual(Object.keys(audit).slice(0, 3), ['records', 'ok', 'firstBroken'])
  assert.deepEqual([audit.ok, audit.firstBroken], [true, null])
})

test('lists take a limit and a cursor', async () => {
  const first = await carecert.one<{ organisations: { code: string }[]; next: string | null }>(
    'organisations',
    'list',
    '--type',
    'practice',
    '--limit',
    '1',
  )
  const second = await carecert.one<typeof first>('organisations', 'list', '--type', 'practice', '--limit', '1', '--cursor', first.next ?? '')
  assert.deepEqual(
    [...first.organisations, ...second.organisations].map(({ code }) => code),
    ['Z81001', 'Z81004'],
  )
  assert.equal(second.next, null)
})

test('what cannot be done is refused with 1 and a sentence, and a release asks first', async () => {
  for (const [args, words] of [
    [['organisations', 'show', 'XX1'], /No organisation that you look after has the code XX1/],
    [['bulletins', 'show', 'CC-9999'], /There is no such bulletin/],
    [['bulletins', 'draft'], /Say what to draft from/],
    [['bulletins', 'release', 'CC-5001', '--yes'], /draft/],
    [['bulletins', 'approve', 'CC-5001', '--as', 'nobody@example.invalid'], /Nobody with that e-mail address/],
    [['people', 'link', 'nobody@example.invalid'], /Nobody here has that e-mail address/],
    [['sample', '--organisations', '5'], /200 to 50000/],
    [['organisations', 'list', '--limit', '501'], /from 1 to 500/],
    [['organisations', 'list', '--cursor', 'made-up'], /That is no cursor/],
    [['bulletins', 'draft', '--from-file', file('latin.json', Buffer.from('{"title":"caf\xe9"}', 'latin1'))], /latin\.json: This is not UTF-8/],
    [['backup', join(folder, 'no-such-folder', 'backup.gz')], /cannot be written \(ENOENT\)/],
    [['backup', folder], /is a folder/],
    [['restore', fields], /This database is in use/],
  ] as const) {
    const { exit, err } = await carecert.run(...args)
    assert.equal(exit, 1, args.join(' '))
    assert.match(err, words)
  }
  const second = await executable.run('serve')
  assert.equal(second.exit, 1)
  assert.match(second.err, /Another CareCERT is running on this data folder/)
})

test('what looks at a database, or copies it, makes none where there is none', async () => {
  const nowhere = join(folder, 'nowhere')
  const lost = commandLineIn({ ...env, CARECERT_DATA: nowhere })
  for (const args of [
    ['audit', 'verify'],
    ['backup', join(folder, 'nothing.gz')],
  ]) {
    const { exit, out, err } = await lost.run(...args)
    assert.deepEqual([exit, out], [1, ''], args.join(' '))
    assert.match(err, /There is no database in .*nowhere/)
  }
  const looked = await lost.run('doctor')
  assert.match(looked.out, /There is none in .*nowhere yet/)
  assert.ok(!existsSync(nowhere))
  const misplaced = await commandLineIn({ ...env, CARECERT_DATA: fields }).run('organisations', 'list', '--json')
  assert.equal((jsonLines(misplaced.err)[0] as { error: { code: string } }).error.code, 'platform.db.folder')
})

test('whoever reads only the beginning of what is printed breaks nothing', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../bin/carecert.mjs', import.meta.url)), 'doctor', '--config'], {
    env: { ...env, PATH: process.env['PATH'] },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  child.stdout.destroy()
  let said = ''
  child.stderr.on('data', (part: Buffer) => void (said += part.toString()))
  const [code] = await once(child, 'exit')
  assert.deepEqual([code, said], [0, ''])
})

const BAD: Readonly<Record<string, string | Buffer>> = {
  empty: '',
  'web page': '<!DOCTYPE html><html><body>Sign in</body></html>',
  binary: Buffer.from(Array.from({ length: 4_000 }, (_, at) => (at * 89) % 256)),
  'UTF-16': Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`${practice('Z81001', 'LARCH SURGERY')}\r\n`, 'utf16le')]),
  'cut off in a quotation': practice('Z81001', 'LARCH SURGERY').slice(0, 20),
  'other columns': 'a,b,c\n1,2,3\n',
}

for (const command of ['organisations import', 'technology import', 'contacts import', 'gather']) {
  test(`${command} refuses what it cannot read, in words that help, and takes nothing of it`, async () => {
    const count = async () => (await carecert.one<{ total: number }>('organisations', 'list', '--status', 'all')).total
    const before = await count()
    const bad = Object.entries(BAD).map(([what, content]) => file(`${what.replaceAll(' ', '-')}.csv`, content))
    const big = file('too-large.csv', 'a')
    truncateSync(big, 65 * 1024 * 1024)
    const directory = join(folder, 'a-folder.csv')
    mkdirSync(directory, { recursive: true })
    for (const path of [...bad, big, directory, join(folder, 'not-there.csv')]) {
      const { exit, err } = await carecert.run(...command.split(' '), path)
      assert.equal(exit, 1, `${path}: ${err}`)
      assert.ok(err.includes(path.slice(folder.length + 1)), `the file is not named: ${err}`)
      assert.match(err, /[a-z]{3,}.*\./, 'no sentence')
      assert.doesNotMatch(err, /fault of ours|\bat .*\.ts:|ENOENT|EISDIR|undefined/)
    }
    assert.equal(await count(), before)
  })
}

test('the server answered all the while, and stops when told', async () => {
  assert.equal((await fetch(`${home}/healthz`)).status, 200)
  assert.equal((await fetch(`${home}/readyz`)).status, 200)
  server.kill('SIGTERM')
  const [code] = await once(server, 'exit')
  assert.equal(code, 0)
  const left = await executable.one<{ total: number }>('organisations', 'list', '--type', 'practice', '--status', 'all')
  assert.equal(left.total, 4, 'what was done beside the server is there without it')
})
