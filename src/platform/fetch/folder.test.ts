import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { CareCertError } from '../../kernel/errors.ts'
import { filesIn, isFolder, openedFolder } from './folder.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'folder-')))
after(() => rmSync(root, { recursive: true }))
const opened = join(root, 'opened')

for (const path of ['opened/a/b', 'opened/mail/cur', 'opened/mail/new', 'opened/mail/tmp', 'elsewhere'])
  mkdirSync(join(root, path), { recursive: true })
for (const path of ['opened/z.json', 'opened/a/b/x.json', 'opened/.hidden', 'opened/mail/new/1', 'opened/mail/tmp/2', 'elsewhere/secret'])
  writeFileSync(join(root, path), path)
symlinkSync(join(root, 'elsewhere'), join(opened, 'link'))
symlinkSync(join(root, 'elsewhere/secret'), join(opened, 'file-link'))
execFileSync('mkfifo', [join(opened, 'pipe')])

async function pathsIn(folder: string): Promise<string[]> {
  const paths: string[] = []
  for await (const file of filesIn(folder)) paths.push(file.path.slice(root.length + 1))
  return paths
}

const codeOf = (error: unknown) => error instanceof CareCertError && error.code

test('plain files are found at any depth, and neither links, pipes, hidden files nor half-delivered mail', async () => {
  assert.deepEqual(await pathsIn(opened), ['opened/a/b/x.json', 'opened/mail/new/1', 'opened/z.json'])
  await assert.rejects(pathsIn(join(root, 'nowhere')), error => codeOf(error) === 'platform.folder.missing')
})

test('a folder may be gathered when it lies in the one that is opened, links and dots resolved', async () => {
  assert.equal(await openedFolder(join(opened, 'a'), opened), join(opened, 'a'))
  assert.equal(await openedFolder(`${opened}/a/../mail/`, opened), join(opened, 'mail'))
  for (const path of [
    root,
    join(root, 'elsewhere'),
    `${opened}/../elsewhere`,
    join(opened, 'link'),
    `${opened}-not`,
    'opened',
    '',
    join(opened, 'none'),
  ])
    await assert.rejects(openedFolder(path, opened), error => codeOf(error) === 'platform.folder.outside', path)
  await assert.rejects(openedFolder(join(opened, 'z.json'), opened), error => codeOf(error) === 'platform.folder.missing')
  await assert.rejects(openedFolder(opened, null), error => codeOf(error) === 'platform.folder.closed')
  assert.deepEqual(await Promise.all([opened, join(opened, 'z.json'), join(opened, 'none')].map(isFolder)), [true, false, false])
})

test('what was put in the place of a file since it was found is not read, nor is what is too large', async () => {
  const path = join(opened, 'z.json')
  const found = []
  for await (const file of filesIn(opened)) found.push(file)
  const file = found.find(one => one.path === path)
  assert.ok(file)
  assert.equal(String(await file.read()), 'opened/z.json')
  truncateSync(path, 65 * 1024 * 1024)
  await assert.rejects(file.read(), error => codeOf(error) === 'platform.file.too-large')
  rmSync(path)
  symlinkSync(join(root, 'elsewhere/secret'), path)
  await assert.rejects(file.read(), error => codeOf(error) === 'platform.file.missing')
  rmSync(path)
  execFileSync('mkfifo', [path])
  await assert.rejects(file.read(), error => codeOf(error) === 'platform.file.not-a-file')
})
