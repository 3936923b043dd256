/**
 * Writes the documents that are derived from the code, or with `--check` says which are out of date:
 * permissions, routes, settings, commands, lifecycles, what happens by itself.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generatedDocuments } from './generate/documents.ts'

const FOLDER = fileURLToPath(new URL('../docs/generated/', import.meta.url))
const isCheck = process.argv.includes('--check')

const documents = generatedDocuments()
await mkdir(FOLDER, { recursive: true })
const stale: string[] = []
for (const [name, text] of documents) {
  const path = join(FOLDER, name)
  const current = await readFile(path, 'utf8').catch(() => null)
  if (current === text) continue
  stale.push(name)
  if (!isCheck) await writeFile(path, text)
}
for (const name of await readdir(FOLDER)) {
  if (documents.has(name)) continue
  stale.push(name)
  if (!isCheck) await rm(join(FOLDER, name))
}

if (stale.length === 0) console.log('docs/generated is up to date.')
else if (isCheck) {
  console.error(`Out of date in docs/generated: ${stale.join(', ')}. Run "npm run gen", look at the difference, and commit it.`)
  process.exitCode = 1
} else console.log(`Wrote ${stale.join(', ')}.`)
