import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { inventedAdvisory } from '../../../bench/support/advisory.ts'
import { createTestApp } from '../../../test/support/app.ts'
import { actorAs } from '../../../test/support/broadcast.ts'
import { runCommand } from '../../../test/support/command.ts'
import type { verdictJson } from './model.ts'
import { createValidator } from './pool.ts'
import { pageValidator } from './routes.ts'

type Answer = ReturnType<typeof verdictJson>

const app = await createTestApp()
const folder = mkdtempSync(join(tmpdir(), 'carecert-csaf-'))
after(async () => {
  await pageValidator.close()
  rmSync(folder, { recursive: true, force: true })
})

const sound = inventedAdvisory(1, 40)
const broken = structuredClone(sound) as { document: { tracking: { version: string } } }
broken.document.tracking.version = '7'
const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

test('the page says of a document whether it is valid, and of each fault the rule, the place and what to do, without JavaScript', async () => {
  const reader = await app.signIn('cyber-lead')
  const empty = await reader.get('/csaf-validator')
  assert.match(empty.body, /Check a CSAF document[\s\S]*<textarea[^>]+id="document"/)
  const { body } = await reader.post('/csaf-validator', { document: JSON.stringify(broken), level: 'mandatory' }, { from: '/csaf-validator' })
  assert.match(body, /Not valid CSAF 2\.0: \d+ errors?/)
  assert.match(
    body,
    /6\.1\.16[\s\S]*The version of the document is the newest in its history[\s\S]*\/document\/tracking\/version[\s\S]*Make the version that of the newest revision\./,
  )
  assert.match(body, /<textarea[^>]+id="document"[^>]*>\{&quot;/, 'what was pasted is there to be mended')
  assert.doesNotMatch(body, /What is wrong/, 'a rule is never shown as if it were the fault')
  const none = await reader.post('/csaf-validator', { document: '  ' }, { from: '/csaf-validator' })
  assert.match(none.body, /Choose a file or paste a document/)
})

test('a file is judged as what is pasted; without a token of the page, too large or where no file is asked for, it is refused', async () => {
  const reader = await app.signIn('cyber-lead')
  const chosen = { file: { name: 'advisory.json', bytes: JSON.stringify(broken) } }
  const stranger = await reader.upload('/csaf-validator', { document: '', level: 'mandatory' }, chosen)
  assert.equal(stranger.statusCode, 403)
  const judged = await reader.upload('/csaf-validator', { document: '', level: 'mandatory' }, chosen, { from: '/csaf-validator' })
  assert.match(judged.body, /Not valid CSAF 2\.0: \d+ errors?[\s\S]*6\.1\.16/)
  const nothing = { file: { name: '', bytes: '' } }
  const pasted = await reader.upload('/csaf-validator', { document: JSON.stringify(sound), level: 'mandatory' }, nothing)
  assert.match(pasted.body, /Valid CSAF 2\.0/, 'a field in which no file was chosen is no file')
  const latin = { file: { name: 'latin-1.json', bytes: Uint8Array.of(0x7b, 0x22, 0xe9, 0x22, 0x7d) } }
  assert.match((await reader.upload('/csaf-validator', { document: '' }, latin)).body, /This is not UTF-8 text/)
  const large = { file: { name: 'large.json', bytes: new Uint8Array(2_100_000) } }
  const refused = await reader.upload('/csaf-validator', { document: '' }, large)
  assert.equal(refused.statusCode, 413)
  assert.doesNotMatch(refused.body, /Sign in/, 'who is signed in stays so on the page of the error')
  assert.equal((await reader.upload('/feed-addresses', {}, chosen)).statusCode, 415)
})

test('what is pasted is shown as text, whatever it holds', async () => {
  const reader = await app.signIn('analyst')
  const { body, statusCode } = await reader.post('/csaf-validator', { document: '</textarea><script>alert(1)</script>' }, { from: '/csaf-validator' })
  assert.equal(statusCode, 200)
  assert.doesNotMatch(body, /<script>alert/)
  assert.match(body, /Not a valid CSAF document: 1 error/)
})

test('who is not signed in is asked to, and nothing is judged', async () => {
  assert.notEqual((await app.visitor.get('/csaf-validator')).statusCode, 200)
  assert.notEqual((await app.visitor.post('/csaf-validator', { document: '{}' })).statusCode, 200)
})

test('the command judges files, folders and what is no document, prints each verdict, and fails where one is not valid', async () => {
  const operator = actorAs('duty-manager')
  const run = (args: readonly string[], json = true) =>
    runCommand<readonly (Answer & { readonly file: string })[]>(app.platform, operator, 'csaf validate', args, { level: 'mandatory' }, { json })
  const good = file('good.json', JSON.stringify(sound))
  const { data } = await run([good])
  assert.deepEqual(
    data.map(({ version, isValid, findings }) => [version, isValid, findings]),
    [['2.0', true, []]],
  )
  assert.match((await run([good], false)).text, /good\.json: Valid CSAF 2\.0: nothing was found\./)
  const hinted = await runCommand(app.platform, operator, 'csaf validate', [good], { level: 'optional' }, { json: false })
  assert.match(
    hinted.text,
    /\n {2}Warning 6\.2\.13 at \/.+: not sorted alphabetically\n {4}The rule: Members stand in the order of the alphabet\. Sort the members of each object\.\n/,
    'what was found comes first, then the rule and what to do',
  )
  file('latin-1.json', Uint8Array.of(0x7b, 0x22, 0xe9, 0x22, 0x7d))
  file('deep.json', '['.repeat(5_000))
  file('broken.json', JSON.stringify(broken))
  await assert.rejects(run([folder]), /3 of 4 documents are not valid/)
  await assert.rejects(run([join(folder, 'deep.json')]), /The document is not valid/)
  await assert.rejects(run([join(folder, 'absent.json')]), /is not there or cannot be read/)
  const hollow = mkdtempSync(join(folder, 'hollow-'))
  await assert.rejects(run([hollow]), /no JSON file/)
})

test('a folder is judged without the lists that lie beside documents, and a file that cannot be read hides no other', async () => {
  const run = (args: readonly string[]) =>
    runCommand<readonly { readonly file: string }[]>(app.platform, actorAs('duty-manager'), 'csaf validate', args, { level: 'mandatory' })
  const site = mkdtempSync(join(folder, 'site-'))
  const good = join(site, 'GOOD.JSON')
  writeFileSync(good, JSON.stringify(sound))
  const metadata = join(site, 'provider-metadata.json')
  writeFileSync(metadata, '{"canonical_url": "https://centre.example/provider-metadata.json"}')
  for (const member of ['feed', 'service', 'categories']) writeFileSync(join(site, `${member}.json`), JSON.stringify({ [member]: {} }))
  mkdirSync(join(site, 'folder.json'))
  assert.deepEqual(
    (await run([site])).data.map(judged => judged.file),
    [good],
  )
  await assert.rejects(run([metadata]), /The document is not valid/, 'one that is named is judged')
  await assert.rejects(run([good, join(folder, 'absent.json'), good]), /1 of 3 documents are not valid/)
})

test('more documents than threads wait for each other, and each gets its own verdict', async () => {
  const validator = createValidator(2)
  try {
    const texts = Array.from({ length: 12 }, (_, at) => JSON.stringify(at % 3 === 0 ? broken : sound))
    const verdicts = await Promise.all(texts.map(text => validator.validate(text, 'mandatory')))
    assert.deepEqual(
      verdicts.map(({ isValid }) => isValid),
      texts.map((_, at) => at % 3 !== 0),
    )
  } finally {
    await validator.close()
  }
})
