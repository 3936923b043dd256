import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { before, test } from 'node:test'
import {
  advisory,
  createSigningKey,
  FEED,
  METADATA,
  NOW,
  runCsafLoader,
  signDetached,
  startCsafProvider,
  trustedProvider,
  writeMetadata,
  type CsafProvider,
  type SigningKey,
} from '../../../../../../test/support/csaf-provider.ts'
import { sharedData, skipWithoutSharedData } from '../../../../../../test/support/shared-data.ts'
import { addHours } from '../../../../../kernel/instant.ts'
import type { Json } from '../../../../../kernel/json.ts'
import { recognise } from '../../../gathering/recognise.ts'

// Where a provider's advisories are found, by whatever address it is given.

let key: SigningKey

before(async () => {
  key = await createSigningKey()
})

/** A folder with these advisories, listed with quotes or without. */
async function writeFolder(provider: CsafProvider, folder: string, rows: readonly (readonly [string, string])[], quote = '"'): Promise<void> {
  for (const [path] of rows) if (!provider.files.has(folder + path)) await provider.publish(folder + path, advisory(path), key)
  provider.files.set(`${folder}changes.csv`, rows.map(row => row.map(cell => quote + cell + quote).join(',')).join('\n'))
}

const FOLDER = '/csaf/white/'
const ROWS = [
  ['2025/b.json', '2025-02-01T00:00:00Z'],
  ['2024/a.json', '2024-01-01T00:00:00Z'],
] as const

for (const [version, quote, distribution] of [
  ['2.0', '"', (url: string) => ({ directory_url: url })],
  ['2.1', '', (url: string) => ({ directory: { url, tlp_label: 'GREEN' } })],
] as const) {
  test(`a folder of CSAF ${version} is looked through, and only what changed is asked for`, async () => {
    const provider = await startCsafProvider()
    await writeFolder(provider, FOLDER, ROWS, quote)
    writeMetadata(provider, key, { metadata_version: version, distributions: [distribution(provider.origin + FOLDER)] })
    const first = await runCsafLoader(provider)
    assert.deepEqual(first.documents, [`${FOLDER}2025/b.json`, `${FOLDER}2024/a.json`])
    for (const one of first.given)
      if (one.kind === 'document')
        assert.deepEqual([one.integrity, one.tlp], [{ hash: 'sha512', signedBy: key.fingerprint }, version === '2.0' ? null : 'GREEN'])
    const second = await runCsafLoader(provider, { cursor: first.cursor })
    assert.deepEqual([second.documents, provider.asked], [[], [METADATA, `${FOLDER}changes.csv`]])
    await writeFolder(provider, FOLDER, [['2024/a.json', '2025-03-01T00:00:00Z'], ROWS[0]], quote)
    assert.deepEqual((await runCsafLoader(provider, { cursor: second.cursor })).documents, [`${FOLDER}2024/a.json`])
  })
}

test('a folder’s weaker hash does where the stronger is missing, and without keys no signature is asked for', async () => {
  const provider = await startCsafProvider()
  const rows = Array.from({ length: 9 }, (_, at) => [`2025/${at}.json`, `2025-01-0${at + 1}T00:00:00Z`] as const)
  await writeFolder(provider, FOLDER, rows)
  for (const [path] of rows) {
    const bytes = provider.files.get(FOLDER + path)
    assert.ok(bytes instanceof Uint8Array)
    provider.files.delete(`${FOLDER + path}.sha512`)
    provider.files.set(`${FOLDER + path}.sha256`, createHash('sha256').update(bytes).digest('hex'))
  }
  const { given } = await runCsafLoader(provider, { url: provider.origin + FOLDER })
  const proofs = given.flatMap(one => (one.kind === 'document' ? [one.integrity] : []))
  assert.deepEqual(
    proofs,
    Array.from({ length: 9 }, () => ({ hash: 'sha256', signedBy: null })),
  )
  assert.ok(provider.asked.every(path => !path.endsWith('.asc')))
})

test('what a folder says it has taken back is gone, unless it came again later', async () => {
  const provider = await startCsafProvider()
  await writeFolder(provider, FOLDER, ROWS)
  const first = await runCsafLoader(provider, { url: provider.origin + FOLDER })
  provider.files.set(`${FOLDER}deletions.csv`, '"2024/a.json","2025-05-01T00:00:00Z"\n"2025/b.json","2025-01-15T00:00:00Z"\n')
  await writeFolder(provider, FOLDER, ROWS.slice(0, 1))
  const second = await runCsafLoader(provider, { url: provider.origin + FOLDER, cursor: first.cursor })
  assert.deepEqual(
    second.given.flatMap(one => (one.kind === 'gone' ? [one.address] : [])),
    [`${provider.origin + FOLDER}2024/a.json`],
  )
  const third = await runCsafLoader(provider, { url: provider.origin + FOLDER, cursor: second.cursor })
  assert.deepEqual(
    third.given.map(one => one.kind),
    ['checked'],
  )
})

test('a folder without a list of changes is read by its index, each document once a week', async () => {
  const provider = await startCsafProvider()
  await writeFolder(provider, FOLDER, ROWS)
  provider.files.delete(`${FOLDER}changes.csv`)
  provider.files.set(`${FOLDER}index.txt`, '2024/a.json\n2025/b.json\n')
  const options = { url: provider.origin + FOLDER }
  const first = await runCsafLoader(provider, options)
  assert.deepEqual([first.documents.length, first.remarks], [2, ['watch.csaf.no-changes']])
  const second = await runCsafLoader(provider, { ...options, cursor: first.cursor, now: addHours(NOW, 1) })
  assert.deepEqual(second.documents, [])
  assert.equal((await runCsafLoader(provider, { ...options, cursor: second.cursor, now: addHours(NOW, 8 * 24) })).documents.length, 2)
})

test('a page in place of the list of changes is no empty list', async () => {
  const provider = await startCsafProvider()
  await writeFolder(provider, FOLDER, ROWS)
  const options = { url: provider.origin + FOLDER }
  const first = await runCsafLoader(provider, options)
  provider.files.set(`${FOLDER}changes.csv`, '<html>\n<p>Under construction</p>\n')
  const second = await runCsafLoader(provider, { ...options, cursor: first.cursor })
  assert.equal(second.thrown?.code, 'watch.csaf.list')
  await writeFolder(provider, FOLDER, ROWS)
  assert.deepEqual((await runCsafLoader(provider, { ...options, cursor: second.cursor })).documents, [])
})

test('a bare host is searched where the standard says: the well-known place, then security.txt', async () => {
  const { provider } = await trustedProvider(key)
  const wellKnown = await runCsafLoader(provider, { url: `${provider.origin}/` })
  assert.deepEqual([wellKnown.documents.length, provider.asked[0]], [3, METADATA])

  provider.files.delete(METADATA)
  // security.txt may name encrypted addresses only, which this machine's provider has none of.
  provider.files.set('/.well-known/security.txt', `Contact: mailto:a@acme.example\nCSAF: https://${provider.host}/metadata.json\n`)
  const bySecurityText = await runCsafLoader(provider, { url: `${provider.origin}/` })
  assert.deepEqual([bySecurityText.thrown?.code, provider.asked], ['platform.fetch.failed', [METADATA, '/.well-known/security.txt']])

  provider.files.delete('/.well-known/security.txt')
  const nowhere = await runCsafLoader(provider, { url: `${provider.origin}/` })
  assert.equal(nowhere.thrown?.code, 'watch.csaf.not-found')
  assert.deepEqual(provider.asked, [METADATA, '/.well-known/security.txt', '/security.txt'])
})

test('metadata that has moved is looked for anew the next time', async () => {
  const { provider } = await trustedProvider(key, 1)
  provider.files.set('/elsewhere/provider-metadata.json', provider.files.get(METADATA) ?? '')
  provider.files.delete(METADATA)
  const url = `${provider.origin}/elsewhere/provider-metadata.json`
  const first = await runCsafLoader(provider, { url })
  provider.files.delete('/elsewhere/provider-metadata.json')
  const second = await runCsafLoader(provider, { url, cursor: first.cursor })
  assert.deepEqual(second.failed, [['/elsewhere/provider-metadata.json', 'platform.fetch.missing']])
  assert.equal((await runCsafLoader(provider, { url, cursor: second.cursor })).thrown?.code, 'platform.fetch.missing')
})

test('the address of a feed, of a list of changes or of one advisory does as well', async () => {
  const { provider } = await trustedProvider(key)
  await writeFolder(provider, FOLDER, ROWS)
  assert.equal((await runCsafLoader(provider, { url: provider.origin + FEED })).documents.length, 3)
  assert.equal((await runCsafLoader(provider, { url: `${provider.origin + FOLDER}changes.csv` })).documents.length, 2)
  const url = `${provider.origin}/csaf/2025/a-1.json`
  const one = await runCsafLoader(provider, { url })
  assert.deepEqual(one.documents, ['/csaf/2025/a-1.json'])
  const again = await runCsafLoader(provider, { url, cursor: one.cursor })
  assert.deepEqual([again.given.map(given => given.kind), provider.asked], [['checked'], ['/csaf/2025/a-1.json']])
  await provider.publish('/csaf/2025/a-1.json', advisory('changed'), null)
  assert.deepEqual((await runCsafLoader(provider, { url, cursor: again.cursor })).documents, ['/csaf/2025/a-1.json'])
})

test('what is no source of CSAF is refused with what to do', async () => {
  const provider = await startCsafProvider()
  const entry = { metadata: { url: 'https://acme.example/provider-metadata.json' } }
  provider.files.set('/aggregator.json', JSON.stringify({ aggregator: {}, canonical_url: 'https://lister.example', csaf_providers: [entry] }))
  const list = await runCsafLoader(provider, { url: `${provider.origin}/aggregator.json` })
  assert.equal(list.thrown?.code, 'watch.csaf.aggregator')
  assert.ok(list.thrown.message.includes('https://acme.example/provider-metadata.json'))
  for (const [path, text] of [
    ['/page.html', '<html>'],
    ['/other.json', '{"vulnerabilities":[]}'],
    ['/deep.json', '['.repeat(5_000)],
  ] as const) {
    provider.files.set(path, text)
    assert.equal((await runCsafLoader(provider, { url: provider.origin + path })).thrown?.code, 'watch.csaf.not-csaf', path)
  }
})

test('a server without validators is spared by what the metadata says of its feed', async () => {
  const { provider } = await trustedProvider(key, 1)
  const text = String(provider.files.get(FEED))
  provider.files.set(FEED, (_request, response) => response.writeHead(200).end(text))
  const feeds = (lastUpdated: string) => [{ url: provider.origin + FEED, tlp_label: 'CLEAR', last_updated: lastUpdated }]
  writeMetadata(provider, key, { metadata_version: '2.1', distributions: [{ rolie: { feeds: feeds('2026-01-01T00:00:00Z') } }] })
  const first = await runCsafLoader(provider)
  const second = await runCsafLoader(provider, { cursor: first.cursor })
  assert.deepEqual(provider.asked, [METADATA])
  writeMetadata(provider, key, { metadata_version: '2.1', distributions: [{ rolie: { feeds: feeds('2026-01-02T00:00:00Z') } }] })
  await runCsafLoader(provider, { cursor: second.cursor })
  assert.ok(provider.asked.includes(FEED))
})

test('every medical advisory of a national centre comes through, with the hashes that it gives', { skip: skipWithoutSharedData }, async () => {
  const provider = await startCsafProvider()
  const root = sharedData('csaf/cisa-medical/')
  const paths = globSync('*/*.json', { cwd: root })
  const rows: string[] = []
  for (const path of paths) {
    const bytes = readFileSync(root + path)
    provider.files.set(FOLDER + path, bytes)
    provider.files.set(`${FOLDER + path}.sha512`, readFileSync(`${root + path}.sha512`))
    // The centre's own key is not among the data, so one of ours signs.
    provider.files.set(`${FOLDER + path}.asc`, await signDetached(bytes, key))
    const { document } = JSON.parse(bytes.toString()) as { document: { tracking: { current_release_date: string } } }
    rows.push(`"${path}","${document.tracking.current_release_date}"`)
  }
  provider.files.set(`${FOLDER}changes.csv`, rows.join('\r\n'))
  writeMetadata(provider, key, { distributions: [{ directory_url: provider.origin + FOLDER }] })
  const begun = await runCsafLoader(provider, { most: 40 })
  const { given, thrown } = await runCsafLoader(provider, { cursor: begun.cursor })
  const documents = [...begun.given, ...given].flatMap(one => (one.kind === 'document' ? [one] : []))
  assert.deepEqual([thrown, documents.length], [null, paths.length])
  for (const { bytes, integrity, remarks } of documents) {
    assert.deepEqual([integrity, remarks], [{ hash: 'sha512', signedBy: key.fingerprint }, []])
    assert.ok(recognise(bytes).ok)
  }
})

test('the signatures of a national centre do not hold for a key that is not its own', { skip: skipWithoutSharedData }, async () => {
  const provider = await startCsafProvider()
  const path = 'va-24-201-01.json'
  for (const ending of ['', '.sha512', '.asc']) provider.files.set(FOLDER + path + ending, readFileSync(sharedData(`csaf/cisa-it/${path}${ending}`)))
  provider.files.set(`${FOLDER}changes.csv`, `${path},2024-09-18T16:00:00Z`)
  writeMetadata(provider, key, { distributions: [{ directory_url: provider.origin + FOLDER }] })
  assert.deepEqual((await runCsafLoader(provider)).failed, [[FOLDER + path, 'watch.csaf.signature']])
})

test('the feed of a national centre is followed to where its documents are', { skip: skipWithoutSharedData }, async () => {
  const provider = await startCsafProvider()
  const folder = sharedData('csaf/cisa-it/')
  const text = readFileSync(`${folder}cisa-csaf-it-feed-tlp-white.json`, 'utf8')
  const [, outside] = /"src": "(https:\/\/[^/]+)\//.exec(text) ?? []
  provider.files.set(FEED, text)
  const foreign = await runCsafLoader(provider, { url: provider.origin + FEED })
  assert.deepEqual([foreign.documents, foreign.failed], [[], [[FEED, 'watch.csaf.elsewhere']]])
  assert.ok(outside !== undefined && foreign.thrown?.message.includes(new URL(outside).host))

  provider.files.set(FEED, text.replaceAll(outside, provider.origin))
  const known = ['va-24-201-01', 'va-24-254-02']
  for (const name of known)
    for (const ending of ['.json', '.json.sha512', '.json.asc'])
      provider.files.set(`/cisagov/CSAF/develop/csaf_files/IT/white/2024/${name}${ending}`, readFileSync(folder + name + ending))
  const { given, failed } = await runCsafLoader(provider, { url: provider.origin + FEED })
  const proofs: Json = given.flatMap(one => (one.kind === 'document' ? [one.integrity?.hash ?? null] : []))
  assert.deepEqual(proofs, ['sha512', 'sha512'])
  assert.ok(failed.length > 0 && failed.every(([, code]) => code === 'platform.fetch.missing'))
})
